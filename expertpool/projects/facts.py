"""What is said of a project and of a session: checked, in normal form, before any row changes.

The forms of codes are product defaults: tender codes as the trading platforms of the nation write them (17 characters,
a lot's 20); procurement has no one form, so anything that the announcements print is taken. Normal form matters, since
a project must be known again however its code is typed.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from expertpool.core.errors import ExpertpoolError
from expertpool.experts.errors import CreditCodeInvalid
from expertpool.experts.validation import check_credit_code
from expertpool.projects import errors
from expertpool.projects.terms import METHODS, PARTIES, REQUIRED_PARTIES, PartyRole, Regime
from ledger.entry import format_time
from policies import areas
from policies.facts import Method
from policies.problems import BadInput

_TENDER: Final = re.compile(r"[A-Z][0-9]{16}", re.ASCII)
_PROCUREMENT: Final = re.compile(r"(?=.*[0-9])[A-Z0-9\u4e00-\u9fff\-_/.\[\]()]{4,50}")
_BRACKETS: Final = str.maketrans("〔〕【】", "[][]")


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot; ``budget`` in 分."""

    code: str
    title: str
    budget: int


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """A unit and what it is to the project."""

    role: PartyRole
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project as its initiator or a trading system states it."""

    code: str
    regime: Regime
    method: Method
    title: str
    lots: tuple[LotFacts, ...]
    parties: tuple[PartyFacts, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON, for the ledger's disclosures."""
        return {**asdict(self), "lots": list(map(asdict, self.lots)), "parties": list(map(asdict, self.parties))}


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A place: area code of GB/T 2260, the words that lead there, and the code of the centre that it is, if here."""

    area: str
    place: str
    centre: str | None = None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """When, where and for which lots (by code) a committee sits; the first site is the main one."""

    code: str
    lots: tuple[str, ...]
    starts: datetime
    opens_at: datetime
    expected_minutes: int
    overnight: bool
    sites: tuple[SiteFacts, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON, for the ledger's disclosures."""
        return {
            **asdict(self),
            "lots": list(self.lots),
            "sites": list(map(asdict, self.sites)),
            "starts": format_time(self.starts),
            "opens_at": format_time(self.opens_at),
        }


def normal_code(text: str) -> str:
    """A code in normal form: full and half width alike, no spaces, capitals, brackets of one kind."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).translate(_BRACKETS).upper()


def check_project(given: ProjectFacts) -> ProjectFacts:
    """The facts in normal form. Raises `ProjectInvalid` with every problem, each naming its field."""
    code = normal_code(given.code)
    lots = tuple(LotFacts(normal_code(lot.code), lot.title, lot.budget) for lot in given.lots)
    problems = [
        *_code_problems(code, given.regime),
        *_method_problems(given),
        *_lot_problems(lots, code, given.regime),
    ]
    parties: list[PartyFacts] = []
    for index, party in enumerate(given.parties):
        try:
            credit = check_credit_code(party.code, f"parties.{index}.code")
        except CreditCodeInvalid as problem:
            problems.append(problem)
        else:
            parties.append(PartyFacts(party.role, credit, party.name))
    problems += _party_problems(given, parties)
    if problems:
        raise errors.ProjectInvalid(tuple(problems))
    in_order = tuple(sorted(lots, key=lambda lot: lot.code))
    by_role = tuple(sorted(parties, key=lambda party: (party.role, party.code)))
    return ProjectFacts(code, given.regime, given.method, given.title, in_order, by_role)


def check_session(given: SessionFacts, now: datetime) -> SessionFacts:
    """The facts in normal form. Raises `SessionInvalid` with every problem, each naming its field."""
    lots = tuple(map(normal_code, given.lots))
    problems: list[ExpertpoolError] = [errors.ListedTwice(field=f"lots.{index}") for index in _repeated(lots)]
    if given.starts <= now:
        problems.append(errors.StartPassed(field="starts"))
    if given.opens_at > given.starts:
        problems.append(errors.OpeningAfterStart(field="opens_at"))
    for index, site in enumerate(given.sites):
        try:
            areas.find(site.area)
        except BadInput:
            problems.append(errors.AreaUnknown(field=f"sites.{index}.area"))
    if problems:
        raise errors.SessionInvalid(tuple(problems))
    return SessionFacts(
        given.code, lots, given.starts, given.opens_at, given.expected_minutes, given.overnight, given.sites
    )


def _code_problems(code: str, regime: Regime) -> Iterator[ExpertpoolError]:
    if regime is Regime.TENDER and not _TENDER.fullmatch(code):
        yield errors.TenderCodeInvalid(field="code")
    if regime is Regime.GOVPROC and not _PROCUREMENT.fullmatch(code):
        yield errors.ProcurementCodeInvalid(field="code")


def _method_problems(given: ProjectFacts) -> Iterator[ExpertpoolError]:
    allowed = METHODS[given.regime]
    if given.method not in allowed:
        zh = "、".join(words.zh for words in allowed.values())
        en = ", ".join(words.en for words in allowed.values())
        yield errors.MethodOfOtherRegime(zh, en, field="method")


def _lot_problems(lots: tuple[LotFacts, ...], project: str, regime: Regime) -> Iterator[ExpertpoolError]:
    number = re.compile(r"[0-9]{3}" if regime is Regime.TENDER else r"-[0-9]{1,3}", re.ASCII)
    refuse = errors.TenderLotCodeInvalid if regime is Regime.TENDER else errors.ProcurementLotCodeInvalid
    for index, lot in enumerate(lots):
        if not lot.code.startswith(project) or not number.fullmatch(lot.code.removeprefix(project)):
            yield refuse(field=f"lots.{index}.code")
    for index in _repeated([lot.code for lot in lots]):
        yield errors.ListedTwice(field=f"lots.{index}.code")


def _party_problems(given: ProjectFacts, parties: list[PartyFacts]) -> Iterator[ExpertpoolError]:
    for role in REQUIRED_PARTIES:
        if all(party.role is not role for party in given.parties):
            yield errors.PartyMissing(*PARTIES[given.regime][role], field="parties")
    if len(parties) == len(given.parties):
        for index in _repeated([(party.role, party.code) for party in parties]):
            yield errors.ListedTwice(field=f"parties.{index}.code")


def _repeated(items: list[Any] | tuple[Any, ...]) -> list[int]:
    """Where something stands that stood before."""
    return [index for index, item in enumerate(items) if item in items[:index]]
