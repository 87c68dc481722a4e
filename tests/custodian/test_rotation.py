"""Keys change under a running agent: old draws with the old keys, new draws with the new ones, the memory is one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from expertpool.custodian import keysets, troubles
from expertpool.custodian.status import status
from expertpool.identity.roles import Role
from expertpool.protocol import vrf
from expertpool.protocol.agents import read_registration
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.sealing import queries, service
from expertpool.sealing.models import KeyHolder
from tests.custodian import children
from tests.custodian.seated import Seated
from tests.custodian.village import DAY, PASSPHRASE, Neighbour, Village, make_intent

SETTLING = 7 * DAY


def rotate(village: Village, neighbour: Neighbour) -> KeyHolder:
    """The whole change at the holder, the centre and the supervisor; gives the successor."""
    neighbour.stop()
    file = children.rotate_now(neighbour.directory)
    neighbour.start()
    former = neighbour.holder
    registered = village.world.as_(
        Role.SECURITY_ADMINISTRATOR,
        lambda tx: service.register_holder(
            tx,
            centre_id=village.world.centre.id,
            name="n",
            outside=neighbour.outside,
            registration=file.read_bytes(),
        ),
    )
    village.round()
    approved = village.world.approve(registered)
    village.round()
    assert approved.succeeds == former.id
    return approved


def in_force(village: Village) -> list[str]:
    settled = village.world.clock.now() - SETTLING
    with village.world.session() as session:
        return [each.id for each in queries.holders_in_force(session, village.world.centre.id, settled=settled)]


def intend(village: Village, draw: str, named: list[str], *, requested: bool = True) -> int:
    """An intent that names these holders, whatever else is in force."""
    with village.world.session() as session:
        found = {each.id: each for each in queries.holders_in_force(session, village.world.centre.id)}
        vault = queries.vault_key(session)
    assert vault is not None
    if requested:
        village.request(draw)
    holders = [found[name] for name in named]
    now = village.world.clock.now()
    intent = make_intent(draw, village.world.centre.id, holders, vault, now, lots=[draw])
    return village.record("draw.intended", **intent.shown())


def answer(village: Village, to: KeyHolder, draw: str, intent: int) -> dict[str, object]:
    """What the agent answers when this set of keys is asked to contribute."""
    centre, outside = village.neighbours[0], village.neighbours[1]
    village.contributed(centre, draw, intent)
    asked = Neighbour(outside.directory, outside.organisation, outside.outside, village.world.clock)
    asked.holder = to
    task = village.ask(asked, draw, intent, lots=[draw])
    for _ in range(3):
        village.round()
    return village.answers[task]


def test_a_request_submitted_in_between_keeps_the_keys_that_it_names(village: Village) -> None:
    centre, outside, other = village.neighbours
    former = outside.holder
    later = rotate(village, outside)
    village.request("drw_between")  # submitted before the successors settle, intended after

    village.world.clock.advance(SETTLING)
    for neighbour in village.neighbours:
        neighbour.agent.round()
    old = intend(village, "drw_between", [centre.holder.id, former.id, other.holder.id], requested=False)
    new = intend(village, "drw_after", [centre.holder.id, later.id, other.holder.id])
    for holder, draw, index in ((former, "drw_between", old), (later, "drw_after", new)):
        proof = bytes.fromhex(str(answer(village, holder, draw, index)["pi"]))
        assert len(vrf.verify(holder.vrf, village.world.entry_hash(index), proof)) == 64
    assert status(outside.directory)["contributions"] == 2
    keys = status(outside.directory)["keys"]
    assert [(each["number"], each["state"]) for each in keys] == [(1, "approved"), (2, "approved")]
    assert len({each["fingerprint"] for each in keys}) == 2


def test_the_successors_are_refused_for_what_was_requested_before_they_settled(village: Village) -> None:
    centre, outside, other = village.neighbours
    later = rotate(village, outside)
    village.world.clock.advance(SETTLING - DAY)
    for neighbour in village.neighbours:
        neighbour.agent.round()
    assert later.id not in in_force(village)
    early = intend(village, "drw_early", [centre.holder.id, later.id, other.holder.id])
    assert answer(village, later, "drw_early", early)["refused"] == "custodian.key-not-settled"
    village.world.clock.advance(DAY)
    assert later.id in in_force(village)
    assert outside.holder.id not in in_force(village)


def test_an_intent_that_names_both_sets_of_one_institution_is_refused(village: Village) -> None:
    centre, outside, _ = village.neighbours
    former = outside.holder
    later = rotate(village, outside)
    village.world.clock.advance(SETTLING + DAY)
    both = intend(village, "drw_both", [centre.holder.id, former.id, later.id])
    assert answer(village, former, "drw_both", both)["refused"] == "custodian.same-organisation"


def test_a_lot_that_the_former_keys_answered_is_remembered_by_the_successors(village: Village) -> None:
    centre, outside, other = village.neighbours
    former = outside.holder
    first = intend(village, "drw_1", [centre.holder.id, former.id, other.holder.id])
    assert "pi" in answer(village, former, "drw_1", first)
    later = rotate(village, outside)
    village.world.clock.advance(SETTLING + DAY)
    second = intend(village, "drw_1", [centre.holder.id, later.id, other.holder.id])
    assert answer(village, later, "drw_1", second)["refused"] == "custodian.second-intent"


def test_records_sealed_to_the_former_keys_open_with_them_until_they_are_retired(village: Village) -> None:
    seated = Seated(village)
    record = seated.records["AB12"]
    begin = {each[0] for each in record.sets}
    outside = next(each for each in village.neighbours[1:] if each.holder.id in begin)
    rotate(village, outside)
    former, later = outside.agent.sets
    number = next(index for index, each in enumerate(record.sets) if each[0] == outside.holder.id)
    assert record.peel(number, None, 0, former.open)
    with pytest.raises(EnvelopeBroken):
        record.peel(number, None, 0, later.open)

    task = seated.give(outside, record)  # what concerns the old draw still comes to the former keys' mailbox
    village.round()
    assert village.answers[task] == {"kept": True}
    village.world.as_(
        Role.SECURITY_ADMINISTRATOR, lambda tx: service.retire_holder(tx, outside.holder.id, reason="办结")
    )
    village.sign()
    outside.agent.round()
    assert [each.keys.number for each in outside.agent.acting()] == [2]


def test_both_sets_cosign_whichever_the_policy_names(village: Village) -> None:
    outside = village.neighbours[1]
    later = rotate(village, outside)
    village.request("drw_1")
    assert village.round()[1].cosigned  # the policy still names the former key alone
    policy = village.world.site.service.settings.ledger.witness_policy
    assert policy is not None
    policy.write_text(policy.read_text().replace(outside.holder.cosign, later.cosign))
    village.world.clock.advance(timedelta(minutes=10))  # when a key that no policy named is offered again
    village.request("drw_2")
    assert village.round()[1].cosigned


def test_keys_are_changed_once_at_a_time(village: Village) -> None:
    outside = village.neighbours[1]
    outside.stop()
    first = children.rotate_now(outside.directory)
    assert children.rotate_now(outside.directory) == first  # not registered yet: the same keys again
    outside.start()
    read = read_registration(first.read_bytes())
    assert read.succeeds(outside.holder.transport)
    assert outside.agent.sets[1].public == replace(read, succession=None)


def test_a_change_waits_for_the_end_of_the_last_one(village: Village) -> None:
    outside = village.neighbours[1]
    rotate(village, outside)
    outside.stop()
    with pytest.raises(troubles.RotationUnfinished) as refused:
        children.rotate_now(outside.directory)
    assert refused.value.holder == outside.holder.id
    village.world.as_(
        Role.SECURITY_ADMINISTRATOR, lambda tx: service.retire_holder(tx, outside.holder.id, reason="办结")
    )
    village.sign()
    outside.start()
    outside.agent.round()
    outside.stop()
    assert children.rotate_now(outside.directory).name == "registration-3"


def test_keys_that_nobody_approved_have_nothing_to_change(founding: Village) -> None:
    neighbour = founding.neighbours[1]
    founding.register(neighbour)
    founding.sign()
    neighbour.agent.round()
    neighbour.stop()
    with pytest.raises(troubles.NothingToRotate):
        children.rotate_now(neighbour.directory)
    with neighbour.directory.keys(PASSPHRASE) as keys:
        assert len(keysets.key_sets(keys, neighbour.directory.config())) == 1
