"""An expert's own assessments, under /me: sign for a result, read it, appeal, take away what opens the digests.

The vault finds whose they are. This process keeps nothing of it but an appeal's files, sealed, until they are filed.
"""

import json
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema

from expertpool.assessments import attachments, verbs
from expertpool.assessments.case_lifecycle import APPEAL_WORDS, MEASURE_WORDS, AppealState
from expertpool.assessments.months import item_words
from expertpool.assessments.own_forms import AppealBody, ExplanationBody, PlaceBody, ReceiptBody
from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import Verb
from expertpool.invitations.asking import WEB, line
from expertpool.invitations.desk_errors import SignedOut
from expertpool.invitations.own_pages import back, token
from expertpool.projects.terms import Words
from expertpool.web import forms
from expertpool.web.access import public, takes_file
from expertpool.web.edge import edge
from expertpool.web.forms import Filled
from expertpool.web.guards import MAX_BODY_BYTES
from expertpool.web.problems import status_of
from expertpool.web.rendering import page
from policies.facts import day_of
from policies.names import VALUES

ME: Final = "/me/assessments"
FILES: Final = "files"

blueprint = Blueprint("own-assessments", __name__)


@blueprint.get(ME)
@public
def show() -> Response:
    """One's own results; whoever is not signed in is asked to."""
    return _own(Filled())


@blueprint.post(f"{ME}/receive")
@public
def receive() -> Response:
    """Sign for a result or a decision."""
    return _say(verbs.RECEIVE, ReceiptBody)


@blueprint.post(f"{ME}/explain")
@public
def explain() -> Response:
    """Answer what the supervisor asks about one's scoring."""
    return _say(verbs.EXPLAIN, ExplanationBody)


@blueprint.post(f"{ME}/appeal")
@public
@takes_file(MAX_BODY_BYTES)
def appeal() -> Response:
    """Appeal, with files if there are any."""
    form = Filled(request.form.to_dict())
    try:
        given = forms.load(AppealBody, _typed(form))
        line().ask(verbs.OWN, token=token())  # nobody else has files kept here
        line().ask(verbs.APPEAL, token=token(), files=",".join(_kept()), **given)
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _own(form, status_of(error))
    return _noted()


@blueprint.post(f"{ME}/disclosures")
@public
def disclose() -> Response:
    """What opens the ledger's digests of one's own result, as a file."""
    form = Filled(request.form.to_dict())
    try:
        told = line().ask(verbs.DISCLOSE, token=token(), **forms.load(PlaceBody, _typed(form)))
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _own(form, status_of(error))
    answer = Response(json.dumps(told["disclosures"], ensure_ascii=False, indent=1), content_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="disclosures.json"'
    return answer


def _say(verb: Verb, body: type[Schema]) -> Response:
    form = Filled(request.form.to_dict())
    try:
        line().ask(verb, token=token(), **forms.load(body, _typed(form)))
    except SignedOut:
        return back()
    except ExpertpoolError as error:
        form.blame(error)
        return _own(form, status_of(error))
    return _noted()


def _kept() -> list[str]:
    """The files that came along, sealed. Raises `FileUnusable`."""
    sent = [each for each in request.files.getlist(FILES) if each.filename]
    if not sent:
        return []
    with edge().transactions.begin(WEB) as tx:
        return [attachments.keep(tx, edge().keys, each.read()).id for each in sent[: attachments.MOST_FILES]]


def _own(form: Filled, status: int = 200) -> Response:
    try:
        found = line().ask(verbs.OWN, token=token())["results"]
    except SignedOut:
        return back()
    return page(
        "assessments/own.html",
        status=status,
        form=form,
        noted="noted" in request.args,
        results=[_timed(each) for each in found],
        item_words=item_words(edge().clock.now()),
        named=lambda value: Words(*VALUES[value]),
        measure_words={each.value: words for each, words in MEASURE_WORDS.items()},
        appeal_words={each.value: words for each, words in APPEAL_WORDS.items()},
        open_appeal=AppealState.FILED.value,
    )


def _timed(told: dict[str, Any]) -> dict[str, Any]:
    until, today = told.get("appeal_until"), day_of(edge().clock.now())
    return {
        **told,
        "revealed": datetime.fromisoformat(told["revealed"]),
        "may_appeal": until is not None and told["appeal"] is None and today <= date.fromisoformat(until),
    }


def _typed(form: Filled) -> dict[str, Any]:
    """The form as the schemas read it."""
    subject = form.values.get("subject", "")
    known = subject.isascii() and subject.isdigit() and len(subject) < 5
    return {**form.values, "subject": int(subject) if known else subject}


def _noted() -> Response:
    return redirect(f"{request.script_root}{ME}?noted=1", 303)  # type: ignore[return-value]
