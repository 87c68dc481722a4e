"""The pool over HTTP. Whoever is shown is shown masked; answers that are kept for repetitions hold no more."""

from typing import Any

from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.core.transaction import Transaction
from expertpool.experts import erasure, listing, organisations, queries, schemas, service
from expertpool.experts.lifecycle import Origin, Pool, Verb
from expertpool.experts.models import Expert, Organisation, OrganisationAlias, Training
from expertpool.experts.protection import Protector
from expertpool.experts.rulebook_api import blueprint
from expertpool.identity.gate import caller
from expertpool.web.access import never_kept, requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading

__all__ = ["blueprint"]


@blueprint.get("/experts")
@requires("expert.see")
@never_kept
@blueprint.arguments(schemas.ExpertPage, location="query")
@blueprint.response(200, schemas.ExpertList)
def list_experts(page: dict[str, Any]) -> dict[str, Any]:
    """List a pool's experts by identifier, an order that tells nothing; people are masked."""
    wanted = listing.Wanted(page["status"], page["specialty"], page["area"], page["unit"])
    with reading() as session:
        pool = listing.pool_in_reach(session, caller(), "expert.see", page["centre_id"], page["origin"])
        found = listing.experts_in(session, pool, wanted, after=page["after"], limit=page["limit"] + 1)
        items = found[: page["limit"]]
        names = queries.all_masked(session, _protector(), items)
        shown = [{**_placed(expert), **names[expert.id]._asdict()} for expert in items]
    return {"items": shown, "next": items[-1].id if len(found) > len(items) else None}


@blueprint.post("/experts")
@requires("expert.apply")
@blueprint.arguments(schemas.NewExpert)
@acts(schemas.AdmittedSchema)
def apply_for(tx: Transaction, given: dict[str, Any]) -> dict[str, Any]:
    """Put down somebody's application to an own pool."""
    pool = Pool(given.pop("centre_id"), Origin.OWN)
    admitted = service.apply(tx, _protector(), pool=pool, **given)
    expert = tx.session.get_one(Expert, admitted.expert_id)
    return {**_shown(tx.session, expert), "questions": [_asked(each) for each in admitted.questions]}


@blueprint.get("/experts/<expert_id>")
@requires("expert.see")
@never_kept
@blueprint.response(200, schemas.ExpertDetailSchema)
def show_expert(expert_id: str) -> dict[str, Any]:
    """Show an expert, masked, with what is known of them."""
    with reading() as session:
        expert = listing.visible_expert(session, caller(), expert_id)
        record = queries.record_of(session, expert.id)
        ground = queries.cipher_of(session, _protector(), expert.id).open("ground", expert.ground_sealed)
        return {
            **record.expert._asdict(),
            **_shown(session, expert),
            "ground": ground,
            "renewed_until": record.renewed_until,
            "absences": record.absences,
        }


@blueprint.post("/experts/<expert_id>/review")
@requires("expert.review")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def review_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Find an application in order; the competent department decides on it next."""
    return _take(tx, expert_id, Verb.REVIEW, given)


@blueprint.post("/experts/<expert_id>/rejection")
@requires("expert.reject")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def reject_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Reject an application."""
    return _take(tx, expert_id, Verb.REJECT, given)


@blueprint.post("/experts/<expert_id>/enrolment")
@requires("expert.enrol")
@blueprint.arguments(schemas.GroundedUntil)
@acts(schemas.ExpertSchema)
def enrol_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Enrol an applicant who was reviewed."""
    return _take(tx, expert_id, Verb.ENROL, given)


@blueprint.post("/experts/<expert_id>/suspension")
@requires("expert.suspend")
@blueprint.arguments(schemas.GroundedUntil)
@acts(schemas.ExpertSchema)
def suspend_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Suspend an expert from being drawn."""
    return _take(tx, expert_id, Verb.SUSPEND, given)


@blueprint.post("/experts/<expert_id>/reinstatement")
@requires("expert.reinstate")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def reinstate_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """End a suspension."""
    return _take(tx, expert_id, Verb.REINSTATE, given)


@blueprint.post("/experts/<expert_id>/renewal")
@requires("expert.renew")
@blueprint.arguments(schemas.GroundedUntil)
@acts(schemas.ExpertSchema)
def renew_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Renew a membership."""
    return _take(tx, expert_id, Verb.RENEW, given)


@blueprint.post("/experts/<expert_id>/leaving")
@requires("expert.leave")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def let_leave(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Record that an expert leaves the pool of their own will."""
    return _take(tx, expert_id, Verb.LEAVE, given)


@blueprint.post("/experts/<expert_id>/removal")
@requires("expert.remove")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def remove_expert(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Remove an expert from the pool for good."""
    return _take(tx, expert_id, Verb.REMOVE, given)


@blueprint.post("/experts/<expert_id>/reapplication")
@requires("expert.reapply")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def let_reapply(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Take up again the application of somebody who left or was rejected."""
    return _take(tx, expert_id, Verb.REAPPLY, given)


@blueprint.post("/experts/<expert_id>/facts")
@requires("expert.amend")
@blueprint.arguments(schemas.AmendedFacts)
@acts(schemas.ExpertSchema, replaces="experts.show_expert")
def amend_facts(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Replace what is known of an expert; what favours them counts some days later."""
    return _shown(tx.session, service.amend_facts(tx, _protector(), expert_id, **given))


@blueprint.post("/experts/<expert_id>/contact")
@requires("expert.amend")
@blueprint.arguments(schemas.Contact)
@acts(schemas.ExpertSchema)
def amend_contact(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Replace an expert's phone and bank account."""
    return _shown(tx.session, service.amend_contact(tx, _protector(), expert_id, **given))


@blueprint.post("/experts/<expert_id>/absences")
@requires("expert.amend")
@blueprint.arguments(schemas.Absences)
@acts(schemas.ExpertSchema)
def set_absences(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Say on which days an expert cannot come; replaces what was said before."""
    return _shown(tx.session, service.set_absences(tx, expert_id, **given))


@blueprint.get("/experts/<expert_id>/trainings")
@requires("expert.see")
@never_kept
@blueprint.response(200, schemas.TrainingList)
def list_trainings(expert_id: str) -> dict[str, Any]:
    """List an expert's trainings, by day."""
    with reading() as session:
        return {"items": listing.trainings_of(session, listing.visible_expert(session, caller(), expert_id))}


@blueprint.post("/experts/<expert_id>/trainings")
@requires("expert.amend")
@blueprint.arguments(schemas.NewTraining)
@acts(schemas.TrainingSchema)
def record_training(tx: Transaction, given: dict[str, Any], expert_id: str) -> Training:
    """Record a training that an expert took part in."""
    return service.record_training(tx, expert_id, **given)


@blueprint.post("/experts/<expert_id>/contact-erasure")
@requires("expert.erase")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def erase_contact(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Erase phone and bank account of somebody who has gone."""
    return _shown(tx.session, erasure.erase_contact(tx, expert_id, **given))


@blueprint.post("/experts/<expert_id>/record-erasure")
@requires("expert.erase")
@blueprint.arguments(schemas.Grounded)
@acts(schemas.ExpertSchema)
def erase_record(tx: Transaction, given: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """Erase all that is left of somebody whose retention has ended."""
    years = edge().settings.retention.expert_years
    return _shown(tx.session, erasure.erase_record(tx, edge().keys, expert_id, years=years, **given))


@blueprint.get("/organisations")
@requires("organisation.see")
@blueprint.arguments(schemas.OrganisationPage, location="query")
@blueprint.response(200, schemas.OrganisationList)
def list_organisations(page: dict[str, Any]) -> dict[str, Any]:
    """List employers by credit code; by one code, or by a part of the name."""
    with reading() as session:
        centre, limit = _own_centre(session, page), page.pop("limit")
        found = listing.organisations_in(session, centre, **page, limit=limit + 1)
    items = found[:limit]
    return {"items": items, "next": items[-1].code if len(found) > len(items) else None}


@blueprint.post("/organisations")
@requires("organisation.register")
@blueprint.arguments(schemas.NewOrganisation)
@acts(schemas.OrganisationSchema)
def register_organisation(tx: Transaction, given: dict[str, Any]) -> Organisation:
    """Register an employer by its unified social credit code."""
    return organisations.register(tx, **given)


@blueprint.post("/organisations/<organisation_id>/aliases")
@requires("organisation.propose-alias")
@blueprint.arguments(schemas.NewAlias)
@acts(schemas.AliasSchema)
def propose_alias(tx: Transaction, given: dict[str, Any], organisation_id: str) -> OrganisationAlias:
    """Propose another spelling of an employer's name; it joins nothing before somebody else approves it."""
    return organisations.propose_alias(tx, organisation_id, **given)


@blueprint.get("/organisation-aliases")
@requires("organisation.see")
@blueprint.arguments(schemas.AliasPage, location="query")
@blueprint.response(200, schemas.AliasList)
def list_aliases(page: dict[str, Any]) -> dict[str, Any]:
    """List other spellings of employers' names, those that wait for their approval included."""
    with reading() as session:
        centre, limit = _own_centre(session, page), page.pop("limit")
        found = listing.aliases_in(session, centre, **page, limit=limit + 1)
    items = found[:limit]
    return {"items": items, "next": items[-1].id if len(found) > len(items) else None}


@blueprint.post("/organisation-aliases/<alias_id>/approval")
@requires("organisation.approve-alias")
@acts(schemas.AliasSchema)
def approve_alias(tx: Transaction, alias_id: str) -> OrganisationAlias:
    """Approve a spelling that somebody else proposed; from now on it joins."""
    return organisations.approve_alias(tx, alias_id)


def _protector() -> Protector:
    return Protector(edge().keys)


def _take(tx: Transaction, expert_id: str, verb: Verb, given: dict[str, Any]) -> dict[str, Any]:
    return _shown(tx.session, service.take_step(tx, _protector(), expert_id, verb, **given))


def _own_centre(session: Session, page: dict[str, Any]) -> str:
    """The centre whose organisations are asked for. Raises `NotPermitted`."""
    return listing.pool_in_reach(session, caller(), "organisation.see", page.pop("centre_id"), Origin.OWN).centre_id


def _shown(session: Session, expert: Expert) -> dict[str, Any]:
    """An expert, masked."""
    return {**_placed(expert), **queries.masked(session, _protector(), expert)._asdict()}


def _placed(expert: Expert) -> dict[str, Any]:
    """Where an expert stands."""
    return {name: getattr(expert, name) for name in ("id", "centre_id", "origin", "status", "since")}


def _asked(question: ExpertpoolError) -> dict[str, str]:
    """A question about a field."""
    return {
        "field": question.field or "",
        "code": question.code,
        "zh": question.message("zh"),
        "en": question.message("en"),
    }
