"""What an assessment refuses. The form of what is sent is checked by the schemas; here is what the assessment knows."""

from expertpool.core.errors import Conflict, Invalid, NotFound, Several, Unavailable


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


class DeductionWrong(Invalid):
    code = "assessments.deduction-wrong"
    zh = "扣分不合考评表：{why_zh}"
    en = "Not as the sheet has it: {why_en}"
    why_zh: str
    why_en: str


class StepUnknown(Invalid):
    code = "assessments.step-unknown"
    zh = "以当日记录为据的，须填该场次当日步骤的序号；其他证据不填步骤。请核对。"
    en = "Evidence of the day’s record names a step of that day by its number; other evidence names none."


class DeductionsRefused(Several):
    code = "assessments.deductions-refused"
    zh = "扣分填写有误，考评未提交："
    en = "The deductions are not right, and no sheet was given:"


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


class TooManyPeople(Conflict):
    code = "assessments.too-many-people"
    zh = "代理机构人员最多列入 {most} 人。"
    en = "At most {most} of an agency’s people are assessed."
    most: int


class NoAgency(Conflict):
    code = "assessments.no-agency"
    zh = "该项目没有委托代理机构，没有代理机构人员可列入考评。"
    en = "The project has no agency, so there are no people of one to assess."


class SheetAltered(Conflict):
    code = "assessments.sheet-altered"
    zh = "数据库里的密封考评表与提交时不同，尚未揭示。请停止操作，保留现场，并按应急手册核查账本与数据库。"
    en = "A sealed sheet is not the one that was given; nothing was revealed. Keep things as they are and reconcile."


class VaultKeyMissing(Unavailable):
    code = "assessments.vault-key-missing"
    zh = "系统尚未登记抽取服务的公钥，考评不能密封提交。请联系管理员。"
    en = "No vault key is registered, so sheets cannot be sealed. Ask the administrator."


class NoSuchMonth(NotFound):
    code = "assessments.no-such-month"
    zh = "没有这个月份的通报。月份写作 2026-11，且应已开始。"
    en = "There is no notice of this month. A month is written 2026-11 and must have begun."
