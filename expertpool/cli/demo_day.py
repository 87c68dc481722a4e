"""A day at a demonstration's centre, and the next: sessions whose draws stand in every way that lasts.

Each stands there by real acts: agencies apply, the vault and three agents draw, experts answer by their codes, a
supervisor decides. What only passes by (submitted, intent, drawn) is in the ledger; names are opened to nobody, since
the key holders let no day pass that has not passed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.cli.bilingual import say
from expertpool.cli.demo_acts import answer, approve, codes_sent, referred, state_of
from expertpool.cli.demo_case import HOUR, Applied, Meeting, apply_for_committee, scarce_line, schedule, wanted_line
from expertpool.cli.demo_centre import EXPERTS, SEED
from expertpool.cli.demo_desks import leave_waiting, sheet_of_newcomers
from expertpool.cli.demo_proof import cosigned, lay_public_bundle
from expertpool.cli.demo_setting import Setting
from expertpool.cli.demo_sitting import Sitting
from expertpool.core.clock import SystemClock
from expertpool.core.transaction import Transaction
from expertpool.draws import service as draws
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.queries import entries_of
from expertpool.experts.demo_pool import demo_employers
from expertpool.identity.roles import Role
from expertpool.invitations.answering import Word
from expertpool.invitations.texts import in_local_time
from expertpool.projects import service as projects
from expertpool.protocol.request import SeatLine
from policies.facts import CHINA

SOON: Final = timedelta(minutes=75)
STEP: Final = timedelta(minutes=5)
DAY: Final = timedelta(days=1)
LATER: Final = timedelta(hours=3)
"""When a draw that waits is due."""
SEATED: Final = 2
"""How many accept of a committee that cannot be completed."""
OVER: Final = frozenset({DrawState.EXHAUSTED, DrawState.RETURNED, DrawState.ABORTED, DrawState.FILLED})
RECUSED: Final = 12
"""So many of the largest employers are named for recusal where a rule is to object."""

Until = Callable[[Callable[[], bool]], None]
"""Waits until something is so."""


@dataclass(frozen=True, slots=True)
class Play:
    """One session with its draw."""

    meeting: Meeting
    applied: Applied

    @property
    def draw(self) -> str:
        return self.applied.draw


@dataclass(slots=True)
class Day:
    """One day while it is played."""

    setting: Setting
    until: Until
    line: SeatLine = field(init=False)

    def __post_init__(self) -> None:
        self.line = wanted_line(self.setting, seed=SEED, experts=EXPERTS).line

    def play(self) -> None:
        """Bring each session to where it shall stand: all apply first, so that one is drawn while others wait."""
        say("   十一场评标：申请、抽取、应答……", "   Eleven sessions: applications, draws, answers ...")
        schedule(self.setting, self._today("市民中心装修工程（演示）", "第二评标室", 3), seed="市民中心")
        late = self._meeting("老城区道路照明工程（演示）", "第二评标室", HOUR / 2)
        self._apply(late)
        closing = self._apply(self._today("桥梁加固工程（演示）", "第一评标室", 0), rank=1)
        filled = self._apply(self._today("湘江大道改造工程（演示）", "第三评标室", 1), rank=2)
        filling = self._apply(self._today("滨河污水管网工程（演示）", "第四评标室", 3), rank=3)
        suspended = self._apply(self._today("体育馆屋面工程（演示）", "第五评标室", 2), rank=4)
        postponed = self._apply(self._tomorrow("职教中心实训楼工程（演示）", "第六评标室", 0))
        scarce = scarce_line(SEED, EXPERTS, self.line.seats)
        exhausted = self._apply(self._tomorrow("城市更新规划咨询（演示）", "第二评标室", 1), line=scarce)
        employers = demo_employers(SEED)[:RECUSED]
        self._apply(self._tomorrow("河东水厂扩建工程（演示）", "第三评标室", 2), recused=employers)
        self._apply(self._tomorrow("高铁站前广场工程（演示）", "第五评标室", 3), due=LATER)
        cancelled = self._apply(self._tomorrow("旧仓库拆除工程（演示）", "第一评标室", 4), due=LATER)
        self._fill(filling, but=1)
        self._cancel(cancelled)
        self._fill(closing, declined=1)
        self._close(closing)
        self._fill(filled)
        self._fill(suspended)
        self._suspend(suspended)
        self._fill(postponed)
        self._postpone(postponed)
        self._exhaust(exhausted)
        leave_waiting(self.setting, sheet_of_newcomers(SEED, EXPERTS))

    def _apply(self, meeting: Meeting, *, line: SeatLine | None = None, rank: int = 0, **more: Any) -> Play:
        """Apply for seats on a line, or for those of another specialty for each session of a day.

        Nobody sits twice on a day: whoever is drawn a second time is as silent as anyone who does not answer.
        """
        line = line or wanted_line(self.setting, seed=SEED, experts=EXPERTS, rank=rank).line
        applied = apply_for_committee(self.setting, meeting, seed=meeting.title, line=line, **more)
        return Play(meeting, applied)

    def _fill(self, play: Play, *, but: int = 0, declined: int = 0) -> None:
        """Have the committee called; so many decline and are replaced, and all accept but so many."""
        self._wait(play, lambda: len(self._codes(play)) == self.line.seats)
        declining = self._codes(play)[:declined]
        for code in declining:
            answer(self.setting, code, Word.DECLINE)
        self._wait(play, lambda: len(self._codes(play)) == self.line.seats + declined)
        for code in [code for code in self._codes(play) if code not in declining][but:]:
            answer(self.setting, code, Word.ACCEPT)
        if not but:
            self._wait(play, lambda: state_of(self.setting, play.draw) is DrawState.FILLED)
            say(f"   · {play.meeting.title}：席位已满", f"   · {play.meeting.title}: all seats are taken")

    def _exhaust(self, play: Play) -> None:
        """Some accept, and whoever else is called declines, until nobody is left to be called."""
        answered: list[str] = []

        def look() -> bool:
            if state_of(self.setting, play.draw) is DrawState.REFERRED:
                approve(self.setting, play.draw)
            for code in self._codes(play):
                if code not in answered:
                    answer(self.setting, code, Word.ACCEPT if len(answered) < SEATED else Word.DECLINE)
                    answered.append(code)
            return state_of(self.setting, play.draw) in OVER

        self.until(look)

    def _close(self, play: Play) -> None:
        """The day is played and confirmed; once outsiders cosigned the close, the public bundle is there for all."""
        sitting = Sitting.of(self.setting, play.applied.session)
        sitting.play()
        self._wait(play, lambda: state_of(self.setting, play.draw) is DrawState.CLOSED)
        self.until(sitting.is_computed)
        sitting.agree(self._codes(play), but=1)
        with self.setting.reading() as session:
            last = entries_of(session, play.draw)[-1].index
        self.until(lambda: cosigned(self.setting, last))
        lay_public_bundle(self.setting, play.draw)
        say(f"   · {play.meeting.title}：已归档并获共签", f"   · {play.meeting.title}: closed, and cosigned")

    def _suspend(self, play: Play) -> None:
        self._as(Role.SUPERVISOR, lambda tx: draws.suspend(tx, play.draw, reason="演示：投诉处理期间中止评标"))

    def _cancel(self, play: Play) -> None:
        """The agency gives up what was accepted and is not due yet."""
        self._wait(play, lambda: state_of(self.setting, play.draw) is DrawState.ACCEPTED)
        self._as(Role.INITIATOR, lambda tx: draws.cancel(tx, play.draw, reason="演示：项目终止"))

    def _postpone(self, play: Play) -> None:
        session = play.applied.session
        self._as(Role.INITIATOR, lambda tx: projects.postpone_session(tx, session, reason="演示：开标延期"))
        self._wait(play, lambda: state_of(self.setting, play.draw) is DrawState.POSTPONED)

    def _as(self, role: Role, act: Callable[[Transaction], object]) -> None:
        self.setting.act_as(role, SystemClock(), act)

    def _codes(self, play: Play) -> list[str]:
        return codes_sent(self.setting, play.meeting.place, in_local_time(play.meeting.starts))

    def _wait(self, play: Play, done: Callable[[], bool]) -> None:
        """A request that a rule leaves to a person is approved by the supervisor."""

        def look() -> bool:
            if referred(self.setting, play.draw) is not None:
                approve(self.setting, play.draw)
            return done()

        self.until(look)

    def _today(self, title: str, place: str, number: int) -> Meeting:
        """A session of today, as far as today lasts: the later, the greater its number."""
        now = self.setting.today
        midnight = (now.astimezone(CHINA) + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        apart = max(min(HOUR, (midnight - now - SOON - STEP) / 4), timedelta())
        return self._meeting(title, place, SOON + number * apart)

    def _tomorrow(self, title: str, place: str, number: int) -> Meeting:
        """A session a day from now: no later, since nobody draws more than a day before the bids are opened."""
        return self._meeting(title, place, DAY + number * STEP)

    def _meeting(self, title: str, place: str, ahead: timedelta) -> Meeting:
        return Meeting(title, place, _rounded(self.setting.today + ahead))


def _rounded(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
