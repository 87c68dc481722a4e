"""Breaking the glass (应急解封): names opened before their audience's moment, if every key holder's owner consents.

Technically one set of holders would do. So nobody gives a share before the ledger shows the signed consent of all of
them: each agent looks for itself (docs/spec/agents.md), and one that is missing holds up everything.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.jobs import Job
from expertpool.core.keyrings import VAULT_BOX
from expertpool.core.transaction import Transaction
from expertpool.draws.contributing import is_cosigned
from expertpool.draws.events import BreakGlassConsented, BreakGlassRequested, ReleaseUnanswered
from expertpool.draws.models import Consent, ConsentTask, Draw, Release, ReleaseState, Way
from expertpool.draws.ordering import is_for, its_moment_has_come
from expertpool.draws.parts import Parts
from expertpool.draws.queries import Intended, entries_of, fixed_intent
from expertpool.draws.releasing import Handed, filed, handed, to_release
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.release import GLASS
from expertpool.protocol.statements import is_consent, reason_digest
from expertpool.sealing.mailbox import opened_answer, post_task, vault_opener
from expertpool.sealing.models import KeyHolder, RecipientKey

TAKE: Final = "draws.take-consent"
BROKEN: Final = "draws.glass-broken"
"""The job by which the members are told, once their names were opened."""
SALT_BYTES: Final = 16


def ask(tx: Transaction, draw: Draw, key: RecipientKey, *, reason: str) -> Release:
    """Ask every key holder of the draw to consent. Raises as `ordering.order` does, and `ReleasedAlready`."""
    fixed, seats = to_release(tx.session, draw)
    is_for(key, GLASS)
    its_moment_has_come(tx, fixed)
    salt = secrets.token_bytes(SALT_BYTES)
    release = filed(tx, draw, key, Way.BREAK_GLASS, reason=reason)
    release.reason_salt = salt
    tx.record(
        BreakGlassRequested(
            draw=draw.id,
            intent=fixed.entry.index,
            audience=key.audience,
            recipient=key.public.hex(),
            seats=seats,
            reason_digest=reason_digest(salt, reason),
            reason=reason,
        )
    )
    return release


def gather(tx: Transaction, found: Handed, fixed: Intended) -> bool:
    """Ask the holders that were not asked yet for their consent; returns whether there were any."""
    release = found.release
    asked = select(ConsentTask.holder_id).where(
        ConsentTask.draw_id == release.draw_id, ConsentTask.number == release.number
    )
    missing = sorted(set(fixed.intent.holders.keys) - set(tx.session.scalars(asked)))
    plain = {
        "kind": "consent",
        "draw": release.draw_id,
        "reason": release.reason,
        "release": found.entry.index,
        "salt": (release.reason_salt or b"").hex(),
    }
    for holder in missing:
        args = {"draw": release.draw_id, "release": release.number, "holder": holder}
        task = post_task(tx, tx.session.get_one(KeyHolder, holder), plain, then=TAKE, args=args)
        where = {"draw_id": release.draw_id, "number": release.number, "holder_id": holder}
        tx.session.add(ConsentTask(**where, task_id=task, refused=None))
    return bool(missing)


def taker(parts: Parts) -> Callable[[Transaction, Job], None]:
    """The handler of what a holder said: its consent is put on record, a refusal ends the matter."""

    def take(tx: Transaction, job: Job) -> None:
        draw = tx.session.get_one(Draw, job.args["draw"], with_for_update=True)
        found = handed(tx.session, draw.id, job.args["release"])
        if found is None or found.release.state is not ReleaseState.REQUESTED:
            return
        holder = tx.session.get_one(KeyHolder, job.args["holder"])
        if tx.session.get(Consent, (draw.id, found.release.number, holder.id)) is not None:
            return
        try:
            answer = opened_answer(tx.session, job.args["task"], vault_opener(parts.keys, VAULT_BOX)) or {}
        except ProtocolError:
            answer = {}
        signature, index = answer.get("consent"), found.entry.index
        if is_consent(signature, holder.transport, draw=draw.id, holder=holder.id, release=index):
            _consented(tx, draw, found, holder, str(signature))
        else:
            _refused(tx, draw, found, holder, str(answer.get("refused", ""))[:64])

    return take


def is_consented_to(session: Session, parts: Parts, found: Handed, fixed: Intended) -> bool:
    """Whether every holder consented, and a quorum cosigned the last consent: before that no agent gives a share."""
    consents = {each.holder_id for each in consents_of(session, found.release.draw_id, found.release.number)}
    if set(fixed.intent.holders.keys) - consents:
        return False
    entries = entries_of(session, found.release.draw_id)
    return is_cosigned(parts, max(each.index for each in entries if each.kind == BreakGlassConsented.kind))


def consents_of(session: Session, draw_id: str, number: int) -> Sequence[Consent]:
    """Who has consented to a release."""
    of = (Consent.draw_id == draw_id, Consent.number == number)
    return session.scalars(select(Consent).where(*of).order_by(Consent.holder_id)).all()


def _consented(tx: Transaction, draw: Draw, found: Handed, holder: KeyHolder, signature: str) -> None:
    number, intent = found.release.number, fixed_intent(tx.session, draw.id).entry.index
    tx.session.add(Consent(draw_id=draw.id, number=number, holder_id=holder.id, signature=signature))
    draw.move()
    tx.record(
        BreakGlassConsented(
            draw=draw.id, intent=intent, holder=holder.id, release=found.entry.index, signature=signature
        )
    )


def _refused(tx: Transaction, draw: Draw, found: Handed, holder: KeyHolder, code: str) -> None:
    release = found.release
    tx.session.get_one(ConsentTask, (draw.id, release.number, holder.id)).refused = code
    release.state = ReleaseState.UNANSWERED
    draw.move()
    tx.record(
        ReleaseUnanswered(
            draw=draw.id,
            intent=fixed_intent(tx.session, draw.id).entry.index,
            audience=release.audience,
            release=found.entry.index,
        )
    )
