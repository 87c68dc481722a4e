"""Has outsiders cosign: each new checkpoint goes to every witness, and what comes back is verified and kept.

One witness, one `Asking`: a slow or dead one never holds up another. A witness that contradicts us is an alarm, not
a failure: either this ledger was set back or rewritten, or that witness was.
"""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.clock import Clock
from expertpool.core.errors import Conflict, ExpertpoolError
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerCheckpoint, LedgerWitness
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.cosignature import cosigned_at
from ledger.durable import replace_file
from ledger.errors import LedgerError, Refused
from ledger.merkle import consistency_proof
from ledger.note import Signature, verified_by
from ledger.policy import Policy
from ledger.store import nodes_of
from ledger.witness_client import Accepted, OtherSize, submit

LONGEST_PAUSE_S: Final = 60.0
_INCONSISTENT: Final = 422  # tlog-witness: the checkpoint is not shown to extend the last one cosigned

log = structlog.get_logger("cosigning")


class WitnessAhead(Conflict):
    code = "cosigning.witness-ahead"
    zh = (
        "共签方 {address} 已共签过 {theirs} 个条目，而本账本只签到 {ours} 个：本数据库很可能被恢复到过去或被截短。"
        "请停止受理，核对数据库，并向共签方索取该检查点。"
    )
    en = (
        "Witness {address} has cosigned {theirs} entries, but only {ours} are signed here: this database was probably "
        "restored from the past or cut short. Stop taking requests, check the database, ask the witness for it."
    )
    address: str
    theirs: int
    ours: int


class HistoryRefused(Conflict):
    code = "cosigning.history-refused"
    zh = (
        "共签方 {address} 认定本账本（{size} 个条目）不是其共签过的账本的延续：账本被改写或分叉，或该共签方出错。"
        "请停止受理，通知审计人员，并向共签方索取证据。"
    )
    en = (
        "Witness {address} holds that this log of {size} entries does not extend what it cosigned: the log was "
        "rewritten or forked, or the witness is wrong. Stop taking requests, tell the auditors, ask for its evidence."
    )
    address: str
    size: int


ALARMS: Final = (WitnessAhead, HistoryRefused)
"""What a witness remembers and what this database holds cannot both be the ledger's history."""


class Submit(Protocol):
    """Sends a checkpoint to a witness; see ``ledger.witness_client.submit``."""

    def __call__(
        self, url: str, signed: SignedCheckpoint, old_size: int, proof: list[bytes], *, timeout: float
    ) -> Accepted | OtherSize: ...


class LastCosigned:
    """The last checkpoint that a quorum cosigned, in a file outside the database; see ``core.startup``."""

    def __init__(self, path: Path, policy: Policy) -> None:
        """Raises Malformed when the file is there and damaged."""
        self._path = path
        self._policy = policy
        self._lock = threading.Lock()
        self._size()

    def offer(self, signed: SignedCheckpoint) -> bool:
        """Keep a checkpoint if it has a quorum and is larger than the one kept; returns whether it was kept."""
        with self._lock:
            if signed.size <= self._size() or not self._policy.judge(signed).quorum:
                return False
            replace_file(self._path, signed.to_bytes())
            return True

    def _size(self) -> int:
        """Of the one kept, read again each time: web processes, to which agents cosign, keep it too."""
        return parse_signed_checkpoint(self._path.read_bytes()).size if self._path.exists() else -1


class Asking:
    """Asks one witness, at ``address``, to cosign what this ledger signs."""

    def __init__(
        self,
        address: str,
        engine: Engine,
        policy: Policy,
        clock: Clock,
        last_cosigned: LastCosigned,
        *,
        timeout_s: float,
        send: Submit = submit,
    ) -> None:
        self.address = address
        self._engine = engine
        self._policy = policy
        self._clock = clock
        self._last_cosigned = last_cosigned
        self._timeout_s = timeout_s
        self._send = send
        self._size: int | None = None  # what the witness last cosigned for us; None until it has told

    def run(self, pause_s: float, stop: threading.Event) -> None:
        """Ask whenever there is something new, at most every ``pause_s`` seconds; less often while it fails."""
        pause = pause_s
        while not stop.wait(pause):
            pause = pause_s if self.attempt() else min(2 * pause, LONGEST_PAUSE_S)

    def attempt(self) -> bool:
        """`step`, with trouble logged and shown instead of raised; returns whether all went well."""
        try:
            self.step()
        except ALARMS as alarm:
            log.critical(alarm.code, meaning=alarm.message("en"), meaning_zh=alarm.message("zh"))
            self._show_failure(alarm.code)
        except (LedgerError, ExpertpoolError) as error:
            meaning = error.text("en") if isinstance(error, LedgerError) else error.message("en")
            log.warning("cosigning.failed", witness=self.address, reason=error.code, meaning=meaning)
            self._show_failure(error.code)
        except Exception:
            log.exception("cosigning.broken", witness=self.address)
            self._show_failure("cosigning.broken")
        else:
            return True
        return False

    def step(self) -> bool:
        """Have the newest checkpoint cosigned; returns False when there is nothing new to cosign.

        Raises one of `ALARMS`, LedgerError when the witness cannot be reached, declines or answers nonsense, and
        `DatabaseDown` or `DatabaseBusy`.
        """
        signed = checkpoints.latest(self._engine)
        if signed is None or signed.size == self._size:
            return False
        signed, answer = self._ask(signed, self._size or 0)
        cosignatures = self._verified(signed, answer)
        with self._engine.begin() as connection:
            checkpoints.add_cosignatures(connection, signed.size, cosignatures)
            self._show_success(connection, signed.size, cosigned_at(cosignatures[0]))
            note = connection.scalars(select(LedgerCheckpoint.note).where(LedgerCheckpoint.size == signed.size)).one()
        self._size = signed.size
        if self._last_cosigned.offer(parse_signed_checkpoint(note)):
            log.info("cosigning.quorum", size=signed.size)
        return True

    def _ask(self, signed: SignedCheckpoint, old_size: int) -> tuple[SignedCheckpoint, Accepted]:
        """Submit, and once more from the size that the witness names: it may have forgotten us, or heard of us."""
        for _ in range(2):
            if old_size > signed.size:
                signed = self._catch_up(signed, old_size)
            answer = self._submit(signed, old_size)
            if isinstance(answer, Accepted):
                return signed, answer
            old_size = answer.size
        if old_size > signed.size:
            self._catch_up(signed, old_size)
        raise Refused("witness.conflict", size=old_size)

    def _catch_up(self, signed: SignedCheckpoint, theirs: int) -> SignedCheckpoint:
        """The newest checkpoint, which must be as large as what the witness knows. Raises `WitnessAhead`."""
        newest = checkpoints.latest(self._engine) or signed
        if newest.size < theirs:
            raise WitnessAhead(self.address, theirs, newest.size)
        return newest

    def _submit(self, signed: SignedCheckpoint, old_size: int) -> Accepted | OtherSize:
        proof = consistency_proof(old_size, signed.size, nodes_of(SqlLog(self._engine), signed.size))
        try:
            return self._send(self.address, signed, old_size, proof, timeout=self._timeout_s)
        except Refused as refused:
            if refused.params.get("status") == _INCONSISTENT:
                raise HistoryRefused(self.address, signed.size) from None
            raise

    def _verified(self, signed: SignedCheckpoint, answer: Accepted) -> list[Signature]:
        """The cosignatures by witnesses of the policy; raises Refused when there is none, or one is invalid."""
        note = type(signed.note)(signed.note.text, answer.signatures)
        found = [made for _, made in verified_by(note, self._policy.witnesses.values())]
        if not found:
            raise Refused("note.no-known-signature")
        return found

    def _show_success(self, connection: Connection, size: int, stated_at: int) -> None:
        with Session(connection) as session:
            row = session.merge(LedgerWitness(address=self.address))
            row.size, row.cosigned_at = size, self._clock.now()
            row.stated_at = datetime.fromtimestamp(stated_at, UTC)
            row.failure = row.failing_since = None
            session.flush()

    def _show_failure(self, code: str) -> None:
        """Write the failure down, once as long as it is the same; the database itself may be what fails."""
        try:
            with Session(self._engine) as session, session.begin():
                row = session.merge(LedgerWitness(address=self.address))
                if row.failure != code:
                    row.failure = code
                    row.failing_since = row.failing_since or self._clock.now()
        except ExpertpoolError as error:
            log.warning("cosigning.not-shown", witness=self.address, reason=error.code)


def addresses(policy: Policy, further: tuple[str, ...]) -> list[str]:
    """Where to ask: the policy's addresses and those that the settings add."""
    return sorted({*policy.addresses.values(), *further})


def start_asking(askings: list[Asking], pause_s: float, stop: threading.Event) -> list[threading.Thread]:
    """Follow the ledger for every witness in a thread of its own, until ``stop``.

    They are daemons: one that waits for an answer does not keep the process from ending, and loses nothing by it.
    """
    threads = [
        threading.Thread(target=asking.run, args=(pause_s, stop), name=f"cosigning {asking.address}", daemon=True)
        for asking in askings
    ]
    for thread in threads:
        thread.start()
    return threads
