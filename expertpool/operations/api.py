"""How the service is, for monitoring; and jobs that were given up."""

from typing import Any

from expertpool.core.jobs_table import OutboxJob
from expertpool.core.transaction import Transaction
from expertpool.operations import desk, service
from expertpool.operations.findings import Patient, worst
from expertpool.operations.schemas import JobSchema, SystemSchema
from expertpool.web.access import requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("operations", __name__, url_prefix=PREFIX, description="How the service is")


@blueprint.get("/system")
@requires("system.see")
@blueprint.response(200, SystemSchema)
def show_system() -> dict[str, Any]:
    """Show what every check of the system administrator's desk finds now."""
    patient = Patient(edge().settings, edge().engine, edge().clock)
    parts = desk.parts(patient)
    status = worst(finding for part in parts for finding in part.findings)
    return {"status": status, "version": desk.figures(patient).version, "parts": parts}


@blueprint.post("/jobs/<job_id>/retry")
@requires(service.RETRY)
@acts(JobSchema)
def retry_job(tx: Transaction, job_id: str) -> OutboxJob:
    """Have a job tried again that was given up."""
    return service.retry(tx, job_id)
