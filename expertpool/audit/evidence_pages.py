"""The evidence for readers: what was measured of the promises, with the command that measured it."""

from flask import Blueprint, Response
from markupsafe import Markup

from expertpool.audit import evidence_pictures as pictures
from expertpool.audit.evidence import evidence
from expertpool.audit.evidence_tables import tables
from expertpool.audit.ledger_pages import kept
from expertpool.protocol.replay.steps import TITLES
from expertpool.web.access import public
from expertpool.web.rendering import page, t

blueprint = Blueprint("evidence", __name__)


@blueprint.get("/evidence")
@public
def show() -> Response:
    """Every part, with its pictures in the reader's language."""
    measured = evidence()
    titles = {step: t(*title) for step, title in TITLES.items()}
    drawn = {
        "uniformity": pictures.spread(measured["uniformity"], t),
        "game": pictures.guesses(measured["game"], t),
        "agreement": pictures.first_differences(measured["agreement"], titles, t),
        "peer": pictures.beside(measured["peer"], t),
    }
    return kept(
        page(
            "audit/evidence.html",
            measured=measured,
            tables=tables(measured, t),
            pictures={name: Markup(picture) for name, picture in drawn.items()},  # noqa: S704 -- made of figures alone
        )
    )
