"""Rows that name no seat, joined by their times with what was done at a seat.

Times are compared within the hour: what is kept for whole hours tells by its end when it began.
"""

import random
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.draws.dump import Dump, Guess, Row, Target, by_matching, objects, pieces

HOUR = 3600
Joined = Mapping[Target, Row]
"""The row that goes with whoever is on a seat now."""


def by_times(dump: Dump, chance: random.Random) -> Iterator[tuple[str, Guess]]:
    """For each join: whoever is named in a row, in the clear or by a hash, sits on the seat that it goes with."""
    for join, joined in joins(dump):
        searched = [
            (target.seat, piece)
            for target, row in joined.items()
            for value in row.values()
            if isinstance(value, str | bytes)
            for piece in pieces(value)
        ]
        for name, guess in by_matching(dump, searched, chance):
            yield f"{join}: {name}", guess


def joins(dump: Dump) -> Iterator[tuple[str, Joined]]:
    """For each kind of thing done at seats and each table with times: the nearest row before, and the nearest after."""
    now = {target.seat: target for target in sorted(dump.targets, key=lambda each: each.vacancy)}
    moments = _moments(dump, now)
    for name, rows in _timed(dump, now):
        times = [time for time, _ in rows]
        for kind, done in moments.items():
            at = {target: bisect_right(times, time) - 1 for target, time in done.items()}
            yield f"{name} before {kind}", {target: rows[place][1] for target, place in at.items() if place >= 0}
            at = {target: bisect_left(times, time) for target, time in done.items()}
            yield f"{name} after {kind}", {target: rows[place][1] for target, place in at.items() if place < len(rows)}


def _moments(dump: Dump, now: Mapping[str, Target]) -> dict[str, dict[Target, float]]:
    """When something was done at the seats, by kind of entry or table; not what was done at all of them at once."""
    found: dict[str, dict[Target, float]] = defaultdict(dict)
    for table, rows in dump.new.items():
        for row in rows:
            whole = [each for _, each in objects(table, row)]
            seat = next((value for each in whole for value in each.values() if _is_seat(value, now)), None)
            kind = next((each["kind"] for each in whole if isinstance(each.get("kind"), str)), table)
            for value in (value for each in whole for value in each.values()):
                time = moment(value)
                if seat is not None and time is not None:
                    found[kind][now[seat]] = time
    return {kind: done for kind, done in found.items() if len(set(done.values())) > 1}


def _timed(dump: Dump, now: Mapping[str, Target]) -> Iterator[tuple[str, list[tuple[float, Row]]]]:
    """The new rows of each table in the order of each of their times."""
    for table, rows in dump.new.items():
        own = [row for row in rows if not any(_is_seat(value, now) for value in row.values())]
        for column in own[0] if own else ():
            timed = [(time, row) for row in own if (time := moment(row[column])) is not None]
            if len({time for time, _ in timed}) > 1:
                yield f"{table} by {column}", sorted(timed, key=lambda each: each[0])


def _is_seat(value: Any, now: Mapping[str, Target]) -> bool:
    return isinstance(value, str) and value in now


def moment(value: Any) -> float | None:
    """Seconds within the hour of what is a time; None of anything else."""
    if isinstance(value, str) and len(value) >= len("2026-11-21T09:00"):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value.timestamp() % HOUR if isinstance(value, datetime) else None
