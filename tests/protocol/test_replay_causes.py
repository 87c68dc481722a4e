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
