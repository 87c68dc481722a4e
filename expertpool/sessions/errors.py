"""What a session's day refuses. The form of what is sent is checked by the schemas; here is what the day knows."""

from expertpool.core.errors import Conflict, Invalid, NotFound


class NoSuchDay(NotFound):
    code = "sessions.no-such-day"
    zh = "没有这个场次，或该场次当日尚未开始（首位专家签到后开始），或您无权查看。"
    en = "There is no such session, its day has not begun (it begins with the first sign-in), or you may not see it."


class WrongStep(Conflict):
    code = "sessions.wrong-step"
    zh = "场次当日状态为 {state}，不能执行 {verb}，未作任何更改。请刷新页面查看当前进展。"
    en = "The day is {state}; {verb} is not possible now, and nothing was changed. Reload to see how it stands."
    state: str
    verb: str


class DayMoved(Conflict):
    code = "sessions.day-moved"
    zh = "在您查看之后，他人已作登记，您的操作未生效。请查看最新进展后再决定。"
    en = "Somebody else entered something since you looked, so yours was not taken. Look again, then decide."


class PlanChanged(Conflict):
    code = "sessions.plan-changed"
    zh = "该场次已推迟或取消，不能再登记当日事项。"
    en = "The session was postponed or cancelled; nothing more is entered for its day."


class SiteUnknown(Invalid):
    code = "sessions.site-unknown"
    zh = "该场次没有这个场地，请核对场地序号（0 为主场）。"
    en = "The session has no such site; check its number (0 is the main site)."


class LineIsDown(Conflict):
    code = "sessions.line-is-down"
    zh = "该场地的连线中断已登记，恢复后方可继续此项。"
    en = "This site’s line is down on record; this is possible when it is restored."


class LineIsUp(Conflict):
    code = "sessions.line-is-up"
    zh = "该场地没有登记连线中断，无须恢复。"
    en = "No loss of this site’s line is on record, so there is nothing to restore."


class NotPresent(Conflict):
    code = "sessions.not-present"
    zh = "该席位成员未签到或已离席，不能办理。"
    en = "Whoever has this seat has not signed in or has left; this cannot be done for it."


class NotYet(Conflict):
    code = "sessions.not-yet"
    zh = "前面的步骤尚未完成：须依次签到、阅读纪律、查看投标人、签署声明后才能评审。请先完成前一步。"
    en = "Something comes before this: sign in, read the discipline, see the bidders, sign the declaration, review."


class AlreadyDone(Conflict):
    code = "sessions.already-done"
    zh = "该席位已办理此项，不需重复。"
    en = "This is on record for the seat already; it is not done twice."


class NotTheChair(Conflict):
    code = "sessions.not-the-chair"
    zh = "此项只能由评审组长在终端办理，或由见证人员登记。"
    en = "Only the chair does this at the terminal; otherwise the clerk enters it."


class NotElectable(Invalid):
    code = "sessions.not-electable"
    zh = "该席位不在场，不能被推选为组长。请从在场席位中选择。"
    en = "This seat is not present and cannot be chair. Choose one that is."


class NotRedone(Conflict):
    code = "sessions.not-redone"
    zh = "席位 {seat} 更换了成员，原成员的评审结论无效，须由更换后的成员重新评审（招标投标法实施条例第四十八条）。"
    en = (
        "Seat {seat} has a new member; what the former one concluded is void, and the new member does it again first "
        "(Implementing Regulations, article 48)."
    )
    seat: str


class NothingAsked(Invalid):
    code = "sessions.nothing-asked"
    zh = "没有待答复的澄清问题，请核对序号。"
    en = "No question of this number waits for an answer; check it."


class TimeOutside(Invalid):
    code = "sessions.time-outside"
    zh = "时间不能晚于现在，不能早于签到开放时间，也不能打乱已登记步骤的先后。请改正。"
    en = "It cannot be later than now, earlier than sign-in opened, or change the order of the steps. Correct it."


class StepUnknown(Invalid):
    code = "sessions.step-unknown"
    zh = "没有这个步骤序号，或该步骤不能更正时间。请核对时间表。"
    en = "There is no step of this number, or its time is not corrected. Check the timeline."


class SecondNeeded(Conflict):
    code = "sessions.second-needed"
    zh = "成员本人办理和系统自动记录的步骤，更正时间须补录纸质记录，并由另一角色签署。"
    en = "The time of what a member did, or the system recorded, is corrected on a paper sheet that another role signs."


class LineIncomplete(Invalid):
    code = "sessions.line-incomplete"
    zh = "该行内容不全或有多余：请按步骤填写席位、场地或更正的序号。"
    en = "The line lacks something or has too much: give seat, site or the step that it corrects, as the step needs."


class OnlyCorrections(Conflict):
    code = "sessions.only-corrections"
    zh = "当日已办结，只能更正已登记步骤的时间。"
    en = "The day is closed; only the times of its steps can still be corrected."


class ReasonNeeded(Invalid):
    code = "sessions.reason-needed"
    zh = "更正时间须写明原因。"
    en = "Say why times are corrected."


class NoSuchEntry(NotFound):
    code = "sessions.no-such-entry"
    zh = "没有这份待签内容，或您无权办理。"
    en = "There is no such entry, or you may not act on it."


class EntryDecided(Conflict):
    code = "sessions.entry-decided"
    zh = "这份内容已由他人签署或退回，不能再办理。"
    en = "This entry was signed or refused already."


class EntryWaits(Conflict):
    code = "sessions.entry-waits"
    zh = "同一事项已有一份待确认，请先确认或退回那一份。"
    en = "The same is entered and waits to be confirmed; confirm or refuse that one first."


class SameHand(Conflict):
    code = "sessions.same-hand"
    zh = "须由另一角色的另一账号签署，录入人不能自己签署。"
    en = "It takes an account of another role; whoever entered it does not sign it."


class DocumentDiffers(Invalid):
    code = "sessions.document-differs"
    zh = "文件指纹（SHA-256）与录入的不同：您看到的不是同一份文件，请核对后退回或请录入人重新录入。"
    en = "The document's SHA-256 is not the one entered: what you see is another paper. Check it, or refuse the entry."


class CommitteeIncomplete(Conflict):
    code = "sessions.committee-incomplete"
    zh = "委员会有席位空缺或成员未完成签署，尚不能登记报告。请等补抽成员到场并完成评审。"
    en = "A seat is vacant or a member has not signed; the report cannot count yet. Wait for the replacement."


class ShortCodeRefused(Invalid):
    code = "sessions.short-code-refused"
    zh = "短码不正确，或该席位已离席、不在本场地。请核对签到时领取的纸条；仍不能办理请联系见证人员。"
    en = "The code is not right, or its seat has left or is elsewhere. Check the slip, or ask the witness officer."


class BiddersSealed(Conflict):
    code = "sessions.bidders-sealed"
    zh = "尚未到开标时间，投标人（供应商）名单仍然密封。请稍后再看。"
    en = "The bid opening has not come, and the list of bidders is still sealed. Look again later."
