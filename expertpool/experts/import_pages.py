"""Sheets into the pool through a page: sent, checked, looked at, confirmed; with progress, and a file of what is wrong.

Where there is a script a page renews itself while the worker is at it; without one it is reloaded.
"""

from io import BytesIO
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Final

from flask import Blueprint, Response, redirect, request, send_file

from expertpool.core.errors import ExpertpoolError, Forbidden, NotFound
from expertpool.core.ledger_tables import LedgerBatch
from expertpool.experts import uploads
from expertpool.experts.desk import pool_asked_for, shell
from expertpool.experts.expert_pages import specialty_name
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.mapping import FIELDS, NONE_FIELDS
from expertpool.experts.models import ImportState
from expertpool.experts.schemas import ConfirmedImport
from expertpool.experts.sheet_errors import ImportUnknown, SheetUnreadable
from expertpool.experts.sheets import MOST_COLUMNS, MOST_ROWS, Form, write_sheet
from expertpool.experts.uploads import VERB, Wishes
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import signed_in, takes_file
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

MOST_BYTES: Final = 16 * 2**20
MOST_LISTED: Final = 20
PATH: Final = "/pool/imports"
TYPES: Final = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
AT_WORK: Final = frozenset({ImportState.SENT, ImportState.CONFIRMED})

blueprint = Blueprint("pool-imports", __name__)


@blueprint.get(PATH)
@signed_in(VERB)
def show_all() -> Response:
    """The form to send a sheet, and the latest imports."""
    return _list(Filled())


@blueprint.post(PATH)
@signed_in(VERB)
@takes_file(MOST_BYTES)
def send() -> Response:
    """Take a sheet; the worker checks it."""
    form, given = Filled(), request.files.get("sheet")
    try:
        if given is None or not given.filename:
            raise SheetUnreadable(field="sheet")
        suffix, data = PurePath(given.filename).suffix.lower(), given.read()
        with edge().transactions.begin(caller().actor) as tx:
            pool = Pool(pool_asked_for(tx.session, VERB).centre_id, Origin.OWN)
            import_id = uploads.send(tx, edge().keys, pool, suffix=suffix, data=data).id
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _list(form, status_of(error))
    return redirect(f"{request.script_root}{PATH}/{import_id}", 303)  # type: ignore[return-value]


@blueprint.get(f"{PATH}/template.csv")
@signed_in(VERB)
def template() -> Response:
    """An empty sheet with every column that is understood."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.csv"
        write_sheet(path, Form.CSV_UTF8, [titles[0] for titles in FIELDS.values()], ())
        return _file(path.read_bytes(), path.name)


@blueprint.get(f"{PATH}/<import_id>")
@signed_in(VERB)
def show(import_id: str) -> Response:
    """How far an import is, and what it would change."""
    return _one(import_id, Filled({"good_rows_only": ""}))


@blueprint.post(f"{PATH}/<import_id>/confirmation")
@signed_in(VERB)
def confirm(import_id: str) -> Response:
    """Have the rows enrolled."""
    form = Filled({name: said.strip() for name, said in request.form.items()})
    try:
        given = forms.load(ConfirmedImport, {name: said for name, said in form.values.items() if said})
        wishes = Wishes(given["ground"], given["until"], "good_rows_only" in form.values)
        with edge().transactions.begin(caller().actor) as tx:
            uploads.confirm(tx, edge().keys, import_id, wishes)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _one(import_id, form, status_of(error))
    return redirect(f"{request.script_root}{PATH}/{import_id}", 303)  # type: ignore[return-value]


@blueprint.post(f"{PATH}/<import_id>/end")
@signed_in(VERB)
def give_up(import_id: str) -> Response:
    """Forget the sheet; nothing of it was ever in the pool."""
    with edge().transactions.begin(caller().actor) as tx:
        uploads.give_up(tx, import_id)
    return redirect(f"{request.script_root}{PATH}", 303)  # type: ignore[return-value]


@blueprint.get(f"{PATH}/<import_id>/errors")
@signed_in(VERB)
def errors(import_id: str) -> Response:
    """The refused rows, in the sheet's own form with their reasons, to be corrected and sent again."""
    with reading() as session:
        found = uploads.visible_import(session, caller(), import_id)
        data = uploads.open_column(edge().keys, found, "errors")
        form = found.form
    if data is None:
        raise ImportUnknown
    return _file(data, f"errors-{import_id[-6:]}{'.csv' if form == 'csv' else '.xlsx'}")


def _file(data: bytes, name: str) -> Response:
    return send_file(BytesIO(data), TYPES[PurePath(name).suffix], as_attachment=True, download_name=name)


def _list(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        centre = pool_asked_for(session, VERB).centre_id
        found = uploads.imports_in(session, centre, MOST_LISTED)
    return page(
        "experts/imports.html",
        status=status,
        form=form,
        found=found,
        columns=[(" / ".join(titles), name in NONE_FIELDS) for name, titles in FIELDS.items()],
        most_mib=MOST_BYTES // 2**20,
        most_rows=MOST_ROWS,
        most_columns=MOST_COLUMNS,
        **shell(),
    )


def _one(import_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        found = uploads.visible_import(session, caller(), import_id)
        report = uploads.read_report(edge().keys, found)
        has_errors = found.errors is not None
        batch = session.get(LedgerBatch, found.batch) if found.state is ImportState.DONE else None
    by_itself = "HX-Request" in request.headers
    return page(
        "experts/import_stands.html" if by_itself else "experts/import.html",
        status=200 if by_itself else status,
        found=found,
        report=report,
        has_errors=has_errors,
        receipt_of=batch and batch.entry,
        at_work=found.state in AT_WORK,
        form=form,
        specialty=specialty_name,
        **shell(),
    )
