"""Bad input names its field and the remedy; a question refuses nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.errors import ExpertpoolError
from expertpool.experts import errors
from expertpool.experts.protection import Identity
from expertpool.experts.validation import (
    birth_date,
    check_credit_code,
    check_facts,
    check_identity,
    check_unit_name,
    name_key,
)
from policies.facts import Claim, Employment, Expert, Shareholding, Suspension, Unit
from tests.experts.pool import TODAY, credit_code, id_number, known_facts, person


def refused(identity: Identity) -> dict[str | None, type[Exception]]:
    with pytest.raises(errors.ExpertInvalid) as caught:
        check_identity(identity, TODAY)
    return {problem.field: type(problem) for problem in caught.value.problems}


def wrong(facts: Expert, identity: Identity | None = None) -> dict[str | None, type[Exception]]:
    with pytest.raises(errors.ExpertInvalid) as caught:
        check_facts(facts, identity)
    return {problem.field: type(problem) for problem in caught.value.problems}


def test_a_sound_identity_passes_unchanged() -> None:
    given_identity = person(1, code="HN-0001")
    assert check_identity(given_identity, TODAY) == (given_identity, ())


def test_an_identity_is_brought_into_normal_form() -> None:
    number = id_number(1)
    spelt = Identity(
        " 张 三 ", f"{number[:6]} {number[6:14]} {number[14:]}".lower(), None, "+86 138-0000-0001", "6222 0212 0000"
    )
    assert check_identity(spelt, TODAY).identity == Identity("张 三", number, None, "13800000001", "622202120000")
    assert check_identity(Identity("张三", "４" + number[1:]), TODAY).identity.id_number == number


@pytest.mark.parametrize("serial", range(1, 40))
def test_a_wrong_check_digit_refuses(serial: int) -> None:
    number = id_number(serial)
    wrong_digit = "0" if number[-1] != "0" else "1"
    assert refused(person(id_number=number[:-1] + wrong_digit)) == {"id_number": errors.IdNumberInvalid}


@pytest.mark.parametrize(
    "number",
    ["", "1", id_number(1)[:-1], id_number(1) + "0", "A" + id_number(1)[1:], "430104700305001", "²" + id_number(1)[1:]],
)
def test_an_identity_number_of_another_shape_refuses(number: str) -> None:
    assert refused(person(id_number=number)) == {"id_number": errors.IdNumberInvalid}


@pytest.mark.parametrize("born", ["19700230", "19701301", "19000229", "18991231", "20261122", "00000000"])
def test_an_impossible_date_of_birth_refuses(born: str) -> None:
    from stdnum.cn import ric

    digits = f"430104{born}001"
    assert refused(person(id_number=digits + ric.calc_check_digit(digits + "0"))) == {
        "id_number": errors.IdNumberInvalid
    }


@pytest.mark.parametrize("born", [date(1900, 1, 1), date(2000, 2, 29), TODAY])
def test_a_possible_date_of_birth_passes(born: date) -> None:
    checked = check_identity(person(id_number=id_number(1, born)), TODAY)
    assert birth_date(str(checked.identity.id_number)) == born


@pytest.mark.parametrize("district", ["999999", "439999"])  # no such province; a province without such a county
def test_an_unknown_birth_place_is_a_question_only(district: str) -> None:
    checked = check_identity(person(id_number=id_number(1, district=district)), TODAY)
    assert [(type(question), question.field) for question in checked.questions] == [
        (errors.BirthPlaceUnknown, "id_number")
    ]
    assert check_identity(person(), TODAY).questions == ()


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 61, "a\0b", "a\x9fb", "a\u2028b", "\ud800", "a\udfffb"])
def test_what_is_no_name_refuses(name: str) -> None:
    assert refused(person(name=name)) == {"name": errors.NameInvalid}


@pytest.mark.parametrize("name", ["丁", "x" * 60, "买买提·阿不都热合曼", "𠮷田", "O'Brien"])
def test_unusual_names_pass(name: str) -> None:
    assert check_identity(person(name=name), TODAY).identity.name == name


@pytest.mark.parametrize(
    "phone", ["12345678901", "1380000000", "138000000001", "abc", "", "8888888", "+1 202 555 0100"]
)
def test_what_is_no_phone_refuses(phone: str) -> None:
    assert refused(person(phone=phone)) == {"phone": errors.PhoneInvalid}


@pytest.mark.parametrize(("phone", "normal"), [("0086 13900000000", "13900000000"), ("0731-88888888", "073188888888")])
def test_phones_in_other_spellings_pass(phone: str, normal: str) -> None:
    assert check_identity(person(phone=phone), TODAY).identity.phone == normal


@pytest.mark.parametrize("account", ["1234567", "1" * 33, "12345678x"])
def test_what_is_no_account_refuses(account: str) -> None:
    assert refused(person(account=account)) == {"account": errors.AccountInvalid}


@pytest.mark.parametrize("code", ["", "a b", "-1", "x" * 41, "专家1"])
def test_what_is_no_expert_number_refuses(code: str) -> None:
    assert refused(person(code=code)) == {"code": errors.CodeInvalid}


def test_all_problems_are_told_at_once() -> None:
    found = refused(Identity("", "1", "?", "1", "1"))
    assert set(found) == {"name", "id_number", "code", "phone", "account"}


@pytest.mark.parametrize("serial", range(1, 30))
def test_credit_codes(serial: int) -> None:
    code = credit_code(serial)
    assert check_credit_code(f" {code[:8]}-{code[8:].lower()} ", "code") == code
    wrong_character = "A" if code[-1] != "A" else "B"
    with pytest.raises(errors.CreditCodeInvalid) as caught:
        check_credit_code(code[:-1] + wrong_character, "code")
    assert caught.value.field == "code"


def test_credit_codes_of_other_registers_pass() -> None:
    """The library refuses codes that do not begin with digits; villages and trade unions have such."""
    from stdnum.cn import uscc

    body = "N2430104MF0000001"
    assert check_credit_code(body + uscc.calc_check_digit(body), "code")


@pytest.mark.parametrize("code", ["", "1", "I" * 18, "91430100MA4L00001", "单" * 18])
def test_what_is_no_credit_code_refuses(code: str) -> None:
    with pytest.raises(errors.CreditCodeInvalid):
        check_credit_code(code, "code")


@given(st.text(max_size=30))
def test_any_text_is_a_credit_code_or_refused(text: str) -> None:
    field = "code"
    try:
        assert len(check_credit_code(text, "code")) == 18
    except errors.CreditCodeInvalid as refusal:
        field = str(refusal.field)
    assert field == "code"


@given(st.builds(Identity, *[st.text(max_size=40)] * 5))
def test_any_identity_passes_or_is_refused_by_field(identity: Identity) -> None:
    problems: tuple[ExpertpoolError, ...] = ()
    try:
        checked = check_identity(identity, TODAY).identity
    except errors.ExpertInvalid as refusal:
        problems = refusal.problems
    else:
        assert check_identity(checked, TODAY).identity == checked
    assert all(problem.field in Identity._fields for problem in problems)


@pytest.mark.parametrize(
    ("facts", "field", "kind"),
    [
        ({"claims": (Claim("A999"),)}, "claims.0.code", errors.FactInvalid),
        ({"claims": (Claim("A0101"), Claim("A0101", scheme="x"))}, "claims.1.code", errors.FactInvalid),
        ({"area": "439999"}, "area", errors.FactInvalid),
        ({"employments": (Employment(Unit("甲", "123")),)}, "employments.0.unit.code", errors.CreditCodeInvalid),
        ({"employments": (Employment(Unit("")),)}, "employments.0.unit.name", errors.UnitNameInvalid),
        ({"employments": (Employment(Unit("a\ud800")),)}, "employments.0.unit.name", errors.UnitNameInvalid),
        (
            {"employments": (Employment(Unit("甲"), date(2020, 1, 2), date(2020, 1, 1)),)},
            "employments.0.end",
            errors.SpanInvalid,
        ),
        ({"suspensions": (Suspension(date(2020, 1, 2), date(2020, 1, 1)),)}, "suspensions.0.end", errors.SpanInvalid),
        ({"shareholdings": (Shareholding(Unit("甲"), 1001),)}, "shareholdings.0.permille", errors.PermilleInvalid),
        ({"shareholdings": (Shareholding(Unit("甲"), -1),)}, "shareholdings.0.permille", errors.PermilleInvalid),
    ],
)
def test_wrong_facts_name_their_field(facts: dict[str, object], field: str, kind: type[Exception]) -> None:
    assert wrong(known_facts()._replace(**facts)) == {field: kind}  # type: ignore[arg-type]  # one of many fields


def test_facts_at_the_edge_pass() -> None:
    day = date(2020, 1, 1)
    facts = known_facts(
        employments=(Employment(Unit("甲"), day, day),),
        shareholdings=(Shareholding(Unit("甲"), 0), Shareholding(Unit("乙"), 1000)),
    )
    assert check_facts(facts) == facts


def test_the_date_of_birth_comes_from_the_identity_number() -> None:
    who = person(id_number=id_number(1, date(1970, 3, 5)))
    assert check_facts(Expert(), who).birth_date == date(1970, 3, 5)
    assert check_facts(Expert(birth_date=date(1970, 3, 5)), who).birth_date == date(1970, 3, 5)
    assert wrong(Expert(birth_date=date(1970, 3, 6)), who) == {"birth_date": errors.BirthDateDiffers}
    assert check_facts(Expert(birth_date=date(1970, 3, 6)), Identity("张三")).birth_date == date(1970, 3, 6)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "甲\n乙"])
def test_what_is_no_unit_name_refuses(name: str) -> None:
    with pytest.raises(errors.UnitNameInvalid):
        check_unit_name(name)


def test_names_are_compared_without_their_spelling() -> None:
    assert name_key("湖南（长沙） 设计院") == name_key("湖南(长沙)设计院")
    assert name_key("ＡＢＣ公司") == name_key("abc公司")
    assert name_key("湖南设计院") != name_key("湖南省设计院")
