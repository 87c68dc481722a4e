"""Why an answer is not taken. Whoever answers for people over a line shows one refusal for all of them (`desk_errors`).

None of them changes anything.
"""

from expertpool.core.errors import Conflict, NotFound


class CodeUnknown(NotFound):
    code = "invitations.code-unknown"
    zh = "应答码不正确，或该邀请已失效。请核对短信中的应答码。"
    en = "The answer code is not right, or the invitation is no longer open. Compare it with the message."


class InvitationOver(Conflict):
    code = "invitations.over"
    zh = "该邀请已经结束（已过应答时限，或已答复不能参加），席位已另行抽取，不必到场。"
    en = "This invitation is over: it was declined, or the time to answer has passed. You need not come."


class NotAccepted(Conflict):
    code = "invitations.not-accepted"
    zh = "尚未接受邀请，不能报告迟到。请先答复能否参加。"
    en = "The invitation was not accepted yet, so nobody waits for you. Answer it first."


class CheckInTooSoon(Conflict):
    code = "invitations.check-in-too-soon"
    zh = "还不能报到。请在临近集合时间、确定能到场时再报到。"
    en = "It is too soon to check in. Do so shortly before the assembly, when you are sure to be there."


class LeaveTooLate(Conflict):
    code = "invitations.leave-too-late"
    zh = "评审前 {minutes} 分钟内不能请假，请致电交易中心值班电话。"
    en = "No leave is given within {minutes} minutes of the review. Call the centre's duty desk."
    minutes: int


class WrongStep(Conflict):
    code = "invitations.wrong-step"
    zh = "邀请现处于“{state}”，不能执行“{verb}”。"
    en = "The invitation is “{state}”; “{verb}” is not possible now."
    state: str
    verb: str
