"""A bundle under replay, and what the steps have established so far.

A step is a function of the `Case`. What it establishes, later steps read; a step that rests on one that failed is not
taken.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast, overload

from expertpool.protocol.bidders import Bidders
from expertpool.protocol.bundle import Bundle
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import Intent
from expertpool.protocol.replay.redraw import Drawn
from expertpool.protocol.replay.steps import TITLES, Ended, NotChecked, Said, Step
from expertpool.protocol.replay.story import Story
from expertpool.protocol.request import DrawRequest
from expertpool.protocol.seed import Seeds
from ledger.checkpoint import SignedCheckpoint
from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.note import VerifierKey
from ledger.policy import Policy
from policies.rulebook import Rulebook

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""
Known = TypeVar("Known")


class After(Generic[Known]):
    """Something that a step establishes for later ones; they are not taken when that step failed."""

    def __init__(self, step: str) -> None:
        self._step = step

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, case: None, owner: type) -> "After[Known]": ...

    @overload
    def __get__(self, case: "Case", owner: type) -> Known: ...

    def __get__(self, case: "Case | None", owner: type) -> "Known | After[Known]":
        if case is None:
            return self
        if self._name not in case.known:
            zh, en = TITLES[self._step]
            raise NotChecked(f"“{zh}”一步没有通过，此步无从核对。", f"Not checked, because “{en}” failed.")
        return cast("Known", case.known[self._name])

    def __set__(self, case: "Case", value: Known) -> None:
        case.known[self._name] = value


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the verifier trusts, from the verifier's own side: the log's key, and who must have cosigned."""

    log_key: VerifierKey | None = None
    policy: Policy | None = None


class Case:
    """A bundle under replay, and what the steps have established so far."""

    signed = After[SignedCheckpoint]("format")
    intended = After[Entry]("intent")
    intent = After[Intent]("intent")
    story = After[Story]("order")
    rows_hold = After[bool]("table")
    outputs = After[Mapping[str, bytes]]("contributions")
    randomness = After[bytes | None]("beacon")
    seeds = After[Seeds]("seed")
    drawn = After[Drawn]("panel")
    struck = After[frozenset[int]]("struck")
    request = After[DrawRequest]("request")
    bidders = After[Bidders | None]("request")
    rulebook = After[Rulebook]("request")
    current = After[frozenset[bytes]]("roster")
    roster_entries = After[frozenset[int]]("roster")
    struck_again = After[frozenset[int]]("decisions")

    def __init__(self, bundle: Bundle, trust: Trust, progress: Progress) -> None:
        self.bundle, self.trust, self.progress = bundle, trust, progress
        self.known: dict[str, Any] = {}

    def entries(self, *kinds: str, draw: bool = True) -> Iterator[Entry]:
        """The entries of some kinds, by default of this draw, in the order of the ledger."""
        for proven in self.bundle.entries:
            entry = proven.entry
            if entry.kind in kinds and (not draw or entry.body.get("draw") == self.bundle.draw):
                yield entry

    def of_intent(self, *kinds: str) -> Iterator[Entry]:
        """The entries of some kinds that name the intent, in the order of the ledger."""
        return (entry for entry in self.entries(*kinds) if entry.body.get("intent") == self.bundle.intent)


Check = Callable[[Case], Said]


def take(name: str, check: Check, case: Case) -> Step:
    """Take one step."""
    try:
        said = check(case)
    except Ended as ended:
        return Step(name, ended.outcome, ended.zh, ended.en, ended.details)
    except (ProtocolError, LedgerError) as error:
        return Step(name, "differs", error.text("zh"), error.text("en"), {"code": error.code})
    return Step(name, "ok", *said)
