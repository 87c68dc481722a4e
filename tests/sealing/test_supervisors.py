"""Supervisors' keys: registered by the supervisor, approved by another, believed by agents in the log alone."""

from typing import Any

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.protocol.statements import supervisor_registration
from expertpool.sealing import errors, queries, supervisors
from expertpool.sealing.models import SupervisorKey
from ledger import ed25519
from tests.sealing.world import World
from tests.website import problem_of

SECURITY, SUPERVISOR = Role.SECURITY_ADMINISTRATOR, Role.SUPERVISOR
SEED = bytes(range(32))


def stated(world: World, seed: bytes = SEED) -> dict[str, str]:
    world.site.token(SUPERVISOR)
    public = ed25519.public_key(seed).hex()
    signed = supervisor_registration(supervisor=world.site.actors[SUPERVISOR].id, public=public)
    return {"public": public, "proof": ed25519.sign(seed, signed).hex()}


def register(world: World, seed: bytes = SEED) -> SupervisorKey:
    given = stated(world, seed)
    return world.as_(SUPERVISOR, lambda tx: supervisors.register_key(tx, **given))


def test_a_key_comes_into_force_by_two_peoples_acts(either_world: World) -> None:
    world = either_world
    key = register(world)
    world.as_(SECURITY, lambda tx: supervisors.approve_key(tx, key.id))
    world.as_(SUPERVISOR, lambda tx: supervisors.revoke_key(tx, key.id, reason="离任"))
    entries = [entry for entry in world.entries() if entry["kind"].startswith("supervisor-key.")]
    security, supervisor = world.site.actors[SECURITY].id, world.site.actors[SUPERVISOR].id
    assert [(entry["kind"], entry["actor"]) for entry in entries] == [
        ("supervisor-key.registered", supervisor),
        ("supervisor-key.approved", security),
        ("supervisor-key.revoked", supervisor),
    ]
    assert {entry["body"]["public"] for entry in entries} == {ed25519.public_key(SEED).hex()}
    assert reconcile(world.site.service.engine) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXPERT])
def test_nobody_does_both(world: World, role: Role) -> None:
    key = register(world)
    world.site.token(role)
    given = stated(world, bytes(32))
    if role is not SECURITY:
        with pytest.raises(NotPermitted):
            world.as_(role, lambda tx: supervisors.approve_key(tx, key.id))
    if role is not SUPERVISOR:
        with pytest.raises(NotPermitted):
            world.as_(role, lambda tx: supervisors.register_key(tx, **given))
    if role not in (SECURITY, SUPERVISOR):
        with pytest.raises(NotPermitted):
            world.as_(role, lambda tx: supervisors.revoke_key(tx, key.id, reason="x"))


def test_possession_is_proved_for_this_very_account(world: World) -> None:
    given = stated(world)
    other = ed25519.sign(SEED, supervisor_registration(supervisor="act_other", public=given["public"])).hex()
    with pytest.raises(errors.PossessionUnproved):
        world.as_(SUPERVISOR, lambda tx: supervisors.register_key(tx, public=given["public"], proof=other))


def test_a_key_is_registered_approved_and_ended_once(world: World) -> None:
    key = register(world)
    with pytest.raises(errors.SupervisorKeyTaken):
        register(world)
    world.as_(SECURITY, lambda tx: supervisors.approve_key(tx, key.id))
    with pytest.raises(errors.SupervisorKeyNotPending):
        world.as_(SECURITY, lambda tx: supervisors.approve_key(tx, key.id))
    world.as_(SECURITY, lambda tx: supervisors.revoke_key(tx, key.id, reason="离任"))
    with pytest.raises(errors.SupervisorKeyEnded):
        world.as_(SECURITY, lambda tx: supervisors.revoke_key(tx, key.id, reason="离任"))
    with world.session() as session:
        assert [each.id for each in queries.supervisor_keys_below(session, world.centre.id)] == [key.id]


def test_over_http(world: World) -> None:
    made = world.site.call("POST", "/api/v1/supervisor-keys", role=SUPERVISOR, json=stated(world))
    path = f"/api/v1/supervisor-keys/{made.get_json()['id']}"
    problem_of(world.site.call("POST", f"{path}/approval", role=SUPERVISOR), 403, "web.role-refused")
    approved = world.site.call("POST", f"{path}/approval", role=SECURITY)
    assert approved.get_json()["approved"] == world.clock.now().isoformat()
    listed = world.site.call("GET", "/api/v1/supervisor-keys", role=SECURITY).get_json()["items"]
    assert [each["public"] for each in listed] == [ed25519.public_key(SEED).hex()]
    ended = world.site.call("POST", f"{path}/revocation", role=SUPERVISOR, json={"reason": "离任"})
    assert ended.get_json()["revoked_reason"] == "离任"
    bad: list[Any] = [{}, {"public": "00", "proof": "00"}, {**stated(world), "proof": "0" * 127}]
    for given in bad:
        sent = world.site.call("POST", "/api/v1/supervisor-keys", role=SUPERVISOR, json=given)
        problem_of(sent, 422, "web.invalid-input")
