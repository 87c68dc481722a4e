"""The record of a draw (抽取记录) as text: what the state allows, and a name never.

Names are sealed to whoever they were opened to and are read on the recipient's own machine, so no record of this
service can have one; it says to whom they were opened, when, and by which entry. The public's record has what public
entries have, the desks' also project, time and place.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from expertpool.audit.draw_story import Story
from expertpool.audit.indexing import CLOSED
from expertpool.audit.terms import BEIJING, moment_of
from expertpool.audit.told import Told
from expertpool.draws.events import NamesReleased
from expertpool.sealing import recipients
from expertpool.web.paper import Record, Section
from ledger.entry import Entry

T = Callable[[str, str], str]
"""The text in the reader's language."""

STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "requested": ("申请", "applied for"),
    "committed": ("锁定名单", "pool committed"),
    "contributed": ("随机贡献到达", "contributions in"),
    "drawn": ("抽取", "drawn"),
    "seated": ("席位到齐", "seats filled"),
    "closed": ("归档", "closed"),
}
SEATS: Final[Mapping[str, tuple[str, str]]] = {
    "drawn": ("已抽出，待答复", "drawn, no answer yet"),
    "accepted": ("已接受", "accepted"),
    "signed-in": ("已签到", "signed in"),
    "vacant": ("空缺，待补抽", "vacant, to be drawn again"),
    "unfillable": ("无法补足", "cannot be filled"),
}
CONTRIBUTED: Final = "draw.contributed"


def record_of(
    draw: str,
    story: Story,
    told: Sequence[Told],
    names: Mapping[str, str],
    *,
    t: T,
    centre: str,
    address: str,
    title: str = "",
    known: Sequence[tuple[str, str]] = (),
) -> Record:
    """The record of a draw from its public entries, and ``known`` by those who may see more of it."""
    last = story.entries[-1]
    asof = t("第 %s 条，%s", "entry %s, %s") % (last.index, local(moment_of(last)))
    return Record(
        heading=t("抽取记录", "Record of a draw"),
        title=title or t("专家抽取", "Draw of experts"),
        subtitle=draw,
        address=address,
        check=t("扫码核对证明", "Scan for the proof"),
        facts=(
            *known,
            (t("截至账本", "As of the ledger"), asof),
            (t("条目哈希", "Hash of that entry"), last.hash.hex()),
            (t("核对网址", "To be checked at"), address),
        ),
        sections=(
            _steps(story, t),
            _contributions(story.entries, names, t),
            _seats(story, t),
            _openings(story.entries, t),
            _entries(told, t),
        ),
        notes=_notes(story, t),
        foot=f"{centre} · {draw}",
        page=t("第 {} 页", "page {}"),
    )


def local(at: datetime) -> str:
    """Day and time in Beijing, to the minute as on every page."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _steps(story: Story, t: T) -> Section:
    rows = [
        (
            t(*STEPS[step.name]),
            t("完成", "done") if step.done else t("未完成", "not yet"),
            "—" if step.at is None else local(step.at),
            " ".join(f"#{index}" for index in step.entries) or "—",
        )
        for step in story.steps
    ]
    heads = (t("步骤", "Step"), t("状态", "State"), t("时间（北京）", "Time (Beijing)"), t("账本条目", "Entries"))
    return Section(t("经过的步骤", "Steps"), heads, (0.25, 0.15, 0.25, 0.35), tuple(rows))


def _contributions(entries: Sequence[Entry], names: Mapping[str, str], t: T) -> Section:
    rows = [
        (
            names.get(str(entry.body["organisation"]), str(entry.body["organisation"])),
            local(moment_of(entry)),
            f"#{entry.index}",
            str(entry.body["digest"])[:32] + "…",
        )
        for entry in entries
        if entry.kind == CONTRIBUTED
    ]
    heads = (t("机构", "Institution"), t("时间", "Time"), t("条目", "Entry"), t("贡献摘要", "Digest"))
    return Section(
        t("随机贡献", "Contributions"), heads, (0.32, 0.25, 0.08, 0.35), tuple(rows), t("尚无。", "None yet.")
    )


def _seats(story: Story, t: T) -> Section:
    rows = [(each.code, t(*SEATS[each.state]), str(each.vacancies), f"#{each.entry}") for each in story.seats]
    heads = (t("席位号", "Seat"), t("状态", "State"), t("空出次数", "Vacancies"), t("最近条目", "Last entry"))
    return Section(t("席位", "Seats"), heads, (0.25, 0.35, 0.2, 0.2), tuple(rows), t("尚未抽出。", "None drawn yet."))


def _openings(entries: Sequence[Entry], t: T) -> Section:
    rows = [
        (_audience(str(entry.body["audience"]), t), local(moment_of(entry)), f"#{entry.index}")
        for entry in entries
        if entry.kind == NamesReleased.kind
    ]
    heads = (t("对象", "Audience"), t("时间", "Time"), t("条目", "Entry"))
    return Section(
        t("姓名向谁开封", "To whom names were opened"),
        heads,
        (0.4, 0.4, 0.2),
        tuple(rows),
        t("没有：姓名全部密封。", "To nobody: every name is sealed."),
    )


def _audience(audience: str, t: T) -> str:
    return t(*recipients.WORDS[audience]) if audience in recipients.WORDS else audience


def _entries(told: Sequence[Told], t: T) -> Section:
    rows = [
        (f"#{each.index}", local(each.at), " · ".join(filter(None, (each.title, each.says))), each.hash[:16] + "…")
        for each in told
    ]
    heads = (t("条目", "Entry"), t("时间", "Time"), t("事项", "What"), t("哈希", "Hash"))
    return Section(t("全部条目", "Every entry"), heads, (0.08, 0.22, 0.48, 0.22), tuple(rows))


def _notes(story: Story, t: T) -> tuple[str, ...]:
    closed = any(entry.kind == CLOSED for entry in story.entries)
    return (
        t(
            "席位号是随机的，与姓名无关。本记录不含姓名：姓名密封给开封对象，只在其自己的机器上打开。",
            "Seat codes are random and say nothing of names. This record has none: they are sealed to whoever they "
            "were opened to, and read on that machine alone.",
        ),
        t(
            "抽取已归档：凭公开证明包，任何人可离线重算每一步。",
            "The draw is closed: with the public bundle anybody computes every step again, offline.",
        )
        if closed
        else t(
            "抽取尚未归档：评审报告签署后才公布证明包。",
            "The draw is not closed: its bundle is laid out once the report is signed.",
        ),
    )
