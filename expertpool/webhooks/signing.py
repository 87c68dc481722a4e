"""How a message is signed: HMAC-SHA256 over ``id.timestamp.body``, as Standard Webhooks 1.0 has it. Pure."""

import base64
import hmac
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret() -> bytes:
    """256 fresh random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """A secret as its holder gets it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(message: str, seconds: int, body: bytes, keys: Iterable[bytes]) -> Mapping[str, str]:
    """What goes with a message at this moment (Unix seconds); one signature for each key that is in force."""
    signed = f"{message}.{seconds}.".encode() + body
    made = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }
