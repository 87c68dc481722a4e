"""The preflight is made once an evening, is in the ledger, and the duty officer hears of it until midnight."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from expertpool.core.transaction import Transactions
from expertpool.invitations.evening import Evening, watching
from expertpool.invitations.gateway import Channel, Health
from expertpool.invitations.models import Preflight
from tests.invitations.eve import Eve, evening

TEN_TO = {"PREFLIGHT__AT": "20:40"}


@pytest.fixture
def eve(sqlite_url: str, tmp_path: Path) -> Iterator[Eve]:
    """Ten minutes before the preflight is due."""
    with evening(sqlite_url, tmp_path, **TEN_TO) as found:
        yield found


def vault(eve: Eve) -> Evening:
    service = eve.world.site.service
    return Evening(eve.patient(), Transactions(service.engine, eve.clock, service.keys))


def made(eve: Eve) -> list[dict[str, object]]:
    """What the ledger shows of preflights."""
    return [entry["body"] for entry in eve.world.entries() if entry["kind"] == "preflight.made"]


def row(eve: Eve) -> Preflight:
    with eve.world.session() as session:
        return session.scalars(select(Preflight)).one()


def test_it_is_made_at_its_time_and_once(database_url: str, tmp_path: Path) -> None:
    with evening(database_url, tmp_path, **TEN_TO) as eve:
        one = vault(eve)
        eve.advance(minutes=9, seconds=59)
        assert not one.run_due()
        assert made(eve) == []
        eve.advance(seconds=1)
        assert one.run_due()
        assert not one.run_due()
        [shown] = made(eve)
        assert (shown["day"], shown["amiss"]) == ("2026-11-22", 0)
        assert row(eve).day == date(2026, 11, 22)


def test_a_vault_that_starts_late_makes_it_then_and_another_finds_it_made(eve: Eve) -> None:
    eve.advance(hours=3)
    assert vault(eve).run_due()
    other = vault(eve)
    other.run_due()
    assert len(made(eve)) == 1


def test_of_two_vaults_at_once_one_makes_it(eve: Eve, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = vault(eve), vault(eve)
    eve.second.says = None
    eve.advance(minutes=10)
    look, looks = other._known, iter([True])
    monkeypatch.setattr(other, "_known", lambda: None if next(looks, False) else look())  # it looked a moment before
    assert one.run_due()
    assert other.run_due()
    assert len(made(eve)) == 1
    assert len({message.id for message in eve.first.sent}) == 1


def test_after_midnight_it_is_for_the_day_after_and_not_before_the_evening(eve: Eve) -> None:
    one = vault(eve)
    eve.advance(minutes=10)
    assert one.run_due()
    eve.advance(hours=3, minutes=20)  # midnight
    assert not one.run_due()
    eve.advance(hours=20, minutes=39, seconds=59)
    assert not one.run_due()
    eve.advance(seconds=1)
    assert one.run_due()
    assert [shown["day"] for shown in made(eve)] == ["2026-11-22", "2026-11-23"]


def test_when_nothing_is_amiss_nobody_is_told(eve: Eve) -> None:
    eve.advance(minutes=10)
    vault(eve).run_due()
    assert eve.first.sent + eve.second.sent + eve.mail.sent == []
    assert row(eve).told is not None


def test_what_is_amiss_is_told_by_text_and_by_mail_once(eve: Eve) -> None:
    one = vault(eve)
    eve.second.says = Health(usable=False)
    eve.advance(minutes=10)
    with capture_logs() as logged:
        one.run_due()
    eve.advance(hours=1)
    one.run_due()
    [text], [letter] = eve.first.sent, eve.mail.sent
    assert (text.id, text.channel, text.to) == ("preflight-2026-11-22-sms", Channel.SMS, "13900000009")
    assert (letter.id, letter.channel, letter.to) == ("preflight-2026-11-22-email", Channel.EMAIL, "duty@example.cn")
    assert "“second”表示目前不可用" in text.text
    assert "preflight.gateway-unusable" in letter.text
    assert row(eve).told == datetime(2026, 11, 21, 12, 40, tzinfo=UTC)
    assert [line["finding"] for line in logged] == ["preflight.gateway-unusable"]


def test_the_ledger_counts_what_is_amiss_and_does_not_show_it(eve: Eve) -> None:
    eve.second.says = None
    eve.advance(minutes=10)
    vault(eve).run_due()
    [shown] = made(eve)
    assert shown["amiss"] == 1
    assert "gateway-down" not in json.dumps(shown)
    assert json.loads(row(eve).findings)[0]["code"] == "preflight.gateway-down"


@pytest.mark.parametrize("how", ["down", "refusing"])
def test_a_text_goes_over_the_second_gateway_where_the_first_fails(eve: Eve, how: str) -> None:
    eve.advance(minutes=10)
    if how == "down":
        eve.first.says = None
    else:
        eve.first.refuses = True
        eve.first.says = Health(usable=False)
    vault(eve).run_due()
    assert (len(eve.first.sent), len(eve.second.sent), len(eve.mail.sent)) == (0, 1, 1)


def test_an_officer_who_could_not_be_told_is_told_five_minutes_later(eve: Eve) -> None:
    one = vault(eve)
    eve.mail.says = None
    eve.advance(minutes=10)
    with capture_logs() as logged:
        assert one.run_due()
    assert {"event": "preflight.officer-not-told", "log_level": "warning", "channel": "email"} in logged
    eve.mail.says = Health(usable=True)
    eve.advance(minutes=4, seconds=59)
    assert not one.run_due()
    assert row(eve).told is None
    eve.advance(seconds=1)
    assert one.run_due()
    assert {message.id for message in eve.first.sent} == {"preflight-2026-11-22-sms"}  # a gateway sends it once
    assert len(eve.mail.sent) == 1
    assert row(eve).told is not None
    assert len(made(eve)) == 1


def test_who_was_not_told_by_midnight_is_not_told(eve: Eve) -> None:
    one = vault(eve)
    eve.first.says = eve.second.says = eve.mail.says = None
    eve.advance(minutes=10)
    one.run_due()
    eve.first.says = eve.second.says = eve.mail.says = Health(usable=True)
    eve.advance(hours=3, minutes=20)
    assert not one.run_due()
    assert eve.mail.sent == []


def test_a_text_message_is_not_without_end(eve: Eve) -> None:
    eve.schedule()
    eve.advance(hours=1)
    vault(eve).run_due()
    [text] = eve.first.sent
    assert 200 < len(text.text) <= 300


def test_it_is_made_in_a_thread_of_its_own_and_survives_whatever_fails(
    eve: Eve, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, rounds, enough = vault(eve), iter(range(100)), Event()

    def run_due() -> bool:
        if next(rounds) == 2:
            enough.set()
        raise ZeroDivisionError

    monkeypatch.setattr(one, "run_due", run_due)
    with capture_logs() as logged, watching(one, 0.001):
        assert enough.wait(30)
    assert {(line["event"], line["reason"]) for line in logged} == {("preflight.failed", "ZeroDivisionError")}
