"""The tree of specialties: by a part of the name or the code, or from class to class down."""

from typing import Final

from flask import Blueprint, Response, request

from expertpool.experts.desk import shell
from expertpool.web.access import signed_in
from expertpool.web.rendering import page
from policies import specialties
from policies.specialties import Specialty

MOST: Final = 60
NATIONAL: Final = ("national", "2018")

blueprint = Blueprint("pool-specialties", __name__)


@blueprint.get("/pool/specialties")
@signed_in("expert.see")
def search() -> Response:
    """What matches, each with the classes above it; or the classes below one."""
    said, under = request.args.get("q", "").strip(), request.args.get("under", "")
    known = specialties.table(*NATIONAL)
    under = under if under in known and not said else ""
    found = _matching(said) if said else [each for each in known.values() if each.parent == under]
    return page(
        "experts/specialties.html",
        said=said,
        found=found[:MOST],
        more=max(len(found) - MOST, 0),
        above=list(specialties.ancestors(under))[::-1] if under else [],
        path={each.code: [above.name_zh for above in specialties.ancestors(each.code)][:0:-1] for each in found[:MOST]},
        parents={each.parent for each in known.values()},
        **shell(),
    )


def _matching(said: str) -> list[Specialty]:
    """Specialties with this in their name, or whose code begins so."""
    return [
        each
        for each in specialties.table(*NATIONAL).values()
        if said in each.name_zh or each.code.startswith(said.upper())
    ]
