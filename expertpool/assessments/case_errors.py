"""What cases, notices and appeals refuse."""

from expertpool.core.errors import Conflict, Invalid, NotFound


class NoSuchCase(NotFound):
    code = "assessments.no-such-case"
    zh = "没有这个案件，或您无权查看。"
    en = "There is no such case, or you may not see it."


class CaseWrongStep(Conflict):
    code = "assessments.case-wrong-step"
    zh = "案件状态为 {state}，不能执行 {verb}，未作任何更改。请刷新页面查看当前进展。"
    en = "The case is {state}; {verb} is not possible now, and nothing was changed. Reload to see how it stands."
    state: str
    verb: str


class NotAssessed(Invalid):
    code = "assessments.not-assessed"
    zh = "该席位没有已揭示的考评结果，不能提出处理建议。"
    en = "There is no revealed result of this seat, so no case can be proposed."


class CaseThere(Conflict):
    code = "assessments.case-there"
    zh = "该席位的考评已有中心提出的处理建议，请在原案件中处理。"
    en = "There is a case that the centre proposed for this result already; go on with that one."


class TermUnknown(Invalid):
    code = "assessments.term-unknown"
    zh = "暂停抽取须选规定的期限（月）：{months}；其他处理不填期限。"
    en = "A suspension lasts one of the terms that the rules have, in months: {months}; other measures have none."
    months: str


class ReturnRefused(Conflict):
    code = "assessments.return-refused"
    zh = "还不能恢复抽取：{reason_zh}"
    en = "The expert cannot return yet: {reason_en}"
    reason_zh: str
    reason_en: str


class RemovedForGood(Conflict):
    code = "assessments.removed-for-good"
    zh = "清退已经执行，不能撤销；确需恢复的，由主管部门依法另行处理。"
    en = "The removal has been carried out and is for good; whatever else is due the department decides elsewhere."


class NotServable(Conflict):
    code = "assessments.not-servable"
    zh = "没有这份待送达的通知，或姓名尚未公开，须由专家本人登录签收。"
    en = "There is no such notice to serve, or names are not open yet and the expert receives it after signing in."


class NoSuchResult(NotFound):
    code = "assessments.no-such-result"
    zh = "您没有这份考评结果，请从本人考评记录中选择。"
    en = "This result is not yours; choose one from your own record."


class NotReceived(Conflict):
    code = "assessments.not-received"
    zh = "请先签收考评结果，再查看或申诉。"
    en = "Receive the result first, then read it or appeal."


class NoSuchAppeal(NotFound):
    code = "assessments.no-such-appeal"
    zh = "没有这份申诉，或您无权查看。"
    en = "There is no such appeal, or you may not see it."


class AppealThere(Conflict):
    code = "assessments.appeal-there"
    zh = "对这份考评结果已提出申诉，每份结果申诉一次，请等待决定或查看决定。"
    en = "There is an appeal against this result already; each result is appealed once. See its decision."


class AppealTooLate(Conflict):
    code = "assessments.appeal-too-late"
    zh = "申诉期限已过：签收后 {days} 个工作日内可以申诉。"
    en = "The time for an appeal is over: {days} working days from receiving the result."
    days: int


class AppealEmpty(Invalid):
    code = "assessments.appeal-empty"
    zh = "请写明申诉理由。"
    en = "Say why you appeal."


class AppealDecidedAlready(Conflict):
    code = "assessments.appeal-decided"
    zh = "这份申诉已有决定，不能再改。"
    en = "This appeal is decided, which is not changed any more."


class CorrectionWrong(Invalid):
    code = "assessments.correction-wrong"
    zh = "更正须针对原有的扣分项目，且分值低于原扣分；维持原结果时不填更正。"
    en = "A correction is of a deduction that was made, to fewer points; where the result stays there is none."


class FileUnusable(Invalid):
    code = "assessments.file-unusable"
    zh = "附件须为 PDF、PNG 或 JPEG 文件（按内容判断），且不超过 {mebibytes} MiB。"
    en = "An attachment is a PDF, PNG or JPEG file by its content, of at most {mebibytes} MiB."
    mebibytes: int


class NoSuchFile(Invalid):
    code = "assessments.no-such-file"
    zh = "附件不存在、已用于其他申诉，或超过 {most} 份，请重新上传。"
    en = "An attachment is not there, belongs to another appeal, or there are more than {most}; upload them again."
    most: int


class NoSuchFigure(NotFound):
    code = "assessments.no-such-figure"
    zh = "没有这项评分情况，或它已不再超过标准，或该场考评尚未开启。请刷新页面。"
    en = "There is no such figure, or it is not beyond its threshold any more, or nothing is to assess yet. Reload."


class AskedAlready(Conflict):
    code = "assessments.asked-already"
    zh = "这项评分情况已请专家说明，请等待说明或查看说明。"
    en = "The expert was asked about this figure already; see or await the explanation."


class NoSuchExplanation(NotFound):
    code = "assessments.no-such-explanation"
    zh = "没有请您说明的这件事，请从本人考评记录中选择。"
    en = "Nothing of the kind was asked of you; choose from your own record."


class ExplainedAlready(Conflict):
    code = "assessments.explained-already"
    zh = "您已作出说明，不能更改。"
    en = "You have explained this, which is not changed any more."
