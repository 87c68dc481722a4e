"""Sends one-time codes beside everything else, so that no answer waits for a gateway or tells that there was one.

What waits is in memory alone. A vault that is killed forgets it: whoever got no code asks for another one.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, Self

import structlog
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.ids import new_id
from expertpool.draws.parts import Parts
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Message
from expertpool.invitations.parts import OrderedGateways
from expertpool.vault.one_time_codes import known

THREADS: Final = 2
_TEXT: Final = "【专家服务】登录验证码 {code}，请勿告诉任何人。非本人操作请忽略。 Sign-in code {code}: tell nobody."

log = structlog.get_logger("vault")


class Courier:
    """Use as a context manager; on leaving it finishes what waits."""

    def __init__(self, parts: Parts, gateways: OrderedGateways) -> None:
        self._parts = parts
        self._gateways = gateways

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(THREADS, "courier")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def send(self, phone: str, code: str) -> None:
        """Have a code sent."""
        self._pool.submit(self.deliver, phone, code)

    def deliver(self, phone: str, code: str) -> None:
        """Send it now, to a number of the pool. What goes wrong is logged by code: nobody waits for an answer."""
        try:
            with Session(self._parts.engine.execution_options(**READ_ONLY)) as session:
                if not known(session, self._parts, phone):
                    return
            self._hand_over(Message(new_id("otm"), Channel.SMS, phone, _TEXT.format(code=code)))
        except ExpertpoolError as error:
            log.warning("vault.code-not-sent", reason=error.code)
        except Exception as error:  # noqa: BLE001 -- a message might hold what must not be logged
            log.critical("vault.courier-failed", reason=type(error).__name__)

    def _hand_over(self, message: Message) -> None:
        """To the first gateway that takes it. Raises what the last one raises, `GatewayFailed` where there is none."""
        gateways = self._gateways.of(message.channel)
        if not gateways:
            raise GatewayFailed(message.channel.value)
        for gateway in gateways[:-1]:
            with suppress(GatewayFailed, GatewayRefused):
                return gateway.send(message)
        return gateways[-1].send(message)
