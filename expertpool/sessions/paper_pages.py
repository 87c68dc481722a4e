"""Paper sheets in a browser: a clerk types what was kept during an outage, another role signs by the same paper."""

import json
from typing import Any, NamedTuple

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.draws.queries import seats_of
from expertpool.identity.gate import caller
from expertpool.identity.permissions import may
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import target_of_project
from expertpool.sessions import papers
from expertpool.sessions.errors import NoSuchEntry
from expertpool.sessions.lifecycle import DayVerb
from expertpool.sessions.models import EntryState, PaperSheet
from expertpool.sessions.paper_form import MOST_ROWS, filled_first, rows_of, sheet_in
from expertpool.sessions.papers import ON_PAPER, Line
from expertpool.sessions.queries import draws_seating, sheets_of, target_of_site, visible_day, visible_sitting
from expertpool.sessions.schemas import EntryRefusalBody, SeenDocumentBody
from expertpool.sessions.steps import STEPS_WORDS
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page, t

blueprint = Blueprint("papers", __name__)


class SheetShown(NamedTuple):
    """A sheet with its lines."""

    sheet: PaperSheet
    lines: list[Line]

    @classmethod
    def of(cls, sheet: PaperSheet) -> "SheetShown":
        return cls(sheet, [Line.read(line) for line in json.loads(sheet.lines)])

    @property
    def waits(self) -> bool:
        return self.sheet.state is EntryState.ENTERED


@blueprint.get("/sessions/<session_id>/papers")
@signed_in("day.see")
def show(session_id: str) -> Response:
    """What was entered from paper, what waits for a signature, and the form."""
    return _shown(session_id, Filled())


@blueprint.post("/sessions/<session_id>/papers")
@signed_in(DayVerb.ENTER_PAPER.permission)
def enter(session_id: str) -> Response:
    """Enter a sheet, or have a row more."""
    form = Filled(filled_first(request.form.to_dict()))
    if "more" in form.values:
        form.values["rows"] = str(rows_of(form.values) + 1)
        return _shown(session_id, form)
    try:
        given = sheet_in(form.values)
        with edge().transactions.begin(caller().actor) as tx:
            papers.enter_paper(tx, session_id, **given)
    except ExpertpoolError as error:
        form.blame(error)
        return _shown(session_id, form, status_of(error))
    return _again(session_id)


@blueprint.post("/sessions/<session_id>/papers/<sheet_id>")
@signed_in(DayVerb.SIGN_PAPER.permission)
def decide(session_id: str, sheet_id: str) -> Response:
    """Sign a sheet by the digest of the paper that one has, or refuse it with a reason."""
    form = Filled({**request.form.to_dict(), "sheet": sheet_id})
    try:
        if form.values.get("decision") == "refuse":
            refusal = forms.load(EntryRefusalBody, {"reason": form.values.get("reason", "").strip()})
            with edge().transactions.begin(caller().actor) as tx:
                papers.refuse_paper(tx, session_id, sheet_id, **refusal)
        else:
            seen = forms.load(SeenDocumentBody, {"document": form.values.get("document", "").strip()})
            with edge().transactions.begin(caller().actor) as tx:
                papers.sign_paper(tx, session_id, sheet_id, **seen)
    except NoSuchEntry:
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _shown(session_id, form, status_of(error))
    return _again(session_id)


def _shown(session_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        sitting = visible_sitting(session, caller(), session_id)
        day = visible_day(session, caller(), session_id)
        sheets = [SheetShown.of(each) for each in sheets_of(session, session_id)]
        of_project = target_of_project(session, sitting.project)
        sites = [each for each in sitting.sites if _enters(session, sitting, each.position)]
        context: dict[str, Any] = {
            "seat_choices": [(seat, seat) for seat in _seats(session, session_id)],
            "site_choices": [(str(each.position), each.place) for each in sitting.sites],
            "own_sites": sites,
            "signs": may(caller(), DayVerb.SIGN_PAPER.permission, of_project),
        }
    return page(
        "sessions/papers.html",
        status=status,
        sitting=sitting,
        day=day,
        sheets=[*reversed(sheets)],
        form=form,
        rows=rows_of(form.values),
        most=MOST_ROWS,
        kind_choices=[(each.value, t(STEPS_WORDS[each].zh, STEPS_WORDS[each].en)) for each in ON_PAPER],
        step_words=STEPS_WORDS,
        noted="noted" in request.args,
        **context,
    )


def _seats(session: Session, session_id: str) -> list[str]:
    found = {seat.code for draw in draws_seating(session, session_id) for seat in seats_of(session, draw.id)}
    return sorted(found)


def _enters(session: Session, sitting: EvaluationSession, position: int) -> bool:
    target = target_of_site(session, sitting, position)
    return target is not None and may(caller(), DayVerb.ENTER_PAPER.permission, target)


def _again(session_id: str) -> Response:
    return redirect(f"{request.script_root}/sessions/{session_id}/papers?noted=1", 303)  # type: ignore[return-value]
