"""The tables of the evidence, for the page and for the documentation alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from expertpool.audit import evidence_words as words

Words = Callable[[str, str], str]
"""Chooses between Chinese and English."""
HONEST_MOST: Final = 0.01
"""More honest panels than this must not be asked to explain themselves."""
Mark = Literal["", "good", "bad", "code"]


class Cell(NamedTuple):
    """What stands in a cell, and how it is meant."""

    text: str
    mark: Mark = ""


class Table(NamedTuple):
    """Heads, and rows of as many cells."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def tables(measured: Mapping[str, Any], t: Words) -> dict[str, Table]:
    """Every table by name."""
    return {name: make(measured, t) for name, make in _MAKERS.items()}


def chance(p: float) -> str:
    """A p-value as a reader bears it."""
    return "< 1e-300" if p < 1e-300 else f"{p:.0e}" if p < 5e-4 else f"{p:.3f}"


def _uniformity(measured: Mapping[str, Any], t: Words) -> Table:
    part = measured["uniformity"]
    rows = []
    for kind, each in [(each["what"], each) for each in part["tests"]] + [("unfair", each) for each in part["biased"]]:
        fair = each["p"] > part["gate"]
        told = (words.KINDS[kind], words.CASES[each["case"]])
        figures = (f"{each['outcomes']}", f"{each['statistic']}")
        rows.append([*(Cell(t(*said)) for said in told), *map(Cell, figures), Cell(chance(each["p"]), _good(fair))])
    heads = (
        t("怎样抽", "drawn"),
        t("情形", "case"),
        t("可能的组合", "outcomes"),
        t("卡方", "chi-squared"),
        t("p 值", "p-value"),
    )
    return Table(heads, rows)


def _game(measured: Mapping[str, Any], t: Words) -> Table:
    rows = []
    for name, said in words.GUESSED.items():
        each = measured["game"][name]
        inside = each["least"] <= each["worst"] and each["best"] <= each["most"]
        luck = (f"{each['chance']:.4f}", f"{each['least']:.4f}–{each['most']:.4f}")
        found = (Cell(f"{each[which]:.4f}", _good(inside)) for which in ("worst", "best"))
        rows.append([Cell(t(*said)), *map(Cell, luck), *found])
    heads = (
        t("猜什么", "guessed"),
        t("纯靠运气", "pure chance"),
        t("95% 范围", "95 % interval"),
        t("最差", "worst"),
        t("最好", "best"),
    )
    return Table(heads, rows)


def _tamper(measured: Mapping[str, Any], t: Words) -> Table:
    cells = measured["tamper"]["cells"]
    rows = [
        [
            Cell(t(*said)),
            *(
                Cell(t(*words.FOUND_BY[cell["by"]]), _good(cell["by"] is not None))
                for cell in cells
                if cell["attack"] == attack
            ),
        ]
        for attack, said in words.TAMPERING.items()
    ]
    heads = (t("手法", "attack"), t("没有外部共签", "without a cosigner"), t("有外部共签", "with a cosigner"))
    return Table(heads, rows)


def _attacks(measured: Mapping[str, Any], t: Words) -> Table:
    rows = [
        [
            Cell(t(*words.ATTACKS[each["name"]])),
            Cell(str(each["passed"]), "good"),
            Cell(str(each["failed"]), "bad" if each["failed"] else ""),
            Cell(each["file"], "code"),
        ]
        for each in measured["attacks"]["suites"]
    ]
    return Table((t("攻击", "attack"), t("通过", "passed"), t("失败", "failed"), t("在哪里", "where")), rows)


def _foreign(measured: Mapping[str, Any], t: Words) -> Table:
    part = measured["foreign"]
    rows = [
        [Cell(f"Go {part['go']['version']}, golang.org/x/mod/sumdb"), Cell(str(part["go"]["passed"]), "good")],
        [Cell("Python, PyNaCl + pymerkle"), Cell(str(part["python"]["passed"]), "good")],
    ]
    return Table((t("工具", "tool"), t("通过的检查", "checks passed")), rows)


def _peer(measured: Mapping[str, Any], t: Words) -> Table:
    rows = [
        [
            Cell(t("{0} 人抽 {1} 人", "{1} of {0}").format(each["size"], each["seats"])),
            Cell(f"{1000 * each['ours']:.2f}"),
            Cell(f"{1000 * each['theirs']:.1f}"),
            Cell(str(each["ratio"]), "good"),
        ]
        for each in measured["peer"]["sizes"]
    ]
    heads = (
        t("规模", "size"),
        t("本系统，毫秒", "ours, ms"),
        t("对照程序，毫秒", "theirs, ms"),
        t("快多少倍", "times faster"),
    )
    return Table(heads, rows)


def _again(measured: Mapping[str, Any], t: Words) -> Table:
    sizes = measured["peer"]["sizes"]
    same, other = Cell(t("相同", "the same"), "good"), Cell(t("不同", "another"), "bad")
    rows = [[Cell(t(*said)), *(same if each[what] else other for each in sizes)] for what, said in words.AGAIN.items()]
    heads = [t("{0} 人抽 {1} 人", "{1} of {0}").format(each["size"], each["seats"]) for each in sizes]
    return Table([t("再抽一次", "drawn again"), *heads], rows)


def _times(measured: Mapping[str, Any], t: Words) -> Table:
    rows = [[Cell(t(*said)), Cell(str(measured["times"][name]))] for name, said in words.REPLAYERS.items()]
    return Table((t("程序", "program"), t("秒", "seconds")), rows)


def _alerts(measured: Mapping[str, Any], t: Words) -> Table:
    part = measured["alerts"]
    asked = [(each["kind"], each) for each in part["honest"]] + [("accumulated", each) for each in part["accumulated"]]
    rows = [
        [
            Cell(t(*words.HONEST[kind])),
            Cell(str(each["members"])),
            Cell(f"{each['tried']:,}"),
            Cell(f"{each['rate']:.2%}", _good(each["rate"] < HONEST_MOST)),
            Cell(f"{each['most']:.2%}"),
        ]
        for kind, each in asked
    ]
    rows += [
        [
            Cell(t(*words.HONEST["within"])),
            Cell(str(each["members"])),
            Cell(f"{each['members'] * each['tried']:,}"),
            Cell(f"{each['within']:.1%}", "bad"),
            Cell("—"),
        ]
        for each in part["honest"]
        if each["kind"] == "real"
    ]
    heads = (
        t("谁", "who"),
        t("成员数", "members"),
        t("试了多少", "tried"),
        t("被要求说明", "asked to explain"),
        t("95% 上限", "95 % at most"),
    )
    return Table(heads, rows)


def _favoured(measured: Mapping[str, Any], t: Words) -> Table:
    part = measured["alerts"]
    rows = [
        [
            Cell(t("{0} 分", "{0} points").format(each["points"])),
            *(Cell(f"{size['found'][number]['over_ten']:.0%}") for size in part["power"]),
            *(Cell(f"{size['found'][number]['in_one']:.0%}") for size in part["power"]),
        ]
        for number, each in enumerate(part["power"][0]["found"])
    ]
    heads = [
        t("每次多给（百分制）", "given more each time (of 100)"),
        *(t("{0} 人组，十个项目", "{0} members, ten projects").format(each["members"]) for each in part["power"]),
        *(t("{0} 人组，一个项目", "{0} members, one project").format(each["members"]) for each in part["power"]),
    ]
    return Table(heads, rows)


def _good(holds: bool) -> Mark:  # noqa: FBT001 -- the one thing that it is told
    return "good" if holds else "bad"


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any], Words], Table]]] = {
    "uniformity": _uniformity,
    "game": _game,
    "tamper": _tamper,
    "attacks": _attacks,
    "foreign": _foreign,
    "peer": _peer,
    "again": _again,
    "times": _times,
    "alerts": _alerts,
    "favoured": _favoured,
}
