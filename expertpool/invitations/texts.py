"""What experts are told: time, place and their codes; no project and no bidder, because gateways read it."""

from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from expertpool.draws.keeping import Occupant
from expertpool.invitations.stored import Purpose
from expertpool.protocol.request import DrawRequest
from policies.facts import CHINA

Language = Literal["zh", "en"]


class Texts(NamedTuple):
    """A template in both languages."""

    zh: str
    en: str


TEMPLATES: Final = MappingProxyType(
    {
        Purpose.INVITATION: Texts(
            "【专家抽取】请于 {when} 到 {place} 参加评审，预计 {minutes} 分钟。应答码 {answer_code}：能参加请按 1，"
            "不能参加请按 2，或凭应答码在网上答复。请勿告诉任何人。",
            "[Expert draw] Please come to {place} at {when} for a review of about {minutes} minutes. Answer code "
            "{answer_code}: press 1 if you come, 2 if you cannot, or answer online with the code. Tell nobody.",
        ),
        Purpose.NOT_AGAIN: Texts(
            "【专家抽取】此前推迟的评审已另定时间，不再需要您参加。",
            "[Expert draw] The review that was postponed has a new time; you are no longer needed for it.",
        ),
        Purpose.CONFIRMATION: Texts(
            "【专家抽取】您已接受邀请：{when}，{place}。到场码 {arrival_code}，签到时与身份证件一并出示。"
            "应答码 {answer_code} 仍可用于请假。请勿告诉任何人。",
            "[Expert draw] You accepted: {when}, {place}. Arrival code {arrival_code}: show it at sign-in with your "
            "identity document. Your answer code {answer_code} still serves to take leave. Tell nobody.",
        ),
        Purpose.REMINDER: Texts(
            "【专家抽取】提醒：请于 {when} 到 {place} 参加评审，携带身份证件和到场码。如不能参加，请及早凭应答码请假。",
            "[Expert draw] Reminder: please come to {place} at {when}, with your identity document and arrival code. "
            "If you cannot, take leave early with your answer code.",
        ),
        Purpose.POSTPONEMENT: Texts(
            "【专家抽取】原定 {when} 的评审推迟，请勿按原时间到场。新的时间另行通知。",
            "[Expert draw] The review of {when} is postponed; do not come then. You will be told the new time.",
        ),
        Purpose.CANCELLATION: Texts(
            "【专家抽取】原定 {when} 的评审取消，请勿到场。",
            "[Expert draw] The review of {when} is cancelled; do not come.",
        ),
        Purpose.NOT_NEEDED: Texts(
            "【专家抽取】原定 {when} 的评审不再需要您参加，请勿到场。",
            "[Expert draw] You are no longer needed for the review of {when}; do not come.",
        ),
        Purpose.GLASS_BROKEN: Texts(
            "【专家抽取】{when} 评审的委员会名单已按应急程序提前开封。全部密钥保管方同意，理由已存证。"
            "如有疑问，请向监督部门询问。",
            "[Expert draw] The names of the committee of {when} were opened early, in an emergency. All key holders "
            "consented and the reason is on record. If in doubt, ask the supervising department.",
        ),
        Purpose.PAYMENT_FAILED: Texts(
            "【专家劳务报酬】您的一笔劳务报酬因收款账户有误未能支付。请登录后提交更正；更正后将重新支付。",
            "[Expert fees] A fee of yours could not be paid: something is wrong with your bank account. Sign in and "
            "have it corrected; then it is paid again.",
        ),
    }
)


LINKED: Final = MappingProxyType(
    {
        Purpose.INVITATION: Texts(" 网上答复 {link}", " Answer at {link}"),
        Purpose.CONFIRMATION: Texts(" 查看或请假 {link}", " Look, or take leave: {link}"),
    }
)
"""What a text message says besides: the page with the answer code in the address's fragment, which is not sent on."""


def place_of(request: DrawRequest, line: int) -> str:
    """Where those of a line sit."""
    return request.sites[request.lines[line].site].place


def in_local_time(moment: datetime) -> str:
    """As people at the centre read it."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def text_for(
    purpose: Purpose,
    language: Language,
    request: DrawRequest,
    line: int,
    occupant: Occupant,
    *,
    page: str | None = None,
) -> str:
    """The message for whoever took a seat of a line. ``page``: where codes are answered, if it can be followed."""
    template = TEMPLATES[purpose].zh if language == "zh" else TEMPLATES[purpose].en
    text = template.format(
        when=in_local_time(request.starts),
        place=place_of(request, line),
        minutes=request.expected_minutes,
        answer_code=occupant.answer_code,
        arrival_code=occupant.arrival_code,
    )
    if page is None or purpose not in LINKED:
        return text
    linked = LINKED[purpose].zh if language == "zh" else LINKED[purpose].en
    return text + linked.format(link=f"{page}#{occupant.answer_code}")
