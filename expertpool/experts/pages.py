"""The pool's desk: who is in it, masked. Everything stands in the order of random identifiers, which tells nothing.

What a page shows of an expert was put down by the pool's managers themselves; whether somebody sits on a committee, was
called or was looked at by a draw is nowhere here (ADR 21).
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import (
    expert_pages,
    import_pages,
    listing,
    new_expert_pages,
    organisation_pages,
    queries,
    rulebook_pages,
    specialty_pages,
    words,
)
from expertpool.experts.desk import centres_in_reach, pool_asked_for, protector, shell
from expertpool.experts.errors import ExpertUnknown
from expertpool.experts.exporting import masked_csv
from expertpool.experts.lifecycle import Pool
from expertpool.experts.listing import Wanted
from expertpool.experts.models import Expert
from expertpool.experts.schemas import ExpertPage, FindForm
from expertpool.experts.validation import check_number
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

AT_ONCE: Final = 50

DESKS: Final = (Desk("/pool", "专家库", "Expert pool", "user", "expert.see", begins=True),)

blueprint = Blueprint("pool", __name__, template_folder="templates")
for room in (expert_pages, new_expert_pages, import_pages, organisation_pages, rulebook_pages, specialty_pages):
    blueprint.register_blueprint(room.blueprint)


@blueprint.get("/pool")
@signed_in("expert.see")
def experts() -> Response:
    """A page of a pool's experts, masked, and how many stand where."""
    said = request.args.get("specialty", "").strip()
    if said and not said.isascii():  # a name, or a part of one
        return redirect(f"{request.script_root}/pool/specialties?q={said}", 303)  # type: ignore[return-value]
    return _list(Filled(request.args.to_dict()), Filled())


@blueprint.post("/pool/find")
@signed_in("expert.see")
def find() -> Response:
    """Find one person by a number that was typed: it is looked for by its blind index and stands in no address."""
    form = Filled({"by": request.form.get("by", "")})
    try:
        given = forms.load(FindForm, request.form.to_dict())
        with reading() as session:
            pool = pool_asked_for(session, "expert.see")
            number = check_number(given["by"], given["number"])
            found = queries.find_by(session, protector(), pool, given["by"], number)
            names = queries.all_masked(session, protector(), found)
        if not found:
            raise ExpertUnknown(field="number")
    except ExpertpoolError as error:
        form.blame(error)
        return _list(Filled(), form, status_of(error))
    if len(found) == 1:
        return redirect(f"{request.script_root}/pool/experts/{found[0].id}", 303)  # type: ignore[return-value]
    return page("experts/found.html", experts=found, names=names, words=words, **shell())


@blueprint.post("/pool/export")
@signed_in("expert.export")
def export() -> Response:
    """Everyone in a pool as a sheet, masked. In the clear it goes by command alone, for a reason in the ledger."""
    with reading() as session:
        pool = pool_asked_for(session, "expert.export")
    pieces = masked_csv(edge().transactions, protector(), pool, caller().actor)
    answer = Response(pieces, content_type="text/csv; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"experts-{pool.origin.value}.csv")
    return answer


def _list(form: Filled, finder: Filled, status: int = 200) -> Response:
    kept = {name: said.strip() for name, said in form.values.items() if name in ExpertPage().fields and said.strip()}
    with reading() as session:
        pool, found = pool_asked_for(session, "expert.see"), list[Expert]()
        try:
            found = list(_found(session, pool, kept))
        except ExpertpoolError as error:
            form.blame(error)
            status = status_of(error)
        shown = found[:AT_ONCE]
        context = {
            "pool": pool,
            "names": queries.all_masked(session, protector(), shown),
            "lines": queries.records_of(session, shown),
            "counts": listing.counts_by_status(session, pool),
            "centres": centres_in_reach(session),
        }
    kept.pop("after", None)
    form.values |= {"centre_id": pool.centre_id, "origin": pool.origin.value}
    return page(
        "experts/pool.html",
        status=status,
        form=form,
        finder=finder,
        experts=shown,
        kept=kept,
        filtered=bool(kept.keys() & set(Wanted._fields)),
        next=shown[-1].id if len(found) > AT_ONCE else None,
        words=words,
        **context,
        **shell(),
    )


def _found(session: Session, pool: Pool, kept: dict[str, str]) -> Sequence[Expert]:
    given = forms.load(ExpertPage, {name: said for name, said in kept.items() if name not in ("centre_id", "origin")})
    wanted = Wanted(*(given[name] for name in Wanted._fields))
    return listing.experts_in(session, pool, wanted, after=given["after"], limit=AT_ONCE + 1)
