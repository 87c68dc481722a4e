"""A clock that was set, backwards or forwards, makes an agent give nothing away."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from expertpool.custodian import running, timekeeping
from expertpool.custodian.errors import ClockWentBack
from expertpool.custodian.memory import Memory
from expertpool.custodian.status import status
from expertpool.custodian.timekeeping import ABSENCE_S, FRESH_S, LEAP_S, Timekeeper
from expertpool.custodian.troubles import ClockLeapt
from tests.custodian.test_agent import contribute
from tests.custodian.village import DAY, PASSPHRASE, Village
from tests.sealing.world import NOW


class Wall:
    """A clock that somebody sets, beside one that nobody can set."""

    def __init__(self) -> None:
        self.at = NOW
        self.run = 0.0

    def now(self) -> datetime:
        return self.at

    def passed(self) -> float:
        return self.run

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.run += seconds

    def set(self, seconds: float) -> None:
        """Somebody moves the clock; no time passes."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory.create(tmp_path / "memory.db")


def known(memory: Memory, wall: Wall) -> None:
    """The agent ran before, its clock confirmed."""
    keeper(memory, wall, confirmed=True).check()


def keeper(memory: Memory, wall: Wall, *, confirmed: bool = False) -> Timekeeper:
    return Timekeeper(memory, wall, wall.passed, confirmed=confirmed)


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_time_that_passes_is_no_leap(memory: Memory, wall: Wall) -> None:
    time = keeper(memory, wall)
    for seconds in (0, 2, 60, 3 * 24 * 3600, 2):  # the machine slept for three days, and its stopwatch knows
        wall.wait(seconds)
        assert time.check() == wall.at


@pytest.mark.parametrize("seconds", [0, 1, LEAP_S])
def test_a_clock_may_be_set_right_by_a_little(memory: Memory, wall: Wall, seconds: float) -> None:
    known(memory, wall)
    time = keeper(memory, wall)
    time.check()
    wall.set(seconds)
    time.check()
    assert memory.noted() == wall.at.timestamp()


def test_a_leap_is_refused_and_not_noted_until_it_is_undone(memory: Memory, wall: Wall) -> None:
    known(memory, wall)
    time = keeper(memory, wall)
    time.check()
    before = memory.noted()
    wall.set(LEAP_S + 1)
    for _ in range(2):
        with pytest.raises(ClockLeapt) as refused:
            time.check()
        assert refused.value.seconds == LEAP_S + 1
    assert memory.noted() == before
    wall.set(-LEAP_S)
    time.check()


def test_small_leaps_add_up(memory: Memory, wall: Wall) -> None:
    time = keeper(memory, wall)
    time.check()
    for _ in range(10):
        wall.wait(2)
        wall.set(LEAP_S / 10)
        time.check()
    wall.set(1)
    with pytest.raises(ClockLeapt):
        time.check()


def test_a_clock_that_was_behind_and_is_set_right_is_no_leap(memory: Memory, wall: Wall) -> None:
    """A machine without a battery comes up in the past, and its agent waits until its clock is right."""
    known(memory, wall)
    wall.set(-DAY.total_seconds())
    time = keeper(memory, wall)
    with pytest.raises(ClockWentBack):
        time.check()
    wall.set(DAY.total_seconds())
    assert time.check() == wall.at
    assert time.is_trusted


@pytest.mark.parametrize(("absent", "trusted"), [(0, True), (ABSENCE_S, True), (ABSENCE_S + 1, False)])
def test_after_an_absence_the_clock_has_to_be_confirmed(
    memory: Memory, wall: Wall, absent: float, *, trusted: bool
) -> None:
    known(memory, wall)
    wall.wait(absent)
    time = keeper(memory, wall)
    time.check()
    assert time.is_trusted is trusted
    owner = keeper(memory, wall, confirmed=True)
    owner.check()
    assert owner.is_trusted


def test_starting_it_again_and_again_makes_no_clock_true(memory: Memory, wall: Wall) -> None:
    """And when the clock is set right, nothing of the wrong one is left."""
    known(memory, wall)
    before = memory.noted()
    wall.set(3 * DAY.total_seconds())
    for _ in range(3):
        wall.wait(60)
        time = keeper(memory, wall)
        time.check()
        assert not time.is_trusted
    assert memory.noted() == before
    wall.set(-3 * DAY.total_seconds())
    time = keeper(memory, wall)
    time.check()
    assert time.is_trusted


def test_a_new_agent_believes_no_clock(memory: Memory, wall: Wall) -> None:
    time = keeper(memory, wall)
    time.check()
    assert not time.is_trusted


@pytest.mark.parametrize(
    ("age", "confirms"), [(0, True), (FRESH_S, True), (-FRESH_S, True), (FRESH_S + 1, False), (-FRESH_S - 1, False)]
)
def test_an_entry_of_about_now_confirms_it(memory: Memory, wall: Wall, age: float, *, confirms: bool) -> None:
    time = keeper(memory, wall)
    time.check()
    time.confirm(None)
    assert not time.is_trusted
    time.confirm(wall.at - timedelta(seconds=age))
    assert time.is_trusted is confirms
    time.confirm(wall.at - DAY)  # a quiet log takes nothing back
    assert time.is_trusted is confirms


def test_the_machines_own_stopwatch_never_goes_back() -> None:
    first = timekeeping.stopwatch()
    assert timekeeping.stopwatch() >= first


def test_while_the_clock_is_not_confirmed_nothing_is_decided_by_it(village: Village) -> None:
    """An agent comes back after a day in which nothing was logged since it was asked."""
    outside = village.neighbours[1]
    village.round()
    outside.stop()
    _, task = contribute(village, deadline=village.world.clock.now() + 9 * DAY)
    for each in (village.neighbours[0], village.neighbours[2]):
        village.sign()
        each.agent.round()
    village.world.clock.advance(DAY)
    outside.start()
    village.sign()
    outside.agent.round()
    outside.agent.round()
    assert status(outside.directory)["waiting"] == {task: "clock-unconfirmed"}

    village.request("drw_other")  # something happens: the log's newest entry is of now
    village.round()
    village.round()
    assert set(village.answers[task]) == {"pi"}


def test_its_owner_says_that_the_clock_is_right(village: Village) -> None:
    outside = village.neighbours[1]
    village.round()
    outside.stop()
    _, task = contribute(village, deadline=village.world.clock.now() + 9 * DAY)
    for each in (village.neighbours[0], village.neighbours[2]):
        village.sign()
        each.agent.round()
    village.world.clock.advance(DAY)
    with running.opened(outside.directory, PASSPHRASE, village.world.clock, clock_ok=True) as agent:
        village.sign()
        agent.round()
        agent.round()
    village.world.work()
    assert set(village.answers[task]) == {"pi"}


def test_a_leap_within_a_run_stops_cosigning_and_answering(village: Village) -> None:
    outside, wall = village.neighbours[1], Wall()
    wall.at = village.world.clock.now()
    village.round()
    outside.stop()
    _, task = contribute(village)
    village.sign()
    wall.at = village.world.clock.now()
    with running.opened(outside.directory, PASSPHRASE, wall, passed=wall.passed) as agent:
        agent.round()
        before = status(outside.directory)["cosigned"]
        village.request("drw_other")
        village.sign()
        wall.set(3 * DAY.total_seconds())
        with pytest.raises(ClockLeapt):
            agent.round()
        assert status(outside.directory)["cosigned"] == before
    village.world.work()
    assert task not in village.answers


def test_nothing_is_forgotten_by_a_clock_that_is_not_confirmed(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = village.neighbours[1]
    village.round()
    outside.stop()
    village.world.clock.advance(DAY)
    outside.start()
    forgotten: list[object] = []
    monkeypatch.setattr(type(outside.agent._committees), "forget_ended", lambda *given: forgotten.append(given))
    outside.agent.round()
    assert forgotten == []
    village.request("drw_other")
    village.sign()
    outside.agent.round()
    assert len(forgotten) == 1
