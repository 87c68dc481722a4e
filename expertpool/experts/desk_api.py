"""What the pool's desk does beside keeping people: finding one, telling a life cycle, answering letters."""

from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.experts import desk_schemas, listing, own, queries, schemas
from expertpool.experts.errors import OrganisationUnknown
from expertpool.experts.models import Organisation
from expertpool.experts.protection import Protector
from expertpool.experts.story import Act, story_of
from expertpool.experts.validation import check_number
from expertpool.identity.gate import caller
from expertpool.web.access import never_kept, requires
from expertpool.web.acts import notes
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint

MOST_LETTERS = 200

blueprint = Blueprint("experts", __name__, url_prefix=PREFIX, description="The expert pool, employers and their names")


@blueprint.post("/experts/search")
@requires("expert.see")
@never_kept
@blueprint.arguments(desk_schemas.Finder)
@blueprint.response(200, schemas.ExpertList)
def find_expert(given: dict[str, Any]) -> dict[str, Any]:
    """Find somebody by a whole number, which stands in the body and in no address; people are masked."""
    with reading() as session:
        pool = listing.pool_in_reach(session, caller(), "expert.see", given["centre_id"], given["origin"])
        number = check_number(given["by"], given["number"])
        found = queries.find_by(session, _protector(), pool, given["by"], number)
        names = queries.all_masked(session, _protector(), found)
        placed = ("id", "centre_id", "origin", "status", "since")
        items = [{name: getattr(each, name) for name in placed} | names[each.id]._asdict() for each in found]
    return {"items": items, "next": None}


@blueprint.get("/experts/<expert_id>/history")
@requires("expert.see")
@never_kept
@blueprint.response(200, desk_schemas.ActList)
def show_history(expert_id: str) -> dict[str, list[Act]]:
    """List what was done to an expert, the latest first, each with its ledger entry. Draws leave nothing here."""
    with reading() as session:
        expert = listing.visible_expert(session, caller(), expert_id)
        return {"items": story_of(session, edge().keys, expert.id)}


@blueprint.get("/organisations/<organisation_id>")
@requires("organisation.see")
@blueprint.response(200, schemas.OrganisationSchema)
def show_organisation(organisation_id: str) -> Organisation:
    """Show an employer."""
    with reading() as session:
        found = session.get(Organisation, organisation_id)
        if found is None or not listing.reaches(session, caller(), "organisation.see", found.centre_id):
            raise OrganisationUnknown
        return found


@blueprint.get("/corrections")
@requires(own.AMEND)
@never_kept
@blueprint.response(200, desk_schemas.CorrectionList)
def list_corrections() -> dict[str, Any]:
    """List what experts asked to have corrected and nobody has answered, the oldest first."""
    with reading() as session:
        return {"items": own.corrections_for(session, _protector(), caller(), MOST_LETTERS)}


@blueprint.post("/corrections/<correction_id>/answer")
@requires(own.AMEND)
@blueprint.arguments(desk_schemas.CorrectionAnswer)
@notes(desk_schemas.AnsweredSchema)
def answer_correction(tx: Transaction, given: dict[str, Any], correction_id: str) -> dict[str, bool]:
    """Answer such a letter. Facts are amended by their own operation, before."""
    own.answer_correction(tx, _protector(), correction_id, given["answer"])
    return {"answered": True}


def _protector() -> Protector:
    return Protector(edge().keys)
