"""What an agent does when its centre shows it what cannot be: no cosignature, no contribution, no share.

And it names the entry: to the centre in its refusal, to its owner in its status.
"""

from datetime import datetime

import pytest

from expertpool.core.ledger_store import SqlLog
from expertpool.custodian import errors
from expertpool.custodian.status import status
from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.entry import Draft, parse_entry
from ledger.memory import MemoryLog
from tests.custodian.seated import Seated
from tests.custodian.test_agent import contribute
from tests.custodian.test_following import forked
from tests.custodian.test_releases import Sealed
from tests.custodian.village import Neighbour, Village
from tests.ledger.signers import signer
from tests.service import ORIGIN


def cosigned(holder: Neighbour) -> int:
    return int(status(holder.directory)["cosigned"])


def test_a_second_intent_gets_no_contribution_and_its_log_is_cosigned(village: Village) -> None:
    """The intent is a fact of the log, which is cosigned; only nobody contributes to it."""
    outside = village.neighbours[1]
    first, task = contribute(village)
    village.round()
    village.round()
    assert set(village.answers[task]) == {"pi"}
    _, again = contribute(village, "drw_2")
    before = cosigned(outside)
    village.round()
    village.round()
    assert village.answers[again] == {"refused": "custodian.second-intent", "entry": first}
    assert cosigned(outside) > before
    [refusal] = status(outside.directory)["refusals"]
    assert (refusal["refused"], refusal["entry"]) == ("custodian.second-intent", first)


def test_a_rolled_back_database_gets_no_cosignature_and_the_first_missing_entry_is_named(village: Village) -> None:
    outside = village.neighbours[1]
    village.request("drw_1")
    village.round()
    before, engine = cosigned(outside), village.world.site.service.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ledger_checkpoints WHERE size > 15")
        [left] = connection.exec_driver_sql("SELECT max(size) FROM ledger_checkpoints").one()
    with pytest.raises(errors.LogRolledBack) as alarm:
        outside.agent.round()
    assert alarm.value.found == left
    assert f"entry {left} and later are gone" in alarm.value.message("en")
    assert outside.agent.round().cosigned is False
    assert cosigned(outside) == before
    assert status(outside.directory)["alarm"]["params"]["found"] == left


def test_a_fork_gets_no_cosignature_and_the_entry_is_named(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """The centre signs another history from one entry on, and serves it."""
    outside = village.neighbours[1]
    at = village.request("drw_1")
    village.request("drw_2")
    village.round()
    before = cosigned(outside)
    other = forked(history(village), at)
    shown = sign_checkpoint(Checkpoint(ORIGIN, other.tree.size, other.tree.root()), signer(ORIGIN))
    offered = type(outside.agent._centre.offered())(None, shown, shown)
    monkeypatch.setattr(outside.agent._centre, "offered", lambda: offered)
    monkeypatch.setattr(outside.agent._follower, "_source", other)
    with pytest.raises(errors.LogForked) as alarm:
        outside.agent.round()
    assert alarm.value.entry == at
    assert f"entry {at} on" in alarm.value.message("en")
    assert outside.agent.round().stopped == "custodian.log-forked"
    assert cosigned(outside) == before


def test_a_false_vacancy_gets_no_share_of_that_seat_and_cosigning_continues(village: Village) -> None:
    """Past the cap nobody has to show why a seat fell vacant: whoever was put there is not opened."""
    sealed = Sealed(village)
    ground = sealed.reach("award-fixed")
    vacated = village.record("draw.vacated", draw="drw_1", intent=sealed.intent, vacancy=21, seat="AB12")
    sealed.close()
    before = cosigned(sealed.order[0])
    answer = sealed.answered(sealed.ask(0, sealed.request(ground)))
    assert answer == {"refused": "custodian.vacancy-past-cap", "entry": vacated}
    village.request("drw_other")
    village.round()
    assert cosigned(sealed.order[0]) > before
    assert status(sealed.order[0].directory)["alarm"] is None
    [refusal] = status(sealed.order[0].directory)["refusals"]
    assert refusal["entry"] == vacated


def test_a_vacancy_within_the_cap_is_opened(village: Village) -> None:
    """The other side of the boundary."""
    sealed = Sealed(village)
    ground = sealed.reach("award-fixed")
    village.record("draw.vacated", draw="drw_1", intent=sealed.intent, vacancy=20, seat="AB12")
    sealed.close()
    assert "share" in sealed.answered(sealed.ask(0, sealed.request(ground)))


def test_a_committee_with_a_false_vacancy_keeps_the_other_seats(village: Village) -> None:
    seated = Seated(village)
    entry = seated.vacate("CD34", 21)
    holder = seated.holders[0]
    assert seated.answer(holder, seated.records["CD34"]) == {"refused": "custodian.vacancy-past-cap", "entry": entry}
    assert seated.answer(holder, seated.records["AB12"]) == {"kept": True}


def history(village: Village) -> MemoryLog:
    """The centre's log, as it is, in memory."""
    log, size = MemoryLog(), len(village.world.entries())
    for entry in map(parse_entry, SqlLog(village.world.site.service.engine).entries(0, size)):
        log.append([Draft(entry.kind, entry.actor, datetime.fromisoformat(entry.time), entry.body)])
    assert log.entries[-1].hash == village.world.entry_hash(size - 1)  # each entry names the one before
    return log
