"""Headers on every answer: what a browser may do with it, and who may keep it."""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response

from expertpool.core.settings import ServiceSettings
from expertpool.web.guards import request_id

# No script at all, from nowhere: pages are made to work without.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Set where the answer does not say otherwise."""

ONE_YEAR_S: Final = 31_536_000


def init_headers(app: Flask, service: ServiceSettings) -> None:
    """Add the headers to every answer, and answer only under the service's own host name."""
    host = urlsplit(service.base_url).hostname or ""
    app.config["TRUSTED_HOSTS"] = [host] if service.mode == "production" else [host, "localhost", "127.0.0.1"]

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if service.mode == "production":
            response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR_S}; includeSubDomains")
        response.headers["X-Request-Id"] = request_id()
        return response
