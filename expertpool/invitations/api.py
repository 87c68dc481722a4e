"""The door at which gateways report what came of a message: docs/spec/gateway.md, section 4."""

from datetime import UTC, datetime
from typing import Any

from flask import request

from expertpool.invitations import gateway_reports, schemas
from expertpool.invitations.gateway import Report
from expertpool.invitations.own_api import blueprint
from expertpool.web.access import by_signature
from expertpool.web.edge import edge
from expertpool.web.guards import content

__all__ = ["blueprint"]


@blueprint.post("/gateways/<name>/reports")
@by_signature
@blueprint.arguments(schemas.ReportSchema)
@blueprint.response(200, schemas.TakenReportSchema)
def take_report(given: dict[str, Any], name: str) -> dict[str, Any]:
    """Take a report of a gateway, and pass it on to the vault sealed. Repeating one does no harm."""
    header = request.headers.get("Authorization", "")
    claim = gateway_reports.authenticate(name, header, path=request.path, body=content(), now=edge().clock.now())
    report = Report(**{**given, "gateway": name, "at": datetime.fromtimestamp(given["at"], UTC)})
    with edge().transactions.begin(f"gateway:{name}") as tx:
        gateway_reports.take(tx, report, claim)
    return {"taken": True}
