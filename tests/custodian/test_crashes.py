"""kill -9 between any two steps: the agent goes on where it was, and never answers for two intents."""

import pytest

from expertpool.core.faults import CRASH_POINTS
from expertpool.custodian.directory import KEYS, TRANSPORT
from expertpool.custodian.status import status
from expertpool.protocol.statements import opening_statement, sign_opening
from ledger.entry import format_time
from tests.custodian import children
from tests.custodian.seated import Seated
from tests.custodian.test_agent import contribute
from tests.custodian.village import PASSPHRASE, STEP, Neighbour, Village
from tests.faults.installation import SPAWN, died

KEY_MADE, OPENING_KEPT = "custodian.key-made", "custodian.opening-kept"
BY_HAND = (KEY_MADE, OPENING_KEPT)
POINTS = [point for point in CRASH_POINTS if point.startswith("custodian.") and point not in BY_HAND]


def kill_at(village: Village, point: str) -> str:
    """Let the first outside agent die there while it has a contribution to make; returns the task."""
    outside = village.neighbours[1]
    _, task = contribute(village)
    village.round()
    if point == "custodian.record-kept":
        seated = Seated(village, "drw_seated")
        seated.give(outside, seated.records["AB12"])
    if point == "custodian.opening-told":
        open_offline(village, outside)
    if point in ("custodian.followed", "custodian.remembered", "custodian.cosigned", "custodian.cosignature-sent"):
        village.request("drw_other")  # something to follow and to cosign
    village.sign()
    outside.stop()
    village.world.clock.advance(STEP)
    process = SPAWN.Process(target=children.one_round, args=(outside.directory.path, village.world.clock.now(), point))
    process.start()
    process.join(60)
    assert died(process)
    village.world.work()
    return task


def open_offline(village: Village, holder: Neighbour) -> None:
    """Let its owner open something without the centre, which is still to be told."""
    statement = opening_statement(
        at=format_time(village.world.clock.now()),
        draw="drw_seated",
        holder=holder.holder.id,
        intent=0,
        names=True,
        reason="中心断电",
        seats=["AB12"],
    )
    with holder.directory.keys(PASSPHRASE) as keys:
        signature = sign_opening(lambda message: keys.sign_ed25519(TRANSPORT, message), statement)
    memory = holder.directory.memory()
    memory.note_opening(statement, signature)
    memory.close()


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_it_goes_on(village: Village, point: str) -> None:
    outside = village.neighbours[1]
    task = kill_at(village, point)
    outside.start()
    village.round()
    village.round()
    assert set(village.answers[task]) == {"pi"}
    found = status(outside.directory)
    assert (found["contributions"], found["alarm"], found["refusals"]) == (1, None, [])
    village.sign()
    newest = status(village.neighbours[0].directory)["size"]
    assert (found["size"], found["cosigned"]) == (newest, newest)
    assert all(each["told"] for each in found["openings"])
    recorded = [entry for entry in village.world.entries() if entry["kind"] == "holder.opened-offline"]
    assert len(recorded) == len(found["openings"])


@pytest.mark.parametrize("point", ["custodian.decided", "custodian.answer-kept", "custodian.answer-sent"])
def test_killed_while_it_contributes_it_never_answers_for_two(village: Village, point: str) -> None:
    """The centre uses the pause to make another intent for the same lot."""
    first = kill_at(village, point)
    _, second = contribute(village, "drw_2")
    village.neighbours[1].start()
    village.round()
    village.round()
    assert "refused" in village.answers[second]
    assert ("pi" in village.answers[first]) == (point != "custodian.decided")


@pytest.mark.parametrize("made", range(1, 5))
def test_killed_while_it_makes_new_keys_it_finishes_them(village: Village, made: int) -> None:
    """The keys in force are untouched, and calling again makes what is missing, not a third set."""
    outside = village.neighbours[1]
    outside.stop()
    process = SPAWN.Process(target=children.rotate_until, args=(outside.directory.path, made))
    process.start()
    assert died(process)
    outside.start()
    expected = 1 if made < len(KEYS) else 2
    assert len(outside.agent.sets) == expected
    assert [each.identity.holder for each in outside.agent.acting()] == [outside.holder.id]
    outside.stop()
    files = [children.rotate_now(outside.directory) for _ in range(2)]
    assert files[0] == files[1]
    outside.start()
    assert [each.number for each in outside.agent.sets] == [1, 2]


def test_killed_while_its_owner_opens_without_the_centre_the_opening_is_on_record(village: Village) -> None:
    """Nothing was handed on; better an opening on record that came to nothing than one that is on none."""
    seated = Seated(village)
    seated.give_all()
    village.world.clock.advance(seated.starts - village.world.clock.now())
    holder = seated.holders[0]
    given = (holder.directory.path, village.world.clock.now(), OPENING_KEPT, seated.draw)
    process = SPAWN.Process(target=children.one_turn, args=given)
    process.start()
    process.join(60)
    assert died(process)
    [opening] = status(holder.directory)["openings"]
    assert (opening["draw"], opening["told"]) == (seated.draw, False)
    village.round()
    assert [entry["kind"] for entry in village.world.entries()].count("holder.opened-offline") == 1
