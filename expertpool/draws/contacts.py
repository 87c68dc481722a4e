"""Who the drawn are and how they are reached, read so that no statement tells who was drawn (ADR 0021).

Whoever sees every statement with its parameters sees the rows of the whole candidate table read, in the order of their
identifiers, whoever is wanted. What is wanted is opened in memory and goes into sealed records; later nothing is read.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.experts.models import Expert, FormerContact, PersonKey
from expertpool.experts.protection import PersonKeys, Protector

AT_ONCE: Final = 1_000


class Contact(NamedTuple):
    """A name, a telephone number, an identity number, a bank account; empty where erased or never known."""

    name: str
    phone: str
    id_number: str
    account: str

    def __repr__(self) -> str:
        return "Contact(...)"


def contacts(
    session: Session, protector: Protector, everyone: Sequence[str], wanted: Collection[str], asked: datetime
) -> dict[str, Contact]:
    """The contacts of ``wanted`` as they were when a draw was ``asked`` for, found by reading those of ``everyone``.

    Whoever amends a number after that redirects no call. Raises `SealBroken`.
    """
    found = {}
    for some in _chunks(sorted(everyone)):
        former = _replaced_since(session, some, asked)
        rows = (
            select(Expert.id, Expert.name_sealed, Expert.phone_sealed, Expert.id_number_sealed)
            .add_columns(Expert.account_sealed, PersonKey.identity, PersonKey.contact)
            .outerjoin(PersonKey, PersonKey.expert_id == Expert.id)
            .where(Expert.id.in_(some))
        )
        for expert, name, phone, id_number, account, *keys in session.execute(rows):
            if expert in wanted:
                cipher = protector.open_person(expert, PersonKeys(*keys))
                found[expert] = Contact(
                    name=cipher.open("name", name) or "",
                    phone=cipher.open("phone", former.get(expert, phone)) or "",
                    id_number=cipher.open("id_number", id_number) or "",
                    account=cipher.open("account", account) or "",
                )
    return found


def _replaced_since(session: Session, some: Sequence[str], asked: datetime) -> dict[str, bytes | None]:
    """The sealed numbers that were in force at a moment and were amended since: of each, the first one replaced."""
    found: dict[str, bytes | None] = {}
    rows = select(FormerContact.expert_id, FormerContact.phone_sealed)
    rows = rows.where(FormerContact.expert_id.in_(some), FormerContact.until > asked)
    for expert, phone in session.execute(rows.order_by(FormerContact.until, FormerContact.id)):
        found.setdefault(expert, phone)
    return found


def _chunks(everyone: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(everyone)
    while some := list(islice(rest, AT_ONCE)):
        yield some
