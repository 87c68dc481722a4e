"""What the desk of a day says: what the session waits for, how far a seat has come, who did what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from expertpool.draws.models import SeatState
from expertpool.projects.terms import Words
from expertpool.sessions.lifecycle import DayState


@dataclass(frozen=True, slots=True)
class Waits:
    """What a session waits for, what that means, how urgent it is, and where the situation guide tells of it."""

    zh: str
    en: str
    more_zh: str = ""
    more_en: str = ""
    tone: str = "green"
    situation: str | None = None


TONES: Final[Mapping[DayState, str]] = {
    **dict.fromkeys(DayState, "green"),
    DayState.REPORT_SIGNED: "amber",
    DayState.SUSPENDED: "red",
    DayState.VOID: "red",
}
"""How urgent a day is by its state alone, as on the board of all sessions."""

NOT_BEGUN: Final = Words("尚未签到", "nobody has come yet")

SEATS: Final[Mapping[SeatState, tuple[Words, str]]] = {
    SeatState.CALLED: (Words("通知中", "being called"), "amber"),
    SeatState.ACCEPTED: (Words("已接受，未到", "accepted, not here yet"), "amber"),
    SeatState.SIGNED_IN: (Words("已签到", "signed in"), "green"),
    SeatState.VACANT: (Words("空缺，正在补抽", "vacant, being drawn again"), "amber"),
    SeatState.UNFILLABLE: (Words("无法补足", "cannot be filled"), "red"),
}
"""A seat on which nobody sits, and its tone."""

SIGNED_IN: Final = Words("已签到", "signed in")
READ: Final = Words("已读纪律", "discipline read")
SHOWN: Final = Words("已看投标人", "has seen the bidders")
DECLARED: Final = Words("已签声明", "declaration signed")
OWES: Final = Words("须重新评审", "has work to do again")
SIGNED: Final = Words("已签报告", "report signed")
REFUSED: Final = Words("拒签，视为同意", "refused to sign, taken as agreement")
GONE: Final = Words("已空出", "vacated")

BY_RULE: Final = Words("按规则", "by rule")
AT_TERMINAL: Final = Words("评标室终端", "at the room’s terminal")
AT_DESK: Final = Words("签到台核验", "at the sign-in desk")
BY_CLERK: Final = Words("人工登记", "entered by hand")
BY_PAPER: Final = Words("纸质记录，两人签署", "from paper, signed by two")

SUSPENDED: Final = Waits(
    "已中止，等待监督部门",
    "Suspended; the supervisor decides",
    "委员会和席位不变；恢复后从中止处继续，中止时间不计费。",
    "The committee keeps its seats; it goes on where it stopped, and the time between is not paid.",
    "red",
    "day-suspended",
)
VOID: Final = Waits(
    "本场无效",
    "This session is void",
    "姓名继续密封；到场专家的误工补助按席位登记。",
    "Names stay sealed; the allowance of whoever came is due by seat.",
    "red",
    "day-void",
)
LINE_DOWN: Final = Waits(
    "场地连线中断",
    "A site’s line is lost",
    "中断期间报告不能生效；恢复后按一次按钮，起止时间都在记录里。",
    "The report does not count meanwhile; press once when it is back. Both times are on record.",
    "red",
    "day-line-lost",
)
OWED: Final = Waits(
    "更换的成员须重新评审",
    "A new member has work to do again",
    "原成员的结论无效（条例第四十八条）；其他成员可以继续，报告须等其完成。",
    "What the former one concluded is void (art. 48). The others go on; the report waits.",
    "amber",
    "day-redo",
)
REVIEWING: Final = Waits(
    "评审进行中",
    "The review is going on",
    "不用做什么：组长在终端上宣布休息和继续，成员在终端上签署报告。",
    "Nothing to do: the chair calls breaks at the terminal, and members sign the report there.",
)
LUNCH: Final = Waits(
    "到用餐时间了",
    "It is time for a meal",
    "组长在终端上按一次，或在这里按一次。",
    "The chair presses once at the terminal, or you do here.",
)
BREAK: Final = Waits(
    "休息中",
    "In a break",
    "组长在终端上宣布继续，或在这里按一次。",
    "The chair goes on at the terminal, or you press once here.",
)
OVERNIGHT: Final = Waits(
    "隔夜休会",
    "Adjourned overnight",
    "次日到齐后按一次继续；两天的评审时间累计。",
    "Press once when all are back; the sittings are added up.",
)
REPORT: Final = Waits(
    "全部签署，等待报告登记",
    "All have signed; the report is awaited",
    "由交易系统送来，或由代理机构录入、监督部门确认。",
    "It comes from the trading system, or the agency enters it and the supervisor confirms.",
    "amber",
    "day-report-awaited",
)
CONFIRM: Final = Waits(
    "请确认时间线",
    "Confirm the course of the day",
    "按记录生成，缺的按计划补齐。确认一次即办结，费用和考评由此计算。",
    "Made from the record, gaps filled from the plan. Confirm once; fees and assessment follow from it.",
    "amber",
    "day-report-signed",
)
CLOSED: Final = Waits(
    "当日已办结",
    "The day is closed",
    "时间线已确认，费用和考评由此计算。",
    "The course is confirmed; fees and assessment follow from it.",
)
MISSING: Final = Waits(
    "已过集合时间，席位未到齐",
    "The assembly time has passed; seats are missing",
    "不用做什么：迟到、缺席和补抽都按规则进行。",
    "Nothing to do: lateness, absence and refilling go by rule.",
    "amber",
    "day-missing",
)
BEHIND: Final = Waits(
    "已过计划时间，评审尚未开始",
    "The review should have begun by now",
    "看下方哪个席位还没有声明；全部声明并推选出组长后，评审自动开始。",
    "See below which seat has not declared: once all have and there is a chair, it begins by itself.",
    "amber",
    "day-behind",
)
GATHERING: Final = Waits(
    "集合中",
    "Gathering",
    "签到后成员在终端阅读纪律、查看投标人、签署声明、推选组长；完成后自动开始评审。",
    "At the terminal members read the discipline, see the bidders, declare and elect a chair; the review then begins.",
)
BEFORE: Final = Waits(
    "等待第一位专家签到",
    "Waits for the first sign-in",
    "来一位，在签到台核对一位；第一位签到后当日进程自动开始。",
    "Whoever comes is checked at the sign-in desk; the day begins by itself with the first.",
)
UNSEATED: Final = Waits(
    "委员会还没有确定",
    "There is no committee yet",
    "抽取完成、席位接受后，这里显示当日进程。",
    "Once it is drawn and seats are accepted, the day is shown here.",
)
NOT_HELD: Final = Waits(
    "本场已推迟或取消",
    "This session was put off or cancelled",
    "当日没有需要办理的事项。",
    "There is nothing to do on the day.",
)
