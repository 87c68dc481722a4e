"""What projects and sessions refuse. What the door itself refuses is in ``door_errors``."""

from expertpool.core.errors import Conflict, Invalid, Several


class ProjectInvalid(Several):
    code = "projects.invalid"
    zh = "项目资料有误："
    en = "What was said of the project is wrong:"


class SessionInvalid(Several):
    code = "projects.session-invalid"
    zh = "场次资料有误："
    en = "What was said of the session is wrong:"


class TenderCodeInvalid(Invalid):
    code = "projects.tender-code-invalid"
    zh = "招标项目编号应为 17 位：一个字母加 16 位数字，例如 E4301000001000001。请按公告改正。"
    en = "A tender project's code is a letter and 16 digits, as E4301000001000001. Correct it from the announcement."


class TenderLotCodeInvalid(Invalid):
    code = "projects.tender-lot-code-invalid"
    zh = "标段（包）编号应为本项目的招标项目编号加三位数字，例如 E4301000001000001001。请改正。"
    en = "A tender lot's code is its project's code and three digits, as E4301000001000001001. Correct it."


class ProcurementCodeInvalid(Invalid):
    code = "projects.procurement-code-invalid"
    zh = "采购项目编号应为 4 至 50 个字符：汉字、字母、数字和 - _ / . [ ] ( )，且至少有一个数字。请按公告改正。"
    en = (
        "A procurement project's code has 4 to 50 characters, Chinese or of A-Z 0-9 - _ / . [ ] ( ), a digit among "
        "them. Correct it from the announcement."
    )


class ProcurementLotCodeInvalid(Invalid):
    code = "projects.procurement-lot-code-invalid"
    zh = "包编号应为本项目的采购项目编号加“-”和一至三位数字，例如 ABC-2026-018-1。请改正。"
    en = "A package's code is its project's code, a hyphen and one to three digits, as ABC-2026-018-1. Correct it."


class MethodOfOtherRegime(Invalid):
    code = "projects.method-of-other-regime"
    zh = "该制度下没有这种方式，可选：{zh_methods}。"
    en = "This regime does not have that method; it has: {en_methods}."
    zh_methods: str
    en_methods: str


class ListedTwice(Invalid):
    code = "projects.listed-twice"
    zh = "此项重复，请删去一处。"
    en = "This is listed twice; take one away."


class PartyMissing(Invalid):
    code = "projects.party-missing"
    zh = "缺少{zh_party}，请补充名称和统一社会信用代码。"
    en = "The {en_party} is missing; add its name and unified social credit code."
    zh_party: str
    en_party: str


class AreaUnknown(Invalid):
    code = "projects.area-unknown"
    zh = "没有这个行政区划代码（GB/T 2260，六位数字），请核对。"
    en = "There is no such area code (GB/T 2260, six digits); check it."


class SiteUnknown(Invalid):
    code = "projects.site-unknown"
    zh = "没有这个中心或分场的代码；不在本系统的场地请留空。"
    en = "No centre or sub-site has this code; leave it out for a place that is not in this system."


class InitiatorUnknown(Invalid):
    code = "projects.initiator-unknown"
    zh = "没有这个项目发起方账号，或不在本中心及下级。请核对，或先登记账号。"
    en = "No initiator's account at this centre or below it has this code. Check it, or register the account first."


class ProjectUnknown(Invalid):
    code = "projects.project-unknown"
    zh = "没有这个项目，请核对编号，或先登记项目。"
    en = "There is no such project at this centre; check its code, or register it first."


class LotUnknown(Invalid):
    code = "projects.lot-unknown"
    zh = "该项目没有这个标段（包），请核对编号。"
    en = "The project has no such lot; check its code."


class SessionUnknown(Invalid):
    code = "projects.session-unknown"
    zh = "该项目没有这个场次，请核对编号，或先登记场次。"
    en = "The project has no such session; check its code, or schedule it first."


class ProjectTaken(Conflict):
    code = "projects.project-taken"
    zh = "该项目编号已登记，不能重复登记；如需修改请修改已有项目。"
    en = "A project with this code is registered; amend that one instead."


class LotTaken(Conflict):
    code = "projects.lot-taken"
    zh = "该标段（包）编号已用于另一个项目，请核对。"
    en = "A lot with this code belongs to another project; check it."


class FixedAtRegistration(Conflict):
    code = "projects.fixed-at-registration"
    zh = "项目登记后此项不能改变；确属登记错误的，请另行登记新项目。"
    en = "This cannot change once the project is registered; register another one if it was wrong."


class LotInUse(Conflict):
    code = "projects.lot-in-use"
    zh = "标段（包）已列入场次，不能删去。"
    en = "A lot that a session evaluates, or evaluated, cannot be taken away."


class LotInOtherSession(Conflict):
    code = "projects.lot-in-other-session"
    zh = "标段（包）已列入另一个未取消的场次，请先改期或取消那个场次。"
    en = "A lot is in another session that was not cancelled; reschedule or cancel that one first."


class SessionTaken(Conflict):
    code = "projects.session-taken"
    zh = "该项目已有这个编号的场次，请换一个编号，或对原场次改期。"
    en = "The project has a session with this code; take another code, or reschedule that one."


class StartPassed(Invalid):
    code = "projects.start-passed"
    zh = "时间已过，请填写将来的时间。"
    en = "That time has passed; give one that is still to come."


class StartTooEarly(Invalid):
    code = "projects.start-too-early"
    zh = "场次推迟时已定不早于 {not_before}，请填写不早于该时间的时间。"
    en = "When it was postponed, the session was not to begin before {not_before}; give no earlier time."
    not_before: str


class OpeningAfterStart(Invalid):
    code = "projects.opening-after-start"
    zh = "开标（响应文件开启）不能晚于评审集合时间，请改正其中一项。"
    en = "The bid opening cannot be later than the assembly; correct one of them."


class OpeningHappened(Conflict):
    code = "projects.opening-happened"
    zh = "已开标，开标时间不能再改。"
    en = "The bids were opened; the time of the opening can no longer change."


class StepNotAllowed(Conflict):
    code = "projects.step-not-allowed"
    zh = "场次当前状态为 {state}，不能执行 {verb}。"
    en = "A session that is {state} cannot take the step {verb}."
    state: str
    verb: str


class DayBegun(Conflict):
    code = "projects.day-begun"
    zh = "该场次已有专家签到，不能再改期、推迟或取消。确需停止的，由行政监督部门在场次当日页面中止。"
    en = (
        "Members have signed in, so this session is no longer put off or cancelled. If it must stop, the supervisor "
        "suspends it on the page of its day."
    )


class ReasonMissing(Invalid):
    code = "projects.reason-missing"
    zh = "请写明原因，一行文字，不超过 500 字。"
    en = "State the reason in one line of at most 500 characters."


class AlreadyNamed(Conflict):
    code = "projects.already-named"
    zh = "该单位已列为回避单位。"
    en = "This unit is named for recusal already."


class AlreadyWithdrawn(Conflict):
    code = "projects.already-withdrawn"
    zh = "该回避已撤回。"
    en = "This recusal was withdrawn already."
