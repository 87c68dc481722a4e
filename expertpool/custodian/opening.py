"""Whether an agent gives its share of an envelope: docs/spec/agents.md, section 5. Pure, as ``contributing`` is."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from expertpool.custodian import errors
from expertpool.custodian.contributing import Me, NotYet
from expertpool.custodian.memory import Memory
from expertpool.protocol.encoding import from_base64
from expertpool.protocol.envelope import Envelope, Open, parse_envelope
from expertpool.protocol.errors import EnvelopeBroken, ProtocolError
from expertpool.protocol.intent import KIND, Intent, read_intent
from ledger.entry import Entry

RELEASE_REQUESTED = "draw.release-requested"


def share_of(task: Mapping[str, Any], me: Me, memory: Memory, now: datetime, opener: Open) -> dict[str, str]:
    """The answer: this holder's share of the envelope's key. Raises a `Refusal` or `NotYet`."""
    try:
        envelope = parse_envelope(from_base64(task["envelope"], "envelope"))
        passed = None if task["passed"] is None else from_base64(task["passed"], "passed")
        draw, number, position, release = task["draw"], task["set"], task["position"], task["release"]
    except (KeyError, ProtocolError):
        raise errors.TaskMalformed from None
    if not all(type(each) is int and each >= 0 for each in (number, position, release)):
        raise errors.TaskMalformed
    entry, intent = _intent_of(envelope, draw, memory)
    _is_mine(envelope, number, position, me, passed)
    if now < intent.not_before:
        raise errors.TooEarly(entry.index)
    _is_released(memory, draw, release)
    _is_within_the_cap(memory, intent, entry, envelope)
    try:
        share = envelope.peel(number, passed, position, opener)
    except EnvelopeBroken:
        raise errors.EnvelopeForeign(entry.index) from None
    return {"share": b64encode(share).decode()}


def _intent_of(envelope: Envelope, draw: object, memory: Memory) -> tuple[Entry, Intent]:
    """The intent in the log to which the envelope is bound, moment included."""
    intents = memory.entries(KIND, str(draw))
    for kept in intents:
        if kept.entry.hash.hex() == envelope.info.get("intent") and envelope.info.get("draw") == draw:
            try:
                intent = read_intent(kept.entry)
            except ProtocolError:
                raise errors.IntentMalformed(kept.entry.index) from None
            if envelope.info.get("not_before") == kept.entry.body["not_before"]:
                return kept.entry, intent
    raise errors.EnvelopeForeign


def _is_mine(envelope: Envelope, number: int, position: int, me: Me, passed: bytes | None) -> None:
    """This holder opens this place of the set, and the one before it has passed something on."""
    there = number < len(envelope.sets) and position < len(envelope.sets[number])
    if not there or envelope.sets[number][position] != me.id or (passed is None) != (position == 0):
        raise errors.EnvelopeForeign


def _is_released(memory: Memory, draw: object, release: int) -> None:
    """A release of this draw is requested in the log, and a quorum cosigned that."""
    if release >= memory.frontier().size:
        raise NotYet("release-not-followed")
    kept = memory.entry(release)
    if kept is None or kept.entry.kind != RELEASE_REQUESTED or kept.entry.body.get("draw") != draw:
        raise errors.NotReleased(release)
    if memory.witnessed() <= release:
        raise NotYet("no-quorum-yet")


def _is_within_the_cap(memory: Memory, intent: Intent, entry: Entry, envelope: Envelope) -> None:
    """The seat was not filled by a vacancy past the cap."""
    for kept in memory.entries("draw.vacated", intent.draw):
        body = kept.entry.body
        about = body.get("intent") == entry.index and body.get("seat") == envelope.info.get("subject")
        vacancy = body.get("vacancy")
        if about and (type(vacancy) is not int or vacancy > intent.vacancies):
            raise errors.VacancyPastCap(kept.entry.index)
