"""What the vault refuses on its line. Each text tells what to do and nothing of who was drawn.

One refusal covers every reason that would tell something: whoever is refused cannot find out why by trying.
"""

from expertpool.core.errors import Conflict, Forbidden, Invalid


class CodeRefused(Invalid):
    code = "invitations.code-refused"
    zh = (
        "应答码不正确，或者该邀请已失效、已过应答或请假时限，未作任何更改。"
        "请核对应答码；如仍不能办理，请致电交易中心值班电话。"
    )
    en = (
        "The answer code is not right, or the invitation is no longer open, or it is too late; nothing was changed. "
        "Check the code; if that does not help, call the centre's duty desk."
    )


class TooManyAttempts(Forbidden):
    code = "invitations.too-many-attempts"
    zh = "尝试次数过多，请在 {minutes} 分钟后再试，或致电交易中心值班电话。"
    en = "There were too many attempts. Try again in {minutes} minutes, or call the centre's duty desk."
    minutes: int


class ArrivalRefused(Invalid):
    code = "invitations.arrival-refused"
    zh = (
        "不能签到：证件号码、到场码、场次、场地或时间不相符，或本场次失败次数已达上限。"
        "请核对证件原件和到场码，每次失败都会记录；仍不符请联系见证人员。"
    )
    en = (
        "No sign-in: identity number, arrival code, session, site or time do not agree, or this session has had too "
        "many failures. Check the document and the code; each failure is on record. Else call the witness officer."
    )


class SignInRefused(Invalid):
    code = "invitations.sign-in-refused"
    zh = "手机号或验证码不正确，或验证码已失效。请重新获取验证码。"
    en = "The telephone number or the one-time code is not right, or the code has expired. Ask for a new one."


class NoReceipt(Invalid):
    code = "invitations.no-receipt"
    zh = "没有这份回执：该场抽取尚未办结，或名单已转入归档、保险库不再保存。请使用您此前保存的回执。"
    en = (
        "There is no such receipt: the draw is not closed yet, or its names went to the archive and the vault no "
        "longer has them. Use the receipt that you have kept."
    )


class TooManyWishes(Conflict):
    code = "invitations.too-many-wishes"
    zh = "已有 {most} 项等待办理，请明天再提。"
    en = "{most} requests wait already; come back tomorrow."
    most: int


class SignedOut(Forbidden):
    code = "invitations.signed-out"
    zh = "登录已失效，请重新登录。"
    en = "This sign-in is no longer valid; sign in again."
