"""A bulk enrolment from end to end: rows are staged a chunk at a time, then published by one act, or not at all.

Public: `enrol_rows`, `Row`.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from expertpool.core.transaction import Transaction, Transactions
from expertpool.experts.bulk import CHUNK, BulkEnrolment
from expertpool.experts.protection import Identity
from ledger.entry import Entry
from policies.facts import Expert as Facts

Row = tuple[str, Identity, Facts]
"""An identifier, who it is, and what is known of them."""


def enrol_rows(
    transactions: Transactions,
    enrolment: BulkEnrolment,
    actor: str,
    rows: Iterator[Row],
    *,
    ground: str,
    progress: Callable[[int], None],
    beside: Callable[[Transaction], None] = lambda _: None,
) -> Entry:
    """Enrol the rows by one act; gives its entry. Whatever goes wrong, an interruption too, leaves nothing.

    ``beside`` runs in the act's own transaction: whoever has to know for certain that it was done notes it there.
    Raises `NotPermitted`, `MirroredElsewhere`, `ExpertInvalid`, `PersonTaken`.
    """
    try:
        while some := list(islice(rows, CHUNK)):
            enrolment.stage([enrolment.prepare(*row) for row in some])
            progress(len(some))
        enrolment.finish()
        with transactions.begin(actor) as tx:
            enrolment.publish(tx, ground=ground)
            beside(tx)
    except BaseException:
        enrolment.discard()
        raise
    return tx.entries[-1]
