"""The lines of the session's day in the table of routes (`tests.web.routes`): its API, its pages, its terminal."""

from typing import Final

from expertpool.web.access import PUBLIC
from tests.web.route import NEVER, Route

REASON: Final = {"reason": "理由"}
SEEN: Final = {"revision": "0"}
SITE: Final = {"site": 0}
DOCUMENT: Final = {"document": "ab" * 32}
PAPER: Final = {**DOCUMENT, **REASON, "lines": [{"at": "2026-12-01T00:00:00Z", "corrects": 1}]}
OUTCOME: Final = {**DOCUMENT, "kind": "report-signed", "subject": f"ses_{'0' * 26}", "at": "2026-12-01T00:00:00Z"}
REPLACEMENT: Final = {**REASON, "draw": "<draw>", "seat": "Z", "vacancy": 0, "cause": "health"}
RUNNING: Final = "assembling reviewing break overnight"
UNFINISHED: Final = f"{RUNNING} suspended"
NOT_ENDED: Final = f"{UNFINISHED} report-signed"
NOT_VOID: Final = f"{NOT_ENDED} closed"

DAY_ROUTES: Final = (
    Route("GET", "/api/v1/sessions/<session_id>/day", "day.see", of="day"),
    Route("GET", "/api/v1/sessions/<session_id>/day/steps", "day.see", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/break", "day.take-break", {"meal": True}, "reviewing", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/break-end", "day.end-break", {}, "break", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/overnight", "day.stay-overnight", {}, "reviewing", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/overnight-end", "day.end-overnight", {}, "overnight", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/questions", "day.ask", {"text": "请说明"}, "reviewing", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/answers", "day.answer", {"question": 1}, of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/line-loss", "day.lose-line", SITE, UNFINISHED, of="day"),
    Route(
        "POST", "/api/v1/sessions/<session_id>/day/line-restoration", "day.restore-line", {"site": 0}, NEVER, of="day"
    ),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/day/signature-refusal",
        "day.refuse-signature",
        {"seat": "Z", **REASON},
        NEVER,
        of="day",
    ),
    Route("POST", "/api/v1/sessions/<session_id>/day/replacement", "day.replace", REPLACEMENT, NEVER, of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/suspension", "day.suspend", REASON, RUNNING, of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/resumption", "day.resume", REASON, "suspended", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/voiding", "day.void", REASON, NOT_ENDED, of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/confirmation", "day.close", {}, NEVER, of="day"),
    Route("GET", "/api/v1/sessions/<session_id>/day/papers", "day.see", of="day"),
    Route("POST", "/api/v1/sessions/<session_id>/day/papers", "day.enter-paper", PAPER, NOT_VOID, of="day"),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/day/papers/<sheet_id>/signature",
        "day.sign-paper",
        DOCUMENT,
        NOT_VOID,
        of="day",
    ),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/day/papers/<sheet_id>/refusal",
        "day.refuse-paper",
        REASON,
        NOT_VOID,
        of="day",
    ),
    Route("GET", "/api/v1/projects/<project_id>/outcomes", "day.see"),
    Route("POST", "/api/v1/projects/<project_id>/outcomes", "outcome.enter", OUTCOME),
    Route("POST", "/api/v1/projects/<project_id>/outcomes/<entry_id>/confirmation", "outcome.confirm", DOCUMENT),
    Route("POST", "/api/v1/projects/<project_id>/outcomes/<entry_id>/refusal", "outcome.refuse", REASON),
    # -- its page
    Route("GET", "/sessions/<session_id>", "day.see", of="day"),
    Route("POST", "/sessions/<session_id>/take-break", "day.take-break", SEEN),
    Route("POST", "/sessions/<session_id>/end-break", "day.end-break", SEEN),
    Route("POST", "/sessions/<session_id>/stay-overnight", "day.stay-overnight", SEEN),
    Route("POST", "/sessions/<session_id>/end-overnight", "day.end-overnight", SEEN),
    Route("POST", "/sessions/<session_id>/ask", "day.ask", {**SEEN, "text": "工期"}),
    Route("POST", "/sessions/<session_id>/answer", "day.answer", {**SEEN, "question": "1"}),
    Route("POST", "/sessions/<session_id>/lose-line", "day.lose-line", {**SEEN, "site": "1", **REASON}),
    Route("POST", "/sessions/<session_id>/restore-line", "day.restore-line", {**SEEN, "site": "1"}),
    Route(
        "POST", "/sessions/<session_id>/refuse-signature", "day.refuse-signature", {**SEEN, "seat": "2KQM", **REASON}
    ),
    Route("POST", "/sessions/<session_id>/close", "day.close", SEEN),
    Route("POST", "/sessions/<session_id>/outcomes", "outcome.enter", {"of": "report-signed:x"}),
    Route("GET", "/sessions/<session_id>/outcomes/<entry_id>", "outcome.confirm", confirmed=True),
    Route("POST", "/sessions/<session_id>/outcomes/<entry_id>", "outcome.confirm", DOCUMENT, confirmed=True),
    Route("GET", "/sessions/<session_id>/suspend", "day.suspend", confirmed=True),
    Route("POST", "/sessions/<session_id>/suspend", "day.suspend", {**SEEN, **REASON}, confirmed=True),
    Route("GET", "/sessions/<session_id>/resume", "day.resume", confirmed=True),
    Route("POST", "/sessions/<session_id>/resume", "day.resume", {**SEEN, **REASON}, confirmed=True),
    Route("GET", "/sessions/<session_id>/void", "day.void", confirmed=True),
    Route("POST", "/sessions/<session_id>/void", "day.void", {**SEEN, **REASON}, confirmed=True),
    Route("GET", "/sessions/<session_id>/replace", "day.replace", confirmed=True),
    Route(
        "POST",
        "/sessions/<session_id>/replace",
        "day.replace",
        {**SEEN, "seat": "2KQM", "cause": "health", **REASON},
        NEVER,
        confirmed=True,
    ),
    Route("GET", "/sessions/<session_id>/papers", "day.see", of="day"),
    Route("POST", "/sessions/<session_id>/papers", "day.enter-paper", SEEN, of="day"),
    Route("POST", "/sessions/<session_id>/papers/<sheet_id>", "day.sign-paper", DOCUMENT, NOT_VOID, of="day"),
    # -- the room's terminal and the sheets
    Route("GET", "/terminal", PUBLIC),
    Route("POST", "/terminal", PUBLIC),
    Route("POST", "/sessions/<session_id>/terminal/<int(max=99):site>", "terminal.open", states="scheduled"),
    Route("POST", "/sessions/<session_id>/terminal/<int(max=99):site>/close", "terminal.open"),
    Route("GET", "/sessions/<session_id>/sheets/sign-in.pdf", "day.see"),
    Route("GET", "/sessions/<session_id>/sheets/declaration.pdf", "day.see"),
    Route("GET", "/sessions/<session_id>/sheets/record.pdf", "day.see"),
)
