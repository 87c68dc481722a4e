"""Why seats fell vacant: an auditor sees that each cause was logged then, and has what it needs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from expertpool.protocol.replay.steps import TITLES
from ledger.disclosure import make_disclosure
from tests.protocol.simulated_world import Seat, Setup
from tests.protocol.simulation import Simulation
from tests.protocol.test_replay_attacks import checked, refuted_by

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


@pytest.mark.parametrize("seed", [9, 41, 52, 98])
def test_seats_that_the_bidders_empty_past_the_cap_replay(seed: int) -> None:
    """Whoever is lost sat when the vacancy before was logged; here it matters, for of one employer one may sit."""
    setup = Setup(seed=seed, employers=12, cap=1, bidders=tuple(range(4)), opened_after=0)
    draw = Simulation(setup).run()
    lost = sum(entry.kind == "draw.seat-lost" for entry in draw.entries)
    assert lost > 0
    report = checked(draw)
    assert report.verdict == "proven"
    assert report.step("causes").details == {"recused": lost + 1}
