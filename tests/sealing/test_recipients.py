"""Recipients' keys: registered by one institution for one audience, approved by another, ended for good."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.core.reconcile import reconcile
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.sealing import errors, recipients
from expertpool.sealing.models import RecipientKey
from policies.facts import Audience
from tests.sealing.world import World
from tests.website import problem_of

SECURITY, SUPERVISOR = Role.SECURITY_ADMINISTRATOR, Role.SUPERVISOR
PATH = "/api/v1/recipients"


def public() -> bytes:
    return X25519PrivateKey.generate().public_key().public_bytes_raw()


def stated(world: World, **changes: Any) -> dict[str, Any]:
    given = {"centre_id": world.centre.id, "audience": Audience.SUPERVISOR, "name": "市住建局", "public": public()}
    return {**given, **changes}


def register(world: World, role: Role = SECURITY, **changes: Any) -> RecipientKey:
    given = stated(world, **changes)
    return world.as_(role, lambda tx: recipients.register_recipient(tx, **given))


def approve(world: World, key: RecipientKey, role: Role = SUPERVISOR) -> RecipientKey:
    return world.as_(role, lambda tx: recipients.approve_recipient(tx, key.id))


def retire(world: World, key: RecipientKey, role: Role = SECURITY) -> RecipientKey:
    return world.as_(role, lambda tx: recipients.retire_recipient(tx, key.id, reason="更换"))


def usable(world: World, key: RecipientKey, settling: timedelta = timedelta(0)) -> RecipientKey:
    with world.session() as session:
        return recipients.usable_recipient(session, key.id, (world.centre.id,), world.clock.now(), settling)


def test_a_key_comes_into_force_by_two_peoples_acts(either_world: World) -> None:
    world = either_world
    key = register(world)
    approve(world, key)
    retire(world, key)
    entries = [entry for entry in world.entries() if entry["kind"].startswith("recipient.")]
    security, supervisor = world.site.actors[SECURITY].id, world.site.actors[SUPERVISOR].id
    assert [(entry["kind"], entry["actor"]) for entry in entries] == [
        ("recipient.registered", security),
        ("recipient.approved", supervisor),
        ("recipient.retired", security),
    ]
    shown = {"audience": "supervisor", "centre": world.centre.id, "public": key.public.hex(), "recipient": key.id}
    assert all(entry["body"].items() >= shown.items() for entry in entries)
    assert reconcile(world.site.service.engine) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXPERT])
def test_nobody_does_both(world: World, role: Role) -> None:
    key = register(world)
    if role is not SECURITY:
        with pytest.raises(NotPermitted):
            register(world, role)
        with pytest.raises(NotPermitted):
            retire(world, key, role)
    if role is not SUPERVISOR:
        with pytest.raises(NotPermitted):
            approve(world, key, role)


def test_a_key_is_registered_once_and_for_one_audience(world: World) -> None:
    key = register(world)
    with pytest.raises(errors.RecipientKeyTaken):
        register(world, public=key.public, audience=Audience.INSPECTION)


@pytest.mark.parametrize("bad", [bytes(32), b"\x01" + bytes(31)], ids=["zero", "small order"])
def test_a_key_that_is_none_is_refused(world: World, bad: bytes) -> None:
    with pytest.raises(errors.RecipientKeyInvalid):
        register(world, public=bad)


def test_every_step_is_taken_once(world: World) -> None:
    key = register(world)
    approve(world, key)
    with pytest.raises(errors.RecipientNotPending):
        approve(world, key)
    retire(world, key)
    with pytest.raises(errors.RecipientRetiredAlready):
        retire(world, key)
    with pytest.raises(errors.RecipientNotPending):
        approve(world, key)


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
def test_a_key_that_is_not_there_is_told_from_one_that_is_not_ones_own_by_nothing(world: World, *, known: bool) -> None:
    key = register(world)
    name = key.id if known else "rcp_" + "0" * 26
    with pytest.raises(NotPermitted):
        world.as_(Role.CENTRE_STAFF, lambda tx: recipients.approve_recipient(tx, name))


def test_a_key_is_of_use_between_its_settling_and_its_end(world: World) -> None:
    settling = timedelta(hours=24)
    key = register(world)
    with pytest.raises(errors.RecipientUnusable):
        usable(world, key)
    approve(world, key)
    world.clock.advance(settling - timedelta(microseconds=1))
    with pytest.raises(errors.RecipientUnusable):
        usable(world, key, settling)
    world.clock.advance(timedelta(microseconds=1))
    assert usable(world, key, settling).id == key.id
    with world.session() as session, pytest.raises(errors.RecipientUnusable):
        recipients.usable_recipient(session, key.id, ("ctr_elsewhere",), world.clock.now(), settling)
    retire(world, key)
    with pytest.raises(errors.RecipientUnusable):
        usable(world, key, settling)


def test_keys_are_registered_approved_listed_and_retired_over_http(world: World) -> None:
    given = stated(world, audience="supervisor", public=public().hex())
    made = [world.site.call("POST", PATH, role=SECURITY, key="r", json=given) for _ in range(2)]
    assert [answer.status_code for answer in made] == [202, 202], made[0].text
    key = made[0].get_json()["id"]
    assert made[1].get_json()["id"] == key
    approved = world.site.call("POST", f"{PATH}/{key}/approval", role=SUPERVISOR)
    assert approved.get_json()["approved"] == world.clock.now().isoformat()
    retired = world.site.call("POST", f"{PATH}/{key}/retirement", role=SECURITY, json={"reason": "更换"})
    assert retired.get_json()["retired_reason"] == "更换"
    listed = world.site.call("GET", PATH, role=SUPERVISOR).get_json()["items"]
    assert [(each["id"], each["audience"], each["public"]) for each in listed] == [(key, "supervisor", given["public"])]


@pytest.mark.parametrize(
    "changes", [{"audience": "everybody"}, {"public": "00"}, {"public": None}, {"name": ""}, {"more": 1}], ids=str
)
def test_what_is_misspelt_is_refused(world: World, changes: dict[str, Any]) -> None:
    given = {**stated(world, audience="supervisor", public=public().hex()), **changes}
    problem_of(world.site.call("POST", PATH, role=SECURITY, json=given), 422, "web.invalid-input")
