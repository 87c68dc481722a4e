"""Rows that were altered behind the vault's back: whoever looks again and again says so once."""

from functools import cache

import structlog

log = structlog.get_logger("invitations")


@cache
def tell_altered(draw: str) -> None:
    """Log, once in a process, that something which is sealed for a draw does not open."""
    log.critical("invitations.altered", draw=draw)
