"""Rulebooks and specialties, for programs: what counts, by which article, and what changed."""

from datetime import date
from typing import Any

from expertpool.experts import rulebook_schemas as schemas
from expertpool.experts import rulebooks
from expertpool.experts.import_api import blueprint
from expertpool.web.access import requires
from expertpool.web.edge import edge
from expertpool.web.errors import NoSuchAddress
from policies import specialties
from policies.facts import day_of
from policies.library import shipped
from policies.problems import BadInput
from policies.rulebook import Parameter, Setting

__all__ = ["blueprint"]

NATIONAL = ("national", "2018")


@blueprint.get("/specialties")
@requires("expert.see")
@blueprint.response(200, schemas.SpecialtyList)
def list_specialties() -> dict[str, Any]:
    """List all specialties by code, each with the class above it."""
    return {"items": list(specialties.table(*NATIONAL).values())}


@blueprint.get("/rulebooks")
@requires("centre.see")
@blueprint.response(200, schemas.RulebookList)
def list_rulebooks() -> dict[str, Any]:
    """List every version of every rulebook, with the day on which it begins to count."""
    items = [{"book": each.book, "since": each.since, **_texts("title", each.title)} for each in rulebooks.versions()]
    return {"items": items, "in_use": edge().settings.draws.rulebook}


@blueprint.get("/rulebooks/<book>")
@requires("centre.see")
@blueprint.arguments(schemas.OnDay, location="query")
@blueprint.response(200, schemas.RulebookSchema)
def show_rulebook(given: dict[str, Any], book: str) -> dict[str, Any]:
    """Show every figure of a rulebook as it counts on a day: its label, its article, which layer says so."""
    on: date = given["on"] or day_of(edge().clock.now())
    try:
        found = shipped().rulebook(book, on)
    except BadInput:
        raise NoSuchAddress from None
    figures = [
        {
            "rule": section.rule,
            "regime": section.regime,
            "applies": section.applies,
            "name": line.name,
            **_texts("rule_title", section.title),
            **_texts("text", line.parameter.text),
            **_said(line.parameter, line.setting),
        }
        for section in rulebooks.sections(found)
        for line in section.lines
    ]
    return {"book": book, "on": on, "layers": [layer.book for layer in found.layers], "figures": figures}


@blueprint.get("/rulebooks/<book>/changes")
@requires("centre.see")
@blueprint.arguments(schemas.TwoVersions, location="query")
@blueprint.response(200, schemas.ChangeList)
def list_changes(given: dict[str, Any], book: str) -> dict[str, Any]:
    """List what changed from one version of a rulebook to a later one, or from it to a version of another book."""
    versions = {version.key: version for version in rulebooks.versions()}
    before = versions.get(f"{book}@{given['since']}")
    after = versions.get(f"{given['to_book'] or book}@{given['to_since']}")
    if before is None or after is None:
        raise NoSuchAddress
    return {
        "items": [
            {
                "rule": each.change.rule,
                "regime": each.change.regime,
                "name": each.change.name,
                **_texts("text", each.parameter.text),
                "before": each.change.before and _said(each.parameter, each.change.before),
                "after": each.change.after and _said(each.parameter, each.change.after),
            }
            for each in rulebooks.changed(before, after)
        ]
    }


def _said(parameter: Parameter, setting: Setting) -> dict[str, str]:
    value = _texts("value", rulebooks.said(parameter, setting))
    return {**value, "label": setting.label.value, "article": setting.article, "layer": setting.layer}


def _texts(name: str, text: tuple[str, str]) -> dict[str, str]:
    return {f"{name}_zh": text[0], f"{name}_en": text[1]}
