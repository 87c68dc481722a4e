"""What the rules are told of a session's day: who is expected, who came when, votes, breaks, the length of a day.

As in ``policies.facts``, `None` means *unknown* and counts against.
"""

from datetime import datetime
from typing import NamedTuple

from policies.fee_clock import Stop


class Progress(NamedTuple):
    """How far a session has come since its assembly time."""

    assembled_at: datetime | None = None
    now: datetime | None = None
    reviewing: bool | None = None


class Expected(NamedTuple):
    """An expert who accepted. ``due_at`` is the assembly; for one called later, when the time to arrive is over."""

    due_at: datetime | None = None
    now: datetime | None = None
    signed_in: bool | None = None
    checked_in: bool | None = None
    on_leave: bool | None = None


class CheckIn(NamedTuple):
    """An expert who is on the way says so by phone."""

    due_at: datetime | None = None
    now: datetime | None = None


class Attendance(NamedTuple):
    """An expert signed in at the desk, who was due at a time."""

    due_at: datetime | None = None
    arrived_at: datetime | None = None


class Ballot(NamedTuple):
    """So many of the members voted for the same one to lead them."""

    members: int | None = None
    votes: int | None = None


class TimeVote(NamedTuple):
    """So many of the members find that the time is too short."""

    members: int | None = None
    votes: int | None = None


class Break(NamedTuple):
    """The committee paused."""

    why: Stop | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None


class Hungry(NamedTuple):
    """The committee has sat since it began, or since its last meal."""

    sat_since: datetime | None = None
    now: datetime | None = None


class LongDay(NamedTuple):
    """So many minutes the committee has sat on a day, as the fee clock counts them."""

    minutes_sat: int | None = None
