"""Who assesses whom: the trading centre, the supervisor and the project unit, each on sheets of its own.

The agency and its people are assessed by the other two: no party scores itself.
"""

from enum import StrEnum
from typing import Final

from expertpool.identity.roles import Role
from expertpool.projects.terms import Words


class Party(StrEnum):
    """Who assesses. The project unit is the tenderee or purchaser, or the agency that handles the project for it."""

    CENTRE = "centre"
    SUPERVISOR = "supervisor"
    PROJECT_UNIT = "project_unit"


class SubjectKind(StrEnum):
    """Whom an assessment is of: a seat of the committee, the agency, or one of the agency's people."""

    SEAT = "seat"
    AGENCY = "agency"
    AGENCY_PERSON = "agency_person"


PARTY_WORDS: Final[dict[Party, Words]] = {
    Party.CENTRE: Words("交易中心", "trading centre"),
    Party.SUPERVISOR: Words("行政监督部门", "supervisor"),
    Party.PROJECT_UNIT: Words("项目单位", "project unit"),
}
"""What each party is called."""

KIND_WORDS: Final[dict[SubjectKind, Words]] = {
    SubjectKind.SEAT: Words("评审专家席位", "seat of the committee"),
    SubjectKind.AGENCY: Words("代理机构", "agency"),
    SubjectKind.AGENCY_PERSON: Words("代理机构从业人员", "agency’s person"),
}
"""What each kind of subject is called."""

PARTY_OF: Final[dict[Role, Party]] = {
    Role.CENTRE_STAFF: Party.CENTRE,
    Role.SUPERVISOR: Party.SUPERVISOR,
    Role.INITIATOR: Party.PROJECT_UNIT,
}
"""For which party an account of each role speaks; the others speak for none."""

ASSESSORS: Final[dict[SubjectKind, tuple[Party, ...]]] = {
    SubjectKind.SEAT: tuple(Party),
    SubjectKind.AGENCY: (Party.CENTRE, Party.SUPERVISOR),
    SubjectKind.AGENCY_PERSON: (Party.CENTRE, Party.SUPERVISOR),
}
"""Who assesses each kind of subject."""
