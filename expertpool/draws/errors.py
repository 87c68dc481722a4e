"""What draws refuse. No message tells a count, a name, or which rule removed whom."""

from collections.abc import Sequence

from expertpool.core.errors import Conflict, Forbidden, Invalid, NotFound, Several, Unavailable
from policies.decision import Finding


class WrongState(Conflict):
    code = "draws.wrong-state"
    zh = "抽取处于“{state}”状态，不能“{verb}”。请刷新后按当前状态操作。"
    en = "The draw is “{state}”, which does not allow “{verb}”. Look again and go on from its present state."
    state: str
    verb: str


class RuleNotMet(Invalid):
    """A rule about the request refuses it: shows article, what is wrong and what to change."""

    code = "draws.rule-not-met"
    zh = "{title}：{zh_text}（依据：{article}）"
    en = "{title_en}: {en_text} (ground: {article})"
    title: str
    title_en: str
    zh_text: str
    en_text: str
    article: str


class RequestRefused(Several):
    code = "draws.request-refused"
    zh = "抽取申请不符合规则，没有提交："
    en = "The draw request breaks these rules and was not submitted:"


class SessionNotReady(Conflict):
    code = "draws.session-not-scheduled"
    zh = "该场次未处于已安排状态，不能申请抽取。请先安排时间和地点。"
    en = "The session is not scheduled, so no draw can be applied for. Set its time and place first."


class AlreadyApplied(Conflict):
    code = "draws.already-applied"
    zh = "该场次已有抽取申请，不能重复申请；如需修改请先退回或撤销原申请。"
    en = "The session has a draw already; there is no second one. To change it, have it returned or cancel it first."


class ApprovalUnsigned(Invalid):
    code = "draws.approval-unsigned"
    zh = "该标段已有过抽取意向，再次抽取的批准须由监督部门用其密钥签名。请用签名工具生成批准文件后提交。"
    en = "One of these lots had an intent before; approving another draw needs the supervisor's signature."


class NothingToSupplement(Conflict):
    code = "draws.nothing-to-supplement"
    zh = "这次抽取没有补不上的席位，或者它本身已是补充抽取，不能再申请补充抽取意向。"
    en = "This draw has no seat that could not be filled, or is itself a supplementary one; nothing to supplement."


class RecusedUnknown(Invalid):
    code = "draws.recused-unknown"
    zh = "回避单位 {unit} 不在本项目已登记的回避单位中。请先登记该单位及理由，或更正统一社会信用代码。"
    en = "Recused unit {unit} is not among those named for this project. Name it with its reason, or correct the code."
    unit: str


class SiteUnknown(Invalid):
    code = "draws.site-unknown"
    zh = "第 {line} 行的场地序号 {site} 不存在；本场次有 {sites} 个场地，从 0 起编号。"
    en = "Line {line} names site {site}; this session has {sites} site(s), numbered from 0."
    line: int
    site: int
    sites: int


class SpecialtyUnknown(Invalid):
    code = "draws.specialty-unknown"
    zh = "专业代码 {specialty} 不存在。请从专业分类表中选择。"
    en = "There is no specialty {specialty}. Choose one from the classification."
    specialty: str


class RulebookUnknown(Unavailable):
    code = "draws.rulebook-unknown"
    zh = "规则库“{book}”当日不可用，不能受理抽取申请，请联系系统管理员核对 rules.rulebook 设置。"
    en = "Rulebook “{book}” cannot be used today; no draw can be taken in. An administrator must check rules.rulebook."
    book: str


class TooManyQuestions(Forbidden):
    code = "draws.too-many-questions"
    zh = "充足程度查询过于频繁，请在 {minutes} 分钟后再试。"
    en = "Feasibility was asked too often. Try again in {minutes} minutes."
    minutes: int


class NoSuchDraw(NotFound):
    code = "draws.unknown"
    zh = "没有这次抽取，或者您无权查看。"
    en = "There is no such draw, or you may not see it."


class ContributorsMissing(Unavailable):
    code = "draws.contributors-missing"
    zh = "已批准的密钥保管方不足：至少需要两个机构，其中至少一个在本中心以外。请先登记并批准。"
    en = "Too few key holders are approved: the centre's and at least one from outside. Register them first."


class VaultKeyMissing(Unavailable):
    code = "draws.vault-key-missing"
    zh = "保险库的公钥还没有登记，不能抽取。请由安全管理员登记保险库公钥。"
    en = "The vault's public key is not registered; nothing can be drawn. The security administrator must register it."


class AnswerRefused(Invalid):
    code = "draws.answer-refused"
    zh = "场次或应答码不正确，或该邀请已失效。"
    en = "The draw or the answer code is not right, or the invitation is no longer open."


class NotClosed(Conflict):
    code = "draws.not-closed"
    zh = "评审报告签署之前不能导出证明包：其中的种子会暴露尚未用到的补抽结果。请在报告签署后再导出。"
    en = "No bundle before the report is signed: its seed would tell who is drawn next. Export it afterwards."


class NotCosigned(Conflict):
    code = "draws.not-cosigned"
    zh = "还没有达到法定共签数的检查点覆盖本次抽取，证明包无法证明。请稍后再导出，或检查共签方。"
    en = "No checkpoint with a quorum covers this draw yet, so a bundle would prove nothing. Export later."


class VacanciesUsedUp(Conflict):
    code = "draws.vacancies-used-up"
    zh = "本次抽取的补抽次数已达上限 {cap}，需要申请补充抽取意向。"
    en = "This draw has used up its cap of {cap} vacancies; a supplementary intent is needed."
    cap: int


class ReleaseTooEarly(Several):
    code = "draws.release-too-early"
    zh = "现在还不能公开名单："
    en = "The names cannot be released yet:"


class ReleaseNotRuled(Conflict):
    code = "draws.release-not-ruled"
    zh = "规则库没有规定该项目何时公开名单，因此不公开。"
    en = "The rulebook does not say when names of this project are released, so they are not."


class NothingToRelease(Conflict):
    code = "draws.nothing-to-release"
    zh = "这次抽取没有已应约的席位，没有可公开的名单。"
    en = "No seat of this draw was accepted; there are no names to release."


class ReleasedAlready(Conflict):
    code = "draws.released-already"
    zh = "已向该接收密钥公开，或正在公开，无需再次申请。"
    en = "The names were released to this key already, or are being released; no second request is needed."


class BeforeTheMoment(Conflict):
    code = "draws.before-the-moment"
    zh = "{moment} 之前任何方式都不能开启名单。"
    en = "Before {moment} names are opened in no way at all."
    moment: str


class OrderUnsigned(Forbidden):
    code = "draws.order-unsigned"
    zh = "命令应由您本人已批准满规定时间的签署密钥，对这些席位、接收密钥和原因签署。"
    en = "The order must be signed, for these seats, this recipient and its reason, with your own key that has settled."


class SeatNotTaken(Invalid):
    code = "draws.seat-not-taken"
    zh = "这次抽取没有已应约的席位 {seat}。"
    en = "No seat {seat} of this draw is taken."
    seat: str


class NotForThisWay(Invalid):
    code = "draws.not-for-this-way"
    zh = "该接收密钥登记的接收对象是“{audience}”，不能以这种方式开启。"
    en = "This recipient's key is registered for “{audience}”, to which names are not opened in this way."
    audience: str


class NoSuchRelease(NotFound):
    code = "draws.release-unknown"
    zh = "没有这次公开，或者名单不是向您的角色公开的。"
    en = "There is no such release, or it is not for your role."


class ReleaseNotReady(Conflict):
    code = "draws.release-not-ready"
    zh = "密钥保管方尚未全部应答，请稍后再下载。"
    en = "The key holders have not all answered yet; download it later."


def too_early(findings: Sequence[Finding]) -> ReleaseTooEarly:
    """What is missing before an audience learns names: each with its article and texts."""
    return ReleaseTooEarly(_told(findings))


def refused(findings: Sequence[Finding]) -> RequestRefused:
    """What the applicant is told of findings against a request: each with its article and texts."""
    return RequestRefused(_told(findings))


def _told(findings: Sequence[Finding]) -> tuple[RuleNotMet, ...]:
    return tuple(
        RuleNotMet(finding.title.zh, finding.title.en, finding.zh, finding.en, finding.article, field=finding.rule)
        for finding in findings
    )


class StruckAltered(Conflict):
    code = "draws.struck-rows-altered"
    zh = "所存的回避行与账本所承诺的不同，不能据此补抽。请立即报告安全管理员。"
    en = "The stored struck rows are not those that the ledger commits to; no vacancy is drawn with them."
