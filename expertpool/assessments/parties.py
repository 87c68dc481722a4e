"""For which party an account of each role speaks; the others speak for none."""

from typing import Final

from expertpool.identity.roles import Role
from policies.conduct_items import Party

PARTY_OF: Final[dict[Role, Party]] = {
    Role.CENTRE_STAFF: Party.CENTRE,
    Role.SUPERVISOR: Party.SUPERVISOR,
    Role.INITIATOR: Party.PROJECT_UNIT,
}
