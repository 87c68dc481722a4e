"""One row of the table of routes (``tests.web.routes``), and the states of what its address names."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from expertpool.assessments.lifecycle import AssessmentState
from expertpool.draws.lifecycle import DrawState
from expertpool.experts.lifecycle import Status
from expertpool.payouts.lifecycle import OrderState
from expertpool.projects.lifecycle import SessionState
from expertpool.sessions.lifecycle import DayState
from expertpool.web.access import PUBLIC, SIGNED, VAULT

API: Final = "/api/v1"
NEVER: Final = "never"
ABSENT: Final = "absent"
"""For a route whose address names what nobody in the scene has: then only who may ask is looked at."""

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("active", "retired"),
    "alias": ("proposed", "approved"),
    "assessment": tuple(AssessmentState),
    "day": tuple(DayState),
    "draw": tuple(DrawState),
    "expert": tuple(Status),
    "holder": ("registered", "proved", "approved", "retired"),
    "order": tuple(OrderState),
    "recipient": ("registered", "approved", "retired"),
    "recusal": ("standing", "withdrawn"),
    "sender key": ("registered", "approved", "revoked"),
    "session": tuple(SessionState),
    "supervisor key": ("registered", "approved", "revoked"),
}
"""Kind of object -> its states."""
_KINDS: Final = {
    "actor_id": "account",
    "alias_id": "alias",
    "draw_id": "draw",
    "expert_id": "expert",
    "holder_id": "holder",
    "order_id": "order",
    "organisation_id": "organisation",
    "project_id": "project",
    "recipient_id": "recipient",
    "recusal_id": "recusal",
    "sender_id": "sender",
    "session_id": "session",
}
"""What a part of an address names."""


class Route(NamedTuple):
    """One method of one address; ``who`` is a verb of the permission table, or how one gets in without an account."""

    method: str
    path: str
    who: str
    sends: Mapping[str, Any] = {}
    states: str = ""
    of: str = ""
    """The kind of object, where the address does not tell it."""
    confirmed: bool = False
    """Whether the second factor must be fresh."""

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(f"{API}/")

    @property
    def has_verb(self) -> bool:
        return self.who not in (PUBLIC, SIGNED, VAULT)

    @property
    def kind(self) -> str | None:
        """The kind of object that the address names."""
        if self.of:
            return None if self.of == ABSENT else self.of
        named = re.search(r"<(?:[a-z]+:)?([a-z]+_id)>", self.path)
        return _KINDS[named[1]] if named and self.has_verb else None  # a new kind: furnish the scene, or say ABSENT

    def works_in(self, state: str) -> bool:
        return not self.states or state in self.states.split()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
