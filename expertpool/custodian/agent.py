"""The agent's round: follow the log, cosign what was followed, do what waits in the mailbox.

In that order, so that nothing is answered on what was not seen; and each step is remembered, flushed, before the next
one tells anybody. Killed anywhere, the next round goes on where this one was.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.core.clock import Clock
from expertpool.core.errors import ExpertpoolError
from expertpool.core.faults import crash_point
from expertpool.core.keystore import KeyStore
from expertpool.custodian.answering import Answering
from expertpool.custodian.client import Centre, Task
from expertpool.custodian.committees import Committees
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.directory import Config
from expertpool.custodian.errors import CentreRefused
from expertpool.custodian.following import Follower
from expertpool.custodian.keysets import key_sets
from expertpool.custodian.me import find_me
from expertpool.custodian.memory import Memory
from expertpool.custodian.remembering import forget, refuse_what_is_unknown
from expertpool.custodian.timekeeping import Timekeeper
from expertpool.protocol.agents import seal_answer
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.cosignature import cosign
from ledger.errors import LedgerError, Refused
from ledger.policy import Policy
from ledger.store import Reader

REFUSED_FOR: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Round:
    """What a round came to. ``stopped`` is the code of the alarm that keeps the agent from doing anything."""

    size: int = 0
    cosigned: bool = False
    answered: int = 0
    waiting: int = 0
    stopped: str | None = None


class Agent:
    """One key holder's agent. ``settling`` and the policy are its owner's, never the centre's."""

    def __init__(
        self,
        config: Config,
        policy: Policy,
        keys: KeyStore,
        memory: Memory,
        *,
        centre: Centre,
        log: Reader,
        follower: Follower,
        clock: Clock,
        time: Timekeeper,
        committees: Committees,
    ) -> None:
        self._config = config
        self._policy = policy
        self._memory = memory
        self._centre = centre
        self._log = log
        self._follower = follower
        self._clock = clock
        self._time = time
        self._committees = committees
        self._refused: dict[str, datetime] = {}
        self.sets = key_sets(keys, config)

    def round(self) -> Round:
        """Do what there is to do.

        Raises `ClockWentBack`, `ClockLeapt`, an `Alarm` when it is found, `CentreUnreachable` and its kin, and the
        ledger's errors: then nothing was told that was not remembered, and the next round tries again.
        """
        asked = self._time.check()
        alarm = self._memory.alarm()
        if alarm is not None:
            return Round(self._memory.frontier().size, stopped=alarm["code"])
        done = Round()
        offered = self._centre.offered()
        if offered.newest is None:
            return done
        self._follower.expect(offered.newest)
        self._follow(offered.cosigned, offered.next)
        refuse_what_is_unknown(self._memory, self.sets, (offered.cosigned, offered.next, offered.newest))
        if offered.next is not None:
            done.cosigned = self._cosign(offered.next)
        self._follow(offered.newest, parse_signed_checkpoint(self._log.checkpoint()))
        refuse_what_is_unknown(self._memory, self.sets)
        self._memory.note_current(asked)
        self._time.confirm(self._memory.log_time())
        done.size = self._memory.frontier().size
        self._work(done)
        self.note_keys()
        if self._time.is_trusted:  # what is old by a wrong clock is not old
            self._committees.forget_ended(self._memory, self._clock.now(), self._config.keep_committees)
            forget(self._memory, self._clock.now())
        return done

    def acting(self) -> list[Answering]:
        """As whom the log shows the agent's sets of keys; those not registered yet, or retired, are nobody's."""
        found = []
        for keys in self.sets:
            me = find_me(self._memory, keys.public)
            if me is not None:
                found.append(
                    Answering(
                        me,
                        keys,
                        self._config,
                        self._memory,
                        clock=self._clock,
                        time=self._time,
                        committees=self._committees,
                    )
                )
        return found

    def note_keys(self) -> None:
        """Note how the sets of keys stand in the log, for status to show."""
        found = [
            {"number": each.number, "state": each.state(self._memory), "fingerprint": each.public.fingerprint}
            for each in self.sets
        ]
        self._memory.note_fact("keys", json.dumps(found))

    def note_trouble(self, trouble: ExpertpoolError | LedgerError | None) -> None:
        """Note what keeps the agent from its rounds, for status to show; None once nothing does."""
        texts = None
        if isinstance(trouble, ExpertpoolError):
            texts = {"zh": trouble.message("zh"), "en": trouble.message("en")}
        elif trouble is not None:
            texts = {"zh": trouble.text("zh"), "en": trouble.text("en")}
        self._memory.note_fact("trouble", json.dumps(texts, ensure_ascii=False))

    def _work(self, done: Round) -> None:
        """Do what waits in the mailboxes, then tell what the owner opened without the centre."""
        seen: set[str] = set()
        acting = self.acting()
        for each in acting:
            tasks = self._centre.tasks(each.identity)
            seen |= {task.id for task in tasks}
            answered = self._do(each, tasks)
            done.answered += answered
            done.waiting += len(tasks) - answered
        if acting:
            self._memory.wait_only_for(seen)
            self._report(acting[0])

    def _report(self, mine: Answering) -> None:
        """Tell the centre what the owner opened without it, so that the ledger has it."""
        for each in self._memory.openings():
            if each.told:
                continue
            try:
                self._centre.report(mine.identity, each.statement, each.signature)
            except CentreRefused:
                continue  # its status goes on showing that the centre does not have it
            crash_point("custodian.opening-told")
            self._memory.note_told(each.statement)

    def _follow(self, *shown: SignedCheckpoint | None) -> None:
        """Read on to each of these checkpoints, the smaller first, and note which of them a quorum cosigned."""
        found = sorted((each for each in shown if each is not None), key=lambda each: each.size)
        for signed in found:
            self._follower.check(signed)
            self._follower.follow(signed)
            self._note_quorum(signed)

    def _note_quorum(self, signed: SignedCheckpoint) -> None:
        """Remember a quorum by the owner's policy, of a tree that was followed."""
        try:
            quorum = self._policy.judge(signed).quorum
        except Refused:
            return
        if quorum and self._memory.head(signed.size) == signed.root:
            self._memory.note_quorum(signed.size)

    def _cosign(self, signed: SignedCheckpoint) -> bool:
        """Cosign a checkpoint of the very tree that is remembered, larger than those before.

        It need not be the largest that is known here: else agents that look at different moments would each cosign
        another one, and a busy log would never get a quorum.
        """
        if self._memory.head(signed.size) != signed.root or signed.size <= self._memory.cosigned():
            return False
        taken = [self._cosign_as(each, signed) for each in self.acting()]  # each, whoever of them the policy names
        return any(taken)

    def _cosign_as(self, mine: Answering, signed: SignedCheckpoint) -> bool:
        """Cosign with one set of keys; false where the centre's policy does not name it as a witness.

        A key that the owner's own policy does not name either (the centre's, which vouches for itself to nobody) is not
        tried again for `REFUSED_FOR`.
        """
        key, now = mine.keys.signer.key, self._clock.now()
        if key not in self._policy.witnesses.values() and now < self._refused.get(str(key), now):
            return False
        made = cosign(signed, mine.keys.signer, int(self._clock.now().timestamp()))
        self._memory.begin_cosigning(signed.size)
        crash_point("custodian.cosigned")
        note = signed.note.adding([made])
        try:
            self._centre.cosign(mine.identity, note.to_bytes())
        except CentreRefused:
            self._refused[str(key)] = now + REFUSED_FOR
            return False
        crash_point("custodian.cosignature-sent")
        self._memory.note_cosigned(signed.size)
        return True

    def _do(self, mine: Answering, tasks: Sequence[Task]) -> int:
        """Answer the tasks whose time has come, each the same whenever it is seen again; returns how many these are."""
        vault = self._vault()
        if vault is None:
            return 0
        answers = {task.id: self._answer(mine, task) for task in tasks}
        sealed = {
            task: seal_answer(vault, mine.me.id, task, answer) for task, answer in answers.items() if answer is not None
        }
        if sealed:
            self._centre.answer(mine.identity, sealed)
            crash_point("custodian.answer-sent")
        return len(sealed)

    def _answer(self, mine: Answering, task: Task) -> dict[str, Any] | None:
        """The answer to a task, remembered; None if its time has not come."""
        answer = self._memory.answer(task.id)
        if answer is None:
            try:
                answer = mine.decide(task)
            except NotYet as reason:
                self._memory.wait(task.id, reason.code, reason.entry)
                return None
            crash_point("custodian.answer-kept")
        return answer

    def _vault(self) -> bytes | None:
        """The vault's key as the log shows it."""
        shown = self._memory.entries("vault.registered")
        return bytes.fromhex(str(shown[-1].entry.body["public"])) if shown else None
