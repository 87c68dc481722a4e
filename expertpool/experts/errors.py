"""What the pool refuses, and the questions that it only asks."""

from expertpool.core.errors import Conflict, ExpertpoolError, Invalid, NotFound, Several


class ExpertUnknown(NotFound):
    code = "experts.unknown"
    zh = "没有该专家，或者不在您可管理的中心。请核对编号。"
    en = "There is no such expert, or not in a centre that you manage. Check the identifier."


class OrganisationUnknown(NotFound):
    code = "experts.organisation-unknown"
    zh = "没有该单位，或者不在您可管理的中心。请核对编号，或先登记单位。"
    en = "There is no such organisation in a centre that you manage. Check the identifier or register it first."


class StepNotAllowed(Conflict):
    code = "experts.step-not-allowed"
    zh = "专家当前状态为“{status}”，不能执行“{verb}”。"
    en = "An expert who is {status} cannot take the step “{verb}”."
    status: str
    verb: str


class ExpertChanged(Conflict):
    code = "experts.changed-meanwhile"
    zh = "您打开表单之后，该专家的资料已有变动，没有保存。请在新窗口核对现有资料，改好后再次提交。"
    en = "The expert has changed since you opened this form; nothing was saved. Compare in a new window and send again."


class GroundMissing(Invalid):
    code = "experts.ground-missing"
    zh = "请写明依据（文号、决定或事由），一行文字，不超过 500 字。"
    en = "State the ground (document number, decision or reason) in one line of at most 500 characters."


class DaysInvalid(Invalid):
    code = "experts.days-invalid"
    zh = "日期不合理：开始不得晚于结束，且不得早于今天 {today}。请改正。"
    en = "These days cannot be: the start may not follow the end, nor the end lie before today, {today}. Correct them."
    today: str


class MirroredElsewhere(Conflict):
    code = "experts.mirrored-elsewhere"
    zh = "该专家库由上级库同步而来，不能在此修改；请在原专家库办理，随下一次签名更新生效。"
    en = "This pool is mirrored and is not changed here; its origin changes it, and the next signed delta brings that."


class CorrectionAnswered(Conflict):
    code = "experts.correction-answered"
    zh = "这份更正申请已经答复，请刷新页面。"
    en = "This request was answered already; reload the page."


class PersonTaken(Conflict):
    code = "experts.person-taken"
    zh = "该身份证号或专家编号已在本专家库登记，不能重复登记。请查找已有记录。"
    en = "This identity number or expert number is in this pool already. Look for the existing record."


class StillInPool(Conflict):
    code = "experts.still-in-pool"
    zh = "专家仍在库内，只有退出、清退或未通过的专家可以清除联系方式。"
    en = "The expert is in the pool; contact data are erased only of those who left, were removed or were rejected."


class RetentionRuns(Conflict):
    code = "experts.retention-runs"
    zh = "档案保存期到 {until} 为止，期满后方可清除。"
    en = "The records are retained until {until}; they may be erased after that day."
    until: str


class NameInvalid(Invalid):
    code = "experts.name-invalid"
    zh = "姓名应为一行文字，1 至 60 个字符，首尾无空格。"
    en = "A name is one line of 1 to 60 characters without spaces around it."


class IdNumberInvalid(Invalid):
    code = "experts.id-number-invalid"
    zh = "身份证号应为 18 位（末位可为 X）：{zh_reason}。请对照证件改正。"
    en = "An identity number has 18 characters (the last may be X): {en_reason}. Correct it from the card."
    zh_reason: str
    en_reason: str


class BirthDateDiffers(Invalid):
    code = "experts.birth-date-differs"
    zh = "出生日期与身份证号不一致。请对照证件改正其中一项。"
    en = "The date of birth is not that of the identity number. Correct one of them from the card."


class CodeInvalid(Invalid):
    code = "experts.code-invalid"
    zh = "专家编号只能用字母、数字和连字符，1 至 40 个字符。"
    en = "An expert number uses letters, digits and hyphens, 1 to 40 characters."


class PhoneInvalid(Invalid):
    code = "experts.phone-invalid"
    zh = "手机号应为 11 位数字，以 1 开头（可带 +86）；固定电话请写区号，如 0731-88888888。"
    en = "A mobile number has 11 digits and begins with 1 (+86 may stand before it); a landline needs its area code."


class AccountInvalid(Invalid):
    code = "experts.account-invalid"
    zh = "银行账号应为 8 至 32 位数字。"
    en = "A bank account number has 8 to 32 digits."


class FactInvalid(Invalid):
    code = "experts.fact-invalid"
    zh = "不符合要求：{zh_reason}"
    en = "This cannot be: {en_reason}"
    zh_reason: str
    en_reason: str


class SpanInvalid(Invalid):
    code = "experts.span-invalid"
    zh = "结束日期早于开始日期 {start}，请改正。"
    en = "The end lies before the start, {start}. Correct one of them."
    start: str


class PermilleInvalid(Invalid):
    code = "experts.permille-invalid"
    zh = "持股比例以千分之几填写，为 0 至 1000 的整数。"
    en = "A share of the equity is given per mille, a whole number from 0 to 1000."


class UnitNameInvalid(Invalid):
    code = "experts.unit-name-invalid"
    zh = "单位名称应为一行文字，不超过 200 字，首尾无空格。"
    en = "An organisation's name is one line of at most 200 characters without spaces around it."


class CreditCodeInvalid(Invalid):
    code = "experts.credit-code-invalid"
    zh = "统一社会信用代码应为 18 位且校验位正确（不用字母 I、O、S、V、Z）。请对照营业执照改正。"
    en = (
        "A unified social credit code has 18 characters with a right check character (no I, O, S, V, Z). "
        "Correct it from the business licence."
    )


class EmployerWithoutCode(Invalid):
    code = "experts.employer-without-code"
    zh = "工作单位没有统一社会信用代码，且不是已登记的单位名称或已核准的别名。请填写代码，或先登记单位或别名。"
    en = (
        "The employer has no unified social credit code and is no registered name or approved alias. "
        "Give the code, or register the organisation or the alias first."
    )


class ExpertInvalid(Several):
    code = "experts.invalid"
    zh = "专家资料有误："
    en = "The expert's data are wrong:"


class BirthPlaceUnknown(Invalid):
    """A question, never a refusal: district codes are renumbered, and the table does not know them all."""

    code = "experts.birth-place-unknown"
    zh = "身份证号的前六位不在行政区划表中（区划调整后属正常）。请再核对一次证件。"
    en = (
        "The first six digits of the identity number are in no table of districts, as happens after a renumbering. "
        "Check the card once more."
    )


class EmployerResembles(Invalid):
    """A question, never a join: only a code or an approved alias joins a name to an organisation."""

    code = "experts.employer-resembles"
    zh = "“{given}”与已登记单位“{known}”相近。如为同一单位，请登记别名并经核准。"
    en = "“{given}” resembles the registered “{known}”. If they are one, register an alias and have it approved."
    given: str
    known: str


class OrganisationTaken(Conflict):
    code = "experts.organisation-taken"
    zh = "该统一社会信用代码已登记，请使用已有记录。"
    en = "This unified social credit code is registered; use that record."


class AliasTaken(Conflict):
    code = "experts.alias-taken"
    zh = "该名称已是某单位的名称或别名，请先核对。"
    en = "This name is an organisation's name or alias already; check that first."


class AlreadyApproved(Conflict):
    code = "experts.alias-approved"
    zh = "该别名已经核准，无需再次核准。"
    en = "This alias was approved already."


class OwnApproval(Conflict):
    code = "experts.own-approval"
    zh = "提出别名的人不能自己核准，请由另一人核准。"
    en = "Whoever proposed an alias does not approve it; have another person do so."


Question = ExpertpoolError
"""Something to check before going on; it refuses nothing."""
