"""One POST to an address that somebody else chose: https, to a public address, no redirect, bounded in time and size.

A name is looked up once, every address that it has is judged, and the connection goes to one of these very addresses:
so a name that answers otherwise the second time (DNS rebinding) leads nowhere else. Of the answer only the status is
read.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from expertpool.webhooks.errors import AddressRefused, NetworkInvalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_NAT64: Final = ip_network("64:ff9b::/96")


class NotSent(Exception):
    """The receiver was not reached, or did not answer in time; the reason is one word for the log."""


@dataclass(frozen=True, slots=True)
class Target:
    """An https address in its parts."""

    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Raises `AddressRefused` for what is no https address, or has a user, a fragment or an impossible port."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise AddressRefused(field="url") from None
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise AddressRefused(field="url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, port, path)


def networks_of(settings: Iterable[str]) -> tuple[Network, ...]:
    """The networks that the settings allow. Raises `NetworkInvalid`."""
    found = []
    for text in settings:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError:
            raise NetworkInvalid(text) from None
    return tuple(found)


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether messages may go there: to what is public, and to networks that the settings name.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) counts as what it is.
    """
    inner = _inner(address)
    if any(inner in network for network in networks if network.version == inner.version):
        return True
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def refuse_literal(url: str, networks: Sequence[Network]) -> None:
    """Refuse at once an address without a name that messages may not go to. Raises `AddressRefused`."""
    with contextlib.suppress(ValueError):
        if not is_allowed(ip_address(target_of(url).host), networks):
            raise AddressRefused(field="url")


class Poster:
    """Sends to receivers; ``timeout`` in seconds for the whole of one attempt, looking up the name apart."""

    def __init__(self, networks: Iterable[str], authorities: Path | None, timeout: float) -> None:
        self._networks = networks_of(networks)
        self._context = ssl.create_default_context(cafile=authorities)
        self._timeout = timeout

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. Raises `NotSent`, `AddressRefused`."""
        target = target_of(url)
        address = self._look_up(target)
        try:
            return self._exchange(target, address, body, headers)
        except ssl.SSLError:
            raise NotSent("tls") from None
        except TimeoutError:
            raise NotSent("timeout") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotSent(type(error).__name__) from None

    def _look_up(self, target: Target) -> str:
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotSent("name") from None
        addresses = [str(each[4][0]).partition("%")[0] for each in found]
        if not addresses or not all(is_allowed(ip_address(each), self._networks) for each in addresses):
            raise AddressRefused
        return addresses[0]

    def _exchange(self, target: Target, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        plain = socket.create_connection((address, target.port), self._timeout)
        with plain, _hung_up_after(self._timeout, plain) as late:
            try:
                secured = self._context.wrap_socket(plain, server_hostname=target.host)
                connection = http.client.HTTPSConnection(target.host, target.port, timeout=self._timeout)
                connection.sock = secured
                with contextlib.closing(connection):
                    connection.request("POST", target.path, body, {**headers, "Connection": "close"})
                    return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                if late.is_set():
                    raise TimeoutError from None
                raise


@contextlib.contextmanager
def _hung_up_after(seconds: float, connected: socket.socket) -> Iterator[threading.Event]:
    """End a connection when its time is over: a receiver that sends a byte now and then keeps each wait short."""
    late, handle = threading.Event(), connected.dup()

    def hang_up() -> None:
        late.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
