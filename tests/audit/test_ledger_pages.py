"""The public pages of the ledger: what they say is what entries and signatures say, and never more."""

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import event

from expertpool.audit.indexing import follow
from expertpool.core.ledger_store import SqlLog
from ledger.cli import main
from ledger.entry import Draft, parse_entry
from ledger.policy import parse_policy
from ledger.receipt import parse_receipt
from tests.audit.public_draw import (
    DRAW,
    Checker,
    append,
    bundle_bytes,
    bundles,
    prove,
    simulated,
    tell_draw,
    trust,
)
from tests.audit.test_read_path import grow
from tests.browser import Browser
from tests.website import Website

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CANARY = "蝙蝠侠·不可外泄"


def shown(site: Website, path: str, status: int = 200) -> str:
    answer = Browser(site).get(path)
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def size_of(site: Website) -> int:
    return SqlLog(site.service.engine).head().size


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_sound_and_every_link_leads_somewhere(site: Website, language: str) -> None:
    entries = tell_draw(site)
    prove(site)
    (bundles(site) / f"{DRAW}.zip").write_bytes(bundle_bytes(audit=False))
    pages = ["/ledger", "/ledger/search", "/ledger/search?kind=draw.vacated", "/ledger/verify", f"/ledger/draws/{DRAW}"]
    pages += [f"/ledger/entries/{entry.index}" for entry in entries]
    links: set[str] = set()
    for path in pages:
        answer = Browser(site, {"Accept": "text/html", "Accept-Language": language}).get(path)
        assert answer.status_code == 200, path
        tags = Checker(answer.text).tags
        assert ("html", {"lang": "zh-CN" if language == "zh" else "en", "data-bs-theme": "light"}) in tags
        assert [tag for tag, _ in tags].count("h1") == 1
        assert "style" not in {tag for tag, _ in tags}
        for tag, attributes in tags:
            assert not any(name.startswith("on") or name == "style" for name in attributes), tag
            assert tag != "script" or attributes.get("src"), "no script in the page"
            link = attributes.get("href") or attributes.get("src") or ""
            assert "//" not in link
            links |= {link} if link.startswith("/ledger") else set()
        ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
        assert len(ids) == len(set(ids)), path
    assert len(links) > 40
    for link in links:
        assert Browser(site).get(link, follow_redirects=True).status_code == 200, link


def test_before_the_first_checkpoint_nothing_is_shown(site: Website) -> None:
    assert "账本还没有签署过检查点" in shown(site, "/ledger")
    assert "#0" not in shown(site, "/ledger/search?kind=centre.opened")
    for path in ("entries/0", "entries/0/proof", "entries/0/bytes", f"draws/{DRAW}"):
        assert "账本还没有签署过检查点" in shown(site, f"/ledger/{path}", 404)
    assert "账本还没有签署过检查点" not in shown(site, "/ledger/verify")


def test_the_verdict_comes_from_cosigners_alone(site: Website) -> None:
    site.service.signer.step()
    alone = shown(site, "/ledger")
    assert "未能证实" in alone
    assert "本系统还没有外部共签方" in alone
    trust(site)
    assert "还没有达到法定数的外部共签" in shown(site, "/ledger")
    site.service.cosign()
    proven = shown(site, "/ledger")
    assert "前 7 条已由 1 家外部机构共签证实" in proven
    assert "市公证处" in proven
    grow(site, 2)
    site.service.signer.step()
    later = shown(site, "/ledger")
    assert "前 7 条已由" in later
    assert "其后 2 条等待共签，此刻尚未证实" in later


def test_a_policy_that_asks_for_nobody_proves_nothing(site: Website) -> None:
    site.service.signer.step()
    path = site.service.settings.ledger.witness_policy
    assert path is not None
    path.write_text("\n".join([site.service.policy_text.splitlines()[0], "quorum none", ""]))
    assert "未能证实" in shown(site, "/ledger")
    assert "未能证实" in shown(site, "/ledger/entries/0")
    assert "还没有覆盖这一条" in shown(site, "/ledger/entries/0/proof", 404)


def test_what_nobody_signed_for_is_on_no_page(either_site: Website) -> None:
    site = either_site
    prove(site)
    grow(site, 1)
    assert "#7" not in shown(site, "/ledger")
    assert "第 6 条" in shown(site, "/ledger/entries/6")
    for path in ("entries/7", "entries/7/proof", "entries/7/bytes", f"entries/{10**30}"):
        assert "没有覆盖所请求的内容" in shown(site, f"/ledger/{path}", 404)


def test_pages_of_entries_meet_without_gap(either_site: Website) -> None:
    site = either_site
    grow(site, 41 - size_of(site))
    prove(site)
    seen: list[int] = []
    path = "/ledger"
    while path:
        html = shown(site, path)
        seen += [int(number) for number in re.findall(r'class="entry-index" href="/ledger/entries/(\d+)"', html)]
        further = re.search(r'href="(\?before=\d+)"', html)
        path = f"/ledger{further[1]}" if further else ""
    assert seen == list(range(40, -1, -1))


@pytest.mark.parametrize("before", ["0", "8", "-1", "x", "٣", "1e1", "9" * 40])
def test_pages_that_are_not_there_are_explained(site: Website, before: str) -> None:
    prove(site)
    assert "没有这一页" in shown(site, f"/ledger?before={before}", 404)


@pytest.mark.parametrize("before", ["1", "7"])
def test_the_first_and_the_last_page_are_there(site: Website, before: str) -> None:
    prove(site)
    assert f"#{int(before) - 1}<" in shown(site, f"/ledger?before={before}")


def test_an_entry_says_what_it_holds_and_no_more(site: Website) -> None:
    body = {"draw": DRAW, "intent": 3, "seat": "AB12", "vacancy": 1, "_sd": ["a" * 43, "b" * 43]}
    made = append(site, [Draft("draw.vacated", "svc:vault", NOW, body)])[0]
    prove(site)
    html = shown(site, f"/ledger/entries/{made.index}")
    assert "席位 AB12 空出" in html
    assert made.hash.hex() in html
    assert made.prev in html
    assert f'href="/ledger/entries/{made.index - 1}"' in html
    assert "2 个，只留加盐摘要" in html
    assert "a" * 43 not in html
    assert 'href="/ledger/entries/3">#3</a>' in html
    assert "无：这是第一条" in shown(site, "/ledger/entries/0")


def test_markup_in_an_entry_is_text(site: Website) -> None:
    body = {"holder": "khd_x", "name": "<script>alert(1)</script>", "odd<b>": [{"<i>": None}, [True, []]]}
    made = append(site, [Draft("holder.registered", "svc:<b>", NOW, body), Draft("un.known", "svc:x", NOW, {})])
    prove(site)
    for path in ("/ledger", *(f"/ledger/entries/{each.index}" for each in made)):
        raw = Browser(site).get(path).text
        assert "<script>alert" not in raw
        assert "<b>" not in raw
        assert "<i>" not in raw
        Checker(raw)


def test_hidden_fields_are_on_no_page(site: Website) -> None:
    """The canary is what an account is called: its entry holds a salted digest."""
    grow(site, 1, CANARY)
    prove(site)
    paths = ["/ledger", "/ledger/search?kind=actor.registered", f"/ledger/search?q={CANARY}"]
    for path in (*paths, "/ledger/entries/7", "/ledger/entries/7/bytes", "/ledger/entries/7/proof"):
        answer = Browser(site).get(path)
        assert CANARY not in unescape(answer.text).replace(f'value="{CANARY}"', ""), path
        assert json.dumps(CANARY)[1:-1] not in answer.text
    outsider = next(iter(site.actors.values()))
    assert "不能按账号查找" in shown(site, f"/ledger/search?q={outsider.id}", 422)


def test_the_proof_of_each_entry_verifies(either_site: Website) -> None:
    site = either_site
    tell_draw(site)
    prove(site)
    grow(site, 2)
    site.service.signer.step()  # a newer checkpoint, which nobody cosigned
    proven = size_of(site) - 2
    for index in range(proven):
        answer = site.client.get(f"/ledger/entries/{index}/proof")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{index}.tlog-proof"'
        receipt = parse_receipt(answer.data)
        entry, trusted = receipt.check(site.service.policy)
        assert (entry.index, trusted.quorum, receipt.signed.size) == (index, True, proven)
        page = shown(site, f"/ledger/entries/{index}") if index % 9 == 0 else ""
        assert all(node.hex() in page for node in receipt.proof) or index % 9
    assert "未能证实" in shown(site, f"/ledger/entries/{proven}")
    assert site.client.get(f"/ledger/entries/{proven}/proof").get_json()["code"] == "ledger.not-proven-yet"


def test_the_commands_of_an_entry_work(
    site: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prove(site)
    commands = re.findall(r'<pre class="command"[^>]*><code>(.*?)</code>', shown(site, "/ledger/entries/3"))
    fetch, check = (shlex.split(command) for command in commands)
    assert fetch[:2] == ["curl", "-o"]
    monkeypatch.chdir(tmp_path)
    base = site.service.settings.service.base_url
    Path(fetch[2]).write_bytes(site.client.get(fetch[3].removeprefix(base)).data)
    Path("trust.policy").write_bytes(site.client.get("/ledger/policy").data)
    assert check[:3] == ["python", "-m", "ledger"]
    assert main(check[3:]) == 0
    assert parse_entry(capsys.readouterr().out.strip().encode()).index == 3


def test_bytes_are_kept_for_ever_and_pages_until_they_change(site: Website) -> None:
    prove(site)
    raw = site.client.get("/ledger/entries/3/bytes")
    assert raw.data == SqlLog(site.service.engine).entries(3, 4)[0]
    assert "immutable" in raw.headers["Cache-Control"]
    for path in ("/ledger/entries/3/bytes", "/ledger/entries/3", "/ledger", "/ledger/entries/3/proof"):
        first = site.client.get(path)
        assert first.headers["Cache-Control"] in ("private, no-cache", "public, max-age=31536000, immutable")
        same = {"If-None-Match": first.headers["ETag"]}
        assert site.client.get(path, headers=same).status_code == 304, path
    before = site.client.get("/ledger").headers["ETag"]
    grow(site, 1)
    site.service.signer.step()
    assert site.client.get("/ledger", headers={"If-None-Match": before}).status_code == 200


def test_a_draw_is_told_from_its_entries(either_site: Website) -> None:
    site = either_site
    entries = tell_draw(site)
    prove(site)
    html = shown(site, f"/ledger/draws/{DRAW}")
    assert html.count('class="stage done"') >= 5
    assert "2 次空缺" in html
    for code in (seat["seat"] for entry in entries if entry.kind == "draw.completed" for seat in entry.body["seats"]):
        assert code in html
    listed = re.findall(r'class="entry-index" href="/ledger/entries/(\d+)"', html)
    assert listed == [str(entry.index) for entry in entries if entry.body.get("draw") == DRAW]
    follow(site.service.engine, NOW)
    assert (
        re.findall(r'class="entry-index" href="/ledger/entries/(\d+)"', shown(site, f"/ledger/draws/{DRAW}")) == listed
    )


@pytest.mark.parametrize("draw", ["drw_0" + "0" * 25, "drw_x", "act_" + "0" * 26, "..%2f", "drw_" + "0" * 500])
def test_a_draw_that_is_not_there_is_explained(site: Website, draw: str) -> None:
    prove(site)
    for path in (draw, f"{draw}/bundle"):
        answer = Browser(site).get(f"/ledger/draws/{path}")
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


def test_a_draw_that_is_interrupted_says_so(site: Website) -> None:
    def act(kind: str) -> Draft:
        return Draft(kind, "svc:vault", NOW, {"draw": DRAW, "intent": 1})

    append(site, [act("draw.requested"), act("draw.suspended")])
    prove(site)
    assert '<div class="problem" role="status">' in shown(site, f"/ledger/draws/{DRAW}")
    append(site, [act("draw.reconvened")])
    prove(site)
    assert '<div class="problem" role="status">' not in shown(site, f"/ledger/draws/{DRAW}")


def test_the_bundle_is_handed_out_after_the_close_only(site: Website) -> None:
    path = f"/ledger/draws/{DRAW}/bundle"
    (bundles(site) / f"{DRAW}.zip").write_bytes(bundle_bytes(audit=False))
    tell_draw(site, closed=False)
    prove(site)
    assert site.client.get(path).get_json()["code"] == "ledger.no-bundle"
    assert "评审报告签署之前不公开" in shown(site, f"/ledger/draws/{DRAW}")
    append(site, [Draft("draw.closed", "svc:vault", NOW, {"draw": DRAW, "intent": 1})])
    assert site.client.get(path).get_json()["code"] == "ledger.no-bundle", "nobody has signed for the close"
    prove(site)
    answer = site.client.get(path)
    assert answer.data == bundle_bytes(audit=False)
    assert answer.content_type == "application/zip"
    assert f"expertpool audit replay {DRAW}.zip --policy trust.policy" in shown(site, f"/ledger/draws/{DRAW}")
    (bundles(site) / f"{DRAW}.zip").unlink()
    assert site.client.get(path).get_json()["code"] == "ledger.no-bundle"
    assert "中心还没有公布证明包" in shown(site, f"/ledger/draws/{DRAW}")


@pytest.mark.parametrize("laid", ["audit", "garbage", "cut"])
def test_what_is_no_public_bundle_is_not_handed_out(site: Website, laid: str) -> None:
    files = {"audit": bundle_bytes(audit=True), "garbage": b"PK nonsense", "cut": bundle_bytes(audit=False)[:-9]}
    (bundles(site) / f"{DRAW}.zip").write_bytes(files[laid])
    tell_draw(site)
    prove(site)
    assert site.client.get(f"/ledger/draws/{DRAW}/bundle").get_json()["code"] == "ledger.bundle-unusable"


def test_the_bundle_of_another_draw_is_not_handed_out(site: Website) -> None:
    other = "drw_2" + "0" * 25
    (bundles(site) / f"{other}.zip").write_bytes(bundle_bytes(audit=False))
    append(site, [Draft("draw.closed", "svc:vault", NOW, {"draw": other, "intent": 1})])
    prove(site)
    assert site.client.get(f"/ledger/draws/{other}/bundle").get_json()["code"] == "ledger.bundle-unusable"


def test_the_policy_is_handed_out_if_it_is_one(site: Website) -> None:
    path = site.service.settings.ledger.witness_policy
    assert path is not None
    assert site.client.get("/ledger/policy").get_json()["code"] == "ledger.no-policy"
    path.write_text("a password that was put here by mistake")
    assert site.client.get("/ledger/policy").get_json()["code"] == "ledger.no-policy"
    trust(site)
    assert parse_policy(site.client.get("/ledger/policy").data) == site.service.policy


def test_charts_count_closed_draws_only(either_site: Website) -> None:
    site = either_site
    now = site.service.clock.now()
    other = "drw_2" + "0" * 25

    def act(kind: str, draw: str, days: int = 0) -> Draft:
        return Draft(kind, "svc:vault", now - timedelta(days=days), {"draw": draw, "intent": 1, "seat": "AB12"})

    append(site, [act("draw.vacated", DRAW), act("draw.vacated", other), act("draw.vacated", DRAW)])
    prove(site)
    assert "还没有归档的抽取" in shown(site, "/ledger")
    append(site, [act("draw.closed", DRAW)])
    prove(site)
    follow(site.service.engine, NOW)
    html = shown(site, "/ledger")
    assert "1 次抽取" in html
    assert "2 次空缺" in html


def test_no_page_asks_the_database_much(site: Website) -> None:
    tell_draw(site)
    grow(site, 300)
    prove(site)
    statements: list[str] = []
    event.listen(site.service.engine, "before_cursor_execute", lambda _c, _cur, text, *_: statements.append(text))
    paths = ["/ledger", f"/ledger/draws/{DRAW}", f"/ledger/entries/{len(simulated().log.entries)}", "/ledger/verify"]
    for path in (*paths, "/ledger/search?kind=actor.registered"):
        for _ in range(2):
            statements.clear()
            shown(site, path)
            assert 0 < len(statements) <= 40, path
            follow(site.service.engine, NOW)
