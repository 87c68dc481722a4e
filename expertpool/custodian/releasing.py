"""What the log must show before names are opened: docs/spec/agents.md, section 5, ``open``. Pure over the memory."""

from dataclasses import dataclass
from datetime import timedelta

from expertpool.custodian import errors
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.memory import Kept, Memory
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import Intent
from expertpool.protocol.release import KIND, NEEDS
from ledger.entry import Entry


@dataclass(frozen=True, slots=True)
class Request:
    """A release as its entry requests it; ``grounds`` are entries of milestones."""

    kept: Kept
    intent: int
    audience: str
    recipient: bytes
    seats: tuple[str, ...]
    grounds: tuple[int, ...]

    @property
    def index(self) -> int:
        return self.kept.entry.index


def find_request(memory: Memory, draw: object, release: int) -> Request:
    """The request in the log, which a quorum cosigned. Raises `NotReleased`, `NotYet`."""
    if release >= memory.frontier().size:
        raise NotYet("release-not-followed")
    kept = memory.entry(release)
    if kept is None or kept.entry.kind != KIND or kept.entry.body.get("draw") != draw:
        raise errors.NotReleased(release)
    if memory.witnessed() <= release:
        raise NotYet("no-quorum-yet")
    return _read(kept)


def check_request(request: Request, entry: Entry, intent: Intent, memory: Memory, settling: timedelta) -> None:
    """Return if this draw's names are due to this recipient. Raises a `Refusal` or `NotYet`.

    ``entry`` is that of the intent.
    """
    if request.intent != entry.index:
        raise errors.NotReleased(request.index)
    _is_registered_for_it(request, memory, settling)
    _is_grounded(request, entry, intent, memory)
    if not memory.entries("draw.closed", intent.draw):
        raise NotYet("draw-not-closed")


def _is_registered_for_it(request: Request, memory: Memory, settling: timedelta) -> None:
    """The key was approved for exactly this audience, long enough before, and never retired."""
    approved = [kept for kept in memory.entries("recipient.approved") if _key_of(kept) == request.recipient.hex()]
    retired = [kept for kept in memory.entries("recipient.retired") if _key_of(kept) == request.recipient.hex()]
    audiences = {kept.entry.body.get("audience") for kept in approved}
    if audiences != {request.audience} or retired:
        raise errors.RecipientUnknown(request.index)
    if request.kept.latest - min(kept.earliest for kept in approved) < settling.total_seconds():
        raise errors.RecipientUnsettled(request.index)


def _is_grounded(request: Request, entry: Entry, intent: Intent, memory: Memory) -> None:
    """What the audience waits for was stated before the request, of one project of the draw's centre."""
    needed = NEEDS.get(request.audience)
    if needed is None:
        raise errors.NotForThisAudience(request.index)
    stated = [memory.entry(index) for index in request.grounds if entry.index < index < request.index]
    reached = [kept.entry.body for kept in stated if kept is not None and kept.entry.kind == "milestone.reached"]
    if len(reached) != len(request.grounds) or len({body.get("project") for body in reached}) != 1:
        raise errors.GroundMissing(request.index)
    at_centre = all(body.get("centre") == intent.centre for body in reached)
    if not at_centre or not needed.intersection(str(body.get("milestone")) for body in reached):
        raise errors.GroundMissing(request.index)


def _key_of(kept: Kept) -> object:
    return kept.entry.body.get("public")


def _read(kept: Kept) -> Request:
    body = kept.entry.body
    try:
        recipient = from_hex(body.get("recipient"), 32, "recipient")
    except ProtocolError:
        raise errors.NotReleased(kept.entry.index) from None
    intent, audience, seats, grounds = (body.get(name) for name in ("intent", "audience", "seats", "grounds"))
    if type(intent) is not int or type(audience) is not str or type(seats) is not list or type(grounds) is not list:
        raise errors.NotReleased(kept.entry.index)
    if not all(type(seat) is str for seat in seats) or not all(type(index) is int for index in grounds):
        raise errors.NotReleased(kept.entry.index)
    return Request(kept, intent, audience, recipient, tuple(seats), tuple(grounds))
