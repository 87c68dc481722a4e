"""Whether an agent gives its share of an envelope: docs/spec/agents.md, section 5. Pure, as ``contributing`` is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from expertpool.custodian import errors
from expertpool.custodian.me import Me
from expertpool.custodian.memory import Memory
from expertpool.custodian.records import intent_of, is_of_whoever_sits, is_within_the_cap
from expertpool.custodian.releasing import check_request, find_request
from expertpool.protocol.encoding import from_base64
from expertpool.protocol.envelope import Envelope, Open, parse_envelope
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.release import PURPOSE, Place, give_share


def share_of(
    task: Mapping[str, Any], me: Me, memory: Memory, now: datetime, *, settling: timedelta, opener: Open
) -> dict[str, str]:
    """The answer: this holder's share, to the next holder, or by the last one to the recipient.

    Raises a `Refusal` or `NotYet`.
    """
    try:
        envelope = parse_envelope(from_base64(task["envelope"], "envelope"))
        passed = None if task["passed"] is None else from_base64(task["passed"], "passed")
        draw, number, position, release = task["draw"], task["set"], task["position"], task["release"]
    except (KeyError, ProtocolError):
        raise errors.TaskMalformed from None
    if not all(type(each) is int and each >= 0 for each in (number, position, release)):
        raise errors.TaskMalformed
    entry, intent = intent_of(envelope, draw, memory)
    _is_mine(envelope, number, position, me, passed)
    if now < intent.not_before:
        raise errors.TooEarly(entry.index)
    request = find_request(memory, draw, release)
    check_request(request, entry, intent, memory, settling=settling, order=task.get("order"))
    seat = envelope.info.get("subject")
    if envelope.info.get("purpose") != PURPOSE or seat not in request.seats:
        raise errors.NotReleased(release)
    is_within_the_cap(envelope, entry, intent, memory)
    is_of_whoever_sits(envelope, entry, memory)
    place = Place(intent.draw, release, str(seat))
    last = position == len(envelope.sets[number]) - 1
    try:
        peeled = envelope.peel(number, passed, position, opener)
        return give_share(envelope, peeled, last=last, recipient=request.recipient, place=place)
    except ProtocolError:
        raise errors.EnvelopeForeign(entry.index) from None


def _is_mine(envelope: Envelope, number: int, position: int, me: Me, passed: bytes | None) -> None:
    """This holder opens this place of the set, and the one before it has passed something on."""
    there = number < len(envelope.sets) and position < len(envelope.sets[number])
    if not there or envelope.sets[number][position] != me.id or (passed is None) != (position == 0):
        raise errors.EnvelopeForeign
