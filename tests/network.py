"""Keeps tests on this machine: Unix sockets and the loopback range work, every other address is refused."""

import ipaddress
import socket
from typing import Any

import pytest

LOCAL_NAMES = {"localhost", "", None}


class NetworkBlocked(Exception):
    """A test reached for another machine. No OSError, so that no code takes it for a network that is down."""


def is_local(host: object) -> bool:
    """Say whether an address, or a name that needs no look-up, is this machine's own."""
    if isinstance(host, bytes):
        host = host.decode()
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse, within this process, connections to other machines and look-ups of their names."""
    connect, connect_ex, sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    getaddrinfo = socket.getaddrinfo

    def check(host: object) -> None:
        if not is_local(host):
            raise NetworkBlocked(f"tests stay on this machine, this one wanted {host!r}")

    def check_address(sock: socket.socket, address: Any) -> None:
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])

    def guarded_connect(sock: socket.socket, address: Any) -> None:
        check_address(sock, address)
        connect(sock, address)

    def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
        check_address(sock, address)
        return connect_ex(sock, address)

    def guarded_sendto(sock: socket.socket, *args: Any) -> int:
        check_address(sock, args[-1])
        return sendto(sock, *args)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        check(host)
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket.socket, "sendto", guarded_sendto)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
