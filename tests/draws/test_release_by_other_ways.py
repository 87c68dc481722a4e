"""Names before their audience's moment: by a supervisor's signed order, or with the consent of every key holder."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from expertpool.core.reconcile import reconcile
from expertpool.custodian.errors import ConsentForged, OrderUnsigned, ReasonHidden
from expertpool.draws import errors, releasing, service
from expertpool.draws.events import BreakGlassConsented
from expertpool.draws.models import Draw, Release, ReleaseState
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.protocol.statements import make_order, supervisor_registration
from expertpool.sealing.errors import RecipientUnusable
from expertpool.sealing.models import SupervisorKey
from expertpool.sealing.recipients import BREAK_GLASS
from expertpool.sealing.supervisors import approve_key, register_key, revoke_key
from ledger import ed25519
from policies.facts import Audience
from tests.browser import entered
from tests.draws.release_world import ReleaseWorld
from tests.draws.scenes import kinds, sits
from tests.draws.test_release import founded
from tests.draws.world import STARTS, Phones

SECRET = bytes(range(1, 33))
PUBLIC = ed25519.public_key(SECRET)


@pytest.fixture
def session(sqlite_url: str, tmp_path: Path) -> Iterator[ReleaseWorld]:
    with founded(sqlite_url, tmp_path, special=(BREAK_GLASS,), before=enrol_supervisor) as world:
        world.world.clock.advance(STARTS - world.world.clock.now())
        yield world


def enrol_supervisor(sealing: Any) -> None:
    """Register the supervisor's signing key, which then has the time of the preparations to settle."""
    sealing.site.token(Role.SUPERVISOR)
    actor = sealing.site.actors[Role.SUPERVISOR].id
    proof = ed25519.sign(SECRET, supervisor_registration(supervisor=actor, public=PUBLIC.hex())).hex()
    key = sealing.as_(Role.SUPERVISOR, lambda tx: register_key(tx, public=PUBLIC.hex(), proof=proof))
    sealing.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: approve_key(tx, key.id))


def order(world: ReleaseWorld, *seats: str, role: Role = Role.SUPERVISOR, **changes: Any) -> Release:
    """The supervisor orders seats opened; ``changes`` are what is signed otherwise than it is asked."""
    recipient = changes.pop("audience", Audience.SUPERVISOR)
    [intent] = [each["index"] for each in world.world.sealing.entries() if each["kind"] == "draw.intended"]
    stated: dict[str, Any] = {
        "draw": world.draw.id,
        "intent": intent,
        "recipient": world.keys[recipient].public.hex(),
        "reason": "举报核查",
        "seats": seats,
        **changes,
    }
    secret = stated.pop("secret", SECRET)
    signed = make_order(lambda message: ed25519.sign(secret, message), ed25519.public_key(secret), **stated)
    settings = world.world.site.service.settings.draws
    return world.world.sealing.as_(
        role,
        lambda tx: service.order_release(
            tx, settings, world.draw.id, recipient=world.keys[recipient].id, seats=seats, signed=signed
        ),
    )


def break_glass(world: ReleaseWorld, role: Role = Role.SUPERVISOR, audience: str = BREAK_GLASS) -> Release:
    settings = world.world.site.service.settings.draws
    return world.world.sealing.as_(
        role,
        lambda tx: service.break_glass(
            tx, settings, world.draw.id, recipient=world.keys[audience].id, reason="专家突发疾病"
        ),
    )


def ways(world: ReleaseWorld) -> list[str]:
    """The entries of the draw that are about opening its names."""
    return [kind for kind in kinds(world.world, world.draw) if kind.startswith(("draw.release", "draw.break"))]


def request_index(world: ReleaseWorld) -> int:
    [index] = [e["index"] for e in world.world.sealing.entries() if e["kind"] == "draw.break-glass-requested"]
    return int(index)


def told_of_it(world: ReleaseWorld) -> list[str]:
    """The numbers that got a text which says that names were opened in an emergency; it tells no reason."""
    [gateway] = world.world.phones
    assert isinstance(gateway, Phones)
    texts = [each for each in gateway.sent.values() if "应急程序" in each.text]
    assert not any("专家突发疾病" in each.text for each in texts)
    return sorted(each.to for each in texts)


def let_approve(world: ReleaseWorld, *holders: int) -> None:
    for number in holders:
        world.holders[number].memory.approve(request_index(world), world.world.clock.now())


# By order


def test_an_order_opens_the_seats_that_it_names_and_no_other(session: ReleaseWorld) -> None:
    everyone = sits(session.world, session.draw)
    wanted = sorted(everyone)[1]
    release = order(session, wanted)
    session.open()
    assert session.state(release) is ReleaseState.RELEASED
    assert session.names(release, Audience.SUPERVISOR) == {wanted: everyone[wanted]}
    assert ways(session) == ["draw.release-ordered", "draw.released"]
    [entry] = [each for each in session.world.sealing.entries() if each["kind"] == "draw.release-ordered"]
    assert "举报核查" not in json.dumps(entry, ensure_ascii=False)
    assert reconcile(session.world.site.service.engine) == []


def test_an_ordered_seat_does_not_stand_in_the_way_of_the_release_of_all(session: ReleaseWorld) -> None:
    order(session, min(sits(session.world, session.draw)))
    session.open()
    session.close()
    release = session.ask(Audience.SUPERVISOR)
    session.open()
    assert session.names(release, Audience.SUPERVISOR) == sits(session.world, session.draw)


def test_nothing_is_ordered_before_the_moment_to_which_records_are_sealed(sqlite_url: str, tmp_path: Path) -> None:
    with founded(sqlite_url, tmp_path, special=(BREAK_GLASS,), before=enrol_supervisor) as world:
        seat = min(sits(world.world, world.draw))
        with pytest.raises(errors.BeforeTheMoment):
            order(world, seat)
        with pytest.raises(errors.BeforeTheMoment):
            break_glass(world)


@pytest.mark.parametrize(
    "changes",
    [{"seats": ("ZZZZ",)}, {"reason": ""}, {"draw": "drw_2"}, {"intent": 0}, {"recipient": "00" * 32}],
    ids=str,
)
def test_an_order_that_was_signed_for_something_else_is_refused(session: ReleaseWorld, changes: dict[str, Any]) -> None:
    seat = min(sits(session.world, session.draw))
    if "reason" in changes:
        release = order(session, seat, **changes)  # the reason is the supervisor's own affair, and it is signed
        assert release.reason == ""
        return
    with pytest.raises(errors.OrderUnsigned):
        order(session, seat, **changes)


def test_only_the_supervisors_own_settled_key_orders(session: ReleaseWorld) -> None:
    seat = min(sits(session.world, session.draw))
    with pytest.raises(errors.OrderUnsigned):
        order(session, seat, secret=bytes(32))
    with pytest.raises(errors.SeatNotTaken):
        order(session, "ZZZZ")
    with pytest.raises(errors.NotForThisWay):
        order(session, seat, audience=Audience.INSPECTION)
    for role in (Role.CENTRE_STAFF, Role.INITIATOR, Role.AUDITOR, Role.SECURITY_ADMINISTRATOR):
        with pytest.raises(NotPermitted):
            order(session, seat, role=role)
    with session.world.session() as rows:
        key = rows.scalars(select(SupervisorKey)).one()
    session.world.sealing.as_(Role.SUPERVISOR, lambda tx: revoke_key(tx, key.id, reason="遗失"))
    with pytest.raises(errors.OrderUnsigned):
        order(session, seat)


def test_a_centre_that_orders_in_a_supervisors_name_is_stopped_by_the_holders(
    session: ReleaseWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expertpool.draws.ordering._is_own", lambda *_: True)
    [entry, *_] = [e["index"] for e in session.world.sealing.entries() if e["kind"] == "draw.intended"]
    release = order(session, min(sits(session.world, session.draw)), secret=bytes(32))
    session.open(rounds=8)
    assert session.state(release) is ReleaseState.UNANSWERED
    found = [refused for holder in session.holders for refused in holder.refused]
    assert {type(each) for each in found} == {OrderUnsigned}
    assert {each.entry for each in found} != {entry}


# Breaking the glass


def test_the_glass_breaks_once_every_owner_has_approved(session: ReleaseWorld) -> None:
    release = break_glass(session)
    session.open()
    assert session.state(release) is ReleaseState.REQUESTED
    assert [holder.waits[-1] for holder in session.holders] == ["owner-must-approve"] * 3
    assert told_of_it(session) == []
    let_approve(session, 0, 1, 2)
    session.open(rounds=6)
    assert session.state(release) is ReleaseState.RELEASED
    assert session.names(release, BREAK_GLASS, Role.SUPERVISOR) == sits(session.world, session.draw)
    assert ways(session) == [
        "draw.break-glass-requested",
        *["draw.break-glass-consented"] * 3,
        "draw.released",
    ]
    ledger = json.dumps(session.world.sealing.entries(), ensure_ascii=False)
    assert "专家突发疾病" not in ledger
    reason = session.holders[0].memory.shown(f"break-glass-{request_index(session)}")
    assert reason == "专家突发疾病"
    assert told_of_it(session) == sorted(each.phone for each in session.world.seated(session.draw).values())
    assert reconcile(session.world.site.service.engine) == []


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_any_one_holder_that_does_not_consent_blocks_it(session: ReleaseWorld, missing: int) -> None:
    release = break_glass(session)
    session.open()
    let_approve(session, *({0, 1, 2} - {missing}))
    for _ in range(4):
        session.open()
        session.world.clock.advance(timedelta(hours=1))
    assert session.state(release) is ReleaseState.REQUESTED
    assert len(session.world.bodies("draw.break-glass-consented")) == 2
    assert not any("share" in given or "sealed" in given for holder in session.holders for given in holder.given)


def test_holders_give_nothing_though_the_centre_claims_that_all_have_consented(
    session: ReleaseWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre skips the consents, or writes one in a holder's name: the agents look for themselves."""
    monkeypatch.setattr("expertpool.draws.opening.is_consented_to", lambda *_: True)
    release = break_glass(session)
    session.open(rounds=6)
    assert session.state(release) is ReleaseState.REQUESTED
    assert "consent-missing" in session.holders[0].waits + session.holders[1].waits + session.holders[2].waits
    index = request_index(session)
    with session.world.site.service.transactions.begin("svc:vault") as tx:
        tx.session.get_one(Draw, session.draw.id).move()
        forged: dict[str, Any] = {
            "draw": session.draw.id,
            "holder": session.holders[0].agent.holder.id,
            "release": index,
        }
        tx.record(BreakGlassConsented(**forged, intent=0, signature="A" * 86 + "=="))
    [entry] = tx.entries
    session.open(rounds=6)
    found = [refused for holder in session.holders for refused in holder.refused]
    assert {type(each) for each in found} == {ConsentForged}
    assert {each.entry for each in found} == {entry.index}
    assert not any("share" in given or "sealed" in given for holder in session.holders for given in holder.given)


def test_an_owner_who_says_no_ends_it(session: ReleaseWorld) -> None:
    release = break_glass(session)
    session.open()
    let_approve(session, 0, 1)
    session.holders[2].memory.approve(request_index(session), session.world.clock.now(), approved=False)
    session.open(rounds=6)
    assert session.state(release) is ReleaseState.UNANSWERED
    assert ways(session)[-1] == "draw.release-unanswered"
    assert not any("share" in given or "sealed" in given for holder in session.holders for given in holder.given)


def test_owners_are_shown_the_reason_that_is_on_record(session: ReleaseWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("expertpool.draws.breaking.reason_digest", lambda *_: "0" * 64)
    release = break_glass(session)
    session.open(rounds=6)
    assert session.state(release) is ReleaseState.UNANSWERED
    assert ReasonHidden in {type(each) for holder in session.holders for each in holder.refused}


def test_who_may_ask_to_break_the_glass_and_for_which_key(session: ReleaseWorld) -> None:
    for role in set(Role) - {Role.SUPERVISOR, Role.EXPERT}:
        with pytest.raises(NotPermitted):
            break_glass(session, role)
    with pytest.raises(errors.NotForThisWay):
        break_glass(session, audience=Audience.SUPERVISOR)
    with pytest.raises((errors.ReleaseNotRuled, NotPermitted)):  # it is no audience of the rulebook
        session.ask(BREAK_GLASS, Role.SUPERVISOR)
    release = break_glass(session)
    with pytest.raises(errors.ReleasedAlready):
        break_glass(session)
    assert releasing.permission(release.audience) == "release.break-glass"


def test_a_key_that_has_not_settled_gets_nothing(session: ReleaseWorld) -> None:
    session.keys[BREAK_GLASS] = session.enrol(BREAK_GLASS, X25519PrivateKey.generate())
    with pytest.raises(RecipientUnusable):
        break_glass(session)


def test_everybody_sees_that_the_glass_is_to_be_broken_and_who_consented(session: ReleaseWorld) -> None:
    given = {"recipient": session.keys[BREAK_GLASS].id, "reason": "专家突发疾病"}
    site, path = session.world.site, f"/api/v1/draws/{session.draw.id}"
    asked = site.call("POST", f"{path}/break-glass", role=Role.SUPERVISOR, key="b1", json=given)
    assert asked.status_code == 202, asked.text
    session.open()
    let_approve(session, 1)
    session.open()
    for role in (Role.INITIATOR, Role.SUPERVISOR, Role.CENTRE_STAFF):
        [listed] = site.call("GET", f"{path}/releases", role=role).get_json()["items"]
        assert (listed["way"], listed["state"]) == ("break-glass", "requested")
        assert listed["consents"] == [session.holders[1].agent.holder.id]
    for role, desk in ((Role.INITIATOR, "/agency"), (Role.SUPERVISOR, "/supervision"), (Role.CENTRE_STAFF, "/today")):
        shown = entered(site, role).get(desk).text
        assert "应急解封" in shown
        assert f'href="/draws/{session.draw.id}"' in shown
        assert "专家突发疾病" not in shown
    session.world.clock.advance(timedelta(days=15))
    assert "应急解封" not in entered(site, Role.CENTRE_STAFF).get("/today").text


def test_over_http_a_supervisor_orders(session: ReleaseWorld) -> None:
    seat = min(sits(session.world, session.draw))
    [intent] = [each["index"] for each in session.world.sealing.entries() if each["kind"] == "draw.intended"]
    key = session.keys[Audience.SUPERVISOR]
    stated = {"draw": session.draw.id, "intent": intent, "recipient": key.public.hex(), "reason": "核查"}
    signed = make_order(lambda message: ed25519.sign(SECRET, message), PUBLIC, **stated, seats=[seat])
    site, path = session.world.site, f"/api/v1/draws/{session.draw.id}/orders"
    given = {"recipient": key.id, "seats": [seat], "signed": signed}
    assert site.call("POST", path, role=Role.SUPERVISOR, key="o1", json=given).status_code == 202
    spoilt = {**given, "signed": {**signed, "reason": "别的"}}
    assert site.call("POST", path, role=Role.SUPERVISOR, key="o2", json=spoilt).status_code == 403
