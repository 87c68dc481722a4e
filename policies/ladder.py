"""The shortage ladder as it changes a request: which areas and specialties each rung opens.

The rulebook fixes the rungs and their order; `policies.rules.shortage` says when to climb.
"""

from policies import areas
from policies.facts import Request
from policies.rule import need
from policies.rulebook import Rulebook
from policies.rules.shortage import BY_PERSON

RULE = "shortage.ladder"


def rungs(book: Rulebook, regime: str) -> tuple[str, ...]:
    """Give the rungs that the system climbs by itself, the first first."""
    return tuple(rung for rung in book.values(RULE, regime).words("rungs") if rung not in BY_PERSON)


def at(book: Rulebook, regime: str, request: Request, rung: str) -> Request:
    """Give the request as it stands on a rung: each rung opens all that the ones before it opened.

    Raises `UnknownFact` for a request without a site or lines, `ValueError` for a rung that is not on the ladder.
    """
    values = book.values(RULE, regime)
    ladder = rungs(book, regime)
    climbed = ladder[: ladder.index(rung) + 1]
    site = need(request.site, "site")
    opens = {
        "home": (areas.prefecture(site),),
        "neighbours": values.words("neighbours"),
        "province": (areas.province(site),),
        "remote": (areas.COUNTRY,),
    }
    opened = tuple(code for each in climbed for code in opens.get(each, ()))
    parents = climbed.count("parent")
    lines = tuple(line._replace(climbed=parents) for line in need(request.lines, "lines"))
    return request._replace(areas=opened, lines=lines)
