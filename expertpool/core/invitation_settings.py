"""How the vault sends. What an expert is given time for stands in the rulebook (``service.calls``)."""

from dataclasses import dataclass
from typing import Literal

from expertpool.core.settings_fields import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSettings:
    """How the vault sends calls and messages. Every figure is a product default."""

    at_once: int = setting(
        16,
        zh="同时发出的电话和短信的数量。",
        en="Calls and messages that go out side by side.",
        bounds=(1, 64),
    )
    lease_s: int = setting(
        60,
        zh="一条消息的租期（秒）；超过租期未记录结果的消息以同一编号重新发送。须大于网关的等待时间。",
        en="How long a message is held for sending, in seconds; then it is sent again under the same id. Longer than "
        "gateways may take.",
        bounds=(5, 3600),
    )
    sends_each: int = setting(
        3,
        zh="同一网关连续失败多少次后改用备用网关。",
        en="After how many failures of one gateway the next one is used.",
        bounds=(1, 20),
    )
    language: Literal["zh", "en"] = setting(
        "zh",
        zh="给专家的通知所用的语言：zh 或 en。",
        en="The language of what experts are told.",
    )
