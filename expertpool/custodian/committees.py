"""The committee files that an agent keeps: docs/spec/committee-file.md.

Each record comes as a task of its own, so that a large committee looks like a small one. What is kept was shown by the
log; who left a seat is thrown out when whoever follows comes in.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from expertpool.custodian import errors
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.me import Me
from expertpool.custodian.memory import Memory
from expertpool.custodian.records import intent_of, is_within_the_cap, records_shown
from expertpool.protocol.committee import Committee, parse_committee, read_meeting
from expertpool.protocol.encoding import from_base64
from expertpool.protocol.envelope import parse_envelope
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.release import PURPOSE
from ledger.durable import make_directory, replace_file

ENDS: Final = ("draw.closed", "draw.cancelled")
_DRAW: Final = re.compile(r"[a-z0-9_]{1,40}")  # it names a file
_SECRET: Final = 0o600


class Committees:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def draws(self) -> list[str]:
        """Of which draws there is a file."""
        return sorted(file.stem for file in self.folder.glob("*.json"))

    def read(self, draw: str) -> Committee | None:
        """The file of a draw; None where there is none, or none that is whole."""
        file = self._file(draw)
        if file is None or not file.is_file():
            return None
        try:
            return parse_committee(file.read_bytes())
        except ProtocolError:
            return None

    def write(self, committee: Committee) -> None:
        """Keep a committee; durable on return."""
        file = self._file(committee.draw)
        if file is None:
            raise errors.TaskMalformed
        make_directory(self.folder)
        replace_file(file, committee.to_bytes(), _SECRET)

    def forget_ended(self, memory: Memory, now: datetime, keep: timedelta) -> None:
        """Delete the files of draws of whose end the agent has known for ``keep``."""
        for draw in self.draws():
            ends = [kept.seen for kind in ENDS for kept in memory.entries(kind, draw)]
            if ends and min(ends) + keep.total_seconds() <= now.timestamp():
                (self.folder / f"{draw}.json").unlink()

    def _file(self, draw: str) -> Path | None:
        return self.folder / f"{draw}.json" if _DRAW.fullmatch(draw) else None


def keep_record(task: Mapping[str, Any], me: Me, memory: Memory, committees: Committees) -> dict[str, bool]:
    """The answer to a task ``keep``: whether the record was kept, which one that somebody left is not.

    Raises a `Refusal` or `NotYet`.
    """
    try:
        envelope = parse_envelope(from_base64(task["envelope"], "envelope"))
        meeting, draw, filled = read_meeting(task["meeting"]), task["draw"], task["filled"]
    except (KeyError, ProtocolError):
        raise errors.TaskMalformed from None
    if type(draw) is not str or type(filled) is not int or filled < 0:
        raise errors.TaskMalformed
    if filled >= memory.frontier().size:
        raise NotYet("committee-not-followed")
    entry, intent = intent_of(envelope, draw, memory)
    if envelope.info.get("purpose") != PURPOSE or not any(me.id in each for each in envelope.sets):
        raise errors.EnvelopeForeign(entry.index)
    is_within_the_cap(envelope, entry, intent, memory)
    seat = str(envelope.info.get("subject"))
    shown = records_shown(entry, seat, memory)
    if envelope.digest.hex() not in shown:
        raise errors.EnvelopeForeign(entry.index)
    if shown[-1] != envelope.digest.hex():
        return {"kept": False}
    before = committees.read(draw)
    records = {} if before is None or before.intent != entry.index else dict(before.records)
    committees.write(Committee(draw, entry.index, meeting, {**records, seat: envelope}))
    return {"kept": True}
