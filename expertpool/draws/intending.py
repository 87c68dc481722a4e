"""From the submitted request to the intent: evaluated by rule, then fixed in the ledger with its candidate table."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.faults import crash_point
from expertpool.core.transaction import Transaction
from expertpool.draws import candidates, errors, rules
from expertpool.draws.candidates import Made
from expertpool.draws.evaluating import Evaluation, evaluate
from expertpool.draws.events import DrawAccepted, DrawIntended, DrawReferred, DrawReturned
from expertpool.draws.keeping import Secrets, keep_lot_key, keep_secrets, lot_key_of
from expertpool.draws.lifecycle import DrawState, DrawVerb
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT, Parts
from expertpool.draws.queries import earlier_intent, intended, request_of, sitting_of
from expertpool.draws.searching import committed, opened, sitting
from expertpool.draws.stored_table import keep_table, sealed_parts
from expertpool.draws.striking import awaited
from expertpool.draws.supplementing import standing
from expertpool.projects.lifecycle import SessionState
from expertpool.protocol.beacon import CHAINS, round_after, round_due
from expertpool.protocol.commitments import KEY_BYTES, SALT_BYTES, lot_code, request_digest
from expertpool.protocol.envelope import Holders, quorums
from expertpool.protocol.feasibility import estimate_acceptance, feasible
from expertpool.protocol.intent import Beacon, Constraint, Contributor, Intent
from expertpool.protocol.panel import Seating, Tokens
from expertpool.protocol.request import DrawRequest, Site
from expertpool.protocol.table import EMPLOYER
from expertpool.sealing.queries import HolderInForce, holders_in_force, vault_key
from ledger.canonical import canonical
from policies.decision import Decision, Finding
from policies.eligibility import ONE_PER_EMPLOYER
from policies.facts import day_of
from policies.rulebook import Rulebook

LEAST_ACCEPTANCE: Final = 1e-4
CONTRIBUTORS: Final = 2
"""The centre and one from outside; further holders are alternates."""


def is_due(_session: Session, parts: Parts, draw: Draw) -> bool:
    """Whether a request is to be evaluated: once when it is submitted, again when it is to be drawn for."""
    accepted = draw.state is DrawState.ACCEPTED
    return draw.state is DrawState.SUBMITTED or (accepted and draw.due <= parts.transactions.clock.now())


def assess(parts: Parts, draw_id: str) -> bool:
    """Accept, return or refer a submitted request, by rule; returns whether it stood submitted."""
    with candidates.snapshot(parts.engine) as session:
        draw = session.get_one(Draw, draw_id)
        if draw.state is not DrawState.SUBMITTED:
            return False
        evaluation = evaluate(session, parts, draw, parts.transactions.clock.now())
    crash_point("draw.evaluated")
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if draw.state is not DrawState.SUBMITTED:
            return False
        _note_first(tx, draw, evaluation.request)
        if not _moved(tx, draw) and not _stopped(tx, draw, evaluation.decision):
            draw.move(DrawVerb.ACCEPT)
            tx.record(
                DrawAccepted(
                    draw=draw.id, centre=draw.centre_id, findings=_plain(evaluation.decision.findings), reason=None
                )
            )
    return True


def intend(parts: Parts, draw_id: str) -> bool:
    """Fix an accepted draw that is due in the ledger; returns whether something was done.

    Raises `ContributorsMissing`, `VaultKeyMissing`: then it stays accepted, and the duty officer is told.
    """
    now = parts.transactions.clock.now()
    with candidates.snapshot(parts.engine) as session:
        draw = session.get_one(Draw, draw_id)
        if draw.state is not DrawState.ACCEPTED or draw.due > now or _must_wait(session, parts, draw):
            return False
        if intended(session, draw_id) is not None:  # whatever the row says: a draw is fixed once
            return False
        holders = _contributors(session, parts, draw)
        vault = vault_key(session)
        if vault is None:
            raise errors.VaultKeyMissing
        kept = Secrets(
            table_key=secrets.token_bytes(KEY_BYTES),
            request_salt=secrets.token_bytes(SALT_BYTES),
            lot_key=lot_key_of(session, parts.keys, draw.project_id) or secrets.token_bytes(KEY_BYTES),
        )
        evaluation = evaluate(session, parts, draw, now, table_key=kept.table_key)
        first = None if draw.first_id is None else intended(session, draw.first_id)
        staying = opened(sitting(session, parts, draw), kept.table_key)
    made = evaluation.made
    if made is None:
        raise LookupError("a rulebook's ladder has at least one rung")
    beside = [each.groups.tokens for each in staying]
    decision = _with_feasibility(evaluation, made, kept, parts.settings.max_attempts, beside=beside)
    intent = _intent(
        parts,
        evaluation,
        made,
        kept,
        holders,
        vault=vault,
        now=now,
        first=None if first is None else first.entry.index,
        retained=tuple(map(committed, staying)),
    )
    sealed = sealed_parts(parts.keys, draw_id, made)
    crash_point("draw.table-made")
    with parts.transactions.begin(VAULT) as tx:
        draw = tx.session.get_one(Draw, draw_id, with_for_update=True)
        if draw.state is not DrawState.ACCEPTED or _must_wait(tx.session, parts, draw):
            return False
        _note_first(tx, draw, evaluation.request)
        if _moved(tx, draw) or _stopped(tx, draw, decision):
            return True
        draw.move(DrawVerb.INTEND)
        draw.request = canonical(evaluation.request.plain()).decode()
        keep_secrets(tx, parts.keys, draw.id, kept)
        keep_lot_key(tx, parts.keys, draw.project_id, kept.lot_key)
        keep_table(tx, draw.id, sealed)
        approval = None if draw.approval is None else json.loads(draw.approval)
        tx.record(DrawIntended(**intent.shown(), counts=_counts(made), approval=approval))
    return True


def _moved(tx: Transaction, draw: Draw) -> bool:
    """Return a draw whose session was cancelled, postponed or given another time or place since the request.

    A supplementary one too when the first draw has lost another member since: then more seats are to be filled.
    """
    sitting, asked = sitting_of(tx.session, draw), request_of(draw)
    places = tuple(Site(site.area, site.place) for site in sitting.sites)
    planned = (sitting.starts, sitting.opens_at, places)
    if sitting.state is not SessionState.SCHEDULED or planned != (asked.starts, asked.opens_at, asked.sites):
        why, draw.reason = "session-changed", "场次的时间、地点或状态已变更，请核对后重新提交。"
    elif draw.supplementary and draw.first_id is not None and standing(tx.session, draw.first_id) != asked.retained:
        why, draw.reason = "first-changed", "首次抽取的在席成员已有变化，请撤销本申请后重新申请补充抽取。"
    else:
        return False
    draw.move(DrawVerb.RETURN)
    tx.record(DrawReturned(draw=draw.id, centre=draw.centre_id, findings=[], reason=why))
    return True


def _must_wait(session: Session, parts: Parts, draw: Draw) -> bool:
    """Whether a draw for the same day has an intent and no result yet: only that tells who is busy on the day.

    Or the first draw is about to lose members to the list of bidders: none of them is to be retained.
    """
    if draw.supplementary and draw.first_id is not None and awaited(session, parts, draw.first_id):
        return True
    day = day_of(request_of(draw).starts)
    open_ = select(Draw).where(Draw.centre_id == draw.centre_id, Draw.state == DrawState.INTENT, Draw.id != draw.id)
    return any(day_of(request_of(other).starts) == day for other in session.scalars(open_))


def _note_first(tx: Transaction, draw: Draw, request: DrawRequest) -> None:
    """See again whether a lot had an intent before: another draw may have got one since this was submitted."""
    first = earlier_intent(tx.session, request, draw.id)
    draw.first_id = None if first is None else first.id


def _stopped(tx: Transaction, draw: Draw, decision: Decision) -> bool:
    """Return or refer a draw that the rules stop; one that a person approved goes on, if for nothing else."""
    where = {"draw": draw.id, "centre": draw.centre_id}
    against = rules.standing_against(decision)
    if against:
        draw.move(DrawVerb.RETURN)
        draw.reason = _told(against)
        tx.record(DrawReturned(**where, findings=_plain(decision.findings), reason=None))
        return True
    grounds = {finding.rule for finding in rules.for_a_person(decision)}
    if draw.first_id is not None:
        grounds.add(draw.first_id)
    approved = set() if draw.approved_by is None else set((draw.referred or "").split())
    if grounds <= approved:
        return False
    draw.move(DrawVerb.REFER)
    draw.referred, draw.approved_by = " ".join(sorted(grounds)), None
    draw.reason = _told(rules.for_a_person(decision))
    tx.record(DrawReferred(**where, findings=_plain(decision.findings)))
    return True


def _told(findings: Sequence[Finding]) -> str | None:
    """What people are shown: the rules and their articles, no figure."""
    return "；".join(f"{finding.title.zh}（{finding.article}）" for finding in findings)[:500] or None


def _plain(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [finding.plain() for finding in findings]


def _counts(made: Made) -> dict[str, int]:
    """What stays hidden: how many match, may be drawn, and were removed by the requester's recusals alone."""
    counted = made.counted
    return {"eligible": counted.eligible, "matching": counted.matching, "recused": counted.recused}


def _contributors(session: Session, parts: Parts, draw: Draw) -> tuple[HolderInForce, ...]:
    """The holders whose keys had settled when the request was submitted; no party of the project, the centre first.

    Raises `ContributorsMissing`.
    """
    request = request_of(draw)
    parties = {unit.code for unit in (*request.owners, *request.agencies, *request.supervising)}
    submitted = draw.submitted or parts.transactions.clock.now()
    settled = submitted - timedelta(hours=parts.settings.settling_hours)
    holders = [
        holder
        for holder in holders_in_force(session, draw.centre_id, settled=settled)
        if holder.credit_code not in parties
    ]
    centre = [holder for holder in holders if not holder.outside]
    outside = [holder for holder in holders if holder.outside]
    if not centre or len(outside) < CONTRIBUTORS - 1:
        raise errors.ContributorsMissing
    return (centre[0], *outside)


def _with_feasibility(
    evaluation: Evaluation, made: Made, kept: Secrets, max_attempts: int, *, beside: Sequence[Tokens]
) -> Decision:
    """The decision, and that a committee can be seated at all: else it is the pool that is too small."""
    seating = Seating(
        made.candidates(kept.table_key),
        evaluation.request.seats,
        caps(evaluation.book, evaluation.request),
        beside=beside,
    )
    possible = feasible(seating)
    if possible and _is_likely(seating, max_attempts):
        return evaluation.decision
    none_left = rules.on_counts(evaluation.book, evaluation.request, (), eligible=0, recused=0)
    return Decision.of((*evaluation.decision.findings, *rules.standing_against(none_left)))


def _is_likely(seating: Seating, max_attempts: int) -> bool:
    """Whether a search is likely to end; an estimated acceptance below 1e-4 is refused before the intent."""
    if not seating.caps and len(seating.seats) == 1:
        return True
    return not estimate_acceptance(seating, secrets.randbelow).surely_below(max(LEAST_ACCEPTANCE, 1 / max_attempts))


def caps(book: Rulebook, request: DrawRequest) -> dict[int, int]:
    """The constraints on groups that the rulebook makes, by kind."""
    if not book.applies(ONE_PER_EMPLOYER, request.regime):
        return {}
    return {EMPLOYER: book.values(ONE_PER_EMPLOYER, request.regime).number("most")}


def _intent(
    parts: Parts,
    evaluation: Evaluation,
    made: Made,
    kept: Secrets,
    holders: tuple[HolderInForce, ...],
    *,
    vault: bytes,
    now: datetime,
    first: int | None,
    retained: tuple[bytes, ...],
) -> Intent:
    request, settings = evaluation.request, parts.settings
    keyed = [Contributor(holder.id, holder.registered, holder.vrf) for holder in holders]
    outside = frozenset(holder.id for holder in holders if holder.outside)
    pool = parts.pool(request.centre)
    beacon = _beacon(settings.beacon, now + timedelta(seconds=settings.step_seconds * len(holders)))
    return Intent(
        draw=request.draw,
        centre=request.centre,
        request=request_digest(kept.request_salt, request.plain()),
        lots=tuple(sorted(lot_code(kept.lot_key, request.project, lot) for lot in request.lots)),
        first=first,
        rulebook=bytes.fromhex(evaluation.book.digest),
        roster_centre=pool.centre_id,
        roster_origin=pool.origin.value,
        roster_size=made.roster_size,
        table=made.table.root(),
        seats=request.seats,
        constraints=tuple(Constraint(kind, cap) for kind, cap in sorted(caps(evaluation.book, request).items())),
        retained=retained,
        contributors=tuple(keyed[:CONTRIBUTORS]),
        alternates=tuple(keyed[CONTRIBUTORS:]),
        required=CONTRIBUTORS,
        step_seconds=settings.step_seconds,
        deadline=_deadline(beacon, now + timedelta(minutes=settings.deadline_minutes)),
        max_attempts=settings.max_attempts,
        vacancies=settings.vacancies,
        vault=vault,
        holders=Holders(
            {holder.id: holder.share for holder in holders},
            quorums([holder.id for holder in holders], settings.quorum, outside),
        ),
        not_before=request.starts,
        beacon=beacon,
    )


def _beacon(chain: str, after: datetime) -> Beacon | None:
    """The first round that falls due when every contributor has had its time."""
    return Beacon(bytes.fromhex(chain), round_after(CHAINS[chain], after)) if chain else None


def _deadline(beacon: Beacon | None, latest: datetime) -> datetime:
    """When contributions must be in: never after the declared round is known."""
    return latest if beacon is None else min(latest, round_due(CHAINS[beacon.chain.hex()], beacon.round))
