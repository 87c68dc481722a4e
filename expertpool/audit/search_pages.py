"""Searching the ledger: by number, hash, kind, day, or an identifier that stands in the clear."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from expertpool.audit import standing
from expertpool.audit.ledger_pages import kept
from expertpool.audit.queries import Chain
from expertpool.audit.searching import LONGEST, read_search
from expertpool.audit.told import tell
from expertpool.audit.words import KINDS, title
from expertpool.web.access import public
from expertpool.web.edge import language, reading
from expertpool.web.rendering import page

A_PAGE: Final = 25
FIELDS: Final = ("q", "kind", "day", "before")

blueprint = Blueprint("search", __name__)


@blueprint.get("/ledger/search")
@public
def search() -> Response:
    """Find entries, the newest first. A number leads straight to its entry."""
    given = {name: request.args.get(name, "")[:LONGEST] for name in FIELDS}
    with reading() as session:
        newest = standing.newest(session, None, 1)
        chain = Chain(session, newest[0].size if newest else 0)
        asked = read_search(given, chain.size)
        if asked.number is not None and asked.is_empty and not asked.wrong:
            return redirect(f"{request.script_root}/ledger/entries/{asked.number}", 303)  # type: ignore[return-value]
        looks = not asked.wrong and not asked.is_empty
        found = chain.find(asked.wanted, below=asked.below, limit=A_PAGE + 1) if looks else []
        if asked.number is not None:  # and something else that it must be
            found = [entry for entry in chain.span(asked.number, asked.number + 1) if asked.wanted.fits(entry)]
        names = chain.holders_named(found)
    shown = found[:A_PAGE]
    kinds = sorted(((kind, title(kind, language())) for kind in KINDS), key=lambda pair: pair[0])
    response = page(
        "audit/search.html",
        status=422 if asked.wrong else 200,
        given=given,
        wrong=asked.wrong,
        looked=looks,
        entries=[tell(entry, names, language()) for entry in shown],
        older=_address(given, shown[-1].index) if len(found) > A_PAGE else None,
        kinds=kinds,
        gap=chain.gap,
    )
    return kept(response)


def _address(given: Mapping[str, str], before: int) -> str:
    return "?" + urlencode({**{name: value for name, value in given.items() if value}, "before": str(before)})
