"""Clocks tell aware UTC and never run backwards."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from expertpool.core.clock import Clock, FixedClock, SystemClock

NOON_IN_CHINA = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))


def test_the_system_clock_tells_aware_utc() -> None:
    clock: Clock = SystemClock()
    with time_machine.travel(NOON_IN_CHINA, tick=False):
        assert clock.now() == NOON_IN_CHINA
        assert clock.now().tzinfo is UTC


def test_a_fixed_clock_stands_still_and_tells_utc() -> None:
    clock: Clock = FixedClock(NOON_IN_CHINA)
    assert clock.now() == clock.now() == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_a_fixed_clock_is_advanced() -> None:
    clock = FixedClock(NOON_IN_CHINA)
    assert clock.advance(timedelta(microseconds=1)) == NOON_IN_CHINA + timedelta(microseconds=1)
    assert clock.now() == NOON_IN_CHINA + timedelta(microseconds=1)


def test_a_fixed_clock_never_runs_backwards() -> None:
    clock = FixedClock(NOON_IN_CHINA)
    assert clock.advance(timedelta(0)) == NOON_IN_CHINA
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(microseconds=-1))
    assert clock.now() == NOON_IN_CHINA


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        FixedClock(NOON_IN_CHINA.replace(tzinfo=None))
