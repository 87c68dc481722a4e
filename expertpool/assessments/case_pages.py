"""The desk of cases and appeals: the centre proposes and hands over, the competent department decides.

What is decided wants the second factor and stands on a page of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema

from expertpool.assessments import case_desk, case_forms, cases
from expertpool.assessments.case_desk import CaseShown, Reader
from expertpool.assessments.case_lifecycle import (
    APPEAL_WORDS,
    CASE_WORDS,
    GROUND_WORDS,
    MEASURE_WORDS,
    CaseState,
    CaseVerb,
    Measure,
)
from expertpool.core.errors import ExpertpoolError
from expertpool.experts.protection import Protector
from expertpool.identity.gate import caller
from expertpool.projects.terms import Words
from expertpool.web import forms
from expertpool.web.access import confirmed, never_kept, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

SEE: Final = "case.see"
View = Callable[[str], Response]
TONES: Final = {
    CaseState.PROPOSED: "amber",
    CaseState.HANDED_OVER: "amber",
    CaseState.DECIDED: "red",
    CaseState.WITHDRAWN: "green",
    CaseState.RETURNED: "green",
    CaseState.REVOKED: "green",
}

blueprint = Blueprint("assessment-cases", __name__)


class Doing(NamedTuple):
    """A verb at the desk: what its form brings, the service's function, what it is called and what follows from it."""

    body: type[Schema]
    do: Callable[..., object]
    words: Words
    follows: Words


ACTS: Final[Mapping[CaseVerb, Doing]] = {
    CaseVerb.HAND_OVER: Doing(
        Schema,
        cases.hand_over,
        Words("移送主管部门", "Hand over to the competent department"),
        Words("由主管部门决定，中心不再更改。", "The department decides; the centre changes nothing any more."),
    ),
    CaseVerb.WITHDRAW: Doing(
        case_forms.CaseReason,
        cases.withdraw,
        Words("撤回建议", "Withdraw the proposal"),
        Words("不移送，理由记入账本。", "It is not handed over; the reason goes into the ledger."),
    ),
}
DECISIONS: Final[Mapping[CaseVerb, Doing]] = {
    CaseVerb.DECIDE: Doing(
        case_forms.CaseMeasure,
        cases.decide,
        Words("作出决定", "Decide"),
        Words(
            "暂停和清退即时生效：下一次抽取即予排除，账本条目为依据。决定书送达后专家可见。",
            "Suspension and removal bind at once, in the very next draw, with the ledger’s entry as their ground.",
        ),
    ),
    CaseVerb.RETURN: Doing(
        case_forms.CaseReturn,
        cases.grant_return,
        Words("恢复抽取", "Let the expert return"),
        Words(
            "短期期满自动恢复；中期须书面申请并承诺；长期还须通过法律法规测试。",
            "Automatic after the short term; by application and pledge after the middle one; after the long one a test",
        ),
    ),
    CaseVerb.REVOKE: Doing(
        case_forms.CaseReason,
        cases.revoke,
        Words("撤销决定", "Revoke the decision"),
        Words("原决定保留在案，自此不再有效。", "The decision stays on record and has no effect from now on."),
    ),
}


@blueprint.get("/cases")
@never_kept
@signed_in(SEE)
def show_cases() -> Response:
    """What waits for the reader, and the rest."""
    with reading() as session:
        waiting, others = case_desk.cases_in(session, reader())
        appeals = case_desk.appeals_in(session, reader())
    return page("assessments/cases.html", waiting=waiting, others=others, appeals=appeals, **_words())


@blueprint.get("/cases/<case_id>")
@never_kept
@signed_in(SEE)
def show_case(case_id: str) -> Response:
    """One case."""
    return _case(case_id, Filled())


def reader() -> Reader:
    """Who reads."""
    return Reader(caller(), Protector(edge().keys))


def _acting(verb: CaseVerb) -> View:
    """What the centre does: a button, or a folded form."""

    def act(case_id: str) -> Response:
        form = Filled(request.form.to_dict())
        try:
            _do(case_id, ACTS[verb], form)
        except ExpertpoolError as error:
            form.blame(error)
            return _case(case_id, form, verb, status_of(error))
        return noted(f"/cases/{case_id}")

    return signed_in(verb.permission)(act)


def _deciding(verb: CaseVerb) -> View:
    """What the department decides, on a page of its own."""

    def decide(case_id: str) -> Response:
        form = Filled(request.form.to_dict())
        if request.method == "GET":
            return _decision(case_id, verb, form)
        try:
            _do(case_id, DECISIONS[verb], form)
        except ExpertpoolError as error:
            form.blame(error)
            return _decision(case_id, verb, form, status_of(error))
        return noted(f"/cases/{case_id}")

    return confirmed(signed_in(verb.permission)(decide))


for _verb in ACTS:
    blueprint.add_url_rule(f"/cases/<case_id>/{_verb}", _verb, _acting(_verb), methods=["POST"])
for _verb in DECISIONS:
    blueprint.add_url_rule(f"/cases/<case_id>/{_verb}", _verb, _deciding(_verb), methods=["GET", "POST"])


def _do(case_id: str, doing: Doing, form: Filled) -> None:
    given: dict[str, Any] = forms.load(doing.body, case_forms.typed(form.values))
    with edge().transactions.begin(caller().actor) as tx:
        doing.do(tx, case_id, **given)


def _shown(case_id: str) -> tuple[CaseShown, list[Any]]:
    with reading() as session:
        found = case_desk.case_shown(session, reader(), case_id)
        return found, case_desk.rests_on(session, found.case)


def _case(case_id: str, form: Filled, opened: CaseVerb | None = None, status: int = 200) -> Response:
    found, rests = _shown(case_id)
    return page(
        "assessments/case.html",
        status=status,
        shown=found,
        rests=rests,
        acts=[(verb, ACTS[verb]) for verb in found.verbs if verb in ACTS],
        decisions=[(verb, DECISIONS[verb]) for verb in found.verbs if verb in DECISIONS],
        opened=opened,
        form=form,
        noted="noted" in request.args,
        **_words(),
    )


def _decision(case_id: str, verb: CaseVerb, form: Filled, status: int = 200) -> Response:
    found, _ = _shown(case_id)
    return page(
        "assessments/case_decision.html",
        status=status,
        shown=found,
        verb=verb,
        doing=DECISIONS[verb],
        form=form,
        measures=Measure,
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "case_words": CASE_WORDS,
        "ground_words": GROUND_WORDS,
        "measure_words": MEASURE_WORDS,
        "appeal_words": APPEAL_WORDS,
        "tones": TONES,
    }


def noted(path: str) -> Response:
    """Back to what was done, by a request that sends nothing again on reloading."""
    return redirect(f"{request.script_root}{path}?noted=1", 303)  # type: ignore[return-value]
