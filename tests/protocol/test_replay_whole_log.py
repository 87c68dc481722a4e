"""With the whole log: that no other intent for the lots was made, and no change of the roster left out."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from expertpool.protocol.facts import expert_facts
from expertpool.protocol.replay import Report, Trust, replay
from expertpool.protocol.roster import parse_line
from expertpool.protocol.stored_facts import read_stored
from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.tiles import bundles_of, tiles_of
from tests.protocol.simulation import CENTRE, ORIGIN, Member, Setup, Simulation, to_bytes

PLAIN = Setup(experts=30)


def lay_out(draw: Simulation, folder: Path) -> str:
    """The whole log as a directory."""
    size = draw.log.tree.size
    for tile in (*tiles_of(size), *bundles_of(size)):
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw.log.tile(tile))
    (folder / "checkpoint").write_bytes(draw.checkpoint())
    return str(folder)


def checked(draw: Simulation, place: str, *, audit: bool = True, trust: Trust | None = None) -> Report:
    return replay(BytesIO(to_bytes(draw.bundle(audit=audit))), trust or draw.trust, log_place=place)


def found(report: Report) -> tuple[str, str, str]:
    return report.step("only-intent").outcome, report.step("only-roster").outcome, report.verdict


def test_an_only_intent_is_found_to_be_one(tmp_path: Path) -> None:
    draw = Simulation(PLAIN).run()
    draw.record("expert.changed", {"centre": CENTRE, "origin": ORIGIN, "roster": {"count": 0, "root": "00"}})
    place = lay_out(draw, tmp_path)
    assert found(checked(draw, place)) == ("ok", "ok", "proven")
    assert found(checked(draw, place, audit=False)) == ("ok", "not-checked", "proven")
    assert found(checked(draw, place, trust=Trust())) == ("ok", "ok", "not-proven")


def test_the_log_may_have_grown_since(tmp_path: Path) -> None:
    draw = Simulation(PLAIN).run()
    data = to_bytes(draw.bundle(audit=True))
    draw.record("other.act", {"number": 1})
    assert replay(BytesIO(data), draw.trust, log_place=lay_out(draw, tmp_path)).verdict == "proven"


class NamesNoFirst(Simulation):
    """A second draw for the lots that keeps silent about the first, and shows nothing of it."""

    def intent(self) -> Any:
        return replace(super().intent(), first=None)

    def shown_entries(self) -> list[Entry]:
        own = {entry.index: entry for entry in (*self.entries, *self.registered.values())}
        return [own[index] for index in sorted(own)]


@pytest.mark.parametrize("which", ["the first", "the second"])
def test_a_second_intent_that_does_not_name_the_first_is_found(tmp_path: Path, which: str) -> None:
    first = Simulation(PLAIN).run()
    second = NamesNoFirst(PLAIN, first).run()
    draw = first if which == "the first" else second
    assert replay(BytesIO(to_bytes(draw.bundle(audit=True))), draw.trust).verdict == "proven"  # the bundle cannot tell
    report = checked(draw, lay_out(second, tmp_path))
    assert found(report)[::2] == ("differs", "refuted")


class EarlierOfOtherLots(Simulation):
    """Another project is drawn for in between."""

    def ask(self) -> None:
        super().ask()
        self.request = replace(self.request, project="E4301000777")


def test_a_second_intent_that_names_the_first_is_told(tmp_path: Path) -> None:
    first = Simulation(PLAIN).run()
    second = Simulation(PLAIN, first).run()
    place = lay_out(second, tmp_path)
    for draw, other in ((first, second), (second, first)):
        report = checked(draw, place)
        assert found(report) == ("ok", "ok", "proven")
        assert str(other.intent_entry.index) in report.step("only-intent").en


def test_draws_for_other_lots_do_not_matter(tmp_path: Path) -> None:
    first = Simulation(PLAIN).run()
    between = EarlierOfOtherLots(PLAIN)
    between.log, between.now, between.draw_id = first.log, first.now, "drw_between"
    between.run()
    report = checked(first, lay_out(between, tmp_path))
    assert found(report) == ("ok", "ok", "proven")
    assert report.step("only-intent").details["intents"] == [first.intent_entry.index]


def test_an_intent_that_nobody_answers_decides_nothing(tmp_path: Path) -> None:
    draw = Simulation(PLAIN).run()
    draw.record("draw.intended", {"draw": "drw_x", "lots": draw.intent_entry.body["lots"]})
    draw.entries.pop()
    assert found(checked(draw, lay_out(draw, tmp_path))) == ("ok", "ok", "proven")


def test_a_change_of_the_roster_that_is_left_out_is_found(tmp_path: Path) -> None:
    """An entry that took away or added somebody for whom the bundle's table was made as if it had not been."""
    draw = HidesTheLast(PLAIN).run()
    assert replay(BytesIO(to_bytes(draw.bundle(audit=True))), draw.trust).verdict == "proven"
    assert found(checked(draw, lay_out(draw, tmp_path))) == ("ok", "differs", "refuted")


class HidesTheLast(Simulation):
    """The table and the auditor's roster are made as if the last change had not been."""

    def enrol(self) -> None:
        super().enrol()
        self.hidden = self.roster_entries.pop()
        leaver = f"exp_{1:026}"
        line = next(line for line in self.roster_entries[1][1] if leaver.encode() in line)
        parsed = parse_line(line)
        self.members[leaver] = Member(parsed, expert_facts(read_stored(parsed.facts or "")))

    def intent(self) -> Any:
        return replace(super().intent(), roster_size=self.hidden[0].index + 1)


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data.replace(b"91430000", b"91430001")], ids=["cut", "altered"]
)
def test_a_broken_log_is_refuted(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    draw = Simulation(PLAIN).run()
    place = lay_out(draw, tmp_path)
    [bundle] = (tmp_path / "tile" / "entries").rglob("*.p/*")
    bundle.write_bytes(change(bundle.read_bytes()))
    assert checked(draw, place).step("only-intent").outcome == "differs"


def test_another_log_is_refuted(tmp_path: Path) -> None:
    draw = Simulation(PLAIN).run()
    place = lay_out(Simulation(replace(PLAIN, seed=5, vacancies=("declined",) * 3)).run(), tmp_path)
    assert checked(draw, place).step("only-intent").outcome == "differs"


def test_a_log_that_is_shorter_is_refuted(tmp_path: Path) -> None:
    draw = Simulation(PLAIN).run()
    place = lay_out(draw, tmp_path)
    draw.record("other.act", {"number": 1})
    assert checked(draw, place).step("only-intent").outcome == "differs"


def test_what_is_no_log_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(LedgerError):
        checked(Simulation(PLAIN).run(), str(tmp_path / "nowhere"))


def test_without_an_intent_there_is_nothing_to_look_for(tmp_path: Path) -> None:
    draw = Simulation(PLAIN).run()
    place = lay_out(draw, tmp_path)
    bundle = replace(draw.bundle(audit=True), intent=0)
    report = replay(BytesIO(to_bytes(bundle)), draw.trust, log_place=place)
    assert (report.step("only-intent").outcome, report.verdict) == ("not-checked", "refuted")
