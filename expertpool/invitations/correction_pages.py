"""What experts asked the pool to correct, for its managers: what, and the answer. Facts change at the pool's desk."""

from typing import Final

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema, fields
from marshmallow.validate import Length

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import own
from expertpool.experts.protection import Protector
from expertpool.identity.gate import caller
from expertpool.identity.schemas import LINE
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import Keys, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

AT_ONCE: Final = 50

blueprint = Blueprint("corrections", __name__)


class AnswerForm(Schema):
    answer = fields.String(required=True, validate=[Length(2, 300), LINE])


@blueprint.get("/corrections")
@signed_in(own.AMEND)
def show() -> Response:
    """What waits for an answer."""
    return _shown(Filled())


@blueprint.post("/corrections/<correction_id>")
@signed_in(own.AMEND)
def answer(correction_id: str) -> Response:
    """Answer one."""
    form = Filled()
    try:
        given = forms.load(AnswerForm, {"answer": request.form.get("answer", "").strip()})
        with edge().transactions.begin(caller().actor) as tx:
            own.answer_correction(tx, _protector(), correction_id, given["answer"])
    except ExpertpoolError as error:
        form.blame(error)
        form.complaints[""] = [text for texts in form.complaints.values() for text in texts]
        return _shown(form, status_of(error))
    return redirect(f"{request.script_root}/corrections?answered=1", 303)  # type: ignore[return-value]  # Flask's own


def _shown(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        asked = own.corrections_for(session, _protector(), caller(), AT_ONCE)
    answered = "answered" in request.args
    return page("invitations/corrections.html", status=status, form=form, asked=asked, answered=answered)


def _protector() -> Protector:
    keys: Keys = edge().keys
    return Protector(keys)
