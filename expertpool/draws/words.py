"""What desks call a draw's and a seat's states, and what is to be done about them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import ReleaseState, SeatState
from expertpool.experts.eligibility_queries import Abundance


class Words(NamedTuple):
    """A state in both languages, and what to do about it; empty where it goes on by itself."""

    zh: str
    en: str
    to_do_zh: str = ""
    to_do_en: str = ""


NOT_APPLIED: Final = Words("尚未申请抽取", "no draw applied for", "请代理机构提交抽取申请", "the agency has to apply")

DRAWS: Final[Mapping[DrawState, Words]] = {
    DrawState.DRAFT: Words("草稿", "draft", "请代理机构提交", "the agency has to submit it"),
    DrawState.SUBMITTED: Words("已提交，按规则审核中", "submitted, being checked by rule"),
    DrawState.ACCEPTED: Words("已受理，等待抽取时间", "accepted, waits for its time"),
    DrawState.RETURNED: Words(
        "退回修改", "returned", "请代理机构按退回原因修改后重新提交", "the agency has to correct it"
    ),
    DrawState.REFERRED: Words(
        "待监督部门决定", "referred to the supervisor", "请行政监督部门决定", "the supervisor decides"
    ),
    DrawState.INTENT: Words("各方贡献随机数中", "contributions are coming in"),
    DrawState.DRAWN: Words("已抽出，即将通知", "drawn, calls follow"),
    DrawState.FILLING: Words("通知专家中", "experts are being called"),
    DrawState.FILLED: Words("席位已满", "all seats taken"),
    DrawState.CLOSED: Words("已结束", "closed"),
    DrawState.CANCELLED: Words("已取消", "cancelled"),
    DrawState.POSTPONED: Words("已推迟", "postponed", "等待新的时间", "waits for a new time"),
    DrawState.SUSPENDED: Words(
        "已中止", "suspended", "请行政监督部门决定复会或取消", "the supervisor reconvenes or cancels"
    ),
    DrawState.ABORTED: Words(
        "抽取未成：贡献方逾期",
        "aborted: a contributor defaulted",
        "请监督部门同意后重新申请",
        "apply again with the supervisor's approval",
    ),
    DrawState.EXHAUSTED: Words(
        "缺额无法补足",
        "seats could not be filled",
        "请代理机构申请补充抽取",
        "the agency applies for a supplementary draw",
    ),
    DrawState.RECONVENED: Words("已复会", "reconvened"),
}

SEATS: Final[Mapping[SeatState, Words]] = {
    SeatState.CALLED: Words("已通知，待答复", "called, no answer yet"),
    SeatState.ACCEPTED: Words("已接受", "accepted"),
    SeatState.SIGNED_IN: Words("已签到", "signed in"),
    SeatState.VACANT: Words("空缺，补抽中", "vacant, being drawn again"),
    SeatState.UNFILLABLE: Words("无法补足", "cannot be filled"),
}

HOLDERS: Final[Mapping[str, Words]] = {
    "holder-silent": Words("没有联系", "silent"),
    "holder-clock-off": Words("时钟不准", "its clock is off"),
    "holder-pending": Words("密钥待证明或批准", "keys to be proved or approved"),
    "holder-settling": Words("密钥在沉淀期", "keys are settling"),
    "holder-missed": Words("缺过贡献", "missed contributions"),
}

GLASS: Final[Mapping[ReleaseState, Words]] = {
    ReleaseState.REQUESTED: Words("监督部门已提出，须全部密钥保管方同意", "asked for; every key holder has to consent"),
    ReleaseState.RELEASED: Words("姓名已提前开封", "names were opened early"),
    ReleaseState.UNANSWERED: Words("未获全部同意，姓名仍密封", "not all consented, names stay sealed"),
}

ABUNDANCE: Final[Mapping[Abundance, Words]] = {
    Abundance.ENOUGH: Words("充足", "enough"),
    Abundance.THIN: Words("偏少", "thin"),
    Abundance.TOO_FEW: Words("不足", "too few"),
}
