"""What identity refuses. The codes of senders and their keys begin with `door`, through which they send."""

from expertpool.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


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


class ScopeNotYours(Forbidden):
    code = "identity.scope-not-yours"
    zh = "权限范围 {scope} 不可用：应为 read、某组操作（如 draw.*）或某项操作，且须在您的角色权限之内。见 docs/api.md。"
    en = "The scope {scope} is none: take read, a group such as draw.*, or a verb, of those that your role has."
    scope: str


class TooManyTokens(Conflict):
    code = "identity.too-many-tokens"
    zh = "同时有效的受限令牌最多 {most} 个，请先停用不再使用的。"
    en = "At most {most} scoped tokens work at the same time; end one that is not used any more."
    most: int


class TokenNotThere(NotFound):
    code = "identity.token-not-there"
    zh = "该受限令牌已停用或已过期。"
    en = "This scoped token was ended or has expired."


class PasswordTooShort(Invalid):
    code = "identity.password-too-short"
    zh = "口令至少 {least} 个字符。用几个互不相关的词连成一句，既长又好记。"
    en = "A password has at least {least} characters. Several unrelated words in a row are long and easy to keep."
    least: int


class PasswordTooLong(Invalid):
    code = "identity.password-too-long"
    zh = "口令最多 {most} 个字符。"
    en = "A password has at most {most} characters."
    most: int


class PasswordGuessable(Invalid):
    code = "identity.password-guessable"
    zh = "此口令容易被猜中：含有常用口令、姓名、日期、键盘顺序，或与账号、单位有关。请换几个互不相关的词。"
    en = (
        "Others could guess this password: it is made of common ones, names, dates, rows of keys, or words about you. "
        "Take several words that have nothing to do with each other."
    )


class PasswordsDiffer(Invalid):
    code = "identity.passwords-differ"
    zh = "两次输入的口令不一致，请重新输入。"
    en = "The two passwords are not the same; type them again."


class SignInRefused(Forbidden):
    code = "identity.sign-in-refused"
    zh = "账号、口令或动态码不正确，请核对后重试。每个动态码只能用一次；忘记口令或丢失手机请联系安全管理员。"
    en = (
        "Account, password or one-time code is not right. Check them and try again; each code works once. If you "
        "forgot the password or lost the telephone, ask the security administrator."
    )


class SignInLocked(Forbidden):
    code = "identity.sign-in-locked"
    zh = "尝试次数过多，请 {minutes} 分钟后再试。等待期间口令正确也不能登录。"
    en = "Too many attempts: try again in {minutes} min. Until then the right password does not work either."
    minutes: int


class CodeRefused(Invalid):
    code = "identity.code-refused"
    zh = "动态码不正确或已经用过。请等验证器显示下一个动态码再输入。"
    en = "The one-time code is not right or was used. Wait for the next one that the authenticator shows."


class PasskeyRefused(Forbidden):
    code = "identity.passkey-refused"
    zh = "通行密钥未被接受。请再试一次；仍不行请改用口令和动态码登录。"
    en = "The passkey was not accepted. Try again, or use password and one-time code."


class PasskeyUnusable(Invalid):
    code = "identity.passkey-unusable"
    zh = "未能登记通行密钥：验证没有完成、已超时，或该设备不能当场核实本人。请重试，或换一个设备。"
    en = (
        "The passkey was not registered: the check was not finished or came too late, or the device cannot verify who "
        "uses it. Try again, or take another device."
    )


class PasskeyTaken(Conflict):
    code = "identity.passkey-taken"
    zh = "该通行密钥已登记过。"
    en = "This passkey is registered already."


class TooManyPasskeys(Conflict):
    code = "identity.too-many-passkeys"
    zh = "一个账号最多登记 {most} 个通行密钥，请先移除不用的。"
    en = "An account has at most {most} passkeys; remove one that is not used."
    most: int


class NoSuchPasskey(NotFound):
    code = "identity.no-such-passkey"
    zh = "您没有这个通行密钥，可能已经移除。"
    en = "You have no such passkey; it may have been removed."


class CertificateRefused(Forbidden):
    code = "identity.certificate-refused"
    zh = "证书未被接受：没有出示证书，或证书无效、已过期、未关联到账号。请插好 CA 证书介质重试，或联系安全管理员。"
    en = (
        "The certificate was not accepted: none was shown, or it is not valid, has expired or is linked to no account. "
        "Plug in the CA key and try again, or ask the security administrator."
    )


class CertificateUnusable(Invalid):
    code = "identity.certificate-unusable"
    zh = "此证书不能用于登录：应为一张 PEM 格式的证书，由受信任的 CA 签发、用途包括客户端认证，且在有效期内、未吊销。"
    en = (
        "This certificate cannot be used to sign in. It should be one certificate in PEM, issued by a trusted CA for "
        "client authentication, in force and not revoked."
    )


class CertificateTaken(Conflict):
    code = "identity.certificate-taken"
    zh = "该证书已关联到一个账号；一张证书只能关联一个账号。"
    en = "This certificate is linked to an account already; it belongs to one account only."


class NoSuchLink(NotFound):
    code = "identity.no-such-link"
    zh = "该账号没有这项关联，可能已经解除。"
    en = "The account has no such link; it may have been removed."


class AuthoritiesUnreadable(Unavailable):
    code = "identity.authorities-unreadable"
    zh = "CA 证书或吊销列表文件读不出来，暂时不能用证书登录。请改用其他方式，并通知系统管理员运行 expertpool doctor。"
    en = (
        "The files of CA certificates or revocations cannot be read, so nobody signs in by certificate now. Use "
        "another way, and tell the system administrator to run expertpool doctor."
    )


class OidcRefused(Forbidden):
    code = "identity.oidc-refused"
    zh = "统一身份认证登录未成功：已取消、超时、认证强度不够，或该身份未关联到账号。请重试，或联系安全管理员。"
    en = (
        "Single sign-on did not succeed: it was cancelled or took too long, was not strong enough, or the identity is "
        "linked to no account. Try again, or ask the security administrator."
    )


class OidcUnavailable(Unavailable):
    code = "identity.oidc-unavailable"
    zh = "统一身份认证平台现在无法使用。请稍后重试，或改用其他方式登录；持续如此请通知系统管理员。"
    en = (
        "The single sign-on cannot be used now. Try again later, or sign in another way; if it goes on, tell the "
        "system administrator."
    )


class SubjectTaken(Conflict):
    code = "identity.subject-taken"
    zh = "该身份已关联到一个账号；一个身份只能关联一个账号。"
    en = "This identity is linked to an account already; it belongs to one account only."


class InvitationRefused(Forbidden):
    code = "identity.invitation-refused"
    zh = "邀请码无效：可能已使用、已过期或已被新的取代。请联系安全管理员重新签发。"
    en = "This invitation was used, ran out or was replaced. Ask the security administrator for another."


class NoSuchSession(NotFound):
    code = "identity.no-such-session"
    zh = "您没有这个登录会话，它可能已经结束。"
    en = "You have no such session; it may have ended."


class DemonstrationOnly(Forbidden):
    code = "identity.demonstration-only"
    zh = "一键登录只用于演示，正式运行时没有此功能。请用账号、口令和动态码登录。"
    en = "Signing in with one click is for demonstrations only. Sign in with account, password and one-time code."


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
