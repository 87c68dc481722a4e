"""Limits on requests: so many at once and no more, refilled as time goes, the same in every process, and cheap."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.clock import FixedClock
from expertpool.identity.roles import Role
from expertpool.web.limits import source_of
from expertpool.web.rates import BUCKETS, CELLS_EACH, Rates
from tests.website import Website, opened, problem_of

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
STAFF, SYSTEM = Role.CENTRE_STAFF, Role.SYSTEM_ADMINISTRATOR


@pytest.fixture
def rates(tmp_path: Path) -> Iterator[Rates]:
    opened_rates = Rates(tmp_path / "web" / "rates", b"s" * 32)
    yield opened_rates
    opened_rates.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Website]:
    given = {"API__ACCOUNT_PER_MINUTE": "3", "API__SOURCE_PER_MINUTE": "10"}
    with opened(sqlite_url, tmp_path, clock=clock, **given) as website:
        yield website


def test_a_whole_minutes_worth_at_once_and_then_one_by_one(rates: Rates) -> None:
    left = [rates.take("a", 4, NOW) for _ in range(4)]
    assert [each.remaining for each in left] == [3, 2, 1, 0]
    assert [each.wait_s for each in left] == [0, 0, 0, 0]
    refused = rates.take("a", 4, NOW)
    assert (refused.remaining, refused.wait_s, refused.reset_s) == (0, 15, 60)
    assert rates.take("a", 4, NOW + timedelta(seconds=15) - timedelta(microseconds=1)).wait_s == 1
    assert rates.take("a", 4, NOW + timedelta(seconds=15)).wait_s == 0
    assert rates.take("a", 4, NOW + timedelta(seconds=15)).wait_s == 15
    assert rates.take("a", 4, NOW + timedelta(seconds=135)).remaining == 3
    assert rates.take("b", 4, NOW).remaining == 3


@given(st.integers(1, 5000), st.integers(0, 20))
def test_whoever_waits_as_told_is_served(per_minute: int, more: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        own = Rates(Path(folder) / "rates", b"s" * 32)
        taken = [own.take("a", per_minute, NOW) for _ in range(per_minute + more)] if per_minute < 50 else []
        assert sum(not each.wait_s for each in taken) == min(per_minute, len(taken))
        last = own.take("a", per_minute, NOW)
        if last.wait_s:
            assert own.take("a", per_minute, NOW + timedelta(seconds=last.wait_s)).wait_s == 0
        own.close()


def test_of_many_at_once_so_many_are_served_and_no_more(rates: Rates) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: rates.take("a", 50, NOW), range(200)))
    assert sum(not each.wait_s for each in taken) == 50


def test_another_process_knows_what_this_one_has_served(rates: Rates, tmp_path: Path) -> None:
    for _ in range(3):
        rates.take("a", 4, NOW)
    program = (
        "import sys; from datetime import datetime; from pathlib import Path; from expertpool.web.rates import Rates\n"
        "rates, now = Rates(Path(sys.argv[1]), b's' * 32), datetime.fromisoformat(sys.argv[2])\n"
        "print([rates.take('a', 4, now).wait_s for _ in range(2)])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "web" / "rates"), NOW.isoformat()]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[0, 15]\n"
    assert rates.take("a", 4, NOW).wait_s == 15


def test_the_file_never_grows_and_names_nobody(rates: Rates, tmp_path: Path) -> None:
    for number in range(2000):
        rates.take(f"source 10.0.{number >> 8}.{number & 255}", 5, NOW)
    data = (tmp_path / "web" / "rates").read_bytes()
    assert len(data) == BUCKETS * CELLS_EACH * 16
    assert b"10.0." not in data
    assert (tmp_path / "web" / "rates").stat().st_mode & 0o777 == 0o600


def test_a_stranger_drives_nobody_out_who_asks_at_that_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where four names share the cells of one bucket, the fifth takes the cell of whoever asked least recently."""
    own = Rates(tmp_path / "rates", b"s" * 32)
    find = own._find
    monkeypatch.setattr(own, "_find", lambda _, tag: find(0, tag))
    for number, name in enumerate("abcd"):
        own.take(name, 60, NOW + timedelta(seconds=number))
    own.take("e", 60, NOW + timedelta(seconds=5))
    assert own.take("d", 60, NOW + timedelta(seconds=5)).reset_s == 1
    assert own.take("b", 60, NOW + timedelta(seconds=1)).remaining < 59
    own.close()


def test_an_account_is_limited_over_all_its_tokens(site: Website, clock: FixedClock) -> None:
    first = site.call("GET", "/api/v1/me", role=STAFF)
    assert first.headers["RateLimit-Policy"] == '"account";q=3;w=60'
    assert first.headers["RateLimit"] == '"account";r=2;t=20'
    for _ in range(2):
        assert site.call("GET", "/api/v1/me", role=STAFF).status_code == 200
    refused = site.call("GET", "/api/v1/me", role=STAFF)
    assert problem_of(refused, 429, "web.too-many-requests")["params"] == {"seconds": 20}
    assert (refused.headers["Retry-After"], refused.headers["RateLimit"]) == ("20", '"account";r=0;t=60')
    assert site.call("GET", "/api/v1/me", role=SYSTEM).status_code == 200  # another account has its own
    clock.advance(timedelta(seconds=20))
    assert site.call("GET", "/api/v1/me", role=STAFF).status_code == 200


def test_a_source_is_limited_whoever_it_says_it_is(site: Website, clock: FixedClock) -> None:
    bad = {"Authorization": "Bearer x"}
    for _ in range(10):
        problem_of(site.call("GET", "/api/v1/me", headers=bad), 401, "web.not-signed-in")
    problem_of(site.call("GET", "/api/v1/me", headers=bad), 429, "web.too-many-requests")
    problem_of(site.call("GET", "/api/v1/me", role=STAFF), 429, "web.too-many-requests")
    other = site.client.get("/api/v1/openapi.json", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert other.status_code == 200
    clock.advance(timedelta(seconds=6))
    problem_of(site.call("GET", "/api/v1/me", headers=bad), 401, "web.not-signed-in")


def test_pages_and_the_public_ledger_are_not_counted(site: Website) -> None:
    for _ in range(12):
        answer = site.client.get("/healthz")
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_one_subscriber_is_one_source() -> None:
    assert source_of("2001:db8::1") == source_of("2001:db8::ffff:1") != source_of("2001:db8:0:1::1")
    assert source_of("::ffff:192.0.2.1") == source_of("192.0.2.1") != source_of("192.0.2.2")
    assert source_of(None) == source_of("") == "local"


def test_the_description_says_so(site: Website) -> None:
    paths = site.client.get("/api/v1/openapi.json").get_json()["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method != "parameters":
                assert ("429" in operation["responses"]) == path.startswith("/api/"), path
