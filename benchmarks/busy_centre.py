"""Part of `web`: a centre that has been at work for years, built by bulk: projects, sessions, draws, a long ledger.

Experts, projects and sessions are made by their services. Draws are submitted by theirs, and then stand as filled
without having been drawn: no page can tell, and no vault takes hours. The ledger is filled up with copies of the
entries that all this made, signed and indexed as any.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final, TypeVar

from sqlalchemy import Engine, event, insert, select, update

from benchmarks.drawing import told_on_stderr, with_rulebook
from benchmarks.filling import project
from expertpool.audit.indexing import read_next
from expertpool.cli.demo_case import fill_pool
from expertpool.cli.demo_setting import CENTRE, Setting, credit_code
from expertpool.core.clock import FixedClock
from expertpool.core.keyrings import log_signer, open_signer_keys
from expertpool.core.ledger_store import SqlLog, TransactionLog
from expertpool.core.signer import Signer
from expertpool.draws import applying, service
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw, Seat, SeatState
from expertpool.experts import organisations
from expertpool.experts.models import Expert
from expertpool.identity import browsers
from expertpool.identity import service as identity
from expertpool.identity.models import Actor
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.facts import SessionFacts, SiteFacts
from expertpool.protocol.request import Representative, SeatLine
from ledger.entry import Draft, parse_entry

T = TypeVar("T")
SEED: Final = "web"
A_DAY: Final = 10
"""How many sessions lie on one day: a busy centre's rooms."""
SEATS: Final = 10
AT_ONCE: Final = 5_000
"""Entries in one transaction."""


@dataclass(frozen=True, slots=True)
class Busy:
    """What stands where: one object of every kind that a page names, and a signed-in browser of every role."""

    ids: dict[str, str]
    cookies: dict[Role, str]
    tokens: dict[Role, str]


def build(setting: Setting, *, experts: int, meetings: int, entries: int) -> Busy:
    """Build it all; standard error tells how long each part took."""
    _hurry(setting.engine)
    timed(f"{experts} experts", lambda: fill_pool(setting, seed=SEED, experts=experts, bar=told_on_stderr))
    ids = timed(f"{meetings} projects with a session and a draw", lambda: _meetings(setting, meetings))
    cookies, tokens = _people(setting, ids)
    timed(f"{entries} entries", lambda: _lengthen(setting, entries))
    timed("signing", lambda: _sign(setting))
    timed("indexing", lambda: _index(setting.engine))
    return Busy(ids, cookies, tokens)


def _hurry(engine: Engine) -> None:
    """Wait for no disk: this is thrown away."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        engine.dispose()


def timed(what: str, action: Callable[[], T]) -> T:
    """Do it, and tell how long it took."""
    began = perf_counter()
    done = action()
    print(f"built {what} in {perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    return done


def _meetings(setting: Setting, count: int) -> dict[str, str]:
    """So many a day from tomorrow on; every tenth draw was referred, the others' seats are taken."""
    clock, today = FixedClock(datetime.now(UTC)), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    settings, drawn = with_rulebook(setting, "roster-demo").settings.draws, []  # which leaves the time to the centre
    ids: dict[str, str] = {}
    for number in range(count):
        facts = project(number + 1)
        starts = today + timedelta(days=1 + number // A_DAY, hours=1 + number % A_DAY)
        held = SessionFacts(
            code="S1",
            lots=(facts.lots[0].code,),
            starts=starts,
            opens_at=starts - timedelta(minutes=30),
            expected_minutes=240,
            overnight=False,
            sites=(SiteFacts("430102", f"第{number % A_DAY + 1}评标室", CENTRE),),
        )
        given = applying.Application(
            draw_at=clock.now(),
            lines=(SeatLine((), SEATS, 0),),
            owner_representatives=(Representative(clock.now().date() - timedelta(days=1), in_writing=True),),
        )
        with setting.transactions(clock).begin(setting.actors[Role.INITIATOR]) as tx:
            made = projects.register_project(tx, centre_id=setting.centre_id, facts=facts)
            sitting = projects.schedule_session(tx, made.id, facts=held)
            draw = service.apply(tx, settings, sitting.id, given=given)
        drawn.append(draw.id)
        ids |= {"project": made.id, "session": sitting.id, "draw": draw.id}
    return ids | {"referred": _seat(setting.engine, drawn)}


def _seat(engine: Engine, draws: list[str]) -> str:
    """Let the draws stand as filled, past the vault; every tenth as referred. Returns one of those."""
    seats = [
        {
            "draw_id": draw,
            "code": f"{number:04d}{seat}",
            "line": 0,
            "state": SeatState.ACCEPTED,
            "vacancy": 0,
            **dict.fromkeys(("member", "record", "answer"), "0" * 64),
        }
        for number, draw in enumerate(draws)
        if number % 10
        for seat in range(SEATS)
    ]
    referred = draws[::10]
    with engine.begin() as connection:
        connection.execute(update(Draw.__table__).values(state=DrawState.FILLED))  # type: ignore[arg-type]
        table = Draw.__table__
        connection.execute(update(table).where(table.c.id.in_(referred)).values(state=DrawState.REFERRED))  # type: ignore[arg-type]
        connection.execute(insert(Seat.__table__), seats)  # type: ignore[arg-type]
    return referred[-1]


def _people(setting: Setting, ids: dict[str, str]) -> tuple[dict[Role, str], dict[Role, str]]:
    """An account, a signed-in browser and a token for every role; and one object each of what else pages name."""
    clock = FixedClock(datetime.now(UTC))
    registering: list[Role] = [role for role in Role if role is not Role.EXPERT and role not in setting.actors]
    for role in registering:
        setting.actors[role] = setting.act_as(
            Role.SECURITY_ADMINISTRATOR,
            clock,
            lambda tx: identity.register_actor(tx, code=f"busy-{role.value}", role=role, centre_id=setting.centre_id),  # noqa: B023
        ).id
    named = setting.act_as(
        Role.POOL_MANAGER,
        clock,
        lambda tx: organisations.register(
            tx, centre_id=setting.centre_id, code=credit_code("91439999DEM900077"), name="某设计院"
        ),
    )
    with setting.reading() as session:
        expert = session.scalars(select(Expert.id).order_by(Expert.id).offset(100)).first()
    ids |= {"organisation": named.id, "expert": str(expert), "account": setting.actors[Role.FINANCE]}
    cookies: dict[Role, str] = {}
    tokens: dict[Role, str] = {}
    for role, actor_id in setting.actors.items():
        with setting.transactions(clock).begin(setting.actors[Role.SECURITY_ADMINISTRATOR]) as tx:
            actor = tx.session.get_one(Actor, actor_id)
            tokens[role] = identity.issue_token(tx, actor_id).text()
            cookies[role] = browsers.begin(tx, actor, browser="Chrome", confirmed=tx.now).secret
    return cookies, tokens


def _lengthen(setting: Setting, wanted: int) -> None:
    """Append copies of the last thousand entries until there are so many."""
    log = SqlLog(setting.engine)
    size = log.head().size
    last = [parse_entry(data) for data in log.entries(max(0, size - 1000), size)]
    drafts = [Draft(each.kind, each.actor, datetime.fromisoformat(each.time), each.body) for each in last]
    while size < wanted:
        more = (drafts * (AT_ONCE // len(drafts) + 1))[: min(AT_ONCE, wanted - size)]
        with setting.engine.begin() as connection:
            TransactionLog(connection).append(more)
        size += len(more)


def _sign(setting: Setting) -> None:
    with open_signer_keys(setting.settings) as keys:
        key = log_signer(keys, setting.settings.service.origin)
        Signer(setting.engine, FixedClock(datetime.now(UTC)), key, setting.settings.ledger.signer_mark).step()


def _index(engine: Engine) -> None:
    read = 1
    while read:
        with engine.begin() as connection:
            read = read_next(connection)
