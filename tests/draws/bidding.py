"""Bidder lists as a trading system seals them, and who of a pool is tied to whom."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from expertpool.draws.models import Draw
from expertpool.draws.stored_strikes import rows_struck
from expertpool.draws.stored_table import stored_table
from expertpool.experts.models import RosterLine
from expertpool.identity.roles import Role
from expertpool.projects import service
from expertpool.projects.envelope import sealed_info
from expertpool.projects.handover import take_bidder_list
from expertpool.projects.models import EvaluationSession
from expertpool.projects.terms import SealedKind
from expertpool.protocol.envelope import seal_to
from expertpool.protocol.stored_facts import read_stored
from policies.facts import Unit
from tests.draws.world import OPENS, DrawWorld
from tests.projects.world import SITTING
from tests.sealing.world import credit_code

SECOND = timedelta(seconds=1)
STRANGERS = tuple(Unit(f"外地公司{number}", credit_code(900 + number)) for number in range(3))
"""Units for which nobody of the pool works."""


def bidder(unit: Unit) -> dict[str, Any]:
    return {"code": unit.code, "name": unit.name, "principals": ["某某"]}


def listing(world: DrawWorld, draw: Draw, bidders: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The plaintext: the same bidders for each lot."""
    with world.session() as session:
        sitting = session.get_one(EvaluationSession, draw.session_id)
        return {"lots": [{"bidders": [*bidders], "lot": each.lot.code} for each in sitting.session_lots]}


def deliver(world: DrawWorld, draw: Draw, bidders: Iterable[dict[str, Any]]) -> bytes:
    """Deliver a list; gives the ciphertext."""
    return deliver_bytes(world, draw, json.dumps(listing(world, draw, bidders), ensure_ascii=False).encode())


def deliver_bytes(world: DrawWorld, draw: Draw, plaintext: bytes, key: bytes | None = None) -> bytes:
    with world.site.service.transactions.begin("svc:test") as tx:
        sitting = tx.session.get_one(EvaluationSession, draw.session_id)
        codes = {"centre": world.site.centre.code, "project": sitting.project.code, "session": sitting.code}
        public = world.sealing.vault.public_key().public_bytes_raw() if key is None else key
        sealed = seal_to(public, sealed_info(SealedKind.BIDDER_LIST, **codes), plaintext.ljust(16_384))
        digest = hashlib.sha256(sealed).hexdigest()
        take_bidder_list(tx, sitting, sealed=sealed, vault_key="0" * 64, sha256=digest)
    return sealed


def opening(world: DrawWorld, *, plus: timedelta = timedelta()) -> None:
    """Let the bid opening come."""
    world.clock.advance(OPENS + plus - world.clock.now())


def employers(world: DrawWorld, experts: Iterable[str], *, former: bool = False) -> list[Unit]:
    """For whom some experts work, in their order, or ever worked."""
    with world.session() as session:
        facts = [read_stored(session.get_one(RosterLine, expert).facts or "{}").expert for expert in experts]
    return [job.unit for each in facts for job in (each.employments or ())[slice(None) if former else slice(-1, None)]]


def elsewhere(world: DrawWorld, draw: Draw) -> Unit:
    """An employer of many who may be drawn, for whom nobody worked who sits."""
    with world.session() as session:
        made = stored_table(session, world.parts().keys, draw.id)
        able = [expert for expert, lines in zip(made.experts, made.table.lines, strict=True) if lines]
    seated = {
        unit.code for unit in employers(world, (each.expert for each in world.seated(draw).values()), former=True)
    }
    return next(unit for unit, _ in Counter(employers(world, able)).most_common() if unit.code not in seated)


def struck(world: DrawWorld, draw: Draw) -> set[str]:
    """Who may not be drawn any more, as only the vault knows."""
    with world.session() as session:
        made = stored_table(session, world.parts().keys, draw.id)
        rows, _ = rows_struck(session, world.parts().keys, draw.id, made)
        return {made.experts[row] for row in rows}


def reschedule(world: DrawWorld, draw: Draw, starts: datetime, opens_at: datetime = OPENS) -> None:
    """Give the session of a draw another time."""
    facts = replace(SITTING, starts=starts, opens_at=opens_at)
    world.sealing.as_(
        Role.INITIATOR, lambda tx: service.reschedule_session(tx, draw.session_id, facts=facts, reason="变更")
    )


def postpone(world: DrawWorld, draw: Draw, not_before: datetime | None = None) -> None:
    """Put it off until another time is set."""
    world.sealing.as_(
        Role.INITIATOR, lambda tx: service.postpone_session(tx, draw.session_id, reason="延期", not_before=not_before)
    )


def cancel(world: DrawWorld, draw: Draw) -> None:
    """Cancel it for good."""
    world.sealing.as_(Role.INITIATOR, lambda tx: service.cancel_session(tx, draw.session_id, reason="终止"))
