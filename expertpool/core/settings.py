"""Settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    url: str = "sqlite:///var/expertpool.db"
    pool_size: int = 5
    busy_timeout_ms: int = 5000
