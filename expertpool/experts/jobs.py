"""What the pool has the worker do besides its jobs."""

from collections.abc import Mapping
from typing import Final

from expertpool.core.jobs import Handler
from expertpool.core.upkeep import Task
from expertpool.experts import uploads
from expertpool.experts.importer import run_one

HANDLERS: Final[Mapping[str, Handler]] = {}

UPKEEP: Final[Mapping[str, Task]] = {"imports.forget": uploads.sweep}

LONG_WORK: Final = {"imports.run": run_one}
