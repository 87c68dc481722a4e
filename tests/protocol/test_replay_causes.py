"""Why seats fell vacant: an auditor sees that each cause was logged then, and has what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest

from expertpool.protocol.replay.steps import TITLES
from expertpool.protocol.request import SeatLine
from ledger.disclosure import make_disclosure
from ledger.entry import format_time
from tests.protocol.simulated_world import Seat, Setup
from tests.protocol.simulation import Simulation
from tests.protocol.test_replay_attacks import checked, refuted_by

NO_ANSWERS = ("no-answer",) * 4
SETUP = Setup(vacancies=("declined", "no-answer", "recused"))
DIGEST = "00" * 32


def delivery(channel: Any, digest: Any = DIGEST) -> dict[str, Any]:
    return {"channel": channel, "digest": digest}


class Saying(Simulation):
    """The centre logs evidence of its own making."""

    says: Any

    def evidence_of(self, seat: Seat, cause: str) -> dict[str, Any]:
        true = super().evidence_of(seat, cause)
        said: dict[str, Any] = self.says(true) if self.vacancies == 2 else true
        return said


def saying(says: Callable[[dict[str, Any]], Any]) -> Simulation:
    draw = Saying(SETUP)
    draw.says = says
    return draw.run()


def test_causes_with_their_evidence_are_proven() -> None:
    report = checked(Simulation(SETUP).run())
    step = report.step("causes")
    assert (report.verdict, step.outcome) == ("proven", "ok")
    assert step.details == {"declined": 1, "no-answer": 1, "recused": 1}
    assert "causes" in TITLES


@pytest.mark.parametrize(
    "deliveries",
    [
        None,
        [],
        {},
        [delivery("sms")],
        [delivery("sms"), delivery("sms")],
        [delivery("voice"), delivery("sms")],
        [delivery("sms"), delivery("")],
        [delivery("sms"), delivery(None)],
        [delivery("sms"), delivery("voice", "00")],
        [delivery("sms"), delivery("voice", None)],
        [delivery("sms"), {"channel": "voice"}],
        [delivery("sms"), delivery("voice") | {"more": 1}],
        [delivery("sms"), "voice"],
    ],
    ids=range(13),
)
def test_no_answer_needs_two_different_channels(deliveries: Any) -> None:
    assert refuted_by(checked(saying(lambda _: {"cause": "no-answer", "deliveries": deliveries}))) == "causes"


@pytest.mark.parametrize(
    "said",
    [
        {"cause": "declined", "answer": {"code": "AAAAAAAA", "salt": "00" * 16}},
        {"cause": "leave", "answer": {"code": "AAAAAAAA", "salt": "00" * 16}},
        {"cause": "recused"},
        {"cause": "recused", "finding": {}},
        {"cause": "absent", "finding": "because"},
        {"cause": "mislaid"},
        {"cause": ["no-answer"]},
        {},
        [],
        None,
    ],
    ids=range(10),
)
def test_every_cause_needs_its_own_evidence(said: Any) -> None:
    assert refuted_by(checked(saying(lambda _: said))) == "causes"


def test_a_decline_is_not_made_a_no_answer_when_its_code_is_opened() -> None:
    draw = Simulation(SETUP).run()
    bundle = draw.bundle(audit=True)
    first = replace(bundle.openings.answers[0], vacancy=1)
    none = replace(bundle, openings=replace(bundle.openings, answers=()))
    assert first == bundle.openings.answers[0]
    assert refuted_by(checked(draw, none)) == "causes"


@pytest.mark.parametrize(
    "shown",
    [
        lambda texts: texts[:-1],
        lambda texts: (*texts, texts[-1]),
        lambda texts: texts[::-1],
        lambda texts: (*texts[:-1], "no disclosure"),
        lambda texts: (*texts[:-1], make_disclosure("evidence", "invented later").encoded),
        lambda texts: (*texts[:-1], make_disclosure("evidence", {"cause": "recused"}).encoded),
    ],
    ids=["too few", "too many", "mixed up", "nonsense", "another", "of another form"],
)
def test_only_what_was_logged_then_counts(shown: Callable[[tuple[str, ...]], tuple[str, ...]]) -> None:
    draw = Simulation(SETUP).run()
    bundle = draw.bundle(audit=True)
    assert bundle.audit is not None
    lied = replace(bundle, audit=replace(bundle.audit, evidence=shown(bundle.audit.evidence)))
    assert refuted_by(checked(draw, lied)) == "causes"


# -- absence, which the rulebook decides again


class Missing(Simulation):
    """Somebody is found absent who was due so long before the entry; ``changed`` is what else the finding says."""

    waited = timedelta(minutes=30, seconds=1)
    changed: Mapping[str, Any] = MappingProxyType({})

    def evidence_of(self, seat: Seat, cause: str) -> dict[str, Any]:
        if cause != "absent":
            return super().evidence_of(seat, cause)
        due = self.now + timedelta(minutes=1) - self.waited  # an entry is written a minute after the last one
        finding = {"assembly": format_time(due), "due": format_time(due), "kind": "absent", "minutes": 30}
        return {"cause": "absent", "finding": {**finding, **self.changed}}


def missing(waited: timedelta = Missing.waited, **changed: Any) -> Simulation:
    draw = Missing(Setup(vacancies=("declined", "absent")))
    draw.waited, draw.changed = waited, changed
    return draw.run()


def test_who_is_absent_by_the_rule_is() -> None:
    report = checked(missing())
    assert report.verdict == "proven"
    assert report.step("causes").details == {"absent": 1, "declined": 1}
    earlier = checked(missing(assembly="2026-11-01T00:00:00.000000Z"))
    assert earlier.verdict == "proven", "due later than the assembly"


@pytest.mark.parametrize(
    ("waited", "changed"),
    [
        (timedelta(minutes=30), {}),
        (timedelta(), {}),
        (Missing.waited, {"minutes": 29}),
        (Missing.waited, {"minutes": True}),
        (Missing.waited, {"kind": "late"}),
        (Missing.waited, {"assembly": "2027-01-01T00:00:00.000000Z"}),
        (Missing.waited, {"due": "2026-11-01"}),
        (Missing.waited, {"due": None}),
        (Missing.waited, {"due": "2026-11-01T00:00:00"}),
        (Missing.waited, {"more": 1}),
    ],
    ids=range(10),
)
def test_nobody_is_absent_before_the_time_or_by_another_rule(waited: timedelta, changed: dict[str, Any]) -> None:
    assert refuted_by(checked(missing(waited, **changed))) == "causes"


# -- a seat that is lost past the cap


class Losing(Simulation):
    """After the draw somebody on a seat does not come, and the cap leaves nobody to draw; says why as it likes."""

    cause = "declined"
    says: Callable[[Simulation, dict[str, Any]], Any] = staticmethod(lambda _, true: true)

    def draw(self) -> None:
        super().draw()
        self.lose(self.seats[0], self.cause)

    def hide(self, evidence: dict[str, Any]) -> dict[str, Any]:
        return super().hide(self.says(self, evidence))


def losing(cause: str, says: Callable[[Simulation, dict[str, Any]], Any]) -> Simulation:
    attack = type("Lying", (Losing,), {"cause": cause, "says": staticmethod(says)})
    made: Simulation = attack(Setup(cap=0)).run()
    return made


@pytest.mark.parametrize("cause", ["declined", "no-answer", "recused"])
def test_a_seat_lost_past_the_cap_has_its_cause(cause: str) -> None:
    draw = losing(cause, lambda _, true: true)
    report = checked(draw)
    assert (report.verdict, report.step("causes").details) == ("proven", {cause: 1})
    public = checked(draw, draw.bundle())
    assert (public.verdict, public.step("causes").outcome) == ("proven", "not-checked")


def anothers(draw: Simulation, _: dict[str, Any]) -> dict[str, Any]:
    """The code of whoever sits on another seat."""
    other = draw.seats[1]
    return {"cause": "declined", "answer": {"code": other.answer_code, "salt": other.answer.hex()}}


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        ("declined", anothers),
        ("declined", lambda _, true: {"cause": "declined"}),
        ("declined", lambda _, true: true | {"answer": true["answer"] | {"salt": "00"}}),
        ("declined", lambda _, true: true | {"answer": true["answer"] | {"code": 1}}),
        ("declined", lambda _, true: true | {"answer": []}),
        ("declined", lambda _, true: true | {"cause": "recused", "finding": {"rule": "x"}}),
        ("no-answer", lambda _, true: true | {"deliveries": true["deliveries"][:1]}),
        ("recused", lambda _, true: {"cause": "recused"}),
        ("recused", lambda _, true: {}),
    ],
    ids=[
        "another's code",
        "no code",
        "salt",
        "number",
        "list",
        "code and finding",
        "one channel",
        "no finding",
        "empty",
    ],
)
def test_a_forged_cause_of_a_lost_seat_is_refuted(
    cause: str, says: Callable[[Simulation, dict[str, Any]], Any]
) -> None:
    assert refuted_by(checked(losing(cause, says))) == "causes"


def test_the_cause_of_a_lost_seat_cannot_be_left_out() -> None:
    draw = losing("no-answer", lambda _, true: true)
    bundle = draw.bundle(audit=True)
    assert bundle.audit is not None
    assert refuted_by(checked(draw, replace(bundle, audit=replace(bundle.audit, evidence=())))) == "causes"


@pytest.mark.parametrize(("cap", "verdict"), [(1, "proven"), (2, "refuted")])
def test_a_seat_is_lost_past_the_cap_only(cap: int, verdict: str) -> None:
    """Everyone sees it, and an auditor does not see more: a committee is not made smaller as somebody likes."""
    draw = Simulation(Setup(vacancies=("declined",), cap=cap, lost=1)).run()
    report = checked(draw, draw.bundle())
    assert report.verdict == checked(draw).verdict == verdict
    assert (report.step("vacancies").outcome == "differs") == (verdict == "refuted")


class Running(Simulation):
    """Goes on though no seat is left."""

    def vacate(self, number: int, cause: str) -> None:
        if self.seats:
            super().vacate(number, cause)


def test_a_seat_is_lost_where_nobody_is_left_to_be_drawn() -> None:
    setup = Setup(experts=24, employers=6, lines=(SeatLine(("A010101",), 3, 0),), max_attempts=30, vacancies=NO_ANSWERS)
    draws = (Running(replace(setup, lost=1, seed=seed)).run() for seed in count(1))
    both = {"draw.vacancy-exhausted", "draw.seat-lost"}
    assert checked(next(draw for draw in draws if both <= {entry.kind for entry in draw.entries})).verdict == "proven"


class LosesTwice(Simulation):
    """The same seat is given up a second time."""

    def lose(self, seat: Seat, cause: str) -> None:
        super().lose(seat, cause)
        super().lose(seat, cause)


class RefillsAfterALoss(Simulation):
    """A seat was given up past the cap, and another one drawn anew."""

    def lose(self, seat: Seat, cause: str) -> None:
        super().lose(seat, cause)
        other = next(each for each in self.seats if each is not seat)
        self.refill(other, self.log_vacancy(other, "no-answer"))


class LosesBeforeTheResult(Simulation):
    """A seat is given up that nobody has yet."""

    def contribute(self) -> None:
        super().contribute()
        self.record("draw.seat-lost", self.about(seat="0000") | self.hide({"cause": "recused", "finding": {"a": 1}}))


@pytest.mark.parametrize("attack", [LosesTwice, RefillsAfterALoss, LosesBeforeTheResult])
def test_a_seat_is_lost_once_and_for_good(attack: type[Simulation]) -> None:
    draw = attack(Setup(cap=0, lost=1)).run()
    assert refuted_by(checked(draw, draw.bundle())) == "vacancies"


@pytest.mark.parametrize("seed", [0, 100, 200, 300])
def test_seats_that_the_bidders_empty_past_the_cap_replay(seed: int) -> None:
    """The next such draw from a seed on. Whoever loses a seat sat when the vacancy before was logged."""
    setup = Setup(employers=12, cap=1, bidders=tuple(range(4)), opened_after=0)
    draws = (Simulation(replace(setup, seed=each)).run() for each in count(seed))
    losses = ((draw, sum(entry.kind == "draw.seat-lost" for entry in draw.entries)) for draw in draws)
    draw, lost = next((draw, lost) for draw, lost in losses if lost)
    report = checked(draw)
    assert report.verdict == "proven"
    assert report.step("causes").details == {"recused": lost + 1}
