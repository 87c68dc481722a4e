"""Every route with who may use it and on what: one table, which the tests assert cell by cell.

    python -m tests.docs.routes > docs/routes.md

A new route is one line here. What it sends must be in order, so that nothing but the route's own rules refuses it;
``<centre>`` and the like stand for what the scene has (`tests.web.scene`). ``states`` are those of the object in the
address in which the route does its work; where none are named, the state does not matter.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from expertpool.draws.lifecycle import DrawState
from expertpool.experts.lifecycle import Status
from expertpool.projects.lifecycle import SessionState
from expertpool.web.access import PUBLIC, SIGNED, VAULT
from tests.experts.desk import FACTS, TRAINING
from tests.experts.pool import credit_code, id_number

API: Final = "/api/v1"
NEVER: Final = "never"
ABSENT: Final = "absent"
"""For a route whose address names what nobody in the scene has: then only who may ask is looked at."""

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("active", "retired"),
    "alias": ("proposed", "approved"),
    "draw": tuple(DrawState),
    "expert": tuple(Status),
    "holder": ("registered", "proved", "approved", "retired"),
    "recipient": ("registered", "approved", "retired"),
    "recusal": ("standing", "withdrawn"),
    "sender key": ("registered", "approved", "revoked"),
    "session": tuple(SessionState),
    "supervisor key": ("registered", "approved", "revoked"),
}
"""Kind of object -> its states."""
_KINDS: Final = {
    "actor_id": "account",
    "alias_id": "alias",
    "draw_id": "draw",
    "expert_id": "expert",
    "holder_id": "holder",
    "organisation_id": "organisation",
    "project_id": "project",
    "recipient_id": "recipient",
    "recusal_id": "recusal",
    "sender_id": "sender",
    "session_id": "session",
}
"""What a part of an address names."""


class Route(NamedTuple):
    """One method of one address; ``who`` is a verb of the permission table, or how one gets in without an account."""

    method: str
    path: str
    who: str
    sends: Mapping[str, Any] = {}
    states: str = ""
    of: str = ""
    """The kind of object, where the address does not tell it."""
    confirmed: bool = False
    """Whether the second factor must be fresh."""

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(f"{API}/")

    @property
    def has_verb(self) -> bool:
        return self.who not in (PUBLIC, SIGNED, VAULT)

    @property
    def kind(self) -> str | None:
        """The kind of object that the address names."""
        if self.of:
            return None if self.of == ABSENT else self.of
        named = re.search(r"<(?:[a-z]+:)?([a-z]+_id)>", self.path)
        return _KINDS[named[1]] if named and self.has_verb else None  # a new kind: furnish the scene, or say ABSENT

    def works_in(self, state: str) -> bool:
        return not self.states or state in self.states.split()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


REASON: Final = {"reason": "理由"}
GROUND: Final = {"ground": "文号 1"}
UNIT: Final = {"code": credit_code(7), "name": "某设计院"}
PERSON: Final = {"name": "李四", "id_number": id_number(9)}
KEY: Final = "<fresh key>"
PROOF: Final = "00" * 64
SIGNED_ACT: Final = {"key": "0" * 64, "reason": "理由", "signature": "A" * 86 + "=="}
RELEASE: Final = {"recipient": "rcp_nobody", **REASON}
CENTRE: Final = {"centre_id": "<centre>"}
CODE: Final = "ZZZZZZZZ"
PEM: Final = {"certificate": "-----BEGIN CERTIFICATE-----"}
NUMBER: Final = id_number(8)
ARRIVAL: Final = {"site": 0, "id_number": NUMBER, "code": CODE}
FORM_ARRIVAL: Final = {"id_number": NUMBER, "code": CODE}
LIVE: Final = "draft submitted referred returned accepted drawn filling filled exhausted postponed suspended"
IN_POOL: Final = "applied reviewed enrolled suspended reinstated"
ON_ROSTER: Final = "enrolled suspended reinstated"
GONE: Final = "rejected left removed"

ROUTES: Final = (
    # -- without an account
    Route("GET", "/", PUBLIC),
    Route("GET", "/healthz", PUBLIC),
    Route("GET", "/readyz", PUBLIC),
    Route("GET", "/static/<path:filename>", PUBLIC),
    Route("GET", "/api/v1/openapi.json", PUBLIC),
    Route("GET", "/api/v1/agents/checkpoints", PUBLIC),
    Route("GET", "/sign-in", PUBLIC),
    Route("POST", "/sign-in", PUBLIC),
    Route("POST", "/sign-in/certificate", PUBLIC),
    Route("GET", "/sign-in/oidc", PUBLIC),
    Route("GET", "/sign-in/oidc/return", PUBLIC),
    Route("POST", "/sign-in/demo", PUBLIC, {"role": "finance"}),
    Route("GET", "/invitation", PUBLIC),
    Route("POST", "/invitation", PUBLIC),
    Route("POST", "/set-up", PUBLIC),
    Route("GET", "/guide", PUBLIC),
    Route("POST", "/sign-in/passkey", PUBLIC),
    Route("GET", "/i", PUBLIC),
    Route("POST", "/i", PUBLIC),
    Route("GET", "/me", PUBLIC),
    Route("POST", "/me/code", PUBLIC),
    Route("POST", "/me/open", PUBLIC),
    Route("POST", "/me/receipt", PUBLIC),
    Route("GET", "/me/record", PUBLIC),
    Route("POST", "/me/days", PUBLIC),
    Route("POST", "/me/correction", PUBLIC),
    Route("POST", "/me/sign-in", PUBLIC),
    Route("POST", "/me/sign-out", PUBLIC),
    Route("GET", "/ledger", PUBLIC),
    Route("GET", "/ledger/charts", PUBLIC),
    Route("GET", "/ledger/checkpoint", PUBLIC),
    Route("GET", "/ledger/draws/<draw>", PUBLIC),
    Route("GET", "/ledger/draws/<draw>/bundle", PUBLIC),
    Route("GET", "/ledger/draws/<draw>/record", PUBLIC),
    Route("GET", "/ledger/entries/<int:index>", PUBLIC),
    Route("GET", "/ledger/entries/<int:index>/bytes", PUBLIC),
    Route("GET", "/ledger/entries/<int:index>/proof", PUBLIC),
    Route("GET", "/ledger/policy", PUBLIC),
    Route("GET", "/ledger/proof/<int:index>", PUBLIC),
    Route("GET", "/ledger/replay/", PUBLIC),
    Route("GET", "/ledger/replay/<name>", PUBLIC),
    Route("GET", "/ledger/replayer.zip", PUBLIC),
    Route("GET", "/ledger/search", PUBLIC),
    Route("GET", "/ledger/tile/<path:address>", PUBLIC),
    Route("GET", "/ledger/verify", PUBLIC),
    # -- by signature, and by what the vault alone judges
    Route("GET", "/api/v1/agents/tasks", SIGNED),
    Route("POST", "/api/v1/agents/answers", SIGNED, {"answers": [{"task": "tsk_1", "sealed": "AAAA"}]}),
    Route("POST", "/api/v1/agents/cosignatures", SIGNED, {"checkpoint": "x"}),
    Route("POST", "/api/v1/agents/openings", SIGNED, {"statement": "{}", "signature": "A" * 86 + "=="}),
    Route("POST", "/api/v1/door/messages", SIGNED),
    Route("POST", "/api/v1/gateways/<name>/reports", SIGNED),
    Route("POST", "/api/v1/invitations/look", VAULT, {"code": CODE}),
    Route("POST", "/api/v1/invitations/answer", VAULT, {"code": CODE, "word": "accept"}),
    Route("POST", "/api/v1/me/one-time-code", VAULT, {"phone": "13900000000"}),
    Route("POST", "/api/v1/me/sign-in", VAULT, {"phone": "13900000000", "code": "000000"}),
    Route("GET", "/api/v1/me/invitations", VAULT),
    Route("POST", "/api/v1/me/invitations", VAULT, {"code": CODE}),
    Route("POST", "/api/v1/me/sign-out", VAULT),
    # -- everybody with an account
    Route("GET", "/api/v1/me", "account.see-own"),
    Route("GET", "/api/v1/centres", "centre.see"),
    Route("GET", "/home", "account.see-own"),
    Route("GET", "/confirm", "account.see-own"),
    Route("POST", "/confirm", "account.see-own"),
    Route("GET", "/account", "account.see-own"),
    Route("POST", "/account/sessions/<session_id>/end", "account.see-own", of="own session"),
    Route("POST", "/sign-out", "account.see-own"),
    # -- centres, accounts, sign-ins
    Route(
        "POST",
        "/api/v1/centres",
        "centre.open",
        {"code": "x", "name_zh": "分中心", "name_en": "Branch", "kind": "county-branch", "parent_id": "<centre>"},
    ),
    Route("GET", "/api/v1/actors", "actor.see"),
    Route("POST", "/api/v1/actors", "actor.register", {"code": "x", "role": "finance", **CENTRE}),
    Route("POST", "/api/v1/actors/<actor_id>/token", "token.issue", states="active"),
    Route("POST", "/api/v1/actors/<actor_id>/retirement", "actor.retire", REASON, "active"),
    Route("POST", "/api/v1/actors/<actor_id>/invitation", "actor.invite", states="active"),
    Route("GET", "/api/v1/trail", "trail.see", {"day": "2026-12-01"}),
    Route("GET", "/api/v1/trail-days", "trail.see"),
    Route("GET", "/accounts", "actor.invite"),
    Route("GET", "/accounts/<actor_id>/invitation", "actor.invite", confirmed=True),
    Route("POST", "/accounts/<actor_id>/invitation", "actor.invite", states="active", confirmed=True),
    Route("GET", "/trail", "trail.see"),
    Route("GET", "/api/v1/system", "system.see"),
    Route("POST", "/api/v1/jobs/<job_id>/retry", "job.retry", REASON, of=ABSENT),
    Route("GET", "/system", "system.see"),
    Route("POST", "/system/jobs/<job_id>/retry", "job.retry", REASON, of=ABSENT),
    Route("GET", "/accounts/<actor_id>/ways", "actor.link", confirmed=True),
    Route("POST", "/accounts/<actor_id>/certificates", "actor.link", PEM, "active", confirmed=True),
    Route("POST", "/accounts/<actor_id>/certificates/<link_id>/removal", "actor.link", of=ABSENT, confirmed=True),
    Route("POST", "/accounts/<actor_id>/subjects", "actor.link", {"subject": "x"}, "active", confirmed=True),
    Route("POST", "/accounts/<actor_id>/subjects/<link_id>/removal", "actor.link", of=ABSENT, confirmed=True),
    Route("GET", "/confirm/oidc", "account.see-own"),
    Route("POST", "/confirm/passkey", "account.see-own", {"response": "{}"}),
    Route("GET", "/account/passkeys/new", "passkey.manage", confirmed=True),
    Route("POST", "/account/passkeys/new", "passkey.manage", {"name": "x", "response": "{}"}, confirmed=True),
    Route("GET", "/account/passkeys/<passkey_id>", "passkey.manage", of=ABSENT, confirmed=True),
    Route("POST", "/account/passkeys/<passkey_id>", "passkey.manage", of=ABSENT, confirmed=True),
    Route("GET", "/account/tokens", "token.see"),
    Route("GET", "/account/tokens/new", "token.limit", confirmed=True),
    Route("POST", "/account/tokens", "token.limit", {"name": "x", "scopes": "read", "days": "1"}, confirmed=True),
    Route("POST", "/account/tokens/<token_id>/ending", "token.end", of=ABSENT),
    Route("GET", "/api/v1/tokens", "token.see"),
    Route("POST", "/api/v1/tokens", "token.limit", {"name": "x", "scopes": ["read"], "days": 1}),
    Route("POST", "/api/v1/tokens/<token_id>/ending", "token.end", of=ABSENT),
    Route("GET", "/api/v1/webhooks", "webhook.see"),
    Route("POST", "/api/v1/webhooks", "webhook.subscribe", {"url": "https://a.example/", "kinds": ["draw.filled"]}),
    Route("POST", "/api/v1/webhooks/<webhook_id>/secret", "webhook.subscribe", of=ABSENT),
    Route("POST", "/api/v1/webhooks/<webhook_id>/resumption", "webhook.subscribe", of=ABSENT),
    Route("POST", "/api/v1/webhooks/<webhook_id>/ending", "webhook.subscribe", of=ABSENT),
    # -- the pool
    Route("GET", "/api/v1/experts", "expert.see"),
    Route("POST", "/api/v1/experts", "expert.apply", {**FACTS, **GROUND, **CENTRE, **PERSON}),
    Route("GET", "/api/v1/experts/<expert_id>", "expert.see"),
    Route("POST", "/api/v1/experts/<expert_id>/review", "expert.review", GROUND, "applied"),
    Route("POST", "/api/v1/experts/<expert_id>/rejection", "expert.reject", GROUND, "applied reviewed"),
    Route("POST", "/api/v1/experts/<expert_id>/enrolment", "expert.enrol", GROUND, "reviewed"),
    Route("POST", "/api/v1/experts/<expert_id>/suspension", "expert.suspend", GROUND, ON_ROSTER),
    Route("POST", "/api/v1/experts/<expert_id>/reinstatement", "expert.reinstate", GROUND, "suspended"),
    Route("POST", "/api/v1/experts/<expert_id>/renewal", "expert.renew", GROUND, ON_ROSTER),
    Route("POST", "/api/v1/experts/<expert_id>/leaving", "expert.leave", GROUND, ON_ROSTER),
    Route("POST", "/api/v1/experts/<expert_id>/removal", "expert.remove", GROUND, ON_ROSTER),
    Route("POST", "/api/v1/experts/<expert_id>/reapplication", "expert.reapply", GROUND, "left rejected"),
    Route("POST", "/api/v1/experts/<expert_id>/facts", "expert.amend", {**FACTS, **GROUND}, IN_POOL),
    Route("POST", "/api/v1/experts/<expert_id>/contact", "expert.amend", {"phone": None, "account": None}, IN_POOL),
    Route("POST", "/api/v1/experts/<expert_id>/absences", "expert.amend", {"absences": []}, IN_POOL),
    Route("GET", "/api/v1/experts/<expert_id>/trainings", "expert.see"),
    Route("POST", "/api/v1/experts/<expert_id>/trainings", "expert.amend", TRAINING),
    Route("POST", "/api/v1/experts/<expert_id>/contact-erasure", "expert.erase", GROUND, GONE),
    Route("POST", "/api/v1/experts/<expert_id>/record-erasure", "expert.erase", GROUND, NEVER),
    Route("GET", "/api/v1/organisations", "organisation.see"),
    Route("POST", "/api/v1/organisations", "organisation.register", {**UNIT, **CENTRE}),
    Route("POST", "/api/v1/organisations/<organisation_id>/aliases", "organisation.propose-alias", {"alias": "某院"}),
    Route("GET", "/api/v1/organisation-aliases", "organisation.see"),
    Route("POST", "/api/v1/organisation-aliases/<alias_id>/approval", "organisation.approve-alias"),
    # -- the pool's desk
    Route("GET", "/pool", "expert.see"),
    Route("POST", "/pool/find", "expert.see", {"by": "phone", "number": "13900000000"}),
    Route("POST", "/pool/export", "expert.export"),
    Route("GET", "/pool/new", "expert.apply"),
    Route("POST", "/pool/new", "expert.apply", {**PERSON, **GROUND, **CENTRE}),
    Route("GET", "/pool/experts/<expert_id>", "expert.see"),
    Route("POST", "/pool/experts/<expert_id>/review", "expert.review", GROUND, "applied"),
    Route("POST", "/pool/experts/<expert_id>/reject", "expert.reject", GROUND, "applied reviewed"),
    Route("POST", "/pool/experts/<expert_id>/enrol", "expert.enrol", GROUND, "reviewed"),
    Route("POST", "/pool/experts/<expert_id>/suspend", "expert.suspend", GROUND, ON_ROSTER),
    Route("POST", "/pool/experts/<expert_id>/reinstate", "expert.reinstate", GROUND, "suspended"),
    Route("POST", "/pool/experts/<expert_id>/renew", "expert.renew", GROUND, ON_ROSTER),
    Route("POST", "/pool/experts/<expert_id>/leave", "expert.leave", GROUND, ON_ROSTER),
    Route("POST", "/pool/experts/<expert_id>/remove", "expert.remove", GROUND, ON_ROSTER),
    Route("POST", "/pool/experts/<expert_id>/reapply", "expert.reapply", GROUND, "left rejected"),
    Route("GET", "/pool/experts/<expert_id>/facts", "expert.amend"),
    Route("POST", "/pool/experts/<expert_id>/facts", "expert.amend", GROUND, IN_POOL),
    Route("POST", "/pool/experts/<expert_id>/contact", "expert.amend", {}, IN_POOL),
    Route("POST", "/pool/experts/<expert_id>/absences", "expert.amend", {}, IN_POOL),
    Route("POST", "/pool/experts/<expert_id>/trainings", "expert.amend", {**TRAINING, "passed": "on"}),
    Route("POST", "/pool/experts/<expert_id>/contact-erasure", "expert.erase", GROUND, GONE),
    Route("POST", "/pool/experts/<expert_id>/record-erasure", "expert.erase", GROUND, NEVER),
    Route("GET", "/pool/imports", "expert.enrol-in-bulk"),
    Route("POST", "/pool/imports", "expert.enrol-in-bulk", of=ABSENT),
    Route("GET", "/pool/imports/template.csv", "expert.enrol-in-bulk"),
    Route("GET", "/pool/imports/<import_id>", "expert.enrol-in-bulk", of=ABSENT),
    Route("POST", "/pool/imports/<import_id>/confirmation", "expert.enrol-in-bulk", GROUND, of=ABSENT),
    Route("POST", "/pool/imports/<import_id>/end", "expert.enrol-in-bulk", of=ABSENT),
    Route("GET", "/pool/imports/<import_id>/errors", "expert.enrol-in-bulk", of=ABSENT),
    Route("GET", "/pool/specialties", "expert.see"),
    Route("GET", "/pool/organisations", "organisation.see"),
    Route("POST", "/pool/organisations", "organisation.register", {**UNIT, **CENTRE}),
    Route("GET", "/pool/organisations/<organisation_id>", "organisation.see"),
    Route("POST", "/pool/organisations/<organisation_id>/aliases", "organisation.propose-alias", {"alias": "某院"}),
    Route("POST", "/pool/organisations/aliases/<alias_id>/approval", "organisation.approve-alias"),
    Route("GET", "/pool/rulebooks", "centre.see"),
    Route("GET", "/pool/rulebooks/changes", "centre.see"),
    Route("GET", "/pool/rulebooks/<book>", "centre.see"),
    # -- projects, sessions, the door
    Route("GET", "/api/v1/projects", "project.see"),
    Route("POST", "/api/v1/projects", "project.register", {"<body>": "another project", **CENTRE}),
    Route("GET", "/api/v1/projects/<project_id>", "project.see"),
    Route("POST", "/api/v1/projects/<project_id>/amendment", "project.amend", {"<body>": "project"}),
    Route("GET", "/api/v1/projects/<project_id>/recusals", "recusal.see"),
    Route("POST", "/api/v1/projects/<project_id>/recused-units", "recusal.name", {**UNIT, **REASON}),
    Route("POST", "/api/v1/projects/<project_id>/recused-persons", "recusal.name", {**PERSON, **REASON}),
    Route("POST", "/api/v1/recusals/<recusal_id>/withdrawal", "recusal.withdraw", REASON, "standing"),
    Route("GET", "/api/v1/sessions", "project.see", {"start": "2026-12-01T00:00:00Z", "until": "2026-12-09T00:00:00Z"}),
    Route("POST", "/api/v1/projects/<project_id>/sessions", "session.schedule", {"<body>": "another session"}),
    Route("GET", "/api/v1/sessions/<session_id>", "project.see"),
    Route(
        "POST",
        "/api/v1/sessions/<session_id>/rescheduling",
        "session.reschedule",
        {"<body>": "session", **REASON},
        "scheduled postponed",
    ),
    Route("POST", "/api/v1/sessions/<session_id>/postponement", "session.postpone", REASON, "scheduled"),
    Route("POST", "/api/v1/sessions/<session_id>/cancellation", "session.cancel", REASON, "scheduled postponed"),
    Route("POST", "/api/v1/sessions/<session_id>/arrivals", "session.sign-in", ARRIVAL, of="draw"),
    Route("POST", "/api/v1/invitations/note", "invitation.note", {"code": CODE, "word": "late"}),
    Route("GET", "/api/v1/door/senders", "sender.see"),
    Route(
        "POST",
        "/api/v1/door/senders",
        "sender.register",
        {"kind": "trading-system", "code": "x", "name": "系统", **CENTRE},
    ),
    Route(
        "POST",
        "/api/v1/door/senders/<sender_id>/keys",
        "sender-key.register",
        {"public": KEY, "proof": PROOF, "not_before": "2026-12-01T00:00:00Z", "not_after": "2027-12-01T00:00:00Z"},
    ),
    Route("POST", "/api/v1/door/keys/<key_id>/approval", "sender-key.approve", {}, "registered", of="sender key"),
    Route(
        "POST",
        "/api/v1/door/keys/<key_id>/revocation",
        "sender-key.revoke",
        REASON,
        "registered approved",
        of="sender key",
    ),
    # -- draws
    Route("GET", "/api/v1/draws", "draw.see"),
    Route("GET", "/api/v1/draws/<draw_id>", "draw.see"),
    Route("POST", "/api/v1/sessions/<session_id>/draw", "draw.submit", {"<body>": "application"}, "scheduled"),
    Route("POST", "/api/v1/sessions/<session_id>/feasibility", "draw.ask", {"<body>": "application"}, "scheduled"),
    Route("POST", "/api/v1/draws/<draw_id>/submission", "draw.submit", {"<body>": "application"}, "draft returned"),
    Route("POST", "/api/v1/draws/<draw_id>/approval", "draw.approve", REASON, "referred"),
    Route("POST", "/api/v1/draws/<draw_id>/refusal", "draw.decline", REASON, "referred"),
    Route("POST", "/api/v1/draws/<draw_id>/supplement", "draw.supplement", REASON, "exhausted"),
    Route("POST", "/api/v1/draws/<draw_id>/cancellation", "draw.cancel", REASON, LIVE),
    Route("POST", "/api/v1/draws/<draw_id>/suspension", "draw.suspend", REASON, "filled"),
    Route("POST", "/api/v1/draws/<draw_id>/reconvention", "draw.reconvene", REASON, "suspended"),
    Route("GET", "/api/v1/draws/<draw_id>/releases", "release.see"),
    Route("POST", "/api/v1/draws/<draw_id>/releases", "release.see", RELEASE),
    Route("GET", "/api/v1/draws/<draw_id>/releases/<int(min=1, max=9999):number>", "release.see", {}, NEVER),
    Route(
        "POST",
        "/api/v1/draws/<draw_id>/orders",
        "release.order",
        {"recipient": "rcp_nobody", "seats": ["7K2M"], "signed": SIGNED_ACT},
    ),
    Route("POST", "/api/v1/draws/<draw_id>/break-glass", "release.break-glass", RELEASE),
    # -- keys
    Route("GET", "/api/v1/holders", "holder.see"),
    Route(
        "POST",
        "/api/v1/holders",
        "holder.register",
        {"name": "公证处", "outside": True, "registration": "AAAA", **CENTRE},
    ),
    Route("POST", "/api/v1/holders/<holder_id>/approval", "holder.approve", {}, "proved"),
    Route("POST", "/api/v1/holders/<holder_id>/retirement", "holder.retire", REASON, "registered proved approved"),
    Route("GET", "/api/v1/recipients", "recipient.see"),
    Route(
        "POST",
        "/api/v1/recipients",
        "recipient.register",
        {"audience": "public", "name": "公开", "public": KEY, **CENTRE},
    ),
    Route("POST", "/api/v1/recipients/<recipient_id>/approval", "recipient.approve", {}, "registered"),
    Route("POST", "/api/v1/recipients/<recipient_id>/retirement", "recipient.retire", REASON, "registered approved"),
    Route("POST", "/api/v1/vault-key", "vault.register", {"public": KEY}, of="installation"),
    Route("GET", "/api/v1/supervisor-keys", "holder.see"),
    Route("POST", "/api/v1/supervisor-keys", "supervisor-key.register", {"public": KEY, "proof": PROOF}),
    Route(
        "POST",
        "/api/v1/supervisor-keys/<key_id>/approval",
        "supervisor-key.approve",
        {},
        "registered",
        of="supervisor key",
    ),
    Route(
        "POST",
        "/api/v1/supervisor-keys/<key_id>/revocation",
        "supervisor-key.revoke",
        REASON,
        "registered approved",
        of="supervisor key",
    ),
    # -- desks
    Route("GET", "/today", "desk.today"),
    Route("GET", "/draws/<draw_id>", "draw.see"),
    Route("GET", "/draws/<draw_id>/record", "draw.see"),
    Route("GET", "/supervision", "desk.supervision"),
    Route("GET", "/supervision/<draw_id>", "desk.supervision", states="referred", confirmed=True),
    Route(
        "POST", "/supervision/<draw_id>", "draw.approve", {"decision": "approve", **REASON}, "referred", confirmed=True
    ),
    Route("GET", "/supervision/<draw_id>/suspended", "desk.supervision", states="suspended", confirmed=True),
    Route(
        "POST",
        "/supervision/<draw_id>/suspended",
        "draw.reconvene",
        {"decision": "reconvene", **REASON},
        "suspended",
        confirmed=True,
    ),
    Route("GET", "/agency", "desk.agency"),
    Route("GET", "/agency/<session_id>", "desk.agency"),
    Route("POST", "/agency/<session_id>", "draw.submit", {"<body>": "form"}, "scheduled"),
    Route("POST", "/agency/<session_id>/lines", "draw.ask", {"more": "1"}),
    Route("POST", "/agency/<session_id>/supplement", "draw.supplement", REASON, "exhausted", of="draw"),
    Route("GET", "/corrections", "expert.amend"),
    Route("POST", "/corrections/<correction_id>", "expert.amend", {"answer": "已更正"}, of=ABSENT),
    Route("GET", "/duty", "invitation.note"),
    Route("POST", "/duty", "invitation.note", {"code": CODE, "word": "late"}),
    Route("GET", "/arrivals", "session.sign-in"),
    Route("GET", "/arrivals/<session_id>/<int(max=99):site>", "session.sign-in"),
    Route("POST", "/arrivals/<session_id>/<int(max=99):site>", "session.sign-in", FORM_ARRIVAL),
)
