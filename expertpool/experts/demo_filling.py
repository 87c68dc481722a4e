"""Enrols a demonstration pool by one act, as an import would: staged in chunks, in memory that hardly grows.

Public: `enrol_demo_experts`.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from expertpool.core.ids import new_id
from expertpool.core.transaction import Transactions
from expertpool.experts.bulk import CHUNK, BulkEnrolment
from expertpool.experts.demo_pool import DemoExpert, demo_experts
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
    try:
        for some in _in_chunks(seed, count):
            enrolment.stage([enrolment.prepare(expert_id, *each) for expert_id, each in some])
            progress(len(some))
        enrolment.finish()
        with transactions.begin(actor) as tx:
            enrolment.publish(tx, ground=ground)
    except BaseException:  # an interruption too leaves nothing
        enrolment.discard()
        raise
    return tx.entries[-1]


def _in_chunks(seed: str, count: int) -> Iterator[list[tuple[str, DemoExpert]]]:
    """Identifiers ascend, so that every index by them is written from end to end."""
    identifiers = sorted(new_id("exp") for _ in range(count))
    rows = zip(identifiers, demo_experts(seed, count), strict=True)
    while some := list(islice(rows, CHUNK)):
        yield some
