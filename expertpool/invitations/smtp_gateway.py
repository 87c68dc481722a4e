"""E-mail over SMTP (RFC 5321), with STARTTLS or TLS. It cannot tell whether a message arrived: it never reports."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Final

import structlog

from expertpool.core.gateway_settings import SmtpSettings
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Health, Message

SUBJECT: Final = "通知 · Notice"
_PERMANENT: Final = 500

log = structlog.get_logger("gateway")


class SmtpGateway:
    """One mail server. A message sent again has the same Message-ID, by which a mailbox knows it."""

    name: Final = "smtp"
    channels: Final = frozenset({Channel.EMAIL})

    def __init__(self, settings: SmtpSettings, password: str, context: ssl.SSLContext | None = None) -> None:
        """Certificates are verified against ``context``, by default against what this machine trusts."""
        self._settings = settings
        self._password = password
        self._context = context or ssl.create_default_context()

    def __repr__(self) -> str:
        return "SmtpGateway()"

    def send(self, message: Message) -> None:
        """Raises `GatewayFailed`, `GatewayRefused`."""
        if not message.to.isprintable():  # an address that would break out of its line
            raise GatewayRefused(self.name)
        letter = self._letter(message)
        with self._talking() as server:
            try:
                server.send_message(letter, self._settings.sender, [message.to])
            except smtplib.SMTPRecipientsRefused as refused:
                if all(code >= _PERMANENT for code, _ in refused.recipients.values()):
                    raise GatewayRefused(self.name) from None
                raise
            except smtplib.SMTPDataError as refused:
                if refused.smtp_code >= _PERMANENT:
                    raise GatewayRefused(self.name) from None
                raise
            except smtplib.SMTPNotSupportedError:  # an address that is not ASCII, at a server that takes no other
                raise GatewayRefused(self.name) from None

    def health(self) -> Health:
        """Connects, logs in and hangs up. Raises `GatewayFailed`."""
        with self._talking() as server:
            code, _ = server.noop()
        return Health(usable=code == 250)

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self._settings.sender
        letter["To"] = message.to
        letter["Subject"] = SUBJECT
        letter["Message-ID"] = f"<{message.id}@{self._settings.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
        letter.set_content(message.text)
        return letter

    @contextmanager
    def _talking(self) -> Iterator[smtplib.SMTP]:
        """A session, logged in; whatever goes wrong in it, but a refusal, is `GatewayFailed`."""
        try:
            server = self._connected()
            try:
                yield server
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except (smtplib.SMTPException, OSError) as error:
            log.warning("gateway.failed", gateway=self.name, reason=type(error).__name__)
            raise GatewayFailed(self.name) from None

    def _connected(self) -> smtplib.SMTP:
        host, port, timeout = self._settings.host, self._settings.port, self._settings.timeout_s
        server: smtplib.SMTP
        if self._settings.security == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._context)
        else:
            server = smtplib.SMTP(host, port, timeout=timeout)
        try:
            if self._settings.security == "starttls":
                server.starttls(context=self._context)
            if self._settings.user:
                server.login(self._settings.user, self._password)
        except BaseException:
            server.close()
            raise
        return server
