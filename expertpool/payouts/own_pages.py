"""An expert's own fees on the phone: by sign-in under /me, or by an invitation's answer code under /i.

The vault finds whose they are and keeps what is said; this process stores nothing of it. A code goes along in bodies.
"""

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.invitations.asking import line, source
from expertpool.invitations.desk_errors import SignedOut
from expertpool.invitations.desk_schemas import CodeBody
from expertpool.invitations.own_pages import back, token
from expertpool.payouts import desk_words, verbs
from expertpool.payouts.desk import LABELS, Part, parts_of
from expertpool.payouts.errors import NoSuchPayout
from expertpool.payouts.lifecycle import PAYOUT_WORDS, PayoutState
from expertpool.payouts.own_forms import AgreementBody, ObjectionBody, OwnPayoutBody
from expertpool.payouts.slips import Slip, slip
from expertpool.projects.terms import Words
from expertpool.web import forms
from expertpool.web.access import public
from expertpool.web.edge import edge, language
from expertpool.web.forms import Filled
from expertpool.web.paper import print_record
from expertpool.web.problems import status_of
from expertpool.web.rendering import page, t
from policies.facts import day_of
from policies.fees import What
from policies.money import Money
from policies.names import Text

ME: Final = "/me/payouts"
BY_CODE: Final = "/i/payouts"
SENT: Final = (PayoutState.BATCHED, PayoutState.UNKNOWN, PayoutState.RELEASED, PayoutState.PAID, PayoutState.RECONCILED)

blueprint = Blueprint("own-fees", __name__)


class FeeShown(NamedTuple):
    """One's own fee, as the vault tells it. ``exact``: the tax is that of the payment, not only as things stand."""

    id: str
    starts: datetime
    title: str
    state: PayoutState
    net: Money
    gross: Money
    tax: Money
    exact: bool
    after_tax: bool
    parts: list[Part]
    forfeited: str
    article: str
    label: Text
    until: datetime
    may: tuple[str, ...]
    objection: str
    answer: str
    elsewhere: Money
    withheld: Money

    @classmethod
    def of(cls, told: dict[str, Any]) -> "FeeShown":
        """What `payout.look` says of one."""
        return cls(
            id=told["payout"],
            starts=datetime.fromisoformat(told["starts"]),
            title=told["title"],
            state=PayoutState(told["state"]),
            net=Money(told["net"]),
            gross=Money(told["gross"]),
            tax=Money(told["tax"]),
            exact=told["exact"],
            after_tax=told["after_tax"],
            parts=parts_of(told["lines"]),
            forfeited=told["forfeited"] or "",
            article=told["article"],
            label=LABELS[told["label"]],
            until=datetime.fromisoformat(told["agree_until"]),
            may=tuple(told["may"]),
            objection=told["objection"],
            answer=told["answer"] or "",
            elsewhere=Money(told["elsewhere"]),
            withheld=Money(told["withheld"]),
        )

    @property
    def words(self) -> Words:
        return PAYOUT_WORDS[self.state]

    @property
    def tone(self) -> str:
        waits = self.state is PayoutState.COMPUTED and "agree" in self.may
        return "amber" if waits else desk_words.TONES[self.state]

    @property
    def has_slip(self) -> bool:
        """Whether there is something to have on paper."""
        return self.state in SENT and self.exact


@blueprint.get(ME)
@public
def show() -> Response:
    """One's own fees; whoever is not signed in is asked to."""
    return _own(Filled())


@blueprint.post(ME)
@public
def answer() -> Response:
    """Agree to one, or object."""
    form = Filled(request.form.to_dict())
    try:
        _say(token(), form)
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _own(form, status_of(error))
    return redirect(f"{request.script_root}{ME}?noted=1", 303)  # type: ignore[return-value]  # Flask's own Response


@blueprint.get(BY_CODE)
@public
def ask_code() -> Response:
    """Ask for the answer code."""
    return page("payouts/own_code.html", form=Filled())


@blueprint.post(BY_CODE)
@public
def show_or_answer() -> Response:
    """Show the fees of the seat that the answer code is of, or take what is said to one and show how it stands then."""
    form = Filled({**request.form.to_dict(), "code": "".join(request.form.get("code", "").split())})
    try:
        code = forms.load(CodeBody, form.values)["code"]
        fees = _fees(code)
    except ExpertpoolError as error:
        form.blame(error)
        return page("payouts/own_code.html", status=status_of(error), form=form)
    if "word" not in form.values:
        return _by_code(code, fees, Filled())
    try:
        _say(code, form)
    except ExpertpoolError as error:
        form.blame(error)
        return _by_code(code, fees, form, status=status_of(error))
    return _by_code(code, _fees(code), Filled(), noted=True)


@blueprint.post(f"{ME}/slip")
@public
def print_own_slip() -> Response:
    """The slip of one of one's fees, for whoever has signed in."""
    try:
        return _slip(token(), Filled(request.form.to_dict()))
    except SignedOut:
        return back()


@blueprint.post(f"{BY_CODE}/slip")
@public
def print_slip() -> Response:
    """The same, by the answer code."""
    form = Filled({**request.form.to_dict(), "code": "".join(request.form.get("code", "").split())})
    try:
        return _slip(forms.load(CodeBody, form.values)["code"], form)
    except ExpertpoolError as error:
        form.blame(error)
        return page("payouts/own_code.html", status=status_of(error), form=form)


def _slip(proof: str, form: Filled) -> Response:
    """A slip as PDF: made of what the vault says now, and kept nowhere. Raises `NoSuchPayout`, and as `payout.look`."""
    wanted = forms.load(OwnPayoutBody, form.values)["payout"]
    told = {each["payout"]: each for each in line().ask(verbs.LOOK, proof=proof, source=source())["payouts"]}
    if wanted not in told:
        raise NoSuchPayout
    service = edge().settings.service
    record = slip(
        _printed(told[wanted]), t, centre=t(service.name_zh, service.name_en), address=f"{service.base_url}{ME}"
    )
    response = Response(print_record(record), content_type="application/pdf")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = f'attachment; filename="{wanted}.pdf"'
    response.headers["Content-Language"] = language()
    return response


def _printed(told: dict[str, Any]) -> Slip:
    """What `payout.look` says of one, as it is printed."""
    return Slip(
        payout=told["payout"],
        seat=told["seat"],
        sat_on=day_of(datetime.fromisoformat(told["starts"])),
        minutes=told["minutes"],
        lines=tuple((What(what), amount) for what, amount in told["lines"]),
        gross=told["gross"],
        tax=told["tax"],
        expenses=told["expenses"],
        month_gross=told["month_gross"],
        month_tax=told["month_tax"],
        article=told["article"],
        exact=told["exact"],
        title=told["title"],
        payer=told["payer"],
        paid=date.fromisoformat(told["paid"]) if told["paid"] else None,
    )


def _say(proof: str, form: Filled) -> None:
    """Tell the vault. Raises `InvalidInput`, and what its verbs refuse."""
    if form.values.get("word") == "object":
        given = forms.load(ObjectionBody, _stripped(form))
        line().ask(verbs.OBJECT, proof=proof, source=source(), **given)
    else:
        given = forms.load(AgreementBody, _stripped(form))
        line().ask(verbs.AGREE, proof=proof, source=source(), **given)


def _fees(proof: str) -> list[FeeShown]:
    return [FeeShown.of(each) for each in line().ask(verbs.LOOK, proof=proof, source=source())["payouts"]]


def _own(form: Filled, status: int = 200) -> Response:
    try:
        fees = _fees(token())
    except SignedOut:
        return back()
    noted = "noted" in request.args
    return page("payouts/own.html", status=status, form=form, fees=fees, noted=noted, path=ME, code=None)


def _by_code(code: str, fees: list[FeeShown], form: Filled, *, noted: bool = False, status: int = 200) -> Response:
    return page("payouts/own.html", status=status, form=form, fees=fees, noted=noted, path=BY_CODE, code=code)


def _stripped(form: Filled) -> dict[str, str]:
    return {name: " ".join(value.split()) for name, value in form.values.items()}
