"""What entries say in plain words, and what their fields are called, in both languages."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from expertpool.audit.field_words import FIELDS
from expertpool.sessions.steps import STEPS_WORDS
from ledger.entry import Entry


class Words(NamedTuple):
    """A kind's name, and what one entry of it says; ``{field}`` stands for what the entry shows."""

    zh: str
    en: str
    says_zh: str = ""
    says_en: str = ""


KINDS: Final[Mapping[str, Words]] = {
    "actor.credentials-set": Words("账号启用", "account set up"),
    "actor.invited": Words("签发账号邀请", "account invited"),
    "actor.registered": Words("登记账号", "account registered"),
    "actor.retired": Words("注销账号", "account closed"),
    "actor.way-added": Words("增加登录方式", "way to sign in added"),
    "actor.way-removed": Words("移除登录方式", "way to sign in removed"),
    "assessment.appeal-decided": Words("申诉作出决定", "appeal decided"),
    "assessment.appealed": Words(
        "专家提出申诉", "appeal filed", "申诉人和内容不公开。", "By whom, and of what, is hidden."
    ),
    "assessment.explanation-asked": Words("请专家说明评分情况", "explanation of scoring asked for"),
    "assessment.explanation-given": Words("专家作出说明", "explanation of scoring given"),
    "assessment.finished": Words("考评生效", "assessment final"),
    "assessment.given": Words(
        "提交考评",
        "sheets given",
        "一方已提交，内容密封。",
        "A party has given its sheets, sealed.",
    ),
    "assessment.noticed": Words("生成考评结果通知", "notices of results made"),
    "assessment.opened": Words("开启考评", "assessment opened"),
    "assessment.person-named": Words("列入代理机构人员", "agency’s person named"),
    "assessment.served": Words("通知送达", "notice served"),
    "assessment.revealed": Words(
        "揭示考评",
        "assessment revealed",
        "各方考评同时揭示。",
        "The sheets of all parties were opened together.",
    ),
    "case.applied": Words("处理决定记入专家库", "decision in the pool"),
    "case.decided": Words(
        "主管部门作出处理决定", "case decided", "对谁、如何处理不公开。", "About whom, and what, is hidden."
    ),
    "case.ended": Words("恢复抽取或撤销决定", "decision ended"),
    "case.moved": Words("案件移送或撤回", "case handed over or withdrawn"),
    "case.proposed": Words("提出处理建议", "case proposed"),
    "centre.opened": Words("设立交易中心", "centre opened"),
    "door.key-approved": Words("批准对接系统密钥", "connected system’s key approved"),
    "door.key-registered": Words("登记对接系统密钥", "connected system’s key registered"),
    "door.key-revoked": Words("吊销对接系统密钥", "connected system’s key revoked"),
    "door.message-received": Words(
        "收到对接系统报文",
        "message received",
        "第 {sequence} 号报文，签名有效，已受理。",
        "Message {sequence}: the signature is valid, and it was accepted.",
    ),
    "door.sender-registered": Words("登记对接系统", "connected system registered"),
    "draw.aborted": Words(
        "抽取未成",
        "draw aborted",
        "贡献方逾期未应答，抽取在出结果之前终止。",
        "Contributors did not answer in time; the draw was given up before its result.",
    ),
    "draw.accepted": Words(
        "受理抽取申请", "request accepted", "申请可以进入抽取。", "The request may go on to be drawn."
    ),
    "draw.accepted-seat": Words("席位接受", "seat accepted", "席位 {seat} 接受。", "Seat {seat} is accepted."),
    "draw.arrival-failed": Words("签到未通过", "sign-in failed"),
    "draw.bidders-missing": Words("开标时未收到投标人名单", "no list of bidders at the opening"),
    "draw.bidders-opened": Words(
        "开封投标人名单",
        "list of bidders opened",
        "据此回避后空出 {vacancies} 个席位。",
        "Recusals by it leave {vacancies} seats vacant.",
    ),
    "draw.bidders-too-few": Words("投标人不足", "too few bidders"),
    "draw.break-glass-consented": Words("同意应急解封", "emergency opening consented to"),
    "draw.break-glass-requested": Words(
        "请求应急解封",
        "emergency opening requested",
        "须全部密钥保管方同意。",
        "Every key holder has to consent.",
    ),
    "draw.calling": Words(
        "开始通知专家",
        "experts are being called",
        "只告知时间、地点和应答码。",
        "They are told time, place and a code, no more.",
    ),
    "draw.cancelled": Words("取消抽取", "draw cancelled", "姓名继续密封。", "Names stay sealed."),
    "draw.closed": Words(
        "抽取归档",
        "draw closed",
        "评审报告已签署，可以公开核验。",
        "The report is signed, and the draw can be checked by anyone.",
    ),
    "draw.completed": Words(
        "抽取完成",
        "drawn",
        "席位 {seats}。姓名逐席密封，谁也看不到。",
        "Seats {seats}. Each name is sealed, and nobody sees one.",
    ),
    "draw.contributed": Words(
        "随机贡献到达",
        "contribution received",
        "{organisation}的贡献已锁定，此后不能更换。",
        "The contribution of {organisation} is fixed and cannot be exchanged.",
    ),
    "draw.drafted": Words("起草抽取申请", "request drafted"),
    "draw.exhausted": Words("未能组成委员会", "no committee could be seated"),
    "draw.filled": Words(
        "席位已满", "all seats taken", "席位 {seat} 最后接受。", "Seat {seat} was the last to be accepted."
    ),
    "draw.intended": Words(
        "锁定抽取意向",
        "draw committed",
        "候选名单、规则和贡献方从此不能再改，而结果还无人能知。",
        "Candidates, rules and contributors are fixed from now on, and nobody can know the outcome yet.",
    ),
    "draw.postponed": Words("推迟抽取", "draw postponed"),
    "draw.reconvened": Words("复会", "reconvened", "委员会不变。", "The committee stays the same."),
    "draw.referred": Words("转由人决定", "referred to a person"),
    "draw.refilled": Words(
        "补抽席位",
        "seat drawn again",
        "席位 {seat} 从同一名单补抽，无须任何人在线。",
        "Seat {seat} is drawn from the same list; nobody had to be online.",
    ),
    "draw.release-ordered": Words("监督部门令开封个别席位", "opening of single seats ordered"),
    "draw.release-requested": Words("请求开封姓名", "opening of names requested"),
    "draw.release-unanswered": Words("开封未获应答", "opening unanswered", "姓名继续密封。", "Names stay sealed."),
    "draw.assigned": Words("席位对应的专家可以查看", "seats are people from now on"),
    "draw.released": Words("姓名已向对象开封", "names opened to their audience"),
    "draw.requested": Words("提交抽取申请", "draw requested"),
    "draw.resumed": Words("确定新的时间", "new time set"),
    "draw.returned": Words("退回修改", "request returned"),
    "draw.seat-lost": Words("席位空出（超过补抽上限）", "seat lost past the cap", "席位 {seat}。", "Seat {seat}."),
    "draw.signed-in": Words("席位签到", "seat signed in", "席位 {seat} 签到。", "Seat {seat} signed in."),
    "draw.stepped-in": Words(
        "候补方接替",
        "alternate stepped in",
        "{alternate}接替未应答的{replaced}。",
        "{alternate} steps in for {replaced}, which did not answer.",
    ),
    "draw.suspended": Words("中止评审", "evaluation suspended", "委员会保留席位。", "The committee keeps its seats."),
    "draw.vacancy-exhausted": Words(
        "席位无法补足", "seat cannot be filled", "席位 {seat} 已无人可补。", "There is nobody left for seat {seat}."
    ),
    "draw.vacated": Words(
        "席位空出",
        "seat vacant",
        "席位 {seat} 空出：先记入账本，再补抽；缘由不公开。",
        "Seat {seat} is vacant: logged first, then drawn again. Why is not shown.",
    ),
    "expert.bulk-enrolled": Words("专家批量入库", "experts enrolled in bulk"),
    "expert.changed": Words("专家库变更", "pool changed"),
    "expert.exported": Words("导出专家库", "pool exported"),
    "holder.approved": Words("批准密钥保管方", "key holder approved", "{holder}。", "{holder}."),
    "holder.opened-offline": Words(
        "离线开封",
        "opened without the centre",
        "{holder}参加了开封。",
        "{holder} took part in the opening.",
    ),
    "holder.registered": Words("登记密钥保管方", "key holder registered", "{name}。", "{name}."),
    "holder.retired": Words("停用密钥保管方", "key holder retired", "{holder}。", "{holder}."),
    "holder.share-proved": Words(
        "证明持有份额密钥",
        "share key proved",
        "{holder}能打开交给它的密封件。",
        "{holder} can open what is sealed to it.",
    ),
    "invitation.checked-in": Words("电话报到", "checked in", "席位 {seat}。", "Seat {seat}."),
    "invitation.late": Words(
        "告知迟到", "will be late", "席位 {seat}，{minutes} 分钟。", "Seat {seat}, {minutes} minutes."
    ),
    "invitation.unreached": Words("未能确认送达", "delivery not shown", "席位 {seat}。", "Seat {seat}."),
    "milestone.entered": Words(
        "录入项目节点", "milestone entered", "待行政监督部门确认。", "The supervisor has to confirm it."
    ),
    "milestone.reached": Words("项目节点", "milestone reached"),
    "milestone.refused": Words(
        "项目节点未予确认", "milestone refused", "所录入的不作数。", "What was entered does not count."
    ),
    "mirror.head-accepted": Words("收到省库签名清单", "province’s head accepted"),
    "mirror.head-applied": Words("省库更新完成", "province’s head applied"),
    "mirror.part-applied": Words("省库分批更新", "part of the province’s file applied"),
    "mirror.restarted": Words("省库重新同步", "mirror restarted"),
    "organisation.alias-approved": Words("批准单位别名", "organisation’s other name approved"),
    "organisation.alias-proposed": Words("提出单位别名", "organisation’s other name proposed"),
    "organisation.registered": Words("登记单位", "organisation registered"),
    "payout.agreed": Words("确认劳务报酬", "fee agreed to"),
    "payout.answered": Words("支付机构应答", "provider answered"),
    "payout.approved": Words(
        "付款方账号确认付款单", "payment order approved", "第 {revision} 版金额。", "Amounts as of revision {revision}."
    ),
    "payout.batch-opened": Words("交出付款文件", "payment file handed out", "交给：{audience}。", "To: {audience}."),
    "payout.batched": Words(
        "制作付款批次",
        "payments made out",
        "{payments} 笔；收款人与金额不公开。",
        "{payments}; payees and amounts are not shown.",
    ),
    "payout.computed": Words(
        "计算劳务报酬",
        "fees computed",
        "按当日记录计算 {seats} 个席位；金额不公开。",
        "Computed from the day’s record for {seats} seats; the amounts are not shown.",
    ),
    "payout.confirmed": Words(
        "付款单生效", "payment order confirmed", "专家与付款方均已确认。", "The experts and the payer have agreed."
    ),
    "payout.corrected": Words("付款单确认后当日记录有更正", "record corrected after the order was confirmed"),
    "payout.declared": Words("生成扣缴申报表", "tax declaration opened", "{month}。", "{month}."),
    "payout.difference-found": Words("付款核对出现差异", "payment does not match"),
    "payout.difference-settled": Words("处理付款差异", "difference dealt with"),
    "payout.due": Words("付款期限提醒", "payment falls due", "应于 {due} 前支付。", "To be paid by {due}."),
    "payout.learnt": Words("得知付款结果", "outcome of a payment"),
    "payout.objected": Words("对劳务报酬提出异议", "fee objected to"),
    "payout.objection-answered": Words("答复劳务报酬异议", "objection to a fee answered"),
    "payout.released": Words("付款发出", "payments released", "{payments} 笔。", "{payments}."),
    "payout.sent-again": Words("重新付款", "payment sent again"),
    "payout.stated": Words("人工认定付款结果", "outcome stated by a person"),
    "payout.statement-compared": Words("银行流水核对完成", "bank statement compared"),
    "payout.statement-taken": Words(
        "导入银行流水", "bank statement imported", "{lines} 行涉及本系统付款。", "{lines} lines are of our payments."
    ),
    "payout.tax-opened": Words(
        "公开席位税额", "tax opened", "名单公开后补记。", "Put on record after the release of names."
    ),
    "payout.unheard": Words("付款久无回报", "no word of payments"),
    "payout.withheld": Words("计算代扣税额", "tax withheld", "{month} 的付款。", "For payments of {month}."),
    "preflight.made": Words("开评前检查", "check on the eve", "{day} 的场次。", "For the sessions of {day}."),
    "project.amended": Words("变更项目", "project amended"),
    "project.registered": Words("登记项目", "project registered"),
    "recipient.approved": Words("批准接收方密钥", "recipient’s key approved"),
    "recipient.registered": Words("登记接收方密钥", "recipient’s key registered"),
    "recipient.retired": Words("停用接收方密钥", "recipient’s key retired"),
    "recusal.named": Words("提出回避", "recusal named"),
    "recusal.withdrawn": Words("撤回回避", "recusal withdrawn"),
    "scores.opened": Words("开封评委评分", "scores opened"),
    "sealed.received": Words("收到密封件", "sealed matter received"),
    "session.code-refused": Words(
        "评审室终端短码不符", "wrong code at a room’s terminal", "所输内容不留存。", "What was typed is not kept."
    ),
    "session.cancelled": Words("取消场次", "session cancelled"),
    "session.moved": Words("场次当日进展", "the session’s day"),
    "session.noted": Words(
        "评审室内事项入账",
        "put on record in the room",
        "第 {number} 步；内容不公开。",
        "Step {number}; what it was is not shown.",
    ),
    "session.paper-entered": Words(
        "补录纸质记录", "paper record entered", "待另一角色签署后作数。", "It counts when another role signs it."
    ),
    "session.paper-refused": Words("纸质记录退回", "paper record refused", "所补录的不作数。", "Nothing of it counts."),
    "session.paper-signed": Words(
        "纸质记录签署", "paper record signed", "两个账号、两种角色。", "Two accounts of two roles."
    ),
    "session.postponed": Words("推迟场次", "session postponed"),
    "session.rescheduled": Words("变更场次", "session rescheduled"),
    "session.scheduled": Words("安排场次", "session scheduled"),
    "session.terminal-closed": Words("关闭评审室终端", "room’s terminal closed"),
    "session.terminal-opened": Words("打开评审室终端", "room’s terminal opened"),
    "session.timeline-confirmed": Words("确认当日时间表", "timeline confirmed"),
    "supervisor-key.approved": Words("批准监督密钥", "supervisor’s key approved"),
    "supervisor-key.registered": Words("登记监督密钥", "supervisor’s key registered"),
    "supervisor-key.revoked": Words("吊销监督密钥", "supervisor’s key revoked"),
    "token.ended": Words("停用受限令牌", "scoped token ended"),
    "token.limited": Words("签发受限令牌", "scoped token issued"),
    "token.issued": Words("签发接口令牌", "access token issued"),
    "job.retried": Words("重试任务", "job tried again", "{work}", "{work}"),
    "trail.closed": Words(
        "登录日志封存", "trail of sign-ins closed", "{day}，共 {count} 条。", "{day}, {count} lines."
    ),
    "webhook.ended": Words("终止推送订阅", "webhook ended"),
    "webhook.resumed": Words("恢复推送订阅", "webhook resumed"),
    "webhook.secret-changed": Words("更换推送密钥", "webhook’s secret changed"),
    "webhook.stopped": Words("推送订阅已停止", "webhook stopped"),
    "webhook.subscribed": Words("推送订阅", "webhook subscribed"),
    "vault.registered": Words("登记保险库密钥", "vault’s key registered"),
}

MILESTONES: Final = {
    "report-signed": ("评审报告已签署", "the evaluation report is signed"),
    "award-fixed": ("中标人已确定", "the award is fixed"),
    "notice-published": ("公告已发布", "the notice is published"),
}

_STEPS: Final[Mapping[str, tuple[str, str]]] = {kind.value: pair for kind, pair in STEPS_WORDS.items()}


def title(kind: str, language: str) -> str:
    """What a kind is called; a kind that this version does not know is called what it is."""
    known = KINDS.get(kind)
    return kind if known is None else (known.zh if language == "zh" else known.en[0].upper() + known.en[1:])


def telling(entry: Entry, names: Mapping[str, str], language: str) -> str:
    """What an entry says beyond its kind; empty where the kind says it all. ``names``: of key holders."""
    if entry.kind == "milestone.reached":
        pair = MILESTONES.get(str(entry.body.get("milestone")), ("", ""))
        return pair[0] if language == "zh" else pair[1]
    if entry.kind == "session.moved":
        step = _STEPS.get(str(entry.body.get("step")), ("", ""))
        return step[0] if language == "zh" else step[1]
    known = KINDS.get(entry.kind)
    said = "" if known is None else (known.says_zh if language == "zh" else known.says_en)
    return said.format_map(_Shown({name: _short(value, names) for name, value in entry.body.items()}))


def field_name(field: str, language: str) -> str:
    """What a field is called."""
    pair = FIELDS.get(field, (field, field))
    return pair[0] if language == "zh" else pair[1]


def _short(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return " ".join(str(each["seat"]) for each in value if isinstance(each, dict) and "seat" in each)
    return names.get(str(value), str(value))


class _Shown(dict[str, str]):
    def __missing__(self, field: str) -> str:
        return "—"
