"""Sheets into the pool, for programs: sent, checked by the worker, looked at, confirmed. What is wrong comes back."""

from base64 import b64decode, b64encode
from typing import Any

from expertpool.core.transaction import Transaction
from expertpool.experts import desk_schemas as schemas
from expertpool.experts import listing, uploads
from expertpool.experts.desk_api import blueprint
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.models import SheetImport
from expertpool.experts.sheet_errors import ImportUnknown
from expertpool.experts.uploads import VERB, Wishes
from expertpool.identity.gate import caller
from expertpool.web.access import never_kept, requires
from expertpool.web.acts import notes
from expertpool.web.edge import edge, reading

__all__ = ["blueprint"]

MOST_LISTED = 50


@blueprint.get("/pool-imports")
@requires(VERB)
@blueprint.arguments(schemas.OfCentre, location="query")
@blueprint.response(200, schemas.ImportList)
def list_imports(given: dict[str, Any]) -> dict[str, Any]:
    """List a pool's latest imports."""
    with reading() as session:
        pool = listing.pool_in_reach(session, caller(), VERB, given["centre_id"], Origin.OWN)
        return {"items": uploads.imports_in(session, pool.centre_id, MOST_LISTED)}


@blueprint.post("/pool-imports")
@requires(VERB)
@blueprint.arguments(schemas.NewImport)
@notes(schemas.ImportSchema)
def send_sheet(tx: Transaction, given: dict[str, Any]) -> SheetImport:
    """Send a sheet to be checked; nothing of it is in the pool before it is confirmed."""
    pool = Pool(given["centre_id"] or caller().centre, Origin.OWN)
    return uploads.send(tx, edge().keys, pool, suffix=f".{given['form']}", data=b64decode(given["sheet"]))


@blueprint.get("/pool-imports/<import_id>")
@requires(VERB)
@never_kept
@blueprint.response(200, schemas.ImportDetailSchema)
def show_import(import_id: str) -> dict[str, Any]:
    """Show how far an import is and what its check found."""
    with reading() as session:
        found = uploads.visible_import(session, caller(), import_id)
        report = uploads.read_report(edge().keys, found)
        zh, en = report.problem or (None, None)
        return {
            **{name: getattr(found, name) for name in schemas.ImportSchema().fields},
            **{name: getattr(report, name) for name in ("good", "refused", "asked")},
            "why": [dict(zip(("row", "zh", "en"), each, strict=True)) for each in report.why],
            "problem_zh": zh,
            "problem_en": en,
            "has_errors": found.errors is not None,
        }


@blueprint.post("/pool-imports/<import_id>/confirmation")
@requires(VERB)
@blueprint.arguments(schemas.ConfirmedSheet)
@notes(schemas.ImportSchema)
def confirm_import(tx: Transaction, given: dict[str, Any], import_id: str) -> SheetImport:
    """Have the rows enrolled, as the check has shown them, by one act with one entry."""
    uploads.confirm(tx, edge().keys, import_id, Wishes(given["ground"], given["until"], given["good_rows_only"]))
    return tx.session.get_one(SheetImport, import_id)


@blueprint.post("/pool-imports/<import_id>/ending")
@requires(VERB)
@notes(schemas.GoneSchema)
def give_up_import(tx: Transaction, import_id: str) -> dict[str, str]:
    """Forget a sheet; nothing of it was ever in the pool."""
    uploads.give_up(tx, import_id)
    return {"id": import_id}


@blueprint.get("/pool-imports/<import_id>/errors")
@requires(VERB)
@never_kept
@blueprint.response(200, schemas.ErrorsSchema)
def show_errors(import_id: str) -> dict[str, str]:
    """Download the refused rows, in the sheet's own form with their reasons, to be corrected and sent again."""
    with reading() as session:
        found = uploads.visible_import(session, caller(), import_id)
        data, form = uploads.open_column(edge().keys, found, "errors"), found.form
    if data is None:
        raise ImportUnknown
    return {"form": "csv" if form == "csv" else "xlsx", "sheet": b64encode(data).decode()}
