"""The OpenID provider over HTTP: what it says of itself, its keys, and the token for a code.

Only ever https, or plain to this machine; answers are bounded in size and time, and nobody is followed elsewhere. What
goes wrong is logged by a word, never with what was sent or answered.
"""

import http.client
import json
import os
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from expertpool.core.clock import Clock
from expertpool.core.sign_in_settings import OidcSettings
from expertpool.identity.attempts import NotGood
from expertpool.identity.errors import OidcUnavailable

SECRET: Final = "EXPERTPOOL_OIDC_SECRET"  # noqa: S105 -- the name of a variable
MAX_ANSWER_BYTES: Final = 256 * 1024
KNOWN_FOR: Final = timedelta(minutes=10)
_CHUNK: Final = 64 * 1024
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

log = structlog.get_logger("oidc")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider is asked for what (OpenID Connect Discovery 1.0)."""

    authorization: str
    token: str
    keys: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The secret and the code are for one address; whoever sends elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Failed(Exception):
    """In a word, for the log."""


@dataclass(slots=True)
class Provider:
    """One provider; ``secret`` is ours there. What it says of itself is kept for ten minutes."""

    settings: OidcSettings
    clock: Clock
    secret: str = field(repr=False)
    _known: tuple[datetime, Endpoints] | None = None
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _opener: urllib.request.OpenerDirector = field(default_factory=lambda: urllib.request.build_opener(_NoRedirect))

    @property
    def is_second_factor(self) -> bool:
        """Whether signing in there takes more than a password, as far as the settings ask for proof of it."""
        return bool(self.settings.acr or self.settings.amr)

    def endpoints(self) -> Endpoints:
        """Where it is asked. Raises `OidcUnavailable`.

        One thread asks; while it does, others go by what was known, and do not wait for a provider that may be down.
        """
        if self._known is not None and self.clock.now() - self._known[0] < KNOWN_FOR:
            return self._known[1]
        if not self._asking.acquire(blocking=False):
            if self._known is None:
                raise OidcUnavailable
            return self._known[1]
        try:
            found = _endpoints(self._get(_discovery(self.settings.issuer)), self.settings.issuer)
            self._known = self.clock.now(), found
        except _Failed as error:
            raise _unavailable("discovery", error) from None
        finally:
            self._asking.release()
        return found

    def keys(self) -> KeySet:
        """Its present public keys. Raises `OidcUnavailable`."""
        address = self.endpoints().keys
        try:
            return KeySet.import_key_set(self._get(address))  # type: ignore[arg-type]  # whatever it is
        except _Failed as error:
            raise _unavailable("keys", error) from None
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise _unavailable("keys", _Failed("not keys")) from None

    def exchange(self, code: str, *, verifier: str, back: str) -> str:
        """The ID token for a code (RFC 6749, 4.1.3, with PKCE). Raises `OidcUnavailable`, and `NotGood` if refused."""
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        name = f"{quote(self.settings.client_id, safe='')}:{quote(self.secret, safe='')}"
        headers = {"Authorization": f"Basic {b64encode(name.encode()).decode()}"}
        try:
            answer = self._ask(self.endpoints().token, urlencode(sent).encode(), headers)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (http.client.BAD_REQUEST, http.client.FORBIDDEN):
                raise NotGood("provider-refused") from None
            raise _unavailable("token", _Failed(f"status {error.code}")) from None
        except _Failed as error:
            raise _unavailable("token", error) from None
        token = answer.get("id_token")
        if type(token) is not str:
            raise NotGood("token")
        return token

    def _get(self, address: str) -> dict[str, Any]:
        try:
            return self._ask(address, None, {})
        except urllib.error.HTTPError as error:
            error.close()
            raise _Failed(f"status {error.code}") from None

    def _ask(self, address: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 -- https, or http to this machine: see `_safe`
            _safe(address), data=body, headers={"Accept": "application/json", **headers}
        )
        until = time.monotonic() + self.settings.timeout_s
        try:
            with self._opener.open(request, timeout=self.settings.timeout_s) as response:
                value = json.loads(_read(response, until))
        except urllib.error.HTTPError:
            raise
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise _Failed(type(reason).__name__) from None
        except (ValueError, RecursionError):
            raise _Failed("not JSON") from None
        if type(value) is not dict:
            raise _Failed("not an object")
        return value


def open_provider(settings: OidcSettings, clock: Clock, environ: Mapping[str, str] = os.environ) -> Provider:
    """The provider of the settings. Raises `OidcUnavailable` without our secret."""
    secret = environ.get(SECRET, "")
    if not secret:
        raise _unavailable("start", _Failed("no secret"))
    return Provider(settings, clock, secret)


def _discovery(issuer: str) -> str:
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def _endpoints(said: dict[str, Any], issuer: str) -> Endpoints:
    """What discovery says, if it is of this issuer (Discovery 1.0, section 4.3)."""
    if said.get("issuer") != issuer:
        raise _Failed("another issuer")
    places = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    return Endpoints(*(_safe(place) for place in places))


def _safe(address: object) -> str:
    """An address that may be asked."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        parts = None
    if parts is None or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise _Failed("unsafe address")
    return str(address)


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    """The whole answer; a peer that sends a byte now and then is not waited for longer than any other."""
    answer = b""
    while chunk := response.read1(_CHUNK):
        answer += chunk
        if len(answer) > MAX_ANSWER_BYTES:
            raise _Failed("too long")
        if time.monotonic() > until:
            raise TimeoutError
    return answer


def _unavailable(step: str, error: _Failed) -> OidcUnavailable:
    log.warning("oidc.failed", step=step, reason=str(error))
    return OidcUnavailable()
