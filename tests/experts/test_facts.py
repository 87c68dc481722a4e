"""The record of an expert: what favours them, and how it is written, read and told to the rules."""

from datetime import date, timedelta
from typing import Any

import pytest

from expertpool.protocol.facts import Absence, Record, expert_facts, favours, read, write
from ledger.canonical import parse
from policies.facts import (
    Claim,
    Employment,
    Kinship,
    Penalty,
    PenaltyKind,
    PoolKind,
    Post,
    Relation,
    Shareholding,
    Suspension,
    Title,
    Unit,
)
from policies.facts import Expert as Facts
from tests.experts.pool import TODAY, credit_code, known_facts

UNIT = Unit("甲", credit_code(1))
JOB, KIN = Employment(UNIT, date(2001, 1, 1)), Kinship(UNIT, Relation.SPOUSE, Post.STAFF)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, False),
        ({"title": Title.MID}, {"title": Title.SENIOR}, True),
        ({"title": Title.SENIOR}, {"title": Title.MID}, True),  # a change either way: which one favours is the rules'
        ({"title": None}, {"title": Title.SENIOR}, True),
        ({"title": Title.SENIOR}, {"title": None}, False),
        ({"employments": ()}, {"employments": (JOB,)}, False),
        ({"employments": (JOB,)}, {"employments": ()}, True),
        ({"employments": (JOB,)}, {"employments": (JOB._replace(end=date(2020, 1, 1)),)}, True),
        ({"employments": None}, {"employments": (JOB,)}, True),
        ({"employments": (JOB,)}, {"employments": None}, False),
        ({"kinships": (KIN,)}, {"kinships": (KIN, KIN._replace(relation=Relation.LINEAL))}, False),
        ({"penalties": (Penalty(PenaltyKind.LEAK),)}, {"penalties": ()}, True),
        ({"area": "430100"}, {"area": "430200"}, True),
        ({"claims": (Claim("A0101"),)}, {"claims": (Claim("B0101"),)}, False),  # claims carry their own day
    ],
)
def test_what_favours(before: dict[str, Any], after: dict[str, Any], *, expected: bool) -> None:
    assert favours(Facts(**before), Facts(**after)) is expected


def test_a_record_is_written_as_canonical_json_and_read_back() -> None:
    known = known_facts(
        birth_date=date(1960, 1, 1),
        shareholdings=(Shareholding(Unit("乙“丙”\\\n𠮷", None), 5, True),),
        penalties=(Penalty(PenaltyKind.LEAK, TODAY),),
        suspensions=(Suspension(TODAY),),
        pool=PoolKind.CENTRE,
        equivalent=False,
    )
    full = Record(known, TODAY, (Absence(TODAY, TODAY),))
    for each in (full, Record(Facts()), Record(known)):
        assert read(write(each)) == each
        parse(write(each).encode())


def test_what_belongs_to_a_request_is_not_recorded() -> None:
    assert read(write(Record(Facts(distance_km=5, engagements=())))) == Record(Facts())


def test_absences_and_a_lapsed_membership_count_as_suspensions() -> None:
    known = Facts(suspensions=(Suspension(date(2020, 1, 1), date(2020, 2, 1)),))
    told = expert_facts(Record(known, TODAY, (Absence(TODAY, TODAY),)))
    assert told.suspensions == (
        *(known.suspensions or ()),
        Suspension(TODAY, TODAY),
        Suspension(TODAY + timedelta(days=1)),
    )
    assert expert_facts(Record(known)) is known
    assert expert_facts(Record(Facts(), TODAY)).suspensions is None  # unknown stays unknown
