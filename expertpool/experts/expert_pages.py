"""One expert, masked: what is known of them, their way through the pool with its entries, and what may be done."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, request

from expertpool.core.errors import ExpertpoolError, Forbidden, NotFound
from expertpool.core.transaction import Transaction
from expertpool.experts import erasure, facts_form, listing, queries, schemas, service, words
from expertpool.experts.desk import done, may, protector, shell, steps_for
from expertpool.experts.lifecycle import GONE, Origin, Verb
from expertpool.experts.story import story_of
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import View, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import BEIJING, page
from policies import areas, specialties
from policies.problems import BadInput

MOST_ABSENCES: Final = 20

blueprint = Blueprint("pool-expert", __name__)

Act = Callable[[Transaction], Any]


@blueprint.get("/pool/experts/<expert_id>")
@signed_in("expert.see")
def show(expert_id: str) -> Response:
    """An expert, and what may be done."""
    return _page(expert_id)


def _step(verb: Verb) -> View:
    """The view that takes a step of the life cycle."""
    schema = schemas.GroundedUntil if verb in words.UNTIL else schemas.Grounded

    def take(expert_id: str) -> Response:
        sent = _sent()
        return _act(
            expert_id,
            verb.value,
            sent,
            lambda tx: service.take_step(tx, protector(), expert_id, verb, **forms.load(schema, _known(sent))),
        )

    return take


for each in Verb:
    address = f"/pool/experts/<expert_id>/{each.value}"
    view = signed_in(each.permission)(_step(each))
    blueprint.add_url_rule(address, f"take-{each.value}", view, methods=["POST"])


@blueprint.post("/pool/experts/<expert_id>/contact")
@signed_in("expert.amend")
def amend_contact(expert_id: str) -> Response:
    """Replace phone and bank account."""
    sent = _sent()
    return _act(
        expert_id,
        "contact",
        sent,
        lambda tx: service.amend_contact(tx, protector(), expert_id, **forms.load(schemas.Contact, _known(sent))),
    )


@blueprint.post("/pool/experts/<expert_id>/absences")
@signed_in("expert.amend")
def set_absences(expert_id: str) -> Response:
    """Say on which days the expert cannot come: those that are shown and the new one, but for those crossed out."""
    sent = _sent()
    rows = [
        {"start": sent.get(f"absences.{number}.start", ""), "until": sent.get(f"absences.{number}.until", "")}
        for number in range(MOST_ABSENCES)
        if f"absences.{number}.off" not in sent
    ]
    body = {"absences": [row for row in rows if any(row.values())]}
    return _act(
        expert_id,
        "absences",
        sent,
        lambda tx: service.set_absences(tx, expert_id, **forms.load(schemas.Absences, body)),
    )


@blueprint.post("/pool/experts/<expert_id>/trainings")
@signed_in("expert.amend")
def record_training(expert_id: str) -> Response:
    """Record a training."""
    sent = _sent()
    hours = sent.get("hours", "")
    whole = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 6 else hours
    body = {**_known(sent), "hours": whole, "passed": "passed" in sent}
    return _act(
        expert_id,
        "training",
        sent,
        lambda tx: service.record_training(tx, expert_id, **forms.load(schemas.NewTraining, body)),
    )


@blueprint.post("/pool/experts/<expert_id>/contact-erasure")
@signed_in("expert.erase")
def erase_contact(expert_id: str) -> Response:
    """Erase phone and bank account of somebody who has gone."""
    sent = _sent()
    return _act(
        expert_id,
        "contact-erasure",
        sent,
        lambda tx: erasure.erase_contact(tx, expert_id, **forms.load(schemas.Grounded, _known(sent))),
    )


@blueprint.post("/pool/experts/<expert_id>/record-erasure")
@signed_in("expert.erase")
def erase_record(expert_id: str) -> Response:
    """Erase all that is left of somebody whose retention has ended."""
    sent, years = _sent(), edge().settings.retention.expert_years

    def act(tx: Transaction) -> None:
        given = forms.load(schemas.Grounded, _known(sent))
        erasure.erase_record(tx, edge().keys, expert_id, years=years, **given)

    return _act(expert_id, "record-erasure", sent, act)


def _sent() -> dict[str, str]:
    return {name: said.strip() for name, said in request.form.items()}


def _known(sent: dict[str, str]) -> dict[str, str]:
    """What was filled in: an empty field of a form says nothing."""
    return {name: said for name, said in sent.items() if said}


def _act(expert_id: str, which: str, sent: dict[str, str], act: Act) -> Response:
    """Do it in one transaction and say so, or show the page with the form that was refused."""
    try:
        with edge().transactions.begin(caller().actor) as tx:
            act(tx)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form = Filled(sent)
        form.blame(error)
        return _page(expert_id, {which: form}, status_of(error))
    return done(f"/pool/experts/{expert_id}", tx)


def _page(expert_id: str, refused: dict[str, Filled] | None = None, status: int = 200) -> Response:
    with reading() as session:
        expert = listing.visible_expert(session, caller(), expert_id)
        record = queries.record_of(session, expert.id)
        context = {
            "masked": queries.masked(session, protector(), expert),
            "record": record,
            "trainings": listing.trainings_of(session, expert),
            "story": story_of(session, edge().keys, expert.id),
        }
    today = edge().clock.now().astimezone(BEIJING).date()
    return page(
        "experts/expert.html",
        status=status,
        expert=expert,
        known=record.expert,
        absences=[absence for absence in record.absences if absence.until >= today],
        steps=steps_for(expert),
        amendable=expert.origin is Origin.OWN and expert.status not in GONE and may("expert.amend"),
        erasable=expert.origin is Origin.OWN and expert.status in GONE and may("expert.erase"),
        refused=refused or {},
        empty=Filled(),
        today=today,
        lists=facts_form.LISTS,
        specialty=specialty_name,
        area=area_name,
        words=words,
        **context,
        **shell(),
    )


def specialty_name(code: str, scheme: str = "national", version: str = "2018") -> str:
    """What a specialty is called; nothing for a code of another scheme."""
    try:
        return specialties.find(code, scheme, version).name_zh
    except BadInput:
        return ""


def area_name(code: str | None) -> str:
    """What an area is called, with the prefecture or province that it lies in."""
    known = areas.table()
    around = [] if code is None else [areas.province(code), areas.prefecture(code), code]
    return " ".join(dict.fromkeys(known[each].name_zh for each in around if each in known))
