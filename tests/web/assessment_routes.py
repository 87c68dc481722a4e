"""The lines of assessments in the table of routes (`tests.web.routes`)."""

from typing import Final

from expertpool.web.access import PUBLIC, VAULT
from tests.web.route import ABSENT, NEVER, Route

SHEETS: Final = {"party": "centre", "rulebook": "<rulebook>"}
OWN: Final = {"session": f"ses_{'0' * 26}", "subject": 1}
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
    Route("GET", "/api/v1/cases", "case.see"),
    Route("GET", "/api/v1/cases/<case_id>", "case.see", of=ABSENT),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/assessment/cases",
        "case.propose",
        {"subject": 1, "measure": "warning", "reason": "理由"},
        of="assessment",
    ),
    Route("POST", "/api/v1/cases/<case_id>/handover", "case.hand-over", of=ABSENT),
    Route("POST", "/api/v1/cases/<case_id>/withdrawal", "case.withdraw", {"reason": "理由"}, of=ABSENT),
    Route("POST", "/api/v1/cases/<case_id>/decision", "case.decide", {"measure": "none", "reason": "理由"}, of=ABSENT),
    Route("POST", "/api/v1/cases/<case_id>/return", "case.return", {"reason": "理由"}, of=ABSENT),
    Route("POST", "/api/v1/cases/<case_id>/revocation", "case.revoke", {"reason": "理由"}, of=ABSENT),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/assessment/notices",
        "notice.serve",
        {"subject": 1, "document": "ab" * 32},
        NEVER,
        of="assessment",
    ),
    Route("GET", "/api/v1/appeals", "appeal.see"),
    Route("GET", "/api/v1/appeals/<appeal_id>", "appeal.see", of=ABSENT),
    Route(
        "POST", "/api/v1/appeals/<appeal_id>/decision", "appeal.decide", {"upheld": False, "reason": "理由"}, of=ABSENT
    ),
    Route("GET", "/api/v1/me/assessments", VAULT),
    Route("POST", "/api/v1/me/assessments/receipts", VAULT, {**OWN, "about": "result"}),
    Route("POST", "/api/v1/me/appeals", VAULT, {**OWN, "text": "当日因病离开。"}),
    Route("POST", "/api/v1/me/assessments/disclosures", VAULT, OWN),
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
    Route(
        "POST",
        "/sessions/<session_id>/assessment/cases",
        "case.propose",
        {"subject": "1", "measure": "warning", "reason": "理由"},
        of="assessment",
    ),
    Route(
        "POST",
        "/sessions/<session_id>/assessment/service",
        "notice.serve",
        {"subject": "1", "about": "result", "document": "ab" * 32},
        NEVER,
        of="assessment",
    ),
    Route("GET", "/cases", "case.see"),
    Route("GET", "/cases/<case_id>", "case.see", of=ABSENT),
    Route("POST", "/cases/<case_id>/hand-over", "case.hand-over", of=ABSENT),
    Route("POST", "/cases/<case_id>/withdraw", "case.withdraw", {"reason": "理由"}, of=ABSENT),
    Route("GET", "/cases/<case_id>/decide", "case.decide", of=ABSENT, confirmed=True),
    Route(
        "POST",
        "/cases/<case_id>/decide",
        "case.decide",
        {"measure": "none", "reason": "理由"},
        of=ABSENT,
        confirmed=True,
    ),
    Route("GET", "/cases/<case_id>/return", "case.return", of=ABSENT, confirmed=True),
    Route("POST", "/cases/<case_id>/return", "case.return", {"reason": "理由"}, of=ABSENT, confirmed=True),
    Route("GET", "/cases/<case_id>/revoke", "case.revoke", of=ABSENT, confirmed=True),
    Route("POST", "/cases/<case_id>/revoke", "case.revoke", {"reason": "理由"}, of=ABSENT, confirmed=True),
    Route("GET", "/appeals/<appeal_id>", "appeal.see", of=ABSENT),
    Route("GET", "/appeals/<appeal_id>/decide", "appeal.decide", of=ABSENT, confirmed=True),
    Route("POST", "/appeals/<appeal_id>/decide", "appeal.decide", {"reason": "理由"}, of=ABSENT, confirmed=True),
    Route("GET", "/appeals/<appeal_id>/files/<file_id>", "appeal.see", of=ABSENT),
    Route("GET", "/alerts", "alert.see"),
    Route("POST", "/alerts", "alert.ask", {"figure": "x", "question": "请说明"}, of=ABSENT),
    Route("GET", "/me/assessments", PUBLIC),
    Route("POST", "/me/assessments/receive", PUBLIC),
    Route("POST", "/me/assessments/appeal", PUBLIC),
    Route("POST", "/me/assessments/disclosures", PUBLIC),
    Route("POST", "/me/assessments/explain", PUBLIC),
    Route("GET", "/statistics", "statistics.see"),
    Route("GET", "/statistics/experts/<expert_id>", "statistics.see"),
    Route("GET", "/statistics/notices/<month>", "statistics.see"),
    Route("GET", "/statistics/notices/<month>.pdf", "statistics.see"),
    Route("GET", "/statistics/notices/<month>.xlsx", "statistics.see"),
)
