"""What the ledger keeps of the pool. No person is in the clear: neither who, nor what was done to them.

Every act on an expert is of one kind, so that the kinds tell nothing; `roster` is the commitment of ``roster.py`` to
the lines that the act wrote (count 0 when it wrote none). All that one transaction does to experts of a pool is one
entry, so a day's work can be one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from expertpool.core.events import Event, clear


class Change(NamedTuple):
    """What was done to one expert, by the name of the verb."""

    expert: str
    verb: str
    ground: str | None


class ExpertsChanged(Event):
    """Something was recorded of experts: applications, steps, facts, contact data, trainings, erasures."""

    kind = "expert.changed"
    centre: str = clear()
    origin: str = clear()
    roster: dict[str, Any] = clear()
    changes: tuple[Change, ...]

    def hidden(self) -> Mapping[str, Any]:
        """One digest for each change, so that one expert's can be erased without the others'."""
        return {f"change-{number}": change._asdict() for number, change in enumerate(self.changes)}


class ExpertsEnrolled(Event):
    """Experts were enrolled in bulk: imported, or taken over with the whole roster of a mirrored pool."""

    kind = "expert.bulk-enrolled"
    centre: str = clear()
    origin: str = clear()
    roster: dict[str, Any] = clear()
    ground: str


class ExpertsExported(Event):
    """The experts of a pool were written to a sheet in the clear, for a reason."""

    kind = "expert.exported"
    centre: str = clear()
    origin: str = clear()
    reason: str


class MirrorHeadAccepted(Event):
    """A province's signed head was accepted for a mirrored pool; its file is about to be applied."""

    kind = "mirror.head-accepted"
    centre: str = clear()
    sender: str = clear()
    key: str = clear()
    sequence: int = clear()
    day: str = clear()
    note: str = clear()


class MirrorPartApplied(Event):
    """The entry after this one changes the mirrored pool as the file of this head says."""

    kind = "mirror.part-applied"
    centre: str = clear()
    sequence: int = clear()
    head: str = clear()


class MirrorHeadApplied(Event):
    """The mirrored roster is now the one that this head names."""

    kind = "mirror.head-applied"
    centre: str = clear()
    sequence: int = clear()
    day: str = clear()
    head: str = clear()


class MirrorRestarted(Event):
    """The chain of a province's heads was ended at this one; the next one begins with a full file."""

    kind = "mirror.restarted"
    centre: str = clear()
    sequence: int = clear()
    head: str = clear()
    reason: str


class OrganisationRegistered(Event):
    """An organisation was registered under its unified social credit code."""

    kind = "organisation.registered"
    centre: str = clear()
    organisation: str
    code: str
    name: str


class AliasProposed(Event):
    """Another name of an organisation was proposed."""

    kind = "organisation.alias-proposed"
    centre: str = clear()
    organisation: str
    alias: str


class AliasApproved(Event):
    """Another name of an organisation was approved by somebody else; from now on it joins."""

    kind = "organisation.alias-approved"
    centre: str = clear()
    organisation: str
    alias: str
