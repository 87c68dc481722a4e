"""Draws at or after the bid opening: the vault opens the list for the evaluation, and fails closed without it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from expertpool.core.keystore import SealBroken
from expertpool.draws import service
from expertpool.draws.bidders import open_list
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.queries import request_of
from expertpool.draws.striking import open_bidders
from expertpool.experts.demo_pool import demo_experts
from expertpool.identity.roles import Role
from expertpool.projects.door_errors import ListAltered, ListMalformed
from expertpool.projects.models import EvaluationSession, SealedBlob, SealedDelivery
from expertpool.protocol.replay import as_text
from policies.facts import Unit
from tests.draws.bidding import (
    SECOND,
    STRANGERS,
    bidder,
    deliver,
    deliver_bytes,
    employers,
    listing,
    opening,
    struck,
)
from tests.draws.scenes import kinds, sits
from tests.draws.test_bundle import checked
from tests.draws.world import EXPERTS, OPENS, DrawWorld


def emergency(world: DrawWorld, bidders: list[Unit] | None, *, plus: timedelta = timedelta()) -> Draw:
    """A draw that is applied for in time and made at the opening."""
    draw = world.applied(draw_at=OPENS + plus)
    if bidders is not None:
        deliver(world, draw, map(bidder, bidders))
    opening(world, plus=plus)
    vault = world.vault()
    world.go_on(vault, rounds=1)
    if world.state(draw) is DrawState.REFERRED:  # 12号令 8: later than the opening only if a person agrees
        world.sealing.as_(Role.SUPERVISOR, lambda tx: service.approve(tx, draw.id, reason="应急补抽"))
    world.go_on(vault, rounds=6)
    return draw


def tied(world: DrawWorld) -> Unit:
    """For whom many of the pool work."""
    with world.session() as session:
        from expertpool.experts.models import RosterLine

        everyone = session.query(RosterLine.expert_id).limit(400).all()
    units = employers(world, [expert for (expert,) in everyone])
    return max(units, key=lambda unit: sum(each.code == unit.code for each in units))


@pytest.mark.parametrize("audit", [False, True], ids=["public", "audit"])
def test_a_draw_at_the_opening_knows_the_bidders_and_finds_people(either_world: DrawWorld, *, audit: bool) -> None:
    world = either_world
    unit = tied(world)
    draw = emergency(world, [unit, *STRANGERS])
    assert world.state(draw) is DrawState.FILLING
    world.filled(world.vault(), draw, declines=3)
    jobs = employers(world, sits(world, draw).values(), former=True)
    assert unit.code not in {job.code for job in jobs}
    assert "draw.bidders-opened" not in kinds(world, draw)
    world.close(world.vault(), draw)
    report = checked(world, draw.id, audit=audit)
    assert report.verdict == "proven", as_text(report, "en")
    assert report.step("struck").outcome == "not-checked"


def test_a_second_before_the_opening_nobody_knows_them(world: DrawWorld) -> None:
    draw = emergency(world, [tied(world), *STRANGERS], plus=-SECOND)
    with world.session() as session:
        assert request_of(session.get_one(Draw, draw.id)).bidders is None
    assert world.state(draw) is DrawState.FILLING


@pytest.mark.parametrize("bidders", [None, list(STRANGERS[:2])], ids=["no list", "two bidders"])
def test_without_a_usable_list_a_draw_at_the_opening_finds_nobody(world: DrawWorld, bidders: list[Unit] | None) -> None:
    draw = emergency(world, bidders)
    assert world.state(draw) in (DrawState.RETURNED, DrawState.REFERRED)
    assert world.bodies("draw.intended") == []


def test_the_database_never_has_the_bidders_in_the_clear(world: DrawWorld) -> None:
    draw = emergency(world, list(STRANGERS))
    with world.session() as session:
        request = session.get_one(Draw, draw.id).request
    assert len(json.loads(request)["bidders"]) == 64
    assert not [unit for unit in STRANGERS if unit.name in request or (unit.code or "") in request]


def test_who_bids_in_person_is_struck(world: DrawWorld) -> None:
    """By the identity number: the natural person's name joins nobody."""
    draw, vault = world.applied(), world.vault()
    world.go_on(vault, rounds=6)
    everyone = [each for each, _ in demo_experts("test", EXPERTS)]
    numbers = [{"code": None, "id_number": each.id_number, "name": "某某"} for each in everyone]
    deliver(world, draw, numbers[:600:12])
    opening(world)
    world.go_on(vault, rounds=2)
    gone = struck(world, draw)
    assert 0 < len(gone) <= 50
    world.filled(vault, draw)
    world.close(vault, draw)
    assert checked(world, draw.id, audit=True).verdict == "proven"


# -- lists that are not to be opened


@pytest.fixture
def listed(world: DrawWorld) -> Draw:
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    deliver(world, draw, map(bidder, STRANGERS))
    return draw


def alter_blob(world: DrawWorld) -> None:
    with world.session() as session, session.begin():
        blob = session.query(SealedBlob).one()
        blob.data = blob.data[:-1] + bytes([blob.data[-1] ^ 1])


def alter_both(world: DrawWorld) -> None:
    """Ciphertext and row together, as an administrator of the database could."""
    from hashlib import sha256

    with world.session() as session, session.begin():
        blob = session.query(SealedBlob).one()
        blob.data = blob.data[::-1]
        session.query(SealedDelivery).one().digest = sha256(blob.data).hexdigest()


@pytest.mark.parametrize("alter", [alter_blob, alter_both])
def test_an_altered_list_is_not_opened(world: DrawWorld, listed: Draw, alter: object) -> None:
    alter(world)  # type: ignore[operator]  # one of the two above
    opening(world)
    with pytest.raises(ListAltered):
        open_bidders(world.parts(), listed.id)
    world.go_on(world.vault(), rounds=2)
    assert "draw.bidders-opened" not in kinds(world, listed)


def test_a_list_for_another_key_or_session_is_not_opened(world: DrawWorld) -> None:
    draw = world.applied()
    world.go_on(world.vault(), rounds=6)
    plain = json.dumps(listing(world, draw, map(bidder, STRANGERS))).encode()
    deliver_bytes(world, draw, plain, key=world.agents[1].keys.share.public_key().public_bytes_raw())
    opening(world)
    with pytest.raises(Exception) as refused:
        open_bidders(world.parts(), draw.id)
    assert type(refused.value).__name__ in {SealBroken.__name__, "EnvelopeBroken"}
    assert "draw.bidders-opened" not in kinds(world, draw)


GOOD: dict[str, Any] = {"code": STRANGERS[0].code, "name": "甲", "principals": []}


@pytest.mark.parametrize(
    "lots",
    [
        [],
        [{"bidders": [GOOD], "lot": "E9999"}],
        [{"bidders": [GOOD]}],
        [{"bidders": [{**GOOD, "code": "91430000000009999X"}], "lot": None}],
        [{"bidders": [{**GOOD, "code": None}], "lot": None}],
        [{"bidders": [{**GOOD, "more": 1}], "lot": None}],
        [{"bidders": [{**GOOD, "name": ""}], "lot": None}],
        [{"bidders": "甲", "lot": None}],
        [{"bidders": [GOOD], "lot": None}, {"bidders": [GOOD], "lot": None}],
    ],
    ids=["no lot", "other lot", "lot unnamed", "false code", "no code", "more", "no name", "text", "a lot twice"],
)
def test_a_malformed_list_is_not_used(world: DrawWorld, lots: list[dict[str, object]]) -> None:
    draw = world.applied()
    with world.session() as session:
        code = session.get_one(EvaluationSession, draw.session_id).session_lots[0].lot.code
    stated = [{**lot, "lot": code} if lot.get("lot", "") is None else lot for lot in lots]
    deliver_bytes(world, draw, json.dumps({"lots": stated}).encode())
    opening(world)
    with world.session() as session, pytest.raises(ListMalformed):
        open_list(session, world.parts(), session.get_one(EvaluationSession, draw.session_id))


@pytest.mark.parametrize(
    "plain",
    [b"", b"{", b"[]", b"\xff", b'{"lots": 1}', b"[" * 9000],
    ids=["empty", "half", "array", "bytes", "number", "deep"],
)
def test_what_is_no_list_is_not_used(world: DrawWorld, plain: bytes) -> None:
    draw = world.applied()
    deliver_bytes(world, draw, plain)
    with world.session() as session, pytest.raises(ListMalformed):
        open_list(session, world.parts(), session.get_one(EvaluationSession, draw.session_id))
