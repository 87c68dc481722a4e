"""*Today* for the centre's staff: a day's sessions by room and time, each with its draw and, once it began, its day."""

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, request

from expertpool.draws import desk_queries
from expertpool.draws import words as draw_words
from expertpool.draws.desk_queries import Tone
from expertpool.identity.gate import caller
from expertpool.sessions.desk_words import TONES
from expertpool.sessions.lifecycle import STATE_WORDS
from expertpool.sessions.queries import days_of
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.fields import Day
from expertpool.web.rendering import BEIJING, page

blueprint = Blueprint("board", __name__)


@blueprint.get("/today")
@signed_in("desk.today")
def today() -> Response:
    """A day's sessions by room and time, each seat by its code."""
    wished, now = _wished_day(), edge().clock.now()
    with reading() as session:
        shown = desk_queries.sittings_between(session, caller(), _starts(wished), _starts(wished + timedelta(days=1)))
        days = days_of(session, [each.sitting.id for each in shown])
        glass = desk_queries.glass_of(session, caller(), now)
    urgent = {each for each, day in days.items() if TONES[day.state] == Tone.RED}
    return page(
        "sessions/today.html",
        day=_starts(wished),
        is_today=wished == now.astimezone(BEIJING).date(),
        before=wished - timedelta(days=1),
        after=wished + timedelta(days=1),
        rooms=desk_queries.by_place(shown),
        shown=shown,
        days=days,
        red=[each for each in shown if each.tone is Tone.RED or each.sitting.id in urgent],
        coming=next((each for each in shown if each.sitting.starts > now), None),
        glass=glass,
        words=draw_words,
        state_words=STATE_WORDS,
        tones=TONES,
    )


def _wished_day() -> date:
    """The day asked for, as YYYY-MM-DD; today in Beijing when there is none or nobody here lives in it."""
    try:
        wished = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        wished = date.min
    return wished if Day.FIRST < wished < Day.LAST else edge().clock.now().astimezone(BEIJING).date()


def _starts(day: date) -> datetime:
    """When a day begins in Beijing."""
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)
