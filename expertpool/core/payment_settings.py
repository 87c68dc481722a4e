"""How fees are paid: the section of payments."""

import re
from dataclasses import dataclass
from typing import Literal

from expertpool.core.settings_fields import LINE, OPTIONAL_WEB_ADDRESS, Form, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettings:
    """Where confirmed payments go: to a provider over HTTP (docs/spec/payment-provider.md), or into files for a bank.

    A provider's secrets stand in the environment: EXPERTPOOL_PAYMENTS_SECRET, which the vault alone gets, and
    EXPERTPOOL_PAYMENTS_REPORTS_SECRET, which the web process alone gets.
    """

    url: str = setting(
        "",
        zh="支付机构适配程序的网址，正式运行必须是 https；为空则不经网络支付，由财务导出批量支付文件交银行。",
        en="Address of the payment provider's adapter; https in production. Empty: nothing is paid over the network, "
        "and finance exports files for the bank.",
        form=OPTIONAL_WEB_ADDRESS,
    )
    timeout_s: int = setting(
        10,
        zh="等待支付机构应答的最长时间（秒）；超时后该笔是否支付即为“不明”，系统不会自动重发。",
        en="Longest wait for its answer, in seconds. After that it is unknown whether it pays, and nothing is sent "
        "again by itself.",
        bounds=(1, 60),
    )
    disbursed_by: Literal["payer", "centre"] = setting(
        "payer",
        zh="谁发放劳务报酬：payer 为付款方自己；centre 为交易中心代发，此时每张付款单须由中心财务的两个账号确认"
        "（规则 fees.approval）。",
        en="Who disburses: `payer`, each for itself, or `centre` for all of them; then two accounts of its finance "
        "confirm each payment order (rule fees.approval).",
    )
    debtor_name: str = setting(
        "",
        zh="中心代付账户的户名，写入 pain.001 报文；与下面两项都填写后，由中心代付的批次才能导出该报文。",
        en="Name of the centre's account, for pain.001 messages; with the two below, batches that the centre disburses "
        "can be exported as such.",
        form=LINE,
    )
    debtor_account: str = setting(
        "",
        zh="中心代付账户的账号。",
        en="Number of that account.",
        form=Form(re.compile(r"([0-9]{8,32})?"), "必须是 8 至 32 位数字，或为空", "must be 8 to 32 digits, or empty"),
    )
    debtor_bank: str = setting(
        "",
        zh="该账户开户行的支付系统行号（CNAPS，12 位数字）。",
        en="CNAPS number of the bank that keeps it, 12 digits.",
        form=Form(re.compile(r"([0-9]{12})?"), "必须是 12 位数字，或为空", "must be 12 digits, or empty"),
    )
