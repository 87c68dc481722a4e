"""What the doctor finds of certificates, host names and the proxy's socket; nothing where they are not used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from expertpool.cli import sign_in_checks
from expertpool.core.clock import FixedClock
from expertpool.core.settings import ServiceSettings, Settings
from expertpool.core.sign_in_settings import CertificateSettings, OidcSettings
from expertpool.operations.findings import Check, Patient, examine
from tests.identity.authority import DAY, Authority
from tests.identity.fake_provider import Mood, serving

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
CHECKS: tuple[Check, ...] = (
    sign_in_checks.host_name,
    sign_in_checks.authorities,
    sign_in_checks.proxy_socket,
    sign_in_checks.provider,
)


def statuses(settings: Settings, now: datetime = NOW) -> list[str]:
    patient = Patient(settings, create_engine("sqlite://"), FixedClock(now))
    return [one.status for one in examine(patient, CHECKS)]


@pytest.mark.parametrize(
    ("mode", "address", "found"),
    [
        ("production", "https://192.0.2.1", ["warn"]),
        ("production", "https://centre.example", []),
        ("demo", "http://127.0.0.1:8000", []),
    ],
    ids=["number", "name", "demonstration"],
)
def test_passkeys_want_a_host_name(mode: str, address: str, found: list[str]) -> None:
    service = replace(ServiceSettings(), mode=mode, base_url=address)  # type: ignore[arg-type]  # one of the two
    assert statuses(Settings(service=service)) == found


@pytest.mark.parametrize(
    ("later", "listed", "found"),
    [
        (timedelta(0), timedelta(0), ["ok"]),
        (timedelta(0), -timedelta(seconds=1), ["fail", "ok"]),
        (970 * DAY, 2000 * DAY, ["ok"]),
        (971 * DAY, 2000 * DAY, ["warn", "ok"]),
        (1001 * DAY, 2000 * DAY, ["fail", "ok"]),
    ],
    ids=["well", "list-late", "a-month-left", "soon", "over"],
)
def test_authorities_and_lists_run_out(tmp_path: Path, later: timedelta, listed: timedelta, found: list[str]) -> None:
    authority = Authority(NOW)
    (tmp_path / "ca").write_bytes(authority.pem)
    (tmp_path / "crl").write_bytes(authority.revoke(until=listed))
    settings = CertificateSettings(authorities=(str(tmp_path / "ca"),), revocation_lists=(str(tmp_path / "crl"),))
    assert statuses(Settings(certificates=settings), NOW + later) == found


def test_files_that_cannot_be_read_are_a_failure(tmp_path: Path) -> None:
    assert statuses(Settings(certificates=CertificateSettings(authorities=(str(tmp_path / "none"),)))) == ["fail"]


@pytest.mark.parametrize(("mode", "found"), [(0o750, []), (0o751, ["fail"])])
def test_nobody_else_enters_the_sockets_folder(tmp_path: Path, mode: int, found: list[str]) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(mode)
    assert statuses(Settings(service=replace(ServiceSettings(), socket=folder / "web"))) == found


def test_the_provider_answers_or_it_is_a_failure() -> None:
    with serving(FixedClock(NOW)) as provider:
        settings = Settings(oidc=OidcSettings(issuer=provider.issuer))
        assert statuses(settings) == ["ok"]
        provider.mood = Mood.FAILING
        assert statuses(settings) == ["fail"]
