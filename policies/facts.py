"""What the rules are told: facts about an expert, a draw request, a committee and the acts around them.

Facts are named tuples, cheap enough for a pool of a million. `None` always means *unknown* and counts against; an empty
tuple means *known to be none*. Days are calendar days in China; instants are aware datetimes; money is in 分.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import NamedTuple

CHINA = timezone(timedelta(hours=8), "CST")  # the whole country keeps one clock and no summer time


def day_of(instant: datetime) -> date:
    """Give the calendar day of an aware `instant` in China."""
    return instant.astimezone(CHINA).date()


class Status(StrEnum):
    """Where an expert stands in the pool."""

    PENDING = "pending"
    ACTIVE = "active"
    LEFT = "left"
    REMOVED = "removed"


class Title(StrEnum):
    """Professional title (职称); an associate senior title is a senior title."""

    NONE = "none"
    JUNIOR = "junior"
    MID = "mid"
    SENIOR = "senior"


class Degree(StrEnum):
    """The highest academic degree."""

    NONE = "none"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTOR = "doctor"


class PoolKind(StrEnum):
    """Who keeps the roster that the expert comes from."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    CENTRE = "centre"


class Post(StrEnum):
    """What a person is in a unit; `SELF` is the unit itself, where a natural person bids."""

    SELF = "self"
    PRINCIPAL = "principal"
    DIRECTOR = "director"
    BOARD_SUPERVISOR = "board_supervisor"
    STAFF = "staff"


class Relation(StrEnum):
    """How a relative is related: by marriage, in direct line, within three generations, or as a close in-law."""

    SPOUSE = "spouse"
    LINEAL = "lineal"
    COLLATERAL = "collateral"
    IN_LAW = "in_law"


class PenaltyKind(StrEnum):
    """What a penalty was for."""

    TOOK_PROPERTY = "took_property"
    LEAK = "leak"
    RECUSAL_BREACH = "recusal_breach"
    TENDER_VIOLATION = "tender_violation"
    BAD_RECORD = "bad_record"


class Method(StrEnum):
    """How the contract is put out."""

    OPEN_TENDER = "open_tender"
    INVITED_TENDER = "invited_tender"
    NEGOTIATION = "negotiation"
    CONSULTATION = "consultation"
    INQUIRY = "inquiry"


class Origin(StrEnum):
    """How a seat was filled."""

    DRAWN = "drawn"
    DIRECT = "direct"
    OWNER = "owner"


class Cause(StrEnum):
    """Why a member was replaced."""

    RECUSAL = "recusal"
    DESERTION = "desertion"
    HEALTH = "health"


class Audience(StrEnum):
    """Who wants to learn the members' names."""

    EXPERT = "expert"
    DOOR = "door"
    STAFF = "staff"
    MEMBERS = "members"
    INITIATOR = "initiator"
    SUPERVISOR = "supervisor"
    PAYER = "payer"
    PUBLIC = "public"
    INSPECTION = "inspection"


class Unit(NamedTuple):
    """An organisation; `code` is its unified social credit code (统一社会信用代码), the only safe way to match it."""

    name: str
    code: str | None = None


class Employment(NamedTuple):
    """A job; without an `end` it counts as going on, and one that is yet to start counts too."""

    unit: Unit
    start: date | None = None
    end: date | None = None


class Directorship(NamedTuple):
    """An office held in a unit; without an `end` it counts as held still."""

    unit: Unit
    post: Post
    start: date | None = None
    end: date | None = None


class Shareholding(NamedTuple):
    """A stake in a unit: share of the equity in per mille, and whether the holder controls it in law or in fact."""

    unit: Unit
    permille: int | None = None
    controls: bool | None = None
    start: date | None = None
    end: date | None = None


class Kinship(NamedTuple):
    """A relative's place in a unit; without an `end` the relative counts as still there."""

    unit: Unit
    relation: Relation
    post: Post
    start: date | None = None
    end: date | None = None


class Interest(NamedTuple):
    """Any other interest that the expert declared, in a unit or in one project by its code."""

    unit: Unit | None = None
    project: str | None = None


class Penalty(NamedTuple):
    """A penalty decided on a day; `until` is the last day of its ban."""

    kind: PenaltyKind
    decided: date | None = None
    until: date | None = None


class Suspension(NamedTuple):
    """A pause in being drawn, from `start` to `until`, both included; without `until` it goes on."""

    start: date
    until: date | None = None


class Claim(NamedTuple):
    """A specialty that the expert holds, and the day on which it was ledgered."""

    code: str
    recorded: date | None = None
    scheme: str = "national"
    version: str = "2018"


class Engagement(NamedTuple):
    """A committee that the expert sat on: the day, and the agencies' credit codes."""

    day: date
    agencies: tuple[str, ...]


class Expert(NamedTuple):
    """All that the rules may know of one expert. No name, no identity number: no rule needs them.

    `recorded` is the day on which the last fact in the expert's favour (admission, title, reinstatement) was
    ledgered; `practice_since` is the first day of work in the field; `distance_km` is that to the site.
    """

    status: Status | None = None
    recorded: date | None = None
    pool: PoolKind | None = None
    birth_date: date | None = None
    practice_since: date | None = None
    title: Title | None = None
    equivalent: bool | None = None
    degree: Degree | None = None
    area: str | None = None
    distance_km: int | None = None
    claims: tuple[Claim, ...] | None = None
    suspensions: tuple[Suspension, ...] | None = None
    penalties: tuple[Penalty, ...] | None = None
    employments: tuple[Employment, ...] | None = None
    directorships: tuple[Directorship, ...] | None = None
    shareholdings: tuple[Shareholding, ...] | None = None
    kinships: tuple[Kinship, ...] | None = None
    interests: tuple[Interest, ...] | None = None
    engagements: tuple[Engagement, ...] | None = None


class Line(NamedTuple):
    """Seats to fill from any of some specialty codes; `climbed` levels of parents were opened by the ladder."""

    codes: tuple[str, ...]
    seats: int
    climbed: int = 0
    scheme: str = "national"
    version: str = "2018"


class Request(NamedTuple):
    """One draw as the rules see it. `areas` are the area codes that the ladder's rung opens.
    `bidders` may be `None` until `opens_at`: tender lists are sealed till the opening, so what they decide is
    deferred and decided again then. After the opening, `None` is an unknown fact like any other.
    """

    project: str | None = None
    decided_at: datetime | None = None
    opens_at: datetime | None = None
    review_at: datetime | None = None
    site: str | None = None
    areas: tuple[str, ...] | None = None
    lines: tuple[Line, ...] | None = None
    owners: tuple[Unit, ...] | None = None
    agencies: tuple[Unit, ...] | None = None
    supervising: tuple[Unit, ...] | None = None
    recused: tuple[Unit, ...] | None = None
    bidders: tuple[Unit, ...] | None = None


class Application(NamedTuple):
    """The specialties that someone wants to hold."""

    claims: tuple[Claim, ...] | None = None


class Committee(NamedTuple):
    """A committee by numbers; `budget` in 分."""

    experts: int | None = None
    owner_representatives: int | None = None
    method: Method | None = None
    budget: int | None = None
    complex: bool | None = None
    high_impact: bool | None = None


class Members(NamedTuple):
    """A committee by its experts: the employer tokens of each, and for each pair the days they sat together."""

    review_on: date | None = None
    employers: tuple[frozenset[str] | None, ...] | None = None
    shared_days: tuple[tuple[date, ...] | None, ...] | None = None


class Seat(NamedTuple):
    """How one seat was filled: `proven` says that the draw's proof replays, `named` that somebody asked for a person;
    `special`, `approved` and `announced` matter for direct selection only.
    """

    origin: Origin | None = None
    proven: bool | None = None
    named: bool | None = None
    special: bool | None = None
    approved: bool | None = None
    announced: bool | None = None


class Representative(NamedTuple):
    """The owner's representative (招标人代表、采购人代表)."""

    review_on: date | None = None
    appointed_on: date | None = None
    in_writing: bool | None = None
    chairs: bool | None = None
    paid_as_expert: bool | None = None


class YearCalendar(NamedTuple):
    """One year as the State Council published it: days off beyond weekends, and weekend days that are worked."""

    holidays: frozenset[date]
    workdays: frozenset[date]


class Window(NamedTuple):
    """When a draw is to happen. `calendar` holds only the years that are published."""

    draw_at: datetime | None = None
    opens_at: datetime | None = None
    review_at: datetime | None = None
    method: Method | None = None
    remote: bool | None = None
    supplementary: bool | None = None
    calendar: Mapping[int, YearCalendar] | None = None


class Shortage(NamedTuple):
    """How many are eligible at each rung of the ladder climbed so far, the first rung first."""

    seats: int | None = None
    counts: tuple[int | None, ...] | None = None


class Pool(NamedTuple):
    """How many are eligible for how many seats."""

    seats: int | None = None
    eligible: int | None = None


class Recusals(NamedTuple):
    """How many the requester's named units removed, of how many that were eligible before."""

    eligible_before: int | None = None
    removed: int | None = None


class Removals(NamedTuple):
    """How many were taken off the roster within the settling time, of how many that were on it."""

    on_roster: int | None = None
    removed: int | None = None


class Mirror(NamedTuple):
    """The day of the province's last signed head, and today."""

    head_on: date | None = None
    today: date | None = None
