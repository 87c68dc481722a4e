"""What a check finds: well or not, and what to do."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from expertpool.core.clock import Clock
from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.settings import Settings
from ledger.errors import LedgerError

Status = Literal["ok", "warn", "fail"]

SEVERITY: Final[tuple[Status, ...]] = ("ok", "warn", "fail")
NOT_CHECKED: Final = (ExpertpoolError, LedgerError, OSError)
"""What keeps a check from being made, which is a finding too."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found and, unless all is well, what to do; in both languages."""

    status: Status
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    settings: Settings
    engine: Engine
    clock: Clock

    def reading(self) -> Session:
        """A session that cannot write."""
        return Session(self.engine.execution_options(**READ_ONLY))


Check = Callable[[Patient], Iterator[Finding]]


def examine(patient: Patient, checks: Iterable[Check]) -> Iterator[Finding]:
    """Every check in turn; one that cannot be made is a finding too, told once."""
    refusals: set[Finding] = set()
    for check in checks:
        try:
            yield from check(patient)
        except NOT_CHECKED as error:
            if (refusal := told(error)) not in refusals:
                refusals.add(refusal)
                yield refusal


def told(error: ExpertpoolError | LedgerError | OSError) -> Finding:
    """An error in its own words."""
    if isinstance(error, ExpertpoolError):
        return fail(error.message("zh"), error.message("en"))
    if isinstance(error, LedgerError):
        return fail(error.text("zh"), error.text("en"))
    return fail(f"操作系统报错：{error.strerror}", f"the operating system says: {error.strerror}")


def worst(findings: Iterable[Finding]) -> Status:
    """The gravest of them; well where there is none."""
    return max((each.status for each in findings), key=SEVERITY.index, default="ok")


def ok(zh: str, en: str) -> Finding:
    """All is well."""
    return Finding("ok", zh, en)


def warn(zh: str, en: str) -> Finding:
    """Works, and wants looking after."""
    return Finding("warn", zh, en)


def fail(zh: str, en: str) -> Finding:
    """Does not work."""
    return Finding("fail", zh, en)
