"""Whether a key holder consents to breaking the glass (应急解封): only by its owner's own hand.

docs/spec/agents.md, section 5, ``consent``. The rules come first, so that nobody is asked about what would be refused.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.custodian import errors
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.me import Me
from expertpool.custodian.memory import OWNER_MUST_APPROVE, Memory
from expertpool.custodian.releasing import Request, find_request, is_for, is_registered_for_it
from expertpool.custodian.troubles import OwnerDeclined
from expertpool.protocol.agents import Sign
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import KIND, read_intent
from expertpool.protocol.release import BREAK_GLASS
from expertpool.protocol.statements import reason_digest, sign_consent

REASON: Final = "break-glass-{entry}"
SALT_BYTES: Final = 16


def consent_of(
    task: Mapping[str, Any], me: Me, memory: Memory, now: datetime, *, settling: timedelta, sign: Sign
) -> dict[str, str]:
    """The answer: this holder's signed consent, once its owner approved it. Raises a `Refusal` or `NotYet`."""
    draw, index, reason = (task.get(name) for name in ("draw", "release", "reason"))
    try:
        salt = from_hex(task.get("salt"), SALT_BYTES, "salt")
    except ProtocolError:
        raise errors.TaskMalformed from None
    if type(draw) is not str or type(index) is not int or index < 0 or type(reason) is not str:
        raise errors.TaskMalformed
    request = find_request(memory, draw, index)
    if request.kind != BREAK_GLASS:
        raise errors.NotReleased(index)
    _is_of_my_draw(request, me, memory, now)
    is_registered_for_it(request, memory, settling)
    if request.kept.entry.body.get("reason_digest") != reason_digest(salt, reason):
        raise errors.ReasonHidden(index)
    memory.note_fact(REASON.format(entry=index), reason)
    said = memory.approval(index)
    if said is False:
        raise OwnerDeclined(index)
    if said is None:
        raise NotYet(OWNER_MUST_APPROVE, index)
    return {"consent": sign_consent(sign, draw=draw, holder=me.id, release=index)}


def _is_of_my_draw(request: Request, me: Me, memory: Memory, now: datetime) -> None:
    """The intent seals to this holder, and the moment before which nothing is opened has come."""
    kept = memory.entry(request.intent)
    if kept is None or kept.entry.kind != KIND or kept.entry.body.get("draw") != request.kept.entry.body.get("draw"):
        raise errors.NoIntent(request.intent)
    is_for(request, kept.entry)
    try:
        intent = read_intent(kept.entry)
    except ProtocolError:
        raise errors.IntentMalformed(request.intent) from None
    if me.id not in intent.holders.keys:
        raise errors.NotNamed(request.intent)
    if now < intent.not_before:
        raise NotYet("moment-not-come")
