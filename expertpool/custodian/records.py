"""What the log shows of a sealed record: of which intent it is, and whether it is of whoever sits there."""

from expertpool.custodian import errors
from expertpool.custodian.memory import Memory
from expertpool.protocol.envelope import Envelope
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import KIND, Intent, read_intent
from ledger.entry import Entry


def intent_of(envelope: Envelope, draw: object, memory: Memory) -> tuple[Entry, Intent]:
    """The intent in the log to which the envelope is bound, moment included.

    Raises `IntentMalformed`, `EnvelopeForeign`.
    """
    for kept in memory.entries(KIND, str(draw)):
        if kept.entry.hash.hex() == envelope.info.get("intent") and envelope.info.get("draw") == draw:
            try:
                intent = read_intent(kept.entry)
            except ProtocolError:
                raise errors.IntentMalformed(kept.entry.index) from None
            if envelope.info.get("not_before") == kept.entry.body["not_before"]:
                return kept.entry, intent
    raise errors.EnvelopeForeign


def is_within_the_cap(envelope: Envelope, entry: Entry, intent: Intent, memory: Memory) -> None:
    """The seat was not filled by a vacancy past the cap. Raises `VacancyPastCap`. ``entry`` is the intent's."""
    for kept in memory.entries("draw.vacated", intent.draw):
        body = kept.entry.body
        about = body.get("intent") == entry.index and body.get("seat") == envelope.info.get("subject")
        vacancy = body.get("vacancy")
        if about and (type(vacancy) is not int or vacancy > intent.vacancies):
            raise errors.VacancyPastCap(kept.entry.index)


def is_of_whoever_sits(envelope: Envelope, entry: Entry, memory: Memory) -> None:
    """It is the record that the log shows last for the seat: who left one stays sealed. Raises `EnvelopeForeign`."""
    shown = records_shown(entry, envelope.info.get("subject"), memory)
    if not shown or shown[-1] != envelope.digest.hex():
        raise errors.EnvelopeForeign(entry.index)


def records_shown(entry: Entry, seat: object, memory: Memory) -> list[object]:
    """The digests of the records of everyone who ever took a seat, in the order of the log."""
    draw, found = str(entry.body.get("draw")), []
    for kept in memory.entries("draw.completed", draw):
        if kept.entry.body.get("intent") == entry.index:
            found += [each.get("record") for each in kept.entry.body["seats"] if each.get("seat") == seat]
    for kept in memory.entries("draw.refilled", draw):
        if (kept.entry.body.get("intent"), kept.entry.body.get("seat")) == (entry.index, seat):
            found.append(kept.entry.body.get("record"))
    return found
