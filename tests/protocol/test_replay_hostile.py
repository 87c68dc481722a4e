"""Whoever writes the log and the bundle may write anything: the replay refuses it, and never breaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest

from expertpool.protocol.commitments import request_digest
from expertpool.protocol.replay import replay
from expertpool.protocol.request import SeatLine
from ledger.entry import Draft
from ledger.memory import MemoryLog
from tests.protocol.simulation import HOLDERS, Setup, Simulation, to_bytes

LINE = (SeatLine(("A010101",), 2, 0),)
HOSTILE: list[Any] = [None, True, -1, 0, 2**53 - 1, "", "0" * 64, "9999-12-31T23:59:59.999999Z", [], [[]], [1, "a"], {}]
DRAW = Simulation(Setup(experts=14, lines=LINE, vacancies=("declined",), silent=HOLDERS[1:2])).run()
SECOND = Simulation(Setup(experts=20, employers=20, retained=1)).run()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value; of a list the first element stands for all."""
    if path:
        yield path
    members = value.items() if isinstance(value, Mapping) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, each in members:
        yield from places(each, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a place."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, Mapping):
        return {**value, first: put(value[first], tuple(rest), new)}
    return [*value[:first], put(value[first], tuple(rest), new), *value[first + 1 :]]


def relogged(draw: Simulation, index: int, body: dict[str, Any]) -> bytes:
    """The bundle of a draw in whose log one entry has another body; all that can be is made to fit."""
    other = replace_log(draw, [body if entry.index == index else entry.body for entry in draw.log.entries])
    return to_bytes(other)


def replace_log(draw: Simulation, bodies: list[Any]) -> Any:
    before = draw.log, draw.entries, draw.registered, draw.roster_entries
    log = MemoryLog()
    made = log.append(
        [
            Draft(entry.kind, entry.actor, datetime.fromisoformat(entry.time), body)
            for entry, body in zip(draw.log.entries, bodies, strict=True)
        ]
    )
    try:
        draw.log = log
        draw.entries = [made[entry.index] for entry in before[1]]
        draw.registered = {name: made[entry.index] for name, entry in before[2].items()}
        draw.roster_entries = [(made[entry.index], lines) for entry, lines in before[3]]
        return draw.bundle(audit=True)
    finally:
        draw.log, draw.entries, draw.registered, draw.roster_entries = before


@pytest.mark.parametrize("index", range(DRAW.log.tree.size))
def test_any_value_anywhere_in_an_entry(index: int) -> None:
    body = DRAW.log.entries[index].body
    for path in places(body):
        for value in HOSTILE:
            report = replay(BytesIO(relogged(DRAW, index, put(body, path, value))), DRAW.trust)
            assert report.steps[-1].name == "only-roster"


@pytest.mark.parametrize("kind", ["draw.completed", "draw.refilled", "draw.intended"])
def test_any_value_in_what_the_first_draw_came_to(kind: str) -> None:
    assert SECOND.first is not None
    entry = next(entry for entry in SECOND.first.entries if entry.kind == kind)
    for path in places(entry.body):
        for value in HOSTILE:
            report = replay(BytesIO(relogged(SECOND, entry.index, put(entry.body, path, value))), SECOND.trust)
            assert report.steps[-1].name == "only-roster"


@dataclass
class AnyRequest(Simulation):
    """The intent commits to whatever the centre calls a request."""

    path: tuple[Any, ...] = ()
    value: Any = None

    def intent(self) -> Any:
        made = super().intent()
        return replace(made, request=request_digest(self.request_salt, self.other()))

    def other(self) -> dict[str, Any]:
        value: dict[str, Any] = put(self.request.plain(), self.path, self.value)
        return value

    def audit(self) -> Any:
        return replace(super().audit(), request=self.other())


@pytest.mark.parametrize("path", list(places(DRAW.request.plain())), ids=str)
def test_any_value_anywhere_in_the_request(path: tuple[Any, ...]) -> None:
    for value in HOSTILE:
        draw = AnyRequest(Setup(experts=4), path=path, value=value).run()
        report = replay(BytesIO(to_bytes(draw.bundle(audit=True))), draw.trust)
        assert report.step("request").outcome in ("ok", "differs")
        assert report.step("decisions").outcome in ("ok", "differs", "not-checked")
