"""What the pool's pages call statuses, steps, facts and their values, in both languages."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from expertpool.experts.lifecycle import Status, Verb
from policies.facts import Degree, PenaltyKind, Post, Relation, Title
from policies.rulebook import Label, May


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


class Standing(NamedTuple):
    """A status, and how a chip shows it: green may be drawn, amber waits for somebody, red does not take part."""

    zh: str
    en: str
    tone: str


STATUSES: Final[Mapping[Status, Standing]] = {
    Status.APPLIED: Standing("待审核", "applied", "amber"),
    Status.REVIEWED: Standing("待入库", "reviewed", "amber"),
    Status.ENROLLED: Standing("在库", "enrolled", "green"),
    Status.REINSTATED: Standing("恢复在库", "reinstated", "green"),
    Status.SUSPENDED: Standing("暂停", "suspended", "red"),
    Status.REJECTED: Standing("未通过", "rejected", "grey"),
    Status.LEFT: Standing("已退出", "left", "grey"),
    Status.REMOVED: Standing("已清退", "removed", "grey"),
}


class Act(NamedTuple):
    """A step's name, and what it does."""

    zh: str
    en: str
    does_zh: str
    does_en: str


STEPS: Final[Mapping[Verb, Act]] = {
    Verb.REVIEW: Act("审核通过", "Review", "资料齐全无误，转主管部门决定入库。", "The department decides on it next."),
    Verb.REJECT: Act("不予通过", "Reject", "申请不成立；本人以后可再申请。", "They may apply again later."),
    Verb.ENROL: Act("入库", "Enrol", "从满规定天数后起可被抽取。", "Drawn from the end of the settling days on."),
    Verb.SUSPEND: Act("暂停", "Suspend", "暂停期间不参加抽取。", "They are not drawn while it lasts."),
    Verb.REINSTATE: Act("恢复", "Reinstate", "结束暂停。", "Ends the suspension."),
    Verb.RENEW: Act("续聘", "Renew", "改定聘期最后一日。", "Sets the last day of the membership."),
    Verb.LEAVE: Act("登记退出", "Record leaving", "本人自愿退出。", "They leave of their own will."),
    Verb.REMOVE: Act("清退", "Remove", "清退后不能再申请。", "For good: they cannot apply again."),
    Verb.REAPPLY: Act("重新申请", "Apply again", "沿用原有档案。", "Takes up the same record again."),
}
UNTIL: Final[Mapping[Verb, Words]] = {
    Verb.ENROL: Words("聘期最后一日", "Last day of the membership"),
    Verb.RENEW: Words("聘期最后一日", "Last day of the membership"),
    Verb.SUSPEND: Words("暂停最后一日", "Last day of the suspension"),
}
"""The steps that take a last day, and what it is."""

DONE: Final[Mapping[str, Words]] = {
    "apply": Words("登记申请", "application put down"),
    "review": Words("审核通过", "reviewed"),
    "reject": Words("不予通过", "rejected"),
    "enrol": Words("入库", "enrolled"),
    "suspend": Words("暂停", "suspended"),
    "reinstate": Words("恢复", "reinstated"),
    "renew": Words("续聘", "renewed"),
    "leave": Words("退出", "left"),
    "remove": Words("清退", "removed"),
    "reapply": Words("重新申请", "applied again"),
    "amend-facts": Words("修改资料", "facts amended"),
    "amend-contact": Words("修改联系方式", "contact data amended"),
    "set-absences": Words("登记不能参加的日期", "days of absence recorded"),
    "record-training": Words("登记培训", "training recorded"),
    "erase-contact": Words("清除联系方式", "contact data erased"),
    "erase-record": Words("清除档案", "record erased"),
    "bulk-enrol": Words("批量入库", "enrolled in bulk"),
}
"""What a change of an expert is called in the past."""
OTHER: Final = Words("其他变更", "another change")

TITLES: Final[Mapping[Title, Words]] = {
    Title.NONE: Words("无", "none"),
    Title.JUNIOR: Words("初级", "junior"),
    Title.MID: Words("中级", "mid"),
    Title.SENIOR: Words("高级", "senior"),
}
DEGREES: Final[Mapping[Degree, Words]] = {
    Degree.NONE: Words("无", "none"),
    Degree.BACHELOR: Words("学士", "bachelor"),
    Degree.MASTER: Words("硕士", "master"),
    Degree.DOCTOR: Words("博士", "doctor"),
}
POSTS: Final[Mapping[Post, Words]] = {
    Post.STAFF: Words("职工", "staff"),
    Post.PRINCIPAL: Words("主要负责人", "principal"),
    Post.DIRECTOR: Words("董事", "director"),
    Post.BOARD_SUPERVISOR: Words("监事", "board supervisor"),
    Post.SELF: Words("本人即该单位", "the unit itself"),
}
RELATIONS: Final[Mapping[Relation, Words]] = {
    Relation.SPOUSE: Words("配偶", "spouse"),
    Relation.LINEAL: Words("直系血亲", "lineal relative"),
    Relation.COLLATERAL: Words("三代以内旁系血亲", "collateral relative"),
    Relation.IN_LAW: Words("近姻亲", "close in-law"),
}
PENALTIES: Final[Mapping[PenaltyKind, Words]] = {
    PenaltyKind.TOOK_PROPERTY: Words("收受财物", "took property"),
    PenaltyKind.LEAK: Words("泄露评审情况", "leaked"),
    PenaltyKind.RECUSAL_BREACH: Words("应回避未回避", "did not recuse"),
    PenaltyKind.TENDER_VIOLATION: Words("其他违法行为", "other violation"),
    PenaltyKind.BAD_RECORD: Words("不良信用记录", "bad record"),
}
YES_OR_NO: Final[Mapping[str, Words]] = {"true": Words("是", "yes"), "false": Words("否", "no")}

LABELS: Final[Mapping[Label, Words]] = {
    Label.LAW: Words("法律", "law"),
    Label.LOCAL: Words("地方", "local"),
    Label.PRODUCT_DEFAULT: Words("产品默认", "product default"),
}
LEVELS: Final[Mapping[str, Words]] = {
    "national": Words("国家", "national"),
    "province": Words("省", "province"),
    "centre": Words("中心", "centre"),
}
MAY: Final[Mapping[May, Words]] = {
    May.NO: Words("下层不可改", "fixed"),
    May.RAISE: Words("下层只可升", "may be raised"),
    May.LOWER: Words("下层只可降", "may be lowered"),
    May.ANY: Words("下层可改", "may be changed"),
}
UNITS: Final[Mapping[str, Words]] = {
    "year": Words("年", "years"),
    "month": Words("个月", "months"),
    "day": Words("天", "days"),
    "working day": Words("个工作日", "working days"),
    "hour": Words("小时", "hours"),
    "hour of the day": Words("点", "o’clock"),
    "minute": Words("分钟", "minutes"),
    "second": Words("秒", "seconds"),
    "person": Words("人", "persons"),
    "specialty": Words("个专业", "specialties"),
    "times": Words("次", "times"),
    "km": Words("公里", "km"),
    "per mille": Words("‰", "‰"),
}
