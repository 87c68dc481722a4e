"""An invitation in a browser, by its answer code: one card, two buttons. Beside it the desks that ask the vault.

The code stands in bodies only, or in an address's fragment, which browsers do not send. Nothing is kept here between
two requests: the card carries its code along.
"""

from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request

from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import VaultSilent
from expertpool.invitations import clerk_pages, correction_pages, own_pages, record_pages, verbs
from expertpool.invitations.answering import Word
from expertpool.invitations.asking import give_answer, line, source
from expertpool.invitations.desk_schemas import AnswerBody, CodeBody
from expertpool.web import forms
from expertpool.web.access import public
from expertpool.web.edge import Desk
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

DESKS: Final = (
    Desk("/arrivals", "签到", "Sign-in", "check", "session.sign-in"),
    Desk("/duty", "值班电话", "Duty desk", "clock", "invitation.note"),
    Desk("/corrections", "更正申请", "Corrections", "file", "expert.amend"),
)

blueprint = Blueprint("invited", __name__, template_folder="templates")
blueprint.register_blueprint(clerk_pages.blueprint)
blueprint.register_blueprint(own_pages.blueprint)
blueprint.register_blueprint(record_pages.blueprint)
blueprint.register_blueprint(correction_pages.blueprint)


@blueprint.get("/i")
@public
def ask_code() -> Response:
    """Ask for the answer code."""
    return page("invitations/code.html", form=Filled())


@blueprint.post("/i")
@public
def show_or_answer() -> Response:
    """Show the invitation, or take the answer that comes along and show how it stands then."""
    form = Filled()
    try:
        return _answer() if "word" in request.form else _look()
    except ExpertpoolError as error:
        form.blame(error)
        return page("invitations/code.html", status=status_of(error), form=form)


def _look() -> Response:
    """The invitation; while the vault is away, what can be answered all the same."""
    code = forms.load(CodeBody, _sent())["code"]
    try:
        return _card(code, line().ask(verbs.LOOK, code=code, source=source()))
    except VaultSilent:
        return page("invitations/unseen.html", code=code)


def _answer() -> Response:
    """How the invitation stands after the answer; or that it is noted."""
    given = forms.load(AnswerBody, _sent())
    stands = give_answer(**given)
    if stands is None:
        return page("invitations/noted.html")
    return _card(given["code"], stands, checked_in=given["word"] == Word.CHECK_IN)


def _card(code: str, shown: dict[str, Any], *, checked_in: bool = False) -> Response:
    until = shown["answer_until"]
    return page(
        "invitations/card.html",
        code=code,
        shown=shown,
        checked_in=checked_in,
        starts=datetime.fromisoformat(shown["starts"]),
        until=None if until is None else datetime.fromisoformat(until),
    )


def _sent() -> dict[str, str]:
    """The form; people type a code with spaces."""
    return {**request.form.to_dict(), "code": "".join(request.form.get("code", "").split())}
