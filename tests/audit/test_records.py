"""The record of a draw: what the state allows and a name never, the same bytes for the same record."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from expertpool.audit import record_pages
from expertpool.core.clock import FixedClock
from expertpool.identity.roles import Role
from expertpool.sealing.recipients import AUDIENCES, WORDS
from expertpool.web import paper
from expertpool.web.paper import MISSING, Record, Section, print_record
from tests.audit.public_draw import DRAW, append, drafts, prove, simulated, tell_draw
from tests.audit.test_draw_pages import EXPERTS, texts
from tests.browser import Browser, entered
from tests.draws.world import ENROLLED, DrawWorld
from tests.projects.world import FACTS
from tests.sealing.world import World
from tests.website import Website, opened

PLAIN = Record(
    heading="抽取记录",
    title="湘江大道改造工程",
    subtitle=DRAW,
    address=f"https://centre.example/ledger/draws/{DRAW}",
    check="扫码核对",
    facts=(("项目编号", "E43"),),
    sections=(
        Section("席位", ("席位号", "状态"), (0.5, 0.5), (("8PEJ", "已接受"),)),
        Section("解封", ("对象",), (1,), ()),
    ),
    notes=("不含姓名。",),
    foot="长沙公共资源交易中心",
    page="第 {} 页",
)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records as the text that would be printed."""
    monkeypatch.setattr(record_pages, "print_record", lambda record: str(asdict(record)).encode())


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[DrawWorld]:
    clock = FixedClock(ENROLLED)
    with opened(sqlite_url, tmp_path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        yield DrawWorld(World(site, clock)).prepare(EXPERTS)


@pytest.mark.usefixtures("written")
def test_no_state_puts_a_name_into_it(world: DrawWorld) -> None:
    draw, vault = world.applied(), world.vault()
    staff = entered(world.site, Role.CENTRE_STAFF)
    assert staff.get(f"/draws/{draw.id}/record").status_code == 404, "nothing is signed yet"
    secrets: set[str] = set()

    def both() -> tuple[str, str]:
        desk = entered(world.site, Role.CENTRE_STAFF).get(f"/draws/{draw.id}/record")
        open_ = Browser(world.site).get(f"/ledger/draws/{draw.id}/record")
        assert (desk.status_code, open_.status_code) == (200, 200)
        for text in (desk.text, open_.text):
            assert [secret for secret in secrets if secret in text] == []
        return desk.text, open_.text

    world.go_on(vault)
    codes = world.seated(draw)
    secrets |= {text for each in codes.values() for text in texts(asdict(each))}
    desk, public = both()
    for said in ("已抽出，待答复", "第 ", *codes, "没有：姓名全部密封"):
        assert said in desk
        assert said in public
    for known in (FACTS.title, FACTS.code, "第三评标室"):
        assert known in desk
        assert known not in public
    world.filled(vault, draw, declines=1)
    secrets |= {text for each in world.seated(draw).values() for text in texts(asdict(each))}
    assert "已接受" in both()[1]
    world.close(vault, draw)
    assert "抽取已归档" in both()[1]


@pytest.mark.usefixtures("written")
def test_it_says_to_whom_names_were_opened(site: Website) -> None:
    tell_draw(site)
    intent = next(entry for entry in simulated().log.entries if entry.kind == "draw.intended")
    opened_ = replace(
        drafts([intent])[0],
        kind="draw.released",
        body={"draw": DRAW, "intent": intent.index, "audience": "supervisor", "release": 5},
    )
    entry = append(site, [opened_])[0]
    prove(site)
    for language, said in (("zh", "行政监督部门"), ("en", "supervisor")):
        text = Browser(site).get(f"/ledger/draws/{DRAW}/record?lang={language}").text
        assert re.search(rf"'{said}', '[0-9: -]+', '#{entry.index}'", text)
    assert WORDS.keys() == set(AUDIENCES)


def test_whoever_asks_gets_a_pdf_and_keeps_it(site: Website) -> None:
    assert Browser(site).get(f"/ledger/draws/{DRAW}/record").status_code == 404
    tell_draw(site)
    prove(site)
    answer = Browser(site).get(f"/ledger/draws/{DRAW}/record")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{DRAW}.pdf"'
    reader = Browser(site, {"Accept": "text/html", "If-None-Match": answer.headers["ETag"]})
    same = reader.get(f"/ledger/draws/{DRAW}/record")
    assert same.status_code == 304
    assert f'href="/ledger/draws/{DRAW}/record"' in Browser(site).get(f"/ledger/draws/{DRAW}").text
    for other in ("drw_nothing", "drw_" + "0" * 26):
        assert Browser(site).get(f"/ledger/draws/{other}/record").status_code == 404


def test_the_same_record_has_the_same_bytes() -> None:
    first = print_record.__wrapped__(PLAIN)
    assert print_record.__wrapped__(PLAIN) == first
    assert print_record.__wrapped__(replace(PLAIN, title="另一个工程")) != first
    assert b"NotoSansSC" in first, "the font is embedded"
    assert b"/FontFile2" in first
    assert len(first) < 100_000


@pytest.mark.parametrize(
    "title",
    ["<b>&amp;</b>", "a" * 300, "长" * 500, "龘\U00020000", "\x00\x1b[0m", "", "<img src='file:///etc/passwd'/>"],
)
def test_whatever_stands_in_a_title_is_printed_as_it_is(title: str) -> None:
    assert print_record.__wrapped__(replace(PLAIN, title=title)).startswith(b"%PDF-")


def test_what_the_font_has_not_is_marked() -> None:
    assert paper._printable("龘湘江\U00020000x\x00") == f"{MISSING}湘江{MISSING}x "
    gb2312 = "".join(
        bytes([row, cell]).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)
    )
    assert len(gb2312) == 6763
    assert MISSING not in paper._printable(gb2312)


def test_a_long_record_goes_over_several_pages() -> None:
    rows = tuple((f"#{number}", "席位接受") for number in range(200))
    printed = print_record.__wrapped__(replace(PLAIN, sections=(replace(PLAIN.sections[0], rows=rows),)))
    assert len(re.findall(rb"/Type /Page\b", printed)) >= 4


def test_the_licence_stands_beside_the_font() -> None:
    folder = paper.FILE.parent
    assert "SIL Open Font License" in (folder / "OFL.txt").read_text("utf-8")
    assert paper.FILE.stat().st_size < 4_000_000
