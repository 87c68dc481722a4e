"""The agent's round: follow the log, cosign what was followed, do what waits in the mailbox.

In that order, so that nothing is answered on what was not seen; and each step is remembered, flushed, before the next
one tells anybody. Killed anywhere, the next round goes on where this one was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expertpool.core.clock import Clock
from expertpool.core.faults import crash_point
from expertpool.core.keystore import KeyStore, SealBroken
from expertpool.custodian import contributing, opening
from expertpool.custodian.client import Centre, Identity, Task
from expertpool.custodian.committees import Committees, keep_record
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.directory import SHARE, TRANSPORT, VRF, Config, cosigner, registration_of
from expertpool.custodian.errors import CentreRefused, Refusal, TaskMalformed, TaskUnknown
from expertpool.custodian.following import Follower
from expertpool.custodian.me import Me, find_me
from expertpool.custodian.memory import Memory
from expertpool.protocol.agents import open_task, seal_answer
from expertpool.protocol.errors import EnvelopeBroken, ProtocolError
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.cosignature import cosign
from ledger.errors import Refused
from ledger.policy import Policy
from ledger.store import Reader


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
        committees: Committees,
    ) -> None:
        self._config = config
        self._policy = policy
        self._keys = keys
        self._memory = memory
        self._centre = centre
        self._log = log
        self._follower = follower
        self._clock = clock
        self._committees = committees
        self._signer = cosigner(keys, config)
        self._public = registration_of(keys, config)

    def round(self) -> Round:
        """Do what there is to do.

        Raises `ClockWentBack`, an `Alarm` when it is found, `CentreUnreachable` and its kin, and the ledger's errors:
        then nothing was told that was not remembered, and the next round tries again.
        """
        self._memory.notice(self._clock.now())
        alarm = self._memory.alarm()
        if alarm is not None:
            return Round(self._memory.frontier().size, stopped=alarm["code"])
        done, asked = Round(), self._clock.now()
        offered = self._centre.offered()
        if offered.newest is None:
            return done
        self._follower.expect(offered.newest)
        self._follow(offered.cosigned, offered.next)
        mine = self.me()
        if mine is not None and offered.next is not None:
            done.cosigned = self._cosign(mine, offered.next)
        self._follow(offered.newest, parse_signed_checkpoint(self._log.checkpoint()))
        self._memory.note_current(asked)
        done.size = self._memory.frontier().size
        mine = self.me()
        if mine is not None:
            self._work(mine, done)
        self._committees.forget_ended(self._memory, self._clock.now(), self._config.keep_committees)
        if mine is not None:
            self._report(mine)
        return done

    def me(self) -> Me | None:
        """As whom the log has registered this agent's keys; None while it has not, or once they were retired."""
        return find_me(self._memory, self._public)

    def _work(self, mine: Me, done: Round) -> None:
        """Do what waits in the mailbox."""
        for task in self._centre.tasks(self._identity(mine)):
            if self._do(mine, task):
                done.answered += 1
            else:
                done.waiting += 1

    def _report(self, mine: Me) -> None:
        """Tell the centre what the owner opened without it, so that the ledger has it."""
        for each in self._memory.openings():
            if each.told:
                continue
            try:
                self._centre.report(self._identity(mine), each.statement, each.signature)
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

    def _cosign(self, mine: Me, signed: SignedCheckpoint) -> bool:
        """Cosign a checkpoint of the very tree that is remembered, larger than those before.

        It need not be the largest that is known here: else agents that look at different moments would each cosign
        another one, and a busy log would never get a quorum.
        """
        if self._memory.head(signed.size) != signed.root or signed.size <= self._memory.cosigned():
            return False
        made = cosign(signed, self._signer, int(self._clock.now().timestamp()))
        crash_point("custodian.cosigned")
        note = signed.note.adding([made])
        try:
            self._centre.cosign(self._identity(mine), note.to_bytes())
        except CentreRefused:
            return False  # its policy does not name this agent as a witness: that is the centre's loss
        crash_point("custodian.cosignature-sent")
        self._memory.note_cosigned(signed.size)
        return True

    def _do(self, mine: Me, task: Task) -> bool:
        """Answer a task, the same whenever it is seen again; false if its time has not come."""
        vault = self._vault()
        if vault is None:
            return False
        answer = self._memory.answer(task.id)
        if answer is None:
            try:
                answer = self._decide(mine, task)
            except NotYet as reason:
                self._memory.wait(task.id, reason.code)
                return False
            crash_point("custodian.answer-kept")
        self._centre.answer(self._identity(mine), task.id, seal_answer(vault, mine.id, task.id, answer))
        crash_point("custodian.answer-sent")
        return True

    def _decide(self, mine: Me, task: Task) -> dict[str, Any]:
        """Decide on a task and remember that, durably. Raises `NotYet`."""
        try:
            plain = open_task(self._opener, mine.id, task.id, task.sealed)
            if plain.get("task") != task.id:
                raise TaskMalformed
            match plain.get("kind"):
                case "prove-share":
                    return self._prove_share(task.id, plain)
                case "contribute":
                    return self._contribute(task.id, mine, plain)
                case "open":
                    return self._open(task.id, mine, plain)
                case "keep":
                    return self._keep(task.id, mine, plain)
            raise TaskUnknown
        except ProtocolError:
            return self._refuse(task.id, TaskMalformed())
        except Refusal as refusal:
            return self._refuse(task.id, refusal)

    def _prove_share(self, task: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        answer = {"nonce": plain.get("nonce")}
        crash_point("custodian.decided")
        self._memory.decide(task, answer)
        return answer

    def _contribute(self, task: str, mine: Me, plain: Mapping[str, Any]) -> dict[str, Any]:
        case = contributing.make_case(plain, mine, self._memory, self._clock.now(), self._config.settling)
        contributing.judge(case)
        answer = {"pi": self._keys.prove_ecvrf(VRF, case.entry.hash).hex()}
        crash_point("custodian.decided")
        self._memory.decide(task, answer, intent=case.index, project=case.asked.project, lots=case.asked.lots)
        return answer

    def _open(self, task: str, mine: Me, plain: Mapping[str, Any]) -> dict[str, Any]:
        now, settling = self._clock.now(), self._config.settling
        answer = opening.share_of(plain, mine, self._memory, now, settling=settling, opener=self._opener)
        crash_point("custodian.decided")
        self._memory.decide(task, answer)
        return answer

    def _keep(self, task: str, mine: Me, plain: Mapping[str, Any]) -> dict[str, Any]:
        answer = keep_record(plain, mine, self._memory, self._committees)
        crash_point("custodian.record-kept")
        self._memory.decide(task, answer)
        return answer

    def _refuse(self, task: str, refusal: Refusal) -> dict[str, Any]:
        answer = {"entry": refusal.entry, "refused": refusal.code}
        crash_point("custodian.decided")
        self._memory.decide(task, answer)
        return answer

    def _identity(self, mine: Me) -> Identity:
        return Identity(mine.id, lambda message: self._keys.sign_ed25519(TRANSPORT, message))

    def _vault(self) -> bytes | None:
        """The vault's key as the log shows it."""
        shown = self._memory.entries("vault.registered")
        return bytes.fromhex(str(shown[-1].entry.body["public"])) if shown else None

    def _opener(self, ciphertext: bytes, info: bytes) -> bytes:
        try:
            return self._keys.open_hpke(SHARE, ciphertext, info)
        except SealBroken:
            raise EnvelopeBroken from None
