"""An expert sees and does only the own, over the line to the vault; nobody else learns whose a seat is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import Verb
from expertpool.invitations.desk_errors import CodeRefused, SignedOut, TooManyAttempts
from expertpool.payouts import verbs
from expertpool.payouts.errors import NoSuchPayout, WrongStep
from expertpool.payouts.lifecycle import PayoutState
from expertpool.vault import sign_ins
from expertpool.vault.attempts import Attempts
from expertpool.vault.own_payouts import OwnPayouts
from policies.withholding import gross_up
from tests.payouts.payday import Payday
from tests.sessions.days import FIRST, SECOND
from tests.sessions.room import SEATS
from tests.vault.world import SOURCE

MOST_ATTEMPTS = 5


@dataclass
class Line:
    """The vault's side of the line."""

    day: Payday
    own: OwnPayouts

    def ask(self, verb: Verb, **given: Any) -> dict[str, Any]:
        return self.own.by_verb()[verb](verb.check({"source": SOURCE, **given}))

    def refused(self, verb: Verb, **given: Any) -> ExpertpoolError:
        with pytest.raises(verb.refuses) as refused:
            self.ask(verb, **given)
        assert isinstance(refused.value, ExpertpoolError)
        return refused.value

    def look(self, proof: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(verbs.LOOK, proof=proof)["payouts"]
        return found

    def signed_in(self, *experts: str) -> str:
        token: str = self.day.as_vault(
            lambda tx: sign_ins.sign_in(tx, self.day.parts.keys, experts, timedelta(hours=12))
        )
        return token


@pytest.fixture
def line(payday: Payday) -> Line:
    """A session of four hours' pay, computed, and the vault's answers about it."""
    payday.closed(2).compute()
    desk = payday.world.desk()
    return Line(payday, OwnPayouts(desk, Attempts(desk.parts, MOST_ATTEMPTS)))


def test_each_code_shows_the_own_seats_payout_and_each_sign_in_all_of_ones_own(line: Line) -> None:
    for seat, expert in zip(SEATS, line.day.people, strict=True):
        by_code, by_token = line.look(line.day.code(seat).lower()), line.look(line.signed_in(expert))
        assert by_code == by_token
        (shown,) = by_code
        assert shown["payout"] == line.day.payout(seat).id
        assert (shown["amount"], shown["net"], shown["exact"]) == (75_000, 75_000, False)
        assert shown["may"] == ["agree", "object"]
        assert (shown["seat"], shown["payer"], shown["paid"]) == (seat, "市城投", None)
        assert shown["project"]  # they came, so they were told at the sign-in
        assert shown["label"] == line.day.order.label
        assert len(shown["disclosures"]) == 1
    assert line.look(line.signed_in(*line.day.others(1))) == []


def test_what_was_paid_elsewhere_moves_the_gross_and_not_what_arrives(line: Line) -> None:
    code = line.day.code(FIRST)
    payout = line.look(code)[0]["payout"]
    assert line.ask(verbs.AGREE, proof=code, payout=payout, elsewhere=400_000, withheld=64_000) == {}
    (shown,) = line.look(code)
    assert (shown["state"], shown["may"]) == ("agreed", ["agree"])
    assert (shown["net"], shown["gross"]) == (75_000, gross_up(75_000, 400_000, 64_000))
    assert (shown["elsewhere"], shown["withheld"]) == (400_000, 64_000)
    line.day.withhold()
    (taxed,) = line.look(code)
    assert (taxed["month_gross"], taxed["month_tax"]) == (400_000, 64_000)
    assert (taxed["exact"], taxed["gross"], len(taxed["disclosures"])) == (True, shown["gross"], 2)


def test_somebody_elses_payout_is_refused_like_one_that_there_is_not(line: Line) -> None:
    others, code = line.day.payout(SECOND).id, line.day.code(FIRST)
    told = {
        type(line.refused(verb, proof=proof, payout=payout, **more))
        for payout in (others, "pay_nothing")
        for proof in (code, line.signed_in(line.day.people[0]))
        for verb, more in ((verbs.AGREE, {"elsewhere": 0, "withheld": 0}), (verbs.OBJECT, {"reason": "异议"}))
    }
    assert told == {NoSuchPayout}
    assert {each.state for each in line.day.payouts} == {PayoutState.COMPUTED}


def test_wrong_codes_count_and_a_sign_in_that_is_over_opens_nothing(line: Line) -> None:
    assert isinstance(line.refused(verbs.LOOK, proof="exs_nobodys"), SignedOut)
    for _ in range(MOST_ATTEMPTS):
        assert isinstance(line.refused(verbs.LOOK, proof="0000-0000"), CodeRefused)
    assert isinstance(line.refused(verbs.LOOK, proof=line.day.code(FIRST)), TooManyAttempts)
    assert line.ask(verbs.LOOK, proof=line.day.code(FIRST), source="198.51.100.9")["payouts"]


def test_an_objection_and_its_answer_are_read_by_their_expert(line: Line) -> None:
    code = line.day.code(FIRST)
    payout = line.look(code)[0]["payout"]
    line.ask(verbs.OBJECT, proof=code, payout=payout, reason="少算一小时")
    (shown,) = line.look(code)
    assert (shown["state"], shown["objection"], shown["may"]) == ("objected", "少算一小时", ["agree"])
    assert isinstance(line.refused(verbs.OBJECT, proof=code, payout=payout, reason="再次"), WrongStep)
    line.day.wait(hours=24)
    assert line.look(line.day.code(SECOND))[0]["may"] == ["agree"]


def test_whoever_looks_the_same_is_asked_of_the_database(line: Line) -> None:
    tokens = [line.signed_in(expert) for expert in (*line.day.people[:2], *line.day.others(1))]
    line.look(tokens[0])
    first, *others = (statements(line, token) for token in tokens)
    for other in others:
        assert other == first


def statements(line: Line, token: str) -> list[tuple[str, str]]:
    """What a look asks the database, with everything that is passed but the token's own digest."""
    engine, asked = line.day.parts.engine, list[tuple[str, str]]()

    def note(*given: Any) -> None:
        asked.append((given[2], "" if "vault_sign_ins" in given[2] else str(given[3])))

    event.listen(engine, "before_cursor_execute", note)
    try:
        line.look(token)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked
