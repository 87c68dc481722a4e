"""The supervisor's desk of alerts: figures of scoring beyond their thresholds, and the question that follows from one.

No points follow from them. Each stands with what it is measured by, and whether the outcome hung on the member.
"""

from typing import Final

from flask import Blueprint, Response, redirect, request

from expertpool.assessments import alerting, explaining
from expertpool.assessments.alerting import FAR, Shown
from expertpool.assessments.case_forms import CaseQuestion, typed
from expertpool.assessments.statistics_pages import masked_names
from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.projects.terms import Words
from expertpool.web import forms
from expertpool.web.access import never_kept, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page
from policies.names import VALUES

MOST: Final = 200
"""How many a page shows."""

blueprint = Blueprint("assessment-alerts", __name__)


@blueprint.get("/alerts")
@never_kept
@signed_in("alert.see")
def show() -> Response:
    """Every figure beyond its threshold."""
    return _alerts(Filled())


@blueprint.post("/alerts")
@signed_in("alert.ask")
def ask() -> Response:
    """Ask whoever had the seat to explain one."""
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(CaseQuestion, typed(form.values))
        now, book = edge().clock.now(), edge().settings.draws.rulebook
        with reading() as session:  # adds up every score within reach: not while others wait to write
            figure = alerting.figure_named(session, caller(), now, book, given["figure"])
        with edge().transactions.begin(caller().actor) as tx:
            explaining.ask(tx, figure, question=given["question"])
    except ExpertpoolError as error:
        form.blame(error)
        return _alerts(form, status_of(error))
    return redirect(f"{request.script_root}/alerts?noted=1", 303)  # type: ignore[return-value]


def measure_words(measure: str) -> Words:
    """What a measure is called."""
    return Words("偏离平均分", "far from the mean") if measure == FAR else Words(*VALUES[measure])


def _alerts(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        found: list[Shown] = alerting.figures(session, caller(), edge().clock.now(), edge().settings.draws.rulebook)
        shown = found[:MOST]
        asked = explaining.asked_about(session, [each.figure for each in shown])
        names = masked_names(session, [each.expert_id for each in shown if each.expert_id])
        answers = {each.id: explaining.text_of(edge().keys, each) for each in asked.values()}
    return page(
        "assessments/alerts.html",
        status=status,
        form=form,
        noted="noted" in request.args,
        shown=[(each, asked.get(explaining.named(each.figure))) for each in shown],
        names=names,
        answers=answers,
        measure_words=measure_words,
        far=FAR,
    )
