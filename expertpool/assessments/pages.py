"""The desk of assessments: what waits for one's party, and what is given or open. Its parts have pages of their own."""

from typing import Final

from flask import Blueprint, Response

from expertpool.assessments import (
    alert_pages,
    appeal_pages,
    case_pages,
    listing,
    own_pages,
    portrait_pages,
    sheet_pages,
    statistics_pages,
)
from expertpool.assessments.desk import TONES
from expertpool.assessments.lifecycle import STATE_WORDS
from expertpool.assessments.notice import points
from expertpool.identity.gate import caller
from expertpool.identity.permissions import has_verb
from expertpool.web.access import signed_in
from expertpool.web.edge import Desk, edge, reading
from expertpool.web.rendering import page

DESKS: Final = (
    Desk("/cases", "处理和申诉", "Cases", "file", "case.see"),
    Desk("/assessments", "考评", "Assessments", "check", "assessment.see"),
    Desk("/alerts", "评分情况", "Scoring", "alert", "alert.see"),
    Desk("/statistics", "汇总", "The year", "chart", "statistics.see"),
)
RECENT: Final = 50
"""How many are listed that wait for nobody here."""

blueprint = Blueprint("assessing", __name__, template_folder="templates")
blueprint.add_app_template_filter(points)
blueprint.register_blueprint(sheet_pages.blueprint)
blueprint.register_blueprint(case_pages.blueprint)
blueprint.register_blueprint(appeal_pages.blueprint)
blueprint.register_blueprint(alert_pages.blueprint)
blueprint.register_blueprint(own_pages.blueprint)
blueprint.register_blueprint(statistics_pages.blueprint)
blueprint.register_blueprint(portrait_pages.blueprint)


@blueprint.get("/assessments")
@signed_in("assessment.see")
def show() -> Response:
    """What waits for one's party, the first due first; then the others, the newest first."""
    with reading() as session:
        waiting = listing.waiting(session, caller(), edge().clock.now())
        mine = {each.sitting.id for each in waiting}
        recent = listing.recent(session, caller(), RECENT + len(mine))
    return page(
        "assessments/desk.html",
        waiting=waiting,
        others=[each for each in recent if each.sitting.id not in mine][:RECENT],
        tones=TONES,
        state_words=STATE_WORDS,
        may_see_year=has_verb(caller().role, "statistics.see"),
    )
