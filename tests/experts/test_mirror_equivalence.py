"""A full file and a chain of increments that say the same lead to the same roster, here and at the sender."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expertpool.experts import queries
from expertpool.experts.mirror_format import read_file
from expertpool.experts.mirror_lines import put_line
from expertpool.experts.mirror_making import make_next
from expertpool.experts.mirror_queries import roster_now
from tests.experts.pool import TODAY, make_pool
from tests.experts.province import Province, apply, member, mirrored, people, register, sound

SOME = st.dictionaries(st.integers(1, 6), st.sampled_from(["430100", "430200", "430300"]), max_size=6)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(SOME, min_size=1, max_size=4))
def test_a_chain_and_a_full_file_lead_to_the_same_roster(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[int, str]]
) -> None:
    offices = []
    for name in ("chain", "full"):
        folder = tmp_path_factory.mktemp(name)
        offices.append(make_pool(f"sqlite:///{folder / 'x.db'}", folder))
    chain, whole = offices
    province = Province()
    for office in offices:
        register(office)
    for roster_of_day in days:
        province.roster = {}
        province.put(*(member(serial, area=area) for serial, area in roster_of_day.items()))
        apply(chain, province.next())
    last = province.sent[-1].head
    full = province.next(full=True)
    assert full.head.roster == last.roster
    apply(whole, full)
    for office in offices:
        with office.reading() as session:
            assert roster_now(session, office.centre) == last.roster
        sound(office)
    facts = []
    for office in offices:
        with office.reading() as session:
            on = queries.live_roster(session, mirrored(office))
            known = {code: expert.id for code, expert in people(office).items() if expert.id in on}
            facts.append({code: queries.record_of(session, expert) for code, expert in known.items()})
        office.engine.dispose()
    assert facts[0] == facts[1]


def test_the_sender_keeps_the_salt_of_what_stays_the_same() -> None:
    province = Province()
    province.put(member(1), member(2))
    first = province.next()
    province.put(member(2, area="430200"))
    second = province.next(full=True)
    assert len({*first.lines} & {*second.lines}) == 1
    back = make_next(province.sent, [member(1), member(2)], signer=province.signer, day=TODAY)
    assert read_file(back.data).lines[0] not in first.lines


def test_a_line_is_written_as_it_is_read() -> None:
    who, record = member(1)
    line = put_line(who, record, bytes(16))
    assert b'"status"' not in line
    assert line.index(b'"code"') < line.index(b'"expert"') < line.index(b'"person"') < line.index(b'"salt"')
