"""Charts of the draws that closed: how many, and what became of their seats. A table says the same without a script."""

from flask import Blueprint, Response

from expertpool.audit import standing
from expertpool.audit.ledger_pages import kept, last_months
from expertpool.audit.queries import Chain, Month
from expertpool.web.access import public
from expertpool.web.edge import reading
from expertpool.web.rendering import page

blueprint = Blueprint("charts", __name__)


@blueprint.get("/ledger/charts")
@public
def show() -> Response:
    """The last twelve months."""
    wished = last_months()
    with reading() as session:
        signed = standing.newest(session, None, 1)
        months = Chain(session, signed[0].size if signed else 0).months(wished)
    total = Month(*(sum(counts) for counts in zip(*months.values(), strict=True)))
    return kept(page("audit/charts.html", months=months, total=total))
