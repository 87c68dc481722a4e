"""The desk of keys: the security administrator registers key holders, the supervisor compares and approves them.

Successors of keys are registered like first ones: the file that the agent writes says whose they are.
"""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from sqlalchemy import select

from expertpool.core.errors import ExpertpoolError, Forbidden, NotFound
from expertpool.core.transaction import Transaction
from expertpool.identity.gate import caller
from expertpool.identity.models import Centre
from expertpool.identity.permissions import has_verb
from expertpool.identity.queries import centres_below
from expertpool.projects.schemas import Reason
from expertpool.sealing import queries, recipient_pages, service
from expertpool.sealing.models import KeyHolder
from expertpool.sealing.schemas import MOST_REGISTRATION, NewHolder
from expertpool.sealing.standing import STANDINGS, Standing
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in, takes_file
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

PATH: Final = "/holders"
DESKS: Final = (Desk(PATH, "密钥", "Keys", "key", "holder.see"), recipient_pages.DESK)

blueprint = Blueprint("holders", __name__, template_folder="templates")
blueprint.register_blueprint(recipient_pages.blueprint)


@blueprint.get(PATH)
@signed_in("holder.see")
def show_all() -> Response:
    """Every set of keys of one's own centre and of those below it."""
    with reading() as session:
        found = queries.holders_below(session, caller().centre)
    return page(
        "sealing/holders.html",
        live=[each for each in found if each.retired is None],
        retired=[each for each in found if each.retired is not None],
        may=_may,
        may_register=has_verb(caller().role, "holder.register"),
        receipt=request.args.get("receipt", type=int),
        **_words(),
    )


@blueprint.get(f"{PATH}/new")
@signed_in("holder.register")
@confirmed
def ask_registration() -> Response:
    """The form to register an institution's keys."""
    return _form(Filled())


@blueprint.post(f"{PATH}/new")
@signed_in("holder.register")
@confirmed
@takes_file(MOST_REGISTRATION)
def register() -> Response:
    """Register keys from the file that the institution's agent wrote."""
    form, file = Filled({name: said.strip() for name, said in request.form.items()}), request.files.get("registration")
    sent = {**form.values, "outside": form.values.get("outside") != "no"}
    try:
        data = b64encode(file.read() if file else b"").decode()
        given = forms.load(NewHolder, {**sent, "registration": data})
        with edge().transactions.begin(caller().actor) as tx:
            service.register_holder(tx, **given)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _form(form, status_of(error))
    return _done(tx)


@blueprint.get(f"{PATH}/<holder_id>")
@signed_in("holder.see")
@confirmed
def show(holder_id: str) -> Response:
    """One set of keys, to be approved or retired."""
    return _one(holder_id, Filled())


@blueprint.post(f"{PATH}/<holder_id>/approval")
@signed_in("holder.approve")
@confirmed
def approve(holder_id: str) -> Response:
    """Bring keys into force, after their fingerprint was compared."""
    try:
        with edge().transactions.begin(caller().actor) as tx:
            service.approve_holder(tx, holder_id)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        return _refused(holder_id, Filled(), error)
    return _done(tx)


@blueprint.post(f"{PATH}/<holder_id>/retirement")
@signed_in("holder.retire")
@confirmed
def retire(holder_id: str) -> Response:
    """End keys for good."""
    form = Filled({"reason": request.form.get("reason", "")})
    try:
        given = forms.load(Reason, {"reason": form.values["reason"].strip()})
        with edge().transactions.begin(caller().actor) as tx:
            service.retire_holder(tx, holder_id, **given)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        return _refused(holder_id, form, error)
    return _done(tx)


def standing_of(holder: KeyHolder, now: datetime, settling: timedelta) -> Standing:
    """How an institution's keys stand; a draw asks for them once they have settled."""
    if holder.retired is not None:
        return Standing.RETIRED
    if holder.approved is not None:
        return Standing.SETTLING if now < holder.approved + settling else Standing.IN_FORCE
    return Standing.UNPROVED if holder.share_proved is None else Standing.PROVED


def _may(verb: str, holder: KeyHolder) -> bool:
    """Whether the caller's role could do this to the keys as they stand."""
    waits = holder.approved is None and holder.share_proved is not None
    return holder.retired is None and has_verb(caller().role, verb) and (verb != "holder.approve" or waits)


def _form(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        below = select(Centre).where(Centre.id.in_(centres_below(session, caller().centre))).order_by(Centre.code)
        centres = session.scalars(below).all()
    return page("sealing/new_holder.html", status=status, form=form, centres=centres, own=caller().centre)


def _one(holder_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        holder = queries.holder_below(session, caller().centre, holder_id)
    return page("sealing/holder.html", status=status, holder=holder, form=form, may=_may, **_words())


def _refused(holder_id: str, form: Filled, error: ExpertpoolError) -> Response:
    form.blame(error)
    return _one(holder_id, form, status_of(error))


def _words() -> dict[str, Any]:
    """What the templates ask of a set of keys."""
    now, settling = edge().clock.now(), timedelta(hours=edge().settings.draws.settling_hours)
    return {
        "standing_of": lambda holder: STANDINGS[standing_of(holder, now, settling)],
        "fingerprint_of": queries.fingerprint_of,
        "settling": settling,
    }


def _done(tx: Transaction) -> Response:
    address = f"{request.script_root}{PATH}?receipt={tx.entries[-1].index}"
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response
