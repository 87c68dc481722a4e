"""What the desk of a day takes for each verb, and which service does it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from marshmallow import Schema, fields
from marshmallow.validate import Length

from expertpool.core.transaction import Transaction
from expertpool.projects.schemas import REASON
from expertpool.sessions import service
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import DayStep
from expertpool.sessions.notes import NoteKeys
from expertpool.sessions.schemas import (
    DayActBody,
    DayAnswerBody,
    DayBreakBody,
    DayQuestionBody,
    DayReasonBody,
    SignatureRefusalBody,
    SiteLineBody,
    SiteLineLossBody,
)
from expertpool.sessions.timeline import Moment
from expertpool.web.errors import InvalidInput
from policies.facts import CHINA

WHOLE: Final = frozenset({"revision", "site", "question"})
LONGEST: Final = 9
BEIJING_MINUTE: Final = "%Y-%m-%dT%H:%M"
"""How a browser's field for day and time writes them."""


class ReplacementBody(SignatureRefusalBody):
    """A supervisor has a member replaced; the vault knows which causes there are."""

    cause = fields.String(required=True, validate=Length(1, 20))


class ClosingBody(DayActBody):
    """The confirmation; a reason is needed where a time was changed."""

    reason = fields.String(load_default=None, allow_none=True, validate=REASON)


class Doing(NamedTuple):
    """A verb at the desk: what its form brings, and the service's function for it."""

    body: type[Schema]
    do: Callable[..., DayStep]


ACTS: Final[Mapping[DayVerb, Doing]] = {
    DayVerb.TAKE_BREAK: Doing(DayBreakBody, service.take_break),
    DayVerb.END_BREAK: Doing(DayActBody, service.end_break),
    DayVerb.STAY_OVERNIGHT: Doing(DayActBody, service.stay_overnight),
    DayVerb.END_OVERNIGHT: Doing(DayActBody, service.end_overnight),
    DayVerb.ASK: Doing(DayQuestionBody, service.ask),
    DayVerb.ANSWER: Doing(DayAnswerBody, service.answer),
    DayVerb.LOSE_LINE: Doing(SiteLineLossBody, service.lose_line),
    DayVerb.RESTORE_LINE: Doing(SiteLineBody, service.restore_line),
    DayVerb.REFUSE_SIGNATURE: Doing(SignatureRefusalBody, service.refuse_signature),
}
"""What a clerk enters with one button, or from a folded form."""

DECISIONS: Final[Mapping[DayVerb, Doing]] = {
    DayVerb.SUSPEND: Doing(DayReasonBody, service.suspend),
    DayVerb.RESUME: Doing(DayReasonBody, service.resume),
    DayVerb.VOID: Doing(DayReasonBody, service.void),
}
"""What a supervisor decides, with the second factor."""


def typed(form: Mapping[str, Any]) -> dict[str, Any]:
    """A form's texts as the API's schemas want them: whole numbers and flags; what is empty was not given."""
    found: dict[str, Any] = {name: value.strip() for name, value in form.items() if value.strip()}
    for name in WHOLE & found.keys():
        if found[name].isascii() and found[name].isdigit() and len(found[name]) <= LONGEST:
            found[name] = int(found[name])
    return {**found, "meal": found["meal"] == "true"} if "meal" in found else found


def do(tx: Transaction, keys: NoteKeys, doing: Doing, session_id: str, given: Mapping[str, Any]) -> DayStep:
    """Do it. Raises as the service's function."""
    verb = partial(doing.do, tx, keys) if doing.do is service.ask else partial(doing.do, tx)
    return verb(session_id, **given)


def corrections_in(form: Mapping[str, str], proposed: Iterable[Moment]) -> dict[int, datetime]:
    """The steps whose time somebody changed in the form, each with the time typed. Raises `InvalidInput`."""
    found = {}
    for each in proposed:
        typed = "" if each.number is None else form.get(f"at-{each.number}", "")
        if each.number is not None and typed and typed != written(each.at):
            found[each.number] = moment_of(typed, f"at-{each.number}")
    return found


def written(at: datetime) -> str:
    """A moment as a browser's field for day and time has it, in Beijing time."""
    return at.astimezone(CHINA).strftime(BEIJING_MINUTE)


def moment_of(typed: str, name: str) -> datetime:
    """Undo `written`; ``name`` is the field. Raises `InvalidInput`."""
    try:
        return datetime.strptime(typed, BEIJING_MINUTE).replace(tzinfo=CHINA)
    except ValueError:
        wrong = {"field": name, "zh": "请填写日期和时间。", "en": "Give a day and a time."}
        raise InvalidInput([wrong]) from None
