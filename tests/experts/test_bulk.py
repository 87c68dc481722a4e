"""Many at once: all or nothing, killed or not, and the ledger's lock held only for moments."""

import os
import signal
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from expertpool.core import faults
from expertpool.core.reconcile import reconcile
from expertpool.core.staging import discard_batch
from expertpool.experts import bulk, history, listing, organisations, queries
from expertpool.experts.errors import (
    EmployerWithoutCode,
    ExpertInvalid,
    GroundMissing,
    MirroredElsewhere,
    PersonTaken,
)
from expertpool.experts.lifecycle import Origin, Pool, Status, Verb
from expertpool.experts.models import Expert, PersonKey, RosterClaim, RosterLine
from expertpool.experts.validation import name_key
from expertpool.identity.errors import NotPermitted
from policies.facts import Employment, PoolKind, Unit
from tests.experts.pool import START, PoolOffice, credit_code, known_facts, person
from tests.faults.installation import SPAWN, died


def begin(office: PoolOffice, pool: Pool | None = None) -> bulk.BulkEnrolment:
    with office.reading() as session:
        names = queries.unit_names(session, office.centre)
    return bulk.BulkEnrolment(
        office.engine, office.protector, pool or office.pool, START, resolve=lambda name: names.get(name_key(name))
    )


def prepared(enrolment: bulk.BulkEnrolment, serials: range) -> list[bulk.Prepared]:
    return [enrolment.prepare(key, person(serial), known_facts(serial)) for key, serial in bulk.placed(serials)]


def rows_of(office: PoolOffice) -> list[int]:
    """How many rows there are, seen or not."""
    with office.engine.connect() as connection:
        tables = (Expert, PersonKey, RosterLine, RosterClaim)
        return [connection.scalar(select(func.count()).select_from(each.__table__)) or 0 for each in tables]


def test_experts_enrolled_in_bulk_are_as_those_enrolled_one_by_one(office: PoolOffice) -> None:
    single = office.enrol(1)
    enrolment = begin(office)
    (one,) = prepared(enrolment, range(2, 3))
    enrolment.stage([one])
    enrolment.finish()
    with office.act() as tx:
        enrolment.publish(tx, ground="首批导入")
    with office.reading() as session:
        first, second = session.get_one(Expert, single), session.get_one(Expert, one.expert["id"])
        assert (second.status, second.since, second.origin) == (first.status, first.since, first.origin)
        assert queries.identity_of(session, office.protector, second) == person(2)
        facts = [queries.record_of(session, each.id) for each in (first, second)]
        serial, again = (each.expert._replace(employments=()) for each in facts)
        assert serial == again
        assert [line.expert_id for line in queries.holders(session, office.pool, ["national/2018/A010101"])] != []
        assert history.index_differences(session) == set()
    assert reconcile(office.engine) == []
    office.step(second.id, Verb.SUSPEND)
    assert reconcile(office.engine) == []


def test_one_entry_says_how_many_and_which(office: PoolOffice) -> None:
    enrolment = begin(office)
    rows = prepared(enrolment, range(1, 121))
    for start in range(0, 120, 50):
        enrolment.stage(rows[start : start + 50])
    size = office.size
    enrolment.finish()
    with office.act() as tx:
        enrolment.publish(tx, ground="首批导入")
    (entry,) = tx.entries
    assert (entry.index, entry.kind) == (size, "expert.bulk-enrolled")
    assert entry.body["roster"]["count"] == 120
    assert entry.body["staged"]["count"] == 240
    assert "首批导入".encode() not in entry.data
    with office.reading() as session:
        assert len(queries.live_roster(session, office.pool)) == 120


def test_nothing_is_there_before_it_is_published(office: PoolOffice) -> None:
    enrolment = begin(office)
    enrolment.stage(prepared(enrolment, range(1, 11)))
    with office.reading() as session:
        assert listing.experts_in(session, office.pool) == []
        assert queries.live_roster(session, office.pool) == {}
        assert queries.holders(session, office.pool, ["national/2018/A010101"]) == []
        assert queries.find_by(session, office.protector, office.pool, "phone", str(person(1).phone)) == []
        assert history.index_differences(session) == set()
    assert reconcile(office.engine) == []
    enrolment.discard()
    assert rows_of(office) == [0, 0, 0, 0]
    assert office.enrol(1)  # the numbers are free again


def test_somebody_in_the_pool_is_not_staged(office: PoolOffice) -> None:
    known = office.enrol(3)
    enrolment = begin(office)
    rows = prepared(enrolment, range(1, 6))
    with office.reading() as session:
        indexes = [row.id_number_index or b"" for row in rows]
        assert queries.taken(session, office.pool, indexes) == {
            office.protector.blind_index(office.pool, "id_number", str(person(3).id_number))
        }
    with pytest.raises(PersonTaken):
        enrolment.stage(rows)
    assert rows_of(office)[0] == 1
    with office.reading() as session:
        assert list(queries.live_roster(session, office.pool)) == [known]


@pytest.mark.parametrize(
    ("who", "ground", "refusal"),
    [
        ("centre-staff", "首批导入", NotPermitted),
        ("act_nobody", "首批导入", NotPermitted),
        ("branch-manager", "首批导入", NotPermitted),
        ("pool-manager", "", GroundMissing),
    ],
)
def test_who_may_and_on_what_ground(sqlite_office: PoolOffice, who: str, ground: str, refusal: type[Exception]) -> None:
    enrolment = begin(sqlite_office)
    enrolment.stage(prepared(enrolment, range(1, 3)))
    enrolment.finish()
    with pytest.raises(refusal), sqlite_office.act(who) as tx:
        enrolment.publish(tx, ground=ground)
    with sqlite_office.reading() as session:
        assert listing.experts_in(session, sqlite_office.pool) == []


def test_a_mirrored_pool_is_taken_over_by_its_mirror(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    mirrored = Pool(office.centre, Origin.MIRRORED)
    enrolment = begin(office, mirrored)
    enrolment.stage(prepared(enrolment, range(1, 3)))
    enrolment.finish()
    with pytest.raises(MirroredElsewhere), office.act() as tx:
        enrolment.publish(tx, ground="省库")
    enrolment.finish()
    with office.act("svc:mirror") as tx:
        enrolment.publish(tx, ground="省库")
    with office.reading() as session:
        (first, *_) = listing.experts_in(session, mirrored, listing.Wanted(Status.ENROLLED))
        assert queries.record_of(session, first.id).expert.pool is PoolKind.PROVINCE


def test_what_takes_long_comes_before_the_act(sqlite_office: PoolOffice) -> None:
    enrolment = begin(sqlite_office)
    rows = prepared(enrolment, range(1, 3))
    enrolment.stage(rows[:1])
    with pytest.raises(RuntimeError, match="finish"), sqlite_office.act() as tx:
        enrolment.publish(tx, ground="导入")
    enrolment.finish()
    with pytest.raises(RuntimeError, match="finished"):
        enrolment.stage(rows[1:])


def test_a_bad_one_is_refused_before_anything_is_written(sqlite_office: PoolOffice) -> None:
    enrolment = begin(sqlite_office)
    with pytest.raises(ExpertInvalid):
        enrolment.prepare("exp_1", person(id_number="1"), known_facts())
    with pytest.raises(ExpertInvalid) as refused:
        enrolment.prepare("exp_1", person(), known_facts(employments=(Employment(Unit("无代码单位")),)))
    assert [type(each) for each in refused.value.problems] == [EmployerWithoutCode]
    assert rows_of(sqlite_office) == [0, 0, 0, 0]


def test_names_join_in_bulk_as_they_do_one_by_one(sqlite_office: PoolOffice) -> None:
    with sqlite_office.act() as tx:
        organisations.register(tx, centre_id=sqlite_office.centre, code=credit_code(1), name="湖南设计院")
    enrolment = begin(sqlite_office)
    one = enrolment.prepare("exp_1", person(), known_facts(employments=(Employment(Unit("湖南 设计院")),)))
    assert credit_code(1) in one.line["facts"]


def test_new_identifiers_ascend_and_rows_are_shuffled() -> None:
    rows = list(range(500))
    placed = list(bulk.placed(rows))
    assert [key for key, _ in placed] == sorted({key for key, _ in placed})
    assert sorted(row for _, row in placed) == rows
    assert [row for _, row in placed] != rows


def test_the_lock_is_held_for_moments_however_many_there_are(sqlite_office: PoolOffice) -> None:
    """The act that publishes writes as many rows for a thousand experts as for one."""
    office = sqlite_office
    written: list[int] = []
    for count in (1, 1000):
        enrolment = begin(office)
        serials = range(count * 10, count * 11)
        rows = iter(prepared(enrolment, serials))
        while chunk := list(islice(rows, bulk.CHUNK)):
            enrolment.stage(chunk)
        enrolment.finish()
        statements: list[str] = []

        def note(_c: object, _u: object, statement: str, *_: object, kept: list[str] = statements) -> None:
            kept.append(statement)

        event.listen(office.engine, "before_cursor_execute", note)
        with office.act() as tx:
            enrolment.publish(tx, ground="导入")
        event.remove(office.engine, "before_cursor_execute", note)
        written.append(len(statements))
    assert written[0] == written[1]


# -- kill -9


def _import_and_die(url: str, directory: Path, centre: str, actor: str, point: str) -> None:
    from expertpool.core.clock import FixedClock
    from expertpool.core.keyrings import EXPERTS_INDEX_KEY, EXPERTS_KEY
    from expertpool.core.transaction import DISCLOSURE_KEY, Transactions
    from tests.core.ledgered import reopen_office
    from tests.experts.pool import made_keys

    made = reopen_office(url, directory, FixedClock(START))
    keys = made_keys(DISCLOSURE_KEY, EXPERTS_KEY, EXPERTS_INDEX_KEY)
    office = PoolOffice(
        made.engine, Transactions(made.engine, FixedClock(START), keys), FixedClock(START), keys, centre
    )
    enrolment = begin(office)
    rows = prepared(enrolment, range(1, 301))
    enrolment.stage(rows[:200])
    if point == "staging":
        os.kill(os.getpid(), signal.SIGKILL)
    enrolment.stage(rows[200:])
    faults.arm(lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == point else None)
    enrolment.finish()
    with office.act(actor) as tx:
        enrolment.publish(tx, ground="导入")


@pytest.mark.parametrize(
    "point", ["staging", "tx.before-entry", "tx.after-entry", "tx.before-commit", "tx.after-commit"]
)
def test_killed_anywhere_it_is_all_or_nothing(
    office: PoolOffice, database_url: str, tmp_path: Path, point: str
) -> None:
    actor = office.actors["pool-manager"]
    process = SPAWN.Process(target=_import_and_die, args=(database_url, tmp_path, office.centre, actor, point))
    process.start()
    assert died(process)

    assert reconcile(office.engine) == []
    with office.reading() as session:
        found = queries.live_roster(session, office.pool)
    assert len(found) == (300 if point == "tx.after-commit" else 0)
    discard_batch(office.engine, 1)
    assert rows_of(office)[0] == len(found)
    assert reconcile(office.engine) == []
