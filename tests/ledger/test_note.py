"""Signed notes and their keys: what is read, what is refused, and that nothing unsigned is ever trusted."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError, Malformed, Refused
from ledger.note import (
    COSIGNATURE_V1,
    ED25519,
    MAX_NOTE_BYTES,
    Note,
    Signature,
    VerifierKey,
    decode_base64,
    generate_key,
    parse_note,
    parse_signature_line,
    parse_signer_key,
    parse_verifier_key,
    sign_note,
    verified_by,
)
from tests.ledger.signers import cosigner, signer, signer_key

LOG, OTHER, STRANGER = signer("example.com/log"), signer("example.com/other"), signer("example.org/stranger")
TEXT = "first line\n\nsecond 行\n"
NOTE = sign_note(TEXT, LOG, OTHER, STRANGER)
LINE = NOTE.signatures[0].line()
BAD_NAMES = [
    "",
    "a+b",
    "a b",
    "a\tb",
    "a\nb",
    "a\x00",
    "a\u00a0b",
    "a\u2003b",
    "a\u2028b",
    "a\u3000b",
    "a\x85b",
    "\udcff",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=20).map(
    lambda text: text + "\n"
)


def why(data: bytes) -> object:
    with pytest.raises(Malformed) as malformed:
        parse_note(data)
    return malformed.value.params.get("why", malformed.value.code)


@given(TEXTS)
def test_what_was_signed_is_read(text: str) -> None:
    note = sign_note(text, LOG, OTHER)
    assert parse_note(note.to_bytes()) == note
    assert verified_by(note, [OTHER.key, LOG.key]) == [(LOG.key, note.signatures[0]), (OTHER.key, note.signatures[1])]


def test_every_changed_byte() -> None:
    """Each byte in turn flipped, cleared, dropped, doubled: refused, or the same text with no more signers."""
    data, known = NOTE.to_bytes(), [LOG.key, OTHER.key]
    ignored = 0
    for place, byte in enumerate(data):
        pieces = [bytes([byte ^ 1 << bit]) for bit in range(8)] + [b"", b"\n", b" ", b"\r\n", bytes([byte]) * 2]
        for piece in pieces:
            changed = data[:place] + piece + data[place + 1 :]
            if changed == data:
                continue
            try:
                note = parse_note(changed)
                found = verified_by(note, known)
            except LedgerError:
                continue
            ignored += 1
            assert note.to_bytes() == changed
            assert not found or note.text == TEXT
            assert set(found) <= {(LOG.key, NOTE.signatures[0]), (OTHER.key, NOTE.signatures[1])}
    assert ignored  # the stranger's line, or a known one under another name


def test_signatures_of_strangers_are_ignored() -> None:
    forged = Signature(STRANGER.key.name, STRANGER.key.key_id, bytes(64))
    note = Note(TEXT, (forged, *NOTE.signatures[:1]))
    assert [key for key, _ in verified_by(note, [LOG.key])] == [LOG.key]
    assert verified_by(note, []) == []


@pytest.mark.parametrize(
    "value", [bytes(64), bytes(63), b"\0", NOTE.signatures[1].value, NOTE.signatures[0].value + b"\0"]
)
def test_a_bad_signature_of_a_known_key_spoils_the_note(value: bytes) -> None:
    bad = Signature(LOG.key.name, LOG.key.key_id, value)
    for signatures in [(bad,), (bad, *NOTE.signatures), (*NOTE.signatures, bad)]:
        with pytest.raises(Refused) as refusal:
            verified_by(Note(TEXT, signatures), [OTHER.key, LOG.key])
        assert refusal.value.params == {"name": LOG.key.name}


def test_name_and_id_must_both_match() -> None:
    value = NOTE.signatures[0].value
    for name, key_id in [(LOG.key.name, OTHER.key.key_id), (OTHER.key.name, LOG.key.key_id)]:
        assert verified_by(Note(TEXT, (Signature(name, key_id, value),)), [LOG.key]) == []


def test_keys_with_one_name_and_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bytes of key id can be made to collide: then the signature must hold under both, and cannot."""
    monkeypatch.setattr(VerifierKey, "key_id", b"same")
    twin = VerifierKey(LOG.key.name, ED25519, STRANGER.key.public)
    note = sign_note(TEXT, LOG)
    assert len(verified_by(note, [LOG.key])) == 1
    with pytest.raises(Refused):
        verified_by(note, [LOG.key, twin])


def test_a_repeated_line_counts_once() -> None:
    data = NOTE.to_bytes() + LINE.encode()
    note = parse_note(data)
    assert len(note.signatures) == 4
    assert note.to_bytes() == data
    assert [key for key, _ in verified_by(note, [LOG.key])] == [LOG.key]
    assert NOTE.adding(NOTE.signatures) == NOTE
    assert sign_note(TEXT, LOG).adding(sign_note(TEXT, OTHER).signatures) == sign_note(TEXT, LOG, OTHER)


def test_the_last_empty_line_ends_the_text() -> None:
    for text in ("\n", "a\n\n", "\n\n\n", "— a b\n", f"text\n\n{LINE}"):
        assert parse_note(sign_note(text, LOG).to_bytes()).text == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no-signatures"),
        (b"\n\n", "no-signatures"),
        (f"text\n{LINE}".encode(), "no-signatures"),
        (b"text\n\n", "no-signatures"),
        (f"text\n\n{LINE}"[:-1].encode(), "no-signatures"),
        (f"text\n\n{LINE}\n".encode(), "no-signatures"),
        (f"text\r\n\r\n{LINE}".encode(), "no-signatures"),
        (f"text\r\n\n{LINE}".encode(), "note-text"),
        (f"te\0xt\n\n{LINE}".encode(), "note-text"),
        (f"te\txt\n\n{LINE}".encode(), "note-text"),
        (f"text\n\n{LINE[:-1]}\r\n".encode(), "signature-line"),
        (f"text\n\n{LINE}junk\n".encode(), "signature-line"),
        (f"text\n\n{LINE}".encode() + b"\xff\n", "not-utf8"),
        (f"text\n\n{LINE}".encode("utf-16"), "not-utf8"),
    ],
)
def test_notes_that_are_refused(data: bytes, reason: str) -> None:
    assert why(data) == reason


def test_at_most_a_hundred_signatures() -> None:
    assert len(parse_note(f"text\n\n{LINE * 100}".encode()).signatures) == 100
    assert why(f"text\n\n{LINE * 101}".encode()) == "note.too-large"


def test_at_most_a_million_bytes() -> None:
    tail = f"\n\n{LINE}".encode()
    longest = b"a" * (MAX_NOTE_BYTES - len(tail)) + tail
    assert parse_note(longest).to_bytes() == longest
    assert why(b"a" + longest) == "note.too-large"


@pytest.mark.parametrize("text", ["", "text", "te\rxt\n", "te\x1fxt\n", "\ud800\n"])
def test_texts_that_are_not_signed(text: str) -> None:
    with pytest.raises(Malformed):
        sign_note(text, LOG)


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "line",
    ["", "—", "— ", "— a", "— a ", f"- a {encoded(bytes(8))}", f"—a {encoded(bytes(8))}", f" — a {encoded(bytes(8))}"]
    + [f"— a {text}" for text in ["AAAAAA", "AAAAAAA=\n", "AAAAAAB=", "A AAAAAAA", "_AAAAAA=", "é", encoded(bytes(4))]]
    + [f"— a  {encoded(bytes(8))}", f"— a {encoded(bytes(8))} "]
    + [f"— {name} {encoded(bytes(8))}" for name in BAD_NAMES],
    ids=ascii,
)
def test_signature_lines_that_are_refused(line: str) -> None:
    with pytest.raises(Malformed):
        parse_signature_line(line)


def test_the_shortest_signature() -> None:
    assert parse_signature_line("— 名 AAAAAAE=") == Signature("名", bytes(4), b"\x01")


@pytest.mark.parametrize("algorithm", [ED25519, COSIGNATURE_V1])
def test_generated_keys(algorithm: int) -> None:
    secret, key = generate_key("example.com/a", algorithm)
    assert parse_verifier_key(str(key)) == key
    assert parse_signer_key(secret).key == key
    assert generate_key("example.com/a", algorithm)[0] != secret


def test_one_key_under_two_algorithms() -> None:
    plain, timed = signer("example.com/a").key, cosigner("example.com/a").key
    assert plain.public == timed.public
    assert plain.key_id != timed.key_id
    with pytest.raises(Malformed) as malformed:
        sign_note(TEXT, cosigner("example.com/a"))
    assert malformed.value.code == "key.algorithm"


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_key_names_that_are_refused(name: str) -> None:
    material = encoded(b"\x01" + LOG.key.public)
    for refused in (
        lambda: generate_key(name),
        lambda: parse_verifier_key(f"{name}+{LOG.key.key_id.hex()}+{material}"),
    ):
        with pytest.raises(Malformed):
            refused()


@pytest.mark.parametrize("algorithm", [0, 2, 3, 5, 6, 0xFF])
def test_other_algorithms(algorithm: int) -> None:
    for refused in (
        lambda: generate_key("a", algorithm),
        lambda: parse_verifier_key(str(VerifierKey("a", algorithm, bytes(32)))),
    ):
        with pytest.raises(Malformed) as malformed:
            refused()
        assert malformed.value.params == {"alg": f"0x{algorithm:02x}"}


def spellings(text: str) -> list[str]:
    """A key string with each character changed or dropped, and with the usual slips of copying."""
    slips = [text + "\n", text + "=", " " + text, text + " ", text + "+", text.replace("+", " ", 1), ""]
    for place, character in enumerate(text):
        slips += [
            text[:place] + other + text[place + 1 :] for other in ("", "0", "A", "+", " ", "\n", "é", character * 2)
        ]
    return [slip for slip in slips if slip != text]


def test_every_changed_verifier_key() -> None:
    for text in spellings(str(LOG.key)):
        with pytest.raises(Malformed):
            parse_verifier_key(text)


def test_every_changed_signer_key() -> None:
    for text in spellings(signer_key("example.com/log")):
        with pytest.raises(Malformed):
            parse_signer_key(text)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_keys_of_another_length(size: int) -> None:
    with pytest.raises(Malformed) as malformed:
        parse_verifier_key(str(VerifierKey("a", ED25519, bytes(size))))
    assert malformed.value.params == {"why": "key-length"}


def test_key_ids_are_lower_case() -> None:
    name, key_id, material = str(LOG.key).split("+", 2)
    assert key_id != key_id.upper()
    with pytest.raises(Malformed):
        parse_verifier_key(f"{name}+{key_id.upper()}+{material}")


@given(st.text(max_size=12) | st.from_regex(r"[A-Za-z0-9+/]{0,8}={0,2}", fullmatch=True))
def test_one_base64_for_each_value(text: str) -> None:
    raw = decode_base64(text)
    assert raw is None or encoded(raw) == text
