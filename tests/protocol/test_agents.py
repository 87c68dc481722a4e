"""What agents and a centre say to each other: every byte is bound, sizes tell nothing, nonsense is refused."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from expertpool.protocol import agents, vrf
from expertpool.protocol.encoding import lp
from expertpool.protocol.envelope import Open, open_with, seal_to
from expertpool.protocol.errors import ContentTooLong, EnvelopeBroken, Malformed, ProtocolError
from ledger import ed25519
from ledger.canonical import canonical, parse
from tests.ledger.signers import signer
from tests.sealing.world import Keys, credit_code, private_opener

KEYS = Keys(credit_code(1))
OTHER = Keys(credit_code(2))
HOLDER, TASK = "khd_" + "0" * 26, "tsk_" + "1" * 26
PRIVATE = X25519PrivateKey.generate()
PUBLIC = PRIVATE.public_key().public_bytes_raw()
OPENER = private_opener(PRIVATE)
SMALL_ORDER = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")


def sign(message: bytes) -> bytes:
    return ed25519.sign(KEYS.transport, message)


# Registrations


def test_a_registration_is_read_back() -> None:
    assert agents.read_registration(KEYS.file()) == KEYS.registration


@pytest.mark.parametrize("part", ["cosign_signature", "transport_signature", "vrf_proof"])
def test_each_key_is_proved(part: str) -> None:
    """The proof of another registration does not do."""
    file, other = parse(KEYS.file()), parse(OTHER.file())
    with pytest.raises(agents.NotProved) as refused:
        agents.read_registration(canonical({**file, part: other[part]}))
    assert refused.value.params["key"] == part.partition("_")[0]
    assert refused.value.text("zh") != refused.value.text("en")


@given(data=st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    file = KEYS.file()
    place = data.draw(st.integers(0, len(file) - 1))
    changed = bytearray(file)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProtocolError):
        agents.read_registration(bytes(changed))


def restated(**changes: Any) -> bytes:
    """A registration with other members, signed with the right keys all the same."""
    text = canonical({**parse(KEYS.registration.text()), **changes})

    class Restated:
        def text(self) -> bytes:
            return text

    return agents.make_registration(
        Restated(),  # type: ignore[arg-type]  # has the one method that is asked for
        cosign=KEYS.cosigner.sign_bytes,
        transport=sign,
        prove=lambda message: vrf.prove(KEYS.vrf, message),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"organisation": "x"},
        {"organisation": "1143000000000000ax"},
        {"organisation": 1},
        {"share": "00" * 31},
        {"share": PUBLIC.hex().upper()},
        {"share": SMALL_ORDER.hex()},
        {"share": KEYS.registration.vrf.hex()},
        {"transport": KEYS.registration.vrf.hex()},
        {"cosign": str(signer("log.example").key)},
        {"cosign": "x"},
        {"cosign": None},
        {"more": 1},
    ],
    ids=[
        "short-code",
        "small-letters",
        "no-text",
        "short-share",
        "capitals",
        "small-order",
        "share-is-vrf",
        "transport-is-vrf",
        "log-key",
        "no-key",
        "none",
        "more",
    ],
)
def test_a_registration_that_states_nonsense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        agents.read_registration(restated(**changes))


def test_the_restated_registration_is_good_but_for_what_is_changed() -> None:
    assert agents.read_registration(restated()) == KEYS.registration


@pytest.mark.parametrize("file", [b"", b"{}", b"[]", b"\xff", b'{"registration":1}', KEYS.file() + b" "])
def test_what_is_no_registration_is_refused(file: bytes) -> None:
    with pytest.raises(Malformed):
        agents.read_registration(file)


def test_a_vrf_key_of_small_order_is_refused() -> None:
    with pytest.raises(ProtocolError):
        agents.read_registration(restated(vrf=(bytes([1]) + bytes(31)).hex()))


# Requests


def test_a_request_is_signed_as_specified() -> None:
    header = agents.authorise(HOLDER, sign, "POST", "/api/v1/agents/tasks/x", b"{}", seconds=1_800_000_000)
    read = agents.read_authorisation(header)
    assert (read.holder, read.seconds) == (HOLDER, 1_800_000_000)
    message = (
        b"expertpool/agent/request/v1\nPOST /api/v1/agents/tasks/x\n1800000000\n"
        b"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
    assert read.signature == ed25519.sign(KEYS.transport, message)


@pytest.mark.parametrize(
    ("method", "path", "body", "seed"),
    [
        ("GET", "/a", b"{}", KEYS.transport),
        ("POST", "/b", b"{}", KEYS.transport),
        ("POST", "/a", b"{} ", KEYS.transport),
        ("POST", "/a", b"{}", OTHER.transport),
    ],
    ids=["method", "path", "body", "key"],
)
def test_a_signature_is_for_one_request_by_one_key(method: str, path: str, body: bytes, seed: bytes) -> None:
    read = agents.read_authorisation(agents.authorise(HOLDER, sign, "POST", "/a", b"{}", seconds=1))
    assert read.made_by(ed25519.public_key(KEYS.transport), "POST", "/a", b"{}")
    assert not read.made_by(ed25519.public_key(seed), method, path, body)


def test_the_time_is_part_of_what_is_signed() -> None:
    header = agents.authorise(HOLDER, sign, "GET", "/a", b"", seconds=1000)
    moved = agents.read_authorisation(header.replace(":1000:", ":1001:"))
    assert not moved.made_by(ed25519.public_key(KEYS.transport), "GET", "/a", b"")


@pytest.mark.parametrize(("now", "fresh"), [(699.9, False), (700, True), (1300, True), (1300.1, False)])
def test_a_request_is_fresh_for_five_minutes_both_ways(now: float, fresh: bool) -> None:  # noqa: FBT001
    read = agents.read_authorisation(agents.authorise(HOLDER, sign, "GET", "/a", b"", seconds=1000))
    assert read.is_fresh(now) is fresh


GOOD = agents.authorise(HOLDER, sign, "GET", "/a", b"", seconds=1000)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Agent",
        GOOD.replace("Agent", "Bearer"),
        GOOD + "\n",
        GOOD + " ",
        GOOD.replace(":1000:", ":01000:"),
        GOOD.replace(":1000:", ":-1:"),
        GOOD.replace("khd_", "act_"),
        GOOD[:-1],
        GOOD[:-3] + chr(ord(GOOD[-3]) + 1) + "==",  # another spelling of the same bytes
    ],
)
def test_a_header_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        agents.read_authorisation(header)


# Tasks and answers

Seal = Callable[[bytes, str, str, dict[str, Any]], bytes]
Opened = Callable[[Open, str, str, bytes], dict[str, Any]]
KINDS: dict[str, tuple[Seal, Opened, int]] = {
    "task": (agents.seal_task, agents.open_task, agents.TASK_BYTES),
    "answer": (agents.seal_answer, agents.open_answer, agents.ANSWER_BYTES),
    "context": (agents.seal_context, agents.open_context, agents.CONTEXT_BYTES),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sealed_can_be_opened_and_is_always_of_one_size(kind: str) -> None:
    seal, opened, size = KINDS[kind]
    room = size - 4 - len(b'{"a":""}')
    for length in (0, 1, room):
        plain = {"a": "x" * length}
        sealed = seal(PUBLIC, HOLDER, TASK, plain)
        assert len(sealed) == size + 48
        assert opened(OPENER, HOLDER, TASK, sealed) == plain
    with pytest.raises(ContentTooLong):
        seal(PUBLIC, HOLDER, TASK, {"a": "x" * (room + 1)})


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_only_for_its_holder_its_task_and_its_kind(kind: str) -> None:
    seal, opened, _ = KINDS[kind]
    sealed = seal(PUBLIC, HOLDER, TASK, {})
    other = private_opener(X25519PrivateKey.generate())
    for opener, holder, task in (
        (OPENER, "khd_" + "2" * 26, TASK),
        (OPENER, HOLDER, "tsk_" + "2" * 26),
        (other, HOLDER, TASK),
    ):
        with pytest.raises(EnvelopeBroken):
            opened(opener, holder, task, sealed)
    for name, (_, another, length) in KINDS.items():
        if name != kind:
            moved = (sealed + bytes(8192))[: length + 48]
            with pytest.raises(EnvelopeBroken):
                another(OPENER, HOLDER, TASK, moved)


@pytest.mark.parametrize(
    "padded",
    [
        lp(b"{}").ljust(agents.TASK_BYTES, b"\x01"),
        lp(b"{}").ljust(agents.TASK_BYTES - 1, b"\x00") + b"\x01",
        b"\xff\xff\xff\xff" + bytes(agents.TASK_BYTES - 4),
        lp(b"[]").ljust(agents.TASK_BYTES, b"\x00"),
        lp(b'{"a": 1}').ljust(agents.TASK_BYTES, b"\x00"),
        bytes(agents.TASK_BYTES),
    ],
)
def test_a_plaintext_that_is_not_as_specified_is_refused(padded: bytes) -> None:
    info = b"expertpool/agent/task/v1\n" + f"{HOLDER}\n{TASK}".encode()
    assert len(padded) == agents.TASK_BYTES
    with pytest.raises(Malformed):
        agents.open_task(OPENER, HOLDER, TASK, seal_to(PUBLIC, info, padded))


@pytest.mark.parametrize("sealed", [b"", bytes(47), bytes(agents.TASK_BYTES + 47), bytes(agents.TASK_BYTES + 49)])
def test_a_task_of_another_size_is_refused(sealed: bytes) -> None:
    with pytest.raises(Malformed):
        agents.open_task(OPENER, HOLDER, TASK, sealed)


def test_what_an_answer_says_is_what_the_specification_says() -> None:
    sealed = agents.seal_answer(PUBLIC, HOLDER, TASK, {"nonce": "ab"})
    info = b"expertpool/agent/answer/v1\n" + f"{HOLDER}\n{TASK}".encode()
    padded = open_with(PRIVATE, sealed, info)
    assert padded == lp(json.dumps({"nonce": "ab"}, separators=(",", ":"))).ljust(4096, b"\x00")


# Approvals


def test_an_approval_is_for_one_draw_one_first_and_one_reason() -> None:
    good = agents.make_approval(sign, ed25519.public_key(KEYS.transport), "drw_1", 7, "废标")
    assert agents.approval_key(good, "drw_1", 7) == ed25519.public_key(KEYS.transport)
    for approval, draw, first in (
        (good, "drw_2", 7),
        (good, "drw_1", 8),
        ({**good, "reason": "重新招标"}, "drw_1", 7),
        ({**good, "key": OTHER.registration.transport.hex()}, "drw_1", 7),
        ({**good, "key": "x"}, "drw_1", 7),
        ({**good, "signature": b64encode(bytes(64)).decode()}, "drw_1", 7),
        ({**good, "signature": "?"}, "drw_1", 7),
        ({**good, "more": ""}, "drw_1", 7),
        ({**good, "reason": None}, "drw_1", 7),
        ({**good, "reason": "\ud800"}, "drw_1", 7),
        (None, "drw_1", 7),
        ([], "drw_1", 7),
    ):
        assert agents.approval_key(approval, draw, first) is None
