"""The desk of a session's day: one page for clerk, supervisor and agency, each with the buttons that are theirs.

An ordinary day needs none of them but the last, by which one clerk confirms its course.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.invitations.asking import line
from expertpool.sessions import (
    board_pages,
    outcome_pages,
    outcomes,
    paper_pages,
    printing_pages,
    queries,
    service,
    terminal_pages,
    verbs,
)
from expertpool.sessions.correcting import ALONE
from expertpool.sessions.desk import DayShown, shown
from expertpool.sessions.desk_forms import (
    ACTS,
    DECISIONS,
    ClosingBody,
    ReplacementBody,
    corrections_in,
    do,
    typed,
    written,
)
from expertpool.sessions.errors import NotPresent
from expertpool.sessions.lifecycle import DayState, DayVerb
from expertpool.sessions.offers import Offer, offers_to
from expertpool.sessions.steps import STEPS_WORDS
from expertpool.sessions.terminals import terminals_at
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

DESKS: Final = (Desk("/today", "今日", "Today", "calendar", "desk.today", begins=True),)
SEE: Final = "day.see"
UNSEEN: Final = ("revision", "meal")
View = Callable[[str], Response]

blueprint = Blueprint("day", __name__, template_folder="templates")
blueprint.register_blueprint(board_pages.blueprint)
blueprint.register_blueprint(terminal_pages.blueprint)
blueprint.register_blueprint(printing_pages.blueprint)
blueprint.register_blueprint(outcome_pages.blueprint)
blueprint.register_blueprint(paper_pages.blueprint)


@blueprint.get("/sessions/<session_id>")
@signed_in(SEE)
def show(session_id: str) -> Response:
    """The day of a session: its picture, what it waits for, what is on record."""
    return _day(session_id, Filled())


@blueprint.post("/sessions/<session_id>/close")
@signed_in(DayVerb.CLOSE.permission)
def close(session_id: str) -> Response:
    """Confirm the course of the day, once; times that were changed become steps of their own."""
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(ClosingBody, typed(form.values))
        with edge().transactions.begin(caller().actor) as tx:
            proposed = queries.proposal(tx.session, queries.visible_day(tx.session, caller(), session_id))
            changed = corrections_in(form.values, proposed)
            service.close(tx, session_id, corrections=changed, **given)
    except ExpertpoolError as error:
        _blame(form, error)
        return _day(session_id, form, DayVerb.CLOSE, status_of(error))
    return _noted(session_id)


@blueprint.post("/sessions/<session_id>/outcomes")
@signed_in(outcomes.ENTER)
def enter_outcome(session_id: str) -> Response:
    """Enter that the report is signed, an award fixed or its notice published, for the supervisor to confirm."""
    form = Filled(request.form.to_dict())
    try:
        outcome_pages.enter(session_id, form)
    except ExpertpoolError as error:
        _blame(form, error)
        return _day(session_id, form, "outcomes", status_of(error))
    return _noted(session_id)


def _acting(verb: DayVerb) -> View:
    """What a clerk enters: one button, or a folded form."""

    def act(session_id: str) -> Response:
        form = Filled(request.form.to_dict())
        try:
            _do(session_id, verb, form)
        except ExpertpoolError as error:
            _blame(form, error)
            return _day(session_id, form, verb, status_of(error))
        return _noted(session_id)

    return signed_in(verb.permission)(act)


def _deciding(verb: DayVerb) -> View:
    """What a supervisor decides, on a page of its own."""

    def decide(session_id: str) -> Response:
        form = Filled(request.form.to_dict())
        if request.method == "GET":
            return _decision(session_id, verb, form)
        try:
            _do(session_id, verb, form)
        except ExpertpoolError as error:
            _blame(form, error)
            return _decision(session_id, verb, form, status_of(error))
        return _noted(session_id)

    return confirmed(signed_in(verb.permission)(decide))


for _verb in ACTS:
    blueprint.add_url_rule(f"/sessions/<session_id>/{_verb}", _verb, _acting(_verb), methods=["POST"])
for _verb in (*DECISIONS, DayVerb.REPLACE):
    blueprint.add_url_rule(f"/sessions/<session_id>/{_verb}", _verb, _deciding(_verb), methods=["GET", "POST"])


def _do(session_id: str, verb: DayVerb, form: Filled) -> None:
    sent = typed(form.values)
    if verb is DayVerb.REPLACE:
        _replace(session_id, forms.load(ReplacementBody, sent))
        return
    doing = {**ACTS, **DECISIONS}[verb]
    given = forms.load(doing.body, sent)
    with edge().transactions.begin(caller().actor) as tx:
        do(tx, edge().keys, doing, session_id, given)


def _replace(session_id: str, given: dict[str, Any]) -> None:
    """The vault does it: it alone draws the seat again. Raises `NotPresent`, and as `session.replace`."""
    with reading() as session:
        queries.visible_sitting(session, caller(), session_id)
        who = queries.seat_now(session, session_id, given["seat"])
    if who is None:
        raise NotPresent(field="seat")
    said = {"cause": given["cause"], "reason": given["reason"]}
    line().ask(verbs.REPLACE, actor=caller().actor, session=session_id, **who._asdict(), **said)


def _blame(form: Filled, error: ExpertpoolError) -> None:
    """What is wrong with a field that nobody sees is wrong with the form as a whole."""
    form.blame(error)
    for unseen in UNSEEN:
        form.complaints.setdefault("", []).extend(form.complaints.pop(unseen, []))


def _day(session_id: str, form: Filled, opened: str | None = None, status: int = 200) -> Response:
    with reading() as session:
        day = shown(session, caller(), session_id, edge().clock.now())
        offers = offers_to(session, caller(), day)
        proposed = queries.proposal(session, day.day) if day.day and day.state is DayState.REPORT_SIGNED else ()
        open_terminals = _terminals(session, day)
        stated = outcome_pages.outcomes_to(session, caller(), day.sitting)
    return page(
        "sessions/day.html",
        status=status,
        day=day,
        offers=offers,
        proposed=proposed,
        terminals=open_terminals,
        outcomes=stated,
        opened=opened,
        form=form,
        noted="noted" in request.args,
        step_words=STEPS_WORDS,
        field_value=written,
        correctable=ALONE,
    )


def _decision(session_id: str, verb: DayVerb, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        day = shown(session, caller(), session_id, edge().clock.now())
        offer = _offered(offers_to(session, caller(), day).decisions, verb)
    return page("sessions/decision.html", status=status, day=day, offer=offer, opened=verb, form=form)


def _offered(decisions: Any, verb: DayVerb) -> Offer | None:
    """What is decided; to resume is one thing to a reader, wherever it leads back to."""
    same = {verb, DayVerb.REASSEMBLE} if verb is DayVerb.RESUME else {verb}
    return next((each for each in decisions if each.verb in same), None)


def _terminals(session: Session, day: DayShown) -> dict[int, int]:
    """How many terminals are open at each site."""
    return {each.position: len(terminals_at(session, day.sitting.id, each.position)) for each in day.sites}


def _noted(session_id: str) -> Response:
    """Back to the day, by a request that sends nothing again on reloading."""
    return redirect(f"{request.script_root}/sessions/{session_id}?noted=1", 303)  # type: ignore[return-value]
