"""The verbs of draws that accounts may take. Each asks the permission table and records what happened.

What the vault does by rule is not here: it is in the modules that ``expertpool.vault`` composes.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from expertpool.core.settings import DrawSettings
from expertpool.core.transaction import Transaction
from expertpool.draws import applying, breaking, ordering, releasing, rules, supplementing
from expertpool.draws.applying import Application
from expertpool.draws.errors import ApprovalUnsigned
from expertpool.draws.events import (
    DrawAccepted,
    DrawReconvened,
    DrawRequested,
    DrawReturned,
    DrawSuspended,
)
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw, Release
from expertpool.draws.queries import earlier_intent, fixed_intent, intended, target_of_draw
from expertpool.draws.turning_away import cancelled
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Target
from expertpool.identity.service import require
from expertpool.projects.models import EvaluationSession, Project
from expertpool.projects.queries import target_of_project
from expertpool.protocol.agents import approval_key
from expertpool.protocol.request import DrawRequest
from expertpool.sealing.recipients import usable_recipient
from ledger.canonical import canonical
from policies.facts import day_of


def apply(tx: Transaction, settings: DrawSettings, session_id: str, *, given: Application) -> Draw:
    """Apply for a session's draw: written and submitted in one act.

    Raises `NotPermitted`, `SessionNotReady`, `AlreadyApplied`, `RecusedUnknown`, `SiteUnknown`, `SpecialtyUnknown`, and
    `RequestRefused` with every rule that the request breaks.
    """
    sitting = _find_session(tx, session_id)
    applying.refuse_second(tx.session, sitting.id)
    draw = Draw(
        centre_id=sitting.centre_id,
        project_id=sitting.project_id,
        session_id=sitting.id,
        asked_by=tx.actor,
        state=DrawState.DRAFT,
        request="",
        due=given.draw_at,
    )
    tx.session.add(draw)
    tx.session.flush()
    return _submit(tx, settings, draw, sitting, given)


def resubmit(tx: Transaction, settings: DrawSettings, draw_id: str, *, given: Application) -> Draw:
    """Submit a returned request anew. Raises as `apply`, and `WrongState`."""
    draw = _find(tx, draw_id, DrawVerb.SUBMIT)
    draw.move(DrawVerb.AMEND)
    return _submit(tx, settings, draw, tx.session.get_one(EvaluationSession, draw.session_id), given)


def approve(tx: Transaction, draw_id: str, *, reason: str, signed: Mapping[str, str] | None = None) -> Draw:
    """Accept a request that a rule leaves to a person. Raises `NotPermitted`, `WrongState`, `ApprovalUnsigned`.

    For a lot that had an intent before, ``signed`` is the supervisor's approval (docs/spec/agents.md): the agents of
    the key holders contribute a second time for nothing less.
    """
    draw = _find(tx, draw_id, DrawVerb.APPROVE)
    draw.move(DrawVerb.APPROVE)
    if draw.first_id is not None:
        first = intended(tx.session, draw.first_id)
        if first is None or approval_key(signed, draw.id, first.entry.index) is None:
            raise ApprovalUnsigned(field="signed")
    draw.approval = None if signed is None else canonical(dict(signed)).decode()
    draw.approved_by, draw.reason = tx.actor, reason
    tx.record(DrawAccepted(draw=draw.id, centre=draw.centre_id, findings=[], reason=reason))
    return draw


def decline(tx: Transaction, draw_id: str, *, reason: str) -> Draw:
    """Return a request that was referred. Raises `NotPermitted`, `WrongState`."""
    draw = _find(tx, draw_id, DrawVerb.DECLINE)
    draw.move(DrawVerb.DECLINE)
    draw.reason = reason
    tx.record(DrawReturned(draw=draw.id, centre=draw.centre_id, findings=[], reason=reason))
    return draw


def cancel(tx: Transaction, draw_id: str, *, reason: str) -> Draw:
    """Give up a draw; names stay sealed. An intent is not cancelled: it gives its one result, or aborts.

    Raises `NotPermitted`, `WrongState`.
    """
    draw = _find(tx, draw_id, DrawVerb.CANCEL)
    draw.move(DrawVerb.CANCEL)
    cancelled(tx, draw, reason)
    return draw


def suspend(tx: Transaction, draw_id: str, *, reason: str) -> Draw:
    """Suspend an evaluation (中止): the committee keeps its seats. Raises `NotPermitted`, `WrongState`."""
    draw = _find(tx, draw_id, DrawVerb.SUSPEND)
    draw.move(DrawVerb.SUSPEND)
    draw.reason = reason
    tx.record(DrawSuspended(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index, reason=reason))
    return draw


def reconvene(tx: Transaction, draw_id: str, *, reason: str) -> Draw:
    """Let a suspended evaluation go on with the same committee. Raises `NotPermitted`, `WrongState`."""
    draw = _find(tx, draw_id, DrawVerb.RECONVENE)
    draw.move(DrawVerb.RECONVENE)
    draw.reason = reason
    tx.record(DrawReconvened(draw=draw.id, intent=fixed_intent(tx.session, draw.id).entry.index, reason=reason))
    return draw


def supplement(tx: Transaction, draw_id: str, *, reason: str) -> Draw:
    """Apply for the seats that an exhausted draw could not fill; who sits keeps the seat. It is then to be approved.

    Raises `NotPermitted`, `NothingToSupplement`, `WrongState`.
    """
    return supplementing.supplement(tx, _find(tx, draw_id, DrawVerb.SUPPLEMENT), reason=reason)


def release(tx: Transaction, settings: DrawSettings, draw_id: str, *, recipient: str, reason: str) -> Release:
    """Have the names of a draw opened to a recipient; whose audience it is says who may ask, and when.

    Raises `NotPermitted`, `RecipientUnusable`, and as `releasing.ask`.
    """
    draw, target = _released(tx, draw_id, "release.see")
    key = usable_recipient(tx.session, recipient, target.lineage, tx.now, _settling(settings))
    require(tx, releasing.permission(key.audience), target)
    return releasing.ask(tx, draw, key, reason=reason)


def order_release(
    tx: Transaction,
    settings: DrawSettings,
    draw_id: str,
    *,
    recipient: str,
    seats: Sequence[str],
    signed: Mapping[str, str],
) -> Release:
    """Have single seats opened to the supervisor during the session, by the supervisor's signed order.

    Raises `NotPermitted`, `RecipientUnusable`, and as `ordering.order`.
    """
    draw, target = _released(tx, draw_id, "release.order")
    settling = _settling(settings)
    key = usable_recipient(tx.session, recipient, target.lineage, tx.now, settling)
    return ordering.order(tx, draw, key, seats=seats, signed=signed, settling=settling)


def break_glass(tx: Transaction, settings: DrawSettings, draw_id: str, *, recipient: str, reason: str) -> Release:
    """Ask every key holder to have the names opened in an emergency.

    Raises `NotPermitted`, `RecipientUnusable`, and as `breaking.ask`.
    """
    draw, target = _released(tx, draw_id, "release.break-glass")
    key = usable_recipient(tx.session, recipient, target.lineage, tx.now, _settling(settings))
    return breaking.ask(tx, draw, key, reason=reason)


def _released(tx: Transaction, draw_id: str, verb: str) -> tuple[Draw, Target]:
    """A draw whose names the actor may have opened, locked. Raises `NotPermitted`."""
    draw = tx.session.get(Draw, draw_id, with_for_update=True)
    target = Target() if draw is None else target_of_draw(tx.session, draw)
    require(tx, verb, target)
    if draw is None:
        raise NotPermitted(verb)
    return draw, target


def _settling(settings: DrawSettings) -> timedelta:
    return timedelta(hours=settings.settling_hours)


def _submit(
    tx: Transaction, settings: DrawSettings, draw: Draw, sitting: EvaluationSession, given: Application
) -> Draw:
    request = applying.to_request(tx.session, settings, draw.id, sitting, given)
    applying.check_rules(request, tx.now)
    first = earlier_intent(tx.session, request, draw.id)
    draw.first_id = None if first is None else first.id
    draw.move(DrawVerb.SUBMIT)
    draw.submitted, draw.due = tx.now, given.draw_at
    draw.reason = draw.approval = draw.approved_by = None
    draw.request = _text(request)
    book = rules.rulebook(request.rulebook, day_of(tx.now))
    tx.record(DrawRequested(draw=draw.id, centre=draw.centre_id, request=request.plain(), rules=book.digest))
    return draw


def _text(request: DrawRequest) -> str:
    return canonical(request.plain()).decode()


def _find(tx: Transaction, draw_id: str, verb: DrawVerb) -> Draw:
    """A draw that the actor may do this to, locked. Raises `NotPermitted`."""
    draw = tx.session.get(Draw, draw_id, with_for_update=True)
    require(tx, verb.permission, Target() if draw is None else target_of_draw(tx.session, draw))
    if draw is None:
        raise NotPermitted(verb.permission)
    return draw


def _find_session(tx: Transaction, session_id: str) -> EvaluationSession:
    """A session that the actor may apply for; its project is locked, so two cannot apply at once."""
    of = select(EvaluationSession.project_id).where(EvaluationSession.id == session_id)
    project = tx.session.get(Project, tx.session.scalar(of) or "", with_for_update=True)
    permission = DrawVerb.SUBMIT.permission
    require(tx, permission, Target() if project is None else target_of_project(tx.session, project))
    if project is None:
        raise NotPermitted(permission)
    return tx.session.get_one(EvaluationSession, session_id)
