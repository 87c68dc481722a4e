"""What an assessment refuses. The form of what is sent is checked by the schemas; here is what the assessment knows."""

from expertpool.core.errors import Conflict, Invalid, NotFound, Unavailable


class NoSuchAssessment(NotFound):
    code = "assessments.no-such-assessment"
    zh = "没有这个场次的考评，或考评尚未开启（当日办结且抽取结束后自动开启），或您无权查看。"
    en = "There is no assessment of this session, or it has not opened (it does once day and draw are closed)."


class WrongStep(Conflict):
    code = "assessments.wrong-step"
    zh = "考评状态为 {state}，不能执行 {verb}，未作任何更改。请刷新页面查看当前进展。"
    en = "The assessment is {state}; {verb} is not possible now, and nothing was changed. Reload to see how it stands."
    state: str
    verb: str


class AlreadyGiven(Conflict):
    code = "assessments.already-given"
    zh = "贵方对本项目的考评已提交（一项目一考评，只交一次），这次提交未生效。有误请在揭示后通过申诉更正。"
    en = "Your party has given its sheets for this project, which it does once; this one was not taken."


class TooLate(Conflict):
    code = "assessments.too-late"
    zh = "考评期限已过，未提交视为不扣分，这次提交未生效。"
    en = "The time for the sheets is over; whoever gave none deducts nothing, and this one was not taken."


class AlreadyRevealed(Conflict):
    code = "assessments.already-revealed"
    zh = "各方考评已揭示，不能再提交或更改。对结果有异议请申诉。"
    en = "The sheets are revealed; none is given or changed any more. Whoever objects to the result appeals."


class WrongParty(Invalid):
    code = "assessments.wrong-party"
    zh = "您的账号不代表这一方，只能以本方名义考评。"
    en = "Your account does not speak for this party; assess for your own."


class NotASubject(Invalid):
    code = "assessments.not-a-subject"
    zh = "考评对象不在名单中：没有到场评审，或不由贵方考评。请按名单选择。"
    en = "This is not on the list: they did not sit, or your party does not assess them. Choose from the list."


class UnknownItem(Invalid):
    code = "assessments.unknown-item"
    zh = "考评表没有这个扣分项目，请按考评表选择。"
    en = "The sheet has no such item; choose one that it has."


class ItemTwice(Invalid):
    code = "assessments.item-twice"
    zh = "同一对象的同一扣分项目填写了两次，请合并为一项。"
    en = "The same item stands twice for the same subject; make it one."


class PointsOutside(Invalid):
    code = "assessments.points-outside"
    zh = "该项目扣分须在 {least} 至 {most} 分之间，请改正。"
    en = "This item takes {least} to {most} points; correct it."
    least: int
    most: int


class EvidenceMissing(Invalid):
    code = "assessments.evidence-missing"
    zh = "每项扣分都要有事实依据：写明事实，或引用当日步骤，或填写文件的 SHA-256。"
    en = "Every deduction needs its evidence: the facts in words, a step of the day, or a document’s SHA-256."


class EvidenceUnknown(Invalid):
    code = "assessments.evidence-unknown"
    zh = "依据不对：步骤序号须在当日记录中，文件须填 64 位十六进制 SHA-256。请核对。"
    en = "The evidence is not right: a step by its number in the day’s record, a document by its SHA-256 in hex."


class SheetTooLong(Invalid):
    code = "assessments.sheet-too-long"
    zh = "一个对象的扣分依据太长，请精简文字，详细材料以文件 SHA-256 引用。"
    en = "The evidence for one subject is too long; shorten it, and refer to a document for the rest."


class RulebookMoved(Invalid):
    code = "assessments.rulebook-unknown"
    zh = "考评表的规则库版本不是本场次的版本，请重新打开考评页面后再提交。"
    en = "This is not the rulebook version of the session’s sheet; open the page again, then give it."


class SheetsIn(Conflict):
    code = "assessments.sheets-in"
    zh = "已有一方提交考评，考评对象名单不能再增加。"
    en = "A party has given its sheets already; the list of whom to assess is not added to any more."


class NamedAlready(Conflict):
    code = "assessments.named-already"
    zh = "该人员已在考评名单中。"
    en = "This person is on the list already."


class NoAgency(Conflict):
    code = "assessments.no-agency"
    zh = "该项目没有委托代理机构，没有代理机构人员可列入考评。"
    en = "The project has no agency, so there are no people of one to assess."


class VaultKeyMissing(Unavailable):
    code = "assessments.vault-key-missing"
    zh = "系统尚未登记抽取服务的公钥，考评不能密封提交。请联系管理员。"
    en = "No vault key is registered, so sheets cannot be sealed. Ask the administrator."
