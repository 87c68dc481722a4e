"""Whoever may be asked is found by index, and exactly those that a scan with the rules finds."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event

from expertpool.experts.bulk import BulkEnrolment, placed
from expertpool.experts.demo_pool import DemoExpert, demo_experts
from expertpool.experts.eligibility_queries import Abundance, abundance, matching, matching_lines
from expertpool.experts.lifecycle import Origin, Pool, Verb
from expertpool.experts.models import RosterLine
from expertpool.protocol import facts
from policies import areas, specialties
from policies.eligibility import Eligibility
from policies.facts import Claim, Line, Request, Unit
from policies.library import shipped
from policies.problems import BadInput
from tests.experts.pool import PoolOffice, credit_code, known_facts

DEMO = 600
LATER = datetime(2026, 12, 1, 1, tzinfo=UTC)  # the facts have settled by then
BOOK = shipped().rulebook("demo-centre", date(2026, 12, 1))


def request(*codes: str, areas: tuple[str, ...] | None = ("430000",), climbed: int = 0) -> Request:
    return Request(
        project="P-1",
        decided_at=LATER,
        opens_at=LATER,
        review_at=LATER,
        site="430100",
        areas=areas,
        lines=(Line(codes, 5, climbed),),
        owners=(Unit("业主", credit_code(900)),),
        agencies=(),
        supervising=(),
        recused=(),
        bidders=(),
    )


def found(office: PoolOffice, wanted: Request, pool: Pool | None = None) -> list[str]:
    with office.reading() as session:
        return sorted(match.expert_id for match in matching(session, pool or office.pool, wanted))


def enrol_demo(office: PoolOffice, count: int = DEMO) -> dict[str, DemoExpert]:
    enrolment = BulkEnrolment(
        office.engine, office.protector, office.pool, office.clock.now(), resolve=lambda _name: None
    )
    rows = dict(placed(list(demo_experts("queries", count))))
    enrolment.stage([enrolment.prepare(expert_id, *each) for expert_id, each in rows.items()])
    enrolment.finish()
    with office.act() as tx:
        enrolment.publish(tx, ground="演示库")
    return rows


@pytest.fixture
def demo(office: PoolOffice) -> tuple[PoolOffice, dict[str, DemoExpert]]:
    return office, enrol_demo(office)


def test_the_same_are_found_as_by_looking_at_everybody(demo: tuple[PoolOffice, dict[str, DemoExpert]]) -> None:
    office, rows = demo
    everyone = [("A", "B", "C")]
    for codes, climbed, opened in [
        (("A010101",), 0, ("430000",)),
        (("A0101",), 0, ("430000",)),
        (("A010101", "B0101"), 1, ("430100",)),
        (("C",), 1, (areas.COUNTRY,)),
        *((codes, 1, ("430200", "430102")) for codes in everyone),
    ]:
        accepted = {key[2] for code in codes for key in specialties.claims_that_cover(code, climbed=climbed)}
        prefixes = tuple(areas.prefix(code) for code in opened)
        scanned = [
            expert_id
            for expert_id, (_, known) in rows.items()
            if {claim.code for claim in known.claims or ()} & accepted and str(known.area).startswith(prefixes)
        ]
        assert found(office, request(*codes, climbed=climbed, areas=opened)) == sorted(scanned)


@pytest.mark.parametrize(
    ("claim", "matches"),
    [("A010101", True), ("A0101", True), ("A01", True), ("A", True), ("A010102", False), ("A0102", False)],
)
def test_a_claim_covers_what_lies_below_it(sqlite_office: PoolOffice, claim: str, matches: bool) -> None:  # noqa: FBT001
    expert = sqlite_office.enrol(1, facts=known_facts(claims=(Claim(claim),)))
    assert found(sqlite_office, request("A010101")) == ([expert] if matches else [])


def test_a_climbed_request_is_matched_from_the_side(sqlite_office: PoolOffice) -> None:
    expert = sqlite_office.enrol(1, facts=known_facts(claims=(Claim("A010102"),)))
    assert found(sqlite_office, request("A010101", climbed=1)) == [expert]


def test_who_holds_several_of_the_codes_is_found_once(office: PoolOffice) -> None:
    expert = office.enrol(1, facts=known_facts(claims=(Claim("A010101"), Claim("A0101"), Claim("A01"))))
    assert found(office, request("A010101")) == [expert]


@pytest.mark.parametrize(
    ("home", "opened", "matches"),
    [
        ("430102", ("430100",), True),
        ("430102", ("430102",), True),
        ("430102", ("430103",), False),
        ("430100", ("430102",), False),
        ("430124", ("430182",), True),  # 宁乡县, now 宁乡市
        ("430182", ("430124",), True),
        ("430102", ("430200", "430100"), True),
        ("430102", (areas.COUNTRY,), True),
        ("430102", (), False),
        (None, ("430000",), False),
    ],
)
def test_areas_lie_in_one_another(
    sqlite_office: PoolOffice,
    home: str | None,
    opened: tuple[str, ...],
    matches: bool,  # noqa: FBT001
) -> None:
    expert = sqlite_office.enrol(1, facts=known_facts(area=home))
    assert found(sqlite_office, request("A010101", areas=opened)) == ([expert] if matches else [])


def test_what_is_unknown_of_a_request_matches_nobody(sqlite_office: PoolOffice) -> None:
    sqlite_office.enrol(1)
    assert found(sqlite_office, request("A010101", areas=None)) == []
    assert found(sqlite_office, request("A010101")._replace(lines=None)) == []


def test_an_unknown_specialty_is_refused(sqlite_office: PoolOffice) -> None:
    with pytest.raises(BadInput):
        found(sqlite_office, request("Z999"))


def test_those_on_the_roster_are_found_the_suspended_too(office: PoolOffice) -> None:
    office.apply(1)
    enrolled, suspended, left = office.enrol(2), office.enrol(3), office.enrol(4)
    office.step(suspended, Verb.SUSPEND)
    office.step(left, Verb.LEAVE, "pool-manager")
    assert found(office, request("A010101")) == sorted([enrolled, suspended])


def test_another_pool_is_not_looked_into(office: PoolOffice) -> None:
    office.enrol(1)
    assert found(office, request("A010101"), Pool(office.branch, Origin.OWN)) == []
    assert found(office, request("A010101"), Pool(office.centre, Origin.MIRRORED)) == []


def test_a_staged_batch_is_not_found(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    enrolment = BulkEnrolment(
        office.engine, office.protector, office.pool, office.clock.now(), resolve=lambda _name: None
    )
    enrolment.stage([enrolment.prepare(one, *each) for one, each in placed(list(demo_experts("staged", 50)))])
    assert found(office, request("A", "B", "C", climbed=1)) == []


def test_what_is_found_is_decided(office: PoolOffice) -> None:
    fit = office.enrol(1)
    suspended = office.enrol(2)
    office.step(suspended, Verb.SUSPEND)
    wanted = request("A010101")
    rules = Eligibility(BOOK, "tender", wanted)
    assert found(office, wanted) == sorted([fit, suspended])
    with office.reading() as session:
        for match in matching(session, office.pool, wanted):
            line = session.get_one(RosterLine, match.expert_id)
            assert match.leaf == line.leaf
            assert match.facts == facts.expert_facts(facts.read(line.facts))
            against = {each.rule for each in rules.decide(match.facts._replace(engagements=())).reasons()}
            assert against == ({"status.suspension"} if match.expert_id == suspended else set())


def test_the_index_is_used_not_a_scan(demo: tuple[PoolOffice, dict[str, DemoExpert]]) -> None:
    office, _ = demo
    plan = plan_of(office, matching_lines(office.pool, request("A010101")))
    if office.engine.dialect.name == "sqlite":
        assert "SEARCH roster_claims USING PRIMARY KEY (claim=?)" in plan
        assert "(expert_id=?)" in plan
        assert "SCAN" not in plan
        assert "ix_roster_lines_pool" not in plan
    else:
        assert "pk_roster_claims" in plan
        assert "pk_roster_lines" in plan
        assert "Seq Scan on roster_lines" not in plan
        assert "Seq Scan on roster_claims" not in plan


def plan_of(office: PoolOffice, statement: Any) -> str:
    """How the database runs a statement as a session sends it, with the condition that hides staged rows."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, text: str, parameters: Any, *_: Any) -> None:
        sent.append((text, parameters))

    with office.reading() as session:
        connection = session.connection()
        if office.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
        event.listen(connection, "before_cursor_execute", note)
        session.execute(statement).all()
        event.remove(connection, "before_cursor_execute", note)
        text, parameters = sent[-1]
        # PostgreSQL plans for a cursor, as which `matching` reads, otherwise than for all rows at once.
        sqlite = office.engine.dialect.name == "sqlite"
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN DECLARE rows CURSOR FOR"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {text}", parameters))


@pytest.mark.parametrize("regime", ["tender", "govproc"])
@pytest.mark.parametrize(
    ("eligible", "expected"),
    [
        (0, Abundance.TOO_FEW),
        (9, Abundance.TOO_FEW),
        (10, Abundance.THIN),
        (14, Abundance.THIN),
        (15, Abundance.ENOUGH),
        (1_000_000, Abundance.ENOUGH),
    ],
)
def test_all_that_is_told_of_a_count(regime: str, eligible: int, expected: Abundance) -> None:
    assert abundance(BOOK, regime, 5, eligible) is expected


def test_a_book_without_the_rule_calls_nothing_thin() -> None:
    assert abundance(shipped().rulebook("roster-demo", date(2026, 12, 1)), "roster", 5, 5) is Abundance.ENOUGH
