"""The agency's desk: own sessions, and one page to apply for a draw, prefilled from the session.

The page takes what the API takes, checked by the same schema. Beside each line it says 充足, 偏少 or 不足 when asked.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.draws import desk_queries, feasibility, service, words
from expertpool.draws.applying import Application
from expertpool.draws.queries import request_of
from expertpool.draws.schemas import ApplicationBody
from expertpool.experts.eligibility_queries import Abundance
from expertpool.experts.validation import check_credit_code
from expertpool.identity.gate import caller
from expertpool.projects import service as projects
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import known_unit, recusals_of, visible_session
from expertpool.projects.schemas import Reason, RecusedUnit
from expertpool.projects.terms import METHODS, PartyRole
from expertpool.protocol.request import DrawRequest
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import BEIJING, page
from policies import specialties
from policies.problems import BadInput

PAST: Final = timedelta(days=14)
FIRST_LINES: Final = 2
MOST_LINES: Final = 8
MOST_REPRESENTATIVES: Final = 2
LINE_PARTS: Final = ("codes", "seats", "site")

blueprint = Blueprint("agency", __name__)


@blueprint.get("/agency")
@signed_in("desk.agency")
def sessions() -> Response:
    """One's own sessions: what waits for oneself, then from today on or, if asked for, those of the days before."""
    now = edge().clock.now()
    today = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    past = "past" in request.args
    days = (today - PAST, today) if past else (today, now + desk_queries.AHEAD)
    with reading() as session:
        mine = desk_queries.waiting_for_agency(session, caller(), now)
        glass = desk_queries.glass_of(session, caller(), now)
        shown, last = desk_queries.some_between(session, caller(), *days, after=request.args.get("after") or None)
    waits = {each.sitting.id for each in mine}
    return page(
        "draws/agency.html",
        mine=mine,
        glass=glass,
        others=[each for each in shown if each.sitting.id not in waits],
        past=past,
        last=last,
        receipt=request.args.get("receipt", type=int),
        words=words,
    )


@blueprint.get("/agency/<session_id>")
@signed_in("desk.agency")
def show_application(session_id: str) -> Response:
    """The form, with what the session says filled in."""
    with reading() as session:
        sitting = visible_session(session, caller(), session_id, "draw.submit")
        draw = desk_queries.returned(session, sitting.id)
    return _form(session_id, Filled(_as_before(request_of(draw)) if draw else {}))


@blueprint.post("/agency/<session_id>")
@signed_in("draw.submit")
def apply(session_id: str) -> Response:
    """Apply for the draw, or submit anew what was returned."""
    form = Filled(_filled_lines_first())
    try:
        given = _application(form.values)
        with edge().transactions.begin(caller().actor) as tx:
            before = desk_queries.returned(tx.session, session_id)
            if before is None:
                service.apply(tx, edge().settings.draws, session_id, given=given)
            else:
                service.resubmit(tx, edge().settings.draws, before.id, given=given)
    except ExpertpoolError as error:
        form.blame(error)
        return _form(session_id, form, status=status_of(error))
    address = f"{request.script_root}/agency?receipt={tx.entries[-1].index}"
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response


@blueprint.post("/agency/<session_id>/supplement")
@signed_in("draw.supplement")
def supplement(session_id: str) -> Response:
    """Apply for the seats that could not be filled."""
    given = forms.load(Reason, {"reason": request.form.get("reason", "").strip()})
    with reading() as session:
        draw = desk_queries.draw_of(session, caller(), session_id)
    with edge().transactions.begin(caller().actor) as tx:
        service.supplement(tx, draw.id, reason=given["reason"])
    address = f"{request.script_root}/agency?receipt={tx.entries[-1].index}"
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response


@blueprint.post("/agency/<session_id>/lines")
@signed_in("draw.ask")
def ask(session_id: str) -> Response:
    """One line more, or whether there are enough experts for each; only the lines for a page that asks by itself."""
    form = Filled(_filled_lines_first())
    found: list[Abundance] = []
    if "more" in form.values:
        form.values["rows"] = str(_rows(form) + 1)
    else:
        try:
            found = _feasibility(session_id, _application(form.values))
        except ExpertpoolError as error:
            form.blame(error)
    return _form(session_id, form, found=found)


@blueprint.post("/agency/<session_id>/recused")
@signed_in("recusal.name")
def recuse(session_id: str) -> Response:
    """Name a unit for recusal, find its name by its code, or withdraw one; only that part for a page with a script."""
    unit = Filled({name: request.form.get(name, "").strip() for name in ("code", "name", "reason")})
    try:
        with reading() as session:
            project_id = visible_session(session, caller(), session_id, "recusal.name").project_id
            if "find" in request.form:
                found = known_unit(session, caller(), check_credit_code(unit.values["code"], "code"))
                unit.values["name"] = found or unit.values["name"]
        if "find" not in request.form:
            _recuse(project_id, unit.values, request.form.get("withdraw"))
            unit = Filled()
    except ExpertpoolError as error:
        unit.blame(error)
        return _form(session_id, Filled(), unit=unit, part="draws/recused.html", status=status_of(error))
    if "find" in request.form or "HX-Request" in request.headers:
        return _form(session_id, Filled(), unit=unit, part="draws/recused.html")
    return redirect(f"{request.script_root}/agency/{session_id}", 303)  # type: ignore[return-value]  # Flask's own


def _recuse(project_id: str, unit: dict[str, str], withdrawn: str | None) -> None:
    with edge().transactions.begin(caller().actor) as tx:
        if withdrawn is None:
            projects.name_unit(tx, project_id, **forms.load(RecusedUnit, unit))
        else:
            projects.withdraw_recusal(tx, withdrawn, **forms.load(Reason, {"reason": unit["reason"]}))


def _feasibility(session_id: str, given: Application) -> list[Abundance]:
    parts = edge()
    with parts.transactions.begin(caller().actor) as tx:
        feasibility.note_question(tx, parts.settings.draws, session_id)
    with reading() as session:
        return feasibility.answer(session, parts.settings.draws, session_id, given=given, now=parts.clock.now())


def _filled_lines_first() -> dict[str, str]:
    """What was typed, the lines that were left blank at the end: so a line's number here is its number in the API."""
    sent = request.form.to_dict()
    rows = [{part: sent.pop(f"lines.{number}.{part}", "") for part in LINE_PARTS} for number in range(MOST_LINES)]
    rows.sort(key=lambda row: not row["codes"].strip())
    return {**sent, **{f"lines.{i}.{part}": row[part] for i, row in enumerate(rows) for part in LINE_PARTS}}


def _as_before(asked: DrawRequest) -> dict[str, str]:
    """A request that was returned, as the form shows it."""
    values = {"rows": str(len(asked.lines))}
    for number, line in enumerate(asked.lines[:MOST_LINES]):
        parts = (" ".join(line.codes), str(line.seats), str(line.site))
        values |= {f"lines.{number}.{part}": said for part, said in zip(LINE_PARTS, parts, strict=True)}
    for number, each in enumerate(asked.owner_representatives[:MOST_REPRESENTATIVES]):
        values[f"owner_representatives.{number}.appointed_on"] = each.appointed_on.isoformat()
    for contact in asked.contacts[:1]:
        values |= {"contact_name": contact.name, "contact_phone": contact.phone}
    return values | {name: "on" for name in ("complex", "high_impact") if getattr(asked, name)}


def _application(sent: Mapping[str, str]) -> Application:
    """What the form says. Raises `InvalidInput`."""
    lines = [
        {
            "codes": _split(sent[f"lines.{number}.codes"]),
            "seats": _whole(sent[f"lines.{number}.seats"]),
            "site": _whole(sent[f"lines.{number}.site"] or "0"),
        }
        for number in range(MOST_LINES)
        if sent[f"lines.{number}.codes"].strip()
    ]
    representatives = [
        {"appointed_on": appointed, "in_writing": True}
        for number in range(MOST_REPRESENTATIVES)
        if (appointed := sent.get(f"owner_representatives.{number}.appointed_on"))
    ]
    contact = {"name": sent.get("contact_name", "").strip(), "phone": sent.get("contact_phone", "").strip()}
    loaded = forms.load(
        ApplicationBody,
        {
            "draw_at": _draw_at(sent.get("draw_at", "")),
            "lines": lines,
            "owner_representatives": representatives,
            "complex": "complex" in sent,
            "high_impact": "high_impact" in sent,
            "contacts": [contact] if any(contact.values()) else [],
        },
    )
    given: Application = loaded["given"]
    return given


def _form(
    session_id: str,
    form: Filled,
    *,
    found: Sequence[Abundance] = (),
    unit: Filled | None = None,
    part: str = "draws/lines.html",
    status: int = 200,
) -> Response:
    with reading() as session:
        sitting = visible_session(session, caller(), session_id, "draw.submit")
        context = _prefilled(session, sitting)
    return page(
        part if "HX-Request" in request.headers else "draws/apply.html",
        status=200 if "HX-Request" in request.headers else status,
        form=form,
        found=found,
        unit=unit or Filled(),
        rows=_rows(form),
        named={number: _named(form.values.get(f"lines.{number}.codes", "")) for number in range(MOST_LINES)},
        most_lines=MOST_LINES,
        representatives=MOST_REPRESENTATIVES,
        words=words,
        **context,
    )


def _prefilled(session: Session, sitting: EvaluationSession) -> dict[str, Any]:
    project = sitting.project
    return {
        "sitting": sitting,
        "project": project,
        "method": METHODS[project.regime].get(project.method),
        "lots": [each.lot for each in sitting.session_lots],
        "owners": [party.name for party in project.parties if party.role is PartyRole.OWNER],
        "agencies": [party.name for party in project.parties if party.role is PartyRole.AGENCY],
        "recused": [each for each in recusals_of(session, project.id) if each.withdrawn is None],
        "today": edge().clock.now().astimezone(BEIJING).date(),
    }


def _rows(form: Filled) -> int:
    said = str(form.values.get("rows", ""))
    return min(max(int(said) if _is_number(said) else FIRST_LINES, 1), MOST_LINES)


def _split(said: str) -> list[str]:
    return re.split(r"[\s,，、;；]+", said.strip())


def _whole(said: str) -> int | str:
    """A number for the schema, or what it will refuse."""
    return int(said) if _is_number(said.strip()) else said


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 9


def _draw_at(said: str) -> str:
    """When to draw: what a browser's field says is Beijing time; nothing said is at once."""
    if not said:
        return edge().clock.now().isoformat()
    try:
        return datetime.fromisoformat(said).replace(tzinfo=BEIJING).isoformat()
    except ValueError:
        return said


def _named(said: str) -> str:
    """The specialties' names, for whoever typed their codes."""
    names = []
    for code in _split(said):
        try:
            names.append(specialties.find(code).name_zh)
        except BadInput:
            continue
    return "、".join(names)
