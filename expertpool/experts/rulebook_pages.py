"""The rulebooks: which is in force from when, what each figure is and why, and what changed between two of them.

A figure is shown with its label (law, local, product default) and its article, as the book has it.
"""

from datetime import date
from typing import Final

from flask import Blueprint, Response, request

from expertpool.experts import rulebooks, words
from expertpool.experts.desk import shell
from expertpool.web.access import signed_in
from expertpool.web.edge import edge
from expertpool.web.errors import NoSuchAddress
from expertpool.web.rendering import BEIJING, page
from policies.library import shipped
from policies.problems import BadInput

PATH: Final = "/pool/rulebooks"

blueprint = Blueprint("pool-rulebooks", __name__)


@blueprint.get(PATH)
@signed_in("centre.see")
def show_all() -> Response:
    """Every edition of every book, the nation's first."""
    today = _today()
    layers = [book.layers[0] for book in shipped().editions()]
    return page(
        "experts/rulebooks.html",
        layers=layers,
        in_force={layer.source for layer in layers if layer.in_force(today)},
        used=edge().settings.draws.rulebook,
        versions=rulebooks.versions(),
        words=words,
        **shell(),
    )


@blueprint.get(f"{PATH}/<book>")
@signed_in("centre.see")
def show(book: str) -> Response:
    """A book as it counts on a day, with all that it builds on."""
    on = _day(request.args.get("on", "")) or _today()
    try:
        rulebook = shipped().rulebook(book, on)
    except BadInput:
        raise NoSuchAddress from None
    sections = list(rulebooks.sections(rulebook))
    return page(
        "experts/rulebook.html",
        rulebook=rulebook,
        top=rulebook.layers[-1],
        on=on,
        sections=sections,
        in_use=sum(section.applies for section in sections),
        said=rulebooks.said,
        words=words,
        **shell(),
    )


@blueprint.get(f"{PATH}/changes")
@signed_in("centre.see")
def compare() -> Response:
    """What changed from one version to another: of the same book, or of the layer under it."""
    versions = {version.key: version for version in rulebooks.versions()}
    before, after = (versions.get(request.args.get(name, "")) for name in ("from", "to"))
    found = list(rulebooks.changed(before, after)) if before and after else []
    return page(
        "experts/changes.html",
        versions=list(versions.values()),
        before=before,
        after=after,
        found=found,
        said=rulebooks.said,
        words=words,
        **shell(),
    )


def _today() -> date:
    return edge().clock.now().astimezone(BEIJING).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
