"""An expert's own record over HTTP, asked of the vault by the expert's token: the web process keeps nothing of it."""

from typing import Any

from expertpool.invitations import own_schemas as schemas
from expertpool.invitations import verbs
from expertpool.invitations.desk_api import as_expert, blueprint
from expertpool.web.access import by_vault

__all__ = ["blueprint"]


@blueprint.get("/me/record")
@by_vault
@blueprint.response(200, schemas.RecordList)
def show_record() -> dict[str, Any]:
    """Show what the pool has of oneself, masked, and what one has asked for (`Authorization: Bearer`)."""
    return as_expert(verbs.RECORD)


@blueprint.post("/me/days")
@by_vault
@blueprint.arguments(schemas.DaysBody)
@blueprint.response(200, schemas.WishNotedSchema)
def set_days(given: dict[str, Any]) -> dict[str, bool]:
    """Have days put down, or taken back, on which one cannot come; done when the day is over."""
    days = {name: given[name].isoformat() for name in ("start", "until")}
    as_expert(verbs.BE_AWAY, word=given["word"], **days)
    return {"noted": True}


@blueprint.post("/me/corrections")
@by_vault
@blueprint.arguments(schemas.CorrectionBody)
@blueprint.response(200, schemas.WishNotedSchema)
def ask_correction(given: dict[str, Any]) -> dict[str, bool]:
    """Ask the pool's managers to correct something; handed on when the day is over."""
    as_expert(verbs.CORRECT, text=given["text"])
    return {"noted": True}


@blueprint.post("/me/receipts")
@by_vault
@blueprint.arguments(schemas.SeatBody)
@blueprint.response(200, schemas.OpenedSeatSchema)
def fetch_receipt(given: dict[str, Any]) -> dict[str, Any]:
    """Fetch what opens the ledger's commitment to one's own seat in a closed draw (`Authorization: Bearer`)."""
    return as_expert(verbs.RECEIPT, **given)
