"""What is wrong with a file for the bank, or with one from it: which row, which column, and how to mend it."""

from expertpool.core.errors import Conflict, Invalid, Several


class AccountUnusable(Invalid):
    code = "payouts.account-unusable"
    zh = "第 {row} 笔的收款账号不可用：须为 8 至 32 位数字，银联卡号还须校验位正确。请专家更正账号。"
    en = (
        "Payment {row}: the account cannot be paid. It has 8 to 32 digits, and a card's number its check digit. "
        "Have the expert correct it."
    )
    row: int


class PayeeUnusable(Invalid):
    code = "payouts.payee-unusable"
    zh = "第 {row} 笔的收款户名或用途为空、过长或含有不能写入文件的字符。请更正。"
    en = "Payment {row}: name or remark is empty, too long, or cannot be written into a file. Correct it."
    row: int


class AmountUnusable(Invalid):
    code = "payouts.amount-unusable"
    zh = "第 {row} 笔的金额不是大于零的合理金额。请更正。"
    en = "Payment {row}: the amount is not above zero, or is absurd. Correct it."
    row: int


class PaymentTwice(Invalid):
    code = "payouts.payment-twice"
    zh = "第 {row} 笔的业务参考号为空、过长或与另一笔相同，同一笔不得支付两次。"
    en = "Payment {row}: its reference is empty, too long, or stands twice; nothing is paid twice."
    row: int


class BatchEmpty(Invalid):
    code = "payouts.batch-empty"
    zh = "没有需要支付的款项，不生成文件。"
    en = "There is nothing to pay, so no file is made."


class DebtorMissing(Conflict):
    code = "payouts.debtor-missing"
    zh = "pain.001 报文只用于中心代付的批次，且须先在设置 payments.debtor_* 中填写中心账户的户名、账号和行号。"
    en = (
        "A pain.001 message is for batches that the centre disburses, once its account stands in the settings "
        "payments.debtor_*."
    )


class StatementColumnsMissing(Invalid):
    code = "payouts.statement-columns-missing"
    zh = "在前 {rows} 行中找不到流水的列名：须有金额（或借方金额）、日期和流水号三列。请从网银重新导出。"
    en = (
        "The first {rows} rows have no titles of a statement: it takes columns for the amount, the day and the bank's "
        "number. Download it from the bank again."
    )
    rows: int


class StatementAmountInvalid(Invalid):
    code = "payouts.statement-amount-invalid"
    zh = "第 {row} 行的“{title}”不是金额：“{said}”。请写作 1234.50，不四舍五入。"
    en = "Row {row}, “{title}”: “{said}” is no amount. Write it as 1234.50; nothing is rounded."
    row: int
    title: str
    said: str


class StatementDayInvalid(Invalid):
    code = "payouts.statement-day-invalid"
    zh = "第 {row} 行的“{title}”不是日期或时间：“{said}”。请写作 2026-11-22 或 2026-11-22 09:30:00。"
    en = "Row {row}, “{title}”: “{said}” is no day. Write it as 2026-11-22 or 2026-11-22 09:30:00."
    row: int
    title: str
    said: str


class StatementOutcomeUnknown(Invalid):
    code = "payouts.statement-outcome-unknown"
    zh = "第 {row} 行的“{title}”不是可用的处理结果：“{said}”。可用：{words}。处理中的请等有结果后再导入。"
    en = "Row {row}, “{title}”: “{said}” is no result. Known: {words}. Import again once the bank has one."
    row: int
    title: str
    said: str
    words: str


class StatementReferenceMissing(Invalid):
    code = "payouts.statement-reference-missing"
    zh = "第 {row} 行没有银行流水号，无法识别重复。请补充“{title}”。"
    en = "Row {row} has no number of the bank's, so a repetition could not be told. Fill in “{title}”."
    row: int
    title: str


class StatementNumberLost(Invalid):
    code = "payouts.statement-number-lost"
    zh = "第 {row} 行的“{title}”是数字格式，15 位以后已失真。请从网银重新导出，或将该列设为文本。"
    en = "Row {row}, “{title}” is a number and has lost what follows 15 digits. Download the file again, as text."
    row: int
    title: str


class StatementBothSides(Invalid):
    code = "payouts.statement-both-sides"
    zh = "第 {row} 行的借方与贷方金额须恰有一个。请核对银行文件。"
    en = "Row {row} has an amount on both sides or on neither. Check the bank's file."
    row: int


class StatementTwoPayments(Invalid):
    code = "payouts.statement-two-payments"
    zh = "第 {row} 行提到两笔不同的款项，无法判断是哪一笔。请核对银行文件。"
    en = "Row {row} names two different payments, so it cannot be told which one it is. Check the bank's file."
    row: int


class StatementRefused(Several):
    code = "payouts.statement-refused"
    zh = "银行文件有误，未导入任何内容："
    en = "The bank's file is wrong, and nothing of it was taken:"
