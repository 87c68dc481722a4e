"""Limits on how often programs ask: by source for everybody, by account for whoever shows a token.

Every answer under ``/api`` says what is left (RateLimit, as draft-ietf-httpapi-ratelimit-headers has it), and a refusal
when to come back.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, request

from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.web.conditional import PREFIX
from expertpool.web.edge import EXTENSION, edge
from expertpool.web.errors import TooManyRequests
from expertpool.web.rates import WINDOW_US, Rates, Standing

FILE: Final = Path("web/rates")
_SUBSCRIBER_BITS: Final = 64


def init_source_limit(app: Flask) -> None:
    """Count requests by source, before anything else is done for them; and tell every answer what is left."""
    parts = app.extensions[EXTENSION]
    secret = parts.keys.hmac_sha256(ACCOUNTS_KEY, b"names of rates")
    rates = Rates(parts.settings.paths.var / FILE, secret)

    def take(kind: str, name: str, per_minute: int) -> None:
        if not per_minute or not request.path.startswith(PREFIX):
            return
        standing = rates.take(f"{kind}\0{name}", per_minute, edge().clock.now())
        if "rate" not in g or standing.remaining < g.rate[1].remaining:
            g.rate = kind, standing
        if standing.wait_s:
            raise TooManyRequests(standing.wait_s)

    def limit_source() -> None:
        take("source", source_of(request.remote_addr), edge().settings.api.source_per_minute)

    def limit_account() -> None:
        if "caller" in g:
            take("account", g.caller.actor, edge().settings.api.account_per_minute)

    app.before_request(limit_source)
    app.extensions[f"{EXTENSION}.limit-account"] = limit_account
    app.after_request(_say)


def init_account_limit(app: Flask) -> None:
    """Count requests by account: after access was granted, so that nobody uses up another's allowance."""
    app.before_request(app.extensions[f"{EXTENSION}.limit-account"])


def source_of(address: str | None) -> str:
    """Who one subscriber is: an IPv4 address, of IPv6 the /64, and whatever comes by a Unix socket."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, _SUBSCRIBER_BITS), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _say(response: Response) -> Response:
    found: tuple[str, Standing] | None = g.get("rate")
    if found is not None:
        kind, standing = found
        response.headers["RateLimit-Policy"] = f'"{kind}";q={standing.quota};w={WINDOW_US // 1_000_000}'
        response.headers["RateLimit"] = f'"{kind}";r={standing.remaining};t={standing.reset_s}'
    return response
