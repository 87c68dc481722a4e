"""What the desk of a day offers whom: buttons where an act is needed, exceptions folded away, supervisors' decisions.

The table says when something is offered; whether it may be done is asked again by the service (`sessions.service`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from expertpool.identity.permissions import Caller, may
from expertpool.projects.queries import target_of_project
from expertpool.sessions.desk import DayShown
from expertpool.sessions.lifecycle import STEPS, DayVerb
from expertpool.sessions.queries import target_of_site
from expertpool.sessions.steps import CAUSE_WORDS, Cause

MAIN: Final = 0


class Choice(NamedTuple):
    """One of a list: its value and what it is called."""

    value: str
    zh: str
    en: str


class Field(NamedTuple):
    """What an offer asks for; ``choices`` make a list of it."""

    name: str
    zh: str
    en: str
    choices: tuple[Choice, ...] = ()


REASON: Final = Field(
    "reason", "理由（记入账本摘要，不公开）", "Reason (its digest goes into the ledger, the text is not public)"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that the reader may do now, and what follows from it. ``sends`` goes along unseen."""

    verb: DayVerb
    zh: str
    en: str
    follows_zh: str = ""
    follows_en: str = ""
    fields: tuple[Field, ...] = ()
    sends: tuple[tuple[str, str], ...] = ()
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """All of it. ``closes``: the reader may confirm the course of the day; ``decisions`` want the second factor."""

    acts: Sequence[Offer] = field(default=())
    exceptions: Sequence[Offer] = field(default=())
    decisions: Sequence[Offer] = field(default=())
    closes: bool = False


def offers_to(session: Session, caller: Caller, day: DayShown) -> Offers:
    """What the reader may do now."""
    if day.state is None:
        return Offers()
    at_main = target_of_site(session, day.sitting, MAIN)
    of_project = target_of_project(session, day.sitting.project)

    def allowed(verb: DayVerb) -> bool:
        open_ = any(each.verb is verb and each.start is day.state for each in STEPS)
        return open_ and any(target and may(caller, verb.permission, target) for target in (at_main, of_project))

    def of(makers: Sequence[tuple[DayVerb, Maker]]) -> tuple[Offer, ...]:
        return tuple(offer for verb, make in makers if allowed(verb) for offer in make(day))

    return Offers(of(_ACTS), of(_EXCEPTIONS), of(_DECISIONS), closes=allowed(DayVerb.CLOSE))


Maker = Callable[[DayShown], Iterator[Offer]]


def _restore(day: DayShown) -> Iterator[Offer]:
    for site in day.sites:
        if site.lost:
            sends = (("site", str(site.position)),)
            zh, en = f"{site.place}：线路已恢复", f"{site.place}: the line is back"
            yield Offer(DayVerb.RESTORE_LINE, zh, en, sends=sends, primary=True)


_GO_ON: Final = Offer(DayVerb.END_BREAK, "继续评审", "Go on", primary=True)
_NEXT_DAY: Final = Offer(DayVerb.END_OVERNIGHT, "到齐，继续评审", "All are back: go on", primary=True)


def _break(day: DayShown) -> Iterator[Offer]:
    meal = (("meal", "true"),)
    yield Offer(DayVerb.TAKE_BREAK, "用餐休息", "Break for a meal", sends=meal, primary=day.meal_due)
    yield Offer(DayVerb.TAKE_BREAK, "短休", "Short break")


_OVERNIGHT: Final = Offer(
    DayVerb.STAY_OVERNIGHT,
    "隔夜休会",
    "Adjourn overnight",
    "评审计时到此为止，次日继续后累计；报酬按过夜标准计算。",
    "The clock stops; the sittings are added up, and the fee is that of a night between.",
)


def _line(day: DayShown) -> Iterator[Offer]:
    up = tuple(Choice(str(each.position), each.place, each.place) for each in day.sites if not each.lost)
    if len(day.sites) > 1 and up:
        yield Offer(
            DayVerb.LOSE_LINE,
            "场地连线中断",
            "A site’s line is lost",
            "记录中断时间；恢复之前报告不能生效。",
            "It is put on record; until it is back the report does not count.",
            (Field("site", "场地", "Site", up), Field("reason", "情况", "What happened")),
        )


_QUESTION: Final = Offer(
    DayVerb.ASK,
    "登记澄清问题",
    "Enter a question to a bidder",
    "只记录已书面发出；内容密封保存，工作人员看不到。",
    "It is on record that it went out in writing; the text is kept sealed.",
    (Field("text", "问题", "The question"),),
)


def _answer(day: DayShown) -> Iterator[Offer]:
    waiting = [each.number for each in day.standing.questions if each.answered is None]
    choices = tuple(Choice(str(each), f"第 {each} 步的问题", f"question of step {each}") for each in waiting)
    if choices:
        yield Offer(
            DayVerb.ANSWER,
            "登记澄清答复",
            "Enter a bidder’s answer",
            "记录收到答复的时间。",
            "When the answer came is put on record.",
            (Field("question", "哪个问题", "Which question", choices),),
        )


def _refusal(day: DayShown) -> Iterator[Offer]:
    unsigned = _seats(day, signed=False)
    if unsigned:
        yield Offer(
            DayVerb.REFUSE_SIGNATURE,
            "成员拒绝签署报告",
            "A member refuses to sign the report",
            "不签署又不书面说明不同意见的，视为同意评标结论（条例第五十三条）。",
            "Who refuses to sign and states no dissent in writing is taken to agree (art. 53).",
            (Field("seat", "席位", "Seat", unsigned), Field("reason", "情况", "What happened")),
        )


_CAUSES: Final = (Cause.HEALTH, Cause.DESERTION)
_NEVER_CAME: Final = Choice(Cause.ABSENT.value, "已报到但一直没有来", "checked in and never came")


def _replace(day: DayShown) -> Iterator[Offer]:
    causes = tuple(Choice(each.value, CAUSE_WORDS[each].zh, CAUSE_WORDS[each].en) for each in _CAUSES)
    awaited = tuple(Choice(each.code, f"{each.code} · 未到", f"{each.code} · not here") for each in day.awaited)
    seats = (*_seats(day), *awaited)
    if seats:
        yield Offer(
            DayVerb.REPLACE,
            "成员不能继续",
            "A member cannot go on",
            "席位空出并自动补抽；其结论无效，由新成员重新评审（条例第四十八条），新成员自到场起计时。",
            "The seat falls vacant and is drawn again; what the member concluded is void and done anew (art. 48), "
            "with a clock of its own for whoever comes.",
            (Field("seat", "席位", "Seat", seats), Field("cause", "原因", "Cause", (*causes, _NEVER_CAME)), REASON),
        )


_SUSPEND: Final = Offer(
    DayVerb.SUSPEND,
    "中止评审",
    "Suspend the evaluation",
    "评审立即停下，计时暂停，席位保留；之后由您恢复，或宣布无效。",
    "The evaluation and its clock stop at once and seats are kept; afterwards you resume it, or declare it void.",
    (REASON,),
)
_RESUME: Final = Offer(
    DayVerb.RESUME,
    "恢复评审",
    "Resume",
    "同一委员会从中止处继续，不重新抽取。",
    "The same committee goes on where it stopped; nothing is drawn again.",
    (REASON,),
)
_VOID: Final = Offer(
    DayVerb.VOID,
    "宣布本场无效",
    "Declare the session void",
    "当日评审作废，不能恢复；重新评审须另行安排场次。",
    "What was evaluated is void for good; another evaluation needs another session.",
    (REASON,),
)


def _always(offer: Offer) -> tuple[DayVerb, Maker]:
    """What is offered in the same words whenever it may be done."""
    return offer.verb, lambda _: iter((offer,))


def _seats(day: DayShown, *, signed: bool | None = None) -> tuple[Choice, ...]:
    """The seats that are present, perhaps only those that have signed or have not."""
    return tuple(
        Choice(each.key.seat, each.key.seat, each.key.seat)
        for each in day.standing.present
        if signed is None or each.finished is signed
    )


_ACTS: Final[tuple[tuple[DayVerb, Maker], ...]] = (
    (DayVerb.RESTORE_LINE, _restore),
    _always(_GO_ON),
    _always(_NEXT_DAY),
    (DayVerb.TAKE_BREAK, _break),
)
_EXCEPTIONS: Final[tuple[tuple[DayVerb, Maker], ...]] = (
    _always(_OVERNIGHT),
    (DayVerb.LOSE_LINE, _line),
    _always(_QUESTION),
    (DayVerb.ANSWER, _answer),
    (DayVerb.REFUSE_SIGNATURE, _refusal),
)
_DECISIONS: Final[tuple[tuple[DayVerb, Maker], ...]] = (
    (DayVerb.REPLACE, _replace),
    _always(_SUSPEND),
    _always(_RESUME),
    _always(replace(_RESUME, verb=DayVerb.REASSEMBLE)),
    _always(_VOID),
)
