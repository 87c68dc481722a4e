"""An expert's own record: what the pool has, the days on which one cannot come, and what is to be corrected.

The vault shows it masked and keeps what is asked for; this process stores nothing of it.
"""

from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import words
from expertpool.experts.lifecycle import Status
from expertpool.invitations import verbs
from expertpool.invitations.asking import line
from expertpool.invitations.desk_errors import SignedOut
from expertpool.invitations.own_pages import back, token
from expertpool.invitations.own_schemas import CorrectionBody, DaysBody
from expertpool.web import forms
from expertpool.web.access import public
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page
from policies import areas, specialties

blueprint = Blueprint("record", __name__)


@blueprint.get("/me/record")
@public
def show() -> Response:
    """One's own record; whoever is not signed in is asked to."""
    return _shown(Filled())


@blueprint.post("/me/days")
@public
def set_days() -> Response:
    """Have days put down or taken back."""
    form = Filled({name: request.form.get(name, "") for name in ("start", "until")})
    try:
        given = forms.load(DaysBody, request.form.to_dict())
        days = {name: given[name].isoformat() for name in ("start", "until")}
        line().ask(verbs.BE_AWAY, token=token(), word=given["word"], **days)
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _shown(form, status_of(error))
    return _again()


@blueprint.post("/me/correction")
@public
def correct() -> Response:
    """Have the pool's managers look at something."""
    form = Filled({"text": request.form.get("text", "")})
    try:
        given = forms.load(CorrectionBody, {"text": " ".join(form.values["text"].split())})
        line().ask(verbs.CORRECT, token=token(), text=given["text"])
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _shown(form, status_of(error))
    return _again()


def _shown(form: Filled, status: int = 200) -> Response:
    try:
        found = line().ask(verbs.RECORD, token=token())
    except SignedOut:
        return back()
    return page(
        "invitations/record.html",
        status=status,
        form=form,
        records=[_in_words(each) for each in found["records"]],
        noted="noted" in request.args,
    )


def _in_words(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the names of its codes."""
    known = None if record["claims"] is None else [_specialty(each) for each in record["claims"]]
    area = areas.table().get(record["area"] or "")
    return {
        **record,
        "standing": words.STATUSES[Status(record["status"])],
        "claims": known,
        "area": record["area"] if area is None else area.name_zh,
        "absences": [{name: date.fromisoformat(day) for name, day in each.items()} for each in record["absences"]],
    }


def _specialty(claim: str) -> str:
    scheme, version, code = claim.split("/")
    if (scheme, version) not in specialties.TABLES:
        return code
    found = specialties.table(scheme, version).get(code)
    return code if found is None else f"{found.name_zh}（{code}）"


def _again() -> Response:
    return redirect(f"{request.script_root}/me/record?noted=1", 303)  # type: ignore[return-value]  # Flask's own Response
