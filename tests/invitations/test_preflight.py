"""The evening's look at what tomorrow needs: each ailment alone, both sides of each boundary."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from expertpool.core.settings import Settings
from expertpool.identity.roles import Role
from expertpool.invitations.gateway import Channel, Health
from expertpool.invitations.gateways import Gateways
from expertpool.invitations.preflight import MIB, examine, tomorrow
from expertpool.projects import service as projects
from expertpool.sealing import service as sealing
from tests.invitations.eve import Eve, evening


@pytest.fixture
def eve(sqlite_url: str, tmp_path: Path) -> Iterator[Eve]:
    """With a session tomorrow."""
    with evening(sqlite_url, tmp_path) as found:
        found.schedule()
        found.cosign()
        yield found


def test_on_an_ordinary_evening_nothing_is_amiss(database_url: str, tmp_path: Path) -> None:
    with evening(database_url, tmp_path) as eve:
        assert eve.amiss() == []
        eve.schedule()
        eve.cosign()
        assert eve.amiss() == []


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), "2026-11-22"),
        (datetime(2026, 11, 21, 16, 0, tzinfo=UTC), "2026-11-23"),
    ],
    ids=["before-midnight", "at-midnight"],
)
def test_tomorrow_is_that_of_china(now: datetime, day: str) -> None:
    assert tomorrow(now).isoformat() == day


# Agents and contributors


def test_an_agent_may_be_silent_for_as_long_as_the_settings_say(eve: Eve) -> None:
    """What is kept is rounded to ten minutes: 20:30, so silent past 21:10."""
    eve.advance(minutes=25)
    eve.poll(0, 1)
    eve.advance(minutes=15)
    eve.cosign()
    assert eve.amiss() == []
    eve.advance(seconds=1)
    assert eve.amiss() == ["agent-silent", "no-alternate"]


@pytest.mark.parametrize(
    ("running", "found"),
    [
        ((0, 1, 2), []),
        ((0, 1), ["agent-silent", "no-alternate"]),
        ((0,), ["agent-silent", "agent-silent", "contributors-missing"]),
        ((1, 2), ["agent-silent", "contributors-missing"]),
        ((), ["agent-silent"] * 3 + ["contributors-missing"]),
    ],
    ids=["all", "no-alternate", "centre-alone", "outside-alone", "none"],
)
def test_a_draw_needs_the_centre_and_one_from_outside(eve: Eve, running: tuple[int, ...], found: list[str]) -> None:
    eve.advance(hours=1)
    if running:
        eve.poll(*running)
    eve.cosign()
    assert eve.amiss() == found


def test_an_agent_that_never_asked_is_silent_and_one_that_is_retired_is_not_missed(eve: Eve) -> None:
    holder, _ = eve.agents[2]
    eve.world.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: sealing.retire_holder(tx, holder.id, reason="换用新密钥"))
    assert eve.amiss() == ["no-alternate"]


def test_keys_that_have_not_settled_contribute_to_nothing(eve: Eve) -> None:
    later = replace(eve.settings, draws=replace(eve.settings.draws, settling_hours=3))
    assert eve.amiss(later) == ["contributors-missing"]


@pytest.mark.parametrize(("ahead", "found"), [(60, []), (-60, []), (61, ["agent-clock"]), (-61, ["agent-clock"])])
def test_an_agents_clock_may_be_off_by_a_minute(eve: Eve, ahead: int, found: list[str]) -> None:
    holder, keys = eve.agents[1]
    eve.advance(minutes=10)
    headers = keys.header(holder.id, "GET", "/api/v1/agents/tasks", b"", eve.clock.now() + timedelta(seconds=ahead))
    assert eve.world.site.client.get("/api/v1/agents/tasks", headers=headers).status_code == 200
    assert eve.amiss() == found


def test_a_finding_names_the_institution_in_both_languages(eve: Eve) -> None:
    eve.advance(hours=1)
    eve.poll(0, 1)
    [silent, _] = examine(eve.patient())
    holder, _ = eve.agents[2]
    for text in (silent.zh, silent.en):
        assert holder.name in text
        assert "11-21 20:30" in text


class Planned(NamedTuple):
    """When a session begins, and whether that is tomorrow."""

    starts: datetime
    counts: bool


@pytest.mark.parametrize(
    "planned",
    [
        Planned(datetime(2026, 11, 21, 15, 59, tzinfo=UTC), False),
        Planned(datetime(2026, 11, 21, 16, 0, tzinfo=UTC), True),
        Planned(datetime(2026, 11, 22, 15, 59, tzinfo=UTC), True),
        Planned(datetime(2026, 11, 22, 16, 0, tzinfo=UTC), False),
    ],
    ids=["tonight", "first", "last", "day-after"],
)
def test_key_holders_are_needed_for_the_sessions_of_tomorrow(sqlite_url: str, tmp_path: Path, planned: Planned) -> None:
    with evening(sqlite_url, tmp_path) as eve:
        eve.schedule(planned.starts)
        eve.advance(hours=1)
        eve.cosign()
        assert ("contributors-missing" in eve.amiss()) == planned.counts


def test_a_session_that_was_cancelled_needs_nothing(sqlite_url: str, tmp_path: Path) -> None:
    with evening(sqlite_url, tmp_path) as eve:
        session = eve.schedule()
        eve.world.as_(Role.INITIATOR, lambda tx: projects.cancel_session(tx, session.id, reason="项目终止"))
        eve.advance(hours=1)
        eve.cosign()
        assert eve.amiss() == []


# Cosignatures


def test_a_quorum_has_half_an_hour(eve: Eve) -> None:
    assert eve.amiss() == []
    with eve.world.site.service.transactions.begin(eve.world.site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        sealing.register_vault(tx, public=bytes(31) + b"\x09")
    since = eve.clock.now()
    eve.advance(minutes=30)
    eve.poll()
    assert eve.amiss() == []
    eve.advance(seconds=1)
    assert eve.amiss() == ["cosignature-stale"]
    assert since.strftime("11-21 20:%M") in examine(eve.patient())[0].en
    eve.cosign()
    assert eve.amiss() == []


def test_without_a_policy_nothing_is_drawn(eve: Eve) -> None:
    assert [one.code for one in examine(replace(eve.patient(), policy=None))] == ["preflight.no-policy"]


# Gateways


def test_a_gateway_that_does_not_answer_or_says_no_is_told(eve: Eve) -> None:
    eve.first.says = None
    eve.second.says = Health(usable=False)
    assert eve.amiss() == ["gateway-down", "gateway-unusable"]


@pytest.mark.parametrize(("balance", "found"), [(10_000, []), (9_999, ["balance-low"]), (0, ["balance-low"])])
def test_a_balance_is_told_below_what_the_settings_say(eve: Eve, balance: int, found: list[str]) -> None:
    eve.first.says = Health(usable=True, balance=balance)
    assert eve.amiss() == found
    if found:
        assert f"{balance / 100:.2f} 元" in examine(eve.patient())[0].zh


def test_each_gateway_has_a_limit_of_its_own(eve: Eve) -> None:
    eve.second.says = Health(usable=True, balance=5_000)
    assert eve.amiss() == ["balance-low"]
    lower = replace(eve.settings, gateway_second=replace(eve.settings.gateway_second, balance_low=5_000))
    assert eve.amiss(lower) == []


@pytest.mark.parametrize("channels", [{Channel.SMS}, {Channel.SMS, Channel.VOICE}], ids=["one", "two"])
def test_people_are_reached_in_two_ways(eve: Eve, channels: set[Channel]) -> None:
    eve.first.channels = frozenset(channels)
    patient = replace(eve.patient(), gateways=Gateways([eve.first, eve.second]))
    assert [one.code for one in examine(patient)] == (["preflight.one-channel"] if len(channels) == 1 else [])


# Disks


def low(eve: Eve, mib: int) -> Settings:
    return replace(eve.settings, preflight=replace(eve.settings.preflight, disk_low_mib=mib))


def test_disks_have_the_room_that_the_settings_say(eve: Eve, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(eve.settings.paths.var)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5 * MIB))
    assert eve.amiss(low(eve, 5)) == []
    assert set(eve.amiss(low(eve, 6))) == {"disk-low"}


def test_a_disk_that_cannot_be_seen_is_told(eve: Eve) -> None:
    eve.settings.keystore.vault_keys.parent.rmdir()
    assert eve.amiss() == ["disk-unseen"]


def test_nothing_that_is_found_names_a_project_or_a_person(eve: Eve) -> None:
    eve.advance(hours=2)
    eve.first.says = None
    said = repr([one.plain() for one in examine(eve.patient())])
    for secret in ("湘江大道", "E4301000001000001", "13900000009", "drw_", "exp_", "prj_"):
        assert secret not in said
