"""How a demonstration tells its story: chapters, and what the ledger shows of the draw as it appears there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from expertpool.cli.bilingual import Texts, language, say
from ledger.entry import Entry

Told = Callable[[Mapping[str, Any], Mapping[str, Texts]], Texts]
SHORT: Final = 12


class Story:
    """Tells on standard output; bars are drawn on standard error, and only on a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._chapter = 0

    def chapter(self, zh: str, en: str) -> None:
        """Begin a chapter."""
        self._chapter += 1
        click.secho(f"\n{self._chapter}. {Texts(zh, en).choose(language())}", bold=True)

    def tell(self, zh: str, en: str) -> None:
        """Tell something."""
        say(f"   {zh}", f"   {en}")

    def show(self, text: str) -> None:
        """Show lines as they are, moved in."""
        for line in text.splitlines():
            click.echo(f"   {line}")

    @contextmanager
    def bar(self, what: Texts, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar; gives what takes how much was done since. Without a total, a wheel that turns."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        hidden = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=hidden) as progress:
            task = progress.add_task(what.choose(language()), total=total)
            yield lambda done: progress.advance(task, done)

    def entry(self, entry: Entry, holders: Mapping[str, Texts]) -> None:
        """Tell what an entry of a draw says to anyone; ``holders`` are the key holders' names by identifier."""
        told = ENTRIES.get(entry.kind)
        if told is not None:
            texts = told(entry.body, holders)
            self.tell(f"[账本 {entry.index}] {texts.zh}", f"[ledger {entry.index}] {texts.en}")


def _intended(body: Mapping[str, Any], holders: Mapping[str, Texts]) -> Texts:
    named = [holders[each["organisation"]] for each in (*body["contributors"], *body["alternates"])]
    zh, en = "、".join(each.zh for each in named), ", ".join(each.en for each in named)
    root = body["table"][:SHORT]
    return Texts(
        f"抽取意向入账：候选名单根 {root}…，贡献方及候补 {zh}。名单从此不能再改，而结果还无人能知。",
        f"The intent: the list of candidates is fixed (root {root}…), contributors and alternate are {en}. From now on "
        "nobody can change the list, and nobody can know the outcome yet.",
    )


def _contributed(body: Mapping[str, Any], holders: Mapping[str, Texts]) -> Texts:
    who = holders[body["organisation"]]
    return Texts(
        f"{who.zh}的随机贡献入账（摘要 {body['digest'][:SHORT]}…）。",
        f"The contribution of {who.en} is in (digest {body['digest'][:SHORT]}…).",
    )


def _stepped_in(body: Mapping[str, Any], holders: Mapping[str, Texts]) -> Texts:
    new, old = holders[body["alternate"]], holders[body["replaced"]]
    return Texts(f"{new.zh}接替未应答的{old.zh}。", f"{new.en} steps in for {old.en}, which did not answer.")


def _completed(body: Mapping[str, Any], _: Mapping[str, Texts]) -> Texts:
    codes = _joined(each["seat"] for each in body["seats"])
    return Texts(
        f"抽取完成：席位 {codes}。姓名逐席密封，谁也看不到。",
        f"Drawn: seats {codes}. Each name is sealed; nobody sees one.",
    )


def _vacated(body: Mapping[str, Any], _: Mapping[str, Texts]) -> Texts:
    return Texts(
        f"席位 {body['seat']} 空出，先记入账本，再补抽。",
        f"Seat {body['seat']} is vacant: logged first, then drawn again.",
    )


def _refilled(body: Mapping[str, Any], _: Mapping[str, Texts]) -> Texts:
    return Texts(
        f"席位 {body['seat']} 已从同一名单补抽，无须任何人在线。",
        f"Seat {body['seat']} is drawn from the same list; nobody had to be online.",
    )


def _fixed(zh: str, en: str) -> Told:
    return lambda _body, _holders: Texts(zh, en)


def _joined(codes: Iterator[str] | Sequence[str]) -> str:
    return " ".join(codes)


ENTRIES: Final[Mapping[str, Told]] = {
    "draw.requested": _fixed("抽取申请提交。", "The request is submitted."),
    "draw.accepted": _fixed(
        "申请符合全部规则，自动受理，无须任何人审批。", "Every rule is met: accepted; nobody was asked."
    ),
    "draw.referred": _fixed("有规则要求由人决定。", "A rule leaves it to a person."),
    "draw.returned": _fixed("申请被规则退回。", "A rule returns the request."),
    "draw.intended": _intended,
    "draw.contributed": _contributed,
    "draw.stepped-in": _stepped_in,
    "draw.completed": _completed,
    "draw.exhausted": _fixed("候选不足，未能组成委员会。", "No committee could be seated."),
    "draw.calling": _fixed(
        "开始通知专家：只告知时间、地点和应答码。", "Experts are called: time, place and a code, no more."
    ),
    "draw.accepted-seat": _fixed("一位专家接受。", "An expert accepts."),
    "draw.vacated": _vacated,
    "draw.refilled": _refilled,
    "draw.filled": _fixed("全部席位已接受，委员会组成。", "Every seat is accepted: the committee is complete."),
    "draw.closed": _fixed(
        "评审报告已签署，抽取归档，可以公开核验。", "The report is signed: the draw is closed and may be checked."
    ),
}
