"""Two desks of the centre's staff that ask the vault: what an expert said on the telephone, and who may come in.

What was typed is never shown again, and the address says no more than session and site.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity.gate import caller
from expertpool.invitations import doors, verbs
from expertpool.invitations.asking import line
from expertpool.invitations.desk_schemas import ArrivalBody, NoteBody
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import BEIJING, page

blueprint = Blueprint("clerks", __name__)


@blueprint.get("/duty")
@signed_in("invitation.note")
def duty() -> Response:
    """Ask for the code that an expert quotes, and what to note."""
    return page("invitations/duty.html", form=Filled(), noted=False)


@blueprint.post("/duty")
@signed_in("invitation.note")
def note() -> Response:
    """Note it; whose code it is stays in the vault."""
    form = Filled()
    try:
        given = forms.load(NoteBody, {**_sent("code"), "minutes": _minutes()})
        line().ask(verbs.NOTE, **given, actor=caller().actor)
    except ExpertpoolError as error:
        form.blame(error)
        return page("invitations/duty.html", status=status_of(error), form=form, noted=False)
    return page("invitations/duty.html", form=form, noted=True)


@blueprint.get("/arrivals")
@signed_in("session.sign-in")
def list_doors() -> Response:
    """Today's sessions, each site with its own desk."""
    today = edge().clock.now().astimezone(BEIJING).date()
    start = datetime.combine(today, time(), BEIJING).astimezone(UTC)
    with reading() as session:
        found = doors.doors_between(session, caller(), start, start + timedelta(days=1))
    return page("invitations/doors.html", day=start, doors=found)


@blueprint.get("/arrivals/<session_id>/<int(max=99):site>")
@signed_in("session.sign-in")
def show_door(session_id: str, site: int) -> Response:
    """Ask for identity number and arrival code."""
    return _door(session_id, site, Filled())


@blueprint.post("/arrivals/<session_id>/<int(max=99):site>")
@signed_in("session.sign-in")
def arrive(session_id: str, site: int) -> Response:
    """Yes with seat and place, or one and the same no."""
    form = Filled()
    try:
        given = forms.load(ArrivalBody, {**_sent("code", "id_number"), "site": site})
        admitted = line().ask(verbs.MATCH, **given, session=session_id[: verbs.ID], actor=caller().actor)
    except ExpertpoolError as error:
        form.blame(error)
        return _door(session_id, site, form, status=status_of(error))
    return _door(session_id, site, form, admitted=admitted)


def _door(
    session_id: str, site: int, form: Filled, *, admitted: dict[str, Any] | None = None, status: int = 200
) -> Response:
    with reading() as session:
        found = doors.door_at(session, caller(), session_id, site)
    return page("invitations/door.html", status=status, door=found, form=form, admitted=admitted)


def _minutes() -> int | str:
    """How late, nothing being none; what is no number stays as it is and is refused."""
    typed = request.form.get("minutes", "").strip() or "0"
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= len("600") else typed


def _sent(*codes: str) -> dict[str, Any]:
    """The form, without the spaces that people type into a code."""
    return {**request.form.to_dict(), **{name: "".join(request.form.get(name, "").split()) for name in codes}}
