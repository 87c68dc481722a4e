"""A draw uses the number that was known when it was asked for; erasing a contact erases the former ones."""

from datetime import datetime, timedelta

from sqlalchemy import select

from expertpool.draws.contacts import contacts
from expertpool.experts import erasure, former_contacts, service
from expertpool.experts.lifecycle import Verb
from expertpool.experts.models import FormerContact
from expertpool.experts.protection import Protector
from tests.experts.pool import PoolOffice, person

FIRST = person(1).phone
SECOND, THIRD = "13900000002", "13900000003"
ACCOUNT = person(1).account


def amend(office: PoolOffice, expert_id: str, phone: str) -> None:
    with office.act() as tx:
        service.amend_contact(tx, Protector(office.keys), expert_id, phone=phone, account=ACCOUNT)


def number(office: PoolOffice, expert_id: str, asked: datetime) -> str:
    with office.reading() as session:
        return contacts(session, Protector(office.keys), [expert_id], [expert_id], asked)[expert_id].phone


def kept(office: PoolOffice) -> int:
    with office.reading() as session:
        return len(session.scalars(select(FormerContact)).all())


def test_whoever_amends_a_number_after_a_draw_was_asked_for_redirects_no_call(office: PoolOffice) -> None:
    expert_id, instant = office.enrol(1), timedelta(microseconds=1)
    office.later(days=1)
    first = office.clock.now()
    amend(office, expert_id, SECOND)
    office.later(days=1)
    second = office.clock.now()
    amend(office, expert_id, THIRD)
    assert number(office, expert_id, first - instant) == FIRST
    assert number(office, expert_id, first) == SECOND, "what was amended by then counts"
    assert number(office, expert_id, second - instant) == SECOND
    assert number(office, expert_id, second) == THIRD


def test_an_erased_contact_leaves_no_former_one(office: PoolOffice) -> None:
    expert_id, other = office.enrol(1), office.enrol(2)
    amend(office, expert_id, SECOND)
    amend(office, other, THIRD)
    office.step(expert_id, Verb.LEAVE, "pool-manager")
    with office.act() as tx:
        erasure.erase_contact(tx, expert_id, ground="本人退出")
    assert kept(office) == 1
    assert number(office, expert_id, office.clock.now() - timedelta(days=1)) == ""


def test_former_contacts_are_forgotten_when_no_draw_asks_for_them(office: PoolOffice) -> None:
    expert_id = office.enrol(1)
    amend(office, expert_id, SECOND)
    made = office.clock.now()
    former_contacts.sweep(office.engine, made + former_contacts.KEPT_FOR)
    assert kept(office) == 1
    former_contacts.sweep(office.engine, made + former_contacts.KEPT_FOR + timedelta(microseconds=1))
    assert kept(office) == 0
