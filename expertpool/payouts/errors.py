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


class TariffMissing(Conflict):
    code = "payouts.tariff-missing"
    zh = "规则库没有劳务报酬标准，不能计算。请规则管理人员补充后自动计算。"
    en = "The rulebook has no standard of fees, so nothing is computed; it is once the rulebook has one."
