"""The lines of keys in the table of routes (`tests.web.routes`): holders', recipients', the vault's, supervisors'."""

from typing import Final

from tests.web.route import ABSENT, Route

REASON: Final = {"reason": "理由"}
CENTRE: Final = {"centre_id": "<centre>"}
KEY: Final = "<fresh key>"
PROOF: Final = "00" * 64

KEY_ROUTES: Final = (
    Route("GET", "/api/v1/holders", "holder.see"),
    Route(
        "POST",
        "/api/v1/holders",
        "holder.register",
        {"name": "公证处", "outside": True, "registration": "AAAA", **CENTRE},
    ),
    Route("POST", "/api/v1/holders/<holder_id>/approval", "holder.approve", {}, "proved"),
    Route("POST", "/api/v1/holders/<holder_id>/retirement", "holder.retire", REASON, "registered proved approved"),
    Route("GET", "/holders", "holder.see"),
    Route("GET", "/holders/new", "holder.register", confirmed=True),
    Route("POST", "/holders/new", "holder.register", of=ABSENT, confirmed=True),
    Route("GET", "/holders/<holder_id>", "holder.see", confirmed=True),
    Route("POST", "/holders/<holder_id>/approval", "holder.approve", {}, "proved", confirmed=True),
    Route(
        "POST",
        "/holders/<holder_id>/retirement",
        "holder.retire",
        REASON,
        "registered proved approved",
        confirmed=True,
    ),
    Route("GET", "/api/v1/recipients", "recipient.see"),
    Route(
        "POST",
        "/api/v1/recipients",
        "recipient.register",
        {"audience": "public", "name": "公开", "public": KEY, **CENTRE},
    ),
    Route("POST", "/api/v1/recipients/<recipient_id>/approval", "recipient.approve", {}, "registered"),
    Route("POST", "/api/v1/recipients/<recipient_id>/retirement", "recipient.retire", REASON, "registered approved"),
    Route("GET", "/recipients", "recipient.see"),
    Route("GET", "/recipients/new", "recipient.register", confirmed=True),
    Route(
        "POST",
        "/recipients/new",
        "recipient.register",
        {"audience": "public", "name": "公开", "public": KEY, **CENTRE},
        confirmed=True,
    ),
    Route("GET", "/recipients/<recipient_id>", "recipient.see", confirmed=True),
    Route("POST", "/recipients/<recipient_id>/approval", "recipient.approve", {}, "registered", confirmed=True),
    Route(
        "POST",
        "/recipients/<recipient_id>/retirement",
        "recipient.retire",
        REASON,
        "registered approved",
        confirmed=True,
    ),
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
)
