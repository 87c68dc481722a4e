"""What never reaches the witness's memory: requests that are none, and checkpoints that nobody trusted signed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.errors import LedgerError, Malformed
from ledger.note import COSIGNATURE_V1, Note, Signature, generate_key, parse_signer_key
from ledger.witness import (
    MAX_REQUEST_BYTES,
    NotTrusted,
    Request,
    UnknownLog,
    Witness,
    open_witness,
    parse_request,
)
from ledger.witness_state import add_log
from tests.ledger.witnessed_log import ORIGIN, WITNESS, Clock, Log, make_witness, size_known


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def directory(tmp_path: Path, log: Log) -> Path:
    return make_witness(tmp_path / "w", log)


@pytest.fixture
def witness(directory: Path) -> Iterator[Witness]:
    with open_witness(directory, Clock()) as witness:
        yield witness


# 400: requests that are none


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"old 3\n", b""),
        (b"old 3\n", b"old 03\n"),
        (b"old 3\n", b"old -3\n"),
        (b"old 3\n", b"old +3\n"),
        (b"old 3\n", b"old  3\n"),
        (b"old 3\n", b"old 3 \n"),
        (b"old 3\n", b"old 3\r\n"),
        (b"old 3\n", b"Old 3\n"),
        (b"old 3\n", b"old\n"),
        (b"old 3\n", b"old \xd9\xa3\n"),
        (b"old 3\n", b"old 9223372036854775808\n"),
        (b"old 3\n", b"old 3\n*\n"),
        (b"old 3\n", b"old 3\nAAAA\n"),
        (b"old 3\n", b"old 3\n\n"),
        (b"\n\n", b"\n"),
        (b"\n7\n", b"\n07\n"),
        (b"\n7\n", b"\n7\n\n"),
        ("— ".encode(), b"- "),
        ("\n\n—".encode(), "\n—".encode()),
    ],
)
def test_a_malformed_request_is_refused(witness: Witness, log: Log, old: bytes, new: bytes) -> None:
    body = log.request(3, 7)
    assert old in body
    with pytest.raises(Malformed):
        witness.add_checkpoint(body.replace(old, new))


def test_every_cut_of_a_request_is_malformed(witness: Witness, log: Log) -> None:
    body = log.request(0, 7)
    for end in range(len(body)):
        with pytest.raises(Malformed):
            witness.add_checkpoint(body[:end])
    witness.add_checkpoint(body)


def test_63_proof_lines_are_read_and_64_are_not(log: Log) -> None:
    signed = log.signed(7)
    assert len(parse_request(Request(3, (bytes(32),) * 63, signed).to_bytes()).proof) == 63
    with pytest.raises(Malformed):
        parse_request(Request(3, (bytes(32),) * 64, signed).to_bytes())


def test_a_request_that_is_too_long_is_malformed(log: Log) -> None:
    with pytest.raises(Malformed, match="too large"):
        parse_request(log.request(0, 7) + b"x" * MAX_REQUEST_BYTES)


def test_a_request_reads_back_as_written(log: Log) -> None:
    body = log.request(3, 61)
    assert parse_request(body).to_bytes() == body


def test_an_old_size_above_the_new_one_is_a_bad_request_even_when_it_is_not_the_known_one(
    witness: Witness, log: Log
) -> None:
    witness.add_checkpoint(log.request(0, 7))
    for old in (8, 7):
        with pytest.raises(Malformed) as refused:
            witness.add_checkpoint(Request(old, (), log.signed(6)).to_bytes())
        assert refused.value.code == "proof.sizes"


# 404 and 403: whose checkpoint it is


def test_a_log_that_is_not_known_is_told_so_before_its_signature_is_looked_at(witness: Witness) -> None:
    with pytest.raises(UnknownLog):
        witness.add_checkpoint(Log(origin="other.example/log").request(0, 3))


def test_a_checkpoint_under_a_known_origin_by_another_key_is_not_trusted(witness: Witness) -> None:
    with pytest.raises(NotTrusted):
        witness.add_checkpoint(Log(origin=ORIGIN).request(0, 3))


def test_a_bad_signature_is_not_outweighed_by_a_good_one(witness: Witness, log: Log) -> None:
    signed, other = log.signed(3), log.signed(4)
    forged = replace(signed, note=Note(signed.note.text, (*signed.note.signatures, *other.note.signatures)))
    with pytest.raises(NotTrusted) as refused:
        witness.add_checkpoint(Request(0, (), forged).to_bytes())
    assert refused.value.code == "note.bad-signature"


def test_another_origin_does_not_pass_under_a_known_key(witness: Witness, log: Log) -> None:
    signed = sign_checkpoint(replace(log.signed(3).checkpoint, origin="other.example/log"), log.signer)
    with pytest.raises(UnknownLog):
        witness.add_checkpoint(Request(0, (), signed).to_bytes())


def test_the_witness_s_own_cosignature_does_not_stand_in_for_the_log_s(witness: Witness, log: Log) -> None:
    signed = log.signed(3)
    cosignature = witness.add_checkpoint(Request(0, (), signed).to_bytes())
    with pytest.raises(NotTrusted):
        witness.add_checkpoint(Request(3, (), replace(signed, note=Note(signed.note.text, (cosignature,)))).to_bytes())


def test_an_untrusted_request_leaves_no_trace(witness: Witness, directory: Path) -> None:
    with pytest.raises(NotTrusted):
        witness.add_checkpoint(Log(origin=ORIGIN).fork(0).request(0, 3))
    assert not (directory / "evidence").exists()


# Whatever else arrives


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Witness, Log]]:
    log = Log()
    with open_witness(make_witness(tmp_path_factory.mktemp("lasting") / "w", log), Clock()) as witness:
        witness.add_checkpoint(log.request(0, 5))
        yield witness, log


@given(body=st.binary(max_size=400))
def test_any_bytes_are_answered_by_a_library_error(lasting: tuple[Witness, Log], body: bytes) -> None:
    with pytest.raises(LedgerError):
        lasting[0].add_checkpoint(body)


@given(data=st.data())
def test_a_damaged_request_is_answered_by_a_library_error(lasting: tuple[Witness, Log], data: st.DataObject) -> None:
    witness, log = lasting
    body = bytearray(log.request(5, 9))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(start + 3, len(body))))
        body[start:end] = data.draw(st.binary(max_size=3) | st.sampled_from([b"\n", b"\n\n", b"0", b"=", b" "]))
    assume(bytes(body) != log.request(5, 9))
    with pytest.raises(LedgerError) as refused:
        witness.add_checkpoint(bytes(body))
    assert refused.value.text("zh")
    assert size_known(witness, log) == 5


@given(
    old=st.integers(0, 2**63 - 1),
    new=st.integers(0, 2**63 - 1),
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=63),
)
def test_any_claim_of_a_log_is_answered_by_a_library_error(
    lasting: tuple[Witness, Log], old: int, new: int, proof: list[bytes]
) -> None:
    witness, log = lasting
    signed = sign_checkpoint(Checkpoint(ORIGIN, new, bytes(32)), log.signer)
    for start in (old, 5):
        with pytest.raises(LedgerError):
            witness.add_checkpoint(Request(start, tuple(proof), signed).to_bytes())


# Keys of the wrong kind


def test_a_cosigner_s_key_is_no_log_key(directory: Path) -> None:
    with pytest.raises(Malformed) as refused:
        add_log(directory, str(generate_key(ORIGIN, COSIGNATURE_V1)[1]))
    assert refused.value.code == "witness.log-key"


def test_a_log_key_is_no_witness_key(directory: Path) -> None:
    secret, _ = generate_key(WITNESS)
    (directory / "key").write_text(secret)
    with pytest.raises(Malformed), open_witness(directory, Clock()):
        pytest.fail("started with a log's key")


def test_a_log_cannot_sign_with_a_cosigner_s_key(witness: Witness, log: Log) -> None:
    cosigner = parse_signer_key(generate_key(ORIGIN, COSIGNATURE_V1)[0])
    text = log.signed(3).note.text
    note = Note(text, (Signature(ORIGIN, cosigner.key.key_id, cosigner.sign_bytes(text.encode())),))
    with pytest.raises(NotTrusted):
        witness.add_checkpoint(Request(0, (), replace(log.signed(3), note=note)).to_bytes())
