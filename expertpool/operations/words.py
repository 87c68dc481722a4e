"""Jobs in plain words: what each kind does, and what a person can do about one that was given up."""

from typing import Final, NamedTuple


class Job(NamedTuple):
    """A kind of job: its name, and the way out; in both languages."""

    zh: str
    en: str
    way_zh: str
    way_en: str


_AGAIN_ZH: Final = "按原因处理后重试；再次失败请查看{log}日志。"
_AGAIN_EN: Final = "Mend the cause, then try it again; if it fails once more, see the log of the {log}."


def _job(
    label_zh: str, label_en: str, way_zh: str = "", way_en: str = "", *, log: tuple[str, str] = ("保险库", "vault")
) -> Job:
    zh, en = _AGAIN_ZH.format(log=log[0]), _AGAIN_EN.format(log=log[1])
    return Job(label_zh, label_en, way_zh + zh, f"{way_en} {en}".strip())


UNKNOWN: Final = _job("其他任务", "Another job")
KINDS: Final = {
    "trail.close": _job("封存前一天的登录记录", "Closes a day of sign-ins", log=("后台进程", "worker")),
    "draws.call": _job(
        "开始通知专家",
        "Begins to call experts",
        "通知由此中断，请先看网关。",
        "Calls wait for it: look at the gateways first.",
    ),
    "draws.seat-empty": _job("通知席位已空出", "Ends the call of a seat that is vacant"),
    "agents.answered": _job(
        "处理保管方程序的应答",
        "Takes an agent's answer",
        "抽取或解封可能在等它。",
        "A draw or a release may wait for it.",
    ),
    "draws.glass-broken": _job(
        "告知成员名单已应急开封", "Tells the members that their names were opened in an emergency"
    ),
    "invitations.answered": _job(
        "处理专家的答复",
        "Takes an expert's answer",
        "答复还没有生效，请尽快处理。",
        "The answer is not in force yet: be quick.",
    ),
    "invitations.expire": _job("结束超时未答复的邀请", "Ends an invitation whose time is over"),
    "invitations.miss": _job("补抽未到场者的席位", "Draws the seat of whoever did not come again"),
    "invitations.remind": _job(
        "评审前提醒", "Reminds before a review", "来不及时请值班人员知悉。", "If it is late, tell the duty desk."
    ),
    "invitations.report": _job("记下网关的送达报告", "Takes a gateway's report of delivery"),
    "assessments.revealed": _job("考评揭示之后的处理", "Does what follows a revealed assessment"),
    "draws.assigned": _job("名单公开后将席位对应到人", "Takes up that seats are people once names are open"),
    "payouts.batch": _job(
        "制作付款批次",
        "Makes out an order's payments",
        "劳务报酬未付出。请重试。",
        "The fees have not left. Have it done again.",
    ),
    "payouts.compare": _job("核对银行流水", "Compares a bank's statement with the payments"),
    "payouts.due": _job("提醒付款期限", "Reminds that a payment falls due"),
    "payouts.reported": _job(
        "记下支付机构的回报",
        "Takes a payment provider's report",
        "付款结果未更新。请重试。",
        "What became of a payment is not noted. Have it done again.",
    ),
    "payouts.silence": _job("专家逾期未异议视为同意", "Takes an expert's silence for agreement"),
    "session.report-stated": _job("处理报告已签的告知", "Takes up that the report is signed"),
}
"""Every kind that a worker or the vault handles."""


def of(kind: str) -> Job:
    """What a kind is; one of another version is told as such."""
    return KINDS.get(kind, UNKNOWN)
