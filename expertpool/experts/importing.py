"""A sheet into the pool: every row is checked first, then all that are to come in are enrolled by one act.

    sheet = read_sheet(path)
    checked = check_sheet(session, protector, pool, sheet, mapping, today=today)
    if not checked.refused or good_rows_only:
        entry = enrol_checked(transactions, protector, pool, actor, checked, ground="...")
    write_errors(out, sheet, checked)

`check_sheet` writes nothing, so it is the dry run. Whoever is in the pool or further up in the sheet under the same
identity number (or the pool's own number) is refused. Nothing is half-written: see ``bulk``.

Public: `check_sheet`, `enrol_checked`, `write_errors`, `Checked`, `Refused`.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError, Language
from expertpool.core.transaction import Transactions
from expertpool.experts import validation
from expertpool.experts.acts import require_pool
from expertpool.experts.admission import with_codes
from expertpool.experts.bulk import BulkEnrolment, placed
from expertpool.experts.candidates import Candidate, RowReader
from expertpool.experts.enrolling import enrol_rows
from expertpool.experts.errors import EmployerResembles, EmployerWithoutCode, ExpertInvalid, Question
from expertpool.experts.lifecycle import Pool
from expertpool.experts.mapping import Mapping as ColumnMapping
from expertpool.experts.models import Expert
from expertpool.experts.protection import Identity, Protector
from expertpool.experts.queries import similar_organisations, unit_names
from expertpool.experts.sheet_errors import AliasesNeedNames, AlreadyInPool, TwiceInSheet
from expertpool.experts.sheets import Cell, Form, Sheet, write_sheet
from expertpool.experts.validation import name_key
from ledger.entry import Entry
from policies.facts import Unit

REASONS: Final = ("不予导入的原因", "Reasons")
"""Titles of the two columns that an error file has beside the sheet's own."""

_AT_ONCE: Final = 500
_UNIQUE: Final[tuple[Literal["id_number", "code"], ...]] = ("id_number", "code")

Progress = Callable[[int], None]  # rows done since the last call
Resolve = Callable[[str], Unit | None]
T = TypeVar("T")


class Refused(NamedTuple):
    """A row that does not come in, by its number on screen."""

    row: int
    problems: tuple[ExpertpoolError, ...]


class Checked(NamedTuple):
    """A sheet after the check. ``good`` may be enrolled; ``questions`` refuse nothing but want another look."""

    good: tuple[Candidate, ...]
    refused: tuple[Refused, ...]
    questions: tuple[tuple[int, Question], ...]
    reader: RowReader
    resolve: Resolve

    @property
    def rows(self) -> int:
        return len(self.good) + len(self.refused)

    def explain(self, problem: ExpertpoolError, language: Language) -> str:
        """A problem with the title of its column."""
        title = self.reader.title(problem.field)
        text = problem.message(language)
        return f"{title}{'：' if language == 'zh' else ': '}{text}" if title else text


def check_sheet(
    session: Session,
    protector: Protector,
    pool: Pool,
    sheet: Sheet,
    mapping: ColumnMapping,
    *,
    today: date,
    aliases: Mapping[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> Checked:
    """Check every row against the rules of form, the sheet and the pool; writes nothing.

    Raises `ColumnMissing`, `ColumnTwice`, `AliasesNeedNames`.
    """
    if aliases and not mapping.by_name:
        raise AliasesNeedNames
    reader = RowReader(mapping, sheet.titles)
    resolve = _by_name(aliases or {}) if mapping.by_name else _by_code(session, pool)
    ask = lru_cache(maxsize=200)(lambda name: similar_organisations(session, pool.centre_id, name, limit=1))
    good: list[Candidate] = []
    refused: list[Refused] = []
    questions: list[tuple[int, Question]] = []
    places: dict[bytes, int] = {}
    for some in _batched(sheet.numbered(), _AT_ONCE):
        read: list[tuple[Candidate, dict[str, bytes]]] = []
        for number, row in some:
            try:
                candidate = reader.read(number, row)
                checked = validation.check_identity(candidate.identity, today)
            except ExpertInvalid as wrong:
                refused.append(Refused(number, wrong.problems))
                continue
            try:
                validation.check_facts(with_codes(candidate.facts, resolve), checked.identity)
            except ExpertInvalid as wrong:
                resembles = _resembling(wrong.problems, candidate, ask)
                refused.append(Refused(number, (*wrong.problems, *resembles)))
                continue
            questions += ((number, question) for question in checked.questions)
            read.append((candidate._replace(identity=checked.identity), _indexes(protector, pool, checked.identity)))
        taken = _taken(session, [index for _, indexes in read for index in indexes.values()])
        for candidate, indexes in read:
            twice = _duplicates(indexes, places, taken)
            if twice:
                refused.append(Refused(candidate.row, twice))
                continue
            places.update(dict.fromkeys(indexes.values(), candidate.row))
            good.append(candidate)
        progress(len(some))
    return Checked(tuple(good), tuple(sorted(refused, key=lambda one: one.row)), tuple(questions), reader, resolve)


def enrol_checked(
    transactions: Transactions,
    protector: Protector,
    pool: Pool,
    actor: str,
    checked: Checked,
    *,
    ground: str,
    until: date | None = None,
    progress: Progress = lambda _: None,
) -> Entry:
    """Enrol the good rows by one act; gives its entry.

    Raises `NotPermitted`, `MirroredElsewhere`, `GroundMissing`, and `PersonTaken` when somebody was added meanwhile.
    """
    ground = validation.check_ground(ground)
    with transactions.begin(actor) as tx:  # before the work, and again by `publish`
        require_pool(tx, pool, "expert.enrol-in-bulk")
    now = transactions.clock.now()
    enrolment = BulkEnrolment(transactions.engine, protector, pool, now, resolve=checked.resolve, until=until)
    gc.freeze()  # the rows stay to the end; looking for garbage among them, in a transaction, would keep others waiting
    rows = ((expert_id, each.identity, each.facts) for expert_id, each in placed(checked.good))
    try:
        return enrol_rows(transactions, enrolment, actor, rows, ground=ground, progress=progress)
    finally:
        gc.unfreeze()


def write_errors(path: Path, sheet: Sheet, checked: Checked) -> Path:
    """Write the refused rows in the sheet's own form, each with its reasons, to be corrected and imported again.

    Gives the file's name, which ends as its form wants; .xls is written as .xlsx.
    """
    path = path.with_suffix(".csv" if sheet.form in (Form.CSV_UTF8, Form.CSV_GBK) else ".xlsx")
    width = len(sheet.titles)

    def rows() -> Iterator[list[Cell]]:
        for number, problems in checked.refused:
            cells = list(sheet.rows[number - 2])[:width]
            texts = (" ".join(checked.explain(each, language) for each in problems) for language in _LANGUAGES)
            yield [*cells, *[None] * (width - len(cells)), *texts]

    write_sheet(path, sheet.form, (*sheet.titles, *REASONS), rows())
    return path


_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def _by_name(aliases: Mapping[str, str]) -> Resolve:
    return lambda name: Unit(aliases.get(name_key(name), name))


def _by_code(session: Session, pool: Pool) -> Resolve:
    known = unit_names(session, pool.centre_id)
    return lambda name: known.get(name_key(name))


def _resembling(
    problems: Sequence[ExpertpoolError], candidate: Candidate, ask: Callable[[str], list[str]]
) -> list[Question]:
    """What an employer without a code might be: a hint for a person, never a join."""
    if not any(isinstance(problem, EmployerWithoutCode) for problem in problems):
        return []
    names = [job.unit.name for job in candidate.facts.employments or ()]
    return [EmployerResembles(name, known, field="employer") for name in names for known in ask(name)]


def _indexes(protector: Protector, pool: Pool, identity: Identity) -> dict[str, bytes]:
    values = {column: getattr(identity, column) for column in _UNIQUE}
    return {column: protector.blind_index(pool, column, value) for column, value in values.items() if value}


def _taken(session: Session, indexes: Sequence[bytes]) -> set[bytes]:
    """Those of some blind indexes that are in the pool; an index is bound to its pool and column."""
    found: set[bytes] = set()
    for column in (Expert.id_number_index, Expert.code_index):
        found.update(index for index in session.scalars(select(column).where(column.in_(indexes))) if index)
    return found


def _duplicates(indexes: Mapping[str, bytes], places: Mapping[bytes, int], taken: set[bytes]) -> tuple[Question, ...]:
    problems: list[ExpertpoolError] = []
    for column, index in indexes.items():
        if index in taken:
            problems.append(AlreadyInPool(field=column))
        elif index in places:
            problems.append(TwiceInSheet(places[index], field=column))
    return tuple(problems)


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
