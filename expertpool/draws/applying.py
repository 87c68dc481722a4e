"""What an initiator applies for, joined with what the project knows: the draw request, checked by the rules.

Whatever is refused is refused before anything is sealed, with its article and what to change.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.settings import DrawSettings
from expertpool.draws import errors, rules
from expertpool.draws.lifecycle import LIVE
from expertpool.draws.models import Draw
from expertpool.experts.errors import CreditCodeInvalid
from expertpool.experts.validation import check_credit_code
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, Party, Project
from expertpool.projects.queries import recusals_of
from expertpool.projects.terms import PartyRole, RecusalKind
from expertpool.protocol.request import Contact, DrawRequest, Representative, SeatLine, Site
from policies import specialties
from policies.facts import Unit, day_of
from policies.problems import BadInput


@dataclass(frozen=True, slots=True)
class Application:
    """What the initiator says; everything else the system knows from project and session.

    ``recused`` lists the credit codes that the initiator expects to be recused: each must be named for the project.
    """

    draw_at: datetime
    lines: tuple[SeatLine, ...]
    owner_representatives: tuple[Representative, ...]
    complex: bool = False
    high_impact: bool = False
    recused: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()


def to_request(
    session: Session, settings: DrawSettings, draw_id: str, sitting: EvaluationSession, given: Application
) -> DrawRequest:
    """The request for a session.

    Raises `SessionNotReady`, `RecusedUnknown`, `SiteUnknown`, `SpecialtyUnknown`, `RulebookUnknown`.
    """
    if sitting.state is not SessionState.SCHEDULED:
        raise errors.SessionNotReady
    project, book = sitting.project, rules.rulebook(settings.rulebook, day_of(sitting.starts))
    named = [each for each in recusals_of(session, project.id) if each.withdrawn is None]
    units = tuple(Unit(each.unit_name or "", each.unit_code) for each in named if each.kind is RecusalKind.UNIT)
    _check_recused(given.recused, units)
    _check_lines(given.lines, len(sitting.sites))
    return DrawRequest(
        draw=draw_id,
        centre=sitting.centre_id,
        session=sitting.id,
        regime=rules.regime(book, project.regime.value),
        project=project.code,
        lots=tuple(sorted(each.lot.code for each in sitting.session_lots)),
        method=project.method.value,
        budget=sum(each.lot.budget for each in sitting.session_lots),
        owners=_parties(project, PartyRole.OWNER),
        agencies=_parties(project, PartyRole.AGENCY),
        supervising=_parties(project, PartyRole.SUPERVISOR),
        recused=units,
        recused_persons=sum(each.kind is RecusalKind.PERSON for each in named),
        draw_at=given.draw_at,
        opens_at=sitting.opens_at,
        starts=sitting.starts,
        expected_minutes=sitting.expected_minutes,
        overnight=sitting.overnight,
        sites=tuple(Site(site.area, site.place) for site in sitting.sites),
        lines=given.lines,
        retained=0,
        owner_representatives=given.owner_representatives,
        complex=given.complex,
        high_impact=given.high_impact,
        rulebook=settings.rulebook,
        contacts=given.contacts,
    )


def check_rules(request: DrawRequest, now: datetime, *, supplementary: bool = False) -> None:
    """Hold the request against every rule about it. Raises `RequestRefused`, `RulebookUnknown`."""
    book = rules.rulebook(request.rulebook, day_of(now))
    against = rules.standing_against(rules.on_request(book, request, now, supplementary=supplementary))
    if against:
        raise errors.refused(against)


def refuse_second(session: Session, session_id: str) -> None:
    """A session has one live draw. Raises `AlreadyApplied`."""
    live = select(Draw.id).where(Draw.session_id == session_id, Draw.state.in_(LIVE))
    if session.scalar(live.limit(1)) is not None:
        raise errors.AlreadyApplied


def _check_recused(codes: tuple[str, ...], units: tuple[Unit, ...]) -> None:
    known = {unit.code for unit in units}
    for index, code in enumerate(codes):
        try:
            credit = check_credit_code(code, f"recused.{index}")
        except CreditCodeInvalid:
            credit = code
        if credit not in known:
            raise errors.RecusedUnknown(code, field=f"recused.{index}")


def _check_lines(lines: tuple[SeatLine, ...], sites: int) -> None:
    for index, line in enumerate(lines):
        if line.site >= sites:
            raise errors.SiteUnknown(index, line.site, sites, field=f"lines.{index}.site")
        for code in line.codes:
            try:
                specialties.claims_that_cover(code, scheme=line.scheme, version=line.version)
            except BadInput:
                raise errors.SpecialtyUnknown(code, field=f"lines.{index}.codes") from None


def _parties(project: Project, role: PartyRole) -> tuple[Unit, ...]:
    found: list[Party] = [party for party in project.parties if party.role is role]
    return tuple(Unit(party.name, party.code) for party in found)
