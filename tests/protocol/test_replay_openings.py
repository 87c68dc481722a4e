"""What a bundle opens falsely, vacancies that were none, and members or rows that are not those of the intent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from expertpool.protocol.bundle import Bundle
from expertpool.protocol.commitments import member_digest, seed_digest
from expertpool.protocol.openings import AnswerOpened, BeaconOpened, Openings, RowOpened
from expertpool.protocol.request import SeatLine
from expertpool.protocol.table import GroupsOpened, make_table
from ledger.entry import Draft
from tests.protocol.simulation import Setup, Simulation
from tests.protocol.test_replay_attacks import PLAIN, Edit, body, checked, openings, refuted_by


def changed_groups(change: Callable[[list[RowOpened]], Any]) -> Callable[[Openings], Openings]:
    def edit(opened: Openings) -> Openings:
        rows = list(opened.groups)
        change(rows)
        return replace(opened, groups=tuple(rows))

    return edit


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.pop(),
        lambda rows: rows.append(rows[-1]),
        lambda rows: rows.reverse(),
        lambda rows: rows.__setitem__(0, replace(rows[0], groups=rows[1].groups)),
        lambda rows: rows.__setitem__(0, replace(rows[0], leaf=bytes(32))),
        lambda rows: rows.__setitem__(0, replace(rows[0], groups=GroupsOpened(rows[0].groups.salt, ()))),
        lambda rows: rows.__setitem__(
            0, replace(rows[0], groups=GroupsOpened(rows[0].groups.salt, ((1, b"free of employer"),)))
        ),
    ],
    ids=range(7),
)
def test_tokens_cannot_be_opened_falsely(change: Callable[[list[RowOpened]], Any]) -> None:
    draw = Simulation(PLAIN).run()
    assert refuted_by(openings(draw, changed_groups(change))) in ("panel", "vacancies")


def test_no_tokens_of_others_are_opened() -> None:
    draw = Simulation(PLAIN).run()
    draw.selected = set(range(len(draw.table)))
    assert refuted_by(checked(draw)) == "vacancies"
    draw = Simulation(Setup()).run()
    draw.selected = set(range(len(draw.table)))
    assert refuted_by(checked(draw)) == "panel"


@pytest.mark.parametrize(
    "answers",
    [
        lambda given: (replace(given[0], code="guessed"),),
        lambda given: (replace(given[0], salt=bytes(16)),),
        lambda given: (replace(given[0], vacancy=2),),
        lambda given: (replace(given[0], vacancy=3),),
        lambda given: given * 2,
    ],
    ids=range(5),
)
def test_an_answer_is_the_experts_own(answers: Callable[[Any], tuple[AnswerOpened, ...]]) -> None:
    draw = Simulation(PLAIN).run()
    assert refuted_by(openings(draw, lambda opened: replace(opened, answers=answers(opened.answers)))) == "vacancies"


def test_other_lots_than_those_of_the_intent_are_refuted() -> None:
    draw = Simulation(Setup()).run()
    bundle = draw.bundle()
    opened = bundle.openings.lots
    others = (
        replace(opened, project="E4301000002"),
        replace(opened, lots=opened.lots[:1]),
        replace(opened, key=bytes(32)),
    )
    for lots in others:
        lied = replace(bundle, openings=replace(bundle.openings, lots=lots))
        assert refuted_by(checked(draw, lied)) == "lots"


def test_a_beacon_that_nobody_declared_is_refuted() -> None:
    draw = Simulation(Setup()).run()
    report = openings(draw, lambda opened: replace(opened, beacon=BeaconOpened(bytes(48), None)))
    assert refuted_by(report) == "beacon"


# -- vacancies and retained members


def test_more_vacancies_than_the_cap_are_refuted() -> None:
    draw = Simulation(Setup(vacancies=("no-answer",) * 4, cap=3)).run()
    assert refuted_by(checked(draw)) == "vacancies"
    assert checked(Simulation(Setup(vacancies=("no-answer",) * 3, cap=3)).run()).verdict == "proven"


class Searching(Simulation):
    """The centre reports vacancies that there are none of, until somebody sits whom it likes: each shows."""

    def vacate(self, number: int, cause: str) -> None:
        super().vacate(number, cause)
        self.entries = [entry for entry in self.entries if entry.body.get("vacancy") in (None, 2)]


def test_false_vacancies_cannot_be_hidden() -> None:
    assert refuted_by(checked(Searching(PLAIN).run())) == "order"


class VacatedBeforeItWasFilled(Simulation):
    """A second vacancy of a seat is logged before its first was drawn."""

    def run(self) -> Simulation:
        super().run()

        def edit(drafts: list[Draft]) -> list[Draft]:
            drafts[4], drafts[5] = drafts[5], drafts[4]
            return drafts

        return self.relogged(edit)


def test_an_empty_seat_cannot_fall_vacant() -> None:
    setup = Setup(vacancies=("no-answer", "no-answer"), vacated=(0, 0))
    assert checked(Simulation(setup).run()).verdict == "proven"
    assert refuted_by(checked(VacatedBeforeItWasFilled(setup).run())) == "vacancies"
    other = Setup(vacancies=("no-answer", "no-answer"), vacated=(0, 1))
    assert checked(VacatedBeforeItWasFilled(other).run()).verdict == "proven"


RETAINING = Setup(retained=2, employers=13)


def test_a_retained_member_has_the_tokens_of_the_intent() -> None:
    draw = Simulation(RETAINING).run()
    assert checked(draw).verdict == "proven"
    one, two = draw.retained
    salt, (kind, _) = one.groups.salt, one.groups.tokens[0]
    free = replace(one, groups=GroupsOpened(salt, ((kind, b"free of employer"),)))
    for retained in ((), (one,), (two, one), (free, two), (replace(one, member=bytes(32)), two)):
        bundle = draw.bundle()
        lied = replace(bundle, openings=replace(bundle.openings, retained=retained))
        assert refuted_by(checked(draw, lied)) == "panel"


class RetainsAStranger(Simulation):
    """Somebody is retained whom the first draw did not seat."""

    def make_table(self) -> None:
        super().make_table()
        if self.first is not None:
            self.retained = [replace(each, member=member_digest(bytes(16), bytes(32))) for each in self.retained[:1]]


def test_only_members_of_the_first_draw_are_retained() -> None:
    first = Simulation(replace(RETAINING, retained=0)).run()
    draw = RetainsAStranger(replace(RETAINING, retained=1), first).run()
    assert refuted_by(checked(draw)) == "panel"


class NamesNoFirst(Simulation):
    def intent(self) -> Any:
        return replace(super().intent(), first=None)


class NamesAnother(Simulation):
    def intent(self) -> Any:
        return replace(super().intent(), first=2)


@pytest.mark.parametrize("attack", [NamesNoFirst, NamesAnother])
def test_a_later_intent_that_retains_names_the_first(attack: type[Simulation]) -> None:
    first = Simulation(replace(RETAINING, retained=0)).run()
    assert refuted_by(checked(attack(replace(RETAINING, retained=1), first).run())) == "intent"


# -- the table


class RowsAltered(Simulation):
    """The table that is shown has a row that the intent does not fix."""

    def bundle(self, *, audit: bool = False) -> Bundle:
        made = super().bundle(audit=audit)
        rows = [row._replace(lines=row.lines ^ 1) if place == 0 else row for place, row in enumerate(made.table)]
        return replace(made, table=make_table(rows))


def test_the_table_is_that_of_the_intent() -> None:
    assert refuted_by(checked(RowsAltered(Setup()).run())) == "table"


class MoreLines(Simulation):
    """A candidate may be drawn for a line that there is none of."""

    def make_table(self) -> None:
        super().make_table()
        self.table = make_table([row._replace(lines=row.lines | 4 if row.lines else 0) for row in self.table])


def test_rows_have_no_lines_beyond_the_intents() -> None:
    assert refuted_by(checked(MoreLines(Setup()).run())) == "table"


def test_a_search_ends_where_the_log_says() -> None:
    """Whoever claims a million attempts has them made, and no more than the intent allows."""
    draw = Simulation(Setup(employers=1, lines=(SeatLine(("A010101",), 2, 0),), max_attempts=3)).run()
    assert checked(draw).verdict == "proven"

    def edit(attempts: int) -> Edit:
        def edited(drafts: list[Draft]) -> list[Draft]:
            body(drafts, "draw.exhausted")["attempts"] = attempts
            return drafts

        return edited

    for attempts in (0, 2, 4, 10**9):
        assert refuted_by(checked(draw.relogged(edit(attempts)))) == "panel"


def test_the_seed_that_is_logged_is_the_panels() -> None:
    draw = Simulation(Setup()).run()
    [completed] = [entry for entry in draw.entries if entry.kind == "draw.completed"]
    assert completed.body["seed"] == seed_digest(draw.seeds.panel).hex()
