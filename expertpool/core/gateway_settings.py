"""How experts are reached, and whom the evening's preflight tells: the sections of the gateways."""

import re
from dataclasses import dataclass
from typing import Literal

from expertpool.core.settings_fields import LINE, OPTIONAL_WEB_ADDRESS, TIME_OF_DAY, Form, setting

CHANNEL = Form(re.compile(r"voice|sms"), "只能是 voice 或 sms", "may have voice and sms only")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """A gateway for calls and text messages over HTTP, as docs/spec/gateway.md describes it.

    Its secrets stand in the environment: of the first one EXPERTPOOL_GATEWAY_FIRST_SECRET, which the vault alone gets,
    and EXPERTPOOL_GATEWAY_FIRST_REPORTS_SECRET, which the web process alone gets; of the second one alike.
    """

    url: str = setting(
        "",
        zh="网关适配程序的网址，正式运行必须是 https。第一网关为空时，演示中的通知只写成文件，正式运行则不启动；"
        "第二网关可以为空。",
        en="Address of the gateway's adapter; https in production. Where the first one's is empty, a demonstration "
        "writes messages to files, and production does not start; the second one's may be empty.",
        form=OPTIONAL_WEB_ADDRESS,
    )
    channels: tuple[str, ...] = setting(
        ("voice", "sms"),
        zh="该网关能发送的渠道：voice 为语音电话，sms 为短信。",
        en="What it sends: `voice` for calls, `sms` for text messages.",
        form=CHANNEL,
    )
    timeout_s: int = setting(
        10,
        zh="等待网关应答的最长时间（秒），超时即改用另一网关。",
        en="Longest wait for its answer, in seconds; then the other gateway is tried.",
        bounds=(1, 60),
    )
    balance_low: int = setting(
        10_000,
        zh="余额低于多少（分）即提醒值班人员。",
        en="Below which balance, in 分, the duty officer is told.",
        bounds=(0, 1_000_000_000),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """E-mail. Its password stands in the environment: EXPERTPOOL_SMTP_PASSWORD, which the vault alone gets."""

    host: str = setting(
        "",
        zh="邮件服务器；为空则不发邮件。",
        en="The mail server; empty for no e-mail.",
        form=LINE,
    )
    port: int = setting(
        587,
        zh="邮件服务器的端口：STARTTLS 一般为 587，TLS 一般为 465。",
        en="Its port: 587 as a rule with STARTTLS, 465 with TLS.",
        bounds=(1, 65_535),
    )
    security: Literal["starttls", "tls", "none"] = setting(
        "starttls",
        zh="连接方式：starttls、tls，或 none（不加密，正式运行不允许）。",
        en="How the connection is protected; `none` is refused in production.",
    )
    sender: str = setting(
        "",
        zh="发件人地址。",
        en="The address that messages come from.",
        form=LINE,
    )
    user: str = setting(
        "",
        zh="登录名；为空则不登录。",
        en="The name to log in with; empty for no login.",
        form=LINE,
    )
    timeout_s: int = setting(
        20,
        zh="等待邮件服务器应答的最长时间（秒）。",
        en="Longest wait for the server's answer, in seconds.",
        bounds=(1, 120),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightSettings:
    """The evening's check of what tomorrow's sessions need."""

    at: str = setting(
        "20:00",
        zh="每晚检查的时刻（北京时间）。产品默认值：未见规定。",
        en="When it is made every evening, in the centre's time. A product default: no text sets one.",
        form=TIME_OF_DAY,
    )
    officer_phone: str = setting(
        "",
        zh="值班人员的电话号码：有问题时发短信；为空则不发。",
        en="Telephone number of the duty officer, who gets a text message when something is amiss; empty for none.",
        form=LINE,
        secret=True,
    )
    officer_email: str = setting(
        "",
        zh="值班人员的邮箱：有问题时发邮件；为空则不发。正式运行时电话和邮箱至少填一项。",
        en="The duty officer's e-mail address, likewise; production needs one of the two.",
        form=LINE,
        secret=True,
    )
    disk_low_mib: int = setting(
        2048,
        zh="磁盘剩余空间低于多少（MiB）即提醒。",
        en="Below which free space on a disk, in MiB, the officer is told.",
        bounds=(1, 10_000_000),
    )
    agent_silent_minutes: int = setting(
        30,
        zh="密钥保管方的程序多久（分钟）没有联系即提醒。",
        en="After how many minutes without a word from a key holder's agent the officer is told.",
        bounds=(20, 10_080),
    )
