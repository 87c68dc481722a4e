"""What a caller may see of pools and organisations, page by page.

Every page is in the order of a key that tells nothing (a random identifier, a credit code): an order by the last change
or the last use would tell who was drawn.

Public: `pool_in_reach`, `visible_expert`, `experts_in`, `counts_by_status`, `trainings_of`, `organisations_in`,
`aliases_in`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from expertpool.experts.errors import ExpertUnknown, FactInvalid
from expertpool.experts.lifecycle import Origin, Pool, Status
from expertpool.experts.models import Expert, Organisation, OrganisationAlias, RosterClaim, RosterLine, Training
from expertpool.experts.queries import claim_key
from expertpool.experts.validation import check_credit_code, name_key
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Caller, may
from expertpool.identity.queries import target_of
from policies import areas, specialties
from policies.problems import BadInput


def reaches(session: Session, caller: Caller, verb: str, centre_id: str) -> bool:
    """Whether the permission table lets the caller do this at this centre; no at one that does not exist."""
    centre = session.get(Centre, centre_id)
    return centre is not None and may(caller, verb, target_of(session, centre))


def pool_in_reach(session: Session, caller: Caller, verb: str, centre_id: str | None, origin: Origin) -> Pool:
    """The pool of this origin at a centre, or at the caller's own. Raises `NotPermitted`."""
    centre_id = centre_id or caller.centre
    if not reaches(session, caller, verb, centre_id):
        raise NotPermitted(verb)
    return Pool(centre_id, origin)


def visible_expert(session: Session, caller: Caller, expert_id: str) -> Expert:
    """An expert whom the caller may see. Raises `ExpertUnknown`, also for one of a centre out of reach."""
    expert = session.get(Expert, expert_id)
    if expert is None or not reaches(session, caller, "expert.see", expert.centre_id):
        raise ExpertUnknown
    return expert


class Wanted(NamedTuple):
    """Which experts of a pool: in a status, holding a specialty or a class above it, living in an area, tied to a unit.

    Specialties are looked up among those on the roster, by the index that draws use. ``unit`` is a credit code; any
    tie counts: a job, an office, a share, a relative there, an interest. No index has it, so the facts are searched.
    """

    status: Status | None = None
    specialty: str | None = None
    area: str | None = None
    unit: str | None = None


EVERYBODY: Final = Wanted()


def experts_in(
    session: Session, pool: Pool, wanted: Wanted = EVERYBODY, *, after: str = "", limit: int = 50
) -> Sequence[Expert]:
    """A page of a pool's experts, by identifier.

    Raises `FactInvalid` for an unknown specialty or area, `CreditCodeInvalid`.
    """
    found = select(Expert).where(Expert.centre_id == pool.centre_id, Expert.origin == pool.origin, Expert.id > after)
    if wanted.status is not None:
        found = found.where(Expert.status == wanted.status)
    if wanted.specialty is not None:
        claims = [claim_key(key) for key in _covering(wanted.specialty)]
        holders = select(RosterClaim.expert_id).where(RosterClaim.claim.in_(claims))
        found = found.where(Expert.id.in_(holders))
    if wanted.area is not None:
        found = found.where(Expert.id.in_(_those(pool, RosterLine.area.startswith(_prefix(wanted.area)))))
    if wanted.unit is not None:
        tied = RosterLine.facts.contains(f'"code":"{check_credit_code(wanted.unit, "unit")}"')
        found = found.where(Expert.id.in_(_those(pool, tied)))
    return session.scalars(found.order_by(Expert.id).limit(limit)).all()


def counts_by_status(session: Session, pool: Pool) -> dict[Status, int]:
    """How many of a pool stand where."""
    of_pool = (Expert.centre_id == pool.centre_id, Expert.origin == pool.origin)
    counted = select(Expert.status, func.count()).where(*of_pool).group_by(Expert.status)
    return dict(session.execute(counted).all())


def trainings_of(session: Session, expert: Expert) -> Sequence[Training]:
    """An expert's trainings, by day."""
    found = select(Training).where(Training.expert_id == expert.id)
    return session.scalars(found.order_by(Training.held_on, Training.id)).all()


def organisations_in(
    session: Session, centre_id: str, *, code: str | None, name: str | None, after: str, limit: int
) -> Sequence[Organisation]:
    """A page of a centre's organisations, by credit code: of this code, or with this in name or approved alias."""
    found = select(Organisation).where(Organisation.centre_id == centre_id, Organisation.code > after)
    if code is not None:
        found = found.where(Organisation.code == code)
    if name is not None:
        part = name_key(name)
        also = exists().where(
            OrganisationAlias.organisation_id == Organisation.id,
            OrganisationAlias.approved_by.is_not(None),
            OrganisationAlias.name_key.contains(part, autoescape=True),
        )
        found = found.where(or_(Organisation.name_key.contains(part, autoescape=True), also))
    return session.scalars(found.order_by(Organisation.code).limit(limit)).all()


def aliases_in(
    session: Session, centre_id: str, *, organisation_id: str | None, approved: bool | None, after: str, limit: int
) -> Sequence[OrganisationAlias]:
    """A page of a centre's aliases, by identifier: of one organisation, or those that wait for their approval."""
    found = select(OrganisationAlias).where(OrganisationAlias.centre_id == centre_id, OrganisationAlias.id > after)
    if organisation_id is not None:
        found = found.where(OrganisationAlias.organisation_id == organisation_id)
    if approved is not None:
        found = found.where(OrganisationAlias.approved_by.is_not(None) == approved)
    return session.scalars(found.order_by(OrganisationAlias.id).limit(limit)).all()


def _those(pool: Pool, known: ColumnElement[bool]) -> Select[str]:
    """The experts of a pool of whom this is known, asked once for all: asked for each it takes five times as long."""
    of_pool = (RosterLine.centre_id == pool.centre_id, RosterLine.origin == pool.origin)
    return select(RosterLine.expert_id).where(*of_pool, known)


def _covering(code: str) -> frozenset[specialties.Key]:
    try:
        return specialties.claims_that_cover(code)
    except BadInput as error:
        raise _unknown(error, "specialty") from None


def _prefix(code: str) -> str:
    try:
        areas.find(code)
    except BadInput as error:
        raise _unknown(error, "area") from None
    return areas.prefix(areas.current(code))


def _unknown(error: BadInput, field: str) -> FactInvalid:
    (problem, *_) = error.problems
    return FactInvalid(problem.zh, problem.en, field=field)
