"""A site whose ledger has a whole draw, with signatures and cosignatures; and what pages are looked at with."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from expertpool.core.ledger_store import TransactionLog
from ledger.entry import Draft, Entry
from tests.protocol.simulation import Setup, Simulation, to_bytes
from tests.website import Website

SEED = 10**24
DRAW = f"drw_{SEED}a"
VOID = {"meta", "link", "img", "br", "input", "rect", "path", "circle"}


@cache
def simulated() -> Simulation:
    """One draw with two vacancies, the same for all tests."""
    return Simulation(Setup(seed=SEED, vacancies=("declined", "no-answer"))).run()


@cache
def bundle_bytes(*, audit: bool) -> bytes:
    return to_bytes(simulated().bundle(audit=audit))


def drafts(entries: Sequence[Entry]) -> list[Draft]:
    return [Draft(each.kind, each.actor, datetime.fromisoformat(each.time), each.body) for each in entries]


def append(site: Website, made: Sequence[Draft]) -> list[Entry]:
    """Append to the ledger; nobody has signed for it yet."""
    with site.service.engine.begin() as connection:
        return TransactionLog(connection).append(made)


def tell_draw(site: Website, *, closed: bool = True) -> list[Entry]:
    """Append the draw's entries, without its close if it still runs."""
    entries = simulated().log.entries
    return append(site, drafts(entries if closed else [each for each in entries if each.kind != "draw.closed"]))


def trust(site: Website) -> None:
    """Put the policy where the installation looks for it."""
    path = site.service.settings.ledger.witness_policy
    assert path is not None
    path.write_text(site.service.policy_text)


def prove(site: Website) -> None:
    """Sign and have it cosigned, under a policy that asks for it."""
    trust(site)
    site.service.signer.step()
    site.service.cosign()


def bundles(site: Website) -> Path:
    folder = site.service.settings.paths.var / "bundles"
    folder.mkdir(exist_ok=True)
    return folder


class Checker(HTMLParser):
    """Collects tags and text, and checks that the tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag
