"""The timeline of a day: as planned when it opens, as proposed from what was recorded, as confirmed by one clerk.

Gaps, where the record lacks a moment that every session has, are filled from the plan, never outside their neighbours.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple

from expertpool.projects.models import EvaluationSession
from expertpool.sessions.models import DayStep
from expertpool.sessions.rules import DayRules
from expertpool.sessions.standing import effective
from expertpool.sessions.steps import StepKind
from ledger.canonical import canonical
from ledger.entry import format_time
from policies.facts import CHINA

BEFORE_THE_REVIEW: Final = (
    (StepKind.DISCIPLINE_READ, "discipline"),
    (StepKind.BIDDERS_SHOWN, "bidders"),
    (StepKind.DECLARED, "declared"),
    (StepKind.CHAIR_ELECTED, "chair"),
    (StepKind.REVIEW_BEGUN, "review"),
)
"""The steps that every session has after the assembly, by the name of their time in the rulebook (`session.plan`): only
what nobody recorded is proposed by it."""
ORDINARY: Final = (StepKind.ASSEMBLED, *(kind for kind, _ in BEFORE_THE_REVIEW))

_OF_ALL: Final = frozenset({StepKind.DISCIPLINE_READ, StepKind.BIDDERS_SHOWN, StepKind.DECLARED})
"""What each member does: over when the last one has, who was there when the review began."""

_SHOWN: Final = frozenset(StepKind) - {
    StepKind.SIGNED_IN,
    StepKind.CHAIR_VOTED,
    StepKind.TIME_VOTE,
    StepKind.REPORT_SIGNED_BY,
    StepKind.CLOSED,
    StepKind.VOIDED,
    *_OF_ALL,
}


class Moment(NamedTuple):
    """A moment of a timeline. ``number`` is the step that recorded it; None for one that is planned."""

    kind: StepKind
    at: datetime
    number: int | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": self.kind.value, "at": format_time(self.at), "number": self.number}


def plan(sitting: EvaluationSession, rules: DayRules) -> tuple[Moment, ...]:
    """The day as it should go: assembly, what precedes the review, lunch where it falls into it, the end."""
    start = sitting.starts
    moments = [Moment(StepKind.ASSEMBLED, start)]
    moments += [Moment(kind, start + rules.planned(name)) for kind, name in BEFORE_THE_REVIEW]
    end = start + timedelta(minutes=sitting.expected_minutes)
    lunch = datetime.combine(start.astimezone(CHINA).date(), time(rules.lunch_hour()), CHINA).astimezone(start.tzinfo)
    if moments[-1].at < lunch < end:
        meal = timedelta(minutes=rules.meal_minutes())
        moments += [Moment(StepKind.BREAK_BEGUN, lunch), Moment(StepKind.BREAK_ENDED, lunch + meal)]
        end += meal
    return (*moments, Moment(StepKind.REPORT_SIGNED, end))


def proposed(planned: Sequence[Moment], steps: Iterable[DayStep]) -> tuple[Moment, ...]:
    """The timeline that the record gives, with what every session has and nobody recorded filled in from the plan."""
    found = effective(steps)
    moments = [Moment(step.kind, at, step.number) for step, at in found if step.kind in _SHOWN]
    begun = next((at for step, at in found if step.kind is StepKind.REVIEW_BEGUN), None)
    for kind in _OF_ALL:
        done = [Moment(kind, at, step.number) for step, at in found if step.kind is kind]
        moments += [each for each in done if begun is None or each.at <= begun][-1:]
    recorded = {each.kind: each.at for each in moments}
    by_plan = {each.kind: each.at for each in planned}
    for index, kind in enumerate(ORDINARY):
        if kind not in recorded and StepKind.REVIEW_BEGUN in recorded:
            earliest = max((recorded[each] for each in ORDINARY[:index] if each in recorded), default=by_plan[kind])
            latest = min(recorded[each] for each in ORDINARY[index + 1 :] if each in recorded)
            recorded[kind] = min(max(by_plan[kind], earliest), latest)
            moments.append(Moment(kind, recorded[kind]))
    return tuple(sorted(moments, key=lambda each: (each.at, _RANK[each.kind], each.number or 0)))


def written(moments: Iterable[Moment]) -> str:
    """A timeline as canonical JSON."""
    return canonical([each.plain() for each in moments]).decode()


def read(text: str) -> tuple[Moment, ...]:
    """A timeline from its JSON."""
    found: list[Mapping[str, Any]] = json.loads(text)
    return tuple(Moment(StepKind(each["kind"]), datetime.fromisoformat(each["at"]), each["number"]) for each in found)


_RANK: Final = {kind: rank for rank, kind in enumerate(StepKind)}
