"""An expert's own record: shown masked, and what is asked for is done when the day is over."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from expertpool.core.vault_line import ANSWER_BYTES, QuestionMalformed, refusal, write_answer
from expertpool.experts.errors import DaysInvalid, MirroredElsewhere
from expertpool.experts.lifecycle import Status
from expertpool.experts.models import Correction, Expert
from expertpool.experts.queries import record_of
from expertpool.identity.roles import Role
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import SignedOut, TooManyWishes
from expertpool.protocol.facts import Absence
from expertpool.vault import records, sign_ins, wishes
from policies.facts import day_of
from tests.browser import Browser, entered
from tests.vault.conftest import opened_world
from tests.vault.test_own_pages import enter
from tests.vault.test_sign_ins import rows, watch
from tests.vault.world import VaultWorld

TEXT = "2026年10月起在某设计院工作，单位证明 2026-15 号"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    """One for all tests: each asks for days, and a person, of its own."""
    folder: Path = tmp_path_factory.mktemp("records")
    yield from opened_world(f"sqlite:///{folder}/x.db", folder)


@pytest.fixture
def number(world: VaultWorld) -> str:
    return world.strangers_phone()


@pytest.fixture
def token(world: VaultWorld, number: str) -> str:
    return world.sign_in(number)


def record(world: VaultWorld, token: str) -> dict[str, object]:
    (shown,) = world.ask(verbs.RECORD, token=token)["records"]
    return dict(shown)


def ahead(world: VaultWorld, days: int) -> str:
    return (day_of(world.clock.now()) + timedelta(days=days)).isoformat()


def away(world: VaultWorld, token: str, start: str, until: str, word: str = "away") -> dict[str, object]:
    return {"token": token, "word": word, "start": start, "until": until}


def the_next_day(world: VaultWorld) -> None:
    world.clock.advance(timedelta(days=1))
    while wishes.Fulfilment(world.draws.parts()).step():
        continue


def person(world: VaultWorld, token: str) -> str:
    with world.draws.session() as session:
        parts = world.draws.parts()
        return sign_ins.holder(session, parts.keys, token, world.clock.now()).experts[0]


def test_a_record_shows_what_is_known_and_masks_who_it_is(world: VaultWorld, token: str, number: str) -> None:
    shown = record(world, token)
    assert shown["phone"] == f"{number[:3]}****{number[-4:]}"
    assert re.fullmatch(r"[0-9]{4}\*{10}[0-9X]{4}", str(shown["id_number"]))
    assert str(shown["name"]).endswith("**")
    assert shown["claims"]
    assert number not in str(shown)


def test_everybodys_record_is_read_for_anybodys(world: VaultWorld) -> None:
    drawn = next(iter(world.draws.seated(world.draw).values()))
    tokens = [world.sign_in(phone) for phone in (drawn.phone, world.strangers_phone())]
    read = [watch(world, partial(record, world, token)) for token in tokens]
    of_pool = [[each for each in statements if "vault_sign_ins" not in each[0]] for statements in read]
    assert of_pool[0] == of_pool[1] != []


def test_days_away_count_from_the_next_day_and_can_be_taken_back(world: VaultWorld, token: str) -> None:
    start, until = ahead(world, 20), ahead(world, 22)
    who, days = person(world, token), Absence(date.fromisoformat(start), date.fromisoformat(until))
    entries = len(world.draws.bodies("experts.changed"))
    world.ask(verbs.BE_AWAY, **away(world, token, start, until))
    assert record(world, token)["absences"] == []
    assert record(world, token)["waiting"] == [{"kind": "away", "start": start, "until": until, "text": ""}]
    assert len(world.draws.bodies("experts.changed")) == entries
    the_next_day(world)
    token = world.sign_in(world.strangers_phone())
    assert record(world, token)["absences"] == [{"start": start, "until": until}]
    assert record(world, token)["waiting"] == []
    with world.draws.session() as session:
        assert days in record_of(session, who).absences
    world.ask(verbs.BE_AWAY, **away(world, token, start, until, "back"))
    the_next_day(world)
    assert record(world, world.sign_in(world.strangers_phone()))["absences"] == []


@pytest.mark.parametrize(
    ("start", "until", "right"),
    [(0, 1, False), (1, 1, True), (2, 1, False), (1, 366, True), (1, 367, False)],
)
def test_days_lie_after_today_and_within_a_year(
    world: VaultWorld,
    token: str,
    start: int,
    until: int,
    right: bool,  # noqa: FBT001 -- told by its name
) -> None:
    given = away(world, token, ahead(world, start), ahead(world, until))
    if right:
        world.ask(verbs.BE_AWAY, **given)
        the_next_day(world)
    else:
        assert isinstance(world.refused(verbs.BE_AWAY, **given), DaysInvalid)


def test_no_days_and_no_such_word(world: VaultWorld, token: str) -> None:
    assert isinstance(world.refused(verbs.BE_AWAY, **away(world, token, "2026-02-30", "x")), DaysInvalid)
    with pytest.raises(QuestionMalformed):
        world.ask(verbs.BE_AWAY, **away(world, token, ahead(world, 1), ahead(world, 1), "correct"))


def test_who_is_not_signed_in_asks_for_nothing(world: VaultWorld) -> None:
    days = {"word": "away", "start": ahead(world, 1), "until": ahead(world, 1)}
    for verb, given in ((verbs.RECORD, {}), (verbs.BE_AWAY, days), (verbs.CORRECT, {"text": TEXT})):
        assert isinstance(world.refused(verb, token="exs_nobody", **given), SignedOut)


def test_wishes_look_alike_and_only_so_many_wait(world: VaultWorld, token: str) -> None:
    for count in range(wishes.MOST):
        world.ask(verbs.CORRECT, token=token, text="文" * (1 if count else 1000))
    assert refusal(world.refused(verbs.CORRECT, token=token, text=TEXT)) == refusal(TooManyWishes(wishes.MOST))
    kept = rows(world, "vault_wishes")
    assert {len(row["sealed"]) for row in kept} == {len(kept[0]["sealed"])}
    assert all(row.keys() == {"id", "sealed", "day"} for row in kept)
    the_next_day(world)
    assert rows(world, "vault_wishes") == []


def test_a_correction_reaches_the_pools_managers_the_next_day_and_the_answer_the_expert(
    world: VaultWorld, number: str
) -> None:
    phone, manager = Browser(world.site), entered(world.site, Role.POOL_MANAGER)
    with world.listening():
        enter(world, phone, number)
        assert phone.send("/me/correction", {"text": "太短"}, page="/me/record").status_code == 422
        done = phone.send("/me/correction", {"text": f"{TEXT}\r\n请更正"}, page="/me/record")
        assert done.headers["Location"] == "/me/record?noted=1"
        assert "零点后转交" in phone.get("/me/record").text
        assert TEXT not in manager.get("/corrections").text
        the_next_day(world)
        manager = entered(world.site, Role.POOL_MANAGER)
        found = re.search(rf"{TEXT} 请更正.*?(/corrections/cor_\w+)", manager.get("/corrections").text, re.DOTALL)
        assert found is not None
        with world.draws.session() as session:
            assert all(TEXT.encode() not in row.text_sealed for row in session.scalars(select(Correction)))
        way = found[1]
        assert manager.send(way, {"answer": "x"}, page="/corrections").status_code == 422
        answered = manager.send(way, {"answer": "已核实并更正"}, page="/corrections")
        assert answered.headers["Location"] == "/corrections?answered=1"
        assert manager.send(way, {"answer": "再答"}, page="/corrections").status_code == 409
        enter(world, phone, number)
        shown = phone.get("/me/record").text
        assert "已核实并更正" in shown


def test_days_are_asked_for_on_the_page(world: VaultWorld, number: str) -> None:
    phone = Browser(world.site)
    with world.listening():
        assert phone.get("/me/record").headers["Location"] == "/me"
        enter(world, phone, number)
        given = {"word": "away", "start": ahead(world, 40), "until": ahead(world, 40)}
        assert phone.send("/me/days", given, page="/me/record").headers["Location"] == "/me/record?noted=1"
        assert "明天起生效" in phone.get("/me/record").text
        wrong = phone.send("/me/days", {**given, "until": ahead(world, 39)}, page="/me/record")
        assert wrong.status_code == 422
        assert "日期不合理" in wrong.text
        assert phone.send("/me/days", {**given, "start": "2026-13-01"}, page="/me/record").status_code == 422


def test_a_wish_of_somebody_who_has_gone_is_dropped(world: VaultWorld, token: str) -> None:
    who = person(world, token)
    world.ask(verbs.CORRECT, token=token, text=TEXT)
    with world.site.service.engine.begin() as connection:
        connection.execute(update(Expert).where(Expert.id == who).values(status=Status.LEFT))
    the_next_day(world)
    assert rows(world, "vault_wishes") == []
    with world.site.service.engine.begin() as connection:
        connection.execute(update(Expert).where(Expert.id == who).values(status=Status.ENROLLED))


def test_a_mirrored_record_is_changed_by_its_province(
    world: VaultWorld, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expertpool.vault.handlers.of_own_pools", lambda *_: ())
    days = away(world, token, ahead(world, 5), ahead(world, 5))
    assert isinstance(world.refused(verbs.BE_AWAY, **days), MirroredElsewhere)
    assert isinstance(world.refused(verbs.CORRECT, token=token, text=TEXT), MirroredElsewhere)


def test_the_longest_record_fits_into_an_answer() -> None:
    units = ["单" * records.LONGEST] * records.MOST
    letter = {"made": "2026-11-21", "text": "文" * records.LETTER, "answer": "答" * records.LETTER}
    wish = {"kind": "correct", "start": "", "until": "", "text": "文" * records.LETTER}
    kinds = ("employments", "directorships", "shareholdings", "kinships", "interests")
    days = [{"start": "2026-11-21", "until": "2026-11-21"}] * 50
    one: dict[str, object] = dict.fromkeys(kinds, units) | {"absences": days, "corrections": [letter] * records.LETTERS}
    one |= {"waiting": [wish] * wishes.MOST, "claims": ["national/2018/A0801"] * records.MOST, "name": "张**"}
    assert len(write_answer({"done": {"records": [one]}})) == ANSWER_BYTES
