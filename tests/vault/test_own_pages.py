"""An expert's own page: in by telephone and one-time code, and out; the token is in a cookie and nowhere else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from expertpool.draws.keeping import Occupant
from tests.browser import Browser
from tests.vault.world import CODE, VaultWorld
from tests.website import opened, production

NOBODYS = "ZZZZZZZZ"
COOKIE = "expertpool-expert-demo"


@pytest.fixture
def occupant(world: VaultWorld) -> Iterator[Occupant]:
    """Somebody who was called, while the vault answers."""
    with world.listening():
        yield next(iter(world.draws.seated(world.draw).values()))


@pytest.fixture
def phone(world: VaultWorld) -> Browser:
    return Browser(world.site)


def one_time_code(world: VaultWorld, browser: Browser, number: str) -> str:
    assert browser.send("/me/code", {"phone": number}, page="/me").status_code == 200
    return str(CODE.findall(world.sent[number][-1])[0])


def enter(world: VaultWorld, browser: Browser, number: str) -> str:
    """Sign in; returns what the cookie says."""
    given = {"phone": number, "code": one_time_code(world, browser, number)}
    assert browser.send("/me/sign-in", given, page="/me").headers["Location"] == "/me"
    return token(browser)


def token(browser: Browser) -> str:
    found = browser.client.get_cookie(COOKIE)
    return found.value if found else ""


def test_an_expert_signs_in_opens_an_invitation_and_signs_out(
    world: VaultWorld, occupant: Occupant, phone: Browser
) -> None:
    assert "获取验证码" in phone.get("/me").text
    held = enter(world, phone, occupant.phone)
    assert "第三评标室" not in phone.get("/me").text, "nothing shows without its code"
    assert phone.send("/me/open", {"code": occupant.answer_code}, page="/me").headers["Location"] == "/me"
    shown = phone.get("/me")
    for text in ("第三评标室", "等待您答复", "还没有过往评审"):
        assert text in shown.text
    for secret in (held, occupant.answer_code, occupant.phone):
        assert secret not in shown.text
    assert phone.send("/me/sign-out", {}, page="/me").headers["Location"] == "/me"
    assert token(phone) == ""
    phone.client.set_cookie(COOKIE, held)
    assert "获取验证码" in phone.get("/me").text, "the vault has ended it too"


def test_the_cookie_is_for_this_site_and_no_script(world: VaultWorld, occupant: Occupant, phone: Browser) -> None:
    given = {"phone": occupant.phone, "code": one_time_code(world, phone, occupant.phone)}
    (cookie,) = phone.send("/me/sign-in", given, page="/me").headers.getlist("Set-Cookie")
    name, *rest = cookie.split("; ")
    assert re.fullmatch(COOKIE + "=exs_[A-Za-z0-9_-]{43}", name)
    assert set(rest) == {"HttpOnly", "Path=/", "SameSite=Strict"}


def test_the_cookie_in_production_is_bound_to_the_host(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expertpool.invitations.own_pages.line", lambda: Answering({"token": "exs_" + "a" * 43}))
    with opened(sqlite_url, tmp_path, **production(tmp_path)) as site:
        browser = Browser(site, {"Host": "experts.centre.example", "Accept": "text/html"})
        base = {"base_url": "https://experts.centre.example"}
        shown = re.search(r'name="form_token" value="(\w+)"', browser.get("/me", **base).text)
        assert shown is not None
        given = {"form_token": shown[1], "phone": "13812345678", "code": "123456"}
        cookie = browser.post("/me/sign-in", given, **base).headers["Set-Cookie"]
    assert cookie.startswith("__Host-expertpool-expert=exs_")
    assert set(cookie.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}


@dataclass(frozen=True, slots=True)
class Answering:
    """A vault that always says the same."""

    answer: dict[str, Any]

    def ask(self, _verb: object, **_given: str) -> dict[str, Any]:
        return self.answer


def test_an_unknown_number_gets_the_same_page(world: VaultWorld, occupant: Occupant, phone: Browser) -> None:
    pages = [phone.send("/me/code", {"phone": each}, page="/me").text for each in (occupant.phone, "13900000001")]
    assert pages[0].replace(occupant.phone, "") == pages[1].replace("13900000001", "")
    assert world.sent.keys() == {occupant.phone}


def test_wrong_numbers_and_wrong_codes_are_one_refusal(world: VaultWorld, occupant: Occupant, phone: Browser) -> None:
    right = one_time_code(world, phone, occupant.phone)
    wrong = "000000" if right != "000000" else "111111"
    refused = [
        phone.send("/me/sign-in", {"phone": number, "code": code}, page="/me")
        for number, code in ((occupant.phone, wrong), ("13900000001", right))
    ]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert refused[0].text.replace(occupant.phone, "") == refused[1].text.replace("13900000001", "")
    assert "手机号或验证码不正确" in refused[0].text
    assert token(phone) == ""


@pytest.mark.parametrize("number", ["", "12345", "1381234567x", "+8613812345678"])
def test_what_is_no_number_is_refused_unasked(
    world: VaultWorld, occupant: Occupant, phone: Browser, number: str
) -> None:
    refused = phone.send("/me/code", {"phone": number}, page="/me")
    assert refused.status_code == 422
    assert world.sent == {}


def test_somebody_elses_code_opens_nothing(world: VaultWorld, occupant: Occupant, phone: Browser) -> None:
    other = list(world.draws.seated(world.draw).values())[1]
    enter(world, phone, occupant.phone)
    refused = [phone.send("/me/open", {"code": code}, page="/me") for code in (other.answer_code, NOBODYS)]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert refused[0].data == refused[1].data
    assert "第三评标室" not in refused[0].text


@pytest.mark.parametrize("held", ["", "exs_nobody", "exs_" + "x" * 43, "x" * 500])
def test_without_a_valid_cookie_nothing_is_told(occupant: Occupant, phone: Browser, held: str) -> None:
    phone.client.set_cookie(COOKIE, held)
    assert "获取验证码" in phone.get("/me").text
    phone.client.set_cookie(COOKIE, held)
    assert phone.send("/me/open", {"code": occupant.answer_code}, page="/i").headers["Location"] == "/me"


def test_a_form_of_another_site_is_refused(world: VaultWorld, occupant: Occupant, phone: Browser) -> None:
    held = enter(world, phone, occupant.phone)
    for path in ("/me/code", "/me/sign-in", "/me/open", "/me/sign-out"):
        assert phone.post(path, {"phone": occupant.phone, "code": NOBODYS}).status_code == 403
    assert token(phone) == held
    assert "退出登录" in phone.get("/me").text


def test_while_the_vault_is_away_the_page_says_so_and_one_can_leave(world: VaultWorld, phone: Browser) -> None:
    occupant = next(iter(world.draws.seated(world.draw).values()))
    with world.listening():
        enter(world, phone, occupant.phone)
    shown = phone.get("/me")
    assert shown.status_code == 503
    assert "保险库暂时没有应答" in shown.text
    assert token(phone) != ""
    assert phone.send("/me/sign-out", {}, page="/i").status_code == 303
    assert token(phone) == ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_speak_both_languages_and_leave_no_trace(
    world: VaultWorld, occupant: Occupant, phone: Browser, language: str
) -> None:
    phone.headers["Accept-Language"] = language
    with capture_logs() as logs:
        asking = phone.get("/me").text
        code = one_time_code(world, phone, occupant.phone)
        coded = phone.send("/me/code", {"phone": occupant.phone}, page="/me").text
        refused = phone.send("/me/sign-in", {"phone": "13900000001", "code": code}, page="/me").text
        held = enter(world, phone, occupant.phone)
        phone.send("/me/open", {"code": occupant.answer_code}, page="/me")
        own = phone.get("/me").text
    for text, shown in {
        "专家登录 Experts' sign-in": asking,
        "输入验证码 Enter the one-time code": coded,
        "重新获取验证码 Ask for a new one": refused,
        "我的邀请 My invitations": own,
    }.items():
        zh, _, en = text.partition(" ")
        there = (zh in shown, en in shown.replace("&#39;", "'"))
        assert there == (language == "zh", language == "en"), text
    addresses = str(re.findall(r'(?:href|action|src)="([^"]*)"', asking + coded + refused + own))
    for secret in (occupant.phone, occupant.answer_code, held, code):
        assert secret not in str(logs)
        assert secret not in addresses


def test_past_assignments_are_listed(world: VaultWorld, phone: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    past = {
        "starts": "2026-11-02T01:00:00Z",
        "place": "第一评标室",
        "project": "P-7",
        "title": "<一桥>",
        "seat": "3MST",
    }
    mine = {"invitations": [], "assignments": [past]}
    monkeypatch.setattr("expertpool.invitations.own_pages.line", lambda: Answering(mine))
    phone.client.set_cookie(COOKIE, "exs_" + "a" * 43)
    shown = phone.get("/me").text
    for text in ("&lt;一桥&gt;", "P-7", "2026-11-02 09:00", "第一评标室", "3MST"):
        assert text in shown
    assert "还没有过往评审" not in shown


def test_a_receipt_is_checked_against_the_ledger(world: VaultWorld, phone: Browser) -> None:
    members = world.accept()
    (seat, occupant), (other, _) = list(members.items())[:2]
    world.until_assembly(0)
    world.draws.close(world.vault, world.draw)
    with world.listening():
        asked = {"draw": world.draw.id, "seat": seat}
        assert phone.send("/me/receipt", asked, page="/me").headers["Location"] == "/me", "signed out"
        enter(world, phone, occupant.phone)
        assert f'name="seat" value="{seat}"' in phone.get("/me").text
        shown = phone.send("/me/receipt", asked, page="/me").text
        for told in ("这个席位是抽给您的", occupant.answer_code, occupant.answer_salt, occupant.leaf):
            assert told in shown
        assert "与您的应答码不符" not in shown
        for wrong in ({"seat": other}, {"draw": "drw_x"}, {"seat": "TOO-LONG-"}):
            refused = phone.send("/me/receipt", {**asked, **wrong}, page="/me")
            assert refused.status_code == 422
            assert "没有这份回执" in refused.text
