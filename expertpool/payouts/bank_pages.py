"""What the bank says: statements that finance imports, and what of them or of the provider's reports does not fit."""

from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Final

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema, fields

from expertpool.core.errors import ExpertpoolError, Forbidden
from expertpool.experts.sheet_errors import SheetUnreadable
from expertpool.identity.gate import caller
from expertpool.payouts.models import Payout
from expertpool.payouts.order_pages import payout_pages
from expertpool.payouts.reconciling import RECONCILE, import_statement, visible_statements
from expertpool.payouts.resolving import RESOLVE, settle_difference, visible_differences
from expertpool.payouts.statements import Statement, read_statement
from expertpool.projects.schemas import REASON
from expertpool.web import forms
from expertpool.web.access import signed_in, takes_file
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

PATH: Final = "/payouts/statements"
MOST_BYTES: Final = 4 * 2**20
MOST_LISTED: Final = 20
SUFFIXES: Final = (".xlsx", ".xls", ".csv")

blueprint = Blueprint("fee-bank", __name__)


class SettlementBody(Schema):
    """How a difference was dealt with."""

    note = fields.String(required=True, validate=REASON)


@blueprint.get(PATH)
@signed_in(RECONCILE)
def show() -> Response:
    """What does not fit, the form for a statement, and the latest ones."""
    return _shown(Filled())


@blueprint.post(PATH)
@signed_in(RECONCILE)
@takes_file(MOST_BYTES)
def take() -> Response:
    """Take a statement; the vault compares it with our payments."""
    form, given = Filled(), request.files.get("statement")
    try:
        suffix = "" if given is None else PurePath(given.filename or "").suffix.lower()
        if given is None or suffix not in SUFFIXES:
            raise SheetUnreadable(field="statement")
        content = given.read()
        statement = _read(content, suffix)
        with edge().transactions.begin(caller().actor) as tx:
            import_statement(tx, edge().keys, caller().centre, content=content, statement=statement)
    except Forbidden:
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _shown(form, status_of(error))
    return redirect(f"{request.script_root}{PATH}?noted=1", 303)  # type: ignore[return-value]  # Flask's own Response


@blueprint.post("/payouts/differences/<difference_id>")
@signed_in(RESOLVE)
def settle(difference_id: str) -> Response:
    """Put a difference aside, saying how it was dealt with."""
    form = Filled({**request.form.to_dict(), "difference": difference_id})
    try:
        given = forms.load(SettlementBody, {"note": form.values.get("note", "").strip()})
        with edge().transactions.begin(caller().actor) as tx:
            settle_difference(tx, difference_id, **given)
    except Forbidden:
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _shown(form, status_of(error))
    return redirect(f"{request.script_root}{PATH}?noted=1", 303)  # type: ignore[return-value]  # Flask's own Response


def _read(content: bytes, suffix: str) -> Statement:
    """The lines of ours; the file lies on disk for so long, for this user alone. Raises as `read_statement`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"statement{suffix}"
        path.write_bytes(content)
        return read_statement(path)


def _shown(form: Filled, status: int = 200) -> Response:
    with reading() as session:
        differences = [
            (each, session.get(Payout, each.payout_id) if each.payout_id else None)
            for each in visible_differences(session, caller())
        ]
        statements = visible_statements(session, caller())[:MOST_LISTED]
    return page(
        "payouts/statements.html",
        status=status,
        form=form,
        differences=differences,
        statements=statements,
        noted="noted" in request.args,
        payout_pages=payout_pages(),
    )
