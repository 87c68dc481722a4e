"""What the roster holds of an expert: the facts by which the rules decide, no name and no identity number.

A record is written as canonical JSON with the fields of `policies.facts.Expert` that are known, plus how long the
membership runs and when the expert cannot come. The text is stored, committed to (``roster``) and read back.

Public: `Record`, `Absence`, `write`, `read`, `expert_facts`, `having_sat`, `favours`.
"""

import json
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from policies import reading
from policies.facts import Engagement, Expert, Suspension

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)
"""Writes what `ledger.canonical` would: the names are ASCII and the values of few types. An import writes 100,000."""


class Absence(NamedTuple):
    """Days on which an expert cannot come, both included."""

    start: date
    until: date


class Record(NamedTuple):
    """An expert as the roster has them. ``renewed_until`` is the last day of the membership; None: not limited."""

    expert: Expert
    renewed_until: date | None = None
    absences: tuple[Absence, ...] = ()


NOT_RECORDED: Final = frozenset({"distance_km", "engagements"})
"""Facts that belong to one request or to other records, not to the person."""

ADVERSE: Final = (
    "suspensions",
    "penalties",
    "employments",
    "directorships",
    "shareholdings",
    "kinships",
    "interests",
)
"""Facts of which more can only exclude; `favours` says when a change of them lets somebody in."""


def write(record: Record) -> str:
    """The record as canonical JSON; what is unknown is left out."""
    expert = {
        name: _plain(value)
        for name, value in zip(Expert._fields, record.expert, strict=True)
        if value is not None and name not in NOT_RECORDED
    }
    written: dict[str, Any] = {"expert": expert}
    if record.renewed_until is not None:
        written["renewed_until"] = record.renewed_until.isoformat()
    if record.absences:
        written["absences"] = _plain(record.absences)
    return _ENCODER.encode(written)


def read(text: str) -> Record:
    """A record as it was written."""
    return reading.read(Record, json.loads(text))


def expert_facts(record: Record) -> Expert:
    """What the rules are told: an absence, and the time after a membership has run out, count as suspensions."""
    pauses = [Suspension(absence.start, absence.until) for absence in record.absences]
    if record.renewed_until is not None:
        pauses.append(Suspension(record.renewed_until + timedelta(days=1)))
    known = record.expert.suspensions
    if known is None or not pauses:
        return record.expert
    return record.expert._replace(suspensions=(*known, *pauses))


def having_sat(expert: Expert, engagements: tuple[Engagement, ...] | None) -> Expert:
    """The expert with the committees that they sat on, the last of the facts; a pool asks for it a million times."""
    return tuple.__new__(Expert, (*expert[:-1], engagements))


def favours(before: Expert, after: Expert) -> bool:
    """Whether a change could let somebody in who was kept out: anything but more of what excludes.

    Such a change counts only some days after it was ledgered (DESIGN 4); claims carry their own day.
    """
    for name in Expert._fields:
        old, new = getattr(before, name), getattr(after, name)
        if old == new or new is None or name in ("claims", "recorded", "status"):
            continue
        if name not in ADVERSE or old is None or not set(old) <= set(new):
            return True
    return False


def _plain(value: Any) -> Any:
    """Facts as JSON, without what is unknown."""
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {name: _plain(each) for name, each in value._asdict().items() if each is not None}
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
