"""The two long forms of the pool: somebody's application, and an amendment of what is known of an expert.

Both have the fields of `facts_form`, by the names that the API has for them. A button adds a row without sending
anything on; what is refused comes back with all that was typed.
"""

from typing import Any

from flask import Blueprint, Response, request

from expertpool.core.errors import ExpertpoolError, Forbidden, NotFound
from expertpool.experts import facts_form, listing, queries, schemas, service, words
from expertpool.experts.desk import centres_in_reach, done, protector, shell
from expertpool.experts.errors import ExpertChanged
from expertpool.experts.expert_pages import specialty_name
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.models import Expert
from expertpool.experts.queries import Masked
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

blueprint = Blueprint("pool-new-expert", __name__)


@blueprint.get("/pool/new")
@signed_in("expert.apply")
def show_application() -> Response:
    """The form for an application."""
    return _application(Filled())


@blueprint.post("/pool/new")
@signed_in("expert.apply")
def apply() -> Response:
    """Put down an application to an own pool."""
    form, body = _typed()
    if "more" in request.form:
        return _application(form)
    try:
        given = forms.load(schemas.NewExpert, {"centre_id": caller().centre, **body})
        pool = Pool(given.pop("centre_id"), Origin.OWN)
        with edge().transactions.begin(caller().actor) as tx:
            admitted = service.apply(tx, protector(), pool=pool, **given)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _application(form, status_of(error))
    return done(f"/pool/experts/{admitted.expert_id}", tx)


@blueprint.get("/pool/experts/<expert_id>/facts")
@signed_in("expert.amend")
def show_facts(expert_id: str) -> Response:
    """The form with what is known now."""
    with reading() as session:
        expert = listing.visible_expert(session, caller(), expert_id)
        known = queries.record_of(session, expert.id).expert
    return _amendment(expert_id, Filled(facts_form.filled(known)))


@blueprint.post("/pool/experts/<expert_id>/facts")
@signed_in("expert.amend")
def amend(expert_id: str) -> Response:
    """Replace what is known of an expert."""
    form, body = _typed()
    if "more" in request.form:
        return _amendment(expert_id, form)
    try:
        given = forms.load(schemas.AmendedFacts, body)
        with edge().transactions.begin(caller().actor) as tx:
            expert = service.amend_facts(tx, protector(), expert_id, **given)
            seen = str(expert.revision - 1)
            if form.values.pop("revision", seen) != seen:  # all facts are replaced: somebody else's would be lost
                raise ExpertChanged
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _amendment(expert_id, form, status_of(error))
    return done(f"/pool/experts/{expert_id}", tx)


def _typed() -> tuple[Filled, dict[str, Any]]:
    """What was typed, and what the API would be sent; empty fields say nothing."""
    values, body = facts_form.given({name: said.strip() for name, said in request.form.items()})
    more = values.pop("more", "")
    if more in facts_form.LISTS:
        values["rows"] = more
    known = {name: said for name, said in values.items() if said and "." not in name}
    return Filled(values), {**known, **body}


def _application(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        centres = centres_in_reach(session)
    return _form(form, status, centres=centres)


def _amendment(expert_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        expert: Expert = listing.visible_expert(session, caller(), expert_id)
        masked: Masked = queries.masked(session, protector(), expert)
    form.values.setdefault("revision", str(expert.revision))
    return _form(form, status, expert=expert, masked=masked)


def _form(form: Filled, status: int, **context: Any) -> Response:
    added = form.values.get("rows")
    rows = {name: facts_form.rows_of(form.values, name) + (name == added) for name in facts_form.LISTS}
    return page(
        "experts/facts.html",
        status=status,
        form=form,
        rows={name: max(number, 1) for name, number in rows.items()},
        lists=facts_form.LISTS,
        specialty=specialty_name,
        words=words,
        **context,
        **shell(),
    )
