"""What the ledger's pages have the worker do."""

from collections.abc import Mapping
from typing import Final

from expertpool.audit.indexing import follow
from expertpool.core.jobs import Handler
from expertpool.core.upkeep import Task

HANDLERS: Final[Mapping[str, Handler]] = {}

FOLLOWING: Final[Mapping[str, Task]] = {"ledger.index": follow}
