"""What is missing, reordered, repeated, stale, forked, truncated, foreign or wrong is refused, and changes nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import mirror_errors as errors
from expertpool.experts import organisations
from expertpool.experts.mirror_format import Commitment, DeltaFile, roster_commitment
from expertpool.experts.mirror_lines import gone_line, put_line
from expertpool.identity import senders
from expertpool.identity.models import Sender, SenderKind
from expertpool.identity.roles import Role
from ledger.canonical import canonical, parse
from ledger.merkle import leaf_hash
from ledger.note import Note, sign_note
from policies.facts import Employment, Unit
from tests.experts.pool import TODAY, PoolOffice, credit_code, id_number, person
from tests.experts.province import Province, apply, member, refused, register, register_key, signed, signer

DAY = timedelta(days=1)
SALT = bytes(16)


@pytest.fixture
def office(sqlite_office: PoolOffice) -> PoolOffice:
    return sqlite_office


@pytest.fixture
def province(office: PoolOffice) -> Province:
    """A province two of whose files are applied."""
    register(office)
    province = Province()
    province.put(*(member(serial) for serial in range(1, 5)))
    apply(office, province.next())
    province.put(member(5))
    apply(office, province.next())
    return province


# -- the chain


def test_a_missing_file_is_told_by_its_number(office: PoolOffice, province: Province) -> None:
    third, fourth = province.next(), province.next()
    wrong = refused(office, fourth, errors.SequenceMissing)
    assert wrong.params == {"expected": 3, "sequence": 4}
    apply(office, third)
    apply(office, fourth)


def test_a_repeated_file_is_told(office: PoolOffice, province: Province) -> None:
    for sequence, delta in enumerate(province.sent, 1):
        assert refused(office, delta, errors.DeltaRepeated).params == {"expected": 3, "sequence": sequence}


@pytest.mark.parametrize("sequence", [1, 2])
def test_two_heads_of_one_number_are_a_fork(office: PoolOffice, province: Province, sequence: int) -> None:
    known = province.sent[sequence - 1]
    other = signed(known, roster=Commitment(1, bytes(32)))
    wrong = refused(office, other, errors.HeadForked)
    assert wrong.params["known"] == known.head.hash.hex()[:16]
    assert wrong.params["found"] == other.head.hash.hex()[:16]


def test_a_file_that_continues_another_head_is_told(office: PoolOffice, province: Province) -> None:
    delta = province.next()
    wrong = refused(office, signed(delta, previous=bytes(32)), errors.PreviousDiffers)
    assert (wrong.params["before"], wrong.params["found"]) == (2, "0" * 16)
    full = province.next(full=True)
    refused(office, signed(full, sequence=3, previous=None), errors.PreviousDiffers)


def test_a_chain_begins_with_a_full_file(office: PoolOffice) -> None:
    register(office)
    province = Province()
    province.put(member(1))
    first, second = province.next(), province.next()
    assert refused(office, second, errors.FullNeeded).params == {"sequence": 2}
    late = province.next(full=True)
    assert apply(office, late).sequence == 3  # a centre that joins later
    assert refused(office, first, errors.DeltaStale).params == {"expected": 4, "sequence": 1}


def test_days_go_forward_and_not_beyond_today(office: PoolOffice, province: Province) -> None:
    delta = province.next()
    assert refused(office, signed(delta, day=TODAY - DAY), errors.DayBack).params["last"] == TODAY.isoformat()
    assert refused(office, signed(delta, day=TODAY + DAY), errors.DayAhead).params["today"] == TODAY.isoformat()
    office.later(hours=15.4)  # 23:54 in China
    refused(office, signed(delta, day=TODAY + DAY), errors.DayAhead)
    office.later(hours=0.2)
    apply(office, signed(delta, day=TODAY + DAY))


def test_a_pool_has_one_source(office: PoolOffice, province: Province) -> None:
    other = signer(9, "other-province")
    register(office, other)
    wrong = refused(office, signed(province.next(full=True), other, pool="other-province"), errors.OtherSource)
    assert wrong.params == {"known": "hn-experts", "pool": "other-province"}


# -- who signed


def test_a_file_for_somebody_else_is_foreign(office: PoolOffice, province: Province) -> None:
    delta = province.next()
    refused(office, signed(delta, signer(1, "elsewhere"), pool="elsewhere"), errors.PoolUnknown)
    with office.act(Role.SECURITY_ADMINISTRATOR) as tx:
        senders.register_sender(
            tx, centre_id=office.centre, kind=SenderKind.TRADING_SYSTEM, code="elsewhere", name="交易系统"
        )
    refused(office, signed(delta, signer(1, "elsewhere"), pool="elsewhere"), errors.PoolUnknown)


def test_only_a_registered_key_signs(office: PoolOffice, province: Province) -> None:
    delta = province.next()
    refused(office, signed(delta, signer(2)), errors.HeadNotSigned)
    refused(office, signed(delta, signer(1, "other-name")), errors.HeadNotSigned)
    (line,) = delta.note.signatures
    flipped = bytes([line.value[0] ^ 1]) + line.value[1:]
    broken = Note(delta.note.text, (type(line)(line.name, line.key_id, flipped),))
    refused(office, delta._replace(note=broken), errors.HeadNotSigned)
    altered = Note(delta.note.text.replace('"sequence":3', '"sequence":4'), delta.note.signatures)
    refused(office, delta._replace(note=altered), errors.HeadNotSigned)


def test_a_key_signs_while_it_is_in_force(office: PoolOffice, province: Province) -> None:
    delta = province.next()
    office.later(days=364, hours=23.9)
    sender = province_id(office)
    young = signer(3)
    key = register_key(office, sender, young, approve=False)
    refused(office, signed(delta, young), errors.MirrorKeyNotInForce)
    with office.act(Role.SUPERVISOR) as tx:
        senders.approve_key(tx, key)
    office.later(hours=0.1)  # the first moment after the old key's validity
    refused(office, delta, errors.MirrorKeyNotInForce)
    both = delta._replace(note=sign_note(delta.note.text, signer(1), young))
    assert apply(office, both).key_id == key
    with office.act(Role.SECURITY_ADMINISTRATOR) as tx:
        senders.revoke_key(tx, key, reason="更换")
    refused(office, signed(province.next(), young), errors.MirrorKeyNotInForce)


def province_id(office: PoolOffice) -> str:
    with office.reading() as session:
        return str(session.scalars(select(Sender.id).where(Sender.code == "hn-experts")).one())


# -- the lines


def test_a_truncated_or_altered_file_is_told(office: PoolOffice, province: Province) -> None:
    province.put(member(6), member(7))
    delta = province.next()
    assert refused(office, delta._replace(lines=delta.lines[:1]), errors.LinesMissing).params == {
        "stated": 2,
        "found": 1,
    }
    refused(office, delta._replace(lines=delta.lines[::-1]), errors.LinesAltered)
    altered = (delta.lines[0], delta.lines[1].replace(b"430100", b"430200"))
    refused(office, delta._replace(lines=altered), errors.LinesAltered)


def test_the_roster_must_be_the_one_that_is_named(office: PoolOffice, province: Province) -> None:
    province.put(member(6))
    delta = province.next()
    wrong = refused(office, signed(delta, roster=Commitment(6, bytes(32))), errors.RosterDiffers)
    assert wrong.params == {"count": 6, "stated": 6}
    province.drop(1)
    refused(office, signed(province.next(), sequence=3, previous=province.sent[1].head.hash), errors.RosterDiffers)


def line(**changed: Any) -> bytes:
    """Somebody's line, changed; a value of ... leaves a member out. ``a__b`` is member b inside a."""
    value = parse(put_line(*member(6), SALT))
    for name, new in changed.items():
        *path, last = name.split("__")
        inside = value
        for step in path:
            inside = inside[step]
        inside.pop(last, None)
        if new is not ...:
            inside[last] = new
    return canonical(value)


CHECK = "0" if str(person(6).id_number)[-1] != "0" else "1"
TIE = {"unit": {"name": "某单位", "code": "91430100MA4L00001"}}
WRONG: list[tuple[str, bytes]] = [
    ("JSON", b"{}x"),
    ("JSON", b'{"b":1,"a":1}'),
    ("JSON", b"[]"),
    ("code", line(code=...)),
    ("code", line(code="HN 6")),
    ("code", line(code=6)),
    ("salt", line(salt=...)),
    ("salt", line(salt="AAAA")),
    ("person", line(person=...)),
    ("person", line(person={"name": 1})),
    ("person.name", line(person__name=...)),
    ("person.name", line(person__name="")),
    ("person.email", line(person__email="a@b.cn")),
    ("person.id_number", line(person__id_number=str(person(6).id_number)[:-1])),
    ("person.id_number", line(person__id_number=f"{str(person(6).id_number)[:-1]}{CHECK}")),
    ("person.phone", line(person__phone="1")),
    ("person.account", line(person__account="x")),
    ("expert", line(expert=...)),
    ("expert.suspensions", line(expert__suspensions=...)),
    ("expert.status", line(expert__status="active")),
    ("expert.recorded", line(expert__recorded="2026-01-01")),
    ("expert.pool", line(expert__pool="province")),
    ("expert.engagements", line(expert__engagements=[])),
    ("expert.claims.0.recorded", line(expert__claims=[{"code": "A010101", "recorded": "2026-01-01"}])),
    ("expert.claims.0.code", line(expert__claims=[{"code": "ZZZ"}])),
    ("expert.area", line(expert__area="999999")),
    ("expert.title", line(expert__title="boss")),
    ("expert.titel", line(expert__titel="senior")),
    ("expert.practice_since", line(expert__practice_since="2001-02-29")),
    ("expert.birth_date", line(expert__birth_date="1999-01-01")),
    ("expert.employments.0.unit.code", line(expert__employments=[{"unit": {"name": "某单位"}}])),
    ("expert.employments.0.unit.code", line(expert__employments=[TIE])),
    ("expert.suspensions.0.end", line(expert__suspensions=[{"start": "2026-02-01", "until": "2026-01-31"}])),
    ("absences.0.until", line(absences=[{"start": "2026-02-01", "until": "2026-01-31"}])),
    ("renewed_until", line(renewed_until="soon")),
    ("rank", line(rank=1)),
    ("gone", canonical({"code": "HN-1", "gone": "away", "salt": "AAAAAAAAAAAAAAAAAAAAAA=="})),
    ("salt", canonical({"code": "HN-1", "gone": "left"})),
    ("person", canonical({"code": "HN-1", "gone": "left", "person": {}, "salt": "AAAAAAAAAAAAAAAAAAAAAA=="})),
    ("code", gone_line("HN-404", "left", SALT)),
    ("person.id_number", line(person__id_number=person(2).id_number)),
    ("person.id_number", line(code="HN-2", expert__birth_date=..., person__id_number=person(1).id_number)),
]


@pytest.mark.parametrize(("member_name", "wrong"), WRONG)
def test_a_wrong_line_refuses_the_file_by_line_and_member(
    office: PoolOffice, province: Province, member_name: str, wrong: bytes
) -> None:
    good = put_line(*member(8), SALT)
    refusal = refused(office, signed(province.next(), lines=[good, wrong]), errors.LinesWrong)
    assert isinstance(refusal, errors.LinesWrong)
    first = refusal.problems[0]
    assert isinstance(first, errors.LineWrong)
    assert (first.line, first.member) == (3, member_name)
    for language in ("zh", "en"):
        text = refusal.message(language)
        assert member_name in text
        assert str(person(6).phone) not in text
        assert str(person(6).id_number) not in text


def test_somebody_twice_in_a_file_is_told(office: PoolOffice, province: Province) -> None:
    seven, eight = put_line(*member(7), SALT), put_line(*member(8), SALT)
    same_person = put_line(*member(8, identity={"code": "HN-800"}), SALT)
    for lines, name in (([seven, seven], "code"), ([seven, eight, same_person], "person.id_number")):
        refusal = refused(office, signed(province.next(), lines=lines), errors.LinesWrong)
        assert isinstance(refusal, errors.LinesWrong)
        assert [(p.line, p.member) for p in refusal.problems] == [(len(lines) + 1, name)]  # type: ignore[attr-defined]
        province.sent.pop()


def test_nobody_is_gone_in_a_full_file(office: PoolOffice, province: Province) -> None:
    full = province.next(full=True)
    refusal = refused(office, signed(full, lines=[*full.lines, gone_line("HN-1", "left", SALT)]), errors.LinesWrong)
    assert "gone" in refusal.message("en")


def test_an_identity_number_passes_on_in_two_files(office: PoolOffice, province: Province) -> None:
    one, two = person(1).id_number, person(2).id_number
    province.put(member(1, identity={"id_number": two}), member(2, identity={"id_number": one}))
    refused(office, province.next(), errors.LinesWrong)
    province.sent.pop()
    apply(office, province_without(province, 2))
    province.put(member(2, identity={"id_number": one, "code": "HN-2"}))
    apply(office, province.next())


def province_without(province: Province, serial: int) -> DeltaFile:
    """The next file, in which one of two who swap is gone and the other has the number of a newcomer."""
    province.drop(serial)
    province.put(member(1, identity={"id_number": id_number(900)}))
    return province.next()


def test_many_problems_are_counted_and_the_first_shown(office: PoolOffice, province: Province) -> None:
    lines = [put_line(*member(serial, identity={"phone": "1"}), SALT) for serial in range(10, 90)]
    refusal = refused(office, signed(province.next(), lines=lines), errors.LinesWrong)
    assert isinstance(refusal, errors.LinesWrong)
    assert (refusal.count, len(refusal.problems)) == (80, 50)


def test_an_employer_without_code_may_be_known_by_name(office: PoolOffice, province: Province) -> None:
    job = Employment(Unit("湘江勘测院"))
    province.put(member(6, employments=(job,)))
    with pytest.raises(errors.LinesWrong):
        province.next()  # a sender has no such register
    with office.act() as tx:
        organisations.register(tx, centre_id=office.centre, code=credit_code(1), name="湘江勘测院")
    del province.roster["HN-6"]
    data = put_line(*member(6, employments=(job,)), SALT)
    leaves = [leaf_hash(each) for each in (*province.sent[0].lines, *province.sent[1].lines, data)]
    apply(office, signed(province.next(), lines=[data], roster=roster_commitment(leaves)))


def test_every_refusal_says_what_to_do_in_both_languages() -> None:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ExpertpoolError) and kind.__module__ == errors.__name__:
            assert re.search(r"[\u4e00-\u9fff]", kind.zh)
            assert kind.code.startswith("mirror.")
