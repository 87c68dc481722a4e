"""The words of projects: the two regimes, and what each calls its methods and its parties."""

from enum import StrEnum
from typing import Final, NamedTuple

from policies.facts import Method


class Regime(StrEnum):
    """Under which law a contract is put out; the names are those of the rulebooks."""

    TENDER = "tender"
    GOVPROC = "govproc"


class PartyRole(StrEnum):
    """What a unit is to a project."""

    OWNER = "owner"
    AGENCY = "agency"
    SUPERVISOR = "supervisor"


class RecusalKind(StrEnum):
    """Whom the initiator names for recusal: a unit with all its staff, or one person."""

    UNIT = "unit"
    PERSON = "person"


class MilestoneKind(StrEnum):
    """Moments of a project that no clock can see: only a signed statement tells that they have come."""

    REPORT_SIGNED = "report-signed"
    AWARD_FIXED = "award-fixed"
    NOTICE_PUBLISHED = "notice-published"


class SealedKind(StrEnum):
    """What comes in encrypted to the vault, to be opened there and nowhere else."""

    BIDDER_LIST = "bidder-list"
    DRAW_RESULT = "draw-result"
    SCORES = "scores"


class Words(NamedTuple):
    """A term in both languages."""

    zh: str
    en: str


METHODS: Final[dict[Regime, dict[Method, Words]]] = {
    Regime.TENDER: {
        Method.OPEN_TENDER: Words("公开招标", "open tender"),
        Method.INVITED_TENDER: Words("邀请招标", "invited tender"),
    },
    Regime.GOVPROC: {
        Method.OPEN_TENDER: Words("公开招标", "open tender"),
        Method.INVITED_TENDER: Words("邀请招标", "invited tender"),
        Method.NEGOTIATION: Words("竞争性谈判", "competitive negotiation"),
        Method.CONSULTATION: Words("竞争性磋商", "competitive consultation"),
        Method.INQUIRY: Words("询价", "inquiry"),
    },
}
"""招标投标法 第十条; 政府采购法 第二十六条 and 财库〔2014〕214号. Those by which no panel is drawn are left out."""

PARTIES: Final[dict[Regime, dict[PartyRole, Words]]] = {
    Regime.TENDER: {
        PartyRole.OWNER: Words("招标人", "tenderee"),
        PartyRole.AGENCY: Words("招标代理机构", "tendering agency"),
        PartyRole.SUPERVISOR: Words("行政监督部门", "supervising department"),
    },
    Regime.GOVPROC: {
        PartyRole.OWNER: Words("采购人", "purchaser"),
        PartyRole.AGENCY: Words("采购代理机构", "procurement agency"),
        PartyRole.SUPERVISOR: Words("财政部门", "finance department"),
    },
}
"""What each regime calls the parties."""

REQUIRED_PARTIES: Final = (PartyRole.OWNER, PartyRole.SUPERVISOR)
"""Without these no recusal can be decided (12号令 第十二条, 条例 第四十六条); an owner may do without an agency."""

DRAWN_ELSEWHERE: Final = Words("在外部系统抽取，本系统未予证明", "drawn elsewhere, not proven here")
"""How a session with an imported draw result is shown, wherever it is shown."""
