"""Where webhooks may be sent: the settings of ``webhooks``."""
# ruff: noqa: RUF009 - `setting` declares a field; its default is made once because it cannot change.

import re
from dataclasses import dataclass
from pathlib import Path

from expertpool.core.settings_fields import Form, setting

_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
NETWORK = Form(
    re.compile(rf"{_BYTE}(\.{_BYTE}){{3}}/(3[0-2]|[12]?[0-9])|[0-9a-f]{{1,4}}(:[0-9a-f]{{1,4}}){{0,6}}::/[1-9][0-9]"),
    "必须是网段，如 10.20.0.0/16 或 fd12:3456::/48",
    "must be a network such as 10.20.0.0/16 or fd12:3456::/48",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Messages that the service sends to programs of others."""

    networks: tuple[str, ...] = setting(
        (),
        zh="允许发往的内部网段（如政务外网中的交易系统）；未列出的内部地址、本机和链路地址一律不发。",
        en="Internal networks to which messages may go, such as that of a trading system; to no other private, local "
        "or link address is anything sent.",
        form=NETWORK,
    )
    authorities: Path | None = setting(
        None,
        zh="接收方 TLS 证书由内部 CA 签发时，该 CA 证书的 PEM 文件；为空则只信任系统自带的 CA。",
        en="PEM file of the authorities that sign receivers' TLS certificates, where the system's own do not; empty "
        "for the system's own alone.",
    )
    timeout_s: int = setting(
        10,
        zh="等待一个接收方应答的最长时间（秒），从连接到应答，超时按失败重试。",
        en="Longest wait for one receiver, from connecting to its answer, in seconds; then it is tried again later.",
        bounds=(1, 60),
    )
