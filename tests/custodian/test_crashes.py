"""kill -9 between any two steps: the agent goes on where it was, and never answers for two intents."""

import pytest

from expertpool.core.faults import CRASH_POINTS
from expertpool.custodian import running
from tests.custodian import children
from tests.custodian.test_agent import contribute
from tests.custodian.village import STEP, Village
from tests.faults.installation import SPAWN, died

POINTS = [point for point in CRASH_POINTS if point.startswith("custodian.")]


def kill_at(village: Village, point: str) -> str:
    """Let the first outside agent die there while it has a contribution to make; returns the task."""
    outside = village.neighbours[1]
    _, task = contribute(village)
    village.round()
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


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_it_goes_on(village: Village, point: str) -> None:
    outside = village.neighbours[1]
    task = kill_at(village, point)
    outside.start()
    village.round()
    village.round()
    assert set(village.answers[task]) == {"pi"}
    found = running.status(outside.directory)
    assert (found["contributions"], found["alarm"], found["refusals"]) == (1, None, [])
    village.sign()
    newest = running.status(village.neighbours[0].directory)["size"]
    assert (found["size"], found["cosigned"]) == (newest, newest)


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
