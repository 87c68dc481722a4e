"""What a day learns of from below: that its report was stated through the trading system's door."""

from collections.abc import Mapping
from typing import Final

from expertpool.core.jobs import Handler, Job
from expertpool.core.transaction import Transaction
from expertpool.projects.handover import REPORT_STATED
from expertpool.sessions import following


def report_stated(tx: Transaction, job: Job) -> None:
    """Let the day go on, if all else is done; else it does when the last member has signed."""
    following.report_stated(tx, job.args["session"])


HANDLERS: Final[Mapping[str, Handler]] = {REPORT_STATED: report_stated}
