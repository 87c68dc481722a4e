"""What the log must show before names are opened: docs/spec/agents.md, section 5, ``open``. Pure over the memory.

A release is due when the audience's moment has come; a supervisor may order single seats before that, by a signature;
and the glass may be broken, with the consent of every key holder.
"""

from dataclasses import dataclass
from datetime import timedelta

from expertpool.custodian import errors
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.memory import Kept, Memory
from expertpool.custodian.supervising import is_supervisors
from expertpool.protocol import release
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import Intent
from expertpool.protocol.statements import is_consent, order_key
from ledger.entry import Entry


@dataclass(frozen=True, slots=True)
class Request:
    """A release as its entry requests it; ``grounds`` are entries of milestones, where it rests on any."""

    kept: Kept
    intent: int
    audience: str
    recipient: bytes
    seats: tuple[str, ...]
    grounds: tuple[int, ...]

    @property
    def index(self) -> int:
        return self.kept.entry.index

    @property
    def kind(self) -> str:
        return self.kept.entry.kind


def find_request(memory: Memory, draw: object, index: int) -> Request:
    """The request in the log, which a quorum cosigned. Raises `NotReleased`, `NotYet`."""
    if index >= memory.frontier().size:
        raise NotYet("release-not-followed")
    kept = memory.entry(index)
    if kept is None or kept.entry.kind not in release.REQUESTS or kept.entry.body.get("draw") != draw:
        raise errors.NotReleased(index)
    if memory.witnessed() <= index:
        raise NotYet("no-quorum-yet")
    return _read(kept)


def check_request(
    request: Request, entry: Entry, intent: Intent, memory: Memory, *, settling: timedelta, order: object
) -> None:
    """Return if this draw's names may be opened to this recipient. Raises a `Refusal` or `NotYet`.

    ``entry`` is that of the intent; ``order`` the supervisor's, as the task brings it.
    """
    is_for(request, entry)
    is_registered_for_it(request, memory, settling)
    match request.kind:
        case release.ORDERED:
            _is_ordered(request, order, memory, settling)
        case release.BREAK_GLASS:
            _is_consented_to(request, intent, memory)
        case _:
            _is_grounded(request, entry, intent, memory)
            if not memory.entries("draw.closed", intent.draw):
                raise NotYet("draw-not-closed")


def is_for(request: Request, entry: Entry) -> None:
    """It names this intent, and an audience of its kind. Raises `NotReleased`, `NotForThisAudience`."""
    if request.intent != entry.index:
        raise errors.NotReleased(request.index)
    served = {release.ORDERED: {release.ORDERS}, release.BREAK_GLASS: {release.GLASS}}
    if request.audience not in served.get(request.kind, release.NEEDS.keys()):
        raise errors.NotForThisAudience(request.index)


def is_registered_for_it(request: Request, memory: Memory, settling: timedelta) -> None:
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
    needed = release.NEEDS[request.audience]
    stated = [memory.entry(index) for index in request.grounds if entry.index < index < request.index]
    reached = [kept.entry.body for kept in stated if kept is not None and kept.entry.kind == "milestone.reached"]
    if len(reached) != len(request.grounds) or len({body.get("project") for body in reached}) != 1:
        raise errors.GroundMissing(request.index)
    at_centre = all(body.get("centre") == intent.centre for body in reached)
    if not at_centre or not needed.intersection(str(body.get("milestone")) for body in reached):
        raise errors.GroundMissing(request.index)


def _is_ordered(request: Request, order: object, memory: Memory, settling: timedelta) -> None:
    """A supervisor's key that had settled signed for exactly these seats and this recipient."""
    draw, recipient = str(request.kept.entry.body["draw"]), request.recipient.hex()
    key = order_key(order, draw=draw, intent=request.intent, recipient=recipient, seats=request.seats)
    if key is None or not is_supervisors(key, request.kept, memory, settling):
        raise errors.OrderUnsigned(request.index)


def _is_consented_to(request: Request, intent: Intent, memory: Memory) -> None:
    """Every key holder of the intent has consented, each signed by its own key, and a quorum cosigned that."""
    draw = intent.draw
    found: dict[object, Kept] = {}
    for kept in memory.entries(release.CONSENTED, draw):
        body = kept.entry.body
        if body.get("release") != request.index:
            continue
        holder = str(body.get("holder"))
        public = transport_of(holder, kept.entry.index, memory)
        signed = public and is_consent(body.get("signature"), public, draw=draw, holder=holder, release=request.index)
        if not signed:
            raise errors.ConsentForged(kept.entry.index)
        found[holder] = kept
    if set(intent.holders.keys) - found.keys():
        raise NotYet("consent-missing")
    if memory.witnessed() <= max(kept.entry.index for kept in found.values()):
        raise NotYet("no-quorum-yet")


def transport_of(holder: str, before: int, memory: Memory) -> bytes | None:
    """The transport key with which a holder was approved, before an entry, and not retired by then."""
    approved = [kept.entry for kept in memory.entries("holder.approved", holder) if kept.entry.index < before]
    retired = any(kept.entry.index < before for kept in memory.entries("holder.retired", holder))
    return None if retired or not approved else bytes.fromhex(str(approved[-1].body.get("transport")))


def _key_of(kept: Kept) -> object:
    return kept.entry.body.get("public")


def _read(kept: Kept) -> Request:
    body = kept.entry.body
    try:
        recipient = from_hex(body.get("recipient"), 32, "recipient")
    except ProtocolError:
        raise errors.NotReleased(kept.entry.index) from None
    intent, audience, seats = (body.get(name) for name in ("intent", "audience", "seats"))
    grounds = body.get("grounds") if kept.entry.kind == release.REQUESTED else []
    if type(intent) is not int or type(audience) is not str or type(seats) is not list or type(grounds) is not list:
        raise errors.NotReleased(kept.entry.index)
    if not all(type(seat) is str for seat in seats) or not all(type(index) is int for index in grounds):
        raise errors.NotReleased(kept.entry.index)
    return Request(kept, intent, audience, recipient, tuple(seats), tuple(grounds))
