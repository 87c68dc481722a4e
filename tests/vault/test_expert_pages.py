"""Invitations and the two desks that ask the vault, in a browser: one card, one no, and no trace of a code."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from expertpool.draws.keeping import Occupant
from expertpool.draws.models import SeatState
from expertpool.identity.roles import Role
from tests.browser import Browser, entered
from tests.draws.scenes import seats
from tests.vault.world import VaultWorld

NOBODYS = "ZZZZZZZZ"
LANGUAGES = ("zh", "en")


@pytest.fixture
def occupant(world: VaultWorld) -> Iterator[Occupant]:
    """Somebody who was called, while the vault answers."""
    with world.listening():
        yield next(iter(world.draws.seated(world.draw).values()))


@pytest.fixture
def phone(world: VaultWorld) -> Browser:
    return Browser(world.site)


@pytest.fixture
def clerk(world: VaultWorld) -> Browser:
    """After the telephone, since the demonstration's accounts are made when first asked for."""
    return entered(world.site, Role.CENTRE_STAFF)


def quote(browser: Browser, code: str, word: str = "") -> TestResponse:
    return browser.send("/i", {"code": code, **({"word": word} if word else {})})


def clerk_at_assembly(world: VaultWorld) -> Browser:
    """A clerk who signs in when people come."""
    world.until_assembly(60)
    return entered(world.site, Role.CENTRE_STAFF)


def door(world: VaultWorld, site: int = 0) -> str:
    return f"/arrivals/{world.draw.session_id}/{site}"


def states(world: VaultWorld) -> list[SeatState]:
    return [seat.state for seat in seats(world.draws, world.draw).values()]


# ---------------------------------------------------------------- the invitation


def test_a_card_says_when_and_where_and_takes_the_answer(world: VaultWorld, occupant: Occupant, phone: Browser) -> None:
    shown = quote(phone, occupant.answer_code)
    assert shown.status_code == 200
    for text in ("第三评标室", "等待您答复", "接受", "不能参加", "预计"):
        assert text in shown.text
    assert "确认请假" not in shown.text
    accepted = quote(phone, occupant.answer_code, "accept")
    assert "您已接受" in accepted.text
    assert "确认请假" in accepted.text
    assert states(world).count(SeatState.ACCEPTED) == 1


def test_leave_can_be_taken_until_the_cut_off(world: VaultWorld, phone: Browser) -> None:
    one, other = list(world.accept().values())[:2]
    with world.listening():
        assert "您已请假" in quote(phone, one.answer_code, "leave").text
        world.until_assembly(1)
        late = quote(phone, other.answer_code)
        assert "已过网上请假时限" in late.text
        assert "确认请假" not in late.text
        assert quote(phone, other.answer_code, "leave").status_code == 422


def test_whoever_declined_is_told_not_to_come(occupant: Occupant, phone: Browser) -> None:
    declined = quote(phone, occupant.answer_code, "decline")
    assert "您已答复不能参加" in declined.text
    assert "请勿到场" in declined.text
    assert 'name="word"' not in declined.text


def test_every_refused_code_gets_the_same_page(occupant: Occupant, phone: Browser) -> None:
    quote(phone, occupant.answer_code, "decline")
    answers = [
        quote(phone, NOBODYS),
        quote(phone, NOBODYS, "accept"),
        quote(phone, occupant.answer_code, "accept"),
    ]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert [answer.data for answer in answers] == [answers[0].data] * 3
    assert "应答码不正确，或者该邀请已失效" in answers[0].text


@pytest.mark.parametrize(("code", "word"), [("", ""), ("abc", ""), ("x" * 33, ""), (NOBODYS, "late"), (NOBODYS, "x")])
def test_what_has_not_the_form_is_refused_unasked(occupant: Occupant, phone: Browser, code: str, word: str) -> None:
    refused = quote(phone, code, word)
    assert refused.status_code == 422
    assert 'name="code"' in refused.text


def test_a_code_may_be_typed_with_spaces_in_small_letters(occupant: Occupant, phone: Browser) -> None:
    typed = f" {occupant.answer_code[:4]} {occupant.answer_code[4:]} ".lower()
    assert "第三评标室" in quote(phone, typed).text


def test_after_too_many_attempts_the_page_says_when_to_come_back(
    world: VaultWorld, occupant: Occupant, phone: Browser
) -> None:
    for _ in range(world.site.service.settings.vault.attempts_per_hour):
        quote(phone, NOBODYS)
    refused = quote(phone, occupant.answer_code)
    assert refused.status_code == 403
    assert "尝试次数过多" in refused.text


def test_while_the_vault_is_away_an_answer_is_noted_and_taken_later(world: VaultWorld, phone: Browser) -> None:
    occupant = next(iter(world.draws.seated(world.draw).values()))
    shown = quote(phone, occupant.answer_code)
    assert "邀请暂时不能显示" in shown.text
    noted = quote(phone, occupant.answer_code, "accept")
    assert "答复已记下" in noted.text
    assert noted.data == quote(phone, NOBODYS, "accept").data
    assert occupant.answer_code not in noted.text
    world.draws.go_on(world.vault, rounds=2)
    assert states(world).count(SeatState.ACCEPTED) == 1


# ---------------------------------------------------------------- the duty desk


@pytest.mark.parametrize(("word", "minutes"), [("late", "15"), ("leave", "")])
def test_the_duty_desk_is_told_that_it_is_noted(world: VaultWorld, word: str, minutes: str) -> None:
    occupant = next(iter(world.accept().values()))
    clerk = entered(world.site, Role.CENTRE_STAFF)
    with world.listening():
        noted = clerk.send("/duty", {"code": occupant.answer_code, "word": word, "minutes": minutes})
    assert noted.status_code == 200
    assert "已记下" in noted.text
    for told in (occupant.answer_code, "第三评标室", world.draw.session_id, occupant.phone):
        assert told not in noted.text


@pytest.mark.parametrize(
    "wrong",
    [{"code": NOBODYS}, {"word": "accept"}, {"word": ""}, {"minutes": "601"}, {"minutes": "-1"}, {"minutes": "soon"}],
    ids=lambda wrong: "-".join(f"{name}={value}" for name, value in wrong.items()),
)
def test_the_duty_desk_refuses_what_is_wrong(
    occupant: Occupant, clerk: Browser, phone: Browser, wrong: dict[str, str]
) -> None:
    quote(phone, occupant.answer_code, "accept")
    refused = clerk.send("/duty", {"code": occupant.answer_code, "word": "late", "minutes": "15", **wrong})
    assert refused.status_code == 422
    assert "已记下" not in refused.text
    assert occupant.answer_code not in refused.text


# ---------------------------------------------------------------- the sign-in desk


def test_the_sign_in_desk_gets_a_yes_with_seat_and_place(world: VaultWorld) -> None:
    seat, occupant = next(iter(world.accept().items()))
    clerk = clerk_at_assembly(world)
    assert door(world) in clerk.get("/arrivals").text
    with world.listening():
        given = {"id_number": occupant.id_number, "code": occupant.arrival_code}
        told = [clerk.send(door(world), given) for _ in range(2)]
    assert [answer.status_code for answer in told] == [200, 200]
    assert told[0].data == told[1].data
    for text in ("请进", str(seat), "第三评标室"):
        assert text in told[0].text
    for secret in (occupant.id_number, occupant.arrival_code, occupant.answer_code):
        assert secret not in told[0].text


def test_the_sign_in_desk_has_one_and_the_same_no(world: VaultWorld) -> None:
    one, other = list(world.accept().values())[:2]
    clerk = clerk_at_assembly(world)
    right = {"id_number": one.id_number, "code": one.arrival_code}
    with world.listening():
        wrong = [
            clerk.send(door(world), {**right, "code": "000000"}),
            clerk.send(door(world), {**right, "code": other.arrival_code}),
            clerk.send(door(world), {**right, "id_number": other.id_number}),
            clerk.send(door(world), {**right, "id_number": "430100199001011234"}),
        ]
    assert [answer.status_code for answer in wrong] == [422] * 4
    assert [answer.data for answer in wrong] == [wrong[0].data] * 4
    assert "不能签到" in wrong[0].text
    assert not re.search(r'name="(?:id_number|code)"[^>]* value=', wrong[0].text)


def test_there_is_no_desk_at_a_door_that_there_is_not(world: VaultWorld, clerk: Browser) -> None:
    for path in (door(world, 9), "/arrivals/ses_x/0"):
        assert clerk.get(path).status_code == 403
    assert clerk.get(f"/arrivals/{world.draw.session_id}/100").status_code == 404
    world.clock.advance(timedelta(days=3))
    assert "今天没有场次" in entered(world.site, Role.CENTRE_STAFF).get("/arrivals").text


@pytest.mark.parametrize("path", ["/duty", "door"])
def test_a_desk_says_when_the_vault_is_away(world: VaultWorld, clerk: Browser, path: str) -> None:
    given = {"code": NOBODYS, "word": "late", "id_number": "430100199001011234"}
    refused = clerk.send(door(world) if path == "door" else path, given)
    assert refused.status_code == 503
    assert "保险库暂时没有应答" in refused.text


# ---------------------------------------------------------------- no trace


def test_a_form_of_another_site_is_refused(world: VaultWorld, occupant: Occupant, clerk: Browser) -> None:
    given = {"code": occupant.answer_code, "word": "accept", "id_number": occupant.id_number}
    for path in ("/i", "/duty", door(world)):
        assert clerk.post(path, given).status_code == 403
        elsewhere = clerk.send(path, given, page="/duty", headers={"Sec-Fetch-Site": "cross-site"})
        assert elsewhere.status_code == 403
    assert SeatState.ACCEPTED not in states(world)


def test_a_code_in_an_address_is_not_read(occupant: Occupant, phone: Browser) -> None:
    assert "第三评标室" not in phone.get(f"/i?code={occupant.answer_code}").text
    assert phone.get(f"/i/{occupant.answer_code}").status_code == 404


def test_what_is_typed_stands_in_no_address_log_or_header(world: VaultWorld, phone: Browser) -> None:
    one = next(iter(world.accept().values()))
    clerk = clerk_at_assembly(world)
    secrets = (one.answer_code, one.arrival_code, one.id_number, one.phone)
    with capture_logs() as logs, world.listening():
        answers = [
            quote(phone, one.answer_code),
            quote(phone, one.answer_code, "accept"),
            quote(phone, f"{one.answer_code[:-1]}!"),
            clerk.send("/duty", {"code": one.answer_code, "word": "late", "minutes": "5"}),
            clerk.send(door(world), {"id_number": one.id_number, "code": one.arrival_code}),
            clerk.send(door(world), {"id_number": one.id_number, "code": "000000"}),
        ]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert [secret for secret in secrets if secret in f"{answer.headers}{logs}"] == []
        addresses = re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
        assert [secret for secret in secrets if secret in str(addresses)] == []
    for form in re.findall(r'<form [^>]*action="(?:/i|/duty|/arrivals[^"]*)"[^>]*>', "".join(a.text for a in answers)):
        assert 'autocomplete="off"' in form
        assert 'method="post"' in form


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_both_languages(
    world: VaultWorld, occupant: Occupant, phone: Browser, clerk: Browser, language: str
) -> None:
    for browser in (phone, clerk):
        browser.headers["Accept-Language"] = language
    shown = {
        "答复评审邀请 Answer an invitation": phone.get("/i"),
        "等待您答复 Waits for your answer": quote(phone, occupant.answer_code),
        "应答码不正确 The answer code is not right": quote(phone, NOBODYS),
        "您已接受 You accepted": quote(phone, occupant.answer_code, "accept"),
        "值班电话 Duty desk": clerk.get("/duty"),
        "选择您所在的场次和场地 Choose the session and site": clerk.get("/arrivals"),
        "到场码 Arrival code": clerk.get(door(world)),
    }
    for text, answer in shown.items():
        zh, _, en = text.partition(" ")
        assert (zh in answer.text, en in answer.text) == (language == "zh", language == "en"), text
