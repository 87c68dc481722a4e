"""Identities at rest: bound to their place, found only by index, shown only masked."""

from itertools import combinations
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from expertpool.core.keystore import SealBroken
from expertpool.experts import queries
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.models import Expert, PersonKey
from expertpool.experts.protection import (
    IDENTITY,
    INDEXED,
    SEALED,
    Column,
    Identity,
    PersonKeys,
    Protector,
    mask_account,
    mask_id_number,
    mask_name,
    mask_phone,
)
from tests.experts.pool import PoolOffice, id_number, made_keys, person

POOL, OTHER = Pool("ctr_a", Origin.OWN), Pool("ctr_a", Origin.MIRRORED)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80)


@pytest.fixture(scope="module")
def protector() -> Protector:
    return Protector(made_keys("experts", "experts-index"))


@given(text=TEXTS, column=st.sampled_from(sorted(SEALED)))
def test_what_is_sealed_opens(text: str, column: Column) -> None:
    cipher, _ = Protector(made_keys("experts", "experts-index")).new_person("exp_1")
    assert cipher.open(column, cipher.seal(column, text)) == text


def test_stored_keys_open_what_was_sealed(protector: Protector) -> None:
    cipher, keys = protector.new_person("exp_1")
    sealed = cipher.seal("name", "欧阳锋")
    assert protector.open_person("exp_1", keys).open("name", sealed) == "欧阳锋"


@pytest.mark.parametrize("column", sorted(SEALED))
def test_a_ciphertext_does_not_open_in_another_column(protector: Protector, column: Column) -> None:
    cipher, _ = protector.new_person("exp_1")
    sealed = cipher.seal(column, "value")
    for other in SEALED:
        if other == column:
            assert cipher.open(other, sealed) == "value"
        else:
            with pytest.raises(SealBroken):
                cipher.open(other, sealed)


def test_a_ciphertext_does_not_open_for_another_person(protector: Protector) -> None:
    (one, keys), (other, _) = protector.new_person("exp_1"), protector.new_person("exp_2")
    with pytest.raises(SealBroken):
        other.open("name", one.seal("name", "张三"))
    with pytest.raises(SealBroken):  # even with the first one's keys moved along
        protector.open_person("exp_2", keys)


def test_the_two_keys_of_a_person_do_not_stand_for_each_other(protector: Protector) -> None:
    _, keys = protector.new_person("exp_1")
    with pytest.raises(SealBroken):
        protector.open_person("exp_1", PersonKeys(keys.contact, keys.identity))


@pytest.mark.parametrize("damaged", [b"", b"short", bytes(60)])
def test_what_is_no_ciphertext_is_refused(protector: Protector, damaged: bytes) -> None:
    cipher, _ = protector.new_person("exp_1")
    with pytest.raises(SealBroken):
        cipher.open("name", damaged)


def test_another_installations_keys_open_nothing(protector: Protector) -> None:
    _, keys = protector.new_person("exp_1")
    seeds = made_keys("experts-index", "experts")

    class Swapped:
        def __getattr__(self, name: str) -> object:
            method = getattr(seeds, name)
            return lambda key, *rest: method("experts-index" if key == "experts" else "experts", *rest)

    with pytest.raises(SealBroken):
        Protector(Swapped()).open_person("exp_1", keys)  # type: ignore[arg-type]  # a store with other keys


def test_length_does_not_tell_short_names_apart(protector: Protector) -> None:
    cipher, _ = protector.new_person("exp_1")
    lengths = {len(cipher.seal("name", name)) for name in ("", "张三", "欧阳锋", "买买提·阿不都")}
    assert len(lengths) == 1
    assert len(cipher.seal("name", "x" * 31)) < len(cipher.seal("name", "x" * 32))


def test_equal_values_seal_differently(protector: Protector) -> None:
    cipher, _ = protector.new_person("exp_1")
    assert cipher.seal("name", "张三") != cipher.seal("name", "张三")


def test_a_blind_index_is_one_for_a_value_in_a_column_of_a_pool(protector: Protector) -> None:
    value = id_number(1)
    columns: tuple[Column | Literal["person"], ...] = (*INDEXED, "person")
    indexes = [protector.blind_index(pool, column, value) for pool in (POOL, OTHER) for column in columns]
    assert all(len(index) == 16 for index in indexes)
    assert all(one != other for one, other in combinations(indexes, 2))
    assert protector.blind_index(POOL, "phone", value) == indexes[INDEXED.index("phone")]


@given(one=TEXTS, other=TEXTS)
def test_a_blind_index_tells_values_apart(one: str, other: str) -> None:
    keyed = Protector(made_keys("experts", "experts-index"))
    assert (keyed.blind_index(POOL, "phone", one) == keyed.blind_index(POOL, "phone", other)) == (one == other)


def test_unknown_values_have_neither_ciphertext_nor_index(protector: Protector) -> None:
    cipher, _ = protector.new_person("exp_1")
    nobody = Identity("张三")
    assert {name for name, value in cipher.seal_all(nobody).items() if value} == {"name_sealed"}
    assert set(protector.index_all(POOL, nobody).values()) == {None}
    assert protector.person_token(POOL, nobody) is None


def test_every_value_of_an_identity_is_sealed() -> None:
    assert Identity._fields == IDENTITY
    assert set(IDENTITY) | {"ground", "correction", "answer"} == set(SEALED)
    assert set(INDEXED) == set(IDENTITY) - {"name"}


def test_masks() -> None:
    assert mask_name("张三") == mask_name("张三丰") == "张**"
    assert mask_name("") == "**"
    assert mask_id_number("430104197003050011") == "4301**********0011"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_account("6222021200000001234") == "**** 1234"


def test_an_identity_does_not_print() -> None:
    assert repr(person()) == str(person()) == f"{person()}" == "Identity(...)"


def test_experts_are_found_by_index_and_shown_masked(office: PoolOffice) -> None:
    first, second = office.apply(1), office.apply(2, identity=person(2, phone=person(1).phone))
    with office.reading() as session:

        def found(column: Column, value: str | None) -> list[str]:
            assert value
            assert column in ("id_number", "code", "phone", "account")
            return [e.id for e in queries.find_by(session, office.protector, office.pool, column, value)]

        assert found("id_number", person(1).id_number) == [first]
        assert found("phone", person(1).phone) == sorted([first, second])
        assert found("account", person(1).phone) == []
        assert found("id_number", id_number(999)) == []
        shown = queries.masked(session, office.protector, session.get_one(Expert, first))
    number = str(person(1).id_number)
    assert shown == ("张**", f"{number[:4]}**********{number[-4:]}", "138****0001", "**** 0001")


@pytest.mark.parametrize("name", ["name_sealed", "id_number_sealed", "phone_sealed", "account_sealed"])
def test_ciphertexts_swapped_between_rows_do_not_open(sqlite_office: PoolOffice, name: str) -> None:
    office = sqlite_office
    first, second = office.apply(1), office.apply(2)
    with office.reading() as session:
        stolen = getattr(session.get_one(Expert, second), name)
    with office.engine.begin() as connection:
        connection.execute(update(Expert).where(Expert.id == first).values({name: stolen}))
    with office.reading() as session, pytest.raises(SealBroken):
        queries.identity_of(session, office.protector, session.get_one(Expert, first))


def test_a_persons_keys_moved_to_another_row_do_not_open(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    first, second = office.apply(1), office.apply(2)
    with office.engine.begin() as connection:
        stolen = connection.execute(PersonKey.__table__.select().where(PersonKey.expert_id == second)).one()
        moved = {"identity": stolen.identity, "contact": stolen.contact}
        connection.execute(update(PersonKey).where(PersonKey.expert_id == first).values(moved))
    with office.reading() as session, pytest.raises(SealBroken):
        queries.cipher_of(session, office.protector, first)
