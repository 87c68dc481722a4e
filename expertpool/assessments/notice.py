"""The month's notice (通报): how a month's projects were assessed, as a paper to print and as rows of a sheet.

Pure: what was counted in, text out. An expert stands in it by number and masked name, and only where a decision is
about them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from expertpool.projects.terms import Words
from expertpool.web.paper import Record, Section

Say = Callable[[str, str], str]
"""Chooses between Chinese and English."""
TITLES: Final = (
    Words("类别", "What of"),
    Words("名称", "Name"),
    Words("次数", "Times"),
    Words("分值", "Points"),
    Words("说明", "Said"),
)
"""The columns of the sheet."""


class Conduct(NamedTuple):
    """How often parties deducted for an item, and how many points together."""

    words: Words
    times: int
    points: int


class Turnout(NamedTuple):
    """How many of the sheets that a party owed it gave."""

    words: Words
    given: int
    owed: int


class Standing(NamedTuple):
    """Somebody's month: projects, and the mean of the scores in hundredths of a point."""

    name: str
    projects: int
    mean: int


class Consequence(NamedTuple):
    """A decision about somebody; ``until`` is the last day of a suspension, as text, or nothing."""

    number: str
    name: str
    words: Words
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A month (``2026-11``) of a centre. ``mean`` is in hundredths of a point; None where nobody was assessed."""

    month: str
    projects: int
    seats: int
    clean: int
    mean: int | None
    conduct: Sequence[Conduct]
    turnout: Sequence[Turnout]
    agencies: Sequence[Standing]
    consequences: Sequence[Consequence]
    appeals: int
    granted: int


def points(hundredths: int) -> str:
    """Hundredths of a point as they are written: without zeros that say nothing."""
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def title(notice: Notice, t: Say) -> str:
    """What the notice is called."""
    year, _, month = notice.month.partition("-")
    return t(f"{year} 年 {int(month)} 月评审考评通报", f"Notice of assessments, {notice.month}")


def facts(notice: Notice, t: Say) -> list[tuple[str, str]]:
    """What the month amounts to."""
    share = f"{notice.clean} / {notice.seats}"
    return [
        (t("考评项目", "Projects assessed"), str(notice.projects)),
        (t("考评专家席位", "Seats assessed"), str(notice.seats)),
        (t("未扣分席位", "Seats without deductions"), share),
        (t("平均得分", "Mean score"), "—" if notice.mean is None else points(notice.mean)),
        (t("申诉（其中采纳）", "Appeals (granted)"), f"{notice.appeals}（{notice.granted}）"),
    ]


def sections(notice: Notice, t: Say) -> tuple[Section, ...]:
    """The tables of the notice."""
    return (
        Section(
            t("扣分行为", "What points were deducted for"),
            (t("行为", "Conduct"), t("次数", "Times"), t("扣分合计", "Points")),
            (0.6, 0.2, 0.2),
            tuple((t(*each.words), str(each.times), str(each.points)) for each in notice.conduct),
            empty=t("本月没有扣分。", "No points were deducted this month."),
        ),
        Section(
            t("考评提交情况", "Sheets given"),
            (t("考评方", "Party"), t("已提交", "Given"), t("应提交", "Owed")),
            (0.6, 0.2, 0.2),
            tuple((t(*each.words), str(each.given), str(each.owed)) for each in notice.turnout),
        ),
        Section(
            t("代理机构", "Agencies"),
            (t("名称", "Name"), t("项目", "Projects"), t("平均得分", "Mean score")),
            (0.6, 0.2, 0.2),
            tuple((each.name, str(each.projects), points(each.mean)) for each in notice.agencies),
            empty=t("本月没有被考评的代理机构。", "No agency was assessed this month."),
        ),
        Section(
            t("处理决定", "Decisions"),
            (t("专家编号", "Number"), t("姓名", "Name"), t("决定", "Decision"), t("事由", "Ground"), t("至", "Until")),
            (0.16, 0.14, 0.2, 0.34, 0.16),
            tuple((each.number, each.name, t(*each.words), each.reason, each.until) for each in notice.consequences),
            empty=t("本月没有处理决定。", "No decision this month."),
        ),
    )


def paper(notice: Notice, t: Say, *, centre: str, address: str) -> Record:
    """The notice to print; ``address`` is where the ledger stands that has every score and decision."""
    return Record(
        heading=centre,
        title=title(notice, t),
        subtitle=notice.month,
        address=address,
        check=t("扫码核对账本", "Scan to check the ledger"),
        facts=tuple(facts(notice, t)),
        sections=sections(notice, t),
        notes=(
            t(
                "一项目一考评：交易中心、行政监督部门和项目单位分别密封评分，同时揭示，按权重合成；未提交的一方不扣分。",
                "One project, one assessment: three parties score under seal, all are opened together and weighed; "
                "a party that gave no sheet deducts nothing.",
            ),
            t(
                "申诉改变的得分按决定后的结果统计，原结果仍在账本中。",
                "Scores that an appeal changed count as decided; the first result stays in the ledger.",
            ),
        ),
        foot=centre,
        page=t("第 {} 页", "page {}"),
    )


def rows(notice: Notice, t: Say) -> Iterator[tuple[str | int | float, ...]]:
    """The notice as rows under `TITLES`, one fact each, so that a spreadsheet can sort and add them."""
    for name, value in facts(notice, t):
        yield (t("概况", "In all"), name, "", "", value)
    for each in notice.conduct:
        yield (t("扣分行为", "Conduct"), t(*each.words), each.times, each.points, "")
    for party in notice.turnout:
        yield (
            t("考评提交", "Sheets given"),
            t(*party.words),
            party.given,
            "",
            t(f"应 {party.owed}", f"of {party.owed}"),
        )
    for agency in notice.agencies:
        yield (t("代理机构", "Agency"), agency.name, agency.projects, agency.mean / 100, "")
    for decided in notice.consequences:
        said = " ".join(part for part in (t(*decided.words), decided.reason, decided.until) if part)
        yield (t("处理决定", "Decision"), f"{decided.number} {decided.name}".strip(), "", "", said)
