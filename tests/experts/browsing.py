"""What tests of the pool's pages share: who looks, what a page shows, how many statements it takes."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

from sqlalchemy import event

from expertpool.experts import queries
from policies.facts import Expert as Facts
from tests.browser import Browser, entered
from tests.experts.desk import MANAGER, Desk


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    """What this thread reads meanwhile: the signer has statements of its own, and so has a new connection."""
    statements: list[str] = []
    here = threading.get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.get_ident() == here and statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(desk.site.service.engine, "before_cursor_execute", note)
    yield statements
    event.remove(desk.site.service.engine, "before_cursor_execute", note)


def manager(desk: Desk) -> Browser:
    return entered(desk.site, MANAGER)


def listed(text: str) -> list[str]:
    return re.findall(r"/pool/experts/(exp_[0-9a-z]{26})\"", text)


def value_of(text: str, name: str) -> str:
    """What a field shows."""
    found = re.search(rf'name="{re.escape(name)}"[^>]*? value="([^"]*)"', text)
    assert found is not None, name
    return unescape(found[1])


def record_of(desk: Desk, expert_id: str) -> Facts:
    with desk.site.service.transactions.begin("svc:test") as tx:
        return queries.record_of(tx.session, expert_id).expert
