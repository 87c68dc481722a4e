"""The desk's content: every part of the service with what its checks found, and the figures beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Final

from sqlalchemy import inspect, select, text

from expertpool.core.jobs import stuck
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.ledger_tables import LedgerCheckpoint
from expertpool.operations import checks, processes, queue
from expertpool.operations.findings import Check, Finding, Patient, Status, examine, worst
from expertpool.operations.queue import Waiting

MOST_GIVEN_UP: Final = 50


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the service: its name in both languages, and what was found."""

    code: str
    zh: str
    en: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """The gravest of its findings."""
        return worst(self.findings)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the installation is. ``revision``: of the tables; ``signed_at``: of the newest checkpoint."""

    version: str
    revision: str | None
    database: str
    entries: int
    signed_at: datetime | None


PARTS: Final[tuple[tuple[str, str, str, tuple[Check, ...]], ...]] = (
    ("processes", "进程", "Processes", (processes.processes,)),
    ("ledger", "账本与签名", "Ledger and signer", (checks.history, checks.signing)),
    ("witnesses", "共签方与时钟", "Witnesses and clock", (checks.policy, checks.witnesses)),
    ("holders", "密钥保管方", "Key holders", (processes.holders,)),
    ("jobs", "任务", "Jobs", (checks.jobs,)),
    ("gateways", "网关与次日所需", "Gateways and the next day", (processes.gateways,)),
    ("pools", "名册与归档", "Mirrored pools and archive", (checks.mirrors, checks.archives)),
    ("disks", "磁盘", "Disks", (checks.disk,)),
)


def parts(patient: Patient) -> list[Part]:
    """Every part, looked at now."""
    return [Part(code, zh, en, tuple(examine(patient, looks))) for code, zh, en, looks in PARTS]


def figures(patient: Patient) -> Figures:
    """What the installation is."""
    with patient.reading() as session:
        newest = session.scalars(select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(1)).first()
        migrated = inspect(patient.engine).has_table("alembic_version")
        return Figures(
            version=version("expertpool"),
            revision=session.scalar(text("SELECT version_num FROM alembic_version")) if migrated else None,
            database={"sqlite": "SQLite", "postgresql": "PostgreSQL"}[patient.engine.dialect.name],
            entries=newest.size if newest else 0,
            signed_at=newest.signed_at if newest else None,
        )


def jobs(patient: Patient) -> tuple[list[Waiting], Sequence[OutboxJob]]:
    """What waits, by kind; and what was given up, the first ones."""
    with patient.reading() as session:
        return queue.waiting(session), stuck(session)[:MOST_GIVEN_UP]
