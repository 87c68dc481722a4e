"""What a person may do about a seat's payment that does not go by itself: one button each, with what follows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from expertpool.payouts.lifecycle import PayoutState, PayoutVerb
from expertpool.payouts.models import Payout
from expertpool.payouts.resolving import RESOLVE


class Field(NamedTuple):
    """What an act asks for."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something that may be done: its address below the order's, its permission, its words. ``sends`` goes unseen."""

    name: str
    permission: str
    zh: str
    en: str
    follows_zh: str
    follows_en: str
    fields: tuple[Field, ...] = ()
    sends: tuple[tuple[str, str], ...] = ()
    primary: bool = False


ANSWER: Final = Act(
    "answer",
    PayoutVerb.DISMISS.permission,
    "金额无误，答复专家",
    "The amount stays: answer",
    "时间不对的，先在当日进程页更正，金额自动重算；无误的在这里写明理由，专家在手机上看到。",
    "Where a time is wrong correct it on the day’s page, and the amount follows; else say here why it stays.",
    (Field("answer", "答复", "The answer"),),
)
NOTE: Final = (Field("note", "依据（如银行流水号、书面答复的文号）", "On what ground: the bank’s number, its letter"),)
PAID: Final = Act(
    "paid",
    RESOLVE,
    "银行确认已付",
    "The bank says: paid",
    "先查银行流水：导入流水后系统会自动核对。只在流水查不到、银行另行书面确认时按这里。",
    "Look at the bank’s statement first: imported, it is matched by itself. This is for what only its letter tells.",
    NOTE,
    primary=True,
)
UNPAID: Final = Act(
    "unpaid",
    RESOLVE,
    "银行确认未付",
    "The bank says: not paid",
    "说明后这一笔记为支付失败，可以重新发放。",
    "It then counts as failed, and can be sent again.",
    NOTE,
)
AGAIN: Final = Act(
    "again",
    RESOLVE,
    "重新发放",
    "Send it again",
    "支付失败的换新编号重发，按专家库现在登记的账户；结果不明的按原编号重交，支付机构只付一次。",
    "What failed goes out under a new number, to the account that the pool has now; what is unknown, under the same "
    "number, which the provider pays once.",
    NOTE,
    primary=True,
)
_BY_STATE: Final[dict[PayoutState, tuple[Act, ...]]] = {
    PayoutState.OBJECTED: (ANSWER,),
    PayoutState.FAILED: (AGAIN,),
    PayoutState.UNKNOWN: (PAID, UNPAID),
    PayoutState.RELEASED: (PAID, UNPAID),
}


def acts_on(payout: Payout) -> Iterator[Act]:
    """What its state leaves to a person, whoever that is."""
    yield from _BY_STATE.get(payout.state, ())
