"""The lines of assessments in the table of routes (`tests.web.routes`)."""

from typing import Final

from tests.web.route import Route

SHEETS: Final = {"party": "centre", "rulebook": "<rulebook>"}

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
)
