"""A mirrored pool follows the province: what its files say is what the roster has, however it is said."""

import time
from datetime import date, timedelta
from typing import Any

import pytest

from expertpool.core.events import EVENT_KINDS
from expertpool.experts import erasure, history, mirror, mirror_changes, queries, service
from expertpool.experts.errors import MirroredElsewhere
from expertpool.experts.lifecycle import Status
from expertpool.experts.mirror_format import HeadKind
from expertpool.experts.mirror_lines import gone_line
from expertpool.experts.mirror_queries import mirror_fact, mirror_head
from expertpool.experts.models import Expert, PersonKey
from expertpool.protocol.facts import Absence
from ledger.entry import Entry, parse_entry
from policies.facts import Claim, Mirror, PoolKind, Suspension
from policies.facts import Status as Standing
from tests.experts.pool import TODAY, PoolOffice, id_number, known_facts
from tests.experts.province import Province, apply, member, mirrored, people, register, signed, sound, standing

DAY = timedelta(days=1)


def entries_from(office: PoolOffice, first: int) -> list[Entry]:
    return [parse_entry(data) for data in office.log.entries(first, office.size)]


@pytest.fixture
def province() -> Province:
    return Province()


def test_a_full_file_then_increments_then_nothing(office: PoolOffice, province: Province) -> None:
    register(office)
    province.put(*(member(serial) for serial in range(1, 8)))
    first = apply(office, province.next())
    assert (first.sequence, first.kind, first.completed) == (1, HeadKind.FULL, office.clock.now())
    assert standing(office) == {f"HN-{serial}": Status.ENROLLED for serial in range(1, 8)}
    sound(office)

    province.drop(3)
    province.put(member(2, area="430200"), member(9), member(4, identity={"phone": "13999999999"}))
    delta = province.next()
    assert (delta.head.kind, len(delta.lines)) == (HeadKind.INCREMENTAL, 4)
    apply(office, delta)
    now = people(office)
    assert now["HN-3"].status is Status.LEFT
    assert set(now) == {f"HN-{serial}" for serial in (*range(1, 8), 9)}
    with office.reading() as session:
        assert queries.record_of(session, now["HN-2"].id).expert.area == "430200"
        four = session.get_one(Expert, now["HN-4"].id)
        assert queries.identity_of(session, office.protector, four).phone == "13999999999"
        assert queries.find_by(session, office.protector, mirrored(office), "phone", "13999999999") == [four]
        assert len(queries.live_roster(session, mirrored(office))) == 7
    sound(office)

    empty = province.next()
    assert empty.lines == ()
    size = office.size
    apply(office, empty)
    assert office.size == size + 2
    sound(office)


def test_each_entry_names_its_head_and_nobody(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    key = register(office)
    province.put(member(1), member(2))
    apply(office, province.next())
    size = office.size
    province.drop(1)
    province.put(member(3))
    delta = province.next()
    apply(office, delta)
    entries = entries_from(office, size)
    assert [entry.kind for entry in entries] == [
        "mirror.head-accepted",
        "mirror.part-applied",
        "expert.changed",
        "mirror.part-applied",
        "expert.bulk-enrolled",
        "mirror.head-applied",
    ]
    assert {entry.actor for entry in entries} == {"svc:mirror"}
    assert {entry.body["centre"] for entry in entries} == {office.centre}
    named = {entry.body["head"] for entry in entries if entry.kind in ("mirror.part-applied", "mirror.head-applied")}
    assert named == {delta.head.hash.hex()}
    accepted = entries[0].body
    assert (accepted["key"], accepted["sequence"], accepted["day"]) == (key, 2, TODAY.isoformat())
    assert accepted["note"].encode() == delta.note.to_bytes()
    assert EVENT_KINDS["mirror.head-accepted"].field_names(shown=False) == ()


def test_freshness_is_the_day_of_the_last_head(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    with office.reading() as session:
        assert mirror_head(session, office.centre) is None
        assert mirror_fact(session, office.centre, TODAY) == Mirror(None, TODAY)
    register(office)
    apply(office, province.next())  # an empty roster is one too
    with office.reading() as session:
        assert mirror_fact(session, office.centre, TODAY + DAY) == Mirror(TODAY, TODAY + DAY)
    province.tomorrow()
    office.later(days=1)
    apply(office, province.next())
    with office.reading() as session:
        head = mirror_head(session, office.centre)
        assert head is not None
        assert (head.day, head.sequence) == (TODAY + DAY, 2)


def test_everything_that_a_line_says_is_recorded(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    until = TODAY + timedelta(days=200)
    absence = Absence(TODAY + DAY, TODAY + 2 * DAY)
    who, record = member(1, renewed_until=until, absences=(absence,), area="430200")
    pauses = (Suspension(date(2020, 1, 1), date(2020, 2, 1)),)
    province.put((who, record), member(2, suspensions=pauses))
    apply(office, province.next())
    with office.reading() as session:
        experts = people(office)
        kept = queries.record_of(session, experts["HN-1"].id)
        assert queries.identity_of(session, office.protector, session.get_one(Expert, experts["HN-1"].id)) == who
        assert (kept.renewed_until, kept.absences) == (until, (absence,))
        expert = kept.expert
        assert (expert.pool, expert.status, expert.recorded) == (PoolKind.PROVINCE, Standing.ACTIVE, TODAY)
        assert expert.claims == (Claim("A010101", TODAY),)
        unknown = {"pool", "status", "recorded", "claims", "birth_date"}
        given = record.expert._asdict()
        assert {n: v for n, v in expert._asdict().items() if n not in unknown} == {
            n: v for n, v in given.items() if n not in unknown
        }
        assert queries.record_of(session, experts["HN-2"].id).expert.suspensions == pauses
        assert experts["HN-2"].status is Status.ENROLLED


def test_what_favours_counts_from_its_own_day(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    penalty = known_facts().penalties
    province.put(member(1), member(2), member(3, renewed_until=TODAY))
    apply(office, province.next())
    office.later(days=3)
    later = TODAY + 3 * DAY
    province.day = later
    claims = (Claim("A010101"), Claim("B0101"))
    ended = Suspension(TODAY, TODAY)
    province.put(member(1, claims=claims), member(2, suspensions=(ended,)), member(3, renewed_until=later + DAY))
    apply(office, province.next())
    with office.reading() as session:
        experts = people(office)
        one, two, three = (queries.record_of(session, experts[f"HN-{n}"].id).expert for n in (1, 2, 3))
    assert penalty == ()
    assert (one.recorded, one.claims) == (TODAY, (Claim("A010101", TODAY), Claim("B0101", later)))
    assert (two.recorded, two.suspensions) == (TODAY, (ended,))  # it excludes, so it counts at once
    assert three.recorded == later
    province.put(member(2))
    apply(office, province.next())
    with office.reading() as session:
        assert queries.record_of(session, experts["HN-2"].id).expert.recorded == later


@pytest.mark.parametrize(
    ("start", "until", "status"),
    [
        (TODAY, None, Status.SUSPENDED),
        (TODAY, TODAY, Status.SUSPENDED),
        (TODAY + DAY, None, Status.ENROLLED),
        (TODAY - DAY, TODAY - DAY, Status.ENROLLED),
    ],
)
def test_somebody_is_suspended_while_a_suspension_runs(
    sqlite_office: PoolOffice, province: Province, start: date, until: date | None, status: Status
) -> None:
    office = sqlite_office
    register(office)
    pause = Suspension(start, until)
    province.put(member(1), member(2, suspensions=(pause,)))
    apply(office, province.next())
    province.put(member(1, suspensions=(pause,)))
    apply(office, province.next())
    assert standing(office) == {"HN-1": status, "HN-2": status}
    province.put(member(1), member(2))
    apply(office, province.next())
    back = Status.REINSTATED if status is Status.SUSPENDED else Status.ENROLLED
    assert standing(office) == {"HN-1": back, "HN-2": back}
    sound(office)


def test_who_is_gone_comes_back_with_the_same_record(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    province.put(member(1), member(2), member(3))
    apply(office, province.next())
    ids = {code: expert.id for code, expert in people(office).items()}
    province.drop(1, 2)
    apply(office, province.next())
    assert standing(office) == {"HN-1": Status.LEFT, "HN-2": Status.LEFT, "HN-3": Status.ENROLLED}
    with office.act("svc:mirror") as tx:
        erasure.erase_contact(tx, ids["HN-1"], ground="保存期满")
    office.later(days=1)
    province.tomorrow()
    one, _ = member(1)
    province.put(member(1), member(2, identity={"code": "HN-2002"}))
    apply(office, province.next())
    now = people(office)
    assert {code: expert.id for code, expert in now.items()} == {
        "HN-1": ids["HN-1"],
        "HN-2002": ids["HN-2"],
        "HN-3": ids["HN-3"],
    }
    with office.reading() as session:
        assert queries.identity_of(session, office.protector, session.get_one(Expert, ids["HN-1"])) == one
        assert session.get_one(PersonKey, ids["HN-1"]).contact is not None
        expert = queries.record_of(session, ids["HN-1"]).expert
        assert (expert.recorded, expert.claims) == (TODAY + DAY, (Claim("A010101", TODAY + DAY),))
    sound(office)


def test_a_new_number_in_one_file_is_the_same_person(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    province.put(member(1))
    apply(office, province.next())
    before = people(office)["HN-1"].id
    province.drop(1)
    province.put(member(1, identity={"code": "HN-77"}))
    apply(office, province.next())
    assert {code: expert.id for code, expert in people(office).items()} == {"HN-77": before}
    sound(office)


def test_a_corrected_identity_number_is_a_new_version(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    province.put(member(1))
    apply(office, province.next())
    province.put(member(1, identity={"id_number": id_number(500, date(1960, 1, 1))}))  # the same day of birth
    apply(office, province.next())
    sound(office)
    with office.reading() as session:
        (line,) = history.roster_at(session, mirrored(office), office.size).lines.values()
        assert line.version == 2


def test_removed_is_not_left(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    province.put(member(1), member(2))
    first = province.next()
    apply(office, first)
    province.drop(1)
    delta = province.next()
    apply(office, signed(delta, lines=[gone_line("HN-1", "removed", bytes(16))]))
    assert standing(office)["HN-1"] is Status.REMOVED


def test_only_the_mirror_changes_a_mirrored_pool(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    province.put(member(1))
    apply(office, province.next())
    expert = people(office)["HN-1"].id
    with pytest.raises(MirroredElsewhere), office.act() as tx:
        service.set_absences(tx, expert, [])


def test_an_own_pool_and_a_mirrored_one_do_not_meet(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    own = office.enrol(1)
    province.put(member(1))
    apply(office, province.next())
    with office.reading() as session:
        assert list(queries.live_roster(session, office.pool)) == [own]
        assert own not in queries.live_roster(session, mirrored(office))


def test_many_changes_are_many_short_acts(
    sqlite_office: PoolOffice, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office
    register(office)
    province.put(*(member(serial) for serial in range(1, 30)))
    apply(office, province.next())
    province.put(*(member(serial, area="430200") for serial in range(1, 30)))
    monkeypatch.setattr(mirror, "CHANGES", 10)
    size = office.size
    done: list[int] = []
    mirror.apply_file(office.transactions, office.protector, province.next(), progress=done.append)
    kinds = [entry.kind for entry in entries_from(office, size)]
    assert kinds.count("expert.changed") == 3
    assert done == [10, 10, 9]
    sound(office)


def test_a_day_without_changes_touches_nobody(sqlite_office: PoolOffice, province: Province) -> None:
    office = sqlite_office
    register(office)
    province.put(*(member(serial) for serial in range(1, 5)))
    apply(office, province.next())
    revisions = {code: expert.revision for code, expert in people(office).items()}
    apply(office, province.next(full=True))
    assert {code: expert.revision for code, expert in people(office).items()} == revisions


def test_an_act_takes_far_less_than_the_second_that_the_lock_may_be_held(
    sqlite_office: PoolOffice, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = sqlite_office
    register(office)
    serials = range(1, mirror.CHANGES + 1)
    province.put(*(member(serial) for serial in serials))
    apply(office, province.next())
    province.put(*(member(serial, area="430200", claims=(Claim("A010101"), Claim("B0101"))) for serial in serials))
    spent = []

    def write(*args: Any, **kwargs: Any) -> None:
        begun = time.process_time()
        mirror_changes.write_changes(*args, **kwargs)
        spent.append(time.process_time() - begun)

    monkeypatch.setattr(mirror, "write_changes", write)
    begun = time.process_time()
    apply(office, province.next())
    assert len(spent) == 1
    assert spent[0] < time.process_time() - begun < 2.0
    assert spent[0] < 0.5
