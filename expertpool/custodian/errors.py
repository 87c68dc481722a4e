"""What an agent refuses and what stops it. The codes of refusals go to the centre, the texts to the agent's owner."""

from expertpool.core.errors import Conflict, Invalid, NotFound, Unavailable

# Setting up and running


class DirectoryTaken(Conflict):
    code = "custodian.directory-taken"
    zh = "目录 {path} 不是空的，不会在其中建立密钥保管方程序。"
    en = "The directory {path} is not empty; no agent is set up in it."
    path: str


class NotSetUp(NotFound):
    code = "custodian.not-set-up"
    zh = "目录 {path} 中没有密钥保管方程序，请先运行 expertpool custodian init。"
    en = "There is no agent in {path}; run expertpool custodian init first."
    path: str


class ConfigDamaged(Unavailable):
    code = "custodian.config-damaged"
    zh = "{path} 无法读取或内容有误，请从备份恢复。"
    en = "{path} cannot be read or is not as the agent wrote it; restore it from a backup."
    path: str


class MemoryLost(Unavailable):
    code = "custodian.memory-lost"
    zh = (
        "{path} 缺失或已损坏：程序已不知道自己应答过什么，不能从头开始。"
        "请联系中心停用本单位现有密钥，另建目录重新生成并登记。"
    )
    en = (
        "{path} is missing or damaged: the agent no longer knows what it answered, and does not start from nothing. "
        "Have the centre retire these keys, set up a new directory and register its keys."
    )
    path: str


class BadAddress(Invalid):
    code = "custodian.bad-address"
    zh = "中心地址须以 https:// 开头（本机测试可用 http://127.0.0.1），不带查询和用户名。"
    en = "The centre's address must begin with https:// (http://127.0.0.1 on this machine), without query or user."


class BadName(Invalid):
    code = "custodian.bad-name"
    zh = "名称应为不带 https:// 的网址形式，例如 jw.example.gov.cn/agent，不含空格和加号。"
    en = "The name must look like an address without https://, as audit.example.org/agent; no blanks, no plus sign."


class BadOrganisation(Invalid):
    code = "custodian.bad-organisation"
    zh = "应为 18 位统一社会信用代码（大写字母和数字）。"
    en = "This must be a unified social credit code: 18 capital letters and digits."


class BadLogKey(Invalid):
    code = "custodian.bad-log-key"
    zh = "账本验证密钥有误，或者与账本名称 {origin} 不符；请使用 expertpool init 给出的整行。"
    en = "The log's verifier key is not valid or not one of {origin}; give the whole line that expertpool init printed."
    origin: str


class CentreUnreachable(Unavailable):
    code = "custodian.centre-unreachable"
    zh = "无法连接中心 {url}（{why}），稍后会再试。"
    en = "The centre at {url} cannot be reached ({why}); it is tried again later."
    url: str
    why: str


class CentreRefused(Conflict):
    code = "custodian.centre-refused"
    zh = "中心没有接受请求 {path}（HTTP {status}，{reason}）。"
    en = "The centre did not take the request {path} (HTTP {status}, {reason})."
    path: str
    status: int
    reason: str


class CentreAnswerBad(Unavailable):
    code = "custodian.centre-answer-bad"
    zh = "中心对 {path} 的应答不符合规范。"
    en = "The centre's answer to {path} is not as specified."
    path: str


class ClockWentBack(Unavailable):
    code = "custodian.clock-went-back"
    zh = "本机时钟倒退了 {seconds} 秒，程序暂停共签和应答；请校准时钟。"
    en = "This machine's clock went back by {seconds} s; the agent neither cosigns nor answers until it is right again."
    seconds: int


class NotThisLog(Invalid):
    code = "custodian.not-this-log"
    zh = "中心给出的检查点不是账本 {origin} 的密钥所签，没有采用。"
    en = "The centre showed a checkpoint that the key of {origin} did not sign; it was not taken."
    origin: str


class EntriesBad(Unavailable):
    code = "custodian.entries-bad"
    zh = "中心给出的条目与其签名的检查点（{size} 个条目）不符，没有采用，稍后会再取。"
    en = "The entries that the centre served do not add up to its checkpoint of {size}; they are fetched again later."
    size: int


# Alarms: from then on the agent neither cosigns nor answers, until its owner decides


class Alarm(Conflict):
    """What the log signed cannot all be true; the evidence is kept."""

    code = "custodian.alarm"
    zh = "账本有误，程序已停止共签和应答；证据在 {evidence}。"
    en = "Something is wrong with the log; the agent has stopped. The evidence is in {evidence}."
    evidence: str


class LogRolledBack(Alarm):
    code = "custodian.log-rolled-back"
    zh = (
        "账本被回退：曾签过 {known} 个条目，现在只有 {found} 个（从第 {found} 条起不见了）。"
        "已停止共签和应答，证据在 {evidence}，请通知审计。"
    )
    en = (
        "The log was rolled back: it had signed {known} entries and now has {found} (entry {found} and later are "
        "gone). The agent has stopped; the evidence is in {evidence}. Tell the auditors."
    )
    known: int
    found: int


class LogForked(Alarm):
    code = "custodian.log-forked"
    zh = (
        "账本分叉：同一密钥为前 {known} 个条目签过两个不同的历史，最迟从第 {entry} 条起不同。"
        "已停止共签和应答，证据在 {evidence}，请通知审计。"
    )
    en = (
        "The log was forked: its key signed two different histories of the first {known} entries, which differ from "
        "entry {entry} on at the latest. The agent has stopped; the evidence is in {evidence}. Tell the auditors."
    )
    known: int
    entry: int


class LogMalformed(Alarm):
    code = "custodian.log-malformed"
    zh = "账本第 {malformed} 条不符合规范却已签名。已停止共签和应答，证据在 {evidence}，请通知审计。"
    en = (
        "Entry {malformed} of the log is not as specified and was signed all the same. The agent has stopped; evidence "
        "is in {evidence}. Tell the auditors."
    )
    malformed: int


# Refusals: an answer, and for good


class Refusal(Conflict):
    """A task that is not done. ``entry`` is the entry of the log that speaks against it, where one does."""

    code = "custodian.refused"
    zh = "拒绝执行任务。"
    en = "The task is refused."
    entry: int | None = None


class TaskMalformed(Refusal):
    code = "custodian.task-malformed"
    zh = "任务的内容不符合规范。"
    en = "The task is not as specified."


class TaskUnknown(Refusal):
    code = "custodian.task-unknown"
    zh = "不认识这种任务，请升级程序。"
    en = "This kind of task is not known; the agent may need an upgrade."


class NoIntent(Refusal):
    code = "custodian.no-intent"
    zh = "账本第 {entry} 条不是该次抽取的抽取意向。"
    en = "Entry {entry} of the log is no intent of that draw."


class IntentMalformed(Refusal):
    code = "custodian.intent-malformed"
    zh = "账本第 {entry} 条的抽取意向不符合规范，或其算法未知。"
    en = "The intent in entry {entry} is not as specified, or of an algorithm that is not known."


class NotNamed(Refusal):
    code = "custodian.not-named"
    zh = "账本第 {entry} 条的抽取意向没有列出本单位的密钥。"
    en = "The intent in entry {entry} does not name this holder with its key."


class Replaced(Refusal):
    code = "custodian.replaced"
    zh = "账本第 {entry} 条已由候补单位替换本单位。"
    en = "Entry {entry} replaced this holder by an alternate."


class NoRequest(Refusal):
    code = "custodian.no-request"
    zh = "账本中没有该次抽取的申请，早于第 {entry} 条的抽取意向。"
    en = "The log has no request of the draw before its intent in entry {entry}."


class KeyNotApproved(Refusal):
    code = "custodian.key-not-approved"
    zh = "账本第 {entry} 条的抽取意向列出的密钥中，有的未经批准、已停用，或与批准的不符。"
    en = "The intent in entry {entry} names a key that the log does not show as approved, or that was retired."


class KeyNotSettled(Refusal):
    code = "custodian.key-not-settled"
    zh = "账本第 {entry} 条批准的密钥，距申请提交不足规定的时间。"
    en = "The key that entry {entry} approved was not in force for long enough before the request."


class SameOrganisation(Refusal):
    code = "custodian.same-organisation"
    zh = "账本第 {entry} 条的抽取意向为同一单位列出了多个密钥。"
    en = "The intent in entry {entry} names several keys of one organisation."


class NobodyOutside(Refusal):
    code = "custodian.nobody-outside"
    zh = "账本第 {entry} 条的抽取意向中，贡献方或某组保管方全部属于中心自己。"
    en = "In the intent in entry {entry} all contributors, or all of a set of key holders, are the centre's own."


class WrongLots(Refusal):
    code = "custodian.wrong-lots"
    zh = "任务所述的项目和标段，与账本第 {entry} 条的抽取意向不符。"
    en = "Project and lots of the task are not those of the intent in entry {entry}."


class SecondIntent(Refusal):
    code = "custodian.second-intent"
    zh = "同一标段已有账本第 {entry} 条的抽取意向，而本次意向没有如实指明。"
    en = "The intent in entry {entry} was for the same lot, and this one does not name it as the first."


class NotApproved(Refusal):
    code = "custodian.not-approved"
    zh = "同一标段已有账本第 {entry} 条的抽取意向，而没有监督部门对再次抽取的有效签署。"
    en = "The intent in entry {entry} was for the same lot, and the supervisor's signed reason for another is missing."


class Superseded(Refusal):
    code = "custodian.superseded"
    zh = "同一标段在账本第 {entry} 条已有更晚的抽取意向，不再为较早的意向出具贡献。"
    en = "Entry {entry} is a later intent for the same lot, so nothing is contributed to this one any more."


class DeadlinePassed(Refusal):
    code = "custodian.deadline-passed"
    zh = "账本第 {entry} 条的抽取意向已过截止时间。"
    en = "The deadline of the intent in entry {entry} has passed."


class BeaconUnknown(Refusal):
    code = "custodian.beacon-unknown"
    zh = "账本第 {entry} 条的抽取意向所声明的随机信标未知。"
    en = "The intent in entry {entry} declares a beacon that is not known."


class BeaconDue(Refusal):
    code = "custodian.beacon-due"
    zh = "账本第 {entry} 条的抽取意向所声明的随机信标轮次已经公布。"
    en = "The beacon round that the intent in entry {entry} declares is out already."


class WrongVault(Refusal):
    code = "custodian.wrong-vault"
    zh = "账本第 {entry} 条的抽取意向所列的保密库公钥，不是账本中登记的。"
    en = "The vault key in the intent of entry {entry} is not the one that the log shows."


class WrongShareKey(Refusal):
    code = "custodian.wrong-share-key"
    zh = "账本第 {entry} 条的抽取意向所列的保管方公钥，与批准的不符。"
    en = "The intent in entry {entry} names a key of a key holder that is not the approved one."


class EnvelopeForeign(Refusal):
    code = "custodian.envelope-foreign"
    zh = "信封不是该次抽取的，或不由本单位在这一位置打开。"
    en = "The envelope is not of that draw, or this holder does not open it at that place."


class TooEarly(Refusal):
    code = "custodian.too-early"
    zh = "未到信封规定的可开启时间。"
    en = "The moment before which the envelope may not be opened has not come."


class NotReleased(Refusal):
    code = "custodian.not-released"
    zh = "账本第 {entry} 条不是对该次抽取的公开申请。"
    en = "Entry {entry} of the log requests no release of that draw."


class RecipientUnknown(Refusal):
    code = "custodian.recipient-unknown"
    zh = "账本第 {entry} 条所列的接收密钥，未经批准用于这一接收对象，或已停用。"
    en = "The recipient's key in entry {entry} is not approved for exactly that audience, or was retired."


class RecipientUnsettled(Refusal):
    code = "custodian.recipient-unsettled"
    zh = "账本第 {entry} 条所列的接收密钥，在申请之前批准的时间不足。"
    en = "The recipient's key in entry {entry} was approved too short a time before the request."


class NotForThisAudience(Refusal):
    code = "custodian.not-for-this-audience"
    zh = "账本第 {entry} 条的接收对象不能通过公开申请获知名单。"
    en = "No release opens names to the audience in entry {entry}."


class GroundMissing(Refusal):
    code = "custodian.ground-missing"
    zh = "账本第 {entry} 条的公开申请没有所需的节点（报告签署、结果确定或公告）作为依据。"
    en = "The release in entry {entry} does not rest on the milestone that its audience waits for."


class VacancyPastCap(Refusal):
    code = "custodian.vacancy-past-cap"
    zh = "账本第 {entry} 条的缺额超过抽取意向规定的次数，不开启该席位。"
    en = "The vacancy in entry {entry} is past the cap of the intent; the seat's record is not opened."


class OrderUnsigned(Refusal):
    code = "custodian.order-unsigned"
    zh = "账本第 {entry} 条的命令，没有监督部门对这些席位和接收密钥的有效签署。"
    en = "The order in entry {entry} is not signed by a supervisor's settled key for these seats and this recipient."


class ConsentForged(Refusal):
    code = "custodian.consent-forged"
    zh = "账本第 {entry} 条的同意不是该密钥保管方签署的。"
    en = "The consent in entry {entry} was not signed by that key holder."


class ReasonHidden(Refusal):
    code = "custodian.reason-hidden"
    zh = "所示的解封原因与账本第 {entry} 条所承诺的不符。"
    en = "The reason shown for breaking the glass is not the one to which entry {entry} commits."


class GlassMeant(Conflict):
    code = "custodian.glass-meant"
    zh = "应急解封须加 --break-glass 批准，其他事项不得加；第 {entry} 条与此不符，没有批准。"
    en = (
        "Breaking the glass is approved with --break-glass, and nothing else is: entry {entry} does not fit, and was "
        "not approved."
    )
    entry: int
