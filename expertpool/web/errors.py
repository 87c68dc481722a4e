"""What the web edge itself refuses, before any capability is asked."""

from expertpool.core.errors import Conflict, ExpertpoolError, Forbidden, Invalid, NotFound, Unavailable


class BadRequest(Invalid):
    code = "web.bad-request"
    zh = "无法理解此请求，请核对后重试。"
    en = "The request cannot be understood; check it and try again."


class BadHost(Invalid):
    code = "web.bad-host"
    zh = "本系统不以此主机名提供服务，请使用正确的网址。"
    en = "This service does not answer under that host name; use its proper address."


class BadJson(Invalid):
    code = "web.bad-json"
    zh = "请求内容不是合格的 JSON（UTF-8，键不重复，无 NaN 和非法字符）。"
    en = "The content is not sound JSON (UTF-8, no key twice, no NaN, no forbidden characters)."


class BadIdempotencyKey(Invalid):
    code = "web.bad-idempotency-key"
    zh = "Idempotency-Key 应为 1 至 128 个可见的 ASCII 字符。"
    en = "Idempotency-Key must be 1 to 128 visible ASCII characters."


class KeyReused(Invalid):
    code = "web.idempotency-key-reused"
    zh = "此 Idempotency-Key 已用于另一个请求；新的请求请换一个新的键。"
    en = "This Idempotency-Key was used for another request; take a new key for a new request."


class InvalidInput(Invalid):
    """The fields that are wrong, each with its own words; see ``web.validation``."""

    code = "web.invalid-input"
    zh = "填写的内容有误，请按各项提示修改。"
    en = "Some fields are not right; see what is said of each."
    fields: list[dict[str, str]]


class NotSignedIn(Forbidden):
    code = "web.not-signed-in"
    zh = "需要有效的访问令牌：请在 Authorization 中以 Bearer 方式提供。"
    en = "A valid access token is needed: send it as a Bearer token in Authorization."


class SignInNeeded(Forbidden):
    code = "web.sign-in-needed"
    zh = "请先登录：您尚未登录，或登录因闲置已经结束。"
    en = "Sign in first: you have not signed in yet, or the session ended because nothing was done."


class ConfirmationNeeded(Forbidden):
    code = "web.confirmation-needed"
    zh = "此操作需要再次验证身份：请输入验证器当前的动态码，然后重新操作。"
    en = "This needs your identity once more: give the authenticator's present code, then do it again."


class FormExpired(Forbidden):
    code = "web.form-expired"
    zh = "表单已失效或不是由本系统页面提交，没有执行任何操作。请返回并刷新页面后重新提交。"
    en = "This form has expired or did not come from a page of this service; nothing was done. Reload it and try again."


class RoleRefused(Forbidden):
    code = "web.role-refused"
    zh = "您的角色没有此权限（{verb}）。确有需要请联系安全管理员。"
    en = "Your role does not have this permission ({verb}). If you need it, ask the security administrator."
    verb: str


class ScopeRefused(Forbidden):
    code = "web.scope-refused"
    zh = "此访问令牌的权限范围不包括该操作（{verb}）。请换用范围足够的令牌。"
    en = "The scopes of this token do not cover this ({verb}). Use a token whose scopes do."
    verb: str


class PreconditionFailed(Conflict):
    code = "web.precondition-failed"
    zh = "在您读取之后内容已被更改，没有覆盖。请重新读取，核对后再提交。"
    en = "This was changed after you read it, and nothing was overwritten. Read it again, check, and send it anew."


class PreconditionNeeded(Invalid):
    code = "web.precondition-needed"
    zh = "此操作会替换原有内容：请先读取，并在 If-Match 中提供所得的 ETag。"
    en = "This replaces what is there: read it first, and send the ETag that you got in If-Match."


class TooManyRequests(Unavailable):
    code = "web.too-many-requests"
    zh = "请求过于频繁，请 {seconds} 秒后再试。"
    en = "Too many requests: try again in {seconds} s."
    seconds: int


class NoSuchAddress(NotFound):
    code = "web.not-found"
    zh = "没有这个地址，请核对网址。"
    en = "There is nothing at this address; check it."


class WrongMethod(Invalid):
    code = "web.method-not-allowed"
    zh = "此地址不支持该请求方法，可用的方法见 Allow。"
    en = "This address does not take that method; Allow names those that it takes."


class TooLarge(Invalid):
    code = "web.too-large"
    zh = "请求内容超过上限（{limit_kib} KiB）。"
    en = "The content is over the limit ({limit_kib} KiB)."
    limit_kib: int


class WrongContentType(Invalid):
    code = "web.unsupported-content-type"
    zh = "请求内容必须是 application/json；网页表单必须是 application/x-www-form-urlencoded。"
    en = "The content must be application/json, or application/x-www-form-urlencoded for the form of a page."


class SignerLate(Unavailable):
    code = "web.signer-late"
    zh = "签名进程落后：有条目超过 {limit_s} 秒仍未被检查点覆盖。请检查签名进程。"
    en = "The signer is behind: entries have waited for a checkpoint for more than {limit_s} s. Look at the signer."
    limit_s: int


class Failed(ExpertpoolError):
    code = "web.failed"
    zh = "系统内部出错，已记录（编号 {request_id}）。请稍后重试；如持续出现，请把编号告知系统管理员。"
    en = "Something failed inside and was recorded as {request_id}. Try again later, or tell an administrator."
    request_id: str
