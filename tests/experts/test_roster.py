"""The roster: rebuilt at any point it is what it was then; who is left out, slipped in or doubled shows."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from expertpool.core.ledger_tables import LedgerImage
from expertpool.core.reconcile import reconcile
from expertpool.experts import bulk, history, queries, service
from expertpool.experts.acts import note
from expertpool.experts.lifecycle import Origin, Pool, Verb
from expertpool.experts.models import Expert, RosterClaim, RosterLine
from expertpool.protocol import roster
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.facts import Absence
from expertpool.protocol.roster import (
    Line,
    LineMalformed,
    LineOutOfOrder,
    PersonTwice,
    RosterIncomplete,
    commitment,
    line_bytes,
    parse_line,
    rebuild,
)
from ledger.canonical import canonical, parse
from ledger.merkle import EMPTY_ROOT
from policies.facts import Claim
from tests.experts.pool import START, PoolOffice, known_facts, person

SALT = bytes(range(16))


def line(
    expert: str = "exp_a", version: int = 1, facts: str | None = '{"expert":{}}', person: bytes | None = None
) -> Line:
    return Line(SALT, expert, version, person, facts)


# -- the form of a line


def test_a_line_is_what_the_specification_says() -> None:
    """The vector of docs/spec/roster.md."""
    one = line(person=bytes(16))
    assert one.data == (
        b'["expertpool/roster/v1","AAECAwQFBgcICQoLDA0ODw==","exp_a",1,"AAAAAAAAAAAAAAAAAAAAAA==",{"expert":{}}]'
    )
    assert one.leaf.hex() == "2d18f1722d39addab1fc1d87aefd6cb47d6bea4b3d1ca15d6e98881efef6685d"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=10,
)


@given(
    salt=st.binary(min_size=16, max_size=16),
    version=st.integers(1, 2**50),
    person=st.none() | st.binary(max_size=20),
    facts=st.none() | st.dictionaries(st.text("abc", max_size=3), JSON).map(lambda facts: canonical(facts).decode()),
)
def test_lines_are_canonical_and_read_back(salt: bytes, version: int, person: bytes | None, facts: str | None) -> None:
    one = Line(salt, "exp_1", version, person, facts)
    parse(one.data)
    assert parse_line(one.data) == one


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        line().data + b" ",
        line().data.replace(b"v1", b"v2"),
        line().data.replace(b'"AAEC', b'"AAE'),
        line(version=0).data,
        line(version=-1).data,
        line().data.replace(b'",1,', b'","1",'),
        line().data.replace(b'",1,', b'",true,'),
        line().data.replace(b'"exp_a"', b"5"),
        line().data.replace(b'{"expert":{}}', b"[]"),
        Line(b"short", "exp_a", 1, None, None).data,
    ],
)
def test_what_is_no_line_is_refused(data: bytes) -> None:
    with pytest.raises(LineMalformed):
        parse_line(data)


# -- rebuilding from what an auditor is shown


def entry(*lines: Line) -> tuple[dict[str, object], list[bytes]]:
    return commitment([each.leaf for each in lines]), [each.data for each in lines]


def rebuilt(*entries: tuple[dict[str, object], list[bytes]]) -> dict[str, int]:
    said = {index: said for index, (said, _) in enumerate(entries)}
    found = rebuild(said, {index: lines for index, (_, lines) in enumerate(entries)})
    return {expert: each.version for expert, each in found.lines.items()}


A, B = line("exp_a", person=b"a"), line("exp_b", person=b"b")
A2, GONE = A._replace(version=2), A._replace(version=2, facts=None)


def test_the_last_line_of_each_counts() -> None:
    assert rebuilt() == {}
    assert rebuilt(entry(A, B)) == {"exp_a": 1, "exp_b": 1}
    assert rebuilt(entry(A), entry(B), entry(A2)) == {"exp_a": 2, "exp_b": 1}
    assert rebuilt(entry(A, B), entry(GONE)) == {"exp_b": 1}
    assert rebuilt(entry(A), entry(GONE), entry(A._replace(version=3))) == {"exp_a": 3}


def test_the_order_in_which_lines_are_shown_does_not_matter() -> None:
    said, lines = entry(A, B)
    assert rebuilt((said, lines[::-1])) == {"exp_a": 1, "exp_b": 1}


C = line("exp_c", person=b"c")


@pytest.mark.parametrize(
    ("entries", "refusal"),
    [
        ([(entry(A, B)[0], [A.data])], RosterIncomplete),  # left out
        ([(entry(A, B)[0], [A.data, B.data, C.data])], RosterIncomplete),  # slipped in
        ([(entry(A, B)[0], [A.data, A.data])], RosterIncomplete),  # one shown twice for two
        ([(entry(A, B)[0], [A.data, B._replace(facts='{"expert":{"area":"430100"}}').data])], RosterIncomplete),
        ([(entry(A)[0], [])], RosterIncomplete),
        ([entry(A), (entry()[0], [C.data])], RosterIncomplete),
        ([entry(A2)], LineOutOfOrder),  # the first version is missing
        ([entry(A), entry(A)], LineOutOfOrder),  # twice
        ([entry(A), entry(A._replace(version=3))], LineOutOfOrder),
        ([entry(A, A)], LineOutOfOrder),
        ([entry(A, A._replace(expert="exp_z"))], PersonTwice),  # one person as two experts
        ([entry(A), entry(A._replace(expert="exp_z"))], PersonTwice),
        ([entry(B, line("exp_y", person=b"y")), entry(line("exp_y", 2, person=b"b"))], PersonTwice),
    ],
)
def test_whatever_is_wrong_is_found(
    entries: list[tuple[dict[str, object], list[bytes]]], refusal: type[ProtocolError]
) -> None:
    with pytest.raises(refusal):
        rebuilt(*entries)


def test_lines_for_an_entry_that_says_nothing_are_refused() -> None:
    with pytest.raises(RosterIncomplete):
        rebuild({}, {3: [A.data]})
    with pytest.raises(RosterIncomplete):
        rebuild({}, {}, {3: [A.leaf]})


def test_a_person_may_come_back_under_another_number_once_gone() -> None:
    again = A._replace(expert="exp_z")
    assert rebuilt(entry(A), entry(GONE), entry(again)) == {"exp_z": 1}
    assert rebuilt(entry(A), entry(GONE, again)) == {"exp_z": 1}


def test_unknown_persons_are_not_each_other() -> None:
    assert rebuilt(entry(A._replace(person=None), B._replace(person=None))) == {"exp_a": 1, "exp_b": 1}


def test_an_erased_line_is_counted_and_stands_for_one_leaf() -> None:
    said = {0: commitment([A.leaf, B.leaf])}
    found = rebuild(said, {0: [B.data]}, {0: [A.leaf]})
    assert (list(found.lines), found.erased) == (["exp_b"], 1)
    with pytest.raises(RosterIncomplete):
        rebuild(said, {0: [A.data, B.data]}, {0: [A.leaf]})


def test_the_root_is_over_sorted_leaves() -> None:
    assert roster.root([]) == EMPTY_ROOT
    assert roster.root([A.leaf, B.leaf]) == roster.root([B.leaf, A.leaf])
    assert roster.root([A.leaf]) != roster.root([A.leaf, A.leaf])


# -- the live roster


def live(office: PoolOffice) -> dict[str, bytes]:
    with office.reading() as session:
        return queries.live_roster(session, office.pool)


def at(office: PoolOffice, size: int) -> dict[str, bytes]:
    with office.reading() as session:
        return {expert: each.leaf for expert, each in history.roster_at(session, office.pool, size).lines.items()}


def shown(office: PoolOffice, size: int) -> roster.Rebuilt:
    with office.reading() as session:
        return rebuild(*history.opened_lines(session, office.pool, size))


def enrol_in_bulk(office: PoolOffice, serials: range) -> None:
    enrolment = bulk.BulkEnrolment(office.engine, office.protector, office.pool, START, resolve=lambda _: None)
    rows = [enrolment.prepare(key, person(serial), known_facts(serial)) for key, serial in bulk.placed(serials)]
    enrolment.stage(rows)
    enrolment.finish()
    with office.act() as tx:
        enrolment.publish(tx, ground="导入")


def act_on_one(office: PoolOffice, chance: random.Random, serial: int) -> None:
    """Do something to somebody on the roster."""
    expert = chance.choice(sorted(live(office)))
    match chance.randrange(4):
        case 0:
            office.step(expert, chance.choice([Verb.SUSPEND, Verb.REMOVE]))
        case 1:
            with office.act() as tx:
                for each in {expert, chance.choice(sorted(live(office)))}:
                    day = date(2026, 12, 1) + timedelta(days=serial)
                    service.set_absences(tx, each, [Absence(day, day)])
        case 2:
            changed = known_facts(serial, claims=(Claim("A010102"), Claim("B0101")))
            with office.act() as tx:
                service.amend_facts(tx, office.protector, expert, changed, ground="更正")
        case _:
            office.step(expert, Verb.RENEW, "pool-manager", until=date(2028, 12, 31))


def test_rebuilt_at_every_point_it_is_the_roster_of_that_point(office: PoolOffice) -> None:
    """A random history of single acts, several acts in one transaction and bulk acts."""
    chance = random.Random(20261121)
    known: dict[int, dict[str, bytes]] = {office.size: live(office)}
    applied: list[str] = []
    for serial in range(1, 50):
        match chance.randrange(6):
            case 0 | 1:
                applied.append(office.apply(serial))
            case 2 if applied:
                expert = applied.pop()
                office.step(expert, Verb.REVIEW, "pool-manager")
                known[office.size] = live(office)
                office.step(expert, Verb.ENROL)
            case 3:
                enrol_in_bulk(office, range(1000 + serial * 10, 1003 + serial * 10))
            case _ if live(office):
                act_on_one(office, chance, serial)
        office.later(hours=chance.randrange(40))
        known[office.size] = live(office)
    assert len({tuple(sorted(each.items())) for each in known.values()}) > 20
    for size, then in known.items():
        assert at(office, size) == then
        found = shown(office, size)
        assert {expert: each.leaf for expert, each in found.lines.items()} == then
        assert found.root() == roster.root(then.values())
    assert reconcile(office.engine) == []
    with office.reading() as session:
        assert history.index_differences(session) == set()


def test_two_steps_in_one_transaction_are_one_version(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert = office.enrol()
    with office.act("competent-department") as tx:
        service.take_step(tx, office.protector, expert, Verb.SUSPEND, ground="甲")
        service.take_step(tx, office.protector, expert, Verb.REMOVE, ground="乙")
    with office.reading() as session:
        assert queries.line_of(session, expert).version == 2
    assert shown(office, office.size).lines == {}


def test_an_act_that_leaves_the_facts_alone_writes_no_line(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert = office.enrol()
    before = live(office)
    with office.act() as tx:
        service.amend_contact(tx, office.protector, expert, phone="13900000000", account=None)
    assert live(office) == before
    assert b'"roster":{"count":0,' in office.log.entries(office.size - 1, office.size)[0]


def test_one_transaction_changes_one_pool(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    mirrored = Pool(office.centre, Origin.MIRRORED)
    expert = office.apply()
    with office.act() as tx:
        own = queries.find_expert(tx.session, expert)
        assert own
        note(tx, own, "first", None)
        with pytest.raises(RuntimeError):
            note(tx, Expert(id="exp_x", centre_id=mirrored.centre_id, origin=mirrored.origin, revision=0), "x", None)


def test_pools_are_apart(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    mirrored = Pool(office.centre, Origin.MIRRORED)
    own = office.enrol()
    enrolment = bulk.BulkEnrolment(office.engine, office.protector, mirrored, START, resolve=lambda _: None)
    enrolment.stage([enrolment.prepare("exp_m", person(1), known_facts(1))])  # the same person, in another pool
    enrolment.finish()
    with office.act("svc:mirror") as tx:
        enrolment.publish(tx, ground="省库")
    assert list(live(office)) == list(shown(office, office.size).lines) == [own]
    with office.reading() as session:
        assert list(history.roster_at(session, mirrored, office.size).lines) == ["exp_m"]
        assert list(rebuild(*history.opened_lines(session, mirrored, office.size)).lines) == ["exp_m"]


# -- what is done behind the service's back


def test_an_expert_slipped_into_the_database_shows(office: PoolOffice) -> None:
    expert = office.enrol()
    with office.engine.begin() as connection:
        row = connection.execute(RosterLine.__table__.select()).one()._asdict()
        connection.execute(delete(RosterLine).where(RosterLine.expert_id == expert))
        ghost = {**row, "salt": bytes(16), "facts": row["facts"].replace("430100", "430200")}
        connection.execute(insert(RosterLine).values(**ghost))
    assert [(found.what, found.key) for found in reconcile(office.engine)] == [("changed", expert)]


def test_a_line_taken_out_of_the_database_shows(office: PoolOffice) -> None:
    kept, lost = office.enrol(1), office.enrol(2)
    with office.engine.begin() as connection:
        connection.execute(delete(RosterClaim).where(RosterClaim.expert_id == lost))
        connection.execute(delete(RosterLine).where(RosterLine.expert_id == lost))
    assert [(found.what, found.key) for found in reconcile(office.engine)] == [("removed", lost)]
    assert sorted(at(office, office.size)) == sorted([kept, lost])  # the ledger still has them


def test_whoever_takes_the_image_out_too_is_found_by_the_auditor(office: PoolOffice) -> None:
    office.enrol(1)
    lost = office.enrol(2)
    with office.engine.begin() as connection:
        connection.execute(delete(LedgerImage).where(LedgerImage.row_key == lost))
    with pytest.raises(RosterIncomplete):
        shown(office, office.size)


def test_a_tampered_index_of_claims_shows(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert, other = office.enrol(1), office.enrol(2)
    with office.engine.begin() as connection:
        connection.execute(delete(RosterClaim).where(RosterClaim.expert_id == expert))
        connection.execute(
            update(RosterClaim).where(RosterClaim.expert_id == other).values(claim="national/2018/B0101")
        )
    with office.reading() as session:
        assert history.index_differences(session) == {
            ("national/2018/A010101", expert),
            ("national/2018/A010101", other),
            ("national/2018/B0101", other),
        }


def test_the_bytes_of_a_line_tell_nothing_without_the_salt() -> None:
    assert line_bytes(A) != line_bytes(A._replace(salt=bytes(16)))
    assert A.leaf != A._replace(salt=bytes(16)).leaf
