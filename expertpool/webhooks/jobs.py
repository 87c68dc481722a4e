"""What webhooks have the worker do: couriers beside its jobs, because a message is sent with no transaction open."""

from collections.abc import Mapping
from typing import Final

from expertpool.core.jobs import Handler
from expertpool.webhooks.sending import start

HANDLERS: Final[Mapping[str, Handler]] = {}

BESIDE: Final = (start,)
