"""A pool is read and decided the fast way; each decision is that of the rules one by one, on facts read slowly."""

from datetime import UTC, date, datetime
from random import Random
from typing import Any, Final

import pytest

from expertpool.experts.demo_pool import demo_experts
from expertpool.protocol.facts import Record, expert_facts, having_sat, read, write
from expertpool.protocol.stored_facts import read_stored
from policies.decision import Decision, Outcome
from policies.eligibility import Eligibility
from policies.facts import (
    Claim,
    Employment,
    Engagement,
    Expert,
    Interest,
    Kinship,
    Line,
    Penalty,
    PenaltyKind,
    PoolKind,
    Post,
    Relation,
    Request,
    Shareholding,
    Status,
    Suspension,
    Unit,
)
from policies.library import shipped

COUNT: Final = 3_000
DRAWN: Final = datetime(2026, 12, 1, 1, tzinfo=UTC)
UNITS: Final = (Unit("甲", "91430100MA4L00001A"), Unit("乙", "91430100MA4L00002B"), Unit("丙"))


def request(bidders: tuple[Unit, ...] | None) -> Request:
    return Request(
        project="P-1",
        decided_at=DRAWN,
        opens_at=DRAWN.replace(hour=3),
        review_at=DRAWN.replace(hour=4),
        site="430102",
        areas=("430000",),
        lines=(Line(("A010101",), 3), Line(("B0101",), 2, climbed=1)),
        owners=UNITS[:1],
        agencies=UNITS[1:2],
        supervising=(),
        recused=UNITS[:2],
        bidders=bidders,
    )


def varied(known: Expert, random: Random) -> Expert:
    """Somebody of the demonstration with a few facts changed, unknown, or of the kinds that exclude."""
    unit, day = random.choice(UNITS), date(2026, 11, random.randint(1, 30))
    until = random.choice((None, date(2026, 12, 1), date(2026, 11, 30)))
    changes: dict[str, tuple[Any, ...]] = {
        "status": tuple(Status),
        "recorded": (day, date(2026, 1, 1)),
        "pool": tuple(PoolKind),
        "area": ("430104", "420100", "430124"),
        "claims": ((), (Claim("A0101", day),), (Claim("A01", None), Claim("B01", date(2026, 1, 1)))),
        "suspensions": ((), (Suspension(day, until),)),
        "penalties": ((), tuple(Penalty(kind, day, until) for kind in PenaltyKind)[random.randint(0, 4) :]),
        "employments": ((), (Employment(unit, None, until),), (Employment(unit), Employment(UNITS[0], day))),
        "kinships": ((), (Kinship(unit, random.choice(tuple(Relation)), random.choice(tuple(Post))),)),
        "shareholdings": ((), (Shareholding(unit, random.choice((None, 0, 999)), random.choice((None, True))),)),
        "interests": ((), (Interest(unit),), (Interest(None, "P-1"),)),
    }
    settled = known._replace(
        birth_date=date(1970, 1, 1),
        status=Status.ACTIVE,
        recorded=date(2026, 1, 1),
        pool=PoolKind.CENTRE,
        claims=(Claim("A01", date(2026, 1, 1)),),
        suspensions=(),
    )
    for name in random.sample(sorted(changes), random.randint(0, 4)):
        settled = settled._replace(**{name: random.choice((None, *changes[name]))})
    return settled._replace(**{random.choice(Expert._fields): None}) if random.random() < 0.2 else settled


def one_by_one(rules: Eligibility, expert: Expert) -> Decision:
    """Every rule applied alone."""
    return Decision.of(rules.explain(expert).reasons())


@pytest.mark.parametrize("bidders", [None, UNITS[:2]], ids=["sealed", "opened"])
@pytest.mark.parametrize("regime", ["tender", "govproc"])
def test_the_fast_way_decides_as_the_rules_do_one_by_one(regime: str, bidders: tuple[Unit, ...] | None) -> None:
    random, book = Random(f"{regime} {bidders is None}"), shipped().rulebook("demo-centre", DRAWN.date())
    asked = request(bidders)._replace(decided_at=DRAWN if bidders is None else DRAWN.replace(hour=3))
    fast, plain = Eligibility(book, regime, asked), Eligibility(book, regime, asked)
    sat = (Engagement(date(2026, 12, 1), ("91430100MA4L00002B",)),)
    assert Expert._fields[-1] == "engagements"
    outcomes = []
    for _, known in demo_experts("decisions", COUNT):
        text = write(Record(varied(known, random), random.choice((None, date(2026, 11, 1), date(2027, 1, 1)))))
        engagements: Any = random.choice((None, (), (), (), sat))
        quick = having_sat(expert_facts(read_stored(text)), engagements)
        slow = expert_facts(read(text))._replace(engagements=engagements)
        decided, wanted = fast.decide(quick), one_by_one(plain, slow)
        assert quick == slow
        assert (decided.outcome, decided.findings) == (wanted.outcome, wanted.findings)
        assert decided.canonical() == wanted.canonical()
        assert (fast.lines(quick), decided.outcome) == (plain.lines(slow), wanted.outcome)
        outcomes.append(decided.outcome)
    assert COUNT // 20 < outcomes.count(Outcome.ALLOWED) < COUNT  # both kinds were there
