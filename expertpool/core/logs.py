"""One way to log: JSON lines in production, readable ones in a demonstration, to standard error, never a secret.

Events are named, values are fields: ``log.info("signer.started", size=7)``. A field whose name says that it holds a
secret or a person's particulars is replaced before it is written, wherever it was logged.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Literal

import structlog
from structlog.typing import Processor

REDACTED: Final = "[redacted]"
_SECRET: Final = re.compile(
    r"passphrase|password|secret|token|authorization|cookie|private|seed|salt|credential|disclosure|url$"
    r"|phone|mobile|id_?card|bank|email|real_?name",
    re.IGNORECASE,
)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of fields that may hold a secret or a person's particulars, in nested ones too."""
    return {name: REDACTED if _SECRET.search(name) else _redact_within(value) for name, value in event.items()}


def _redact_within(value: object) -> object:
    if isinstance(value, dict):
        return redact(None, "", {str(name): inner for name, inner in value.items()})
    if isinstance(value, list | tuple):
        return [_redact_within(inner) for inner in value]
    return value


def configure_logs(mode: Literal["demo", "production"], process: str) -> None:
    """Set up logging of this process, its libraries' included. ``process`` stands in every line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    last: list[Processor] = [redact]
    if mode == "production":
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        # Tracebacks without the values of local variables, which may be names or keys.
        plain = structlog.dev.plain_traceback
        last += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _named(process: str) -> Processor:
    def add(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["process"] = process
        return event

    return add
