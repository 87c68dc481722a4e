"""The whole job, from an empty folder to a committee that anyone can check: the acts of a demonstration, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from expertpool.cli.bilingual import Texts
from expertpool.cli.demo_acts import answer, approve, codes_sent, referred, sign_report
from expertpool.cli.demo_case import (
    Applied,
    Roster,
    apply_for_committee,
    fill_pool,
    first_meeting,
    import_roster,
    wanted_line,
)
from expertpool.cli.demo_holders import Holder, Opened, open_records, settle, three_holders
from expertpool.cli.demo_processes import Crew
from expertpool.cli.demo_proof import cosigned, replayed, traces, verified, write_bundles, write_ledger
from expertpool.cli.demo_setting import AGO, Setting
from expertpool.cli.demo_telling import Story
from expertpool.cli.supervisor import Supervisor
from expertpool.draws.queries import entries_of
from expertpool.invitations.answering import Word
from expertpool.protocol.replay import as_text
from ledger.entry import Entry
from ledger.report import as_text as ledger_as_text

DECLINES: Final = 2
PATIENCE_S: Final = 300.0


@dataclass(slots=True)
class Job:
    """One demonstration while it runs."""

    story: Story
    setting: Setting
    seed: str
    experts: int
    roster: Roster | None
    holders: tuple[Holder, ...] = field(default_factory=three_holders)
    seats: int = 0
    told: list[Entry] = field(default_factory=list)
    """The entries of the draw that were told."""

    def run(self) -> bool:
        """Do the whole job; returns whether everything is proven. Stops every process on the way out."""
        self._ten_days_ago()
        with Supervisor() as supervisor:
            crew = Crew(self.setting, self.holders, supervisor)
            draw = self._apply(crew)
            self._draw(crew, draw)
            self._fill(crew, draw)
            self._close(crew, draw)
        proven = self._prove(draw)
        return self._show_names(draw) and proven

    def _ten_days_ago(self) -> None:
        story, days = self.story, AGO.days
        story.chapter(
            f"{days} 天前（演示用的时钟）：建立中心、密钥和专家库",
            f"{days} days ago, by the demonstration's clock: centre, keys and pool",
        )
        story.tell(
            "专家信息入账满 7 天、密钥批准满规定时间才可用于抽取，所以这些事记为十天前所做。",
            "What is known of experts counts 7 days after it was ledgered, and keys have to settle too: so these acts "
            "are dated ten days ago.",
        )
        with story.bar(Texts("建立三家保管单位的密钥", "making the keys of three institutions"), None):
            settle(self.setting, self.holders)
        zh = "、".join(holder.zh for holder in self.holders)
        en = ", ".join(holder.en for holder in self.holders)
        story.tell(
            f"三家密钥保管单位：{zh}。各有自己的目录、密钥和口令；监督部门已批准。",
            f"Three key holders: {en}. Each has its own folder, keys and passphrase; the supervisor approved them.",
        )
        if self.roster is None:
            filled = fill_pool(self.setting, seed=self.seed, experts=self.experts, bar=story.bar)
            story.tell(
                f"专家库有 {filled.experts} 位虚构专家（种子 {self.seed}），姓名加密保存。",
                f"The pool has {filled.experts} made-up experts (seed {self.seed}); their names are kept encrypted.",
            )
        else:
            filled = import_roster(self.setting, self.roster, bar=story.bar)
            story.tell(
                f"从 {self.roster.sheet.name} 导入 {filled.experts} 人，{filled.refused} 行有误未导入；姓名加密保存。",
                f"{filled.experts} people come from {self.roster.sheet.name}, {filled.refused} rows were wrong; the "
                "names are kept encrypted.",
            )

    def _apply(self, crew: Crew) -> Applied:
        story = self.story
        story.chapter("今天：启动各进程，代理机构提出申请", "Today: the processes start, and the agency applies")
        with story.bar(Texts("启动进程", "starting the processes"), None):
            crew.start()
        story.tell(
            "签名进程、网页进程和三家保管单位的程序各自独立运行；后者只向外连接。",
            "Signer, web and the three holders' agents run, each a process of its own; agents only connect outwards.",
        )
        wanted = wanted_line(self.setting, seed=self.seed, experts=self.experts)
        applied = apply_for_committee(self.setting, first_meeting(self.setting), seed=self.seed, line=wanted.line)
        self.seats = wanted.line.seats
        story.tell(
            f"项目“{applied.project}”：抽取{wanted.specialty or ''}专家 {self.seats} 人，同一单位最多一人，"
            "另有业主代表 1 人。",
            f"Project {applied.project}: to be drawn are {self.seats} for {wanted.specialty or 'any specialty'}, at "
            "most one from an employer; a representative of the owner sits with them.",
        )
        return applied

    def _draw(self, crew: Crew, draw: Applied) -> None:
        story = self.story
        story.chapter("抽取：没有人挑选", "The draw: nobody chose")
        crew.start_vault()
        self._follow(crew, draw, "draw.intended", ("抽取意向", "the intent"))
        story.tell(
            "此刻强行杀掉保险库进程（kill -9），如同断电；重新启动后它从账本记录处继续，结果不会不同。",
            "The vault's process is killed now (kill -9), as by a power cut. Started again it goes on from what is "
            "recorded, to the same result.",
        )
        crew.kill_vault()
        crew.start_vault()
        self._follow(crew, draw, "draw.completed", ("抽取结果", "the result"))

    def _fill(self, crew: Crew, draw: Applied) -> None:
        story, seats = self.story, self.seats
        story.chapter("通知与补抽：没有人知道", "Calls and vacancies: nobody knows")
        self._wait(crew, draw, lambda: len(self._codes()) == seats, ("短信", "the messages"))
        declining = self._codes()[:DECLINES]
        for number, code in enumerate(declining, 1):
            story.tell(
                f"第 {number} 位专家凭自己的应答码回复不能参加。",
                f"Expert {number} declines, by the code on the phone.",
            )
            answer(self.setting, code, Word.DECLINE)
            self._follow(crew, draw, "draw.refilled", ("补抽", "the vacancy's draw"), times=number)
        called = seats + len(declining)
        self._wait(crew, draw, lambda: len(self._codes()) == called, ("补抽后的短信", "the messages"))
        for code in self._codes():
            if code not in declining:
                answer(self.setting, code, Word.ACCEPT)
        self._follow(crew, draw, "draw.filled", ("委员会组成", "the committee"))
        story.tell(
            "到此为止，页面、接口、日志和数据库里只有席位号，没有姓名。",
            "Up to here pages, API, logs and database have seat codes, and no name.",
        )

    def _close(self, crew: Crew, draw: Applied) -> None:
        story = self.story
        story.chapter("评审结束，报告签署", "The review is over, the report is signed")
        sign_report(self.setting, draw.session)
        story.tell(
            "交易系统告知报告已签署（时间按演示用的时钟，在评审开始之后）。",
            "The trading system states that the report is signed (dated after the review, by the demonstration's "
            "clock).",
        )
        self._follow(crew, draw, "draw.closed", ("归档", "the close"))
        self._wait(
            crew, draw, lambda: cosigned(self.setting, self.told[-1].index), ("外部共签", "the outside cosignatures")
        )
        story.tell(
            "两家外部单位已对包含全过程的检查点共签。全部进程停止。",
            "Both outside institutions cosigned a checkpoint that covers it all. Every process is stopped.",
        )

    def _prove(self, draw: Applied) -> bool:
        story, places = self.story, self.setting.places
        story.chapter("核验：不需要信任本中心", "The proof: no trust in the centre needed")
        with story.bar(Texts("导出证明包和账本", "exporting bundles and ledger"), None):
            write_bundles(self.setting, draw.draw)
            write_ledger(self.setting)
        proven = True
        for bundle, zh, en in (
            (places.public_bundle, "公开证明包", "The public bundle"),
            (places.audit_bundle, "审计证明包", "The auditor's bundle"),
        ):
            with story.bar(Texts(f"核验{zh}", f"replaying: {en}"), None):
                report = replayed(self.setting, bundle, lambda _name, _done, _total: None)
            verdict = as_text(report, "zh"), as_text(report, "en")
            proven = proven and report.verdict == "proven"
            if report.verdict != "proven" or bundle == places.audit_bundle:
                story.tell(f"{zh}：{verdict[0]}", f"{en}: {verdict[1]}")
            else:
                story.tell(f"{zh}：{verdict[0].splitlines()[0]}", f"{en}: {verdict[1].splitlines()[0]}")
        ledger = verified(self.setting)
        zh, en = (ledger_as_text(ledger, lang).splitlines()[0] for lang in ("zh", "en"))
        story.tell(f"账本：{zh}", f"The ledger: {en}")
        return proven and ledger.verdict == "proven"

    def _show_names(self, draw: Applied) -> bool:
        story, places = self.story, self.setting.places
        story.chapter("现在才看到姓名", "Only now: the names")
        opened = open_records(self.setting, draw.draw, self.holders)
        story.tell(
            "两家外部单位用各自的密钥共同打开密封记录（正式运行时密钥不会在同一台机器上）：",
            "Two outside institutions open the sealed records together, each with its own key (in earnest those are "
            "never on one machine):",
        )
        for seat, person in sorted(opened.items()):
            story.show(f"  {seat}  {person.name}")
        files, size, found = self._search(list(opened.values()))
        mib = max(1, size >> 20)
        where = "、".join(str(path.relative_to(places.folder)) for path in found)
        if found:
            story.tell(
                f"不应发生：在 {where} 中找到了姓名或电话。", f"This must not be: a name or phone is in {where}."
            )
        else:
            story.tell(
                f"在数据库、日志、账本和证明包等 {files} 个文件（{mib} MiB）中逐字查找这些姓名和电话：一处也没有。",
                f"Looked for these names and phones in database, logs, ledger and bundles, {files} files, {mib} MiB: "
                "not found once.",
            )
        return not found

    def _search(self, people: Sequence[Opened]) -> tuple[int, int, list[Path]]:
        """The phones stand in the gateway's folder, which plays the telephone network, and are not looked for there."""
        secret = [text for person in people for text in (person.name, person.phone)]
        with self.story.bar(Texts("查找姓名", "looking for names"), None):
            return traces(self.setting.places.folder, self.setting.settings.draws.messages, secret)

    def _follow(self, crew: Crew, draw: Applied, kind: str, what: tuple[str, str], *, times: int = 1) -> None:
        """Tell the draw's entries until so many of this kind have come."""
        self._wait(crew, draw, lambda: sum(entry.kind == kind for entry in self.told) >= times, what)

    def _wait(self, crew: Crew, draw: Applied, done: Callable[[], bool], what: tuple[str, str]) -> None:
        """Wait while the story goes on; a request that a rule leaves to a person is approved by the supervisor."""

        def look() -> bool:
            self._tell_entries(draw)
            if done():
                return True
            self._decide(draw)
            return False

        crew.until(look, what, PATIENCE_S + self.experts / 500)

    def _tell_entries(self, draw: Applied) -> None:
        holders = {holder.id: Texts(holder.zh, holder.en) for holder in self.holders}
        with self.setting.reading() as session:
            entries = entries_of(session, draw.draw)
        for entry in entries[len(self.told) :]:
            self.told.append(entry)
            self.story.entry(entry, holders)

    def _decide(self, draw: Applied) -> None:
        """Raises `NoCommittee`."""
        reason = referred(self.setting, draw.draw)
        if reason is not None:
            self.story.tell(
                f"监督部门看到理由（{reason}）后同意。", f"The supervisor sees why ({reason}) and approves."
            )
            approve(self.setting, draw.draw)

    def _codes(self) -> list[str]:
        return codes_sent(self.setting)
