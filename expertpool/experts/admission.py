"""What becomes of given facts before they are recorded: codes are filled in, days set, steps followed. Pure."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.errors import EmployerWithoutCode, ExpertInvalid
from expertpool.experts.lifecycle import ON_ROSTER, Origin, Status, Verb
from expertpool.protocol.facts import Record, favours
from policies.facts import Expert, PoolKind, Suspension, Unit
from policies.facts import Status as Standing

KEPT_BY: Final = {Origin.OWN: PoolKind.CENTRE, Origin.MIRRORED: PoolKind.PROVINCE}
"""Who keeps the roster of a pool, where nobody says otherwise."""


def with_codes(facts: Expert, resolve: Callable[[str], Unit | None]) -> Expert:
    """Give employers their credit codes by registered name or approved alias. Raises `ExpertInvalid`.

    An employment whose unit nobody knows by code would exclude the expert everywhere, so it is refused here. Unknown
    employment (None) stays unknown.
    """
    problems: list[ExpertpoolError] = []
    jobs = []
    for index, job in enumerate(facts.employments or ()):
        unit = job.unit if job.unit.code else resolve(job.unit.name)
        if unit is None:
            problems.append(EmployerWithoutCode(field=f"employments.{index}.unit.code"))
        else:
            jobs.append(job._replace(unit=unit))
    if problems:
        raise ExpertInvalid(tuple(problems))
    return facts if facts.employments is None else facts._replace(employments=tuple(jobs))


def as_recorded(given: Expert, before: Expert | None, today: date) -> Expert:
    """Given facts with their days: a claim counts from its own, all else that favours the expert from ``recorded``."""
    known = {(claim.scheme, claim.version, claim.code): claim.recorded for claim in (before and before.claims) or ()}
    claims = given.claims and tuple(
        claim._replace(recorded=known.get((claim.scheme, claim.version, claim.code), today)) for claim in given.claims
    )
    if before is None:
        return given._replace(
            claims=claims, recorded=today, status=Standing.PENDING, suspensions=given.suspensions or ()
        )
    recorded = today if favours(before, given) else before.recorded
    kept = {
        "status": before.status,
        "pool": before.pool,
        "suspensions": before.suspensions,
        "birth_date": given.birth_date or before.birth_date,  # once known it is never unknown again
    }
    return given._replace(claims=claims, recorded=recorded, **kept)  # type: ignore[arg-type]  # of the fields' types


def after_step(record: Record, verb: Verb, end: Status, today: date, until: date | None) -> Record:
    """An expert's facts after a step. ``until``: the last day of a suspension or of the membership."""
    expert = record.expert._replace(status=standing(end))
    match verb:
        case Verb.ENROL:
            claims = expert.claims and tuple(claim._replace(recorded=today) for claim in expert.claims)
            return record._replace(expert=expert._replace(recorded=today, claims=claims), renewed_until=until)
        case Verb.SUSPEND:
            pauses = (*(expert.suspensions or ()), Suspension(today, until))
            return record._replace(expert=expert._replace(suspensions=pauses))
        case Verb.REINSTATE:
            pauses = tuple(_ended(pause, today) for pause in expert.suspensions or () if pause.start < today)
            return record._replace(expert=expert._replace(suspensions=pauses, recorded=today))
        case Verb.RENEW:
            lapsed = record.renewed_until is not None and record.renewed_until < today
            expert = expert._replace(recorded=today) if lapsed else expert
            return record._replace(expert=expert, renewed_until=until)
        case _:
            return record._replace(expert=expert)


def standing(status: Status) -> Standing:
    """The rules' word for a status; a suspension is a fact of its own."""
    if status in ON_ROSTER:
        return Standing.ACTIVE
    return {Status.LEFT: Standing.LEFT, Status.REMOVED: Standing.REMOVED}.get(status, Standing.PENDING)


def _ended(pause: Suspension, today: date) -> Suspension:
    """A suspension that lasts until the day before at the latest."""
    yesterday = today - timedelta(days=1)
    return pause if pause.until is not None and pause.until < today else pause._replace(until=yesterday)
