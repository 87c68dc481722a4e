"""The sheets of a day to download as PDF: for the clerks of its sites, its supervisor and its agency."""

from flask import Blueprint, Response, request

from expertpool.identity.gate import caller
from expertpool.sessions.queries import visible_sitting
from expertpool.sessions.sheets import SHEETS, paper_of
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, language, reading
from expertpool.web.paper import print_record
from expertpool.web.rendering import t

blueprint = Blueprint("printing", __name__)


@blueprint.get("/sessions/<session_id>/sheets/sign-in.pdf", defaults={"name": "sign-in"})
@blueprint.get("/sessions/<session_id>/sheets/declaration.pdf", defaults={"name": "declaration"})
@blueprint.get("/sessions/<session_id>/sheets/record.pdf", defaults={"name": "record"})
@signed_in("day.see")
def print_sheet(session_id: str, name: str) -> Response:
    """One sheet, made of what the day's record has now. Raises `NoSuchDay`."""
    service = edge().settings.service
    with reading() as session:
        paper = paper_of(session, visible_sitting(session, caller(), session_id))
        entry = paper.last_entry
        address = f"{service.base_url}/ledger" if entry is None else f"{service.base_url}/ledger/entries/{entry}"
        sheet = SHEETS[name](paper, t, centre=t(service.name_zh, service.name_en), address=address)
    response = Response(print_record(sheet), content_type="application/pdf")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = f'attachment; filename="{session_id}-{name}.pdf"'
    response.headers["Content-Language"] = language()
    response.headers.add("Vary", "Accept-Language, Cookie")
    response.add_etag()
    response.make_conditional(request)
    return response
