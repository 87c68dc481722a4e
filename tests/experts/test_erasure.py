"""Erasure: contact data when somebody has gone, everything when retention has ended; the ledger stays whole."""

import json
from base64 import b64encode
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from expertpool.core.ledger_tables import LedgerEntry, LedgerImage
from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import DISCLOSURE_KEY, disclosures_context
from expertpool.experts import bulk, erasure, history, queries, service
from expertpool.experts.errors import PersonTaken, RetentionRuns, StillInPool
from expertpool.experts.lifecycle import GONE, Status, Verb
from expertpool.experts.models import Expert, PersonKey, RosterLine, Training
from expertpool.experts.protection import Identity
from expertpool.identity.errors import NotPermitted
from expertpool.protocol.facts import Record
from expertpool.protocol.roster import rebuild
from ledger.disclosure import parse_disclosure
from policies.facts import Expert as Facts
from policies.facts import day_of
from tests.experts.pool import START, TODAY, PoolOffice, known_facts, person

YEARS = 15


def gone(office: PoolOffice, serial: int = 1) -> str:
    expert_id = office.enrol(serial)
    with office.act() as tx:
        service.record_training(tx, expert_id, held_on=TODAY, topic="评标系统操作", hours=8, passed=True)
    office.step(expert_id, Verb.LEAVE, "pool-manager")
    return expert_id


def erase_contact(office: PoolOffice, expert_id: str, who: str = "pool-manager") -> None:
    with office.act(who) as tx:
        erasure.erase_contact(tx, expert_id, ground="本人退出")


def erase_record(office: PoolOffice, expert_id: str) -> None:
    """On the first day after the retention, however late it is by then."""
    with office.reading() as session:
        until = erasure.retained_until(session.get_one(Expert, expert_id), YEARS)
    office.later(days=max((until - day_of(office.clock.now())).days + 1, 0))
    erase_now(office, expert_id)


def erase_now(office: PoolOffice, expert_id: str) -> None:
    with office.act() as tx:
        erasure.erase_record(tx, office.keys, expert_id, years=YEARS, ground="保存期满")


def sealed_of(office: PoolOffice) -> list[dict[str, object]]:
    """Every hidden change that the entries can still open."""
    found = []
    with office.reading() as session:
        for entry in session.scalars(select(LedgerEntry).order_by(LedgerEntry.index)):
            if entry.sealed is None:
                continue
            opened = json.loads(office.keys.open(DISCLOSURE_KEY, entry.sealed, disclosures_context(entry.index)))
            found += [parse_disclosure(text) for text in opened]
    return [disclosure.value for disclosure in found if disclosure.name.startswith("change-")]


def image_texts(office: PoolOffice, key: str) -> list[bytes]:
    with office.reading() as session:
        images = select(LedgerImage.data).where(LedgerImage.row_key == key, LedgerImage.data.is_not(None))
        return [data or b"" for data in session.scalars(images)]


def test_contact_data_go_and_the_rest_stays(office: PoolOffice) -> None:
    expert_id = gone(office)
    with office.reading() as session:
        before = session.get_one(Expert, expert_id)
        phone, index = before.phone_sealed or b"", before.phone_index or b""
        key = session.get_one(PersonKey, expert_id).contact or b""
    erase_contact(office, expert_id)
    with office.reading() as session:
        expert = session.get_one(Expert, expert_id)
        known = queries.identity_of(session, office.protector, expert)
        assert known == Identity(person().name, person().id_number)
        assert queries.find_by(session, office.protector, office.pool, "phone", str(person().phone)) == []
        cipher = queries.cipher_of(session, office.protector, expert_id)
        assert cipher.open("phone", phone) is None, "a stolen ciphertext has no key any more"
    for gone_for_good in (phone, index, key):
        assert not any(b64encode(gone_for_good) in data for data in image_texts(office, expert_id))
    assert reconcile(office.engine) == []
    with office.reading() as session:
        assert rebuild(*history.opened_lines(session, office.pool, office.size)).lines == {}
        assert expert_id in history.roster_at(session, office.pool, office.size - 3).lines


@pytest.mark.parametrize("status", sorted(set(Status) - GONE))
def test_nobody_who_is_in_the_pool_is_erased(sqlite_office: PoolOffice, status: Status) -> None:
    office = sqlite_office
    expert_id = office.apply()
    path = {Status.APPLIED: [], Status.REVIEWED: [Verb.REVIEW]}.get(status, [Verb.REVIEW, Verb.ENROL])
    further = {Status.SUSPENDED: [Verb.SUSPEND], Status.REINSTATED: [Verb.SUSPEND, Verb.REINSTATE]}
    for verb in [*path, *further.get(status, [])]:
        office.step(expert_id, verb, "pool-manager" if verb is Verb.REVIEW else "competent-department")
    for erase in (erase_contact, erase_record):
        with pytest.raises(StillInPool):
            erase(office, expert_id)


@pytest.mark.parametrize("who", ["centre-staff", "competent-department", "system-administrator"])
def test_only_the_pools_manager_erases(sqlite_office: PoolOffice, who: str) -> None:
    expert_id = gone(sqlite_office)
    with pytest.raises(NotPermitted):
        erase_contact(sqlite_office, expert_id, who)


def test_a_record_is_kept_to_the_last_day_of_its_retention(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = gone(office)
    last = datetime(TODAY.year + YEARS, TODAY.month, TODAY.day, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in China
    office.clock.advance(last - office.clock.now())
    size = office.size
    with pytest.raises(RetentionRuns) as refused:
        erase_now(office, expert_id)
    assert refused.value.until == f"{TODAY.year + YEARS}-11-21"
    assert office.size == size
    with office.reading() as session:
        assert queries.identity_of(session, office.protector, session.get_one(Expert, expert_id)) == person()
    office.later(seconds=1)
    erase_now(office, expert_id)


def test_a_leap_days_anniversary_is_the_last_of_february(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    office.clock.advance(datetime(2028, 2, 29, tzinfo=UTC) - office.clock.now())
    expert_id = gone(office)
    with office.reading() as session:
        assert erasure.retained_until(session.get_one(Expert, expert_id), 15) == date(2043, 2, 28)


def test_an_erased_record_leaves_an_empty_row_and_a_whole_ledger(office: PoolOffice) -> None:
    kept = office.enrol(2)
    expert_id = gone(office)
    sizes = range(office.size + 1)
    with office.reading() as session:
        roots = [rebuild(*history.opened_lines(session, office.pool, size)) for size in sizes]
    entries = office.log.entries(0, office.size)
    erase_record(office, expert_id)

    with office.reading() as session:
        expert = session.get_one(Expert, expert_id)
        assert queries.identity_of(session, office.protector, expert) == Identity("")
        columns = {name for name, value in vars(expert).items() if name.endswith(("_sealed", "_index")) and value}
        assert columns == set()
        key = session.get_one(PersonKey, expert_id)
        assert (key.identity, key.contact) == (None, None)
        assert queries.record_of(session, expert_id) == Record(Facts())
        assert session.get_one(RosterLine, expert_id).person is None
        assert session.scalars(select(Training)).all() == []
    assert not any(b"430100" in data for data in image_texts(office, expert_id))
    assert office.log.entries(0, len(entries)) == entries
    assert reconcile(office.engine) == []
    with office.reading() as session:
        now = [rebuild(*history.opened_lines(session, office.pool, size)) for size in sizes]
    for before, after in zip(roots, now, strict=True):
        assert {each for each in before.lines if each != expert_id} == set(after.lines)
    assert list(now[-1].lines) == [kept]
    assert now[-1].erased == 2  # enrolled, left


def test_what_the_entries_hold_of_others_stays(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    other, expert_id = office.enrol(2), office.enrol(1)
    with office.act("competent-department") as tx:
        for each in (other, expert_id):
            service.take_step(tx, office.protector, each, Verb.REMOVE, ground=f"决定 {each}")
    about = [change["expert"] for change in sealed_of(office)]
    assert about.count(expert_id) == about.count(other) == 4
    erase_record(office, expert_id)
    left = sealed_of(office)
    assert [change["expert"] for change in left].count(other) == 4
    assert [change["verb"] for change in left if change["expert"] == expert_id] == ["erase-contact", "erase-record"]
    assert reconcile(office.engine) == []


def test_somebody_enrolled_in_bulk_is_erased_too(office: PoolOffice) -> None:
    enrolment = bulk.BulkEnrolment(office.engine, office.protector, office.pool, START, resolve=lambda _: None)
    enrolment.stage([enrolment.prepare(f"exp_{n}", person(n), known_facts(n)) for n in (1, 2, 3)])
    enrolment.finish()
    with office.act() as tx:
        enrolment.publish(tx, ground="导入")
    office.step("exp_2", Verb.LEAVE, "pool-manager")
    erase_record(office, "exp_2")
    assert reconcile(office.engine) == []
    with office.reading() as session:
        now = rebuild(*history.opened_lines(session, office.pool, office.size))
    assert (sorted(now.lines), now.erased) == (["exp_1", "exp_3"], 2)
    assert not any(b"430100" in data for data in image_texts(office, "exp_2"))


def test_whoever_left_may_come_back(sqlite_office: PoolOffice) -> None:
    """With the same record, and with new contact data where the old were erased."""
    office = sqlite_office
    expert_id = gone(office)
    with pytest.raises(PersonTaken):
        office.apply(1)
    erase_contact(office, expert_id)
    office.step(expert_id, Verb.REAPPLY, "pool-manager")
    with office.act() as tx:
        service.amend_contact(tx, office.protector, expert_id, phone=person().phone, account=person().account)
    office.step(expert_id, Verb.REVIEW, "pool-manager")
    office.step(expert_id, Verb.ENROL)
    with office.reading() as session:
        assert queries.identity_of(session, office.protector, session.get_one(Expert, expert_id)) == person()
        assert rebuild(*history.opened_lines(session, office.pool, office.size)).lines[expert_id].version == 3


def test_after_an_erased_record_the_number_is_free(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    expert_id = gone(office)
    erase_record(office, expert_id)
    assert office.enrol(1) != expert_id
