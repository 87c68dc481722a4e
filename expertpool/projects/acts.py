"""What is done to projects and sessions once it is clear that it may be: by an account's verb or a sender's message."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from expertpool.core.transaction import Transaction
from expertpool.identity.models import Centre
from expertpool.projects import errors
from expertpool.projects.events import (
    ProjectAmended,
    ProjectRegistered,
    SessionCancelled,
    SessionPostponed,
    SessionRescheduled,
    SessionScheduled,
)
from expertpool.projects.facts import ProjectFacts, SessionFacts, SiteFacts, check_project, check_session
from expertpool.projects.lifecycle import LIVE, SessionState, SessionVerb, step_from
from expertpool.projects.models import EvaluationSession, Lot, Party, Project, SessionLot, SessionSite
from expertpool.projects.queries import latest_sealed
from expertpool.projects.terms import SealedKind
from ledger.entry import format_time


def register(tx: Transaction, centre: Centre, given: ProjectFacts, initiator_id: str | None) -> Project:
    """Add a project. Raises `ProjectInvalid`, `ProjectTaken`, `LotTaken`."""
    facts = check_project(given)
    project = Project(
        centre_id=centre.id,
        code=facts.code,
        regime=facts.regime,
        method=facts.method,
        title=facts.title,
        initiator_id=initiator_id,
        registered=tx.now,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(project)
    except IntegrityError:
        raise errors.ProjectTaken(field="code") from None
    _put_details(tx, project, facts)
    tx.record(ProjectRegistered(project=project.id, centre=centre.id, facts=facts.plain()))
    return project


def amend(tx: Transaction, project: Project, given: ProjectFacts) -> Project:
    """Replace what is known of a project; code and regime stay.

    Raises `ProjectInvalid`, `FixedAtRegistration`, `LotInUse`, `LotTaken`.
    """
    facts = check_project(given)
    for field in ("code", "regime"):
        if getattr(facts, field) != getattr(project, field):
            raise errors.FixedAtRegistration(field=field)
    project.method, project.title = facts.method, facts.title
    _put_details(tx, project, facts)
    tx.record(ProjectAmended(project=project.id, centre=project.centre_id, facts=facts.plain()))
    return project


def schedule(tx: Transaction, project: Project, given: SessionFacts) -> EvaluationSession:
    """Add a session. Raises `SessionInvalid`, `SessionTaken`, `LotUnknown`, `LotInOtherSession`, `SiteUnknown`."""
    facts = check_session(given, tx.now)
    session = EvaluationSession(
        centre_id=project.centre_id,
        project_id=project.id,
        project=project,
        code=facts.code,
        state=SessionState.SCHEDULED,
        starts=facts.starts,
        opens_at=facts.opens_at,
        expected_minutes=facts.expected_minutes,
        overnight=facts.overnight,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(session)
    except IntegrityError:
        raise errors.SessionTaken(field="code") from None
    _put_lots_and_sites(tx, project, session, facts)
    tx.record(SessionScheduled(project=project.id, session=session.id, centre=session.centre_id, facts=facts.plain()))
    return session


def reschedule(
    tx: Transaction, project: Project, session: EvaluationSession, given: SessionFacts, reason: str
) -> EvaluationSession:
    """Give a session another time, place or lots. Raises as `schedule`, `StepNotAllowed`, and `DayBegun`.

    Once bids are opened, the time of the opening stays (`OpeningHappened`): else a list could be superseded after it.
    """
    refuse_begun(session)
    _take(session, SessionVerb.RESCHEDULE, reason)
    facts = check_session(given, tx.now)
    if facts.code != session.code:
        raise errors.FixedAtRegistration(field="code")
    if session.not_before is not None and facts.starts < session.not_before:
        raise errors.SessionInvalid((errors.StartTooEarly(format_time(session.not_before), field="starts"),))
    if facts.opens_at != session.opens_at and session.opens_at <= tx.now and _has_bidder_list(tx, session):
        raise errors.OpeningHappened(field="opens_at")
    session.starts, session.opens_at, session.not_before = facts.starts, facts.opens_at, None
    session.expected_minutes, session.overnight = facts.expected_minutes, facts.overnight
    _put_lots_and_sites(tx, project, session, facts)
    tx.record(
        SessionRescheduled(
            project=project.id, session=session.id, centre=session.centre_id, facts=facts.plain(), reason=reason
        )
    )
    return session


def postpone(
    tx: Transaction, session: EvaluationSession, reason: str, not_before: datetime | None
) -> EvaluationSession:
    """Put a session off until another time is set. Raises `StepNotAllowed`, `StartPassed`, `DayBegun`."""
    refuse_begun(session)
    _take(session, SessionVerb.POSTPONE, reason)
    if not_before is not None and not_before <= tx.now:
        raise errors.StartPassed(field="not_before")
    session.not_before = not_before
    tx.record(
        SessionPostponed(
            project=session.project_id,
            session=session.id,
            centre=session.centre_id,
            not_before=None if not_before is None else format_time(not_before),
            reason=reason,
        )
    )
    return session


def cancel(tx: Transaction, session: EvaluationSession, reason: str) -> EvaluationSession:
    """Cancel a session for good. Raises `StepNotAllowed`."""
    _take(session, SessionVerb.CANCEL, reason)
    session.not_before = None
    tx.record(SessionCancelled(project=session.project_id, session=session.id, centre=session.centre_id, reason=reason))
    return session


def refuse_begun(session: EvaluationSession) -> None:
    """Raise `DayBegun` once members have come: a day is suspended or void, its plan stays. By rule it is cancelled."""
    if session.begun is not None:
        raise errors.DayBegun


def _has_bidder_list(tx: Transaction, session: EvaluationSession) -> bool:
    return latest_sealed(tx.session, session.id, SealedKind.BIDDER_LIST) is not None


def _take(session: EvaluationSession, verb: SessionVerb, reason: str) -> None:
    step = step_from(session.state, verb)
    if step is None:
        raise errors.StepNotAllowed(session.state.value, verb.value)
    session.state, session.reason = step.end, reason


def _put_details(tx: Transaction, project: Project, facts: ProjectFacts) -> None:
    """Make the project's lots and parties those of the facts; one that stays keeps its row."""
    lots = {lot.code: lot for lot in project.lots}
    gone = [lot.id for code, lot in lots.items() if code not in {each.code for each in facts.lots}]
    if tx.session.scalar(select(SessionLot.lot_id).where(SessionLot.lot_id.in_(gone)).limit(1)):
        raise errors.LotInUse(field="lots")
    for each in facts.lots:
        lot = lots.get(each.code) or Lot(code=each.code, centre_id=project.centre_id)
        lot.title, lot.budget = each.title, each.budget
        lots[each.code] = lot
    project.lots = [lots[each.code] for each in facts.lots]
    parties = {(party.role, party.code): party for party in project.parties}
    stay = [
        parties.get((each.role, each.code)) or Party(role=each.role, code=each.code, centre_id=project.centre_id)
        for each in facts.parties
    ]
    for party, stated in zip(stay, facts.parties, strict=True):
        party.name = stated.name
    project.parties = stay
    try:
        with tx.session.begin_nested():
            tx.session.flush()
    except IntegrityError:
        raise errors.LotTaken(field="lots") from None


def _put_lots_and_sites(tx: Transaction, project: Project, session: EvaluationSession, facts: SessionFacts) -> None:
    lots = _lots_of(project, facts.lots)
    _refuse_two_sessions(tx, session, lots)
    present = {each.lot_id: each for each in session.session_lots}
    evaluated = [
        present.get(lot.id) or SessionLot(session_id=session.id, lot_id=lot.id, lot=lot, centre_id=session.centre_id)
        for lot in lots
    ]
    session.session_lots = evaluated
    sites = {site.position: site for site in session.sites}
    places = [_put_site(tx, session, sites.get(position), position, each) for position, each in enumerate(facts.sites)]
    session.sites = places
    tx.session.flush()


def _lots_of(project: Project, codes: Sequence[str]) -> list[Lot]:
    known = {lot.code: lot for lot in project.lots}
    unknown = [errors.LotUnknown(field=f"lots.{index}") for index, code in enumerate(codes) if code not in known]
    if unknown:
        raise errors.SessionInvalid(tuple(unknown))
    return [known[code] for code in codes]


def _refuse_two_sessions(tx: Transaction, session: EvaluationSession, lots: Sequence[Lot]) -> None:
    """The project's row is locked, so nobody else can schedule one of its lots meanwhile."""
    others = (
        select(SessionLot.lot_id)
        .join(EvaluationSession, EvaluationSession.id == SessionLot.session_id)
        .where(
            SessionLot.lot_id.in_([lot.id for lot in lots]),
            EvaluationSession.id != session.id,
            EvaluationSession.state.in_(LIVE),
        )
    )
    if tx.session.scalar(others.limit(1)):
        raise errors.LotInOtherSession(field="lots")


def _put_site(
    tx: Transaction, session: EvaluationSession, site: SessionSite | None, position: int, facts: SiteFacts
) -> SessionSite:
    site = site or SessionSite(session_id=session.id, position=position, centre_id=session.centre_id)
    site.area, site.place, site.site_id = facts.area, facts.place, None
    if facts.centre is not None:
        site.site_id = tx.session.scalar(select(Centre.id).where(Centre.code == facts.centre))
        if site.site_id is None:
            raise errors.SiteUnknown(field=f"sites.{position}.centre")
    return site
