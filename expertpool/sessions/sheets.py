"""The sheets of a day, as text to be printed: sign-in sheet, declaration, record. By seat code, a name never.

What is printed is what the desks show: before anybody signed in it is the paper that is used when the system is down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ledger_tables import LedgerImage
from expertpool.draws.models import TAKEN
from expertpool.draws.queries import request_of, seats_of
from expertpool.projects.models import EvaluationSession
from expertpool.sessions.attendance import latecomers
from expertpool.sessions.following import rules_of
from expertpool.sessions.lifecycle import STATE_WORDS
from expertpool.sessions.models import DayStep, Key, SessionDay
from expertpool.sessions.pledge import DECLARATION
from expertpool.sessions.queries import (
    clock_of,
    day_of,
    draws_seating,
    members_of,
    standing_of,
    steps_of,
)
from expertpool.sessions.standing import Sitter, Standing, effective, standing
from expertpool.sessions.steps import CAUSE_WORDS, STEPS_WORDS
from expertpool.web.paper import Record, Section
from policies.facts import CHINA
from policies.fee_clock import sittings

T = Callable[[str, str], str]
"""The text in the reader's language."""

WRITTEN: Final = 13.0
"""How high a row is that people write into, in millimetres."""
UNTOLD: Final = "—"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a day's sheets show. ``places`` are drawn when somebody comes, ``entries`` go by the step's number."""

    sitting: EvaluationSession
    day: SessionDay | None
    seats: Mapping[Key, int]
    representatives: int
    places: Mapping[Key, int]
    steps: Sequence[DayStep]
    entries: Mapping[int, int]
    sittings: Sequence[tuple[int, bool]] = ()
    """Once all have finished: the minutes worked in each sitting, and whether that is more than a day should have."""
    late: frozenset[Key] = frozenset()

    @property
    def standing(self) -> Standing:
        """How the day stands."""
        return standing(self.steps)

    @property
    def codes(self) -> Mapping[Key, int]:
        """Who is or was to come, by seat, with the site: those who sat and left too."""
        return dict(sorted({**{key: each.site for key, each in self.standing.sitters.items()}, **self.seats}.items()))

    @property
    def last_entry(self) -> int | None:
        """The last entry of the day's steps: what the code leads to."""
        return max(self.entries.values(), default=None)


def paper_of(session: Session, sitting: EvaluationSession) -> Paper:
    """Read a session's day for its sheets."""
    draws = [(draw, request_of(draw)) for draw in draws_seating(session, sitting.id)]
    seats = {
        Key(draw.id, seat.code, seat.vacancy): request.lines[seat.line].site
        for draw, request in draws
        for seat in seats_of(session, draw.id)
        if seat.state in TAKEN
    }
    return Paper(
        sitting=sitting,
        day=day_of(session, sitting.id),
        seats=seats,
        representatives=len(draws[0][1].owner_representatives) if draws else 0,
        places={member.key: member.place for member in members_of(session, sitting.id)},
        steps=steps_of(session, sitting.id),
        entries=_entries(session, sitting.id),
        sittings=_sittings(session, sitting.id),
        late=latecomers(session, sitting),
    )


def sign_in_sheet(paper: Paper, t: T, *, centre: str, address: str) -> Record:
    """The sign-in sheet (签到表): a row for each seat of each site, with room for a signature."""
    heads = (
        t("席位号", "Seat"),
        t("座次", "Place"),
        t("签到时间", "Signed in"),
        t("签名", "Signature"),
        t("备注", "Remarks"),
    )
    widths = (0.16, 0.1, 0.2, 0.34, 0.2)
    sections = []
    for site in paper.sitting.sites:
        codes = [key for key, position in paper.codes.items() if position == site.position]
        rows = [_signing(paper, key, t) for key in codes]
        if site.position == 0:
            rows += [(t("业主代表", "owner's rep."), "", "", "", "")] * paper.representatives
        none = t("本场地没有席位。", "No seat is at this site.")
        sections.append(Section(_site(site.position, site.place, t), heads, widths, tuple(rows), none, WRITTEN))
    notes = (
        t(
            "按席位号签到，本表不含姓名；席位号是随机的。签名由见证人员核对证件与到场码后，当场填写，随档密存。",
            "Signing in is by seat code; this sheet has no name, and seat codes are random. Signatures are given "
            "before the witness officer, who has matched document and arrival code, and are kept sealed.",
        ),
        t(
            "系统中断时用本表登记，恢复后由见证人员补录，另一角色的账号签署。",
            "During an outage this sheet is the record; afterwards it is entered by the clerk and signed by an account "
            "of another role.",
        ),
    )
    return _sheet(paper, t, t("签到表", "Sign-in sheet"), tuple(sections), notes, centre=centre, address=address)


def declaration_sheet(paper: Paper, t: T, *, centre: str, address: str) -> Record:
    """The recusal declaration and pledge (回避声明与承诺书): its words, and a row for each seat."""
    heads = (
        t("席位号", "Seat"),
        t("场地", "Site"),
        t("终端签署时间", "Signed at the terminal"),
        t("签名", "Signature"),
    )
    sitters = paper.standing.sitters
    rows = tuple(
        (key.seat, _place_of(paper, site), _time(sitters[key].declared) if key in sitters else "", "")
        for key, site in paper.codes.items()
    )
    none = t("尚无席位。", "There is no seat yet.")
    body = tuple(f"{number}. {t(*words)}" for number, words in enumerate(DECLARATION, 1))
    notes = (
        t(
            "在评审室终端以个人短码签署的，以账本条目为准；投标人（供应商）名单只在终端上向本人显示，不印在本表。",
            "What was signed at the room's terminal with one's own short code stands in the ledger; the bidders are "
            "shown at the terminal alone and not printed here.",
        ),
    )
    title = t("回避声明与承诺书", "Recusal declaration and pledge")
    sections = (Section(t("签署", "Signatures"), heads, (0.16, 0.3, 0.24, 0.3), rows, none, WRITTEN),)
    return _sheet(paper, t, title, sections, notes, centre=centre, address=address, body=body)


def day_record(paper: Paper, t: T, *, centre: str, address: str) -> Record:
    """The record of the day (评审过程记录): who sat where by seat, every step with its ledger entry."""
    notes = (
        t(
            "席位号是随机的，与姓名无关；本记录不含姓名。每一步登记后不再改动，更正另立一步并注明原因。",
            "Seat codes are random and say nothing of names; this record has none. A step is never changed once "
            "entered: a correction is a step of its own, with its reason.",
        ),
        t(
            "条目栏的序号可在公开账本核对；扫码到达最后一条的证明。时间为北京时间，秒不显示。",
            "The numbers of entries can be checked in the public ledger; the code leads to the proof of the last one. "
            "Times are Beijing time, to the minute.",
        ),
    )
    title = t("评审过程记录", "Record of the session")
    return _sheet(paper, t, title, (_members(paper, t), _steps(paper, t)), notes, centre=centre, address=address)


def _sheet(
    paper: Paper,
    t: T,
    heading: str,
    sections: tuple[Section, ...],
    notes: tuple[str, ...],
    *,
    centre: str,
    address: str,
    body: tuple[str, ...] = (),
) -> Record:
    sitting = paper.sitting
    return Record(
        heading=heading,
        title=sitting.project.title,
        subtitle=sitting.id,
        address=address,
        check=t("扫码核对", "Scan to check"),
        facts=_facts(paper, t),
        sections=sections,
        notes=notes,
        foot=f"{centre} · {heading} · {sitting.code}",
        page=t("第 {} 页", "page {}"),
        body=body,
    )


def _facts(paper: Paper, t: T) -> tuple[tuple[str, str], ...]:
    sitting, day = paper.sitting, paper.day
    state = t("尚未开始", "not begun") if day is None else t(*STATE_WORDS[day.state])
    worked = ((t("评审用时", "Time worked"), _worked(paper.sittings, t)),) if paper.sittings else ()
    return (
        (t("项目编号", "Project"), sitting.project.code),
        (t("场次", "Session"), sitting.code),
        (t("集合时间", "Assembly"), _time(sitting.starts)),
        (t("场地", "Sites"), t("；", "; ").join(_site(site.position, site.place, t) for site in sitting.sites)),
        (t("状态", "State"), state),
        *worked,
    )


def _worked(sat: Sequence[tuple[int, bool]], t: T) -> str:
    """The sum by the fee clock, before a tariff rounds it; of several sittings each."""

    def said(minutes: int) -> str:
        return t("%s 小时 %s 分", "%s h %s min") % divmod(minutes, 60)

    long = t("（超过一日时长）", " (a long day)")
    each = t("、", ", ").join(said(minutes) + (long if too_long else "") for minutes, too_long in sat)
    total = said(sum(minutes for minutes, _ in sat))
    return each if len(sat) == 1 else t("%s；各次 %s", "%s; by sitting %s") % (total, each)


def _signing(paper: Paper, key: Key, t: T) -> tuple[str, ...]:
    sitter = paper.standing.sitters.get(key)
    if sitter is None:
        return (key.seat, "", "", "", "")
    lost = "" if sitter.left is None else t("%s 离席", "left at %s") % _clock(sitter.left)
    return (key.seat, str(paper.places.get(key, "")), _time(sitter.signed_in), "", lost)


def _members(paper: Paper, t: T) -> Section:
    heads = (
        t("席位号", "Seat"),
        t("场地", "Site"),
        t("座次", "Place"),
        t("签到", "Signed in"),
        t("声明", "Declared"),
        t("签署报告", "Report"),
        t("说明", "Remarks"),
    )
    now = paper.standing
    rows = tuple(
        (
            key.seat,
            _place_of(paper, each.site),
            str(paper.places.get(key, UNTOLD)),
            _time(each.signed_in),
            _clock(each.declared),
            _clock(each.signed or each.refused),
            t("；", "; ").join(([t("迟到", "late")] if key in paper.late else []) + _remarks(each, now, t)),
        )
        for key, each in sorted(now.sitters.items())
    )
    none = t("尚无人签到。", "Nobody has signed in yet.")
    return Section(t("成员", "Members"), heads, (0.1, 0.2, 0.08, 0.2, 0.1, 0.12, 0.2), rows, none)


def _remarks(sitter: Sitter, now: Standing, t: T) -> list[str]:
    said = []
    if now.chair == sitter.key:
        said.append(t("组长", "chair"))
    if sitter.replaces:
        said.append(t("更换后到场", "came as a replacement"))
    if sitter.refused:
        said.append(t("拒绝签署", "refused to sign"))
    if sitter.dissented:
        said.append(t("书面不同意见", "dissent in writing"))
    if sitter.left:
        said.append(t("%s 离席", "left at %s") % _clock(sitter.left))
    if sitter.cause:
        said.append(t(*CAUSE_WORDS[sitter.cause]))
    return said


def _steps(paper: Paper, t: T) -> Section:
    heads = (
        t("步", "No."),
        t("时间", "Time"),
        t("事项", "What"),
        t("席位", "Seat"),
        t("说明", "Remarks"),
        t("条目", "Entry"),
    )
    rows = tuple(
        (
            str(step.number),
            _time(at),
            t(*STEPS_WORDS[step.kind]),
            step.seat or UNTOLD,
            _said(paper, step, at, t),
            f"#{paper.entries[step.number]}" if step.number in paper.entries else UNTOLD,
        )
        for step, at in effective(paper.steps)
    )
    widths = (0.06, 0.19, 0.25, 0.1, 0.3, 0.1)
    return Section(t("经过", "What happened"), heads, widths, rows, t("当日尚未开始。", "The day has not begun."))


def _said(paper: Paper, step: DayStep, at: datetime, t: T) -> str:
    """What a reader should know of a step: where, why, and whether it was entered later or corrected."""
    said = []
    if step.site is not None and step.seat is None:
        said.append(_place_of(paper, step.site))
    if step.meal:
        said.append(t("用餐", "meal"))
    if step.cause is not None:
        said.append(t(*CAUSE_WORDS[step.cause]))
    if step.reason:
        said.append(step.reason)
    if step.late:
        said.append(t("纸面补录，两人签署", "from paper, two signatures"))
    if at != step.at:
        said.append(t("原记 %s，已更正", "first entered as %s, corrected") % _clock(step.at))
    return t("；", "; ").join(said)


def _site(position: int, place: str, t: T) -> str:
    return f"{t('主场', 'Main site') if position == 0 else t('副场 %s', 'Sub-site %s') % position} · {place}"


def _place_of(paper: Paper, position: int) -> str:
    return next((site.place for site in paper.sitting.sites if site.position == position), UNTOLD)


def _time(at: datetime | None) -> str:
    """Day and time in Beijing, to the minute as on every page."""
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _clock(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(CHINA).strftime("%H:%M")


def _sittings(session: Session, session_id: str) -> Sequence[tuple[int, bool]]:
    finished = standing_of(session, session_id).finished
    if finished is None:
        return ()
    rules = rules_of(session, session_id)
    worked = sittings(clock_of(session, session_id, finished), rules.breaks())
    return [(minutes, rules.too_long(minutes)) for minutes in worked]


def _entries(session: Session, session_id: str) -> Mapping[int, int]:
    """The ledger entry that commits to each step, by the step's number."""
    wanted = select(LedgerImage.row_key, LedgerImage.entry).where(
        LedgerImage.row_table == DayStep.__tablename__,
        LedgerImage.row_key.startswith(f"{session_id}/", autoescape=True),
    )
    return {int(key.rpartition("/")[2]): entry for key, entry in session.execute(wanted)}


SHEETS: Final[Mapping[str, Callable[..., Record]]] = {
    "sign-in": sign_in_sheet,
    "declaration": declaration_sheet,
    "record": day_record,
}
"""The sheets there are, by the name in their address."""
