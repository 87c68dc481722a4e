"""A sandbox provider on loopback, as tests play with it.

with serving(tmp_path, fail_every=2) as sandbox:
    sandbox.provider().pay(payment(1))
    sandbox.books.paid()
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from expertpool.core.clock import FixedClock
from expertpool.payouts.http_provider import HttpProvider
from expertpool.payouts.provider import Payment
from expertpool.payouts.sandbox import Behaviour, Books
from expertpool.payouts.sandbox_server import SandboxServer

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = b"the-secret-for-what-is-paid-out!"
REPORTS_SECRET = b"the-secret-for-what-was-paid-out"


def payment(number: int, amount: int = 60_000) -> Payment:
    return Payment(f"pay_{number}", "张示例", f"0000{number:012d}", amount, f"评审劳务报酬 pay_{number}")


@dataclass(frozen=True)
class Sandbox:
    """A provider that is served, its books, and the clock that both sides have."""

    server: SandboxServer
    books: Books
    clock: FixedClock

    def provider(self, *, secret: bytes = SECRET, now: datetime | None = None, timeout: float = 10) -> HttpProvider:
        clock = self.clock if now is None else FixedClock(now)
        return HttpProvider(self.server.url, secret=secret, clock=clock, timeout=timeout)


@contextmanager
def serving(folder: Path, *, clock: FixedClock | None = None, **behaviour: Any) -> Iterator[Sandbox]:
    """Serve one whose books lie in a folder; `Behaviour` says what goes wrong."""
    clock = clock or FixedClock(NOW)

    def now() -> float:
        return clock.now().timestamp()

    books = Books(folder / "sandbox.db", Behaviour(**behaviour), now)
    with SandboxServer(0, books, SECRET, now) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Sandbox(server, books, clock)
        finally:
            server.shutdown()
            thread.join()
            books.close()
