"""The first page: what this is, how far the ledger reaches, who vouches for it, and how to check it oneself."""

from datetime import datetime

from flask import Blueprint, render_template

from expertpool.audit import (
    chart_pages,
    draw_pages,
    evidence_pages,
    guide_pages,
    ledger_pages,
    receipt_pages,
    record_pages,
    replayer_pages,
    search_pages,
    standing,
)
from expertpool.audit.terms import BEIJING
from expertpool.web.access import public
from expertpool.web.edge import edge, language, reading

blueprint = Blueprint("pages", __name__, template_folder="templates")
blueprint.register_blueprint(ledger_pages.blueprint)
blueprint.register_blueprint(search_pages.blueprint)
blueprint.register_blueprint(replayer_pages.blueprint)
blueprint.register_blueprint(draw_pages.blueprint)
blueprint.register_blueprint(guide_pages.blueprint)
blueprint.register_blueprint(record_pages.blueprint)
blueprint.register_blueprint(chart_pages.blueprint)
blueprint.register_blueprint(receipt_pages.blueprint)
blueprint.register_blueprint(evidence_pages.blueprint)


@blueprint.get("/")
@public
def status() -> str:
    """The status page, in Chinese or English, without script."""
    settings = edge().settings
    with reading() as session:
        found = standing.newest(session, standing.policy_of(settings), 1)
    return render_template(
        "audit/status.html",
        lang=language(),
        service=settings.service,
        standing=found[0] if found else None,
        local=_beijing,
        address=f"{settings.service.base_url}/ledger",
    )


def _beijing(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
