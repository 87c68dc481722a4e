"""What a scoped token is limited to: words that each stand for verbs of the permission table. Pure.

``read`` stands for everything that only shows; ``draw.*`` for the verbs of a group; ``draw.see`` for one verb. A scope
never grants: the permission table stays the upper bound, and what a scope does not name is refused.
"""

from collections.abc import Iterable
from typing import Final

READ: Final = "read"
ALWAYS: Final = "account.see-own"
"""Every token may ask whose it is."""
NEVER: Final = frozenset({"token.issue", "token.limit", "actor.invite", "actor.link", "passkey.manage"})
"""What hands out access: a token that could do this would be worth more than it is limited to."""


def covers(scopes: frozenset[str], verb: str) -> bool:
    """Whether a token of these scopes may be used for the verb."""
    if verb in NEVER:
        return False
    return verb == ALWAYS or verb in scopes or f"{group_of(verb)}.*" in scopes or (READ in scopes and only_shows(verb))


def only_shows(verb: str) -> bool:
    """Whether the verb changes nothing."""
    return verb.partition(".")[2] in ("see", "see-own")


def group_of(verb: str) -> str:
    """What the verb is done to: ``draw`` of ``draw.see``."""
    return verb.partition(".")[0]


def offered(verbs: Iterable[str]) -> frozenset[str]:
    """Every scope that stands for at least one of these verbs."""
    able = [verb for verb in verbs if verb not in NEVER]
    groups = {f"{group_of(verb)}.*" for verb in able}
    return frozenset({*able, *groups, *(READ for verb in able if only_shows(verb))})


def written(scopes: Iterable[str]) -> str:
    """As RFC 6749, section 3.3, writes them: sorted, with spaces between."""
    return " ".join(sorted(set(scopes)))


def read(text: str) -> frozenset[str]:
    """Undo `written`."""
    return frozenset(text.split())
