"""Senders and their keys: possession proved, a second institution's approval, validity, revocation."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import Transaction
from expertpool.identity import errors, senders
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import SenderKey, SenderKind
from expertpool.identity.roles import Role
from expertpool.identity.senders import registration
from ledger import ed25519
from tests.projects.world import NOW, System, World

SECURITY, SUPERVISOR = Role.SECURITY_ADMINISTRATOR, Role.SUPERVISOR
DAY = timedelta(days=1)


def fresh(system: System) -> System:
    return System(system.id, "", bytes([99]) * 32, system.centre)


def test_registration_and_approval_are_two_institutions_entries(either_world: World) -> None:
    world = either_world
    system = world.system()
    kinds = [(entry["kind"], entry["actor"]) for entry in world.entries() if entry["kind"].startswith("door.")]
    security, supervisor = world.actor(SECURITY).id, world.actor(SUPERVISOR).id
    assert kinds == [
        ("door.sender-registered", security),
        ("door.key-registered", security),
        ("door.key-approved", supervisor),
    ]
    registered = next(entry["body"] for entry in world.entries() if entry["kind"] == "door.key-registered")
    assert registered["public"] == ed25519.public_key(system.seed).hex()
    assert reconcile(world.site.service.engine) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXPERT])
def test_who_may_do_what(world: World, role: Role) -> None:
    system = world.system(approve=False)
    verbs: dict[Role, list[Callable[[Transaction], object]]] = {
        SECURITY: [
            lambda tx: senders.register_sender(
                tx, centre_id=world.centre.id, kind=SenderKind.TRADING_SYSTEM, code="other", name="n"
            ),
            lambda tx: world.register_key(tx, fresh(system)),
            lambda tx: senders.revoke_key(tx, system.key, reason="lost"),
        ],
        SUPERVISOR: [lambda tx: senders.approve_key(tx, system.key)],
    }
    for who in (SUPERVISOR, SECURITY):
        for verb in verbs[who]:
            if who is role:
                world.as_(role, verb)
            else:
                with pytest.raises(NotPermitted):
                    world.as_(role, verb)


def test_what_does_not_exist_is_refused_like_what_is_out_of_reach(world: World) -> None:
    nobody = System("snd_none", "", bytes(32), "x")
    with pytest.raises(NotPermitted):
        world.as_(SECURITY, lambda tx: world.register_key(tx, nobody))
    with pytest.raises(NotPermitted):
        world.as_(SUPERVISOR, lambda tx: senders.approve_key(tx, "sky_none"))


def test_codes_and_keys_are_taken_once(either_world: World) -> None:
    world = either_world
    system = world.system()
    world.seeds -= 1
    with pytest.raises(errors.SenderTaken):
        world.system()
    world.seeds += 1
    with pytest.raises(errors.KeyTaken):
        world.new_key(system)
    stolen = System(world.system().id, "", system.seed, system.centre)
    with pytest.raises(errors.KeyTaken):
        world.new_key(stolen)


@pytest.mark.parametrize(
    ("start", "end", "right"),
    [
        (NOW - DAY, NOW, "no"),
        (NOW - DAY, NOW + timedelta(microseconds=1), "yes"),
        (NOW + DAY, NOW + DAY, "no"),
        (NOW + DAY, NOW + DAY + timedelta(microseconds=1), "yes"),
        (NOW, NOW + senders.LONGEST_VALIDITY, "yes"),
        (NOW, NOW + senders.LONGEST_VALIDITY + timedelta(microseconds=1), "no"),
    ],
)
def test_validity_has_bounds(world: World, start: object, end: object, right: str) -> None:
    system = fresh(world.system(approve=False))
    if right == "yes":
        assert world.new_key(system, not_before=start, not_after=end).approved is None  # type: ignore[arg-type]
    else:
        with pytest.raises(errors.ValidityInvalid):
            world.new_key(system, not_before=start, not_after=end)  # type: ignore[arg-type]


def test_possession_is_proved_for_this_sender_key_and_validity(world: World) -> None:
    system, other = world.system(), world.system()
    mine = fresh(system)
    dates = {"not_before": NOW, "not_after": NOW + DAY}
    public = ed25519.public_key(mine.seed).hex()

    def proof(**changed: object) -> str:
        stated = {"sender": system.id, "public": public, **dates, **changed}
        return ed25519.sign(mine.seed, registration(**stated)).hex()  # type: ignore[arg-type]

    def register(proof: str, key: str = public) -> SenderKey:
        return world.as_(SECURITY, lambda tx: senders.register_key(tx, system.id, public=key, proof=proof, **dates))

    small_order = "01" + "00" * 31
    for wrong in (
        "00" * 64,
        proof(sender=other.id),
        proof(public="00" * 32),
        proof(not_after=NOW + 2 * DAY),
    ):
        with pytest.raises(errors.PossessionUnproved):
            register(wrong)
    with pytest.raises(errors.PossessionUnproved):
        register("00" * 64, small_order)
    assert register(proof()).public.hex() == public


def test_a_key_is_approved_once_and_revoked_for_good(world: World) -> None:
    system = world.system()
    with pytest.raises(errors.KeyNotPending):
        world.as_(SUPERVISOR, lambda tx: senders.approve_key(tx, system.key))
    world.as_(SECURITY, lambda tx: senders.revoke_key(tx, system.key, reason="lost"))
    with pytest.raises(errors.KeyRevoked):
        world.as_(SECURITY, lambda tx: senders.revoke_key(tx, system.key, reason="lost"))
    with pytest.raises(errors.KeyNotPending):
        world.as_(SUPERVISOR, lambda tx: senders.approve_key(tx, system.key))


def test_a_key_is_in_force_between_its_bounds() -> None:
    key = SenderKey(not_before=NOW, not_after=NOW + DAY, approved=NOW, revoked=None)
    tick = timedelta(microseconds=1)
    assert [key.in_force(at) for at in (NOW - tick, NOW, NOW + DAY - tick, NOW + DAY)] == [False, True, True, False]
    key.approved = None
    assert not key.in_force(NOW)
    key.approved, key.revoked = NOW, NOW
    assert not key.in_force(NOW)
