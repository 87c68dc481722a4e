"""Each checkpoint is cosigned by whoever answers; who contradicts us raises an alarm; nobody holds up another."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.orm import Session

from expertpool.core import checkpoints, cosigning
from expertpool.core.cosigning import Asking, HistoryRefused, LastCosigned, WitnessAhead, addresses, start_asking
from expertpool.core.ledger_tables import LedgerWitness
from ledger.checkpoint import Checkpoint, SignedCheckpoint, parse_signed_checkpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.errors import LedgerError, Malformed, Refused, Unreadable
from ledger.note import NoteSigner, Signature
from ledger.policy import Policy, parse_policy
from ledger.witness_client import Accepted, OtherSize
from ledger.witness_server import WitnessServer
from ledger.witness_state import StateDirectory, add_log, init
from tests.core.ledgered import START, Office
from tests.ledger.signers import cosigner, signer
from tests.ledger.witnessed_log import Clock, serving

NOW = int(START.timestamp())


class Outsider:
    """A witness in memory that believes everything; ``size`` is the last that it cosigned, ``answer`` what it does."""

    def __init__(self, name: str) -> None:
        self.key: NoteSigner = cosigner(name)
        self.size = 0
        self.asked: list[tuple[int, int]] = []
        self.answer: Accepted | OtherSize | LedgerError | None = None

    def __call__(
        self, url: str, signed: SignedCheckpoint, old_size: int, proof: Sequence[bytes], *, timeout: float
    ) -> Accepted | OtherSize:
        self.asked.append((old_size, signed.size))
        if isinstance(self.answer, LedgerError):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if old_size != self.size:
            return OtherSize(self.size)
        self.size = signed.size
        return Accepted((cosign(signed, self.key, NOW + 5),))


@dataclass
class Centre:
    """An installation, two outsiders of whom both must cosign, and where a quorum is written down."""

    office: Office
    policy: Policy
    first: Outsider
    second: Outsider
    file: Path

    def asking(self, outsider: Outsider, address: str = "https://w1.example") -> Asking:
        last = LastCosigned(self.file, self.policy)
        return Asking(address, self.office.engine, self.policy, self.office.clock, last, timeout_s=1, send=outsider)

    def grow(self, entries: int = 1) -> None:
        for _ in range(entries):
            self.office.open_room()
        self.office.signer().step()

    def latest(self) -> SignedCheckpoint:
        signed = checkpoints.latest(self.office.engine)
        assert signed is not None
        return signed

    def row(self, address: str = "https://w1.example") -> LedgerWitness | None:
        with Session(self.office.engine) as session:
            return session.get(LedgerWitness, address)


def make_centre(office: Office, folder: Path) -> Centre:
    first, second = Outsider("one.example/w"), Outsider("two.example/w")
    lines = (
        f"log {office.vkey}",
        f"witness one {first.key.key}",
        f"witness two {second.key.key}",
        "group both all one two",
        "quorum both",
    )
    return Centre(office, parse_policy("\n".join(lines).encode()), first, second, folder / "worker" / "cosigned")


@pytest.fixture
def centre(sqlite_office: Office, tmp_path: Path) -> Centre:
    return make_centre(sqlite_office, tmp_path)


def test_a_checkpoint_is_cosigned_once_by_each_witness(office: Office, tmp_path: Path) -> None:
    centre = make_centre(office, tmp_path)
    one, two = centre.asking(centre.first), centre.asking(centre.second, "https://w2.example")
    assert not one.step()  # nothing signed yet
    centre.grow(3)

    assert [one.step(), one.step()] == [True, False]
    assert centre.policy.judge(centre.latest()).cosigners == {"one": NOW + 5}
    assert not centre.file.exists()
    assert two.step()
    assert centre.policy.require(centre.latest()).quorum
    assert parse_signed_checkpoint(centre.file.read_bytes()).size == 3
    row = centre.row()
    assert row is not None
    assert (row.size, row.cosigned_at, row.failure) == (3, START, None)
    assert row.stated_at is not None
    assert row.stated_at.timestamp() == NOW + 5

    centre.grow(300)
    assert one.step()
    assert centre.first.asked == [(0, 3), (3, 303)]


def test_what_is_sent_convinces_a_witness_of_the_standard(office: Office, tmp_path: Path) -> None:
    with outside_witness(office, tmp_path) as (server, policy):
        centre = Centre(office, policy, Outsider("x"), Outsider("y"), tmp_path / "cosigned")
        last = LastCosigned(centre.file, policy)
        asking = Asking(server.url, office.engine, policy, office.clock, last, timeout_s=10)
        for entries in (1, 6, 300):
            centre.grow(entries)
            assert asking.step()
            assert policy.require(centre.latest()).quorum
        again = Asking(server.url, office.engine, policy, office.clock, last, timeout_s=10)
        assert again.step()  # a restart asks again, which changes nothing
        assert len(centre.latest().note.signatures) == 2
        assert not again.step()
    assert parse_signed_checkpoint(centre.file.read_bytes()).size == 307


@contextmanager
def outside_witness(office: Office, folder: Path) -> Iterator[tuple[WitnessServer, Policy]]:
    init(folder / "w", "office.example/w")
    add_log(folder / "w", str(office.vkey))
    key = StateDirectory(folder / "w").signer().key
    with serving(folder / "w", Clock(NOW)) as server:
        yield server, parse_policy(f"log {office.vkey}\nwitness w {key} {server.url}\nquorum w".encode())


def test_a_witness_that_lags_is_shown_the_way(centre: Centre) -> None:
    asking = centre.asking(centre.first)
    centre.grow(2)
    asking.step()
    centre.grow(2)
    centre.first.size = 1  # restored, or it missed one
    assert asking.step()
    assert centre.first.asked == [(0, 2), (2, 4), (1, 4)]


def test_a_witness_that_knows_a_newer_checkpoint_is_asked_about_the_newest(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker was faster: no alarm."""
    centre.grow(2)
    older = centre.latest()
    centre.grow(3)
    answers = iter([older])
    newest = checkpoints.latest
    monkeypatch.setattr(checkpoints, "latest", lambda engine: next(answers, None) or newest(engine))
    centre.first.size = 4
    assert centre.asking(centre.first).step()
    assert centre.first.asked == [(0, 2), (4, 5)]


# Alarms


def alarm(centre: Centre, asking: Asking) -> dict[str, Any]:
    with structlog.testing.capture_logs() as logged:
        assert not asking.attempt()
    [line] = logged
    return dict(line)


def test_a_witness_that_is_ahead_means_that_the_database_went_back(centre: Centre) -> None:
    centre.grow(2)
    centre.first.size = 3
    asking = centre.asking(centre.first)
    with pytest.raises(WitnessAhead) as raised:
        asking.step()
    assert raised.value.params == {"address": "https://w1.example", "theirs": 3, "ours": 2}
    line = alarm(centre, asking)
    assert (line["event"], line["log_level"]) == ("cosigning.witness-ahead", "critical")
    assert "restored from the past" in line["meaning"]
    row = centre.row()
    assert row is not None
    assert (row.failure, row.failing_since) == ("cosigning.witness-ahead", START)


def test_a_witness_that_sees_no_extension_means_another_history(centre: Centre) -> None:
    centre.grow(2)
    centre.first.answer = Refused("witness.refused", url="https://w1.example", status=422)
    asking = centre.asking(centre.first)
    with pytest.raises(HistoryRefused):
        asking.step()
    line = alarm(centre, asking)
    assert (line["event"], line["log_level"]) == ("cosigning.history-refused", "critical")
    assert "改写或分叉" in line["meaning_zh"]


def test_a_real_witness_refuses_a_rewritten_log(sqlite_office: Office, tmp_path: Path) -> None:
    """The attack: the log key signs another tree of the same size, and the database says so too."""
    with outside_witness(sqlite_office, tmp_path) as (server, policy):
        centre = Centre(sqlite_office, policy, Outsider("x"), Outsider("y"), tmp_path / "cosigned")
        last = LastCosigned(centre.file, policy)
        centre.grow(4)
        Asking(server.url, sqlite_office.engine, policy, sqlite_office.clock, last, timeout_s=10).step()
        other = Checkpoint(sqlite_office.vkey.name, 4, bytes(32))
        forged = sign_checkpoint(other, sqlite_office.signer_key)
        with sqlite_office.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE ledger_checkpoints SET note = ?", (forged.to_bytes(),))
        with pytest.raises(HistoryRefused):
            Asking(server.url, sqlite_office.engine, policy, sqlite_office.clock, last, timeout_s=10).step()
    assert parse_signed_checkpoint(centre.file.read_bytes()).root != forged.root


# Trouble


def stranger(signed: SignedCheckpoint) -> Accepted:
    return Accepted((cosign(signed, cosigner("stranger.example/w"), NOW),))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Unreadable("witness.unreachable", url="u", why="timed-out"), "witness.unreachable"),
        (Malformed("witness.answer", url="u"), "witness.answer"),
        (Refused("witness.refused", url="u", status=404), "witness.refused"),
        (OtherSize(1), "witness.conflict"),
    ],
)
def test_a_failing_witness_is_seen_and_tried_again(
    centre: Centre, answer: LedgerError | OtherSize, reason: str
) -> None:
    centre.grow(2)
    centre.first.answer = answer
    asking = centre.asking(centre.first)
    line = alarm(centre, asking)
    assert (line["event"], line["log_level"], line["reason"]) == ("cosigning.failed", "warning", reason)
    row = centre.row()
    assert row is not None
    assert (row.size, row.failure, row.failing_since) == (None, reason, START)

    centre.first.answer = None
    assert asking.attempt()
    row = centre.row()
    assert row is not None
    assert (row.size, row.failure, row.failing_since) == (2, None, None)


def test_a_signature_that_is_not_the_witnesss_is_not_kept(centre: Centre) -> None:
    centre.grow(2)
    signed = centre.latest()
    key = centre.first.key.key
    invalid = Signature(key.name, key.key_id, bytes(72))
    for answer in (stranger(signed), Accepted((invalid,))):
        centre.first.answer = answer
        with pytest.raises(Refused):
            centre.asking(centre.first).step()
    assert centre.latest() == signed


def test_an_error_of_ours_is_logged_and_does_not_end_the_thread(centre: Centre) -> None:
    centre.grow(1)

    def broken(*_: object, **__: object) -> Accepted:
        raise ZeroDivisionError

    asking = centre.asking(centre.first)
    asking._send = broken
    line = alarm(centre, asking)
    assert (line["event"], line["log_level"]) == ("cosigning.broken", "error")


def test_a_damaged_file_of_the_last_cosigned_checkpoint_is_refused(centre: Centre) -> None:
    centre.file.parent.mkdir()
    centre.file.write_bytes(b"?")
    with pytest.raises(Malformed):
        LastCosigned(centre.file, centre.policy)


def test_the_last_cosigned_checkpoint_never_goes_back(centre: Centre) -> None:
    signer_ = signer(centre.office.vkey.name)
    policy = parse_policy(f"log {signer_.key}\nquorum none".encode())
    notes = [sign_checkpoint(Checkpoint(signer_.key.name, size, bytes(32)), signer_) for size in (5, 4, 5, 6)]
    last = LastCosigned(centre.file, policy)
    assert [last.offer(note) for note in notes] == [True, False, False, True]
    assert not LastCosigned(centre.file, policy).offer(notes[0])


# Several


def test_a_dead_witness_holds_up_nobody(centre: Centre) -> None:
    centre.grow(1)
    asked, released, done = threading.Event(), threading.Event(), threading.Event()

    def hangs(*_: object, **__: object) -> Accepted:
        asked.set()
        released.wait(60)
        raise Unreadable("witness.unreachable", url="u", why="timed-out")

    dead, alive = centre.asking(centre.first, "https://dead.example"), centre.asking(centre.second)
    dead._send = hangs
    threads = start_asking([dead, alive], 0.001, done)
    assert asked.wait(30)
    for entries in (1, 2, 3):
        centre.grow(entries)
        size = centre.latest().size
        wait_for(lambda size=size: (row := centre.row()) is not None and row.size == size)
    done.set()
    released.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def wait_for(condition: Any, seconds: float = 30) -> None:
    """Poll; the deadline only turns a hang into a failure."""
    deadline = threading.Event()
    timer = threading.Timer(seconds, deadline.set)
    timer.start()
    while not condition():
        assert not deadline.is_set()
    timer.cancel()


def test_pauses_grow_while_a_witness_fails(centre: Centre) -> None:
    asking, pauses = centre.asking(centre.first), []
    outcomes = iter([True, False, False, False, True, True])
    asking.attempt = lambda: next(outcomes)  # type: ignore[method-assign]

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            return len(pauses) == 7

    asking.run(20, Stop())
    assert pauses == [20, 20, 40, cosigning.LONGEST_PAUSE_S, cosigning.LONGEST_PAUSE_S, 20, 20]


def test_everyone_with_an_address_is_asked_once() -> None:
    key = cosigner("one.example/w").key
    policy = parse_policy(f"witness a {key} https://a.example\nquorum a".encode())
    assert addresses(policy, ("https://b.example", "https://a.example")) == ["https://a.example", "https://b.example"]
