"""What the rules are told of the acts after a draw: a call, an answer, leave, arrival, replacement, a release.

As in ``policies.facts``, `None` means *unknown* and counts against.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from policies.facts import Audience, Cause


class Call(NamedTuple):
    """Somebody is about to be called, or sent a reminder, about a review."""

    call_at: datetime | None = None
    review_at: datetime | None = None


class Leave(NamedTuple):
    """An expert asks to be let off."""

    asked_at: datetime | None = None
    review_at: datetime | None = None


class Arrival(NamedTuple):
    """An expert arrives after having been called."""

    notified_at: datetime | None = None
    arrived_at: datetime | None = None


class Replacement(NamedTuple):
    """A member was replaced; `begun` says that the member had begun, `redone` that the new one did it all again."""

    cause: Cause | None = None
    begun: bool | None = None
    redone: bool | None = None


class Answers(NamedTuple):
    """The days on which an expert declined or could not be reached."""

    today: date | None = None
    missed: tuple[date, ...] | None = None


class Reveal(NamedTuple):
    """Somebody asks for the names; `events` says when each event happened, as signed entries prove."""

    audience: Audience | None = None
    now: datetime | None = None
    events: Mapping[str, datetime] | None = None
