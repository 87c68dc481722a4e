"""What an assessment is made of: the parties, whom they assess, the items of conduct, the kinds of evidence.

Codes only. What an item is called, how many points it is worth and which evidence counts stand in the rulebook.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Party(StrEnum):
    """Who assesses: the trading centre, the administrative supervisor, and the tenderee or its agency."""

    CENTRE = "centre"
    SUPERVISOR = "supervisor"
    PROJECT_UNIT = "project_unit"


class SubjectKind(StrEnum):
    """Who is assessed: an expert by the seat, the agency, one of the agency's people."""

    SEAT = "seat"
    AGENCY = "agency"
    AGENCY_PERSON = "agency_person"


class Evidence(StrEnum):
    """What shows a fact: an entry of the day's record, sound or pictures, a paper, a statement of those present."""

    RECORD = "record"
    RECORDING = "recording"
    DOCUMENT = "document"
    STATEMENT = "statement"


class Dimension(StrEnum):
    """The five sides of a credit portrait."""

    PUNCTUALITY = "punctuality"
    DISCIPLINE = "discipline"
    DILIGENCE = "diligence"
    COMPETENCE = "competence"
    INTEGRITY = "integrity"


class Item(NamedTuple):
    """One kind of conduct. Of those in a ``family`` only one is the fact; ``removal`` leads out of the pool."""

    dimension: Dimension
    subjects: frozenset[SubjectKind] = frozenset({SubjectKind.SEAT})
    family: str = ""
    removal: bool = False


AGENCIES: Final = frozenset({SubjectKind.AGENCY, SubjectKind.AGENCY_PERSON})
PEOPLE: Final = frozenset({SubjectKind.SEAT, SubjectKind.AGENCY_PERSON})
EVERYBODY: Final = frozenset(SubjectKind)

ITEMS: Final[Mapping[str, Item]] = MappingProxyType(
    {
        "late": Item(Dimension.PUNCTUALITY, PEOPLE, family="arrival"),
        "absent": Item(Dimension.PUNCTUALITY, family="arrival"),
        "no-sign-in": Item(Dimension.PUNCTUALITY),
        "phone": Item(Dimension.DISCIPLINE, PEOPLE),
        "site-rules": Item(Dimension.DISCIPLINE, EVERYBODY),
        "left-post": Item(Dimension.DISCIPLINE),
        "stalling": Item(Dimension.DILIGENCE),
        "health": Item(Dimension.DILIGENCE),
        "poor-skill": Item(Dimension.COMPETENCE),
        "error-delay": Item(Dimension.COMPETENCE, family="error"),
        "slip": Item(Dimension.COMPETENCE, family="error"),
        "no-invoice": Item(Dimension.INTEGRITY),
        "fee-demand": Item(Dimension.INTEGRITY),
        "no-self-recusal": Item(Dimension.INTEGRITY, family="recusal"),
        "no-self-recusal-void": Item(Dimension.INTEGRITY, family="recusal"),
        "documents": Item(Dimension.COMPETENCE, AGENCIES),
        "organisation": Item(Dimension.DILIGENCE, AGENCIES),
        "interference": Item(Dimension.INTEGRITY, AGENCIES),
        "leak": Item(Dimension.INTEGRITY, EVERYBODY, removal=True),
        "bribe": Item(Dimension.INTEGRITY, EVERYBODY, removal=True),
        "collude": Item(Dimension.INTEGRITY, EVERYBODY, removal=True),
    }
)
"""Every item, in the order of the sheet."""

SCORED: Final = tuple(code for code, item in ITEMS.items() if not item.removal)
"""The items that are worth points; the others are no matter of points."""

ASSESSORS: Final[Mapping[SubjectKind, tuple[Party, ...]]] = MappingProxyType(
    {
        SubjectKind.SEAT: tuple(Party),
        SubjectKind.AGENCY: (Party.CENTRE, Party.SUPERVISOR),
        SubjectKind.AGENCY_PERSON: (Party.CENTRE, Party.SUPERVISOR),
    }
)
"""Who assesses whom: no party its own side."""
