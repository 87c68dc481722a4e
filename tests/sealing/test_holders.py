"""Key holders: possession of four keys proved, two institutions' consent, one set in force per organisation."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.sealing import errors, queries, service
from expertpool.sealing.models import KeyHolder
from tests.sealing.world import Keys, World, credit_code

SECURITY, SUPERVISOR = Role.SECURITY_ADMINISTRATOR, Role.SUPERVISOR


def test_a_holder_comes_into_force_by_three_parties_acts(either_world: World) -> None:
    world, keys = either_world, Keys(credit_code(1))
    holder = world.enrol(keys)

    entries = [entry for entry in world.entries() if entry["kind"].startswith("holder.")]
    security, supervisor = world.site.actors[SECURITY].id, world.site.actors[SUPERVISOR].id
    assert [(entry["kind"], entry["actor"]) for entry in entries] == [
        ("holder.registered", security),
        ("holder.share-proved", "svc:worker"),
        ("holder.approved", supervisor),
    ]
    for entry in entries:
        assert entry["body"]["holder"] == holder.id
        assert entry["body"]["organisation"] == keys.organisation
        assert entry["body"]["vrf"] == keys.registration.vrf.hex()
        assert entry["body"]["cosign"] == str(keys.cosigner.key)
    with world.session() as session:
        [found] = queries.holders_in_force(session, world.centre.id)
    assert found.registered == entries[-1]["index"]
    assert (found.id, found.credit_code, found.outside) == (holder.id, keys.organisation, True)
    assert (found.vrf, found.share) == (keys.registration.vrf, keys.registration.share)
    assert reconcile(world.site.service.engine) == []


def test_the_approval_is_found_when_one_act_approves_several(world: World) -> None:
    several = [Keys(credit_code(number)) for number in range(3)]
    holders = [world.register(keys) for keys in several]
    for holder, keys in zip(holders, several, strict=True):
        world.prove(holder, keys)
    world.as_(SUPERVISOR, lambda tx: [service.approve_holder(tx, holder.id) for holder in holders])
    world.clock.advance(timedelta(days=1))
    retired = world.as_(SECURITY, lambda tx: service.retire_holder(tx, holders[0].id, reason="搬迁"))
    assert retired.retired == world.clock.now()

    with world.session() as session:
        found = queries.holders_in_force(session, world.centre.id)
    entries = world.entries()
    assert {each.id for each in found} == {holder.id for holder in holders[1:]}
    for each in found:
        entry = entries[each.registered]
        assert (entry["kind"], entry["body"]["holder"]) == ("holder.approved", each.id)


def test_the_centres_own_holder_comes_first(world: World) -> None:
    for number, outside in enumerate([True, False, True]):
        world.enrol(Keys(credit_code(number)), outside=outside)
        world.clock.advance(timedelta(hours=1))
    with world.session() as session:
        found = queries.holders_in_force(session, world.centre.id)
        assert queries.holders_in_force(session, "ctr_none") == ()
    assert [each.credit_code for each in found] == [credit_code(1), credit_code(0), credit_code(2)]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXPERT])
def test_who_may_do_what(world: World, role: Role) -> None:
    holder = world.register(Keys(credit_code(1)))
    world.site.token(role)
    verbs: dict[str, tuple[Role, Callable[[], object]]] = {
        "register": (SECURITY, lambda: world.as_(role, lambda tx: _register(tx, world))),
        "vault": (SECURITY, lambda: world.as_(role, lambda tx: service.register_vault(tx, public=b"\x09" + bytes(31)))),
        "retire": (SECURITY, lambda: world.as_(role, lambda tx: service.retire_holder(tx, holder.id, reason="x"))),
    }
    for who, verb in verbs.values():
        if role is who:
            verb()
        else:
            with pytest.raises(NotPermitted):
                verb()
    if role is not SUPERVISOR:
        with pytest.raises(NotPermitted):
            world.as_(role, lambda tx: service.approve_holder(tx, holder.id))


def _register(tx: Transaction, world: World) -> KeyHolder:
    return service.register_holder(
        tx,
        centre_id=world.centre.id,
        name="n",
        outside=True,
        registration=Keys(credit_code(2)).file(),
    )


def test_nobody_is_approved_before_the_share_key_is_proved(world: World) -> None:
    keys = Keys(credit_code(1))
    holder = world.register(keys)
    with pytest.raises(errors.ShareNotProved):
        world.approve(holder)

    [task] = world.tasks(holder, keys)
    assert world.answer(holder, keys, task["id"], {"nonce": "0" * 64}).status_code == 200
    world.work()
    with pytest.raises(errors.ShareNotProved):
        world.approve(holder)
    with world.session() as session:
        assert queries.holders_in_force(session, world.centre.id) == ()


def test_an_organisation_has_one_set_of_keys_in_force(either_world: World) -> None:
    world = either_world
    first = world.register(Keys(credit_code(1)))
    with pytest.raises(errors.HolderInForce):
        world.register(Keys(credit_code(1)))
    world.as_(SECURITY, lambda tx: service.retire_holder(tx, first.id, reason="更换"))
    with pytest.raises(errors.HolderRetiredAlready):
        world.as_(SECURITY, lambda tx: service.retire_holder(tx, first.id, reason="更换"))
    second = world.register(Keys(credit_code(1)))
    assert second.id != first.id


@pytest.mark.parametrize("shared", ["vrf", "cosign", "transport", "share"])
def test_no_key_is_registered_twice(world: World, shared: str) -> None:
    first = Keys(credit_code(1), name="one.example/a")
    second = Keys(credit_code(2), name="one.example/a")
    setattr(second, shared, getattr(first, shared))
    holder = world.register(first)
    world.as_(SECURITY, lambda tx: service.retire_holder(tx, holder.id, reason="更换"))
    with pytest.raises(errors.KeyUsedBefore):
        world.register(second)


def test_a_retired_holder_is_not_approved(world: World) -> None:
    keys = Keys(credit_code(1))
    holder = world.register(keys)
    world.as_(SECURITY, lambda tx: service.retire_holder(tx, holder.id, reason="丢失"))
    with pytest.raises(errors.HolderNotPending):
        world.approve(holder)


@pytest.mark.parametrize("file", [b"", b"{}", b"[]", b"\xff", Keys("1" * 18).file()])
def test_a_bad_file_is_refused(world: World, file: bytes) -> None:
    with pytest.raises((errors.RegistrationInvalid, errors.OrganisationInvalid)):
        world.as_(
            SECURITY,
            lambda tx: service.register_holder(
                tx, centre_id=world.centre.id, name="n", outside=True, registration=file
            ),
        )


def test_the_vaults_key_is_one(world: World) -> None:
    with world.session() as session:
        assert queries.vault_key(session) == world.vault.public_key().public_bytes_raw()
    other = b"\x09" + bytes(31)
    with pytest.raises(errors.VaultKeyInvalid):
        world.as_(SECURITY, lambda tx: service.register_vault(tx, public=bytes(32)))
    world.as_(SECURITY, lambda tx: service.register_vault(tx, public=other))
    with pytest.raises(errors.VaultKeyKnown):
        world.as_(SECURITY, lambda tx: service.register_vault(tx, public=other))
    with world.session() as session:
        assert queries.vault_key(session) == other
    assert [entry["body"]["public"] for entry in world.entries() if entry["kind"] == "vault.registered"] == [
        world.vault.public_key().public_bytes_raw().hex(),
        other.hex(),
    ]
