"""Which gateways there are follows from the settings; the file gateway is a demonstration's."""

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import OnlyForDemonstration, load_settings
from expertpool.invitations.file_gateway import FileGateway
from expertpool.invitations.gateway import Channel, Health, Message
from expertpool.invitations.gateways import Gateways, SecretMissing, open_gateways, reports_secret, sending_secret
from expertpool.invitations.http_gateway import GatewayAddressUnsafe, HttpGateway

CLOCK = FixedClock(datetime(2026, 11, 21, tzinfo=UTC))
FIRST = {"EXPERTPOOL_GATEWAY_FIRST__URL": "https://one.example"}
SECOND = {"EXPERTPOOL_GATEWAY_SECOND__URL": "https://two.example", "EXPERTPOOL_GATEWAY_SECOND__CHANNELS": "sms"}
MAIL = {"EXPERTPOOL_SMTP__HOST": "mail.example", "EXPERTPOOL_SMTP__SENDER": "a@example.cn"}
SECRETS = {"EXPERTPOOL_GATEWAY_FIRST_SECRET": "1" * 32, "EXPERTPOOL_GATEWAY_SECOND_SECRET": "2" * 32}


def settings_of(folder: Path, environ: Mapping[str, str]) -> Settings:
    return load_settings(environ={"EXPERTPOOL_PATHS__VAR": str(folder), **environ})


def names(gateways: Gateways) -> dict[str, list[str]]:
    return {channel.value: [gateway.name for gateway in gateways.of(channel)] for channel in Channel}


def test_a_demonstration_writes_everything_to_files(tmp_path: Path) -> None:
    found = open_gateways(settings_of(tmp_path, {}), CLOCK, {})
    assert names(found) == {"voice": ["first"], "sms": ["first"], "email": ["first"]}
    assert [type(gateway) for gateway in found] == [FileGateway]


def test_the_first_goes_before_the_second_on_what_both_can(tmp_path: Path) -> None:
    found = open_gateways(settings_of(tmp_path, {**FIRST, **SECOND, **MAIL}), CLOCK, SECRETS)
    assert names(found) == {"voice": ["first"], "sms": ["first", "second"], "email": ["smtp"]}
    assert [type(gateway).__name__ for gateway in found] == ["HttpGateway", "HttpGateway", "SmtpGateway"]


def test_without_mail_nobody_sends_mail(tmp_path: Path) -> None:
    assert open_gateways(settings_of(tmp_path, FIRST), CLOCK, SECRETS).of(Channel.EMAIL) == ()


def test_two_gateways_of_one_name_are_a_mistake_in_the_program(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one name"):
        Gateways([FileGateway(tmp_path), FileGateway(tmp_path)])


@pytest.mark.parametrize("length", [0, 31, 32])
@pytest.mark.parametrize("which", ["FIRST", "SECOND"])
def test_a_secret_has_32_bytes_or_more(tmp_path: Path, which: str, length: int) -> None:
    environ = {**SECRETS, f"EXPERTPOOL_GATEWAY_{which}_SECRET": "s" * length}
    settings = settings_of(tmp_path, {**FIRST, **SECOND})
    if length == 32:
        assert len(list(open_gateways(settings, CLOCK, environ))) == 2
    else:
        with pytest.raises(SecretMissing) as refused:
            open_gateways(settings, CLOCK, environ)
        assert refused.value.params == {"variable": f"EXPERTPOOL_GATEWAY_{which}_SECRET", "least": 32}


def test_the_secrets_for_sending_and_for_reports_are_two() -> None:
    """The vault has the one, the web process the other; neither can do the other's part."""
    environ = {"EXPERTPOOL_GATEWAY_FIRST_REPORTS_SECRET": "r" * 32}
    assert reports_secret("first", environ) == b"r" * 32
    with pytest.raises(SecretMissing):
        sending_secret("first", environ)
    with pytest.raises(SecretMissing):
        reports_secret("first", SECRETS)


def test_a_login_needs_a_password(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, {**MAIL, "EXPERTPOOL_SMTP__USER": "sender"})
    with pytest.raises(SecretMissing):
        open_gateways(settings, CLOCK, {})
    assert len(list(open_gateways(settings, CLOCK, {"EXPERTPOOL_SMTP_PASSWORD": "x"}))) == 2


def test_plain_http_to_another_machine_is_refused_in_a_demonstration_too(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, {"EXPERTPOOL_GATEWAY_FIRST__URL": "http://one.example"})
    with pytest.raises(GatewayAddressUnsafe):
        open_gateways(settings, CLOCK, SECRETS)


def test_production_never_writes_messages_to_files(tmp_path: Path) -> None:
    """Settings that were read refuse it; settings that were made in another way do too."""
    settings = settings_of(tmp_path, {})
    production = replace(settings, service=replace(settings.service, mode="production"))
    with pytest.raises(OnlyForDemonstration) as refused:
        open_gateways(production, CLOCK, SECRETS)
    assert refused.value.params == {"name": "gateway_first.url"}


# Files


def test_a_file_has_the_message_and_is_written_once_under_its_id(tmp_path: Path) -> None:
    gateway, folder = FileGateway(tmp_path / "messages"), tmp_path / "messages"
    message = Message("msg_1", Channel.SMS, "13800000001", "请到场", "ABCD2345")
    gateway.send(message)
    gateway.send(message)
    [file] = folder.iterdir()
    assert json.loads(file.read_bytes()) == {
        "id": "msg_1",
        "channel": "sms",
        "to": "13800000001",
        "text": "请到场",
        "code": "ABCD2345",
    }
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    assert gateway.health() == Health(usable=True)


def test_an_http_gateway_keeps_its_secret_to_itself(tmp_path: Path) -> None:
    [gateway] = open_gateways(settings_of(tmp_path, FIRST), CLOCK, SECRETS)
    assert isinstance(gateway, HttpGateway)
    assert "1" * 32 not in repr(gateway)
