"""The room, as the vault serves it: slips at sign-in, bidders for those present, members lost and drawn anew."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from expertpool.core.reconcile import reconcile
from expertpool.core.vault_line import refusal
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import SeatState, TurnedAway
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.roles import Role
from expertpool.projects.envelope import sealed_info
from expertpool.projects.handover import NOT_OPENED, take_scores
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import SealedKind
from expertpool.protocol.envelope import seal_to
from expertpool.sessions import acts, verbs
from expertpool.sessions.errors import NotPresent, NotYet, ShortCodeRefused
from expertpool.sessions.lifecycle import DayState
from expertpool.sessions.models import Key, Member, Score, ScoreSheet
from expertpool.sessions.queries import day_of, members_of, steps_of
from expertpool.sessions.steps import Cause, StepKind
from policies.facts import Unit
from tests.draws.bidding import STRANGERS, bidder, deliver, employers
from tests.draws.scenes import seats
from tests.projects.world import CODE
from tests.projects.world import World as DoorWorld
from tests.sealing.world import credit_code
from tests.vault.world import VaultWorld

SEATS = 4


class Room:
    """Everyone signed in, an hour before the assembly, as the bids are opened."""

    def __init__(self, world: VaultWorld) -> None:
        self.world, self.draw = world, world.draw
        self.seated = world.accept()
        world.until_assembly(60)
        self.slips = {seat: world.arrive(occupant) for seat, occupant in self.seated.items()}

    def members(self) -> list[Member]:
        with self.world.draws.session() as session:
            return list(members_of(session, self.draw.session_id))

    def kinds(self) -> list[StepKind]:
        with self.world.draws.session() as session:
            return [step.kind for step in steps_of(session, self.draw.session_id)]

    def lost(self) -> list[tuple[str | None, Cause | None]]:
        with self.world.draws.session() as session:
            steps = steps_of(session, self.draw.session_id)
            return [(step.seat, step.cause) for step in steps if step.kind is StepKind.MEMBER_LOST]

    def state(self, seat: str) -> SeatState:
        return seats(self.world.draws, self.draw)[seat].state

    def inside(self, seat: str, **more: Any) -> dict[str, Any]:
        """What is asked with a seat's slip."""
        return {"session": self.draw.session_id, "site": 0, "code": self.slips[seat]["short_code"], **more}

    def read(self, seat: str) -> None:
        with self.world.site.service.transactions.begin("svc:web") as tx:
            acts.read_discipline(tx, self.draw.session_id, Key(self.draw.id, seat, 0))

    def go_on(self) -> None:
        self.world.draws.go_on(self.world.vault, rounds=2)

    def supervisor(self) -> str:
        self.world.site.token(Role.SUPERVISOR)
        return self.world.site.actors[Role.SUPERVISOR].id


@pytest.fixture
def room(world: VaultWorld) -> Room:
    return Room(world)


def test_each_gets_a_slip_of_their_own_and_the_same_again(room: Room) -> None:
    assert sorted(slip["number"] for slip in room.slips.values()) == list(range(1, SEATS + 1))
    codes = {slip["short_code"] for slip in room.slips.values()}
    assert len(codes) == SEATS
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    room.world.restart()
    assert {seat: room.world.arrive(occupant) for seat, occupant in room.seated.items()} == room.slips
    assert {(each.seat, each.vacancy, each.left) for each in room.members()} == {(seat, 0, None) for seat in room.slips}
    assert room.kinds() == [StepKind.ASSEMBLED, *[StepKind.SIGNED_IN] * SEATS]
    stored = json.dumps(room.world.draws.sealing.entries()) + str([vars(each) for each in room.members()])
    assert not [code for code in codes if f'"{code}"' in stored or f"'{code}'" in stored]
    assert reconcile(room.world.site.service.engine) == []


def test_bidders_are_shown_to_who_is_present_and_nobody_else(room: Room) -> None:
    seat, *_ = room.slips
    asked = room.inside(seat, after=0)
    assert isinstance(room.world.refused(verbs.BIDDERS, **asked), NotYet), "the discipline is read first"
    room.read(seat)
    assert room.world.ask(verbs.BIDDERS, **asked) == {"known": False, "lots": [], "next": None}
    deliver(room.world.draws, room.draw, [bidder(unit) for unit in STRANGERS])
    shown = room.world.ask(verbs.BIDDERS, **asked)
    assert shown["known"]
    assert shown["next"] is None
    expected = [{"name": unit.name, "code": unit.code, "principals": ["某某"]} for unit in STRANGERS]
    assert [lot["bidders"] for lot in shown["lots"]] == [expected] * len(shown["lots"])
    assert room.kinds().count(StepKind.BIDDERS_SHOWN) == 1
    wrong: list[dict[str, Any]] = [{"site": 1}, {"code": "x"}, {"code": ""}, {"session": "ses_none"}]
    refusals = {refusal(room.world.refused(verbs.BIDDERS, **{**asked, **changed})) for changed in wrong}
    assert refusals == {refusal(ShortCodeRefused())}


def test_a_long_list_is_shown_in_parts(room: Room) -> None:
    seat, *_ = room.slips
    room.read(seat)
    many = [bidder(Unit(f"投标{number}".ljust(190, "号"), credit_code(1000 + number))) for number in range(90)]
    sealed = deliver(room.world.draws, room.draw, many[:25])
    assert sealed
    seen: list[tuple[str, str]] = []
    after: int | None = 0
    while after is not None:
        shown = room.world.ask(verbs.BIDDERS, **room.inside(seat, after=after))
        seen += [(lot["lot"], each["code"]) for lot in shown["lots"] for each in lot["bidders"]]
        after = shown["next"]
    assert len(seen) == len(set(seen))
    assert {code for _, code in seen} == {each["code"] for each in many[:25]}


def test_a_declared_recusal_empties_the_seat_and_somebody_else_is_drawn(room: Room) -> None:
    seat, other, *_ = room.slips
    gone = room.seated[seat]
    asked = room.inside(seat, grounds="与投标人有利害关系")
    assert room.world.ask(verbs.RECUSE, **asked) == {}
    assert isinstance(room.world.refused(verbs.RECUSE, **asked), ShortCodeRefused), "they have left"
    assert room.lost() == [(seat, Cause.RECUSAL)]
    room.go_on()
    assert room.state(seat) is SeatState.CALLED
    assert room.state(other) is SeatState.SIGNED_IN
    assert room.world.draws.state(room.draw) is DrawState.FILLING
    assert isinstance(room.world.turned_away(gone), Exception)
    successor = room.world.accept()[seat]
    assert successor.expert != gone.expert
    slip = room.world.arrive(successor)
    assert slip["number"] == room.slips[seat]["number"], "the place that is free"
    assert room.kinds()[-2:] == [StepKind.SIGNED_IN, StepKind.MEMBER_REPLACED]
    assert "利害关系" not in json.dumps(room.world.draws.sealing.entries(), ensure_ascii=False)
    assert reconcile(room.world.site.service.engine) == []


def test_the_supervisor_has_a_member_replaced(room: Room) -> None:
    seat, other, *_ = room.slips
    asked = {"session": room.draw.session_id, "draw": room.draw.id, "seat": seat, "vacancy": 0}
    asked["reason"] = "中途离开未归"
    for role in (Role.CENTRE_STAFF, Role.INITIATOR, Role.SECURITY_ADMINISTRATOR):
        room.world.site.token(role)
        actor = room.world.site.actors[role].id
        assert isinstance(room.world.refused(verbs.REPLACE, **asked, actor=actor, cause="desertion"), NotPermitted)
    by = {"actor": room.supervisor()}
    for wrong in (
        {"cause": "absent"},
        {"seat": "ZZZZ", "cause": "health"},
        {"vacancy": 1, "cause": "health"},
        {"session": "ses_x", "cause": "health"},
    ):
        assert isinstance(room.world.refused(verbs.REPLACE, **{**asked, **by, **wrong}), NotPresent)
    told = room.world.ask(verbs.REPLACE, **asked, **by, cause="desertion")
    assert isinstance(room.world.refused(verbs.REPLACE, **asked, **by, cause="desertion"), NotPresent), "twice"
    assert room.lost() == [(seat, Cause.DESERTION)]
    [vacated] = [each for each in room.world.draws.sealing.entries() if each["kind"] == "draw.vacated"]
    assert (vacated["actor"], vacated["index"]) == (by["actor"], told["entry"])
    room.go_on()
    assert (room.state(seat), room.state(other)) == (SeatState.CALLED, SeatState.SIGNED_IN)
    assert reconcile(room.world.site.service.engine) == []


def test_who_is_struck_after_signing_in_is_noted_without_a_cause(room: Room) -> None:
    seat, gone = next((seat, each) for seat, each in room.seated.items() if employers(room.world.draws, [each.expert]))
    [employer] = employers(room.world.draws, [gone.expert])
    deliver(room.world.draws, room.draw, [bidder(unit) for unit in (employer, *STRANGERS)])
    room.go_on()
    assert (seat, None) in room.lost()
    assert {cause for _, cause in room.lost()} == {None}
    assert isinstance(room.world.refused(verbs.BIDDERS, **room.inside(seat, after=0)), ShortCodeRefused)
    assert room.world.draws.seated(room.draw)[seat].expert != gone.expert
    assert reconcile(room.world.site.service.engine) == []


def test_too_few_bidders_cancel_the_session_and_who_accepted_is_owed(room: Room) -> None:
    deliver(room.world.draws, room.draw, [bidder(unit) for unit in STRANGERS[:2]])
    room.go_on()
    room.go_on()
    with room.world.draws.session() as session:
        day, sitting = day_of(session, room.draw.session_id), session.get_one(EvaluationSession, room.draw.session_id)
        assert (day and day.state, sitting.state) == (DayState.VOID, SessionState.CANCELLED)
        owed = session.scalars(select(TurnedAway)).all()
        assert {(each.draw_id, each.seat, each.came) for each in owed} == {
            (room.draw.id, seat, True) for seat in room.slips
        }
    [body] = room.world.draws.bodies("draw.cancelled")
    assert body["turned_away"] == sorted(room.slips)
    assert room.world.draws.bodies("draw.released") == []
    [cancelled] = [each for each in room.world.draws.sealing.entries() if each["kind"] == "session.cancelled"]
    assert cancelled["actor"] == "svc:vault"
    assert reconcile(room.world.site.service.engine) == []


def test_bids_that_were_not_opened_end_a_day_that_has_begun(room: Room) -> None:
    door = DoorWorld(room.world.site, room.world.clock)
    at = room.world.clock.now().isoformat()
    door.send(door.system(), NOT_OPENED, {"project": CODE, "session": "S1", "at": at, "document": "0" * 64})
    room.world.clock.advance(timedelta(minutes=1))  # as often as the vault looks at a draw of which no row has changed
    room.go_on()
    room.go_on()
    assert room.world.draws.state(room.draw) is DrawState.CANCELLED
    with room.world.draws.session() as session:
        day = day_of(session, room.draw.session_id)
    assert day is not None
    assert day.state is DayState.VOID
    assert room.world.draws.bodies("draw.cancelled")[0]["turned_away"] == sorted(room.slips)


def scores(seat: str, other: str, **changed: Any) -> dict[str, Any]:
    given = [{"seat": seat, "score": 8650}, {"seat": other, "score": 9000}]
    return {"bidder": STRANGERS[0].code, "scores": given, **changed}


def seal_scores(room: Room, plain: dict[str, Any], session_code: str | None = None) -> None:
    with room.world.site.service.transactions.begin("svc:test") as tx:
        sitting = tx.session.get_one(EvaluationSession, room.draw.session_id)
        centre = tx.session.get_one(Centre, sitting.centre_id).code
        codes = {"centre": centre, "project": sitting.project.code, "session": session_code or sitting.code}
        public = room.world.draws.sealing.vault.public_key().public_bytes_raw()
        text = json.dumps({"lots": [{"lot": sitting.session_lots[0].lot.code, "bidders": [plain]}]})
        sealed = seal_to(public, sealed_info(SealedKind.SCORES, **codes), text.encode().ljust(16_384))
        take_scores(tx, sitting, sealed=sealed, vault_key="0" * 64, sha256=hashlib.sha256(sealed).hexdigest())


def opened(room: Room) -> tuple[list[bool], set[tuple[str, str | None, int]]]:
    with room.world.draws.session() as session:
        usable = [sheet.usable for sheet in session.scalars(select(ScoreSheet))]
        return usable, {(each.seat, each.bidder, each.hundredths) for each in session.scalars(select(Score))}


def test_scores_become_rows_by_seat_once_the_report_is_signed(room: Room) -> None:
    seat, other, *_ = room.slips
    room.world.until_assembly(0)
    seal_scores(room, scores(seat, other))
    room.go_on()
    assert opened(room) == ([], set()), "not before the report"
    room.world.draws.close(room.world.vault, room.draw)
    room.world.clock.advance(timedelta(seconds=1))
    room.go_on()
    assert opened(room) == ([True], {(seat, STRANGERS[0].code, 8650), (other, STRANGERS[0].code, 9000)})
    assert len(room.world.draws.bodies("scores.opened")) == 1
    assert reconcile(room.world.site.service.engine) == []


@pytest.mark.parametrize("wrong", ["session", "seat", "twice", "bidder", "score"])
def test_scores_that_cannot_be_used_are_noted_and_stay_sealed(room: Room, wrong: str) -> None:
    seat, other, *_ = room.slips
    one = {"seat": seat, "score": 1}
    plain = {
        "session": scores(seat, other),
        "seat": scores(seat, "ZZZZ"),
        "twice": scores(seat, other, scores=[one, one]),
        "bidder": scores(seat, other, bidder="91430100MA4L000000"),
        "score": scores(seat, other, scores=[{"seat": seat, "score": 1_000_001}]),
    }[wrong]
    room.world.until_assembly(0)
    seal_scores(room, plain, "S9" if wrong == "session" else None)
    room.world.draws.close(room.world.vault, room.draw)
    room.world.clock.advance(timedelta(seconds=1))
    room.go_on()
    assert opened(room) == ([False], set())
