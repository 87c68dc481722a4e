"""Records sealed to the key holders: every authorised set opens them together, nobody less."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from expertpool.protocol.envelope import (
    PLAINTEXT_BYTES,
    About,
    Envelope,
    Holders,
    Open,
    open_with,
    parse_envelope,
    quorums,
    seal_to,
    seal_to_holders,
)
from expertpool.protocol.errors import ContentTooLong, EnvelopeBroken, Malformed
from ledger.canonical import canonical

KEYS = {name: X25519PrivateKey.generate() for name in ("khd_a", "khd_b", "khd_c")}
HOLDERS = Holders(
    {name: key.public_key().public_bytes_raw() for name, key in KEYS.items()},
    quorums(list(KEYS), 2, frozenset({"khd_b", "khd_c"})),
)
ABOUT = About("drw_1", bytes(32), "record", "7K3Q", bytes(32), "2026-12-01T06:00:00.000000Z")


def opener(name: str) -> Open:
    return lambda text, info: open_with(KEYS[name], text, info)


def opened(envelope: Envelope, number: int, people: Sequence[str]) -> bytes:
    """Open as the holders of a set would, one after the other."""
    passed = None
    for position, name in enumerate(people):
        passed = envelope.peel(number, passed, position, opener(name))
    assert passed is not None
    return envelope.content(passed)


def test_every_set_opens_it_together() -> None:
    envelope = seal_to_holders("张三".encode(), ABOUT, HOLDERS)
    assert HOLDERS.sets == (("khd_a", "khd_b"), ("khd_a", "khd_c"), ("khd_b", "khd_c"))
    for number, people in enumerate(HOLDERS.sets):
        assert opened(parse_envelope(envelope.to_bytes()), number, people).decode() == "张三"


def test_no_set_is_of_the_centre_alone() -> None:
    assert quorums(["a", "b", "c"], 2, frozenset({"c"})) == (("a", "c"), ("b", "c"))
    assert quorums(["a", "b"], 2, frozenset()) == ()


@pytest.mark.parametrize("people", [("khd_b", "khd_a"), ("khd_a", "khd_a"), ("khd_a", "khd_c")])
def test_others_than_the_set_open_nothing(people: tuple[str, ...]) -> None:
    envelope = seal_to_holders(b"secret", ABOUT, HOLDERS)
    with pytest.raises(EnvelopeBroken):
        opened(envelope, 0, people)


def test_one_holder_alone_has_a_share_that_opens_nothing() -> None:
    envelope = seal_to_holders(b"secret", ABOUT, HOLDERS)
    share = envelope.peel(0, None, 0, opener("khd_a"))
    with pytest.raises(EnvelopeBroken):
        envelope.content(share)


@given(st.binary(max_size=PLAINTEXT_BYTES - 4))
def test_length_tells_nothing(content: bytes) -> None:
    sealed = seal_to_holders(content, ABOUT, HOLDERS)
    assert len(sealed.to_bytes()) == len(seal_to_holders(b"", ABOUT, HOLDERS).to_bytes())
    assert opened(sealed, 2, HOLDERS.sets[2]) == content


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ContentTooLong):
        seal_to_holders(bytes(PLAINTEXT_BYTES - 3), ABOUT, HOLDERS)


@pytest.mark.parametrize("name", ["draw", "not_before", "purpose", "rulebook", "subject", "intent"])
def test_a_share_is_bound_to_what_the_envelope_says(name: str) -> None:
    """Whoever moves a record to another seat, draw or moment gets no share that is of use."""
    envelope = seal_to_holders(b"secret", ABOUT, HOLDERS)
    moved = replace(envelope, info={**envelope.info, name: "2020-01-01T00:00:00.000000Z"})
    with pytest.raises(EnvelopeBroken):
        opened(moved, 0, HOLDERS.sets[0])


@pytest.mark.parametrize(
    "changed",
    [{"wraps": []}, {"text": "!"}, {"sets": [["khd_a"]]}, {"more": 1}, {"info": []}, {"wraps": None}],
    ids=["no-wraps", "text", "sets", "more", "info", "none"],
)
def test_misshapen_envelopes_are_refused(changed: dict[str, Any]) -> None:
    value = json.loads(seal_to_holders(b"x", ABOUT, HOLDERS).to_bytes())
    with pytest.raises(Malformed):
        parse_envelope(canonical({**value, **changed}))


def test_another_spelling_is_refused() -> None:
    data = seal_to_holders(b"x", ABOUT, HOLDERS).to_bytes()
    with pytest.raises(Malformed):
        parse_envelope(b" " + data)


def test_every_changed_byte_of_text_or_wrap_shows() -> None:
    envelope = seal_to_holders(b"x", ABOUT, HOLDERS)
    for place in range(0, len(envelope.text), 97):
        broken = bytearray(envelope.text)
        broken[place] ^= 1
        with pytest.raises(EnvelopeBroken):
            opened(replace(envelope, text=bytes(broken)), 0, HOLDERS.sets[0])
    for place in range(0, len(envelope.wraps[0]), 11):
        broken = bytearray(envelope.wraps[0])
        broken[place] ^= 1
        with pytest.raises(EnvelopeBroken):
            opened(replace(envelope, wraps=(bytes(broken), *envelope.wraps[1:])), 0, HOLDERS.sets[0])


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(Malformed):
        seal_to(b"short", b"", b"")
    with pytest.raises(Malformed):
        seal_to(bytes(32), b"", b"")  # of small order


def test_hpke_is_the_one_of_the_rfc() -> None:
    """RFC 9180, A.1 has other algorithms; what is fixed here is the layout: 32 bytes enc, text, 16 bytes tag."""
    key = KEYS["khd_a"]
    sealed = seal_to(key.public_key().public_bytes_raw(), b"info", b"text")
    assert len(sealed) == 32 + 4 + 16
    assert open_with(key, sealed, b"info") == b"text"
    with pytest.raises(EnvelopeBroken):
        open_with(key, sealed, b"other")
    with pytest.raises(EnvelopeBroken):
        open_with(key, b64encode(sealed), b"info")
