"""What an ID token proves (OpenID Connect Core 1.0, sections 2 and 3.1.3.7). Pure: keys and time are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from expertpool.core.sign_in_settings import OidcSettings
from expertpool.identity.attempts import NotGood

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures of a key that only the provider has: never ``none``, never a secret that both know."""
SKEW: Final = timedelta(seconds=60)
OLDEST: Final = timedelta(minutes=10)
LONGEST_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom the provider vouches for, and when that person last showed it who they are; None if it does not say."""

    subject: str
    authenticated: datetime | None


def proven(token: str, keys: KeySet, settings: OidcSettings, *, nonce: str, now: datetime) -> Proven:
    """What the token proves to us, now, to whoever was sent with this nonce. Raises `NotGood`."""
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotGood("token") from None
    said = claims.get("nonce")
    if type(said) is not str or not compare_digest(said.encode(), nonce.encode()):
        raise NotGood("token")
    if claims.get("iss") != settings.issuer or not _is_for_us(claims, settings.client_id) or not _is_now(claims, now):
        raise NotGood("token")
    if not _is_strong(claims, settings):
        raise NotGood("strength")
    subject = claims.get(settings.claim)
    if type(subject) is not str or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotGood("token")
    authenticated = _moment(claims, "auth_time")
    if authenticated is not None and authenticated > now + SKEW:
        raise NotGood("token")
    return Proven(subject, authenticated)


def _is_for_us(claims: Mapping[str, Any], client: str) -> bool:
    """For us alone, or, among others, said to be for us."""
    audience = claims.get("aud")
    if isinstance(audience, Sequence) and not isinstance(audience, str):
        return client in audience and (len(audience) == 1 or claims.get("azp") == client)
    return audience == client and claims.get("azp", client) == client


def _is_now(claims: Mapping[str, Any], now: datetime) -> bool:
    issued, expires, begins = (_moment(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None or expires is None:
        return False
    in_time = now - OLDEST <= issued <= now + SKEW and now - SKEW < expires
    return in_time and (begins is None or begins <= now + SKEW)


def _is_strong(claims: Mapping[str, Any], settings: OidcSettings) -> bool:
    """Whether the person showed as much there as the settings want."""
    methods = claims.get("amr")
    held = methods if isinstance(methods, list) else []
    return (not settings.acr or claims.get("acr") in settings.acr) and all(wanted in held for wanted in settings.amr)


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    """Seconds since 1970, whole or not (RFC 7519, NumericDate). Raises `NotGood` for anything else that is there."""
    seconds = claims.get(name)
    if seconds is None:
        return None
    if type(seconds) not in (int, float):
        raise NotGood("token")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise NotGood("token") from None
