"""What every verb of the pool shares: who may, and what the entry says of everything that one transaction did.

A verb notes its change (`note`); when the verbs are done, each pool that was touched gets one event. A line that
differs then from what was committed before gets its next version, salt and leaf, however many verbs changed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import delete, insert

from expertpool.core.transaction import Transaction
from expertpool.experts.errors import ExpertUnknown, MirroredElsewhere
from expertpool.experts.events import Change, ExpertsChanged
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.listing import reaches
from expertpool.experts.models import Expert, RosterClaim, RosterLine
from expertpool.experts.queries import claim_key
from expertpool.identity.errors import NotPermitted
from expertpool.identity.permissions import Caller, has_verb
from expertpool.identity.service import caller_of
from expertpool.protocol import roster
from expertpool.protocol.facts import Record, write
from expertpool.protocol.stored_facts import read_stored
from policies.areas import current

MIRROR: Final = "svc:mirror"
"""The service that takes over a mirrored pool by its origin's signature; the only actor who changes such a pool."""

_CHANGES: Final = "changes of experts"


def require_pool(tx: Transaction, pool: Pool, verb: str) -> None:
    """Raise `NotPermitted` unless the permission table lets the actor do this to the pool's centre.

    A mirrored pool is changed by its mirror alone, whatever the table says; raises `MirroredElsewhere`.
    """
    if not _covers(tx, _caller(tx, verb), verb, pool):
        raise NotPermitted(verb)
    if pool.origin is Origin.MIRRORED and tx.actor != MIRROR:
        raise MirroredElsewhere


def require_expert(tx: Transaction, expert_id: str, verb: str) -> Expert:
    """An expert whom the actor may change, locked. Raises `NotPermitted`, `MirroredElsewhere`, `ExpertUnknown`.

    An expert of a centre out of reach is as unknown as one who does not exist.
    """
    caller = _caller(tx, verb)
    expert = tx.session.get(Expert, expert_id, with_for_update=True)
    if expert is None or not _covers(tx, caller, verb, Pool(expert.centre_id, expert.origin)):
        raise ExpertUnknown
    if expert.origin is Origin.MIRRORED and tx.actor != MIRROR:
        raise MirroredElsewhere
    return expert


def note(tx: Transaction, expert: Expert, verb: str, ground: str | None) -> None:
    """Note what was done to an expert, for the entry."""
    expert.revision += 1
    _changes(tx, Pool(expert.centre_id, expert.origin)).noted.append(Change(expert.id, verb, ground))


def write_line(tx: Transaction, line: RosterLine, record: Record, *, on_roster: bool) -> None:
    """Put down an expert's facts and whether they are on the roster. Whoever changes ``line.person`` does so after."""
    before = _changes(tx, Pool(line.centre_id, line.origin)).before
    before.setdefault(line.expert_id, (line, _committed(line)))
    line.facts, line.area, line.on_roster = write(record), area_of(record), on_roster


def claims_of(record: Record) -> list[str]:
    """The claims under which an expert is found, each once."""
    return sorted({claim_key(claim) for claim in record.expert.claims or ()})


def area_of(record: Record) -> str | None:
    """The area by which an expert is found: a retired code's successor."""
    return None if record.expert.area is None else current(record.expert.area)


@dataclass
class _Changes:
    """What one transaction has done to one pool so far."""

    noted: list[Change] = field(default_factory=list)
    before: dict[str, tuple[RosterLine, tuple[bool, str, bytes | None]]] = field(default_factory=dict)


def _changes(tx: Transaction, pool: Pool) -> _Changes:
    pools: dict[Pool, _Changes] = tx.session.info.setdefault(_CHANGES, {})
    if pool not in pools:
        if pools:
            raise RuntimeError("one transaction changes one pool: its last entry has the images of the pool's lines")
        pools[pool] = _Changes()
        tx.at_end(lambda: _sum_up(tx, pool, pools[pool]))
    return pools[pool]


def _sum_up(tx: Transaction, pool: Pool, changes: _Changes) -> None:
    lines = []
    for line, before in changes.before.values():
        if not (line.on_roster or before[0]) or _committed(line) == before:
            continue  # nothing that the ledger commits to has changed
        line.version, line.salt = line.version + 1, roster.new_salt()
        line.leaf = line.line().leaf
        lines.append(line)
    _index_claims(tx, lines)
    committed = roster.commitment([line.leaf for line in lines if line.leaf is not None])
    origin, noted = pool.origin.value, tuple(changes.noted)
    tx.record(ExpertsChanged(centre=pool.centre_id, origin=origin, roster=committed, changes=noted))


def _committed(line: RosterLine) -> tuple[bool, str, bytes | None]:
    """What the ledger commits to of a line, but version and salt."""
    return line.on_roster, line.facts, line.person


def _index_claims(tx: Transaction, lines: Sequence[RosterLine]) -> None:
    tx.session.flush()  # the index refers to the experts
    tx.session.execute(delete(RosterClaim).where(RosterClaim.expert_id.in_([line.expert_id for line in lines])))
    claimed = {line.expert_id: claims_of(read_stored(line.facts)) for line in lines if line.on_roster}
    rows = [{"claim": claim, "expert_id": expert} for expert, claims in claimed.items() for claim in claims]
    if rows:
        tx.session.execute(insert(RosterClaim), rows)


def _caller(tx: Transaction, verb: str) -> Caller | None:
    """The actor's account if its role has the verb; None for the mirror, which has none. Raises `NotPermitted`."""
    if tx.actor == MIRROR:
        return None
    caller = caller_of(tx)
    if caller is None or not has_verb(caller.role, verb):
        raise NotPermitted(verb)
    return caller


def _covers(tx: Transaction, caller: Caller | None, verb: str, pool: Pool) -> bool:
    if caller is None:
        return pool.origin is Origin.MIRRORED
    return reaches(tx.session, caller, verb, pool.centre_id)
