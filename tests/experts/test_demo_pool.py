"""The demonstration pool: the same everywhere, accepted everywhere, and nobody's."""

import hashlib
from collections import Counter
from datetime import date
from itertools import islice
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.experts import demo_pool
from expertpool.experts.bulk import CHUNK
from expertpool.experts.demo_filling import enrol_demo_experts
from expertpool.experts.demo_pool import MOST_EXPERTS, DemoExpert, Draws, demo_employers, demo_experts
from expertpool.experts.errors import GroundMissing, PersonTaken
from expertpool.experts.queries import live_roster
from expertpool.experts.validation import check_credit_code, check_facts, check_identity
from expertpool.identity.errors import NotPermitted
from expertpool.protocol import facts
from expertpool.protocol.facts import Record, write
from expertpool.protocol.stored_facts import read_stored
from policies import areas
from policies.facts import Expert
from tests.experts.pool import TODAY, PoolOffice

COUNT = 5_000


@pytest.fixture(scope="module")
def experts() -> list[DemoExpert]:
    return list(demo_experts("test", COUNT))


def digest(experts: list[DemoExpert]) -> str:
    lines = "\n".join("|".join([*map(str, tuple(each.identity)), write(Record(each.facts))]) for each in experts)
    return hashlib.sha256(lines.encode()).hexdigest()


def test_a_seed_gives_the_same_pool_on_every_python(experts: list[DemoExpert]) -> None:
    assert digest(experts) == "bb599aa7e73e7ad7c75bbf4e9e5612c174e9befb09574237a6af65640da11a40"


def test_another_seed_gives_other_people(experts: list[DemoExpert]) -> None:
    other = list(demo_experts("other", 100))
    assert not {each.identity for each in other} & {each.identity for each in experts}


def test_a_small_pool_is_the_beginning_of_a_large_one(experts: list[DemoExpert]) -> None:
    assert list(demo_experts("test", 50)) == experts[:50]
    assert list(islice(demo_experts("test", MOST_EXPERTS), 50)) == experts[:50]


@pytest.mark.parametrize("count", [-1, MOST_EXPERTS + 1])
def test_more_people_than_there_are_numbers_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=str(MOST_EXPERTS)):
        next(demo_experts("test", count))


def test_everybody_passes_the_ordinary_checks_without_a_question(experts: list[DemoExpert]) -> None:
    for identity, known in experts:
        checked = check_identity(identity, TODAY)
        assert checked == (identity, ())
        assert check_facts(known, identity).birth_date


def test_nobody_is_there_twice(experts: list[DemoExpert]) -> None:
    for name in ("id_number", "code", "phone", "account"):
        assert len({getattr(each.identity, name) for each in experts}) == COUNT


def test_numbers_do_not_meet_in_the_largest_pool() -> None:
    """The step has no factor in common with what it steps through, so it comes to every place once."""
    places = demo_pool._BIRTHDAYS * demo_pool._PER_DAY
    for size in (places, demo_pool._PHONES):
        assert size >= MOST_EXPERTS
        assert pow(demo_pool._STEP, -1, size)  # raises where there is a common factor
    last = demo_pool._FIRST_BIRTH.toordinal() + demo_pool._BIRTHDAYS - 1
    assert date.fromordinal(last) == date(1992, 12, 31)


def test_everything_shows_that_it_is_made_up(experts: list[DemoExpert]) -> None:
    for identity, known in experts:
        assert identity.name.endswith("·演示")
        assert str(identity.id_number).startswith("430000")
        assert str(identity.phone).startswith("154")
        assert str(identity.account).startswith("0000")
        assert str(identity.code).startswith("DEMO-")
        for job in known.employments or ():
            assert job.unit.name.startswith("演示")
            assert str(job.unit.code).startswith("91439999DEM")
    assert "439999" not in areas.table()


def test_employers_have_codes_and_names_of_their_own() -> None:
    employers = demo_employers("test")
    assert len(employers) == len({unit.code for unit in employers}) == len({unit.name for unit in employers}) == 3_000
    assert all(check_credit_code(str(unit.code), "code") == unit.code for unit in employers)


def test_employers_are_large_and_small_as_real_ones_are(experts: list[DemoExpert]) -> None:
    sizes = Counter(known.employments[-1].unit.code for _, known in experts if known.employments)
    ranked = [size for _, size in sizes.most_common()]
    assert 0.01 < ranked[0] / COUNT < 0.03
    assert 0.10 < sum(ranked[:10]) / COUNT < 0.20
    assert len(ranked) > 1_500
    assert ranked.count(1) > 500


def test_areas_are_hunans_counties_and_the_capital_has_most(experts: list[DemoExpert]) -> None:
    homes = Counter(str(known.area) for _, known in experts)
    assert all(home.startswith("43") and not home.endswith("00") for home in homes)
    assert all(areas.find(home).last_listed == "" for home in homes)
    assert len(homes) > 110
    assert 0.3 < sum(size for home, size in homes.items() if home.startswith("4301")) / COUNT < 0.5


def test_specialties_cover_the_table_at_both_levels(experts: list[DemoExpert]) -> None:
    claims = Counter(claim.code for _, known in experts for claim in known.claims or ())
    assert {code[0] for code in claims} == {"A", "B", "C"}
    assert len(claims) > 1_400
    assert max(len(known.claims or ()) for _, known in experts) <= 6
    assert min(len(known.claims or ()) for _, known in experts) == 1


@given(seed=st.text(), bound=st.integers(1, 2**31))
def test_draws_stay_below_their_bound(seed: str, bound: int) -> None:
    draws = Draws(seed, "test", 0)
    assert all(0 <= draws.below(bound) < bound for _ in range(20))


def test_draws_are_as_often_one_as_another() -> None:
    draws = Draws("test", "fair", 0)
    counts = Counter(draws.below(10) for _ in range(10_000))
    assert len(counts) == 10
    assert all(850 < count < 1150 for count in counts.values())


def test_five_thousand_are_made_in_a_moment() -> None:
    start = process_time()
    assert sum(1 for _ in demo_experts("speed", COUNT)) == COUNT
    assert process_time() - start < 5  # some 0.5 s alone; the bound leaves room for a busy machine


def fill(office: PoolOffice, count: int, seed: str = "test", who: str = "pool-manager") -> list[int]:
    done: list[int] = []
    enrol_demo_experts(
        office.transactions,
        office.protector,
        office.pool,
        office.actors[who],
        seed=seed,
        count=count,
        progress=done.append,
    )
    return done


def enrolled(office: PoolOffice) -> int:
    with office.reading() as session:
        return len(live_roster(session, office.pool))


def test_a_pool_is_filled_by_one_act(office: PoolOffice) -> None:
    size = office.size
    assert fill(office, CHUNK + 5) == [CHUNK, 5]
    assert enrolled(office) == CHUNK + 5
    assert office.size == size + 1


def test_who_is_there_already_stops_all(sqlite_office: PoolOffice) -> None:
    fill(sqlite_office, 10)
    size = sqlite_office.size
    with pytest.raises(PersonTaken):
        fill(sqlite_office, CHUNK + 5)
    assert enrolled(sqlite_office) == 10
    assert sqlite_office.size == size


def test_only_managers_fill_a_pool(sqlite_office: PoolOffice) -> None:
    with pytest.raises(NotPermitted):
        fill(sqlite_office, 10, who="supervisor")
    assert enrolled(sqlite_office) == 0


def test_a_seed_that_cannot_stand_in_the_ground_is_refused(sqlite_office: PoolOffice) -> None:
    with pytest.raises(GroundMissing):
        fill(sqlite_office, 10, seed="two\nlines")
    assert enrolled(sqlite_office) == 0


def test_stored_facts_are_read_as_they_were_written(experts: list[DemoExpert]) -> None:
    for _, known in experts[:500]:
        text = write(Record(known, date(2027, 1, 1), (facts.Absence(date(2026, 12, 1), date(2026, 12, 2)),)))
        assert read_stored(text) == facts.read(text)


def test_unknown_facts_stay_unknown_when_stored() -> None:
    assert read_stored(write(Record(Expert()))) == Record(Expert())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"expert":{"birth":1}}', '{"expert":{"birth_date":"x"}}'])
def test_what_was_never_written_is_not_read(text: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_stored(text)
