"""What the witness cosigns and what it refuses, check by check, in the order of tlog-witness."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, parse_signed_checkpoint, sign_checkpoint
from ledger.cosignature import cosigned_at
from ledger.errors import Refused
from ledger.merkle import EMPTY_ROOT
from ledger.note import Note, Signature, verified_by
from ledger.policy import parse_policy
from ledger.witness import (
    Conflict,
    Inconsistent,
    NotTrusted,
    Request,
    UnknownLog,
    Witness,
    open_witness,
    parse_request,
)
from ledger.witness_state import MAX_EVIDENCE, StateDirectory, add_log, origin_hash
from tests.ledger.witnessed_log import ORIGIN, START, WITNESS, Clock, Log, make_witness, size_known


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(tmp_path: Path, log: Log) -> Path:
    return make_witness(tmp_path / "w", log)


@pytest.fixture
def witness(directory: Path, clock: Clock) -> Iterator[Witness]:
    with open_witness(directory, clock) as witness:
        yield witness


def evidence_of(directory: Path) -> list[Path]:
    return sorted((directory / "evidence").rglob("*.request"))


# What is cosigned


def test_a_log_grows_step_by_step(witness: Witness, log: Log, clock: Clock, directory: Path) -> None:
    key = StateDirectory(directory).signer().key
    for old, new in [(0, 1), (1, 2), (2, 7), (7, 7), (7, 8), (8, 64)]:
        clock.now += 5
        signature = witness.add_checkpoint(log.request(old, new))
        assert signature.name == WITNESS
        assert cosigned_at(signature) == clock.now
        assert verified_by(log.signed(new).note.adding([signature]), [key]) == [(key, signature)]
        served = parse_signed_checkpoint(witness.checkpoint(origin_hash(ORIGIN)))
        assert served.checkpoint == log.signed(new).checkpoint
        assert served.note.signatures == (*log.signed(new).note.signatures, signature)


def test_a_policy_that_names_the_witness_is_satisfied(witness: Witness, log: Log, directory: Path) -> None:
    key = StateDirectory(directory).signer().key
    policy = parse_policy(f"log {log.signer.key}\nwitness w {key}\nquorum w\n".encode())
    witness.add_checkpoint(log.request(0, 3))
    served = parse_signed_checkpoint(witness.checkpoint(origin_hash(ORIGIN)))
    assert policy.require(served).cosigners == {"w": START}


def test_the_empty_tree_is_cosigned_and_then_extended(witness: Witness, log: Log) -> None:
    witness.add_checkpoint(log.request(0, 0))
    witness.add_checkpoint(log.request(0, 0))
    witness.add_checkpoint(log.request(0, 5))
    assert size_known(witness, log) == 5


def test_extension_lines_are_cosigned_with_the_rest(witness: Witness, log: Log, directory: Path) -> None:
    signed = log.signed(4, "extension")
    signature = witness.add_checkpoint(Request(0, (), signed).to_bytes())
    assert verified_by(signed.note.adding([signature]), [StateDirectory(directory).signer().key])


def test_signatures_by_strangers_are_neither_checked_nor_kept(witness: Witness, log: Log) -> None:
    signed = log.signed(4)
    stranger = Signature("stranger.example", b"\1\2\3\4", b"nonsense")
    signed = replace(signed, note=Note(signed.note.text, (stranger, *signed.note.signatures)))
    witness.add_checkpoint(Request(0, (), signed).to_bytes())
    assert b"stranger" not in witness.checkpoint(origin_hash(ORIGIN))


def test_logs_do_not_mix(tmp_path: Path) -> None:
    one, other = Log(), Log(origin="other.example/log")
    with open_witness(make_witness(tmp_path / "w", one, other), Clock()) as witness:
        witness.add_checkpoint(one.request(0, 7))
        witness.add_checkpoint(other.request(0, 3))
        assert (size_known(witness, one), size_known(witness, other)) == (7, 3)


def test_a_second_key_of_a_log_is_trusted_besides_the_first(directory: Path, log: Log) -> None:
    successor = Log(origin=ORIGIN)
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(log.request(0, 3))
        with pytest.raises(NotTrusted):
            witness.add_checkpoint(successor.request(3, 5))
    add_log(directory, str(successor.signer.key))
    with open_witness(directory, Clock()) as witness:
        witness.add_checkpoint(successor.request(3, 5))
        witness.add_checkpoint(log.request(5, 6))


# 409: from where


@pytest.mark.parametrize("old", [0, 4, 6, 7])
def test_another_old_size_is_answered_with_the_known_one(witness: Witness, log: Log, old: int, directory: Path) -> None:
    witness.add_checkpoint(log.request(0, 5))
    with pytest.raises(Conflict) as refused:
        witness.add_checkpoint(log.request(old, 7))
    assert refused.value.size == 5
    assert evidence_of(directory) == []


def test_a_log_that_was_never_cosigned_is_at_zero(witness: Witness, log: Log) -> None:
    assert size_known(witness, log) == 0


def test_the_conflict_is_told_before_the_proof_is_looked_at(witness: Witness, log: Log) -> None:
    witness.add_checkpoint(log.request(0, 5))
    with pytest.raises(Conflict):
        witness.add_checkpoint(Request(4, (bytes(32),), log.signed(7)).to_bytes())


def test_a_rollback_is_refused(witness: Witness, log: Log) -> None:
    witness.add_checkpoint(log.request(0, 7))
    for old in (0, 4):
        with pytest.raises(Conflict):
            witness.add_checkpoint(log.request(old, 4))
    assert size_known(witness, log) == 7


# 422: what does not follow


def test_a_fork_is_refused_and_kept(witness: Witness, log: Log, directory: Path) -> None:
    witness.add_checkpoint(log.request(0, 5))
    known = witness.checkpoint(origin_hash(ORIGIN))
    body = log.fork(at=3).request(5, 9)
    with pytest.raises(Inconsistent):
        witness.add_checkpoint(body)
    with pytest.raises(Inconsistent) as refused:
        witness.add_checkpoint(body)
    [kept] = evidence_of(directory)
    assert refused.value.evidence == str(kept)
    assert kept.read_bytes() == body
    assert kept.with_suffix(".known").read_bytes() == known
    assert witness.checkpoint(origin_hash(ORIGIN)) == known


def test_a_fork_behind_what_was_cosigned_is_one_log_to_the_witness(witness: Witness, log: Log) -> None:
    witness.add_checkpoint(log.request(0, 5))
    witness.add_checkpoint(log.fork(at=5).request(5, 9))
    with pytest.raises(Inconsistent):
        witness.add_checkpoint(log.request(9, 12))


@pytest.mark.parametrize("old", [5, 0, 4])
def test_a_split_view_is_kept_from_whatever_size_it_starts(
    witness: Witness, log: Log, directory: Path, old: int
) -> None:
    witness.add_checkpoint(log.request(0, 5))
    body = Request(old, (), log.fork(at=0).signed(5)).to_bytes()
    with pytest.raises((Inconsistent, Conflict)) as refused:
        witness.add_checkpoint(body)
    assert isinstance(refused.value, Inconsistent if old == 5 else Conflict)
    [kept] = evidence_of(directory)
    assert kept.read_bytes() == body
    assert refused.value.evidence == str(kept)


def test_a_wrong_proof_is_refused(witness: Witness, log: Log) -> None:
    witness.add_checkpoint(log.request(0, 5))
    proof = log.proof(5, 9)
    for wrong in ((), proof[:-1], (*proof, bytes(32)), proof[::-1], log.proof(4, 9), log.proof(5, 8)):
        with pytest.raises(Inconsistent):
            witness.add_checkpoint(Request(5, wrong, log.signed(9)).to_bytes())


def test_a_proof_where_there_is_nothing_to_prove_is_refused(witness: Witness, log: Log) -> None:
    with pytest.raises(Inconsistent):
        witness.add_checkpoint(Request(0, (bytes(32),), log.signed(5)).to_bytes())
    witness.add_checkpoint(log.request(0, 5))
    with pytest.raises(Inconsistent):
        witness.add_checkpoint(Request(5, (bytes(32),), log.signed(5)).to_bytes())


def test_the_empty_tree_has_one_root(witness: Witness, log: Log) -> None:
    with pytest.raises(Inconsistent):
        witness.add_checkpoint(Request(0, (), sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), log.signer)).to_bytes())
    witness.add_checkpoint(Request(0, (), sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), log.signer)).to_bytes())


def test_evidence_is_bounded_and_the_first_is_kept(witness: Witness, log: Log, directory: Path) -> None:
    witness.add_checkpoint(log.request(0, 5))
    fork = log.fork(at=3)
    bodies = [Request(5, (), fork.signed(9, f"{number}")).to_bytes() for number in range(MAX_EVIDENCE + 1)]
    for body in bodies[:-1]:
        with pytest.raises(Inconsistent):
            witness.add_checkpoint(body)
    with pytest.raises(Inconsistent) as refused:
        witness.add_checkpoint(bodies[-1])
    assert refused.value.evidence == "not kept: folder full"
    assert {path.read_bytes() for path in evidence_of(directory)} == set(bodies[:-1])


def test_a_refusal_stands_when_its_evidence_cannot_be_kept(witness: Witness, log: Log, directory: Path) -> None:
    (directory / "evidence").write_bytes(b"in the way")
    with pytest.raises(Inconsistent) as refused:
        witness.add_checkpoint(Request(0, (bytes(32),), log.signed(5)).to_bytes())
    assert refused.value.evidence.startswith("not kept: ")


# Time


def test_time_never_goes_back(directory: Path, log: Log) -> None:
    clock = Clock()
    with open_witness(directory, clock) as witness:
        witness.add_checkpoint(log.request(0, 3))
        clock.now -= 1
        with pytest.raises(Refused) as refused:
            witness.add_checkpoint(log.request(3, 4))
        assert refused.value.code == "witness.clock"
    with open_witness(directory, clock) as witness:
        with pytest.raises(Refused):
            witness.add_checkpoint(log.request(3, 4))
        clock.now += 1
        assert cosigned_at(witness.add_checkpoint(log.request(3, 4))) == START


def test_time_never_goes_back_from_one_log_to_another(tmp_path: Path, log: Log) -> None:
    clock, other = Clock(), Log(origin="other.example/log")
    with open_witness(make_witness(tmp_path / "w", log, other), clock) as witness:
        witness.add_checkpoint(log.request(0, 3))
        clock.now -= 1
        with pytest.raises(Refused):
            witness.add_checkpoint(other.request(0, 3))


def test_no_cosignature_is_dated_at_zero(witness: Witness, log: Log, clock: Clock) -> None:
    clock.now = 0
    with pytest.raises(Refused):
        witness.add_checkpoint(log.request(0, 3))
    clock.now = 1
    assert cosigned_at(witness.add_checkpoint(log.request(0, 3))) == 1


# Monitors


def test_a_checkpoint_that_is_not_there_is_unknown(witness: Witness) -> None:
    for name in (origin_hash(ORIGIN), origin_hash("other.example/log"), "", "0" * 64):
        with pytest.raises(UnknownLog):
            witness.checkpoint(name)


# Races


def test_of_two_histories_at_once_one_is_cosigned(witness: Witness, log: Log) -> None:
    witness.add_checkpoint(log.request(0, 5))
    bodies = [fork.request(5, size) for fork in (log, log.fork(at=5)) for size in range(6, 14)]
    start, passed = threading.Barrier(len(bodies)), []

    def submit(body: bytes) -> None:
        start.wait()
        with suppress(Conflict, Inconsistent):
            passed.append((parse_request(body), witness.add_checkpoint(body)))

    threads = [threading.Thread(target=submit, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [(request, signature)] = passed
    assert size_known(witness, log) == request.signed.size
    assert signature.line().encode() in witness.checkpoint(origin_hash(ORIGIN))
