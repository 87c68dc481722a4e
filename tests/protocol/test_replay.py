"""An honest draw is proven from its bundle alone; without the verifier's own key and policy nothing is."""

import json
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expertpool.protocol.archive import ArchiveBroken
from expertpool.protocol.beacon import Round
from expertpool.protocol.replay import Report, Trust, as_json, as_text, exit_code, replay
from expertpool.protocol.replay.report import EXIT, unreadable
from expertpool.protocol.replay.steps import TITLES
from expertpool.protocol.request import SeatLine
from ledger.errors import Unreadable
from ledger.policy import Policy
from tests.ledger.signers import cosigner, signer
from tests.protocol.simulation import HOLDERS, LOG, Setup, Simulation, policy, to_bytes

DRAND = json.loads((Path(__file__).parent / "vectors" / "drand.json").read_text())
ROUNDS = {
    f"{each['chain']}-{each['round']}": Round(
        DRAND["chains"][each["chain"]]["chain_hash"],
        each["round"],
        bytes.fromhex(each["signature"]),
        bytes.fromhex(each.get("previous_signature", "")),
    )
    for each in DRAND["rounds"]
}
ONE_LINE = (SeatLine(("A010101",), 3, 0),)
OF_BUNDLE = {"only-intent", "only-roster"}


def checked(draw: Simulation, *, audit: bool = True) -> Report:
    return replay(BytesIO(to_bytes(draw.bundle(audit=audit))), draw.trust)


def outcomes(report: Report) -> dict[str, str]:
    return {step.name: step.outcome for step in report.steps}


@pytest.mark.parametrize(
    "setup",
    [
        Setup(),
        Setup(seed=2, lines=ONE_LINE),
        Setup(lines=(SeatLine(("A010101",), 0, 0), SeatLine(("A010102",), 2, 0))),
        Setup(lines=(SeatLine(("A010101", "A010102"), 4, 0),)),
        Setup(silent=(HOLDERS[1],)),
        Setup(silent=HOLDERS[1:3]),
        Setup(vacancies=("declined",)),
        Setup(vacancies=("no-answer",) * 7),
        Setup(vacancies=("declined", "no-answer", "declined"), vacated=(0, 0, 0), cap=3),
        Setup(employers=3, experts=80, lines=ONE_LINE),
        Setup(employers=4, lines=ONE_LINE, vacancies=("declined",) * 4),
        Setup(employers=1, max_attempts=5),
        Setup(experts=8, lines=(SeatLine(("A010101",), 9, 0),)),
        Setup(experts=22, lines=ONE_LINE, vacancies=("declined",) * 8, vacated=(0,) * 8),
        Setup(retained=1),
        Setup(retained=2, employers=13, vacancies=("declined",)),
    ],
    ids=str,
)
def test_an_honest_draw_is_proven(setup: Setup) -> None:
    draw = Simulation(setup).run() if len(setup.vacated) < 8 else until_nobody_is_left(setup)
    report = checked(draw)
    unknown = ("struck", "recusals") if setup.vacancies else ("struck", "recusals", "causes")
    expected = dict.fromkeys(TITLES, "ok") | dict.fromkeys([*OF_BUNDLE, "beacon", *unknown], "not-checked")
    assert outcomes(report) == expected
    assert (report.verdict, exit_code(report)) == ("proven", 0)
    public = checked(draw, audit=False)
    unseen = ("request", "roster", "decisions", "causes")
    assert outcomes(public) == expected | dict.fromkeys(unseen, "not-checked")
    assert public.verdict == "proven"


def until_nobody_is_left(setup: Setup) -> Simulation:
    """Vacate one seat until its line is used up."""
    draw = Simulation(replace(setup, vacancies=())).run()
    assert draw.entries.pop().kind == "draw.closed"
    for number in range(1, setup.cap + 1):
        draw.setup = replace(setup, vacated=(0,) * number)
        draw.vacate(number, "declined")
        if draw.entries[-1].kind == "draw.vacancy-exhausted":
            return draw
    raise AssertionError("there was always somebody left")


def test_each_way_to_end_is_among_them() -> None:
    kinds = {
        "draw.exhausted": Simulation(Setup(employers=1, max_attempts=5)).run(),
        "draw.vacancy-exhausted": until_nobody_is_left(Setup(experts=22, lines=ONE_LINE, vacancies=("declined",))),
        "draw.stepped-in": Simulation(Setup(silent=(HOLDERS[1],))).run(),
    }
    for kind, draw in kinds.items():
        assert kind in {entry.kind for entry in draw.entries}
    draws = (Simulation(Setup(seed=seed, employers=4, lines=ONE_LINE)).run() for seed in range(1, 50))
    rejected = next(draw for draw in draws if result_of(draw)["attempts"] > 1)
    assert len(rejected.selected) > len(rejected.seats)
    assert checked(rejected).verdict == "proven"


def result_of(draw: Simulation) -> Mapping[str, Any]:
    return next(entry.body for entry in draw.entries if entry.kind == "draw.completed")


@pytest.mark.parametrize("name", ROUNDS)
def test_a_real_round_of_the_beacon_goes_into_the_seed(name: str) -> None:
    real = ROUNDS[name]
    draw = Simulation(Setup(beacon=real)).run()
    report = checked(draw)
    assert (outcomes(report)["beacon"], report.verdict) == ("ok", "proven")
    other = replace(real, signature=ROUNDS["quicknet-1000" if name != "quicknet-1000" else "quicknet-123"].signature)
    draw.setup = replace(draw.setup, beacon=other)
    bundle = draw.bundle()
    report = replay(BytesIO(to_bytes(bundle)), draw.trust)
    assert (outcomes(report)["beacon"], report.verdict) == ("differs", "refuted")


@settings(max_examples=25, deadline=None)
@given(
    st.builds(
        Setup,
        seed=st.integers(3, 1000),
        experts=st.integers(0, 70),
        employers=st.integers(1, 30),
        vacancies=st.lists(st.sampled_from(["declined", "no-answer"]), max_size=3).map(tuple),
        silent=st.sampled_from([(), HOLDERS[1:2], HOLDERS[1:3]]),
        max_attempts=st.integers(1, 30),
    )
)
def test_any_honest_draw_is_proven(setup: Setup) -> None:
    draw = AsFarAsItGoes(setup).run()
    assert checked(draw).verdict == "proven"


class AsFarAsItGoes(Simulation):
    """No vacancies where nobody sits."""

    def enrol(self) -> None:
        if self.setup.experts:
            super().enrol()
        else:
            self.write_roster({})

    def vacate(self, number: int, cause: str) -> None:
        if self.seats:
            super().vacate(number, cause)


DRAW = Simulation(Setup(vacancies=("declined",))).run()
STRANGER = policy(signer("other.example/log").key)


@pytest.mark.parametrize(
    ("trust", "verdict"),
    [
        (Trust(), "not-proven"),
        (Trust(log_key=LOG.key), "not-proven"),
        (Trust(LOG.key, policy(LOG.key)), "proven"),
        (Trust(LOG.key, Policy({}, policy(LOG.key).witnesses, "quorum", policy(LOG.key).groups)), "proven"),
        (Trust(policy=Policy({LOG.key: ""}, {}, "none")), "not-proven"),
        (Trust(policy=replace(policy(LOG.key), quorum="three")), "not-proven"),
        (Trust(policy=replace(policy(LOG.key), witnesses={"x": cosigner("x.example").key}, quorum="x")), "not-proven"),
        (Trust(policy=STRANGER), "refuted"),
        (Trust(signer("example.org/log2").key, policy(LOG.key)), "refuted"),
    ],
    ids=range(9),
)
def test_the_verdict_rests_on_what_the_verifier_brings(trust: Trust, verdict: str) -> None:
    report = replay(BytesIO(to_bytes(DRAW.bundle(audit=True))), trust)
    assert report.verdict == verdict
    others = {name: outcome for name, outcome in outcomes(report).items() if name != "checkpoint"}
    assert set(others.values()) == {"ok", "not-checked"}


@pytest.mark.parametrize("cosigners", [(), ("one",), ("two",)])
def test_no_quorum_is_not_proven(cosigners: tuple[str, ...]) -> None:
    bundle = replace(DRAW.bundle(), checkpoint=DRAW.checkpoint(cosigners))
    report = replay(BytesIO(to_bytes(bundle)), DRAW.trust)
    assert (report.verdict, exit_code(report)) == ("not-proven", 3)


def test_a_checkpoint_of_another_tree_is_refuted() -> None:
    other = Simulation(Setup(seed=9)).run()
    bundle = replace(DRAW.bundle(), checkpoint=other.checkpoint())
    report = replay(BytesIO(to_bytes(bundle)), DRAW.trust)
    assert (outcomes(report)["entries"], report.verdict) == ("differs", "refuted")


def test_what_is_no_bundle_is_not_read() -> None:
    for data in (b"", b"no zip", to_bytes(DRAW.bundle())[:-1]):
        with pytest.raises(ArchiveBroken) as caught:
            replay(BytesIO(data), DRAW.trust)
        assert unreadable(caught.value)["verdict"] == "unreadable"
    assert unreadable(Unreadable("source.not-found", path="x"))["code"] == "source.not-found"


def test_the_report_is_for_people_and_for_programs() -> None:
    report = checked(DRAW)
    for lang, verdict in (("zh", "已证实"), ("en", "PROVEN")):
        text = as_text(report, "zh" if lang == "zh" else "en")
        assert text.startswith(verdict)
        for title in TITLES.values():
            assert title[lang == "en"] in text
    value = as_json(report)
    assert json.loads(json.dumps(value)) == value
    assert (value["verdict"], value["kind"], value["draw"]) == ("proven", "audit", DRAW.draw_id)
    assert [step["name"] for step in value["steps"]] == list(TITLES)
    assert set(EXIT) == {"proven", "refuted", "not-proven"}
    assert "auditor's bundle" in as_text(checked(DRAW, audit=False), "en")


def test_progress_is_told_by_step() -> None:
    told: list[tuple[str, int, int]] = []
    data = BytesIO(to_bytes(DRAW.bundle(audit=True)))
    replay(data, DRAW.trust, progress=lambda name, done, total: told.append((name, done, total)))
    assert {name for name, _, _ in told} >= {"table", "panel", "vacancies", "roster", "decisions"}
    assert all(0 <= done <= total for _, done, total in told)
