"""An expert's credit portrait: five sides beside the pool's, where in the pool the year's mean stands, each project."""

from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from expertpool.assessments import portraits, summary
from expertpool.assessments.notice import points
from expertpool.assessments.radar import Axis, radar
from expertpool.assessments.statistics_pages import SEE, masked_names, spread_columns, wished_year
from expertpool.assessments.summary import Span, Tally
from expertpool.experts.errors import ExpertUnknown
from expertpool.experts.listing import reaches
from expertpool.experts.models import Expert
from expertpool.identity.gate import caller
from expertpool.identity.queries import centres_below
from expertpool.web.access import never_kept, signed_in
from expertpool.web.edge import reading
from expertpool.web.rendering import moment, page, t
from policies.names import VALUES
from policies.portrait import Side

blueprint = Blueprint("assessment-portraits", __name__)


@blueprint.get("/statistics/experts/<expert_id>")
@never_kept
@signed_in(SEE)
def show(expert_id: str) -> Response:
    """An expert's year. Raises `ExpertUnknown`, also for one of a centre out of reach."""
    year, this_year = wished_year()
    with reading() as session:
        expert = session.get(Expert, expert_id)
        if expert is None or not reaches(session, caller(), SEE, expert.centre_id):
            raise ExpertUnknown
        wanted = summary.revealed_in(centres_below(session, caller().centre), Span.of_year(year))
        tallies = summary.experts_in(session, wanted)
        own = next((each for each in tallies if each.who == expert_id), None)
        pool = portraits.pool_sides(session, wanted)
        projects = portraits.projects_of(session, wanted, expert_id)
        name = masked_names(session, [expert_id])[expert_id]
    return page(
        "assessments/portrait.html",
        name=name,
        year=year,
        this_year=this_year,
        own=own,
        **(_pictures(own, tallies, portraits.portrait_of(pool, expert_id)) if own else {}),
        project_rows=[_project_row(each) for each in projects],
    )


def _pictures(own: Tally, tallies: list[Tally], sides: tuple[Side, ...]) -> dict[str, Any]:
    spread = summary.spread_of(each.mean for each in tallies)
    named = [(t(*VALUES[side.dimension]), side) for side in sides]
    return {
        "picture": radar([Axis(name, side.value // 100, side.common // 100) for name, side in named]),
        "side_rows": [[name, points(side.value), points(side.common), f"{side.percentile}%"] for name, side in named],
        "spread": spread_columns(spread, own.mean),
        "spread_most": max(spread),
    }


def _project_row(each: portraits.Assessed) -> list[str]:
    address = f"{request.script_root}/sessions/{each.session_id}/assessment"
    link = Markup('<a href="{}">{}</a>').format(address, each.title)
    return [moment(each.revealed), link, each.seat, points(each.deduction), points(each.score)]
