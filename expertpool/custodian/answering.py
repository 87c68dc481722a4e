"""What the agent answers to a task, with one of its sets of keys: by the rules, by the hour, by its owner's word."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from expertpool.core.clock import Clock
from expertpool.core.faults import crash_point
from expertpool.custodian import contributing, opening
from expertpool.custodian.client import Identity, Task
from expertpool.custodian.committees import Committees, keep_record
from expertpool.custodian.consenting import consent_of
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.directory import Config
from expertpool.custodian.errors import Refusal, TaskMalformed, TaskUnknown
from expertpool.custodian.keysets import KeySet
from expertpool.custodian.me import Me
from expertpool.custodian.memory import OWNER_MUST_APPROVE, Memory
from expertpool.custodian.timekeeping import Timekeeper
from expertpool.custodian.troubles import OwnerDeclined
from expertpool.protocol.agents import open_task
from expertpool.protocol.errors import ProtocolError


class Answering:
    """``me``: as whom the log shows ``keys``."""

    def __init__(
        self,
        me: Me,
        keys: KeySet,
        config: Config,
        memory: Memory,
        *,
        clock: Clock,
        time: Timekeeper,
        committees: Committees,
    ) -> None:
        self.me = me
        self.keys = keys
        self._config = config
        self._memory = memory
        self._clock = clock
        self._time = time
        self._committees = committees

    @property
    def identity(self) -> Identity:
        """As whom requests to the centre are signed."""
        return Identity(self.me.id, self.keys.sign)

    def decide(self, task: Task) -> dict[str, Any]:
        """Decide on a task and remember that, durably. Raises `NotYet`."""
        try:
            plain = open_task(self.keys.open, self.me.id, task.id, task.sealed)
            if plain.get("task") != task.id:
                raise TaskMalformed
            match plain.get("kind"):
                case "prove-share":
                    return self._prove_share(task.id, plain)
                case "contribute":
                    return self._contribute(task.id, plain)
                case "open":
                    return self._open(task.id, plain)
                case "keep":
                    return self._keep(task.id, plain)
                case "consent":
                    return self._consent(task.id, plain)
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

    def _contribute(self, task: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        case = contributing.make_case(plain, self.me, self._memory, self._now(), self._config.settling)
        contributing.judge(case)
        self._ask_owner(case.index)
        answer = {"pi": self.keys.prove(case.entry.hash).hex()}
        crash_point("custodian.decided")
        self._memory.decide(task, answer, intent=case.index, project=case.asked.project, lots=case.asked.lots)
        return answer

    def _open(self, task: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        now, settling = self._now(), self._config.settling
        answer = opening.share_of(plain, self.me, self._memory, now, settling=settling, opener=self.keys.open)
        self._ask_owner(plain["release"])
        crash_point("custodian.decided")
        self._memory.decide(task, answer)
        return answer

    def _keep(self, task: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        answer = keep_record(plain, self.me, self._memory, self._committees)
        crash_point("custodian.record-kept")
        self._memory.decide(task, answer)
        return answer

    def _consent(self, task: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        now, settling = self._now(), self._config.settling
        answer = consent_of(plain, self.me, self._memory, now, settling=settling, sign=self.keys.sign)
        crash_point("custodian.decided")
        self._memory.decide(task, answer)
        return answer

    def _refuse(self, task: str, refusal: Refusal) -> dict[str, Any]:
        answer = {"entry": refusal.entry, "refused": refusal.code}
        crash_point("custodian.decided")
        self._memory.decide(task, answer)
        return answer

    def _now(self) -> datetime:
        """The moment by which to decide. Raises `NotYet` while the clock is not to be believed."""
        if not self._time.is_trusted:
            raise NotYet("clock-unconfirmed")
        return self._clock.now()

    def _ask_owner(self, entry: int) -> None:
        """Where the owner wants to be asked: go on only after it approved this entry. Raises `NotYet`, `OwnerDeclined`.

        It comes last, so that the owner is asked about nothing that the rules refuse anyway.
        """
        said = self._memory.approval(entry)
        if said is False:
            raise OwnerDeclined(entry)
        if self._config.ask and said is None:
            raise NotYet(OWNER_MUST_APPROVE, entry)
