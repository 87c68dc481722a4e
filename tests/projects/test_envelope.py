"""Envelopes and messages as bytes: whatever comes in, only the library's own errors come out; and what binds what."""

import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.errors import ExpertpoolError
from expertpool.projects import door_errors
from expertpool.projects.door_schemas import MOST_CHARACTERS, MOST_SEQUENCE
from expertpool.projects.envelope import (
    HPKE_OVERHEAD,
    MAX_FILE_BYTES,
    PLAINTEXT_LENGTHS,
    Envelope,
    check_sealed,
    read_file,
    read_message,
    sealed_info,
)
from expertpool.projects.terms import SealedKind
from expertpool.web.errors import InvalidInput
from ledger import ed25519
from ledger.canonical import canonical
from tests.projects.world import NOW, SUITE, VAULT, System, as_json, seal

SYSTEM = System("snd_" + "0" * 26, "sky_" + "0" * 26, bytes(32), "csggzy")
PUBLIC = ed25519.public_key(SYSTEM.seed)
MESSAGE = SYSTEM.message("report.signed", {"project": "E"})
TEXT = canonical(MESSAGE).decode()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def file_of(**changed: Any) -> bytes:
    return json.dumps({**as_json(SYSTEM.sign(MESSAGE)), **changed}).encode()


def test_an_envelope_reads_back_and_verifies() -> None:
    envelope = read_file(file_of())
    assert envelope == SYSTEM.sign(MESSAGE)
    assert envelope.signed_by(PUBLIC)
    message = read_message(envelope.text)
    assert (message.centre, message.kind, message.sequence, message.time) == ("csggzy", "report.signed", 1, NOW)
    assert message.body == {"project": "E"}


def test_what_is_secret_or_long_stays_out_of_repr() -> None:
    assert TEXT not in repr(SYSTEM.sign(MESSAGE, b"secret"))


@given(st.binary(max_size=300))
def test_any_bytes_as_a_file(data: bytes) -> None:
    with pytest.raises(ExpertpoolError):
        read_file(data)


@given(json_values)
def test_any_json_as_a_file(value: Any) -> None:
    with pytest.raises(ExpertpoolError):
        read_file(json.dumps(value).encode())


@given(st.sampled_from(["key", "message", "signature", "sealed", "more"]), json_values)
def test_any_value_in_an_envelope(name: str, value: Any) -> None:
    try:
        envelope = read_file(file_of(**{name: value}))
    except ExpertpoolError:
        return
    assert name in ("message", "sealed", "key", "signature")
    assert isinstance(value, str) or (name == "sealed" and value is None)
    assert isinstance(envelope, Envelope)


@given(st.text(max_size=200) | json_values.map(json.dumps))
def test_any_text_as_a_message(text: str) -> None:
    with pytest.raises(ExpertpoolError):
        read_message(text)


@given(st.sampled_from([*MESSAGE, "more"]), json_values)
def test_any_value_in_a_message(name: str, value: Any) -> None:
    try:
        text = canonical({**MESSAGE, name: value}).decode()
    except Exception:  # noqa: BLE001 -- not a canonical value: what a sender could not even write
        text = json.dumps({**MESSAGE, name: value})
    try:
        message = read_message(text)
    except ExpertpoolError:
        return
    assert getattr(message, name) is not None


@pytest.mark.parametrize(
    "text",
    [
        TEXT + " ",
        TEXT + "\n",
        " " + TEXT,
        TEXT.replace('"sequence":1', '"sequence":1.0'),
        TEXT.replace('"sequence":1', '"sequence": 1'),
        TEXT.replace('"sequence":1', '"sequence":1,"sequence":1'),
        TEXT.replace("csggzy", "\\u0063sggzy"),
        TEXT.replace("csggzy", "\ud800"),
        '{"kind":"report.signed","body":{}}',
        "[]" * 40_000,
        "[" * 70_000,
    ],
)
def test_a_message_has_one_spelling(text: str) -> None:
    with pytest.raises(door_errors.NotCanonical):
        read_message(text)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"sequence": 0}, "sequence"),
        ({"sequence": MOST_SEQUENCE}, ""),
        ({"sequence": True}, "sequence"),
        ({"sequence": "1"}, "sequence"),
        ({"time": -1}, "time"),
        ({"time": 0}, ""),
        ({"time": 253_402_300_799}, ""),
        ({"time": 253_402_300_800}, "time"),
        ({"centre": "CSGGZY"}, "centre"),
        ({"centre": "c" * 40}, ""),
        ({"centre": "c" * 41}, "centre"),
        ({"kind": "report"}, "kind"),
        ({"kind": "Report.signed"}, "kind"),
        ({"body": []}, "body"),
        ({"body": None}, "body"),
        ({"more": 1}, "more"),
    ],
)
def test_bounds_of_a_message(changed: dict[str, Any], field: str) -> None:
    text = canonical({**MESSAGE, **changed}).decode()
    if not field:
        read_message(text)
        return
    with pytest.raises(InvalidInput) as refused:
        read_message(text)
    assert [blamed["field"] for blamed in refused.value.fields] == [field]


@pytest.mark.parametrize("name", sorted(MESSAGE))
def test_nothing_of_a_message_may_be_missing(name: str) -> None:
    text = canonical({key: value for key, value in MESSAGE.items() if key != name}).decode()
    with pytest.raises(InvalidInput) as refused:
        read_message(text)
    assert [blamed["code"] for blamed in refused.value.fields] == ["required"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"key": "sky_" + "0" * 25}, "key"),
        ({"key": "snd_" + "0" * 26}, "key"),
        ({"signature": "0" * 127}, "signature"),
        ({"signature": "A" * 128}, "signature"),
        ({"signature": "0" * 129}, "signature"),
        ({"sealed": "AAA"}, "sealed"),
        ({"sealed": "AB=="}, "sealed"),
        ({"sealed": "AA=="}, ""),
        ({"sealed": None}, ""),
        ({"message": "{" + "a" * (MOST_CHARACTERS - 2) + "}"}, ""),
        ({"message": "{" + "a" * (MOST_CHARACTERS - 1) + "}"}, "message"),
        ({"message": MESSAGE}, "message"),
        ({"message": "{\n}"}, "message"),
        ({"more": 1}, "more"),
    ],
)
def test_bounds_of_an_envelope(changed: dict[str, Any], field: str) -> None:
    if not field:
        read_file(file_of(**changed))
        return
    with pytest.raises(InvalidInput) as refused:
        read_file(file_of(**changed))
    assert {blamed["field"] for blamed in refused.value.fields} == {field}


def test_a_file_has_a_limit() -> None:
    data = file_of()
    assert read_file(data.ljust(MAX_FILE_BYTES)) == read_file(data)
    with pytest.raises(door_errors.NotAnEnvelope):
        read_file(data.ljust(MAX_FILE_BYTES + 1))


def test_half_a_character_is_refused() -> None:
    with pytest.raises(door_errors.NotAnEnvelope):
        read_file(file_of().replace(b"csggzy", b"\\ud800"))


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 127))
def test_a_signature_is_over_every_character(place: int, difference: int) -> None:
    signed = SYSTEM.sign(MESSAGE)
    changed = TEXT[:place] + chr(ord(TEXT[place]) ^ difference) + TEXT[place + 1 :]
    assert not Envelope(signed.key, changed, signed.signature, None).signed_by(PUBLIC)


def test_a_signature_is_for_this_door_only() -> None:
    bare = Envelope(SYSTEM.key, TEXT, ed25519.sign(SYSTEM.seed, TEXT.encode()), None)
    assert not bare.signed_by(PUBLIC)


@pytest.mark.parametrize("kind", SealedKind)
def test_a_ciphertext_has_one_of_few_lengths(kind: SealedKind) -> None:
    for length in PLAINTEXT_LENGTHS[kind]:
        for total, right in ((length + HPKE_OVERHEAD, True), (length, False), (length + HPKE_OVERHEAD + 1, False)):
            data = bytes(total)
            digest = hashlib.sha256(data).hexdigest()
            if right:
                assert check_sealed(kind, data, digest) == data
                with pytest.raises(door_errors.SealedDiffers):
                    check_sealed(kind, data, "0" * 64)
            else:
                with pytest.raises(door_errors.SealedLength):
                    check_sealed(kind, data, digest)
    with pytest.raises(door_errors.SealedMissing):
        check_sealed(kind, None, "0" * 64)


@pytest.mark.parametrize("kind", SealedKind)
def test_what_a_sender_seals_has_such_a_length_and_opens_for_its_session_only(kind: SealedKind) -> None:
    names = {"centre": "csggzy", "project": "E4301000001000001", "session": "S1"}
    sealed = seal(kind, b'{"lots":[]}')
    assert check_sealed(kind, sealed, hashlib.sha256(sealed).hexdigest()) == sealed
    assert SUITE.decrypt(sealed, VAULT, sealed_info(kind, **names)).rstrip() == b'{"lots":[]}'
    other = next(each for each in SealedKind if each is not kind)
    wrong = [sealed_info(other, **names), *(sealed_info(kind, **{**names, name: "x"}) for name in names)]
    for info in wrong:
        with pytest.raises(InvalidTag):
            SUITE.decrypt(sealed, VAULT, info)
