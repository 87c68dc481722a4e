"""Where messages may go: whatever a name is made to answer, nothing private is reached; and no receiver holds us up."""

import socket
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from expertpool.webhooks.errors import AddressRefused, NetworkInvalid
from expertpool.webhooks.posting import NotSent, Poster, is_allowed, networks_of, refuse_literal, target_of
from tests.invitations.fake_smtp import certificate
from tests.webhooks.receiver import Receiver, receiving

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as served:
        yield served


def poster(receiver: Receiver, *, networks: list[str] = LOOPBACK, timeout: float = 10) -> Poster:
    return Poster(networks, receiver.authorities, timeout)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "2001:db8::1",
    ],
)
def test_nothing_goes_inside(address: str) -> None:
    assert not is_allowed(ip_address(address), ())
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(AddressRefused):
        refuse_literal(f"https://{host}/x", ())


@pytest.mark.parametrize("address", ["1.1.1.1", "172.15.255.255", "172.32.0.0", "2606:4700::1", "64:ff9b::101:101"])
def test_what_is_public_is_reached(address: str) -> None:
    assert is_allowed(ip_address(address), ())


def test_a_network_that_the_settings_name_is_reached_and_its_neighbour_is_not() -> None:
    networks = networks_of(["10.20.0.0/16", "fd12:3456::/48"])
    assert is_allowed(ip_address("10.20.255.255"), networks)
    assert is_allowed(ip_address("::ffff:10.20.0.1"), networks)
    assert is_allowed(ip_address("fd12:3456::9"), networks)
    assert not is_allowed(ip_address("10.21.0.0"), networks)
    assert not is_allowed(ip_address("fd12:3457::9"), networks)
    with pytest.raises(NetworkInvalid):
        networks_of(["10.20.0.0/33"])


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/",
        "ftp://a.example/",
        "https:///x",
        "https://user@a.example/",
        "https://user:p@a.example/",
        "https://a.example/#x",
        "https://a.example:99999/",
        "https://[::1/",
        "//a.example/",
    ],
)
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        target_of(url)


def test_a_message_arrives_as_it_is(receiver: Receiver) -> None:
    assert poster(receiver).post(receiver.url, b'{"a":1}', {"webhook-id": "m"}) == 204
    [(headers, body)] = receiver.got
    assert (headers["webhook-id"], body) == ("m", b'{"a":1}')
    assert headers["host"] == receiver.url.split("/")[2]


def test_a_name_that_leads_inside_gets_nothing(receiver: Receiver) -> None:
    with pytest.raises(AddressRefused):
        poster(receiver, networks=[]).post(receiver.url, b"{}", {})
    assert receiver.got == []


def answers(monkeypatch: pytest.MonkeyPatch, *turns: list[str]) -> list[list[str]]:
    """Have names answer with these addresses, each look-up with the next."""
    left, really = list(turns), socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        if host != "localhost":
            return really(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)]

    monkeypatch.setattr("expertpool.webhooks.posting.socket.getaddrinfo", look_up)
    return left


def test_a_name_is_looked_up_once_and_connected_to_where_it_was_judged(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the second answer, which would lead elsewhere, is never asked for."""
    left = answers(monkeypatch, ["127.0.0.1"], ["10.0.0.9"])
    assert poster(receiver).post(receiver.url, b"{}", {}) == 204
    assert left == [["10.0.0.9"]]


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, ["127.0.0.1", "10.0.0.9"])
    with pytest.raises(AddressRefused):
        poster(receiver).post(receiver.url, b"{}", {})
    assert receiver.got == []


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [307], {"Location": receiver.url + "&again"}
    assert poster(receiver).post(receiver.url, b"{}", {}) == 307
    assert len(receiver.got) == 1


def test_a_certificate_that_nobody_vouches_for_gets_nothing(receiver: Receiver) -> None:
    with pytest.raises(NotSent, match="tls"):
        Poster(LOOPBACK, None, 10).post(receiver.url, b"{}", {})
    assert receiver.got == []


def test_a_certificate_for_another_name_gets_nothing(receiver: Receiver) -> None:
    with pytest.raises(NotSent, match="tls"):
        poster(receiver).post(receiver.url.replace("localhost", "127.0.0.1"), b"{}", {})
    assert receiver.got == []


def test_a_receiver_that_hangs_is_given_up(receiver: Receiver) -> None:
    receiver.answers = [0]
    with pytest.raises(NotSent, match="timeout"):
        poster(receiver, timeout=0.5).post(receiver.url, b"{}", {})


def test_a_receiver_that_drips_is_given_up(tmp_path: Path) -> None:
    """Every single wait is short, and the whole is not."""
    plain = socket.create_server(("127.0.0.1", 0))
    authorities = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authorities)
    done = threading.Event()

    def drip() -> None:
        connection, _ = plain.accept()
        with connection, context.wrap_socket(connection, server_side=True) as secured:
            try:
                while not done.wait(0.05):
                    secured.sendall(b"H")
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(NotSent, match="timeout"):
            Poster(LOOPBACK, authorities, 0.6).post(f"https://localhost:{plain.getsockname()[1]}/", b"{}", {})
    finally:
        done.set()
        thread.join()
        plain.close()


def test_nobody_there_is_a_failure(receiver: Receiver) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        poster(receiver).post(f"https://localhost:{port}/", b"{}", {})
