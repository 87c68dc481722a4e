"""The situation guide as a page. It needs no account: anybody may know it, and it is wanted when little works."""

from flask import Blueprint, Response

from expertpool.audit import guide
from expertpool.draws.rules import rulebook
from expertpool.web.access import public
from expertpool.web.edge import edge
from expertpool.web.rendering import page
from policies.facts import day_of
from policies.rulebook import Rulebook

blueprint = Blueprint("guide", __name__)


@blueprint.get("/guide")
@public
def show() -> Response:
    """Every situation, by what it concerns."""
    return page("audit/guide.html", groups=guide.by_group(), book=book_in_force(), labels=guide.LABELS)


def book_in_force() -> Rulebook:
    """The centre's rulebook of today, whose articles are shown."""
    return rulebook(edge().settings.draws.rulebook, day_of(edge().clock.now()))
