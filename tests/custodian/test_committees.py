"""At FILLED every key holder keeps the sealed committee: what the log shows of it, the newest of each seat."""

from datetime import timedelta
from typing import Any

import pytest

from expertpool.custodian.status import status
from tests.custodian.seated import DRAW, NAMES, Seated
from tests.custodian.village import DAY, Neighbour, Village


@pytest.fixture
def seated(village: Village) -> Seated:
    return Seated(village)


def kept(neighbour: Neighbour) -> dict[str, bytes]:
    """The records in a holder's committee file, by seat."""
    committee = neighbour.directory.committees.read(DRAW)
    return {} if committee is None else {seat: record.to_bytes() for seat, record in committee.records.items()}


def test_every_holder_keeps_every_record_and_no_name(seated: Seated) -> None:
    seated.give_all()
    wanted = {seat: record.to_bytes() for seat, record in seated.records.items()}
    for each in seated.holders:
        assert kept(each) == wanted
        [file] = each.directory.committees.folder.iterdir()
        assert file.stat().st_mode & 0o077 == 0
        assert not any(name.encode() in file.read_bytes() for name in NAMES.values())
        assert status(each.directory)["committees"] == [DRAW]


def test_the_newest_record_of_a_seat_wins_whatever_order_they_come_in(seated: Seated) -> None:
    seated.give_all()
    before = seated.records["AB12"]
    after = seated.refill("AB12")
    seated.filled = seated.fill()
    first, second, _ = seated.holders
    assert seated.answer(first, after) == {"kept": True}
    assert kept(first)["AB12"] == after.to_bytes()
    assert seated.answer(first, before) == {"kept": False}
    assert seated.answer(second, before) == {"kept": False}
    assert kept(first)["AB12"] == after.to_bytes()
    assert kept(second)["AB12"] == before.to_bytes()  # it was told nothing newer; the log lets it open nothing of it


def test_a_record_is_kept_once_the_log_shows_that_the_draw_is_filled(seated: Seated) -> None:
    holder = seated.holders[0]
    task = seated.give(holder, seated.records["AB12"], filled=10**6)
    seated.village.round()
    seated.village.round()
    assert task not in seated.village.answers
    assert "committee-not-followed" in status(holder.directory)["waiting"].values()


def test_a_record_that_the_log_does_not_show_is_not_kept(seated: Seated) -> None:
    holder = seated.holders[0]
    for envelope in (
        seated.seal("AB12"),  # sealed again
        seated.seal("AB12", purpose="escrow"),
        seated.seal("AB12", intent=bytes(32)),
        seated.seal("AB12", not_before="2026-01-01T00:00:00Z"),
    ):
        assert seated.answer(holder, envelope)["refused"] == "custodian.envelope-foreign"
    assert kept(holder) == {}


def test_a_seat_past_the_cap_is_not_kept_and_the_entry_is_named(seated: Seated) -> None:
    entry = seated.vacate("AB12", 21)
    holder = seated.holders[0]
    said = seated.answer(holder, seated.records["AB12"])
    assert said == {"refused": "custodian.vacancy-past-cap", "entry": entry}
    assert seated.answer(holder, seated.records["CD34"]) == {"kept": True}
    assert list(kept(holder)) == ["CD34"]


@pytest.mark.parametrize(
    "change",
    [{"draw": "../agent"}, {"draw": 1}, {"filled": -1}, {"filled": None}, {"envelope": "?"}, {"meeting": {}}],
    ids=str,
)
def test_a_task_that_is_not_as_specified_is_refused(seated: Seated, change: dict[str, Any]) -> None:
    holder = seated.holders[0]
    before = sorted(holder.directory.path.iterdir())
    said = seated.answer(holder, seated.records["AB12"], **change)
    assert said["refused"] in ("custodian.task-malformed", "custodian.envelope-foreign")
    assert sorted(holder.directory.path.iterdir()) == before


def test_a_draw_whose_name_is_a_path_writes_no_file(village: Village) -> None:
    """Even if the log itself shows such a draw."""
    from expertpool.custodian.committees import Committees
    from expertpool.custodian.errors import TaskMalformed
    from expertpool.protocol.committee import Committee, Meeting

    committees = Committees(village.path / "committees")
    for name in ("../x", "a/b", "", "A", "x" * 41):
        with pytest.raises(TaskMalformed):
            committees.write(Committee(name, 0, Meeting("", ()), {}))
        assert committees.read(name) is None
    assert not committees.folder.exists()


def test_a_file_is_deleted_some_time_after_the_draw_has_ended(seated: Seated) -> None:
    seated.give_all()
    seated.close()
    seated.village.round()
    seated.village.round()
    clock = seated.village.world.clock
    clock.advance(30 * DAY - timedelta(minutes=1))
    seated.village.round()
    assert all(kept(each) for each in seated.holders)
    clock.advance(timedelta(minutes=1))
    seated.village.round()
    assert not any(kept(each) for each in seated.holders)


def test_a_damaged_file_is_none_and_is_written_anew(seated: Seated) -> None:
    seated.give_all()
    holder = seated.holders[0]
    [file] = holder.directory.committees.folder.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert kept(holder) == {}
    assert seated.answer(holder, seated.records["AB12"]) == {"kept": True}
    assert list(kept(holder)) == ["AB12"]
