"""What a delta file means for the pool as it stands: who comes, who changes, who goes. Writes nothing.

Public: `make_plan`, `Plan`.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.experts.lifecycle import Pool, Status
from expertpool.experts.mirror_errors import (
    GoneUnknown,
    LineWrong,
    MemberWrong,
    NumberHeld,
    RosterDiffers,
    TwiceInFile,
)
from expertpool.experts.mirror_format import Head, HeadKind, roster_commitment
from expertpool.experts.mirror_lines import Gone, Put, line_wrong, refuse
from expertpool.experts.models import Expert, MirroredLine
from expertpool.experts.protection import Protector


class Plan(NamedTuple):
    """What is to be done. Whoever's line is the one that they were taken from already is in none of the lists."""

    go: Sequence[tuple[str, Status]]
    change: Sequence[tuple[str, Put]]
    enrol: Sequence[Put]

    @property
    def acts(self) -> int:
        """How many experts it touches."""
        return len(self.go) + len(self.change) + len(self.enrol)


def make_plan(session: Session, protector: Protector, pool: Pool, head: Head, lines: Sequence[Put | Gone]) -> Plan:
    """Compare a file's lines with the pool. Raises `LinesWrong`, `RosterDiffers`.

    What the roster will be is computed here, before anything is done: if it is not what the head names, nothing is.
    """
    comparison = _Comparison(session, protector, pool, full=head.kind is HeadKind.FULL)
    for line in sorted(lines, key=lambda line: isinstance(line, Put)):  # who goes first: their numbers become free
        if isinstance(line, Put):
            comparison.stands(line)
        else:
            comparison.goes(line)
    refuse(comparison.problems)
    plan, roster = comparison.result()
    if roster_commitment(roster) != head.roster:
        raise RosterDiffers(len(roster), head.roster.count)
    return plan


class _Known(NamedTuple):
    """Somebody who has a record in the pool; ``leaf`` is None unless they are on its roster."""

    expert_id: str
    leaf: bytes | None


class _Comparison:
    """Finds for each line the record that it is about: by the pool's number, else by identity number."""

    def __init__(self, session: Session, protector: Protector, pool: Pool, *, full: bool) -> None:
        self._index = partial(protector.blind_index, pool)
        self._full = full
        self._by_code: dict[bytes, _Known] = {}
        self._by_number: dict[bytes, _Known] = {}
        self._places: dict[bytes, int] = {}  # blind index -> line; an index is bound to its column
        self._ends: dict[str, Status] = {}
        self._puts: dict[str, Put] = {}
        self._new: list[Put] = []
        self.problems: list[LineWrong] = []
        self._read(session, pool)

    def goes(self, gone: Gone) -> None:
        """Take a line that says that somebody is gone."""
        code = self._index("code", gone.code)
        known = self._by_code.get(code)
        if self._full:
            self.problems.append(line_wrong(gone.line, MemberWrong(field="gone")))
        elif self._twice(code, gone.line, "code"):
            return
        elif known is None:
            self.problems.append(line_wrong(gone.line, GoneUnknown(field="code")))
        else:
            self._ends[known.expert_id] = gone.end

    def stands(self, put: Put) -> None:
        """Take a line that puts somebody on the roster, after all that say who is gone."""
        code = self._index("code", put.code)
        number = None if put.identity.id_number is None else self._index("id_number", put.identity.id_number)
        if self._twice(code, put.line, "code") or self._twice(number, put.line, "person.id_number"):
            return
        known = self._by_code.get(code)
        holder = None if number is None else self._by_number.get(number)
        if known is None and holder is not None and self._may_return(holder):
            known = holder  # the same person, back under another number: the same record
        if (holder is not None and holder is not known) or (known is not None and known.expert_id in self._puts):
            self.problems.append(line_wrong(put.line, NumberHeld(field="person.id_number")))
        elif known is None:
            self._new.append(put)
        else:
            self._puts[known.expert_id] = put

    def result(self) -> tuple[Plan, list[bytes]]:
        """What to do, and the leaves of the roster afterwards."""
        roster = [put.leaf for put in (*self._puts.values(), *self._new)]
        change, go = [], []
        for known in self._by_code.values():
            put = self._puts.get(known.expert_id)
            end = self._ends.get(known.expert_id, Status.LEFT if self._full else None)
            if put is not None:
                change += [] if put.leaf == known.leaf else [(known.expert_id, put)]
            elif known.leaf is not None and end is not None:
                go.append((known.expert_id, end))
            elif known.leaf is not None:
                roster.append(known.leaf)
        return Plan(go, change, self._new), roster

    def _read(self, session: Session, pool: Pool) -> None:
        columns = select(Expert.id, Expert.code_index, Expert.id_number_index, MirroredLine.leaf)
        people = columns.outerjoin(MirroredLine, MirroredLine.expert_id == Expert.id)
        here = (Expert.centre_id == pool.centre_id, Expert.origin == pool.origin)
        for expert_id, code, number, leaf in session.execute(people.where(*here)):
            known = _Known(expert_id, leaf)
            if code is not None:  # None: an erased record
                self._by_code[code] = known
            if number is not None:
                self._by_number[number] = known

    def _may_return(self, holder: _Known) -> bool:
        return holder.leaf is None or holder.expert_id in self._ends or self._full

    def _twice(self, index: bytes | None, line: int, member: str) -> bool:
        other = line if index is None else self._places.setdefault(index, line)
        if other != line:
            self.problems.append(line_wrong(line, TwiceInFile(other, field=member)))
        return other != line
