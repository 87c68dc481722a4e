"""The desks of draws: *Supervision* for exceptions, *My sessions* for agencies. Nothing here names anybody."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flask import Blueprint, Response, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.draws import agency_pages, desk_queries, holder_health, service, words
from expertpool.draws.desk_queries import Tone
from expertpool.identity.gate import caller
from expertpool.projects.schemas import Reason
from expertpool.web import forms
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import BEIJING, page

DESKS: Final = (
    Desk("/supervision", "监督", "Supervision", "shield", "desk.supervision", begins=True),
    Desk("/agency", "我的项目", "My sessions", "file", "desk.agency", begins=True),
)

blueprint = Blueprint("desks", __name__, template_folder="templates")
blueprint.register_blueprint(agency_pages.blueprint)


@blueprint.get("/supervision")
@signed_in("desk.supervision")
def supervision() -> Response:
    """How many sessions there are today, and what is an exception."""
    first = _starts(edge().clock.now().astimezone(BEIJING).date())
    with reading() as session:
        shown = desk_queries.sittings_between(session, caller(), first, first + timedelta(days=1))
        referred, waiting = desk_queries.referred_to(session, caller())
        holders = holder_health.holders_of(session, edge().settings, caller(), edge().clock.now())
        glass = desk_queries.glass_of(session, caller(), edge().clock.now())
    return page(
        "draws/supervision.html",
        day=first,
        shown=shown,
        referred=referred,
        waiting=waiting,
        holders=holders,
        glass=glass,
        exceptions=[each for each in shown if each.tone is Tone.RED],
        decided="decided" in request.args,
        words=words,
    )


@blueprint.get("/supervision/<draw_id>")
@signed_in("desk.supervision")
@confirmed
def show_referral(draw_id: str) -> Response:
    """One draw that was referred, to be decided."""
    return _referral(draw_id, Filled())


@blueprint.post("/supervision/<draw_id>")
@signed_in("draw.approve")
@confirmed
def decide(draw_id: str) -> Response:
    """Approve what was referred, or return it to the agency; the reason is recorded."""
    verb = service.approve if request.form.get("decision") == "approve" else service.decline
    return _decided(draw_id, verb, otherwise=_referral)


@blueprint.get("/supervision/<draw_id>/suspended")
@signed_in("desk.supervision")
@confirmed
def show_suspended(draw_id: str) -> Response:
    """One evaluation that was suspended, to go on or to be given up."""
    return _suspended(draw_id, Filled())


@blueprint.post("/supervision/<draw_id>/suspended")
@signed_in("draw.reconvene")
@confirmed
def go_on(draw_id: str) -> Response:
    """Let it go on with the same committee, or give it up; the reason is recorded."""
    verb = service.cancel if request.form.get("decision") == "cancel" else service.reconvene
    return _decided(draw_id, verb, otherwise=_suspended)


def _decided(
    draw_id: str, verb: Callable[..., object], *, otherwise: Callable[[str, Filled, int], Response]
) -> Response:
    """Do what was decided, for the reason given; where it is refused, show the form again with what was typed."""
    form = Filled({"reason": request.form.get("reason", "")})
    try:
        given = forms.load(Reason, {"reason": request.form.get("reason", "").strip()})
        with edge().transactions.begin(caller().actor) as tx:
            verb(tx, draw_id, reason=given["reason"])
    except ExpertpoolError as error:
        form.blame(error)
        return otherwise(draw_id, form, status_of(error))
    return redirect(f"{request.script_root}/supervision?decided=1", 303)  # type: ignore[return-value]


def _suspended(draw_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        found = desk_queries.one_suspended(session, caller(), draw_id)
    return page("draws/suspended.html", status=status, shown=found, form=form)


def _referral(draw_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        found = desk_queries.one_referred(session, caller(), draw_id)
    return page("draws/referral.html", status=status, shown=found, form=form, words=words)


def _starts(day: date) -> datetime:
    """When a day begins in Beijing."""
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)
