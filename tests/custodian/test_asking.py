"""An owner who wants to be asked: nothing is contributed or opened without a word, and no is an answer."""

import json
from pathlib import Path

import pytest

from expertpool.custodian import opening
from expertpool.custodian.status import status
from expertpool.sealing import mailbox
from tests.custodian.test_agent import contribute
from tests.custodian.village import DAY, TAKE, Neighbour, Village


@pytest.fixture
def asking(village: Village) -> Neighbour:
    """The first outside holder's owner wants to be asked."""
    outside = village.neighbours[1]
    outside.stop()
    outside.directory.set_asking(True)
    outside.start()
    return outside


def say(village: Village, neighbour: Neighbour, entry: int, *, approved: bool = True) -> None:
    """As the command does, from a process beside the agent's."""
    memory = neighbour.directory.memory()
    memory.approve(entry, village.world.clock.now(), approved=approved)
    memory.close()


def test_it_contributes_when_its_owner_has_approved(village: Village, asking: Neighbour) -> None:
    intent, task = contribute(village)
    for _ in range(3):
        village.round()
    assert task not in village.answers
    found = status(asking.directory)
    assert found["waiting"] == {task: "owner-must-approve"}
    assert found["to_approve"] == [{"entry": intent, "kind": "draw.intended", "draw": "drw_1", "reason": None}]
    say(village, asking, intent)
    village.round()
    assert set(village.answers[task]) == {"pi"}
    assert status(asking.directory)["to_approve"] == []


def test_no_is_an_answer_and_the_first_word_counts(village: Village, asking: Neighbour) -> None:
    intent, task = contribute(village)
    say(village, asking, intent, approved=False)
    say(village, asking, intent)
    village.round()
    village.round()
    assert village.answers[task] == {"entry": intent, "refused": "custodian.owner-declined"}
    assert status(asking.directory)["contributions"] == 0


def test_it_gives_a_share_when_its_owner_has_approved_the_release(
    village: Village, asking: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the rules of opening say is tested with them; here they have nothing against it."""
    release = village.record("draw.release-unanswered", draw="drw_1", audience="supervisor", intent=1, release=1)
    monkeypatch.setattr(opening, "share_of", lambda *_, **__: {"share": "c2hhcmU="})
    task = ask_to_open(village, asking, release)
    village.round()
    village.round()
    assert status(asking.directory)["waiting"] == {task: "owner-must-approve"}
    assert [each["entry"] for each in status(asking.directory)["to_approve"]] == [release]
    say(village, asking, release)
    village.round()
    assert village.answers[task] == {"share": "c2hhcmU="}


def ask_to_open(village: Village, neighbour: Neighbour, release: int) -> str:
    plain = {"kind": "open", "draw": "drw_1", "release": release}
    with village.world.site.service.transactions.begin("svc:vault") as tx:
        return mailbox.post_task(tx, neighbour.holder, plain, then=TAKE, args={})


def test_it_cosigns_and_proves_its_keys_without_being_asked(village: Village, asking: Neighbour) -> None:
    village.request("drw_1")
    assert village.round()[1].cosigned


def test_nobody_is_asked_about_what_the_rules_refuse(village: Village, asking: Neighbour) -> None:
    intent, task = contribute(village, deadline=village.world.clock.now())
    village.round()
    village.round()
    assert village.answers[task] == {"entry": intent, "refused": "custodian.deadline-passed"}


def test_an_approval_does_not_outlive_the_rules(village: Village, asking: Neighbour) -> None:
    intent, task = contribute(village)
    village.round()
    village.round()
    village.world.clock.advance(2 * DAY)
    say(village, asking, intent)
    village.round()
    assert village.answers[task] == {"entry": intent, "refused": "custodian.deadline-passed"}


def test_an_owner_who_is_not_asked_may_still_say_no(village: Village) -> None:
    outside = village.neighbours[1]
    intent, task = contribute(village)
    say(village, outside, intent, approved=False)
    village.round()
    village.round()
    assert village.answers[task]["refused"] == "custodian.owner-declined"


def test_the_choice_is_kept_in_the_configuration(village: Village, asking: Neighbour) -> None:
    config = json.loads(Path(asking.directory.path / "agent.json").read_text())
    assert config["ask"] is True
    asking.directory.set_asking(False)
    assert asking.directory.config().ask is False
