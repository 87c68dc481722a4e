"""What a person may do about a seat's payment that does not go by itself: one button each, with what follows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from expertpool.payouts.lifecycle import PayoutState, PayoutVerb
from expertpool.payouts.models import Payout


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
_BY_STATE: Final[dict[PayoutState, tuple[Act, ...]]] = {PayoutState.OBJECTED: (ANSWER,)}


def acts_on(payout: Payout) -> Iterator[Act]:
    """What its state leaves to a person, whoever that is."""
    yield from _BY_STATE.get(payout.state, ())
