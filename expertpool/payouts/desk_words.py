"""What the desk of fees says: what an order waits for, how urgent that is, where the guide tells of it."""

from typing import Final

from expertpool.payouts.lifecycle import PayoutState
from expertpool.sessions.desk_words import Waits

AGREEING: Final = Waits(
    "等专家确认",
    "Waits for the experts",
    "专家在手机上同意，满 24 小时不答复视为同意。付款单位可以先确认，专家全部同意后生效。",
    "They agree on the phone; 24 hours of silence count. The payer may confirm now, to take effect once all have.",
)
OBJECTED: Final = Waits(
    "有专家提出异议",
    "An expert objects",
    "中心核对当日时间：时间不对的更正，金额随之重算；时间无误的写明答复，金额不变。",
    "The centre checks the times of the day: it corrects a wrong one, and the amount follows, or answers why not.",
    "red",
    "payout-objected",
)
TO_CONFIRM: Final = Waits(
    "请核对并付款",
    "To be checked and paid",
    "专家均已同意。扫码或点按钮，确认一次。",
    "All experts have agreed. Scan the code or press the button, once.",
    "amber",
    "payout-to-confirm",
)
SOON: Final = Waits(
    "付款期限将至",
    "The deadline comes near",
    "请尽快核对并确认。",
    "Please check and confirm it soon.",
    "amber",
    "payout-soon",
)
OVERDUE: Final = Waits(
    "已逾期未付款",
    "Payment is overdue",
    "请立即核对并确认；逾期已记录在账本。",
    "Check and confirm it at once; that it is late is in the ledger.",
    "red",
    "payout-overdue",
)
SECOND: Final = Waits(
    "等第二个账号确认",
    "Waits for a second account",
    "由中心代发的，须中心财务两个账号先后确认。",
    "What the centre disburses is confirmed by two accounts of its finance.",
    "amber",
    "payout-to-confirm",
)
APPROVED: Final = Waits(
    "付款单位已确认，等专家同意",
    "The payer has confirmed; the experts still agree",
    "专家全部同意后自动发放；金额若有更正，须重新确认。",
    "It goes out by itself once all have agreed; if an amount is corrected, the payer confirms anew.",
)
MOVING: Final = Waits(
    "已确认，正在发放",
    "Confirmed, and on its way",
    "由系统交银行转账，到账后自动更新。不用做什么。",
    "It is handed to the bank, and this page follows. Nothing to do.",
)
FAILED: Final = Waits(
    "有款项支付失败",
    "A payment failed",
    "钱没有付出。请专家更正账户后，重新发放这一笔。",
    "The money did not leave. Once the expert has corrected the account, have this one sent again.",
    "red",
    "payout-failed",
)
UNKNOWN: Final = Waits(
    "有款项结果不明",
    "Of a payment nobody knows whether it was made",
    "系统不会自动重发。请查银行流水，再说明这一笔是否已付。",
    "Nothing is sent again by itself. Look at the bank’s statement, then say whether it was paid.",
    "red",
    "payout-unknown",
)
SETTLED: Final = Waits(
    "已全部到账",
    "All of it has arrived",
    "专家可下载报酬单；凭证可与银行流水核对。",
    "Experts can download their slips; the books agree with the bank’s statement.",
)

UNDECLARED: Final = Waits(
    "待列名",
    "Waiting for names",
    tone="amber",
    situation="payout-undeclared",
)

TONES: Final = {
    **dict.fromkeys(PayoutState, "green"),
    PayoutState.OBJECTED: "red",
    PayoutState.FAILED: "red",
    PayoutState.UNKNOWN: "red",
}
"""How urgent a seat's payment is by its state."""
