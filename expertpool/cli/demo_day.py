"""A day at a demonstration's centre: sessions whose draws stand in different ways, so that each desk has something.

One is over and may be checked by anyone, one committee is complete, one expert still has to answer, one request was
stopped by a rule, and for one session nobody has applied yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from expertpool.cli.bilingual import say
from expertpool.cli.demo_acts import answer, approve, codes_sent, referred, sign_report, state_of
from expertpool.cli.demo_case import HOUR, Applied, Meeting, apply_for_committee, schedule, wanted_line
from expertpool.cli.demo_centre import EXPERTS, SEED
from expertpool.cli.demo_proof import cosigned, lay_public_bundle
from expertpool.cli.demo_setting import Setting
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.queries import entries_of
from expertpool.invitations.answering import Word
from expertpool.protocol.request import SeatLine
from policies.facts import CHINA

SOON: Final = timedelta(minutes=75)
STEP: Final = timedelta(minutes=5)

Until = Callable[[Callable[[], bool]], None]
"""Waits until something is so."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day while it is played."""

    setting: Setting
    until: Until

    def play(self) -> None:
        """Bring each session to where it shall stand."""
        line = wanted_line(self.setting, seed=SEED, experts=EXPERTS).line
        say("   两场：被规则拦下；尚未申请……", "   Two sessions: one that a rule stops, one not applied for ...")
        self._stop("老城区道路照明工程（演示）", "第二评标室", line)
        schedule(self.setting, self._meeting("市民中心装修工程（演示）", "第二评标室", 2), seed="市民中心")
        say("   第三场：抽取、接受、评审、归档……", "   Third session: draw, answers, review, close ...")
        self._close(self._fill("桥梁加固工程（演示）", "第一评标室", 0, line))
        say("   第四场：委员会组成……", "   Fourth session: a complete committee ...")
        self._fill("湘江大道改造工程（演示）", "第三评标室", 1, line)
        say("   第五场：还有一位专家未应答……", "   Fifth session: one expert has yet to answer ...")
        self._fill("滨河污水管网工程（演示）", "第三评标室", 3, line, but=1)

    def _stop(self, title: str, place: str, line: SeatLine) -> None:
        """Apply half an hour before the review, after the bids were opened: too late for an ordinary draw."""
        late = self._meeting(title, place, 0, until=HOUR / 2)
        applied = apply_for_committee(self.setting, late, seed=title, line=line)
        self.until(lambda: state_of(self.setting, applied.draw) in (DrawState.REFERRED, DrawState.RETURNED))

    def _fill(self, title: str, place: str, number: int, line: SeatLine, *, but: int = 0) -> Applied:
        """Apply, have the committee drawn and called; all accept but so many."""
        before = set(codes_sent(self.setting))
        draw = apply_for_committee(self.setting, self._meeting(title, place, number), seed=title, line=line)
        self._wait(draw, lambda: len(self._new_codes(before)) == line.seats)
        for code in self._new_codes(before)[but:]:
            answer(self.setting, code, Word.ACCEPT)
        if not but:
            self._wait(draw, lambda: state_of(self.setting, draw.draw) is DrawState.FILLED)
        return draw

    def _new_codes(self, before: set[str]) -> list[str]:
        return [code for code in codes_sent(self.setting) if code not in before]

    def _close(self, draw: Applied) -> None:
        """The report is signed; once outsiders cosigned the close, the public bundle is there for everyone."""
        sign_report(self.setting, draw.session)
        self._wait(draw, lambda: state_of(self.setting, draw.draw) is DrawState.CLOSED)
        with self.setting.reading() as session:
            last = entries_of(session, draw.draw)[-1].index
        self.until(lambda: cosigned(self.setting, last))
        lay_public_bundle(self.setting, draw.draw)

    def _wait(self, draw: Applied, done: Callable[[], bool]) -> None:
        """A request that a rule leaves to a person is approved by the supervisor."""

        def look() -> bool:
            if referred(self.setting, draw.draw) is not None:
                approve(self.setting, draw.draw)
            return done()

        self.until(look)

    def _meeting(self, title: str, place: str, number: int, *, until: timedelta = SOON) -> Meeting:
        """A session of today, as far as today lasts: the later, the greater its number."""
        now = self.setting.today
        midnight = (now.astimezone(CHINA) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        apart = max(min(HOUR, (midnight - now - SOON - STEP) / 4), timedelta())
        return Meeting(title, place, _rounded(now + until + number * apart))


def _rounded(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
