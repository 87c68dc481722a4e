"""The desk of recipients' keys, to whom names may be released: registered by one, compared and approved by another."""

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
from expertpool.sealing import queries, recipients
from expertpool.sealing.models import RecipientKey
from expertpool.sealing.schemas import NewRecipient
from expertpool.sealing.standing import STANDINGS, Standing
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

PATH: Final = "/recipients"
DESK: Final = Desk(PATH, "接收方", "Recipients", "key", "holder.see")
WAITS: Final = ("等待监督部门批准", "waits for the supervisor", "amber")
GROUP: Final = 8
"""Characters of a public key that are read out at a time."""

blueprint = Blueprint("recipients", __name__)


@blueprint.get(PATH)
@signed_in("recipient.see")
def show_all() -> Response:
    """Every recipient's key of one's own centre and of those below it."""
    with reading() as session:
        found = queries.recipients_below(session, caller().centre)
    return page(
        "sealing/recipients.html",
        live=[each for each in found if each.retired is None],
        retired=[each for each in found if each.retired is not None],
        may=_may,
        may_register=has_verb(caller().role, "recipient.register"),
        receipt=request.args.get("receipt", type=int),
        **_words(),
    )


@blueprint.get(f"{PATH}/new")
@signed_in("recipient.register")
@confirmed
def ask_key() -> Response:
    """The form to register a recipient's key."""
    return _form(Filled())


@blueprint.post(f"{PATH}/new")
@signed_in("recipient.register")
@confirmed
def register() -> Response:
    """Register the key that a recipient made on a machine of its own."""
    form = Filled({name: said.strip() for name, said in request.form.items()})
    try:
        given = forms.load(NewRecipient, {**form.values, "public": "".join(form.values.get("public", "").split())})
        with edge().transactions.begin(caller().actor) as tx:
            recipients.register_recipient(tx, **{**given, "public": bytes.fromhex(given["public"])})
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _form(form, status_of(error))
    return _done(tx)


@blueprint.get(f"{PATH}/<recipient_id>")
@signed_in("recipient.see")
@confirmed
def show(recipient_id: str) -> Response:
    """One key, to be approved or retired."""
    return _one(recipient_id, Filled())


@blueprint.post(f"{PATH}/<recipient_id>/approval")
@signed_in("recipient.approve")
@confirmed
def approve(recipient_id: str) -> Response:
    """Bring a key into force, after it was compared."""
    try:
        with edge().transactions.begin(caller().actor) as tx:
            recipients.approve_recipient(tx, recipient_id)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        return _refused(recipient_id, Filled(), error)
    return _done(tx)


@blueprint.post(f"{PATH}/<recipient_id>/retirement")
@signed_in("recipient.retire")
@confirmed
def retire(recipient_id: str) -> Response:
    """End a key for good."""
    form = Filled({"reason": request.form.get("reason", "")})
    try:
        given = forms.load(Reason, {"reason": form.values["reason"].strip()})
        with edge().transactions.begin(caller().actor) as tx:
            recipients.retire_recipient(tx, recipient_id, **given)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        return _refused(recipient_id, form, error)
    return _done(tx)


def standing_of(key: RecipientKey, now: datetime, settling: timedelta) -> tuple[str, str, str]:
    """How a recipient's key stands; names are released to it once it has settled."""
    if key.retired is not None:
        return STANDINGS[Standing.RETIRED]
    if key.approved is None:
        return WAITS
    return STANDINGS[Standing.SETTLING if now < key.approved + settling else Standing.IN_FORCE]


def in_groups(public: bytes) -> str:
    """A public key as people read it out."""
    text = public.hex()
    return " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def _may(verb: str, key: RecipientKey) -> bool:
    """Whether the caller's role could do this to a key as it stands."""
    possible = key.retired is None and (verb != "recipient.approve" or key.approved is None)
    return possible and has_verb(caller().role, verb)


def _form(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        below = select(Centre).where(Centre.id.in_(centres_below(session, caller().centre))).order_by(Centre.code)
        centres = session.scalars(below).all()
    return page(
        "sealing/new_recipient.html",
        status=status,
        form=form,
        centres=centres,
        own=caller().centre,
        audiences=recipients.WORDS,
    )


def _one(recipient_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        key = queries.recipient_below(session, caller().centre, recipient_id)
    return page("sealing/recipient.html", status=status, key=key, form=form, may=_may, **_words())


def _refused(recipient_id: str, form: Filled, error: ExpertpoolError) -> Response:
    form.blame(error)
    return _one(recipient_id, form, status_of(error))


def _words() -> dict[str, Any]:
    """What the templates ask of a key."""
    now, settling = edge().clock.now(), timedelta(hours=edge().settings.draws.settling_hours)
    return {
        "standing_of": lambda key: standing_of(key, now, settling),
        "audiences": recipients.WORDS,
        "in_groups": in_groups,
        "settling": settling,
    }


def _done(tx: Transaction) -> Response:
    address = f"{request.script_root}{PATH}?receipt={tx.entries[-1].index}"
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response
