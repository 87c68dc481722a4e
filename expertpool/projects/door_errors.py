"""What the door refuses. Forms and order of the checks: docs/spec/trading-door.md."""

from expertpool.core.errors import Conflict, Forbidden, Invalid


class NotAnEnvelope(Invalid):
    code = "door.not-an-envelope"
    zh = "文件不是交易系统消息：应为不超过 1 MiB 的 JSON。"
    en = "The file is no message of a trading system: that is JSON of at most 1 MiB."


class NotCanonical(Invalid):
    code = "door.not-canonical"
    zh = "消息不是 RFC 8785 规范形式的 JSON（成员有序，无空白，数字为整数）。请按规范重新生成并签名。"
    en = "The message is not canonical JSON (RFC 8785: sorted, no white space, integers). Write and sign it so."


class NotSigned(Forbidden):
    code = "door.not-signed"
    zh = "没有登记的密钥能验证此签名。请核对 key 与签名，或联系安全管理员。"
    en = "No registered key verifies the signature. Check `key` and the signature, or ask the security administrator."


class KeyNotInForce(Forbidden):
    code = "door.key-not-in-force"
    zh = "该密钥未经批准、不在有效期内或已撤销。请换用有效的密钥。"
    en = "This key is not approved, not within its validity, or revoked. Sign with one that is in force."


class SequenceUsed(Conflict):
    code = "door.sequence-used"
    zh = "序号 {sequence} 已用于另一条消息；下一个序号是 {expected}。"
    en = "Number {sequence} was used for another message; the next one is {expected}."
    sequence: int
    expected: int


class SequenceGap(Conflict):
    code = "door.sequence-gap"
    zh = "消息缺失或乱序：应为序号 {expected}。请按顺序补发。"
    en = "A message is missing or out of order: number {expected} is due. Send them in order."
    expected: int


class TimeOutside(Invalid):
    code = "door.time-outside"
    zh = "消息时间早于允许的期限，或超前于本系统时钟。请校准时钟，以当前时间重新签名，序号不变。"
    en = "The message's time is too old, or ahead of our clock. Set the clock and sign it anew under the same number."


class KindNotAllowed(Forbidden):
    code = "door.kind-not-allowed"
    zh = "该发送方不能发送此类消息。"
    en = "This sender may not send messages of this kind."


class CentreNotCovered(Forbidden):
    code = "door.centre-not-covered"
    zh = "该发送方不能为这个中心发送消息，或者没有这个中心。"
    en = "This sender may not speak for that centre, or there is none of that code."


class SealedMissing(Invalid):
    code = "door.sealed-missing"
    zh = "此类消息必须附带加密内容 sealed。"
    en = "A message of this kind comes with its ciphertext in `sealed`."


class SealedUnexpected(Invalid):
    code = "door.sealed-unexpected"
    zh = "此类消息不带加密内容 sealed。"
    en = "A message of this kind has no `sealed`."


class SealedLength(Invalid):
    code = "door.sealed-length"
    zh = "加密内容的长度应为以下之一（字节）：{lengths}。请先将明文补齐到规定长度再加密。"
    en = "The ciphertext must be one of these lengths in bytes: {lengths}. Pad the plaintext before encrypting it."
    lengths: str


class SealedDiffers(Invalid):
    code = "door.sealed-differs"
    zh = "加密内容与 sha256 不符，可能在传输中损坏。请重新发送。"
    en = "The ciphertext does not have that `sha256`; it may have been damaged on the way. Send it again."


class SessionNotLive(Conflict):
    code = "door.session-not-live"
    zh = "场次当前状态为 {state}，不接收此类消息。"
    en = "A session that is {state} takes no message of this kind."
    state: str


class ListThere(Conflict):
    code = "door.list-there"
    zh = "该场次已有名单；如需更换，请在开标前写明原因（reason）重新发送。"
    en = "The session has its list; to supersede it before the opening, send it anew with a `reason`."


class OpeningPassed(Conflict):
    code = "door.opening-passed"
    zh = "已到开标时间，名单不能再更换。"
    en = "The bid opening has come: the list can no longer be superseded."


class ResultThere(Conflict):
    code = "door.result-there"
    zh = "该场次已有抽取结果，一个场次只接收一次。"
    en = "The session has its draw result; one is taken for a session, and once."


class ScoresThere(Conflict):
    code = "door.scores-there"
    zh = "该场次的评分已收到，不能重复或更换。"
    en = "The scores of this session are here; they are neither repeated nor exchanged."


class ScoresTooSoon(Conflict):
    code = "door.scores-too-soon"
    zh = "尚未到集合时间，不接收评分。"
    en = "Scores come after the session's assembly."


class ScoresMalformed(Invalid):
    code = "door.scores-malformed"
    zh = "评分解密后的内容不符合规范，或与本场次的标段、席位不符。"
    en = "The scores, opened, are not as the specification says, or not of this session's lots and seats."


class MilestoneThere(Conflict):
    code = "door.milestone-there"
    zh = "此事项已记录，不能重复或更改。"
    en = "This was recorded already; it is neither repeated nor changed."


class MilestoneTooSoon(Conflict):
    code = "door.milestone-too-soon"
    zh = "前一事项尚未记录：签署报告、确定中标（成交）、发布公告须依次报送。"
    en = "What comes before is not recorded yet: report signed, award fixed, notice published, in this order."


class MilestoneTime(Invalid):
    code = "door.milestone-time"
    zh = "发生时间不能晚于消息时间，也不能早于前一事项或场次的集合时间。"
    en = "It cannot have happened after the message was written, nor before what precedes it or the session's assembly."


class ListMalformed(Invalid):
    code = "door.list-malformed"
    zh = "投标人名单解密后的内容不符合规范，请交易系统重新报送。"
    en = "The bidder list, opened, is not as the specification says; have the trading system send it anew."


class ListAltered(Conflict):
    code = "door.list-altered"
    zh = "所存的投标人名单密文与账本记载的不同，不予开启。请立即报告安全管理员。"
    en = "The stored bidder list is not the one in the ledger, and is not opened. Tell the security administrator."
