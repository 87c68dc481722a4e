"""Puts the web process together: the edge, identity's gate, and the ``api`` and ``pages`` of every capability."""

from pathlib import Path

from flask import Flask
from sqlalchemy import Engine
from werkzeug.middleware.proxy_fix import ProxyFix

from expertpool.core.clock import Clock, SystemClock
from expertpool.core.database import open_engine
from expertpool.core.keyrings import open_service_keys
from expertpool.core.rooms import load_rooms
from expertpool.core.settings import Settings
from expertpool.core.startup import refuse_rollback
from expertpool.core.transaction import Transactions
from expertpool.identity.gate import PermissionGate
from expertpool.web.access import public, refuse_routes_without_rule
from expertpool.web.conditional import init_conditional
from expertpool.web.edge import EXTENSION, Edge, Keys
from expertpool.web.guards import init_guards
from expertpool.web.headers import init_headers
from expertpool.web.health import health
from expertpool.web.limits import init_account_limit, init_source_limit
from expertpool.web.openapi import init_openapi
from expertpool.web.problems import init_problems
from expertpool.web.reference import reference
from expertpool.web.rendering import init_rendering

WEB = Path(__file__).parent / "web"


def create_app(
    settings: Settings, *, engine: Engine | None = None, clock: Clock | None = None, keys: Keys | None = None
) -> Flask:
    """The web application over one installation.

    Refuses to start on a database that was rolled back or rewritten (`RolledBack`, `Rewritten`), without a key file,
    or with a route that does not say who may use it (`RouteWithoutRule`).
    """
    engine = engine or open_engine(settings.database)
    clock = clock or SystemClock()
    keys = keys or open_service_keys(settings)
    refuse_rollback(engine, settings.ledger.signer_mark, settings.ledger.cosigned)

    transactions = Transactions(engine, clock, keys)
    app = Flask("expertpool", root_path=str(WEB))
    if settings.service.proxies:  # who asks, as they say; under which name and how stays what the settings say
        forwarded = ProxyFix(app.wsgi_app, x_for=settings.service.proxies, x_proto=0, x_host=0)
        app.wsgi_app = forwarded  # type: ignore[method-assign]  # as Flask's documentation has it
    pages = load_rooms("pages")
    found = [desk for room in pages for desk in getattr(room, "DESKS", ())]
    desks = tuple(sorted(found, key=lambda desk: not desk.begins))
    app.extensions[EXTENSION] = Edge(settings, engine, clock, keys, transactions, PermissionGate(transactions), desks)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.url_map.merge_slashes = False
    public(app.view_functions["static"])
    init_problems(app)
    init_source_limit(app)
    init_guards(app)
    init_account_limit(app)
    init_headers(app, settings.service)
    init_conditional(app)
    init_rendering(app)

    api = init_openapi(app, settings.service.name_en)
    for room in load_rooms("api"):
        api.register_blueprint(room.blueprint)
    for room in pages:
        app.register_blueprint(room.blueprint)
    app.register_blueprint(health)
    app.register_blueprint(reference)
    refuse_routes_without_rule(app)
    return app
