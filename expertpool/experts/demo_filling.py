"""Enrols a demonstration pool by one act, as an import would: staged in chunks, in memory that hardly grows.

Public: `enrol_demo_experts`.
"""

from collections.abc import Callable, Iterator
from typing import Final

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transactions
from expertpool.experts.bulk import BulkEnrolment
from expertpool.experts.demo_pool import demo_experts
from expertpool.experts.enrolling import Row, enrol_rows
from expertpool.experts.lifecycle import Pool
from expertpool.experts.protection import Protector
from expertpool.experts.validation import check_ground
from ledger.entry import Entry

GROUND: Final = "演示数据 demonstration data, seed {seed}"


def enrol_demo_experts(
    transactions: Transactions,
    protector: Protector,
    pool: Pool,
    actor: str,
    *,
    seed: str,
    count: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Entry:
    """Enrol the first ``count`` experts of the seed; gives the act's entry.

    Raises `NotPermitted`, `MirroredElsewhere`, `GroundMissing` for a seed that is no line of text, and `PersonTaken`
    where experts of this seed are in the pool already; nothing is enrolled then.
    """
    ground = check_ground(GROUND.format(seed=seed))
    enrolment = BulkEnrolment(
        transactions.engine, protector, pool, transactions.clock.now(), resolve=lambda _name: None
    )
    return enrol_rows(transactions, enrolment, actor, _rows(seed, count), ground=ground, progress=progress)


def _rows(seed: str, count: int) -> Iterator[Row]:
    """Identifiers ascend, so that every index by them is written from end to end."""
    identifiers = sorted(new_id("exp") for _ in range(count))
    for expert_id, (identity, facts) in zip(identifiers, demo_experts(seed, count), strict=True):
        yield expert_id, identity, facts
