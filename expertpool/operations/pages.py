"""The system administrator's desk: what is well, what is not, what to do; and jobs that were given up."""

from typing import Final

from flask import Blueprint, Response, redirect, request

from expertpool.identity.gate import caller
from expertpool.operations import desk, service, words
from expertpool.operations.findings import Patient
from expertpool.web.access import signed_in
from expertpool.web.edge import Desk, edge
from expertpool.web.rendering import page

DESKS: Final = (Desk("/system", "系统", "System", "shield", "system.see"),)

blueprint = Blueprint("system", __name__, template_folder="templates")


@blueprint.get("/system")
@signed_in("system.see")
def show() -> Response:
    """Every part of the service, the gravest finding first in each."""
    patient = Patient(edge().settings, edge().engine, edge().clock)
    parts = desk.parts(patient)
    waiting, given_up = desk.jobs(patient)
    return page(
        "operations/system.html",
        parts=parts,
        findings=[each for part in parts for each in part.findings],
        figures=desk.figures(patient),
        now=edge().clock.now(),
        waiting=waiting,
        given_up=given_up,
        words=words,
        retried="retried" in request.args,
    )


@blueprint.post("/system/jobs/<job_id>/retry")
@signed_in(service.RETRY)
def retry(job_id: str) -> Response:
    """Have a job tried again."""
    with edge().transactions.begin(caller().actor) as tx:
        service.retry(tx, job_id)
    return redirect(f"{request.script_root}/system?retried=1", 303)  # type: ignore[return-value]  # Flask's own Response
