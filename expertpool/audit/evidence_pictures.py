"""Pictures of the evidence as SVG: marks and words with classes, so that a style sheet colours them light or dark.

Each takes what was measured and its words in one language. They are narrow, so that words can be read on a phone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

WIDTH: Final = 480
LEFT: Final = 180
"""Where bars begin that have a name to their left."""
GAMES: Final = ("committee", "seat")
Words = Callable[[str, str], str]
"""Chooses between Chinese and English."""


def spread(measured: Mapping[str, Any], t: Words) -> str:
    """How often each committee that may be was drawn: by the draw, and by a sampler that is nearly right."""
    fair, biased = measured["spread"]["fair"], measured["spread"]["biased"]
    titles = (t("本系统的抽取", "Our draw"), t("遇到冲突就顺延的抽取", "Skipping whoever clashes"))
    expected, most = measured["draws"] / len(fair), max(*fair, *biased)
    wide, tall, floor, parts = 225, 170, 210, []
    for left, counts, title, mark in zip((0, WIDTH - wide), (fair, biased), titles, ("ours", "other"), strict=True):
        step = wide / len(counts)
        parts.append(_text(left, 20, title, "strong"))
        for number, count in enumerate(counts):
            height = tall * count / most
            parts.append(_rect(left + number * step + 1, floor - height, step - 2, height, mark))
        parts.append(_line(left, floor - tall * expected / most, left + wide, "expected"))
        parts.append(_line(left, floor, left + wide, "axis"))
    return _svg(t("每种组合被抽中的次数", "How often each committee was drawn"), floor + 8, parts)


def guesses(measured: Mapping[str, Any], t: Words) -> str:
    """Where the worst and the best strategy landed, in units of pure chance, and how far luck alone goes."""
    top = max(max(measured[each]["most"], measured[each]["best"]) / measured[each]["chance"] for each in GAMES)
    scale = (WIDTH - LEFT - 20) / top
    titles = (t("猜谁在委员会里", "Who is on it"), t("猜谁坐哪个席位", "Who has which seat"))
    one, parts = LEFT + scale, []
    for middle, name, title in zip((30, 90), GAMES, titles, strict=True):
        at = {each: LEFT + scale * measured[name][each] / measured[name]["chance"] for each in _SHOWN}
        parts.append(_text(0, middle + 5, title, "strong"))
        parts.append(_rect(at["least"], middle - 16, at["most"] - at["least"], 32, "band"))
        parts.append(_line(at["worst"], middle, at["best"], "range"))
        parts += [_dot(at[each], middle) for each in ("worst", "best")]
    parts.append(f'<line class="expected" x1="{one:.1f}" y1="6" x2="{one:.1f}" y2="116"/>')
    parts.append(_text(one, 134, t("纯靠运气", "pure chance"), "soft", "middle"))
    return _svg(t("拿到整个数据库的人猜得怎样", "How well a thief of the whole database guesses"), 142, parts)


_SHOWN: Final = ("least", "most", "worst", "best")


def first_differences(measured: Mapping[str, Any], titles: Mapping[str, str], t: Words) -> str:
    """At which step both replayers stopped a mutated bundle, by how many bundles."""
    others = {
        "unreadable": t("打不开", "unreadable"),
        "not-proven": t("未能证实", "not proven"),
        "proven": t("不影响结论", "no effect"),
    }
    rows = [(titles[step], count, "ours") for step, count in measured["steps"].items()]
    rows += [(others[each], count, "other") for each, count in measured["mutated"].items() if each in others]
    return _bars(t("被改动的证明包停在哪一步", "Where a mutated bundle is stopped"), rows, "{:,.0f}")


def beside(measured: Mapping[str, Any], t: Words) -> str:
    """Milliseconds of one draw, ours above the peer's, at each size."""
    rows: list[tuple[str, float, str]] = []
    for each in measured["sizes"]:
        name = t("{0} 人抽 {1} 人", "{1} of {0}").format(each["size"], each["seats"])
        rows += [(name, 1000 * each["ours"], "ours"), ("", 1000 * each["theirs"], "other")]
    return _bars(t("一次抽取的毫秒数", "Milliseconds of one draw"), rows, "{:.1f} ms")


def _bars(label: str, rows: Iterable[tuple[str, float, str]], form: str) -> str:
    listed, parts = list(rows), []
    most = max(value for _, value, _ in listed)
    for place, (name, value, mark) in enumerate(listed):
        top, long = 4 + 26 * place, (WIDTH - LEFT - 75) * value / most
        parts.append(_text(LEFT - 10, top + 14, name, "", "end"))
        parts.append(_rect(LEFT, top, max(long, 1), 18, mark))
        parts.append(_text(LEFT + long + 8, top + 14, form.format(value), "soft"))
    return _svg(label, 4 + 26 * len(listed), parts)


def _svg(label: str, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" class="evidence-picture" role="img"'
    return f'{head} aria-label="{escape(label)}">\n' + "\n".join(parts) + "\n</svg>\n"


def _rect(x: float, y: float, width: float, height: float, mark: str) -> str:
    return f'<rect class="{mark}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2"/>'


def _line(x: float, y: float, to: float, mark: str) -> str:
    return f'<line class="{mark}" x1="{x:.1f}" y1="{y:.1f}" x2="{to:.1f}" y2="{y:.1f}"/>'


def _dot(x: float, y: float) -> str:
    return f'<circle class="ours" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'


def _text(x: float, y: float, words: str, mark: str, anchor: str = "start") -> str:
    return f'<text class="{mark}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
