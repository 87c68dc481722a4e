"""Experts' sign-ins: one answer whoever asks, one refusal whatever is wrong, and rows that tell nobody anything."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text
from structlog.testing import capture_logs

from expertpool.core.vault_line import QuestionMalformed, refusal
from expertpool.draws.keeping import Occupant
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import SignedOut, SignInRefused, TooManyAttempts
from expertpool.invitations.gateways import Gateways
from expertpool.vault.courier import Courier
from expertpool.vault.one_time_codes import TRIES
from tests.vault.world import CODE, SOURCE, Phones, VaultWorld

STRANGER = "15499999999"
TABLES = ("vault_one_time_codes", "vault_sign_ins", "vault_attempts")


@pytest.fixture
def expert(world: VaultWorld) -> Occupant:
    """Somebody of the pool."""
    return next(iter(world.draws.seated(world.draw).values()))


def rows(world: VaultWorld, table: str) -> list[dict[str, Any]]:
    with world.site.service.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]


def watch(world: VaultWorld, act: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements of an act with their parameters."""
    found: list[tuple[str, Any]] = []

    def seen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("PRAGMA"):
            found.append((statement, parameters))

    event.listen(world.site.service.engine, "before_cursor_execute", seen)
    act()
    event.remove(world.site.service.engine, "before_cursor_execute", seen)
    return found


def sizes(statements: list[tuple[str, Any]]) -> list[tuple[str, list[int]]]:
    """Statements with the lengths of their parameters."""
    return [
        (statement, [len(str(one)) if not isinstance(one, bytes) else len(one) for one in parameters])
        for statement, parameters in statements
    ]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_comes_to_the_phone_and_gives_a_token(world: VaultWorld, expert: Occupant) -> None:
    token = world.sign_in(expert.phone)
    assert token.startswith("exs_")
    assert world.ask(verbs.SIGN_OUT, token=token) == {}
    assert isinstance(world.refused(verbs.SIGN_OUT, token=token), SignedOut)


def test_the_answer_and_the_rows_do_not_tell_whether_the_pool_knows_a_number(
    world: VaultWorld, expert: Occupant
) -> None:
    world.ask_code("15488888888")  # so that both come after another one
    known = watch(world, lambda: world.ask(verbs.ASK_CODE, phone=expert.phone, source=SOURCE))
    stranger = watch(world, lambda: world.ask(verbs.ASK_CODE, phone=STRANGER, source=SOURCE))
    assert sizes(known) == sizes(stranger)
    assert expert.phone in world.sent
    assert STRANGER not in world.sent
    assert {len(row["sealed"]) for row in rows(world, "vault_one_time_codes")} == {540}


def test_no_statement_has_a_number_or_a_code(world: VaultWorld, expert: Occupant) -> None:
    statements = watch(world, lambda: world.sign_in(expert.phone))
    (message,) = world.sent[expert.phone]
    said = str(statements)
    for secret in (expert.phone, expert.expert, expert.id_number, message, *CODE.findall(message)):
        assert secret not in said


def test_the_whole_pool_is_read_whoever_signs_in(world: VaultWorld) -> None:
    one, other = list(world.draws.seated(world.draw).values())[:2]
    read = [watch(world, partial(world.sign_in, who.phone)) for who in (one, other)]
    of_pool = [[each for each in statements if "FROM experts" in each[0]] for statements in read]
    assert of_pool[0] == of_pool[1] != []
    assert all(not parameters for _, parameters in of_pool[0])


@pytest.mark.parametrize("phone", ["1", "not a number", ""])
def test_what_is_no_number_is_refused_by_form(world: VaultWorld, phone: str) -> None:
    with pytest.raises(QuestionMalformed):
        world.ask(verbs.ASK_CODE, phone=phone, source=SOURCE)


def test_every_refusal_is_the_same(world: VaultWorld, expert: Occupant) -> None:
    def sign_in(phone: str, code: str) -> bytes:
        return refusal(world.refused(verbs.SIGN_IN, phone=phone, code=code, source=SOURCE))

    answers = {sign_in(expert.phone, "123456"), sign_in(STRANGER, "123456")}
    world.ask_code(STRANGER)
    answers.add(sign_in(STRANGER, "123456"))
    code = str(world.ask_code(expert.phone))
    answers |= {sign_in(expert.phone, wrong(code)), sign_in(expert.phone, ""), sign_in(STRANGER, code)}
    assert world.ask(verbs.SIGN_IN, phone=expert.phone, code=code, source=SOURCE)["token"]
    answers.add(sign_in(expert.phone, code))  # once only
    late = str(world.ask_code(expert.phone))
    world.clock.advance(timedelta(minutes=5))
    answers.add(sign_in(expert.phone, late))
    assert answers == {refusal(SignInRefused())}


def test_a_code_lives_until_its_last_moment(world: VaultWorld, expert: Occupant) -> None:
    code = world.ask_code(expert.phone)
    world.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert world.ask(verbs.SIGN_IN, phone=expert.phone, code=code, source=SOURCE)["token"]


@pytest.mark.parametrize(("guesses", "lives"), [(TRIES - 1, True), (TRIES, False)])
def test_guessing_kills_a_code(world: VaultWorld, expert: Occupant, *, guesses: int, lives: bool) -> None:
    code = str(world.ask_code(expert.phone))
    for _ in range(guesses):
        world.refused(verbs.SIGN_IN, phone=expert.phone, code=wrong(code), source=SOURCE)
    given = {"phone": expert.phone, "code": code, "source": SOURCE}
    if lives:
        assert world.ask(verbs.SIGN_IN, **given)["token"]
    else:
        assert isinstance(world.refused(verbs.SIGN_IN, **given), SignInRefused)


def test_a_number_gets_so_many_codes_in_an_hour_and_more_rows_all_the_same(world: VaultWorld, expert: Occupant) -> None:
    most = world.site.service.settings.vault.one_time_codes_per_hour
    assert all(world.ask_code(expert.phone) for _ in range(most))
    assert world.ask_code(expert.phone) is None
    assert len(rows(world, "vault_one_time_codes")) == most + 1
    world.clock.advance(timedelta(hours=1))
    assert world.ask_code(expert.phone)
    assert len(rows(world, "vault_one_time_codes")) == 1


def test_a_source_may_try_so_often_in_an_hour(world: VaultWorld, expert: Occupant) -> None:
    most = world.site.service.settings.vault.attempts_per_hour
    given = {"phone": STRANGER, "code": "123456"}
    for _ in range(most - 1):
        world.refused(verbs.SIGN_IN, **given, source=SOURCE)
    assert isinstance(world.refused(verbs.SIGN_IN, **given, source=SOURCE), SignInRefused)
    code = world.ask_code(expert.phone, source="198.51.100.1")
    for asked in (given, {"phone": expert.phone, "code": code}):
        refused = world.refused(verbs.SIGN_IN, **asked, source=SOURCE)
        assert refused.params == {"minutes": 60}
    assert isinstance(world.refused(verbs.ASK_CODE, phone=expert.phone, source=SOURCE), TooManyAttempts)
    assert world.ask(verbs.SIGN_IN, phone=expert.phone, code=code, source="198.51.100.1")["token"]
    world.restart()
    assert isinstance(world.refused(verbs.SIGN_IN, **given, source=SOURCE), TooManyAttempts)
    world.clock.advance(timedelta(hours=1))
    assert isinstance(world.refused(verbs.SIGN_IN, **given, source=SOURCE), SignInRefused)


def test_a_source_shows_in_no_row_and_its_digest_changes_every_hour(world: VaultWorld) -> None:
    given = {"phone": STRANGER, "code": "123456", "source": SOURCE}
    assert world.clock.now().minute == 0
    digests = []
    for _ in range(3):
        world.refused(verbs.SIGN_IN, **given)
        digests.append({row["source"] for row in rows(world, "vault_attempts")})
        world.clock.advance(timedelta(minutes=30))
    first, second, third = digests
    assert first == second
    assert len(third) == 2, "of the hour before and of this one"
    assert SOURCE not in str(digests)
    world.refused(verbs.SIGN_IN, **given)
    assert not first & {row["source"] for row in rows(world, "vault_attempts")}, "after an hour it is gone"


def test_many_at_once_are_counted_each(either_world: VaultWorld) -> None:
    world = either_world
    most = world.site.service.settings.vault.attempts_per_hour
    refused: list[type] = []

    def try_often() -> None:
        refused.extend(
            type(world.refused(verbs.SIGN_IN, phone=STRANGER, code="123456", source=SOURCE)) for _ in range(20)
        )

    threads = [threading.Thread(target=try_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.count(SignInRefused) == most
    assert refused.count(TooManyAttempts) == 80 - most


def test_a_token_lives_for_its_hours_and_is_kept_as_a_digest(world: VaultWorld, expert: Occupant) -> None:
    tokens = [world.sign_in(expert.phone) for _ in range(2)]
    kept = rows(world, "vault_sign_ins")
    assert {len(row["sealed"]) for row in kept} == {2076}
    assert all(token not in str(kept) for token in tokens)
    world.clock.advance(timedelta(hours=12) - timedelta(microseconds=1))
    world.ask(verbs.SIGN_OUT, token=tokens[0])
    world.clock.advance(timedelta(microseconds=1))
    assert isinstance(world.refused(verbs.SIGN_OUT, token=tokens[1]), SignedOut)
    assert isinstance(world.refused(verbs.SIGN_OUT, token="exs_nobody"), SignedOut)
    world.sign_in(expert.phone)
    assert len(rows(world, "vault_sign_ins")) == 1, "what has run out is swept up"


def test_a_restarted_vault_knows_codes_and_tokens(world: VaultWorld, expert: Occupant) -> None:
    code = world.ask_code(expert.phone)
    world.restart()
    token = world.ask(verbs.SIGN_IN, phone=expert.phone, code=code, source=SOURCE)["token"]
    world.restart()
    assert world.ask(verbs.SIGN_OUT, token=token) == {}


def test_the_second_gateway_takes_what_the_first_one_cannot(world: VaultWorld, expert: Occupant) -> None:
    sent: dict[str, list[str]] = {}
    gateways = Gateways([Phones({}, "first", fails=True), Phones(sent, "second")])
    Courier(world.draws.parts(), gateways).deliver(expert.phone, "123456")
    assert "123456" in sent[expert.phone][0]


@pytest.mark.parametrize("gateways", [[], [Phones({}, fails=True)]], ids=["none", "failing"])
def test_a_code_that_cannot_be_sent_is_logged_by_code_only(
    world: VaultWorld, expert: Occupant, gateways: list[Phones]
) -> None:
    with capture_logs() as logs:
        Courier(world.draws.parts(), Gateways(gateways)).deliver(expert.phone, "123456")
    assert [(log["event"], log["reason"]) for log in logs] == [("vault.code-not-sent", "invitations.gateway-failed")]
    assert expert.phone not in str(logs)
    assert "123456" not in str(logs)


def test_the_courier_finishes_what_waits(world: VaultWorld, expert: Occupant) -> None:
    sent: dict[str, list[str]] = {}
    with Courier(world.draws.parts(), Gateways([Phones(sent)])) as courier:
        for number in range(5):
            courier.send(expert.phone, f"{number:06}")
    assert len(sent[expert.phone]) == 5
