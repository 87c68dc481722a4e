"""The lines of assessments in the table of routes (`tests.web.routes`)."""

from typing import Final

from tests.web.route import Route

SHEETS: Final = {"party": "centre", "rulebook": "<rulebook>"}
TAP: Final = {"act": "give", "rulebook": "<rulebook>"}

ASSESSMENT_ROUTES: Final = (
    Route("GET", "/api/v1/assessments", "assessment.give"),
    Route("GET", "/api/v1/sessions/<session_id>/assessment", "assessment.see", of="assessment"),
    Route(
        "POST", "/api/v1/sessions/<session_id>/assessment/sheets", "assessment.give", SHEETS, "open", of="assessment"
    ),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/assessment/people",
        "assessment.name-person",
        {"label": "李四"},
        "open",
        of="assessment",
    ),
    # -- pages
    Route("GET", "/assessments", "assessment.see"),
    Route("GET", "/sessions/<session_id>/assessment", "assessment.see", of="assessment"),
    Route("POST", "/sessions/<session_id>/assessment", "assessment.give", TAP, "open", of="assessment"),
    Route(
        "POST",
        "/sessions/<session_id>/assessment/people",
        "assessment.name-person",
        {"label": "李四"},
        "open",
        of="assessment",
    ),
    Route("GET", "/statistics", "statistics.see"),
    Route("GET", "/statistics/experts/<expert_id>", "statistics.see"),
    Route("GET", "/statistics/notices/<month>", "statistics.see"),
    Route("GET", "/statistics/notices/<month>.pdf", "statistics.see"),
    Route("GET", "/statistics/notices/<month>.xlsx", "statistics.see"),
)
