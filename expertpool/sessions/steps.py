"""The steps of a day, each with its name in both languages, and the causes for which a member is lost."""

from enum import StrEnum
from typing import Final

from expertpool.projects.terms import Words


class StepKind(StrEnum):
    """What happened. A step is never changed: a correction is another step."""

    ASSEMBLED = "assembled"
    SIGNED_IN = "signed-in"
    DISCIPLINE_READ = "discipline-read"
    BIDDERS_SHOWN = "bidders-shown"
    DECLARED = "declared"
    CHAIR_VOTED = "chair-voted"
    CHAIR_ELECTED = "chair-elected"
    REVIEW_BEGUN = "review-begun"
    BREAK_BEGUN = "break-begun"
    BREAK_ENDED = "break-ended"
    OVERNIGHT_BEGUN = "overnight-begun"
    OVERNIGHT_ENDED = "overnight-ended"
    QUESTION_SENT = "question-sent"
    QUESTION_ANSWERED = "question-answered"
    MEMBER_LOST = "member-lost"
    MEMBER_REPLACED = "member-replaced"
    REDONE = "redone"
    DISSENT = "dissent"
    TIME_VOTE = "time-vote"
    TIME_EXTENDED = "time-extended"
    LINE_LOST = "line-lost"
    LINE_RESTORED = "line-restored"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REPORT_SIGNED_BY = "report-signed-by"
    SIGN_REFUSED = "sign-refused"
    REPORT_SIGNED = "report-signed"
    CLOSED = "closed"
    VOIDED = "voided"


class Cause(StrEnum):
    """Why a member is lost (条例 第四十八条 has the first three); absent: accepted and did not come."""

    RECUSAL = "recusal"
    DESERTION = "desertion"
    HEALTH = "health"
    ABSENT = "absent"


STEPS_WORDS: Final[dict[StepKind, Words]] = {
    StepKind.ASSEMBLED: Words("开始集合", "assembly"),
    StepKind.SIGNED_IN: Words("签到", "signed in"),
    StepKind.DISCIPLINE_READ: Words("宣读评审纪律", "discipline read"),
    StepKind.BIDDERS_SHOWN: Words("公布投标人（供应商）", "bidders shown"),
    StepKind.DECLARED: Words("签署回避声明与承诺书", "declaration signed"),
    StepKind.CHAIR_VOTED: Words("推选组长", "vote for the chair"),
    StepKind.CHAIR_ELECTED: Words("组长产生", "chair elected"),
    StepKind.REVIEW_BEGUN: Words("开始评审", "review begun"),
    StepKind.BREAK_BEGUN: Words("开始休息", "break begun"),
    StepKind.BREAK_ENDED: Words("结束休息", "break ended"),
    StepKind.OVERNIGHT_BEGUN: Words("隔夜休会", "adjourned overnight"),
    StepKind.OVERNIGHT_ENDED: Words("次日继续", "continued after the night"),
    StepKind.QUESTION_SENT: Words("发出澄清问题", "question to a bidder"),
    StepKind.QUESTION_ANSWERED: Words("收到澄清答复", "answer of a bidder"),
    StepKind.MEMBER_LOST: Words("成员离席", "member lost"),
    StepKind.MEMBER_REPLACED: Words("成员更换", "member replaced"),
    StepKind.REDONE: Words("重新评审完毕", "conclusions redone"),
    StepKind.DISSENT: Words("书面不同意见", "dissent in writing"),
    StepKind.TIME_VOTE: Words("认为评审时间不够", "asks for more time"),
    StepKind.TIME_EXTENDED: Words("延长评审时间", "time extended"),
    StepKind.LINE_LOST: Words("场地连线中断", "site’s line lost"),
    StepKind.LINE_RESTORED: Words("场地连线恢复", "site’s line restored"),
    StepKind.SUSPENDED: Words("中止评审", "suspended"),
    StepKind.RESUMED: Words("恢复评审", "resumed"),
    StepKind.REPORT_SIGNED_BY: Words("签署评审报告", "report signed by a member"),
    StepKind.SIGN_REFUSED: Words("拒绝签署评审报告", "signature refused"),
    StepKind.REPORT_SIGNED: Words("评审报告签署完成", "report signed"),
    StepKind.CLOSED: Words("时间表确认，当日办结", "timeline confirmed, closed"),
    StepKind.VOIDED: Words("当日评审无效", "void"),
}
"""What each step is called."""

CAUSE_WORDS: Final[dict[Cause, Words]] = {
    Cause.RECUSAL: Words("应当回避", "recusal"),
    Cause.DESERTION: Words("擅离职守", "desertion"),
    Cause.HEALTH: Words("健康原因", "health"),
    Cause.ABSENT: Words("缺席", "absence"),
}
"""What each cause is called."""
