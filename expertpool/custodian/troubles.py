"""What an agent tells its owner of its clock, its memory, its alarms and the change of its keys."""

from expertpool.core.errors import Conflict, Invalid, NotFound, Unavailable
from expertpool.custodian.errors import Alarm, Refusal


class ClockLeapt(Unavailable):
    code = "custodian.clock-leapt"
    zh = (
        "本机时钟突然快了 {seconds} 秒，程序暂停共签和应答。请校准时钟；"
        "如确认现在的时间无误，请以 run --clock-ok 重新启动程序。"
    )
    en = (
        "This machine's clock leapt forward by {seconds} s; the agent neither cosigns nor answers. Set it right, or, "
        "if it is right now, start the agent again with run --clock-ok."
    )
    seconds: int


class MemoryRestored(Unavailable):
    code = "custodian.memory-restored"
    zh = (
        "{path} 比程序最后的记录旧，像是从备份恢复的：程序已不知道自己应答过什么，不能继续。"
        "请联系中心停用本单位现有密钥，另建目录重新生成并登记。"
    )
    en = (
        "{path} is older than what the agent last noted beside it, as if restored from a backup: the agent no longer "
        "knows what it answered and does not go on. Have the centre retire these keys, set up a new directory and "
        "register its keys."
    )
    path: str


class StateLost(Alarm):
    """The centre shows an act of this agent that the agent does not know: its state is an older one.

    Not to be lifted: a holder that lost its state is retired, not started again.
    """

    code = "custodian.state-lost"
    zh = "程序的记忆不完整。"
    en = "The agent's memory is not whole."


class AnswerForgotten(StateLost):
    code = "custodian.answer-forgotten"
    zh = (
        "账本第 {entry} 条记有本单位的随机贡献，而程序的记忆中没有：记忆是旧的。已停止共签和应答。"
        "请联系中心停用本单位现有密钥，另建目录重新生成并登记。"
    )
    en = (
        "Entry {entry} of the log shows a contribution of this holder that the agent does not remember: its memory is "
        "an older one. The agent has stopped. Have the centre retire these keys, set up a new directory and register "
        "its keys."
    )
    entry: int


class CosignatureForgotten(StateLost):
    code = "custodian.cosignature-forgotten"
    zh = (
        "中心出示了本单位对 {size} 个条目的共签，而程序的记忆中没有：记忆是旧的。已停止共签和应答。"
        "请联系中心停用本单位现有密钥，另建目录重新生成并登记。"
    )
    en = (
        "The centre shows this holder's cosignature of {size} entries, which the agent does not remember: its memory "
        "is an older one. The agent has stopped. Have the centre retire these keys, set up a new directory and "
        "register its keys."
    )
    size: int


FINAL = (AnswerForgotten.code, CosignatureForgotten.code)
"""Alarms that no owner lifts."""


class NoSuchAlarm(NotFound):
    code = "custodian.no-such-alarm"
    zh = "没有待处理的警报 {alarm}，请先用 status 查看。"
    en = "There is no alarm {alarm} to be lifted; see status."
    alarm: str


class AlarmFinal(Conflict):
    code = "custodian.alarm-final"
    zh = "警报 {alarm} 不能解除：程序的记忆不完整。请联系中心停用本单位现有密钥，另建目录重新生成并登记。"
    en = (
        "The alarm {alarm} cannot be lifted: the agent's memory is not whole. Have the centre retire these keys, set "
        "up a new directory and register its keys."
    )
    alarm: str


class ReasonMissing(Invalid):
    code = "custodian.reason-missing"
    zh = "请写明理由。"
    en = "Give a reason."


class OwnerDeclined(Refusal):
    code = "custodian.owner-declined"
    zh = "保管单位不同意账本第 {entry} 条。"
    en = "The holder's owner declined what entry {entry} asks for."


class NothingToApprove(NotFound):
    code = "custodian.nothing-to-approve"
    zh = "没有等待批准的第 {entry} 条；等待批准的条目请用 approve（不带编号）查看。"
    en = "Nothing waits for approval of entry {entry}; approve without a number lists what does."
    entry: int


class NothingToRotate(Conflict):
    code = "custodian.nothing-to-rotate"
    zh = "账本还没有显示现有密钥已获批准，无从更换；请先完成登记和批准。"
    en = "The log does not show the present keys as approved, so there is nothing to change; register them first."


class RotationUnfinished(Conflict):
    code = "custodian.rotation-unfinished"
    zh = "上一次更换尚未完成：旧密钥 {holder} 还没有停用。待以其密封的抽取办结、中心停用旧密钥后再更换。"
    en = (
        "The last change is not finished: the old keys, {holder}, are not retired. Change again when the draws sealed "
        "to them are done with and the centre has retired them."
    )
    holder: str
