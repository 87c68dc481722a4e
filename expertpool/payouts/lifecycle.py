"""The ways of a payment order and of each payout in it, as data: from which state, by which verb, to which, who may.

An order is a session's: agreed when every seat has agreed, confirmed once by its payer, released by the vault. A payout
is a seat's. Nothing leaves UNKNOWN by itself: a person, the provider or the bank's statement says what happened.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import Role
from expertpool.payouts.errors import WrongStep
from expertpool.projects.terms import Words


class OrderKind(StrEnum):
    """For what an order pays: a session, or whoever had accepted for a committee that was cancelled (误工补助)."""

    SESSION = "session"
    TURNED_AWAY = "turned-away"


class OrderState(StrEnum):
    """Where a payment order stands."""

    COMPUTED = "computed"
    AGREED = "agreed"
    CONFIRMED = "confirmed"
    BATCHED = "batched"
    RELEASED = "released"
    SETTLED = "settled"


class PayoutState(StrEnum):
    """Where a payout stands."""

    COMPUTED = "computed"
    AGREED = "agreed"
    OBJECTED = "objected"
    CONFIRMED = "confirmed"
    BATCHED = "batched"
    RELEASED = "released"
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RECONCILED = "reconciled"


ORDER_WORDS: Final[dict[OrderState, Words]] = {
    OrderState.COMPUTED: Words("待专家确认", "awaits agreement"),
    OrderState.AGREED: Words("待付款方确认", "awaits the payer"),
    OrderState.CONFIRMED: Words("已确认", "confirmed"),
    OrderState.BATCHED: Words("已制单", "batched"),
    OrderState.RELEASED: Words("已发出付款", "released"),
    OrderState.SETTLED: Words("已结清", "settled"),
}
"""What each state of an order is called."""

PAYOUT_WORDS: Final[dict[PayoutState, Words]] = {
    PayoutState.COMPUTED: Words("已计算", "computed"),
    PayoutState.AGREED: Words("专家已确认", "agreed"),
    PayoutState.OBJECTED: Words("专家有异议", "objected to"),
    PayoutState.CONFIRMED: Words("付款方已确认", "confirmed"),
    PayoutState.BATCHED: Words("已制单", "batched"),
    PayoutState.RELEASED: Words("已发出付款", "released"),
    PayoutState.PAID: Words("已到账", "paid"),
    PayoutState.FAILED: Words("付款失败", "failed"),
    PayoutState.UNKNOWN: Words("结果不明", "unknown"),
    PayoutState.RECONCILED: Words("已对账", "reconciled"),
}
"""What each state of a payout is called."""


class OrderVerb(StrEnum):
    """What is done to an order. Those without a permission follow by rule."""

    COMPUTE = "compute"
    RECOMPUTE = "recompute"
    AGREE = "agree"
    CONFIRM = "confirm"
    BATCH = "batch"
    RELEASE = "release"
    SETTLE = "settle"
    REOPEN = "reopen"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"payout.{self.value}"


class PayoutVerb(StrEnum):
    """What is done to a payout.

    ``RECOMPUTE``: the amount changed. ``DISMISS``: an objection was answered and the amount stays. ``LEAVE``: it is
    about to be sent; until somebody says what became of it, that is unknown. ``AGAIN``: a person has it sent again.
    """

    COMPUTE = "compute"
    RECOMPUTE = "recompute"
    AGREE = "agree"
    OBJECT = "object"
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    BATCH = "batch"
    LEAVE = "leave"
    RELEASE = "release"
    LOSE = "lose"
    PAY = "pay"
    FAIL = "fail"
    AGAIN = "again"
    RECONCILE = "reconcile"

    @property
    def permission(self) -> str:
        """The verb in the permission table."""
        return f"payout.{self.value}"


class OrderStep(NamedTuple):
    """One allowed step of an order. ``start`` is None before there is one."""

    start: OrderState | None
    verb: OrderVerb
    end: OrderState

    @property
    def who(self) -> frozenset[Role]:
        """The roles that may take it; none: by rule."""
        return frozenset(PERMISSIONS.get(self.verb.permission, {}))


class PayoutStep(NamedTuple):
    """One allowed step of a payout. ``start`` is None before there is one."""

    start: PayoutState | None
    verb: PayoutVerb
    end: PayoutState

    @property
    def who(self) -> frozenset[Role]:
        """The roles that may take it; none: the expert, or by rule."""
        return frozenset(PERMISSIONS.get(self.verb.permission, {}))


_O, _OV, _P, _V = OrderState, OrderVerb, PayoutState, PayoutVerb

ORDER_STEPS: Final = (
    OrderStep(None, _OV.COMPUTE, _O.COMPUTED),
    OrderStep(_O.COMPUTED, _OV.RECOMPUTE, _O.COMPUTED),
    OrderStep(_O.AGREED, _OV.RECOMPUTE, _O.COMPUTED),
    OrderStep(_O.COMPUTED, _OV.AGREE, _O.AGREED),
    OrderStep(_O.AGREED, _OV.CONFIRM, _O.CONFIRMED),
    OrderStep(_O.CONFIRMED, _OV.BATCH, _O.BATCHED),
    OrderStep(_O.BATCHED, _OV.RELEASE, _O.RELEASED),
    OrderStep(_O.BATCHED, _OV.SETTLE, _O.SETTLED),
    OrderStep(_O.RELEASED, _OV.SETTLE, _O.SETTLED),
    OrderStep(_O.SETTLED, _OV.REOPEN, _O.RELEASED),
)
"""Every step of an order; what is not listed is refused."""

PAYOUT_STEPS: Final = (
    PayoutStep(None, _V.COMPUTE, _P.COMPUTED),
    *(PayoutStep(start, _V.RECOMPUTE, _P.COMPUTED) for start in (_P.COMPUTED, _P.AGREED, _P.OBJECTED)),
    PayoutStep(_P.COMPUTED, _V.AGREE, _P.AGREED),
    PayoutStep(_P.AGREED, _V.AGREE, _P.AGREED),
    PayoutStep(_P.OBJECTED, _V.AGREE, _P.AGREED),
    PayoutStep(_P.CONFIRMED, _V.AGREE, _P.CONFIRMED),
    PayoutStep(_P.COMPUTED, _V.OBJECT, _P.OBJECTED),
    PayoutStep(_P.OBJECTED, _V.DISMISS, _P.AGREED),
    PayoutStep(_P.AGREED, _V.CONFIRM, _P.CONFIRMED),
    PayoutStep(_P.CONFIRMED, _V.BATCH, _P.BATCHED),
    PayoutStep(_P.CONFIRMED, _V.FAIL, _P.FAILED),
    PayoutStep(_P.BATCHED, _V.FAIL, _P.FAILED),
    PayoutStep(_P.BATCHED, _V.LEAVE, _P.UNKNOWN),
    PayoutStep(_P.BATCHED, _V.RELEASE, _P.RELEASED),
    PayoutStep(_P.UNKNOWN, _V.RELEASE, _P.RELEASED),
    PayoutStep(_P.RELEASED, _V.LOSE, _P.UNKNOWN),
    PayoutStep(_P.UNKNOWN, _V.PAY, _P.PAID),
    PayoutStep(_P.RELEASED, _V.PAY, _P.PAID),
    *(PayoutStep(start, _V.FAIL, _P.FAILED) for start in (_P.UNKNOWN, _P.RELEASED, _P.PAID, _P.RECONCILED)),
    PayoutStep(_P.UNKNOWN, _V.AGAIN, _P.BATCHED),
    PayoutStep(_P.FAILED, _V.AGAIN, _P.BATCHED),
    PayoutStep(_P.PAID, _V.RECONCILE, _P.RECONCILED),
)
"""Every step of a payout. Who has agreed may state anew what was paid elsewhere until the payout is batched. What is
nothing, because it was forfeited, stays agreed."""


def order_step(state: OrderState | None, verb: OrderVerb) -> OrderState:
    """Where the verb leads an order from this state. Raises `WrongStep`."""
    for each in ORDER_STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise WrongStep("none" if state is None else state.value, verb.value)


def payout_step(state: PayoutState | None, verb: PayoutVerb) -> PayoutState:
    """Where the verb leads a payout from this state. Raises `WrongStep`."""
    for each in PAYOUT_STEPS:
        if (each.start, each.verb) == (state, verb):
            return each.end
    raise WrongStep("none" if state is None else state.value, verb.value)
