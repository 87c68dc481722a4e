"""E-mail goes out over a connection that is protected and verified, or not at all."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from structlog.testing import capture_logs

from expertpool.core.gateway_settings import SmtpSettings
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message
from expertpool.invitations.smtp_gateway import SmtpGateway
from tests.invitations.fake_smtp import LOGIN, FakeMail, certificate, serving

MESSAGE = Message("msg_1", Channel.EMAIL, "expert@example.cn", "请于 2026-11-23 09:00 到场。\n应答码 ABCD2345")
Security = Literal["starttls", "tls", "none"]


@contextmanager
def mail(
    folder: Path, security: Security = "starttls", *, password: str = LOGIN[1], trusted: bool = True
) -> Iterator[tuple[FakeMail, SmtpGateway]]:
    """A mail server, and the gateway that speaks to it."""
    path = certificate(folder)
    with serving(FakeMail(path, tls=security == "tls")) as server:
        settings = SmtpSettings(
            host="localhost",
            port=server.server_address[1],
            security=security,
            sender="notice@centre.example",
            user=LOGIN[0],
            timeout_s=5,
        )
        context = ssl.create_default_context(cafile=str(path)) if trusted else None
        yield server, SmtpGateway(settings, password, context)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_as_it_is(tmp_path: Path, security: Security) -> None:
    with mail(tmp_path, security) as (server, gateway):
        gateway.send(MESSAGE)
    [letter] = server.letters
    assert (letter["From"], letter["To"]) == ("notice@centre.example", MESSAGE.to)
    assert letter["Message-ID"] == "<msg_1@centre.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().replace("\r\n", "\n").strip() == MESSAGE.text


def test_the_subject_tells_nothing(tmp_path: Path) -> None:
    """It is shown on locked screens."""
    with mail(tmp_path) as (server, gateway):
        gateway.send(MESSAGE)
        gateway.send(replace(MESSAGE, id="msg_2", text="另一条"))
    assert len({letter["Subject"] for letter in server.letters}) == 1


def test_with_starttls_neither_password_nor_text_goes_in_the_clear(tmp_path: Path) -> None:
    with mail(tmp_path) as (server, gateway):
        gateway.send(MESSAGE)
    assert [line.split()[0].upper() for line in server.in_the_clear] == [b"EHLO", b"STARTTLS"]


def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    with mail(tmp_path) as (server, gateway):
        server.starttls = False
        with pytest.raises(GatewayFailed):
            gateway.send(MESSAGE)
    assert not any(line.upper().startswith((b"AUTH", b"MAIL")) for line in server.in_the_clear)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path, security: Security) -> None:
    with mail(tmp_path, security, trusted=False) as (server, gateway), pytest.raises(GatewayFailed):
        gateway.send(MESSAGE)
    assert server.letters == []


@pytest.mark.parametrize(
    ("command", "reply", "expected"),
    [
        ("RCPT", "550 no such mailbox", GatewayRefused),
        ("RCPT", "500 no such mailbox", GatewayRefused),
        ("RCPT", "499 busy", GatewayFailed),
        ("RCPT", "450 busy", GatewayFailed),
        (".", "554 spam", GatewayRefused),
        (".", "451 later", GatewayFailed),
        ("MAIL", "550 not from you", GatewayFailed),
        ("EHLO", "421 closing", GatewayFailed),
    ],
)
def test_what_a_server_will_never_take_is_refused_and_all_else_failed(
    tmp_path: Path, command: str, reply: str, expected: type[Exception]
) -> None:
    with mail(tmp_path) as (server, gateway):
        server.replies[command] = reply
        if command == "EHLO":
            server.replies["HELO"] = reply
        with pytest.raises(expected):
            gateway.send(MESSAGE)
    assert server.letters == []


@pytest.mark.parametrize("to", ["a@example.cn\nBcc: b@example.cn", "a@example.cn\r\n"], ids=["bcc", "line-end"])
def test_an_address_cannot_add_lines(tmp_path: Path, to: str) -> None:
    with mail(tmp_path) as (server, gateway), pytest.raises(GatewayRefused):
        gateway.send(replace(MESSAGE, to=to))
    assert server.letters == []


def test_an_address_that_the_server_cannot_have_is_refused(tmp_path: Path) -> None:
    with mail(tmp_path) as (_, gateway), pytest.raises(GatewayRefused):
        gateway.send(replace(MESSAGE, to="专家@example.cn"))


def test_a_wrong_password_fails_without_being_told(tmp_path: Path) -> None:
    with (
        mail(tmp_path, password="geheim") as (server, gateway),
        capture_logs() as logged,
        pytest.raises(GatewayFailed) as failed,
    ):
        gateway.send(MESSAGE)
    assert server.letters == []
    [line] = logged
    assert (line["event"], line["gateway"], line["reason"]) == ("gateway.failed", "smtp", "SMTPAuthenticationError")
    for secret in ("geheim", MESSAGE.to, "ABCD2345"):
        assert secret not in repr(gateway) + repr(failed.value) + str(logged)


def test_health_logs_in_and_sends_nothing(tmp_path: Path) -> None:
    with mail(tmp_path) as (server, gateway):
        assert gateway.health() == Health(usable=True)
        server.replies["NOOP"] = "451 tired"
        assert gateway.health() == Health(usable=False)
    assert server.letters == []
    with pytest.raises(GatewayFailed):
        gateway.health()
