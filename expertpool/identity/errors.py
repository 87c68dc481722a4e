"""What identity refuses. The codes of senders and their keys begin with `door`, through which they send."""

from expertpool.core.errors import Conflict, Forbidden, Invalid


class NotPermitted(Forbidden):
    code = "identity.not-permitted"
    zh = "您的角色无权执行该操作（{verb}），或者所指的对象不存在。请核对编号；确有需要请联系安全管理员。"
    en = "Your role may not do this ({verb}), or what you named does not exist. Check it, or ask for the permission."
    verb: str


class WrongPlace(Invalid):
    code = "identity.wrong-place"
    zh = "该类中心不能设在所填的上级之下：县（市、区）分中心设在市级中心之下，分场设在市级中心或分中心之下。"
    en = "A centre of this kind has no place there: branches are below a prefecture's centre, sub-sites below either."


class CodeTaken(Conflict):
    code = "identity.code-taken"
    zh = "代码 {taken} 已被使用，请换一个。"
    en = "The code {taken} is taken; choose another one."
    taken: str


class AlreadyFounded(Conflict):
    code = "identity.already-founded"
    zh = "本系统已有中心和管理员，不能再次初始化。"
    en = "This installation has its centre and administrators already; they are set up once."


class AlreadyRetired(Conflict):
    code = "identity.already-retired"
    zh = "该账号已停用，停用不可撤销；如需继续使用请新建账号。"
    en = "This account was closed, which is final; register a new one."


class ExpertsElsewhere(Invalid):
    code = "identity.experts-elsewhere"
    zh = "专家账号不在此登记：专家凭邀请码和专家库身份登录。"
    en = "Experts have no account here: they sign in with their invitation and their place in the pool."


class SenderTaken(Conflict):
    code = "door.sender-taken"
    zh = "该发送方代码已登记，请换一个。"
    en = "A sender with this code is registered; choose another one."


class KeyTaken(Conflict):
    code = "door.key-taken"
    zh = "该公钥已登记；每次更换都应生成新的密钥。"
    en = "This public key is registered already; make a new one for every sender and every change."


class PossessionUnproved(Invalid):
    code = "door.possession-unproved"
    zh = "未能证明持有该密钥：请用私钥按规范签署登记内容。"
    en = "Possession of the key is not proved: sign the registration with it, as the specification says."


class ValidityInvalid(Invalid):
    code = "door.validity-invalid"
    zh = "有效期应在将来结束，且从开始起不超过 {days} 天。"
    en = "The validity must end after now and after its start, at most {days} days later."
    days: int


class KeyNotPending(Conflict):
    code = "door.key-not-pending"
    zh = "该密钥已批准或已撤销。"
    en = "This key was approved or revoked already."


class KeyRevoked(Conflict):
    code = "door.key-revoked"
    zh = "该密钥已撤销。"
    en = "This key was revoked already."
