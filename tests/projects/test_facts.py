"""What is said of projects and sessions: codes in normal form, both sides of bounds, each problem with its field."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.errors import Several
from expertpool.projects import errors
from expertpool.projects.facts import LotFacts, PartyFacts, ProjectFacts, check_project, check_session, normal_code
from expertpool.projects.terms import METHODS, PARTIES, REQUIRED_PARTIES, PartyRole, Regime
from policies.facts import Method
from tests.projects.world import CODE, FACTS, NOW, OPENS, OWNER, SITTING, STARTS, without

GOVPROC = "长财采计[2026]000123号"


def blamed(error: Several) -> dict[str | None, str]:
    return {problem.field: problem.code for problem in error.problems}


def problems_of(facts: ProjectFacts) -> dict[str | None, str]:
    with pytest.raises(errors.ProjectInvalid) as refused:
        check_project(facts)
    for problem in refused.value.problems:
        assert problem.message("zh") != problem.message("en")
    return blamed(refused.value)


def procurement(code: str = GOVPROC, lot: str = "-1") -> ProjectFacts:
    lots = (LotFacts(code + lot, "第一包", 1),)
    return replace(FACTS, code=code, regime=Regime.GOVPROC, method=Method.CONSULTATION, lots=lots)


def tender(code: str, lot: str = "001") -> ProjectFacts:
    return replace(FACTS, code=code, lots=(LotFacts(code + lot, "一标段", 1),))


def test_what_is_right_stays_as_it_is() -> None:
    assert check_project(FACTS) == FACTS
    assert check_session(SITTING, NOW) == SITTING
    assert check_project(procurement()) == procurement()


def test_order_says_nothing() -> None:
    turned = replace(FACTS, lots=FACTS.lots[::-1], parties=FACTS.parties[::-1])
    assert check_project(turned) == FACTS


@pytest.mark.parametrize("typed", [CODE.lower(), f" {CODE}　", CODE.replace("E", "Ｅ"), f"{CODE[:5]} {CODE[5:]}"])
def test_a_code_is_known_again_however_it_is_typed(typed: str) -> None:
    assert normal_code(typed) == CODE
    assert check_project(tender(typed)).code == CODE


@pytest.mark.parametrize(
    "typed", ["长财采计〔2026〕1", "长财采计【2026】1", "长财采计［２０２６］1", "长财采计[2026] 1"]
)
def test_brackets_are_of_one_kind(typed: str) -> None:
    assert normal_code(typed) == "长财采计[2026]1"


@given(st.text("aA1Ａ１〔】［- 　长号①", max_size=60))
def test_normal_form_is_reached_at_once(text: str) -> None:
    once = normal_code(text)
    assert normal_code(once) == once


@pytest.mark.parametrize("code", [CODE[:-1], CODE + "1", "1" + CODE[1:], "EE" + CODE[2:], "E"])
def test_a_tender_code_has_a_letter_and_sixteen_digits(code: str) -> None:
    assert problems_of(tender(code)) == {"code": "projects.tender-code-invalid"}


@pytest.mark.parametrize("number", ["", "01", "0001", "00a", "-01"])
def test_a_tender_lot_has_three_digits_more(number: str) -> None:
    assert problems_of(tender(CODE, number)) == {"lots.0.code": "projects.tender-lot-code-invalid"}


def test_a_lot_belongs_to_its_project() -> None:
    other = replace(FACTS, lots=(LotFacts(CODE[:-1] + "9001", "一标段", 1),))
    assert problems_of(other) == {"lots.0.code": "projects.tender-lot-code-invalid"}


@pytest.mark.parametrize("code", ["A-12", "长采1号文", "A" * 49 + "1", "CG/2026.1_(2)"])
def test_a_procurement_code_may_be_any_that_announcements_print(code: str) -> None:
    assert check_project(procurement(code)).code == code


@pytest.mark.parametrize("code", ["A12", "ABCD", "A" * 50 + "1", "A;12", "长采 ①?", "A\x001234"])
def test_other_procurement_codes_are_refused(code: str) -> None:
    assert problems_of(procurement(code))["code"] == "projects.procurement-code-invalid"


@pytest.mark.parametrize("number", ["-1", "-01", "-999"])
def test_a_package_has_a_hyphen_and_up_to_three_digits(number: str) -> None:
    assert check_project(procurement(lot=number)).lots[0].code == GOVPROC + number


@pytest.mark.parametrize("number", ["1", "-", "-1000", "--1", "-a"])
def test_other_packages_are_refused(number: str) -> None:
    assert problems_of(procurement(lot=number)) == {"lots.0.code": "projects.procurement-lot-code-invalid"}


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("method", Method)
def test_each_regime_has_its_methods(regime: Regime, method: Method) -> None:
    facts = replace(FACTS if regime is Regime.TENDER else procurement(), method=method)
    if method in METHODS[regime]:
        assert check_project(facts).method is method
    else:
        assert regime is Regime.TENDER
        assert problems_of(facts) == {"method": "projects.method-of-other-regime"}


def test_every_regime_has_words_for_all() -> None:
    assert set(METHODS) == set(PARTIES) == set(Regime)
    for regime in Regime:
        assert set(PARTIES[regime]) == set(PartyRole)
        assert METHODS[regime]
        for words in [*PARTIES[regime].values(), *METHODS[regime].values()]:
            assert words.zh
            assert words.en.isascii()


@pytest.mark.parametrize("role", PartyRole)
def test_owner_and_supervisor_are_needed_and_an_agency_is_not(role: PartyRole) -> None:
    if role in REQUIRED_PARTIES:
        assert problems_of(without(FACTS, role)) == {"parties": "projects.party-missing"}
    else:
        assert len(check_project(without(FACTS, role)).parties) == 2


def test_a_missing_party_is_named_in_the_regimes_own_words() -> None:
    for facts, zh, en in ((FACTS, "招标人", "tenderee"), (procurement(), "采购人", "purchaser")):
        with pytest.raises(errors.ProjectInvalid) as refused:
            check_project(without(facts, PartyRole.OWNER))
        assert zh in refused.value.message("zh")
        assert en in refused.value.message("en")


@pytest.mark.parametrize("code", [OWNER[:-1] + "2", OWNER[:-1], "I" + OWNER[1:], ""])
def test_a_wrong_credit_code_names_its_party(code: str) -> None:
    parties = (PartyFacts(PartyRole.OWNER, code, "市城投"), *FACTS.parties[1:])
    assert problems_of(replace(FACTS, parties=parties)) == {"parties.0.code": "experts.credit-code-invalid"}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    facts = ProjectFacts(
        code="X",
        regime=Regime.TENDER,
        method=Method.INQUIRY,
        title="t",
        lots=(LotFacts("Y", "t", 1), LotFacts("Y", "t", 1)),
        parties=(PartyFacts(PartyRole.AGENCY, "1", "n"),),
    )
    assert set(problems_of(facts)) == {"code", "method", "lots.0.code", "lots.1.code", "parties.0.code", "parties"}


def test_nothing_is_listed_twice() -> None:
    assert problems_of(replace(FACTS, lots=(FACTS.lots[0], FACTS.lots[0]))) == {"lots.1.code": "projects.listed-twice"}
    twice = (*FACTS.parties, FACTS.parties[0])
    assert problems_of(replace(FACTS, parties=twice)) == {"parties.3.code": "projects.listed-twice"}
    other_role = (*FACTS.parties, replace(FACTS.parties[0], role=PartyRole.OWNER))
    assert len(check_project(replace(FACTS, parties=other_role)).parties) == 4


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"starts": NOW, "opens_at": NOW}, {"starts": "projects.start-passed"}),
        ({"starts": NOW + timedelta(microseconds=1), "opens_at": NOW}, {}),
        ({"opens_at": STARTS}, {}),
        ({"opens_at": STARTS + timedelta(microseconds=1)}, {"opens_at": "projects.opening-after-start"}),
        ({"opens_at": NOW - timedelta(days=1)}, {}),
        ({"lots": (f"{CODE}001", f"{CODE}001")}, {"lots.1": "projects.listed-twice"}),
        ({"lots": (f"{CODE}001", f" {CODE.lower()}001")}, {"lots.1": "projects.listed-twice"}),
        ({"sites": (replace(SITTING.sites[0], area="439999"),)}, {"sites.0.area": "projects.area-unknown"}),
    ],
)
def test_a_session_has_a_time_to_come_and_places_that_exist(change: dict[str, object], problem: dict[str, str]) -> None:
    facts = replace(SITTING, **change)  # type: ignore[arg-type]
    if not problem:
        assert check_session(facts, NOW).code == "S1"
        return
    with pytest.raises(errors.SessionInvalid) as refused:
        check_session(facts, NOW)
    assert blamed(refused.value) == problem


def test_facts_are_plain_json() -> None:
    from ledger.canonical import canonical

    assert OPENS.isoformat()[:19] in canonical(SITTING.plain()).decode()
    assert '"budget":10000000000' in canonical(FACTS.plain()).decode()
