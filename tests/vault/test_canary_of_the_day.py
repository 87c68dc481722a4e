"""To the end of a session nobody at the site is shown who is in the room, and no row or log has it in the clear."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from structlog.testing import capture_logs

from expertpool.core.reconcile import reconcile
from expertpool.draws.contacts import contacts
from expertpool.draws.exporting import export
from expertpool.draws.keeping import Occupant, occupants
from expertpool.draws.lifecycle import DrawState
from expertpool.experts.protection import Protector
from expertpool.identity.roles import Role
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession
from expertpool.protocol.bundle import write_bundle
from expertpool.protocol.replay import Trust, as_text, replay
from expertpool.sessions import acts, service, verbs
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key
from expertpool.sessions.queries import day_of, members_of
from tests.browser import entered
from tests.draws.bidding import STRANGERS, bidder, deliver
from tests.draws.world import STARTS
from tests.invitations.test_canary import everything, spellings
from tests.vault.world import VaultWorld

SITE_ROLES = (Role.CENTRE_STAFF, Role.INITIATOR, Role.SUPERVISOR)
SECOND = timedelta(seconds=1)


class Day:
    """A session as it is played, and all that the roles at the site are shown of it."""

    def __init__(self, world: VaultWorld) -> None:
        self.world, self.draw, self.session = world, world.draw, world.draw.session_id
        self.shown: list[bytes] = []
        self.slips: dict[Key, str] = {}

    def come(self, occupant: Occupant) -> Key:
        slip = self.world.arrive(occupant)
        with self.world.draws.session() as session:
            who = next(each.key for each in members_of(session, self.session) if each.key not in self.slips)
        self.slips[who] = slip["short_code"]
        return who

    def until(self, minutes: int) -> None:
        """Until so many minutes after the assembly; the vault is there at the second."""
        self.world.clock.advance(STARTS + timedelta(minutes=minutes) - self.world.clock.now())
        self.world.draws.go_on(self.world.vault, rounds=1)

    def ask(self, who: Key) -> dict[str, object]:
        return {"session": self.session, "site": 0, "code": self.slips[who]}

    def sees_and_reads(self, who: Key) -> None:
        with self.world.site.service.transactions.begin("svc:web") as tx:
            acts.read_discipline(tx, self.session, who)
        self.world.ask(verbs.BIDDERS, **self.ask(who), after=0)

    def look_everywhere(self) -> None:
        """All pages of the day and of its draw, and the API's, for each role at the site."""
        page, api_page = f"/sessions/{self.session}", f"/api/v1/sessions/{self.session}"
        api = [api_page, f"{api_page}/day", f"{api_page}/day/steps", f"/api/v1/draws/{self.draw.id}"]
        pages = [page, "/today", "/ledger", "/agency", "/supervision", "/arrivals"]
        pages += [f"{page}/sheets/{name}.pdf" for name in ("sign-in", "record")]
        seen = 0
        for role in SITE_ROLES:
            browser = entered(self.world.site, role)
            answers = [browser.get(path) for path in pages]
            answers += [self.world.site.call("GET", path, role=role) for path in api]
            self.shown += [answer.data for answer in answers]
            seen += sum(answer.status_code == 200 for answer in answers)
        assert seen >= 15


@pytest.fixture
def day(world: VaultWorld) -> Day:
    return Day(world)


def test_no_role_at_the_site_learns_a_name_to_the_end_of_the_session(day: Day) -> None:
    world = day.world
    with capture_logs() as logs:
        play(day)
    with world.draws.session() as session:
        people = occupants(session, world.draws.parts().keys, day.draw.id).values()
        experts = sorted({each.expert for each in people})
        named = contacts(
            session, Protector(world.draws.parts().service_keys), experts, experts, world.draws.clock.now()
        )
    secrets = {value for each in people for value in (each.phone, each.answer_code, each.id_number)}
    secrets |= {each.name for each in named.values()}
    log, data = json.dumps(logs, default=str, ensure_ascii=False).encode(), everything(world.draws)
    shown = b"\n".join(day.shown)
    assert len(people) == 6, "one recused and one absent were replaced"
    assert sum(code.encode() in shown for code in {who.seat for who in day.slips}) == 4, "seat codes are shown"
    for secret in secrets - {""}:
        for spelling in spellings(secret):
            assert spelling not in shown, secret
            assert spelling not in data, secret
            assert spelling not in log, secret
    for expert in experts:
        assert expert.encode() not in shown, expert
        assert expert.encode() not in log, expert
    for code in day.slips.values():
        assert f'"{code}"'.encode() not in data
        assert code.encode() not in log


def play(day: Day) -> None:
    """Sign in, a recusal, one late and one absent, both replaced, the report signed, the day closed."""
    world, first = day.world, list(day.world.accept().values())
    world.until_assembly(60)
    deliver(world.draws, day.draw, [bidder(unit) for unit in STRANGERS])
    recused, stays = day.come(first[0]), day.come(first[1])
    day.look_everywhere()
    day.sees_and_reads(recused)
    world.ask(verbs.RECUSE, **day.ask(recused), grounds="与投标人有利害关系")
    day.until(0)
    day.until(20)
    late = day.come(first[2])
    day.until(30)
    day.world.clock.advance(SECOND)
    world.draws.go_on(world.vault, rounds=1)
    assert world.draws.seated(day.draw)[absent_seat(day, first[3])].expert != first[3].expert
    new = [each for each in world.accept().values() if each.expert not in {one.expert for one in first}]
    everyone = [stays, late, *(day.come(each) for each in new)]
    day.look_everywhere()
    for who in everyone:
        day.sees_and_reads(who)
        with world.site.service.transactions.begin("svc:web") as tx:
            acts.declare(tx, day.session, who)
    for who in everyone:
        if not chosen(day):
            with world.site.service.transactions.begin("svc:web") as tx:
                acts.vote_chair(tx, day.session, who, stays.seat)
    with world.site.service.transactions.begin("svc:test") as tx:
        note_report(tx, tx.session.get_one(EvaluationSession, day.session), at=tx.now, said=tx.now, document="0" * 64)
    for who in everyone:
        with world.site.service.transactions.begin("svc:web") as tx:
            acts.sign_report(tx, day.session, who)
    world.draws.sealing.as_(Role.CENTRE_STAFF, lambda tx: service.close(tx, day.session))
    world.draws.go_on(world.vault, rounds=2)
    with world.draws.session() as session:
        ended = day_of(session, day.session)
    assert (ended and ended.state, world.draws.state(day.draw)) == (DayState.CLOSED, DrawState.CLOSED)
    day.look_everywhere()
    replayed(day)
    assert reconcile(world.site.service.engine) == []


def replayed(day: Day) -> None:
    """An auditor decides again why seats fell vacant, and computes who came instead."""
    file = BytesIO()
    write_bundle(file, export(day.world.draws.parts(), day.draw.id, audit=True))
    file.seek(0)
    report = replay(file, Trust(policy=day.world.site.service.policy))
    assert report.verdict == "proven", as_text(report, "en")
    assert report.step("causes").details == {"absent": 1, "recused": 1}


def absent_seat(day: Day, gone: Occupant) -> str:
    """The seat that somebody had who never came."""
    with day.world.draws.session() as session:
        every = occupants(session, day.world.draws.parts().keys, day.draw.id)
    return next(seat for (seat, _), each in every.items() if each.expert == gone.expert)


def chosen(day: Day) -> bool:
    with day.world.draws.session() as session:
        found = day_of(session, day.session)
    return found is not None and found.state is DayState.REVIEWING
