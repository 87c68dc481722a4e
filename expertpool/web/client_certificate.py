"""The certificate that a browser showed to the reverse proxy, as the proxy hands it on.

Whoever reaches us over TCP can write any header, so nothing is believed that did not come over our Unix socket, whose
folder lets in the proxy alone. The proxy always sets the header itself, or leaves it out.
"""

import re
import socket
from typing import Final
from urllib.parse import unquote_to_bytes

from flask import request

HEADER: Final = "X-Client-Certificate"
_ESCAPED: Final = re.compile(r"[A-Za-z0-9%._~+/=-]{1,16384}", re.ASCII)


def presented() -> bytes | None:
    """The certificate as PEM, unchecked but for the proxy's word that the browser holds its key; None without one."""
    given = request.headers.get(HEADER, "")
    return unquote_to_bytes(given) if _came_over_unix_socket() and _ESCAPED.fullmatch(given) else None


def _came_over_unix_socket() -> bool:
    """Asked of the connection itself: an address can be left out or forged by what stands in front."""
    connection = request.environ.get("gunicorn.socket")
    return getattr(connection, "family", None) == socket.AF_UNIX
