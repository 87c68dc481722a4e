"""A holder changes its keys: its own agent signs the successors, and one set is in force for what is new."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from expertpool.core.reconcile import reconcile
from expertpool.identity.roles import Role
from expertpool.protocol.agents import SUCCESSION
from expertpool.sealing import errors, queries, service
from expertpool.sealing.models import KeyHolder
from ledger import ed25519
from tests.sealing.world import Keys, World, credit_code

SECURITY = Role.SECURITY_ADMINISTRATOR
DAY = timedelta(days=1)
SETTLING = 7 * DAY
SECOND = timedelta(seconds=1)


def successor(of: Keys, **changes: object) -> Keys:
    """New keys of the same organisation, whose registration the former ones signed."""
    keys = Keys(of.organisation, name=of.cosigner.key.name)
    keys.former = of.transport
    for name, value in changes.items():
        setattr(keys, name, value)
    return keys


def in_force(world: World, submitted: datetime | None = None) -> list[str]:
    """The holders that a request submitted at this moment may name."""
    settled = (submitted or world.clock.now()) - SETTLING
    with world.session() as session:
        return [each.id for each in queries.holders_in_force(session, world.centre.id, settled=settled)]


def retire(world: World, holder: KeyHolder) -> None:
    world.as_(SECURITY, lambda tx: service.retire_holder(tx, holder.id, reason="更换"))


def test_successors_come_into_force_when_they_have_settled(either_world: World) -> None:
    world, keys = either_world, Keys(credit_code(1))
    former = world.enrol(keys)
    world.clock.advance(SETTLING)
    later = successor(keys)
    next_one = world.register(later)
    world.prove(next_one, later)
    assert in_force(world) == [former.id]  # registered is not approved
    world.approve(next_one)
    approved = world.clock.now()

    assert in_force(world) == [former.id]  # approved is not settled
    assert in_force(world, approved + SETTLING - SECOND) == [former.id]
    assert in_force(world, approved + SETTLING) == [next_one.id]
    with world.session() as session:  # both still answer
        assert {each.id for each in queries.holders_in_force(session, world.centre.id)} == {former.id, next_one.id}
    entry = next(entry for entry in reversed(world.entries()) if entry["kind"] == "holder.registered")
    assert (entry["body"]["holder"], entry["body"]["succeeds"]) == (next_one.id, former.id)

    retire(world, former)
    assert in_force(world, approved + SETTLING - SECOND) == []
    assert in_force(world, approved + SETTLING) == [next_one.id]
    assert reconcile(world.site.service.engine) == []


def test_only_the_holder_itself_changes_its_keys(world: World) -> None:
    keys = Keys(credit_code(1))
    world.enrol(keys)
    thief = Keys(credit_code(9))
    for unsigned in (Keys(keys.organisation), successor(keys, former=thief.transport)):
        with pytest.raises(errors.HolderInForce):
            world.register(unsigned)


def test_a_signature_for_other_keys_changes_nothing(world: World) -> None:
    """What the former keys signed were the successors' public keys, and no others."""
    keys = Keys(credit_code(1))
    world.enrol(keys)
    agreed, other = successor(keys), Keys(keys.organisation)
    other.succession = ed25519.sign(keys.transport, SUCCESSION + agreed.registration.text())
    with pytest.raises(errors.HolderInForce):
        world.register(other)
    world.register(agreed)


def test_keys_that_are_not_in_force_yet_have_no_successors(world: World) -> None:
    keys = Keys(credit_code(1))
    world.register(keys)
    with pytest.raises(errors.HolderInForce):
        world.register(successor(keys))


def test_a_holder_has_one_change_under_way(world: World) -> None:
    keys = Keys(credit_code(1))
    former = world.enrol(keys)
    second = successor(keys)
    holder = world.register(second)
    for third in (successor(keys), successor(second)):
        with pytest.raises(errors.ChangeUnfinished):
            world.register(third)
    world.prove(holder, second)
    world.approve(holder)
    with pytest.raises(errors.ChangeUnfinished):
        world.register(successor(second))
    retire(world, former)
    third = successor(second)
    assert world.register(third).succeeds == holder.id


def test_a_change_is_given_up_by_retiring_the_successors(world: World) -> None:
    keys = Keys(credit_code(1))
    former = world.enrol(keys)
    given_up = world.register(successor(keys))
    retire(world, given_up)
    again = world.register(successor(keys))
    assert again.succeeds == former.id
    world.clock.advance(SETTLING)
    assert in_force(world) == [former.id]


def test_what_the_institution_is_does_not_change_with_its_keys(world: World) -> None:
    keys = Keys(credit_code(1))
    world.enrol(keys, outside=True)
    with pytest.raises(errors.SuccessionDiffers):
        world.register(successor(keys), outside=False)


def test_no_key_comes_back(world: World) -> None:
    keys = Keys(credit_code(1))
    world.enrol(keys)
    with pytest.raises(errors.KeyUsedBefore):
        world.register(successor(keys, share=keys.share))


def test_of_two_registered_at_once_the_database_lets_one_pass(either_world: World) -> None:
    world, keys = either_world, Keys(credit_code(1))
    former = world.enrol(keys)
    world.register(successor(keys))
    other = Keys(keys.organisation)
    with world.session() as session:
        session.add(
            KeyHolder(
                id="khd_other",
                centre_id=world.centre.id,
                organisation=keys.organisation,
                name="n",
                outside=True,
                vrf=other.registration.vrf,
                share=other.registration.share,
                transport=other.registration.transport,
                cosign=str(other.registration.cosign),
                succeeds=former.id,
                registered=world.clock.now(),
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()


def test_after_everything_was_retired_a_holder_registers_as_at_first(world: World) -> None:
    keys = Keys(credit_code(1))
    retire(world, world.enrol(keys))
    assert world.register(successor(keys)).succeeds is None


def test_whoever_changes_its_keys_keeps_its_place(world: World) -> None:
    """Who contributes and who is an alternate goes by age: of the institution, not of its keys."""
    several = [Keys(credit_code(number)) for number in range(3)]
    enrolled = []
    for keys in several:
        enrolled.append(world.enrol(keys))
        world.clock.advance(DAY)
    former, last, keys = enrolled[0], enrolled[2], several[0]
    for _ in range(2):
        keys = successor(keys)
        holder = world.enrol(keys)
        retire(world, former)
        world.clock.advance(SETTLING)
        found = in_force(world)
        assert (found[0], found[2]) == (holder.id, last.id)
        former = holder
