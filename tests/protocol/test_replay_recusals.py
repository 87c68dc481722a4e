"""A bidder list opened after the draw, or known at it: what everyone sees, and what only an auditor decides again."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from hmac import digest
from io import BytesIO
from typing import Any

import pytest

from expertpool.protocol.bidders import Bidders, read_bidders, struck_digest, struck_salt
from expertpool.protocol.bundle import Bundle
from expertpool.protocol.errors import Malformed
from expertpool.protocol.openings import Openings, StruckOpened
from expertpool.protocol.replay import Report, as_json, replay
from expertpool.protocol.request import SeatLine
from ledger.canonical import canonical
from policies.facts import Unit
from tests.protocol.simulated_world import Seat
from tests.protocol.simulation import Setup, Simulation, to_bytes

LATE = Setup(vacancies=("declined", "no-answer"), bidders=tuple(range(9)), opened_after=1)
"""Nine of 25 employers bid, so that members are struck; somebody bids in person too."""


def checked(draw: Simulation, bundle: Bundle | None = None, *, audit: bool = True) -> Report:
    return replay(BytesIO(to_bytes(bundle or draw.bundle(audit=audit))), draw.trust)


def refuted_by(report: Report) -> str:
    assert report.verdict == "refuted"
    assert json.loads(json.dumps(as_json(report)))["verdict"] == "refuted"
    return next(step.name for step in report.steps if step.outcome == "differs")


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_draw_whose_bidders_were_opened_later_is_proven(seed: int, after: int) -> None:
    draw = Simulation(replace(LATE, seed=seed, opened_after=after)).run()
    for audit in (True, False):
        report = checked(draw, audit=audit)
        assert report.verdict == "proven"
        assert report.step("struck").details["rows"] == len(draw.struck) > 5
        assert report.step("recusals").outcome == ("ok" if audit else "not-checked")
    assert not draw.struck & {seat.row for seat in draw.seats}


def test_seats_fall_vacant_only_where_somebody_is_struck() -> None:
    """Over many seeds there are draws with nobody struck, one and several; all replay."""
    struck = set()
    for seed in range(1, 12):
        draw = Simulation(replace(LATE, seed=seed, vacancies=(), opened_after=0, bidders=(1, 3, 5))).run()
        assert checked(draw).verdict == "proven"
        struck.add(sum(entry.kind == "draw.vacated" for entry in draw.entries))
    assert struck >= {0, 1, 2}


def test_a_list_of_strangers_strikes_nobody() -> None:
    draw = Simulation(replace(LATE, bidders=(901, 902, 903))).run()
    assert len(draw.struck) <= 1, "but whoever bids in person"
    assert checked(draw).verdict == "proven"


def test_bidders_known_at_the_draw_are_part_of_the_decisions() -> None:
    draw = Simulation(replace(LATE, opened_after=None)).run()
    report = checked(draw)
    assert report.verdict == "proven"
    assert (report.step("struck").outcome, report.step("recusals").outcome) == ("not-checked", "ok")
    employers = {draw.chosen[seat.row].member.facts.employments[0].unit.name for seat in draw.seats}  # type: ignore[index]  # the simulation gives everyone one
    assert not employers & {f"设计院{number}" for number in LATE.bidders}


# -- a centre that lies from the beginning


class KeepsTheStruck(Simulation):
    """Whoever is struck stays."""

    def emptied(self) -> list[Seat]:
        return super().emptied()[1:]


class StrikesTooFew(Simulation):
    """Somebody with ties to a bidder is spared."""

    def strikes(self) -> list[int]:
        return super().strikes()[1:]


class StrikesTooMany(Simulation):
    """Somebody without any is struck."""

    def strikes(self) -> list[int]:
        found = super().strikes()
        other = next(row for row, lines in enumerate(self.table.lines) if lines and row not in found)
        return sorted([*found, other])


class StrikesTheExcluded(Simulation):
    """A row that nobody could draw is struck."""

    def strikes(self) -> list[int]:
        other = next(row for row, lines in enumerate(self.table.lines) if not lines)
        return sorted([*super().strikes(), other])


class DrawsTheStruck(Simulation):
    """After the opening vacancies are drawn as if nobody had been struck."""

    def open_bidders(self) -> None:
        super().open_bidders()
        self.struck = set()


class OpensTwice(Simulation):
    """A second opening strikes others."""

    def open_bidders(self) -> None:
        super().open_bidders()
        self.setup = replace(self.setup, bidders=(10, 11, 12))
        super().open_bidders()


class VacatesOutOfOrder(Simulation):
    """The seats that are struck fall vacant in an order that somebody chose."""

    def emptied(self) -> list[Seat]:
        emptied = super().emptied()
        assert len(emptied) > 1
        return emptied[::-1]


class OpensDuringAVacancy(Simulation):
    """A vacancy is logged, then the list is opened, then the seat is drawn."""

    def log_vacancy(self, seat: Seat, cause: str) -> int:
        number = super().log_vacancy(seat, cause)
        if self.vacancies == 1:
            shown = {"bidders": "00" * 32, "list": "00" * 32, "struck": "00" * 32, "vacancies": 1}
            self.record("draw.bidders-opened", self.about(**shown))
        return number


ATTACKS = {
    KeepsTheStruck: ("vacancies", "vacancies"),
    StrikesTooFew: ("recusals", None),
    StrikesTooMany: ("recusals", None),
    StrikesTheExcluded: ("struck", "struck"),
    OpensTwice: ("order", "order"),
    VacatesOutOfOrder: ("vacancies", "vacancies"),
    OpensDuringAVacancy: ("order", "order"),
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_false_recusal_is_refuted(attack: type[Simulation]) -> None:
    """What an auditor sees, and what everyone sees."""
    after = None if attack is OpensDuringAVacancy else 1
    lines = (SeatLine(("A010101",), 6, 0),)
    setup = replace(LATE, opened_after=after, bidders=tuple(range(13)), lines=lines)
    draw = attack(setup).run()
    by_auditor, by_all = ATTACKS[attack]
    assert refuted_by(checked(draw)) == by_auditor
    public = checked(draw, audit=False)
    assert (refuted_by(public) if by_all else public.verdict) == (by_all or "proven")


def test_a_struck_row_that_is_drawn_later_is_refuted() -> None:
    """With many vacancies somebody who was struck comes up again."""
    setup = replace(LATE, vacancies=("declined",) * 12, opened_after=0, bidders=tuple(range(15)))
    assert checked(Simulation(setup).run()).verdict == "proven"
    assert refuted_by(checked(DrawsTheStruck(setup).run(), audit=False)) == "vacancies"


# -- a bundle that lies


def opened(draw: Simulation, change: Callable[[StruckOpened], StruckOpened | None]) -> Report:
    honest: Openings = draw.openings()
    assert honest.struck is not None
    return checked(draw, replace(draw.bundle(), openings=replace(honest, struck=change(honest.struck))))


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda honest: replace(honest, leaves=honest.leaves[1:]),
        lambda honest: replace(honest, leaves=honest.leaves[::-1]),
        lambda honest: replace(honest, leaves=(*honest.leaves, honest.leaves[-1])),
        lambda honest: replace(honest, leaves=(*honest.leaves, b"\xff" * 32)),
        lambda honest: replace(honest, salt=bytes(16)),
    ],
    ids=["none", "one less", "out of order", "one twice", "no such row", "another salt"],
)
def test_other_rows_than_those_committed_to_are_refuted(change: Callable[[StruckOpened], StruckOpened | None]) -> None:
    assert refuted_by(opened(Simulation(LATE).run(), change)) == "struck"


def test_rows_that_nothing_in_the_log_strikes_are_refuted() -> None:
    draw = Simulation(replace(LATE, opened_after=None)).run()
    struck = StruckOpened(struck_salt(draw.table_key), ())
    bundle = replace(draw.bundle(), openings=replace(draw.openings(), struck=struck))
    assert refuted_by(checked(draw, bundle)) == "struck"


@pytest.mark.parametrize("after", [None, 1], ids=["known", "opened"])
@pytest.mark.parametrize(
    "shown", [None, Bidders((Unit("别家", "91430000000009999X"),)), Bidders(())], ids=["none", "another", "empty"]
)
def test_a_list_that_was_exchanged_is_refuted(shown: Bidders | None, after: int | None) -> None:
    draw = Simulation(replace(LATE, opened_after=after)).run()
    bundle = draw.bundle(audit=True)
    assert bundle.audit is not None
    assert refuted_by(checked(draw, replace(bundle, audit=replace(bundle.audit, bidders=shown)))) == "request"


def test_a_list_that_nobody_committed_to_is_refuted() -> None:
    draw = Simulation(Setup()).run()
    bundle = draw.bundle(audit=True)
    assert bundle.audit is not None
    audit = replace(bundle.audit, bidders=Bidders((Unit("别家", "91430000000009999X"),)))
    assert refuted_by(checked(draw, replace(bundle, audit=audit))) == "request"


# -- forms and bytes


def test_the_commitments_are_as_the_specification_says() -> None:
    def tagged(name: bytes, data: bytes) -> bytes:
        return sha256(b"expertpool:draw/v1:" + name + b"\x00" + data).digest()

    key, leaf = bytes(range(32)), b"\x01" * 32
    bidders = Bidders((Unit("甲", "91430000000009001X"),), (leaf,))
    plain = {"persons": [leaf.hex()], "units": [{"code": "91430000000009001X", "name": "甲"}]}
    salted = digest(key, b"bidders", "sha256")[:16] + canonical(plain)
    assert bidders.digest(key) == tagged(b"bidders", salted)
    salt = digest(key, b"struck", "sha256")[:16]
    assert struck_digest(struck_salt(key), [leaf, leaf]) == tagged(b"struck", salt + leaf + leaf)
    assert read_bidders(plain) == bidders


UNIT = {"code": "91430000000009001X", "name": "甲"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"units": []},
        {"persons": [], "units": [], "more": 1},
        {"persons": [], "units": [{"code": None, "name": "甲"}]},
        {"persons": [], "units": [{**UNIT, "more": 1}]},
        {"persons": [], "units": "甲"},
        {"persons": ["00"], "units": [UNIT]},
        {"persons": [1], "units": [UNIT]},
    ],
    ids=["null", "list", "no persons", "more", "no code", "more of a unit", "text", "short leaf", "number"],
)
def test_another_form_of_bidders_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        read_bidders(value)
