"""Scores become panels by seat, by person once names are open, and only then do they add up over projects."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from expertpool.assessments.panels import Far, Questions, panels_of, questions
from expertpool.assessments.summary import Span
from expertpool.draws.models import Assignment
from expertpool.draws.rules import rulebook
from expertpool.experts.models import Expert
from expertpool.projects.models import EvaluationSession, Lot
from expertpool.projects.terms import Regime
from expertpool.sessions.models import Score, ScoreSheet
from policies.assessment_facts import Measure
from policies.facts import day_of
from tests.assessments.evaluated import Evaluated, evaluated
from tests.sessions.room import SEATS

BIDDERS = ("91430000000000011X", "91430000000000022X", "91430000000000033X")
BASE = {BIDDERS[0]: 8000, BIDDERS[1]: 7500, BIDDERS[2]: 7000}
HISTORY = 31


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    """A session whose scores nobody opened yet. Tests add sessions of their own."""
    folder = tmp_path_factory.mktemp("panels")
    with evaluated(f"sqlite:///{folder / 'expertpool.db'}", folder) as made:
        yield made.close()


def scored(of: Evaluated, days: int, sessions: Mapping[str, Mapping[tuple[str, str], int]]) -> None:
    """Other sessions of the same lot and committee, some days later, with scores by seat and bidder."""
    lot = lot_of(of)
    with of.world.session() as session, session.begin():
        first = session.get_one(EvaluationSession, of.session_id)
        values = {column.key: getattr(first, column.key) for column in EvaluationSession.__table__.columns}
        values["starts"] += timedelta(days=days)
        session.add_all(EvaluationSession(**{**values, "id": name, "code": name}) for name in sessions)
        session.flush()
        session.add_all(ScoreSheet(session_id=name, digest="0" * 64, usable=True) for name in sessions)
        session.flush()
        at = {"lot_id": lot, "draw_id": of.draw.id, "vacancy": 0}
        session.add_all(
            Score(**at, session_id=name, bidder=bidder, seat=seat, hundredths=hundredths)
            for name, given in sessions.items()
            for (seat, bidder), hundredths in given.items()
        )


def lot_of(of: Evaluated) -> str:
    with of.world.session() as session:
        return session.scalars(select(Lot.id).order_by(Lot.id).limit(1)).one()


def usual(turn: int = 0) -> dict[tuple[str, str], int]:
    """Everybody half a point up or down, in turn."""
    return {
        (seat, bidder): BASE[bidder] + (50 if (row + column + turn) % 2 else -50)
        for row, seat in enumerate(SEATS)
        for column, bidder in enumerate(BIDDERS)
    }


def asked(of: Evaluated, days: tuple[int, int]) -> Questions:
    with of.world.session() as session:
        start = session.get_one(EvaluationSession, of.session_id).starts
        span = Span(start + timedelta(days=days[0]), start + timedelta(days=days[1]))
        book = rulebook("national", day_of(of.now))
        return questions(session, [of.draw.centre_id], Regime.TENDER, span, book)


def test_a_favour_is_asked_about_by_seat_and_then_by_person(evening: Evaluated) -> None:
    odd = {**usual(), (SEATS[0], BIDDERS[1]): 9900}
    scored(evening, 1, {f"usual{turn}": usual(turn) for turn in range(HISTORY)} | {"odd": odd})
    found = asked(evening, (1, 2))
    lot = f"odd/{lot_of(evening)}"
    seat = f"{evening.draw.id}/{SEATS[0]}/0"
    assert len(found.panels) == HISTORY + 1
    favour = next(each for each in found.alerts if (each.measure, each.bidder) == (Measure.FAVOURING, BIDDERS[1]))
    assert (favour.member, favour.panels, favour.pivots) == (seat, (lot,), (lot,))
    assert favour.value > favour.threshold
    assert favour.population == HISTORY
    with evening.world.session() as session, session.begin():
        person = session.scalars(select(Expert.id).order_by(Expert.id)).first()
        assert person is not None
        at = {"draw_id": evening.draw.id, "seat": SEATS[0], "vacancy": 0}
        session.add(Assignment(**at, expert_id=person, at=evening.now))
    later = asked(evening, (1, 2))
    told = {each.member for each in later.alerts}
    assert person in told
    assert seat not in told
    assert {each.member for each in found.alerts} - {seat} == told - {person}


def test_a_score_far_from_the_mean_is_told_with_both(evening: Evaluated) -> None:
    scored(evening, 10, {"far": {**usual(), (SEATS[1], BIDDERS[2]): 2000}})
    found = asked(evening, (10, 11))
    assert found.alerts == ()  # one panel is no history
    id_ = f"far/{lot_of(evening)}"
    given = [row[2] for row in found.panels[id_].scores]
    told = Far(id_, f"{evening.draw.id}/{SEATS[1]}/0", BIDDERS[2], 2000, round(sum(given) / len(given)))
    assert told in found.far
    assert {each.bidder for each in found.far} == {BIDDERS[2]}


def test_what_cannot_be_compared_is_left_out(evening: Evaluated) -> None:
    whole = usual()
    gap = {key: each for key, each in whole.items() if key != (SEATS[0], BIDDERS[0])}
    scored(evening, 20, {"gap": gap})
    with evening.world.session() as session:
        start = session.get_one(EvaluationSession, evening.session_id).starts + timedelta(days=20)
        day = Span(start, start + timedelta(seconds=1))
        assert panels_of(session, [evening.draw.centre_id], Regime.TENDER, day) == []
    scored(evening, 20, {"whole": whole})
    with evening.world.session() as session:
        (found,) = panels_of(session, [evening.draw.centre_id], Regime.TENDER, day)
        assert (found.bidders, len(found.members)) == (BIDDERS, len(SEATS))
        assert panels_of(session, [evening.draw.centre_id], Regime.GOVPROC, day) == []
        assert panels_of(session, [], Regime.TENDER, day) == []
        before = Span(start - timedelta(seconds=1), start)
        assert panels_of(session, [evening.draw.centre_id], Regime.TENDER, before) == []
