"""One centre with one object of every kind, and everybody who could ask for it: what the truth table is played on.

The centre below it, its branch, is where strangers come from: accounts of the same roles that reach none of this.
Every act is undone, so that each cell of the table finds what the first one found.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from expertpool.assessments.models import Assessment
from expertpool.assessments.opening import open_assessment
from expertpool.core.database import Base
from expertpool.core.transaction import Transaction
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.draws.parts import VAULT
from expertpool.experts import organisations
from expertpool.experts import service as experts
from expertpool.experts.models import Expert, OrganisationAlias
from expertpool.experts.protection import Protector
from expertpool.identity import browsers, senders
from expertpool.identity import service as identity
from expertpool.identity.models import Actor, CentreKind, SenderKey, SenderKind
from expertpool.identity.permissions import Caller, Target
from expertpool.identity.roles import Role
from expertpool.payouts.models import PaymentOrder
from expertpool.projects import service as projects
from expertpool.projects.models import EvaluationSession, Recusal
from expertpool.sealing import recipients, supervisors
from expertpool.sealing.models import KeyHolder, RecipientKey, SupervisorKey
from expertpool.sessions.membership import sign_in
from expertpool.sessions.models import Key, SessionDay
from expertpool.web.access import SAFE_METHODS
from ledger import ed25519
from tests.draws.world import CODE, OPENS, STARTS
from tests.experts.pool import credit_code, known_facts, person
from tests.payouts.made import lay_order
from tests.projects.world import FACTS, PROJECT_BODY, SESSION_BODY, SITTING
from tests.sealing.world import Keys
from tests.vault.world import VaultWorld
from tests.web.routes import Route

EXPERTS: Final = 60
FRESH_KEY: Final = "09" + "00" * 31
"""A point that nobody has registered."""
HERE: Final = "here"
BRANCH: Final = "from the branch"
COLLEAGUE: Final = "a colleague"
RETIRED: Final = "retired"
ROLES: Final = tuple(role for role in Role if role is not Role.EXPERT)
"""Experts have no account."""
COOKIE: Final = "expertpool-demo"
AT: Final = datetime(2026, 11, 21, tzinfo=UTC)
_REVOKED: Final = {"approved": AT, "revoked": AT}
_RETIRED: Final = {"share_proved": AT, "approved": AT, "retired": AT}
ROWS: Final[Mapping[str, tuple[type[Base], Mapping[str, Mapping[str, Any]]]]] = {
    "account": (Actor, {"active": {"active": True}, "retired": {"active": False, "token_hash": None}}),
    "alias": (OrganisationAlias, {"proposed": {"approved_by": None}, "approved": {"approved_by": "act_x"}}),
    "holder": (
        KeyHolder,
        {
            "registered": dict.fromkeys(_RETIRED),
            "proved": {**dict.fromkeys(_RETIRED), "share_proved": AT},
            "approved": {**_RETIRED, "retired": None},
            "retired": _RETIRED,
        },
    ),
    "recipient": (
        RecipientKey,
        {
            "registered": {"approved": None, "retired": None},
            "approved": {"approved": AT, "retired": None},
            "retired": {"approved": AT, "retired": AT},
        },
    ),
    "recusal": (Recusal, {"standing": {"withdrawn": None}, "withdrawn": {"withdrawn": AT}}),
    **{
        name: (
            model,
            {
                "registered": dict.fromkeys(_REVOKED),
                "approved": {**_REVOKED, "revoked": None},
                "revoked": _REVOKED,
            },
        )
        for name, model in (("sender key", SenderKey), ("supervisor key", SupervisorKey))
    },
}
"""Kind of object -> its table, and what stands in its row in each state; where it is not named, the state does."""
_STATE_COLUMN: Final[Mapping[str, tuple[type[Base], str]]] = {
    "assessment": (Assessment, "state"),
    "day": (SessionDay, "state"),
    "draw": (Draw, "state"),
    "expert": (Expert, "status"),
    "order": (PaymentOrder, "state"),
    "session": (EvaluationSession, "state"),
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with whatever they can show: a program's token, and a signed-in browser's cookie and form token."""

    caller: Caller | None
    token: str = ""
    cookie: str = ""
    form: str = ""
    expert: str = ""


class Scene:
    """Where the requests go."""

    def __init__(self, world: VaultWorld, file: Path) -> None:
        self.world = world
        self.site = world.site
        self.clock = world.clock
        self.centre = self.site.centre.id
        self.people: dict[tuple[str, Role], Visitor] = {}
        nobody = Visitor(None, cookie="A" * 43, form=self.form_token("A" * 43))
        expert = world.sign_in(world.strangers_phone())
        self.outsiders = {"nobody": nobody, "an expert": replace(nobody, expert=expert)}
        self.ids: dict[str, str] = {}
        self._bodies: dict[str, dict[str, Any]] = {}
        self._file = file
        self._furnish()
        self._populate()
        with closing(sqlite3.connect(file)) as live:
            self._kept = sqlite3.connect(":memory:", check_same_thread=False)
            live.backup(self._kept)

    def undo(self, kind: str | None = None, state: str | None = None) -> None:
        """Everything is as it was, but perhaps for the state of the object of this kind."""
        with closing(sqlite3.connect(self._file)) as live:
            live.execute("PRAGMA synchronous = OFF")
            self._kept.backup(live)
        if kind is not None and state is not None:
            self._put(kind, state)

    def _put(self, kind: str, state: str) -> None:
        """Bring the object of this kind into a state, past every rule."""
        if kind in _STATE_COLUMN:
            model, column = _STATE_COLUMN[kind]
            values: Mapping[str, Any] = {column: state}
        else:
            model, states = ROWS[kind]
            values = states[state]
        (key,) = model.__table__.primary_key
        with self.site.service.engine.begin() as connection:
            connection.execute(update(model.__table__).where(key == self.ids[kind]).values(**values))  # type: ignore[arg-type]

    def target(self, route: Route) -> Target | None:
        """What the route acts on, as the permission table sees it; None where there is nothing yet to reach."""
        if route.kind is None:
            return Target((self.centre,)) if "<centre>" in route.sends.values() else None
        owners = {
            **dict.fromkeys(("project", "session", "day", "assessment", "draw", "order", "recusal"), Role.INITIATOR),
            "supervisor key": Role.SUPERVISOR,
            "own session": Role.CENTRE_STAFF,
        }
        if route.kind == "account":
            return Target((self.centre,), self.ids["account"])
        owner = owners.get(route.kind)
        return Target((self.centre,), owner and self.site.actors[owner].id)

    def ask(self, route: Route, visitor: Visitor) -> TestResponse:
        """Send the route's request as this visitor."""
        client: FlaskClient = self.site.app.test_client()
        if visitor.cookie:
            client.set_cookie(COOKIE, visitor.cookie)
        if visitor.expert:
            client.set_cookie("expertpool-expert-demo", visitor.expert)
        sends, headers = self._sent(route), {}
        if not route.is_page and (visitor.token or visitor.expert):
            headers["Authorization"] = f"Bearer {visitor.token or visitor.expert}"
        if route.method in SAFE_METHODS:
            return client.open(self.address(route), method=route.method, headers=headers, query_string=sends)
        if route.is_page:
            return client.post(self.address(route), data={"form_token": visitor.form, **sends})
        return client.post(self.address(route), json=sends or None, headers=headers)

    def address(self, route: Route) -> str:
        """The route's address, the scene's object in it."""
        named = self.ids.get(route.kind or "", "x")
        if route.kind == "draw" and "<session_id>" in route.path:
            named = self.world.draw.session_id
        whole = {
            "number": "1",
            "index": "0",
            "site": "0",
            "path": "mark.svg",
            "address": "entries/000",
            "token": "scanned",
            "month": "2026-11",
        }
        parts = route.path.split("<")
        filled = [parts[0]]
        for part in parts[1:]:
            name, _, rest = part.partition(">")
            filled += [whole.get(name.rpartition(":")[2], named), rest]
        return "".join(filled)

    def _sent(self, route: Route) -> dict[str, Any]:
        given = dict(route.sends)
        body = self._bodies.get(str(given.pop("<body>", "")), {})
        stands_for = {
            "<centre>": self.centre,
            "<fresh key>": FRESH_KEY,
            "<draw>": self.world.draw.id,
            "<rulebook>": self.rulebook,
        }
        return {**body, **{name: stands_for.get(str(value), value) for name, value in given.items()}}

    def _furnish(self) -> None:
        """One object of every kind, each its owner's."""
        draws, sealing = self.world.draws, self.world.draws.sealing
        keys, as_ = self.site.service.keys, sealing.as_
        self.ids["draw"] = self.world.draw.id
        self.ids["day"] = self.ids["assessment"] = self._open_day()
        with self.site.service.transactions.begin(VAULT) as tx:
            open_assessment(tx, self.ids["assessment"])
            self.rulebook = tx.session.get_one(Assessment, self.ids["assessment"]).rulebook
        with draws.session() as rows, rows.begin():
            seated = Key(self.world.draw.id, min(draws.seated(self.world.draw)), 0)
            self.ids["order"] = lay_order(rows, self.ids["day"], [seated], self.clock.now(), token="scanned").id
        seat = min(draws.seated(self.world.draw))
        with self.site.service.engine.begin() as connection:  # so that there is something to supplement
            connection.execute(update(Seat).where(Seat.code == seat).values(state=SeatState.UNFILLABLE))
        code = "E4301000001000009"
        facts = replace(FACTS, code=code, lots=tuple(replace(lot, code=code + lot.code[-3:]) for lot in FACTS.lots))
        project = draws.project(facts)
        sitting = draws.sitting(project, replace(SITTING, lots=(f"{code}001",)))
        self.ids |= {"project": project.id, "session": sitting.id}
        unit, pool = credit_code(3), draws.pool
        recused = as_(Role.INITIATOR, lambda tx: projects.name_unit(tx, project.id, code=unit, name="院", reason="r"))
        who, what = person(4321), known_facts(4321)
        applied = as_(
            Role.POOL_MANAGER,
            lambda tx: experts.apply(tx, Protector(keys), pool=pool, identity=who, facts=what, ground="申请表"),
        )
        named = as_(
            Role.POOL_MANAGER, lambda tx: organisations.register(tx, centre_id=self.centre, code=unit, name="设计院")
        )
        self.ids |= {"recusal": recused.id, "expert": applied.expert_id, "organisation": named.id}
        self.ids["holder"] = sealing.register(Keys(credit_code(99))).id
        self.ids["recipient"] = as_(
            Role.SECURITY_ADMINISTRATOR,
            lambda tx: recipients.register_recipient(
                tx, centre_id=self.centre, audience="public", name="公开", public=bytes.fromhex(FRESH_KEY[::-1])
            ),
        ).id
        self._register_keys(as_)
        lots = [{"code": f"{code}00{number}", "title": "标段", "budget": 1} for number in (1, 2)]
        body = {**PROJECT_BODY, "code": code, "lots": lots}
        times = {"starts": STARTS.isoformat(), "opens_at": OPENS.isoformat()}
        session = {**SESSION_BODY, **times, "lots": [f"{code}001"]}
        other = "E4301000001000008"
        self._bodies = {
            "project": body,
            "another project": {**body, "code": other, "lots": [{**lots[0], "code": f"{other}001"}]},
            "session": session,
            "another session": {**session, "code": "S2", "lots": [f"{code}002"]},
            "application": {
                "draw_at": self.clock.now().isoformat(),
                "lines": [{"codes": [CODE], "seats": 4}],
                "owner_representatives": [{"appointed_on": "2026-11-30", "in_writing": True}],
            },
            "form": {
                "lines.0.codes": CODE,
                "lines.0.seats": "4",
                "lines.0.site": "0",
                "owner_representatives.0.appointed_on": "2026-11-30",
            },
        }

    def _open_day(self) -> str:
        """The day of the draw's session, on which the first member has come."""
        session_id, seat = self.world.draw.session_id, min(self.world.draws.seated(self.world.draw))
        who = Key(self.world.draw.id, seat, 0)
        with self.site.service.transactions.begin(VAULT) as tx:
            sign_in(tx, self.site.service.keys, session_id, who, site=0, places=4, short_code="123456")
        return session_id

    def _register_keys(self, as_: Any) -> None:
        from expertpool.protocol.statements import supervisor_registration

        seed, public = bytes(32), ed25519.public_key(bytes(32)).hex()
        supervisor = self.site.actors[Role.SUPERVISOR].id
        proof = ed25519.sign(seed, supervisor_registration(supervisor=supervisor, public=public)).hex()
        own = as_(Role.SUPERVISOR, lambda tx: supervisors.register_key(tx, public=public, proof=proof))
        security = Role.SECURITY_ADMINISTRATOR
        kind = SenderKind.TRADING_SYSTEM
        sender = as_(
            security, lambda tx: senders.register_sender(tx, centre_id=self.centre, kind=kind, code="s", name="系统")
        )
        dates = {"not_before": self.clock.now(), "not_after": self.clock.now() + timedelta(days=365)}
        proof = ed25519.sign(seed, senders.registration(sender=sender.id, public=public, **dates)).hex()
        key = as_(security, lambda tx: senders.register_key(tx, sender.id, public=public, proof=proof, **dates))
        self.ids |= {"supervisor key": own.id, "sender": sender.id, "sender key": key.id}

    def _populate(self) -> None:
        """An account of every role here, at the branch, and one that was closed; a colleague of the initiator."""
        with self.site.service.transactions.begin(self.site.actors[Role.SYSTEM_ADMINISTRATOR].id) as tx:
            named: Any = {"name_zh": "岳麓分中心", "name_en": "Yuelu", "kind": CentreKind.COUNTY_BRANCH}
            branch = identity.open_centre(tx, code="yuelu", parent_id=self.centre, **named)
        for role in ROLES:
            self.site.token(role)
        with self.site.service.transactions.begin(self.site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
            for role in ROLES:
                self.people[HERE, role] = self._equip(tx, self.site.actors[role])
                for name, centre in ((BRANCH, branch.id), (RETIRED, self.centre)):
                    self.people[name, role] = self._equip(tx, self._account(tx, role, centre, name))
            colleague = self._account(tx, Role.INITIATOR, self.centre, "colleague")
            self.people[COLLEAGUE, Role.INITIATOR] = self._equip(tx, colleague)
            second = self._account(tx, Role.POOL_MANAGER, self.centre, "second")
            self.ids["account"] = self._account(tx, Role.FINANCE, self.centre, "object").id
            self.ids["own session"] = browsers.begin(
                tx, self.site.actors[Role.CENTRE_STAFF], browser="x", confirmed=tx.now
            ).session
            for role in ROLES:
                actor = tx.session.get_one(Actor, self.people[RETIRED, role].caller.actor)  # type: ignore[union-attr]
                identity.retire_actor(tx, actor.id, reason="调离")
        with self.site.service.transactions.begin(second.id) as tx:  # nobody approves what they proposed themselves
            self.ids["alias"] = organisations.propose_alias(tx, self.ids["organisation"], "某某院").id

    def _account(self, tx: Transaction, role: Role, centre: str, name: str) -> Actor:
        return identity.register_actor(tx, code=f"{name.replace(' ', '-')}-{role.value}", role=role, centre_id=centre)

    def _equip(self, tx: Transaction, actor: Actor) -> Visitor:
        token = identity.issue_token(tx, actor.id)
        cookie = browsers.begin(tx, actor, browser="Firefox", confirmed=tx.now).secret
        return Visitor(actor.as_caller(), token.text(), cookie, self.form_token(cookie))

    def form_token(self, cookie: str) -> str:
        """The token that forms show to the browser with this cookie."""
        from expertpool.core.keyrings import ACCOUNTS_KEY

        return self.site.service.keys.hmac_sha256(ACCOUNTS_KEY, f"form token\0{cookie}".encode()).hex()
