"""The pool as a sheet: masked as a rule, in the clear only for a reason that the ledger keeps.

The columns are those that an import understands, so a clear export can be corrected and read again; only the latest of
several employers fits into a row. A masked one shows what ``queries.masked`` shows, and no date of birth, which would
fill in the masked digits of the identity number.

Public: `export_experts`, `masked_csv`, `masked`, `require_manager`.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transactions
from expertpool.experts.events import ExpertsExported
from expertpool.experts.lifecycle import Pool
from expertpool.experts.mapping import DEGREES, FIELDS, NONE_FIELDS, TITLES
from expertpool.experts.models import Expert, PersonKey, RosterLine
from expertpool.experts.protection import Identity, Protector, mask_account, mask_id_number, mask_name, mask_phone
from expertpool.experts.queries import identity_of
from expertpool.experts.sheets import Cell, Form, csv_text, write_sheet
from expertpool.experts.validation import check_ground
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.permissions import may
from expertpool.identity.queries import caller_by_id, target_of
from expertpool.protocol import facts
from policies.facts import Employment
from policies.facts import Expert as Facts

STATUS: Final = "状态"
PAGE: Final = 500

_TITLES: Final = [*(names[0] for names in FIELDS.values()), STATUS]

Progress = Callable[[int], None]  # experts written since the last call


def export_experts(
    transactions: Transactions,
    protector: Protector,
    pool: Pool,
    actor: str,
    path: Path,
    *,
    form: Form,
    clear_reason: str | None = None,
    progress: Progress = lambda _: None,
) -> int:
    """Write everyone in a pool to a sheet; gives their number. Masked unless ``clear_reason`` says why not.

    The reason is in the ledger before the first name is opened. Raises `NotPermitted`, `GroundMissing`, OSError.
    """
    with transactions.begin(actor) as tx:
        require_manager(tx.session, actor, pool)
        if clear_reason is not None:
            reason = check_ground(clear_reason)
            tx.record(ExpertsExported(centre=pool.centre_id, origin=pool.origin.value, reason=reason))
    show = masked if clear_reason is None else _unmasked
    written = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal written
        for some in _pages(transactions, pool, protector, show):
            yield from some
            written += len(some)
            progress(len(some))

    write_sheet(path, form, _TITLES, rows())
    return written


def masked_csv(transactions: Transactions, protector: Protector, pool: Pool, actor: str) -> Iterator[bytes]:
    """Everyone in a pool, masked, as a csv file (UTF-8 with a mark, which spreadsheet programs look for), in pieces.

    Raises `NotPermitted`, before the first piece.
    """
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        require_manager(session, actor, pool)
    return _csv(transactions, protector, pool)


def _csv(transactions: Transactions, protector: Protector, pool: Pool) -> Iterator[bytes]:
    yield csv_text([_TITLES]).encode("utf-8-sig")
    for some in _pages(transactions, pool, protector, masked):
        yield csv_text(some).encode()


def masked(identity: Identity, known: Facts) -> tuple[Identity, Facts]:
    """What the managers of a pool may see of a person."""
    shown = Identity(
        mask_name(identity.name),
        identity.id_number and mask_id_number(identity.id_number),
        None,
        identity.phone and mask_phone(identity.phone),
        identity.account and mask_account(identity.account),
    )
    return shown, known._replace(birth_date=None)


def _unmasked(identity: Identity, known: Facts) -> tuple[Identity, Facts]:
    return identity, known


def _pages(
    transactions: Transactions,
    pool: Pool,
    protector: Protector,
    show: Callable[[Identity, Facts], tuple[Identity, Facts]],
) -> Iterator[list[list[Cell]]]:
    """The rows, some at a time, in the order of the identifiers, which tells nothing."""
    everyone = (
        select(Expert, PersonKey, RosterLine)
        .outerjoin(PersonKey, PersonKey.expert_id == Expert.id)
        .join(RosterLine, RosterLine.expert_id == Expert.id)
        .where(Expert.centre_id == pool.centre_id, Expert.origin == pool.origin)
        .order_by(Expert.id)
        .limit(PAGE)
    )
    after = ""
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        while found := session.execute(everyone.where(Expert.id > after)).all():
            rows = []
            for expert, _, line in found:  # the key is there to be found by `identity_of`
                identity = identity_of(session, protector, expert)
                shown = show(identity, facts.read(line.facts).expert)
                rows.append([*cells(*shown), expert.status.value])
            yield rows
            after = found[-1][0].id
            session.expunge_all()


def cells(identity: Identity, known: Facts) -> list[Cell]:
    """One person, a cell for each of `FIELDS`."""
    job = _latest(known.employments or ())
    values: dict[str, Any] = {
        **identity._asdict(),
        "birth_date": known.birth_date,
        "practice_since": known.practice_since,
        "title": _WORDS["title"].get(known.title),
        "equivalent": {True: "是", False: "否"}.get(known.equivalent),  # type: ignore[arg-type]  # None: unknown
        "degree": _WORDS["degree"].get(known.degree),
        "area": known.area,
        "claims": "、".join(claim.code for claim in known.claims or ()),
        "employer": job and job.unit.name,
        "employer_code": job and job.unit.code,
        "employed_since": job and job.start,
        **{name: _listed(getattr(known, name)) for name in NONE_FIELDS},
    }
    return [values[name].isoformat() if isinstance(values[name], date) else values[name] for name in FIELDS]


def _latest(jobs: tuple[Employment, ...]) -> Employment | None:
    """The employment that goes on, or else ended last."""
    return max(jobs, key=lambda job: (job.end or date.max, job.start or date.min), default=None)


def _listed(known: tuple[Any, ...] | None) -> str | None:
    if known is None:
        return None
    return f"{len(known)} 项" if known else "无"


_WORDS: Final[dict[str, dict[Any, str]]] = {  # the last Chinese word for a value: 高级, not 副高级
    "title": {value: word for word, value in TITLES.items() if not word.isascii() and word != "正高级"},
    "degree": {value: word for word, value in DEGREES.items() if not word.isascii()},
}


def require_manager(session: Session, actor: str, pool: Pool) -> None:
    """Raise `NotPermitted` unless the actor manages this pool, a mirrored one included."""
    caller, centre = caller_by_id(session, actor), session.get(Centre, pool.centre_id)
    if caller is None or centre is None or not may(caller, "expert.export", target_of(session, centre)):
        raise NotPermitted("expert.export")
