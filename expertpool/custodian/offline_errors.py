"""What keeps a holder from opening a committee without the centre: told to its owner alone."""

from expertpool.core.errors import Conflict, Invalid, NotFound


class CommitteeUnknown(NotFound):
    code = "custodian.committee-unknown"
    zh = "{path} 中没有抽取 {draw} 的委员会文件；可由另一保管单位先行开启，再以 --shares 接续。"
    en = (
        "There is no committee file of draw {draw} in {path}; let another holder begin, and go on from its file with "
        "--shares."
    )
    draw: str
    path: str


class SharesUnreadable(Invalid):
    code = "custodian.shares-unreadable"
    zh = "该文件不是完整的委员会文件或接续文件，或已被改动。"
    en = "This is no whole committee file or file of shares, or it was altered."


class WrongDraw(Conflict):
    code = "custodian.wrong-draw"
    zh = "文件属于抽取 {found}，不是 {draw}。"
    en = "The file is of draw {found}, not of {draw}."
    draw: str
    found: str


class SeatForeign(Conflict):
    code = "custodian.seat-foreign"
    zh = "席位 {seat} 的记录与账本中该次抽取的不符：文件被改动，或该席位已另行补抽。没有开启任何记录。"
    en = (
        "The record of seat {seat} is not the one that the log shows for that draw: the file was altered, or the seat "
        "was drawn anew since. Nothing was opened."
    )
    seat: str


class NotMyTurn(Conflict):
    code = "custodian.not-my-turn"
    zh = "本单位现在不能接续开启。可以接续的单位：{next}。"
    en = "This holder cannot go on now. Those who can: {next}."
    next: str


class NotRegistered(Conflict):
    code = "custodian.not-registered"
    zh = "账本没有登记本目录的密钥，或已停用，不能开启。"
    en = "The log does not show this directory's keys as registered, or shows them as retired: they open nothing."
