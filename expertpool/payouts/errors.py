"""What payouts refuse. The form of what is sent is checked by the schemas; here is what the books know."""

from expertpool.core.errors import Conflict, Invalid, NotFound


class NoSuchOrder(NotFound):
    code = "payouts.no-such-order"
    zh = "没有这张付款单，或您无权查看。付款单在场次办结后自动生成；请核对二维码或编号。"
    en = "There is no such payment order, or you may not see it. It is made once the day is closed; check the code."


class NoSuchPayout(NotFound):
    code = "payouts.no-such-payout"
    zh = "没有这笔劳务报酬，或您无权办理。"
    en = "There is no such payout, or you may not act on it."


class WrongStep(Conflict):
    code = "payouts.wrong-step"
    zh = "当前状态为 {state}，不能执行 {verb}，未作任何更改。请刷新页面查看当前进展。"
    en = "It is {state}; {verb} is not possible now, and nothing was changed. Reload to see how it stands."
    state: str
    verb: str


class AmountMoved(Conflict):
    code = "payouts.amount-moved"
    zh = "在您查看之后金额已重新计算，您的确认未生效。请查看新的金额后再确认。"
    en = "The amounts were computed anew since you looked, so this was not confirmed. Look at them again, then confirm."


class AlreadyApproved(Conflict):
    code = "payouts.already-approved"
    zh = "您已确认过这张付款单，还须另一账号确认。"
    en = "You have confirmed this order already; it takes another account beside yours."


class CentrePays(Conflict):
    code = "payouts.centre-pays"
    zh = "这张付款单由中心代发，须由中心财务的两个账号确认。"
    en = "The centre disburses this order; two accounts of its finance confirm it."


class NoObjection(Conflict):
    code = "payouts.no-objection"
    zh = "这笔劳务报酬没有待答复的异议。"
    en = "No objection to this payout waits for an answer."


class ElsewhereInvalid(Invalid):
    code = "payouts.elsewhere-invalid"
    zh = "已扣税额不能超过同一付款方本月另付的税前金额，请改正。"
    en = "The tax withheld cannot be more than what this payer paid elsewhere this month; correct it."


class NoSuchBatch(NotFound):
    code = "payouts.no-such-batch"
    zh = "没有这个付款批次，或您无权办理。"
    en = "There is no such batch of payments, or you may not act on it."


class BatchWithProvider(Conflict):
    code = "payouts.batch-with-provider"
    zh = "这一批次由支付机构付款，不导出文件：再交银行可能重复支付。"
    en = "The payment provider pays this batch, so no file of it is made: given to a bank it might be paid twice."


class BatchEmptied(Conflict):
    code = "payouts.batch-emptied"
    zh = "这一批次没有可支付的款项：收款账户均有误，已通知专家更正。"
    en = "Nothing in this batch can be paid: every account is wrong, and the experts were told."


class NamesSealed(Conflict):
    code = "payouts.names-sealed"
    zh = "名单尚不能对付款方公开，只能导出交银行的密封文件。定标（公告结果）后可导出明文。"
    en = "The payer may not know the names yet: only the file sealed to the bank can be exported until they open."


class BankKeyMissing(Conflict):
    code = "payouts.bank-key-missing"
    zh = "没有启用的银行接收密钥，不能密封给银行。请登记银行密钥，或等待名单公开后导出明文。"
    en = "No key of a bank is in force, so nothing can be sealed to it. Register one, or wait until the names open."


class NotByProvider(Conflict):
    code = "payouts.not-by-provider"
    zh = "这笔款项经文件交银行支付，不能由系统重发。请向银行核实后认定结果。"
    en = "This went to the bank in a file, so the service cannot send it again. Ask the bank, then state the outcome."


class DifferenceOpen(Conflict):
    code = "payouts.difference-open"
    zh = "这笔款项还有未处理的差异，处理之前不能重新支付，以免重复。"
    en = "Something about this payment does not match; it is not paid again before that is dealt with."


class NoSuchDifference(NotFound):
    code = "payouts.no-such-difference"
    zh = "没有这项差异，或已处理，或您无权处理。"
    en = "There is no such difference, or it was dealt with, or you may not deal with it."


class StatementKnown(Conflict):
    code = "payouts.statement-known"
    zh = "这个文件已于 {day} 导入过，未再导入，也没有任何变化。"
    en = "This very file was imported on {day}; nothing was imported again and nothing changed."
    day: str


class NothingToDeclare(NotFound):
    code = "payouts.nothing-to-declare"
    zh = "该付款单位这个月没有您可申报的付款。请核对月份和付款单位。"
    en = "That payer has no payments in that month which you declare. Check month and payer."
