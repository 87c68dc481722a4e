"""``expertpool worker``: runs what committed acts have queued, and has outsiders cosign the ledger."""

import threading
from collections.abc import Mapping
from datetime import timedelta

import click
import structlog
from sqlalchemy import Engine

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.opening import open_installation
from expertpool.cli.stopping import stop_at_signal
from expertpool.core.clock import SystemClock
from expertpool.core.cosigning import Asking, LastCosigned, addresses, start_asking
from expertpool.core.database import DatabaseBusy, DatabaseDown
from expertpool.core.heartbeat import beating
from expertpool.core.jobs import Handler, Outbox
from expertpool.core.keyrings import open_service_keys
from expertpool.core.logs import configure_logs
from expertpool.core.rooms import load_rooms
from expertpool.core.settings import Settings
from expertpool.core.transaction import Transactions
from expertpool.core.upkeep import TASKS, Task, Upkeep
from expertpool.core.witness_policy import load_witness_policy
from ledger.policy import Policy

TROUBLE_PAUSE_S = 1.0
LAST_ANSWERS_S = 2.0
FOLLOW_EVERY = timedelta(seconds=2)

log = structlog.get_logger("worker")


@bilingual_command(
    "worker",
    zh="后台进程：执行排队的任务，请各共签方为新检查点共签，每天清理一次中断的批量导入。\n\n"
    "可启动多个。收到停止信号后完成手头任务再退出。",
    en="Run queued jobs, ask every witness to cosign new checkpoints, and sweep up once a day what interrupted imports "
    "have left.\n\n"
    "There may be several. Told to stop, it finishes the job at hand.",
    examples="""
        expertpool worker
        expertpool --config /etc/expertpool/expertpool.toml worker
    """,
)
@click.pass_obj
def command(invocation: Invocation) -> None:
    settings = invocation.settings()
    configure_logs(settings.service.mode, "worker")
    stop = stop_at_signal()
    policy = load_witness_policy(settings)
    engine = open_installation(settings)
    threads = [] if policy is None else _have_cosigned(settings, engine, policy, stop)
    with open_service_keys(settings) as keys, beating(engine, SystemClock(), "worker"):
        transactions = Transactions(engine, SystemClock(), keys)
        outbox = Outbox(transactions, collect_handlers(), timedelta(seconds=settings.outbox.lease_s))
        log.info("worker.started", witnesses=len(threads))
        upkeep = Upkeep(engine, SystemClock(), collect_upkeep())
        for room in load_rooms("jobs"):
            for start in getattr(room, "BESIDE", ()):
                threads += start(transactions, keys, settings, stop)
        following = Upkeep(engine, SystemClock(), collect_following(), FOLLOW_EVERY)
        work(outbox, upkeep, settings.outbox.poll_ms / 1000, stop, following)
    for thread in threads:
        thread.join(LAST_ANSWERS_S)
    log.info("worker.stopped")
    engine.dispose()


def collect_handlers() -> dict[str, Handler]:
    """The jobs of every capability: what their ``jobs`` rooms list in HANDLERS, by kind."""
    handlers: dict[str, Handler] = {}
    for room in load_rooms("jobs"):
        own: Mapping[str, Handler] = room.HANDLERS
        if twice := handlers.keys() & own.keys():
            raise LookupError(f"jobs {sorted(twice)} are handled twice")
        handlers |= own
    return handlers


def collect_upkeep() -> dict[str, Task]:
    """What is swept up once a day: core's tasks, and what ``jobs`` rooms list in UPKEEP."""
    return {
        **TASKS,
        **{name: task for room in load_rooms("jobs") for name, task in getattr(room, "UPKEEP", {}).items()},
    }


def collect_following() -> dict[str, Task]:
    """What follows the ledger all day: what ``jobs`` rooms list in FOLLOWING."""
    return {name: task for room in load_rooms("jobs") for name, task in getattr(room, "FOLLOWING", {}).items()}


def work(outbox: Outbox, upkeep: Upkeep, pause_s: float, stop: threading.Event, *others: Upkeep) -> None:
    """Run due jobs one after the other until told to stop; waits while there is none, or no database."""
    while not stop.is_set():
        try:
            if not outbox.run_one():
                for each in (upkeep, *others):
                    each.run_due()
                stop.wait(pause_s)
        except (DatabaseBusy, DatabaseDown) as error:
            log.warning("worker.waiting", reason=error.code)
            stop.wait(TROUBLE_PAUSE_S)


def _have_cosigned(settings: Settings, engine: Engine, policy: Policy, stop: threading.Event) -> list[threading.Thread]:
    ledger = settings.ledger
    last = LastCosigned(ledger.cosigned, policy)
    askings = [
        Asking(address, engine, policy, SystemClock(), last, timeout_s=ledger.cosign_timeout_s)
        for address in addresses(policy, ledger.witnesses)
    ]
    return start_asking(askings, ledger.cosign_pause_ms / 1000, stop)
