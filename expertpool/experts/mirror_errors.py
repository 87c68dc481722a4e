"""What is refused of a province's delta file. Format and order of the checks: docs/spec/mirror.md."""

from expertpool.core.errors import Conflict, Forbidden, Invalid, Several


class NotADelta(Invalid):
    code = "mirror.not-a-delta"
    zh = "文件不是省库同步文件：首行应为签名文件头，其后每行一条规范 JSON，每行以换行结束。请核对文件，或请省库重发。"
    en = (
        "This is no delta file: its first line holds the signed head, then follow lines of canonical JSON, each with "
        "its newline. Check the file, or have the province send it again."
    )


class DeltaTooLarge(Invalid):
    code = "mirror.too-large"
    zh = "文件过大：最多 {lines} 行、{mib} MiB，每行不超过 {kib} KiB。请省库分为一个全量文件和若干增量文件。"
    en = (
        "The file is too large: at most {lines} lines, {mib} MiB, {kib} KiB a line. Have the province send a smaller "
        "full file and the rest as increments."
    )
    lines: int
    mib: int
    kib: int


class HeadInvalid(Invalid):
    code = "mirror.head-invalid"
    zh = "文件头的“{member}”缺失、多余或写法不对。请省库按规范重新生成并签名。"
    en = "In the head “{member}” is missing, unexpected or malformed. Have the province write and sign it as specified."
    member: str


class PoolUnknown(Forbidden):
    code = "mirror.pool-unknown"
    zh = "没有登记名为“{pool}”的省级专家库：这不是发给本中心的文件，或者发送方尚未登记。请核对来源，或联系安全管理员。"
    en = (
        "No provincial pool is registered as “{pool}”: the file is not meant for this centre, or its sender is not "
        "registered yet. Check where it comes from, or ask the security administrator."
    )
    pool: str


class HeadNotSigned(Forbidden):
    code = "mirror.not-signed"
    zh = "没有该省库登记的密钥能验证文件头的签名。请核对来源；省库更换密钥的，请先登记并核准新密钥。"
    en = (
        "No key registered for this pool verifies the head's signature. Check where the file comes from; if the "
        "province changed its key, have the new one registered and approved first."
    )


class MirrorKeyNotInForce(Forbidden):
    code = "mirror.key-not-in-force"
    zh = "签名所用的密钥未经核准、不在有效期内或已撤销。请省库用有效的密钥重新签名。"
    en = "The key that signed is not approved, not within its validity, or revoked. Have one in force sign the head."


class FullNeeded(Conflict):
    code = "mirror.full-needed"
    zh = "同步须从全量文件开始，而这是第 {sequence} 号增量文件。请省库发送全量文件（kind 为 full）。"
    en = "A chain begins with a full file, and this is increment {sequence}. Ask the province for a full one."
    sequence: int


class SequenceMissing(Conflict):
    code = "mirror.sequence-missing"
    zh = "缺少文件：应为第 {expected} 号，而这是第 {sequence} 号。请按顺序导入；找不到的请省库重发。"
    en = (
        "A file is missing: number {expected} is due, and this is {sequence}. Apply them in order; ask the province "
        "for those that are lost."
    )
    sequence: int
    expected: int


class DeltaRepeated(Conflict):
    code = "mirror.repeated"
    zh = "第 {sequence} 号文件已经应用过，不重复应用。下一个应为第 {expected} 号。"
    en = "File {sequence} was applied already and is not applied again. Number {expected} is due."
    sequence: int
    expected: int


class DeltaStale(Conflict):
    code = "mirror.stale"
    zh = "第 {sequence} 号文件早于本链的开始，已经过时。应为第 {expected} 号。"
    en = "File {sequence} is from before the present chain began, and stale. Number {expected} is due."
    sequence: int
    expected: int


class HeadForked(Conflict):
    code = "mirror.forked"
    zh = (
        "同一序号 {sequence} 有两个不同的签名文件头：已接收 {known}，本文件 {found}。省库签出了互相矛盾的名册，"
        "请勿继续导入，保留两个文件并通知省库和监督部门；查明后由综合管理部门用 mirror restart 从全量文件重新开始。"
    )
    en = (
        "Number {sequence} has two different signed heads: {known} was accepted, this file has {found}. The province "
        "has signed contradicting rosters. Keep both files, tell the province and the supervisor; once it is cleared "
        "up, the competent department starts again from a full file with mirror restart."
    )
    sequence: int
    known: str
    found: str


class PreviousDiffers(Conflict):
    code = "mirror.previous-differs"
    zh = (
        "第 {sequence} 号文件所接的前一文件头是 {found}，而本中心接收的第 {before} 号是 {known}："
        "省库的链与本中心的不同。请省库核对；确需重新开始的，由综合管理部门用 mirror restart，再导入全量文件。"
    )
    en = (
        "File {sequence} continues the head {found}, but number {before} that was accepted here is {known}: the "
        "province's chain is another one. Have the province check; to start again, the competent department uses "
        "mirror restart, and a full file follows."
    )
    sequence: int
    before: int
    known: str
    found: str


class OtherSource(Conflict):
    code = "mirror.other-source"
    zh = "本专家库一直由“{known}”同步，而文件来自“{pool}”。更换来源须先由综合管理部门用 mirror restart 结束原链。"
    en = (
        "This pool is mirrored from “{known}”, and the file is from “{pool}”. To change the source, the competent "
        "department first ends the chain with mirror restart."
    )
    pool: str
    known: str


class DayBack(Conflict):
    code = "mirror.day-back"
    zh = "文件头的日期 {day} 早于已接收的 {last}。请省库核对日期并重新签名。"
    en = "The head's day, {day}, is before {last}, which was accepted already. Have the province correct and sign it."
    day: str
    last: str


class DayAhead(Invalid):
    code = "mirror.day-ahead"
    zh = "文件头的日期 {day} 在今天 {today} 之后。请核对本系统时钟，或请省库更正日期并重新签名。"
    en = "The head's day, {day}, lies after today, {today}. Check this system's clock, or have the province correct it."
    day: str
    today: str


class DeltaUnfinished(Conflict):
    code = "mirror.unfinished"
    zh = "第 {sequence} 号文件只应用了一部分，请先重新导入第 {sequence} 号文件完成它。"
    en = "File {sequence} is applied in part only. Apply it again first, to finish it."
    sequence: int


class LinesMissing(Invalid):
    code = "mirror.lines-missing"
    zh = "文件不完整：文件头说有 {stated} 行，实际 {found} 行。请重新传送。"
    en = "The file is not whole: its head says {stated} lines, it has {found}. Transfer it again."
    stated: int
    found: int


class LinesAltered(Invalid):
    code = "mirror.lines-altered"
    zh = "文件内容与文件头签名的哈希不符：有行被改动、替换或调换顺序。请重新传送。"
    en = "The lines are not those that the head commits to: altered, replaced or reordered. Transfer the file again."


class RosterDiffers(Conflict):
    code = "mirror.roster-differs"
    zh = (
        "应用后的名册（{count} 人）与文件头签名的名册（{stated} 人）不一致，未作任何改动。请省库核对；"
        "确认以省库为准的，由综合管理部门用 mirror restart，再导入全量文件。"
    )
    en = (
        "After this file the roster ({count} experts) would not be the one that the head names ({stated}); nothing "
        "was changed. Have the province check; to take its roster anew, the competent department uses mirror restart, "
        "and a full file follows."
    )
    count: int
    stated: int


class MirrorMoved(Conflict):
    code = "mirror.moved"
    zh = "另一处正在同步本专家库，已超过此文件。请用 mirror status 查看后再继续。"
    en = "Somebody else mirrors this pool at the same time and is past this file. Look at mirror status, then go on."


class NothingMirrored(Conflict):
    code = "mirror.nothing-mirrored"
    zh = "该中心没有正在进行的同步，无需重新开始：直接导入全量文件即可。"
    en = "There is no chain at this centre that could be restarted: simply apply a full file."


class LineWrong(Invalid):
    code = "mirror.line-wrong"
    zh = "第 {line} 行，{member}：{zh_reason}"
    en = "line {line}, {member}: {en_reason}"
    line: int
    member: str
    zh_reason: str
    en_reason: str


class LinesWrong(Several):
    code = "mirror.lines-wrong"
    zh = "文件中有 {count} 处不合要求，未作任何改动。请省库更正后重新签发："
    en = "The file has {count} things that cannot be; nothing was changed. Have the province correct and sign it anew:"
    count: int


class MemberWrong(Invalid):
    code = "mirror.member-wrong"
    zh = "缺失、多余或写法不对。"
    en = "This is missing, unexpected or malformed."


class MemberOurs(Invalid):
    code = "mirror.member-ours"
    zh = "此项由接收方记录，请勿填写。"
    en = "This is recorded by the receiver; leave it out."


class TwiceInFile(Invalid):
    code = "mirror.twice-in-file"
    zh = "与第 {other} 行重复，每人每个文件一行。"
    en = "Line {other} has the same; a file has one line of a person."
    other: int


class GoneUnknown(Invalid):
    code = "mirror.gone-unknown"
    zh = "名册中没有该编号的专家。"
    en = "No expert of this number was ever on the roster."


class NumberHeld(Invalid):
    code = "mirror.number-held"
    zh = "该身份证号属于名册中另一编号的专家。请先发送对方退出或更正的文件，再发送此行。"
    en = (
        "This identity number is that of an expert under another number. First send a file in which that one goes or "
        "is corrected, then this line."
    )


class FilesBroken(Invalid):
    code = "mirror.files-broken"
    zh = (
        "已发送的文件不连续：第 {sequence} 号不接前一个，或者签名的名册与各行不符。"
        "请找回完整的文件，或在新的文件夹中重新开始。"
    )
    en = (
        "The files that were sent do not follow each other: number {sequence} does not continue the one before, or "
        "does not name the roster that its lines make. Find the whole files, or begin in a new folder."
    )
    sequence: int
