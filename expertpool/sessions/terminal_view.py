"""What the room's terminal shows: to the room how far each seat is, to a member what is open to that seat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertpool.projects.models import EvaluationSession
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key, Member, Terminal
from expertpool.sessions.queries import day_of, members_of, standing_of
from expertpool.sessions.standing import Sitter, Standing
from expertpool.sessions.terminal_acts import Act, offered


@dataclass(frozen=True, slots=True)
class Peer:
    """A seat as everybody in the room sees it."""

    key: Key
    site: int
    place: int
    read: bool
    declared: bool
    chair: bool
    signed: bool

    @property
    def seat(self) -> str:
        """The seat's code."""
        return self.key.seat


@dataclass(frozen=True, slots=True)
class Room:
    """What the terminal shows when nobody is at it. Without a day, nobody has signed in yet."""

    code: str
    site: int
    place: str
    starts: datetime
    state: DayState | None
    peers: Sequence[Peer]
    line_down: bool

    @property
    def here(self) -> list[Peer]:
        """The seats at this site."""
        return [each for each in self.peers if each.site == self.site]


@dataclass(frozen=True, slots=True)
class Turn:
    """What is open to the member whose code was typed."""

    title: str
    room: Room
    me: Peer
    acts: tuple[Act, ...]
    votes_for: str | None
    asked_time: bool
    waiting: bool

    @property
    def candidates(self) -> list[Peer]:
        """Who can be chosen to chair."""
        return [each for each in self.room.peers if each.declared]


def room_of(session: Session, terminal: Terminal) -> Room:
    """The room in which a terminal stands."""
    sitting = session.get_one(EvaluationSession, terminal.session_id)
    day, now = day_of(session, sitting.id), standing_of(session, sitting.id)
    places = {member.key: member.place for member in members_of(session, sitting.id)}
    return Room(
        code=sitting.code,
        site=terminal.site,
        place=next(each.place for each in sitting.sites if each.position == terminal.site),
        starts=sitting.starts,
        state=None if day is None else day.state,
        peers=[_peer(each, now, places[each.key]) for each in now.present],
        line_down=terminal.site in now.lines_down,
    )


def turn_of(session: Session, terminal: Terminal, member: Member) -> Turn:
    """What the terminal shows to a member who is present."""
    sitting = session.get_one(EvaluationSession, terminal.session_id)
    room, now = room_of(session, terminal), standing_of(session, terminal.session_id)
    sitter = now.sitters[member.key]
    return Turn(
        title=sitting.project.title,
        room=room,
        me=next(each for each in room.peers if each.key == member.key),
        acts=offered(room.state, now, member.key) if room.state else (),
        votes_for=sitter.votes_for,
        asked_time=sitter.asks_time,
        waiting=sitter.declared is not None and now.begun is None,
    )


def _peer(sitter: Sitter, now: Standing, place: int) -> Peer:
    return Peer(
        key=sitter.key,
        site=sitter.site,
        place=place,
        read=sitter.read is not None,
        declared=sitter.declared is not None,
        chair=now.chair == sitter.key,
        signed=sitter.finished,
    )
