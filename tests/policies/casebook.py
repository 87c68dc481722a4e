"""The cases of all rules, read from `cases/*.toml`: tables of facts and of what must come of them."""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from policies import reading
from policies.apply import ground
from policies.decision import Effect, Finding, Reason, unknown
from policies.facts import Expert, Request
from policies.library import shipped
from policies.registry import RULES
from policies.rule import ExpertRule, FactRule, Rule, UnknownFact
from policies.rulebook import Rulebook, Value, Values

FOLDER = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 21)
EFFECTS = {effect.value for effect in Effect}


@dataclass(frozen=True)
class Case:
    """One line of a table, in one regime."""

    rule: str
    regime: str
    book: str
    note: str
    effect: Effect
    expected: Any
    changes: dict[str, Any]
    missing: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}[{self.regime}] {self.note}"


@cache
def base() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "base.toml").read_text(encoding="utf-8"))


@cache
def book(name: str) -> Rulebook:
    return shipped().rulebook(name, TODAY)


def book_for(name: str, regime: str) -> str:
    return name if regime in book(name).regimes else "roster-demo"


def regimes_of(rule: str) -> list[tuple[str, str]]:
    """Give the regimes that a rule is declared for, each with its base book."""
    bases = ("national", "roster-demo")
    return sorted({(regime, name) for name in bases for r, regime, _ in book(name).settings if r == rule})


@cache
def all_cases() -> tuple[Case, ...]:
    return tuple(case for path in sorted(FOLDER.glob("*.toml")) if path.name != "base.toml" for case in _of(path))


def _of(path: Path) -> list[Case]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    name = document.pop("book", "national")
    return [
        Case(
            rule=rule,
            regime=regime,
            book=book_for(name, regime),
            note=row["note"],
            effect=Effect(effect),
            expected=row[effect],
            changes={key: row.get(key, {}) for key in ("expert", "request", "fact")},
            missing=tuple(row.get("missing", ())),
            settings=row.get("settings", {}),
        )
        for rule, table in document.items()
        for row in table["cases"]
        for effect in EFFECTS & row.keys()
        for regime in row.get("regimes") or _regimes_in(rule, name)
    ]


def _regimes_in(rule: str, name: str) -> list[str]:
    return sorted({regime for r, regime, _ in book(name).settings if r == rule})


def named(value: Any) -> Any:
    """Put the unit in the place of its “@name”."""
    if isinstance(value, str) and value.startswith("@"):
        return base()["units"][value[1:]]
    if isinstance(value, list):
        return [named(each) for each in value]
    if isinstance(value, dict):
        return {key: named(each) for key, each in value.items()}
    return value


def fact(kind: type, of: str, changes: dict[str, Any], missing: tuple[str, ...] = ()) -> Any:
    """Build a fact tuple from the base table `of`, with some facts replaced and some taken away."""
    values = {**base()[of], **changes}
    return reading.read(kind, named({key: each for key, each in values.items() if key not in missing}))


def expert(missing: tuple[str, ...] = (), **changes: Any) -> Expert:
    result: Expert = fact(Expert, "expert", changes, missing)
    return result


def request(missing: tuple[str, ...] = (), **changes: Any) -> Request:
    result: Request = fact(Request, "request", changes, missing)
    return result


def values_for(rule: Rule, book_name: str, regime: str, settings: dict[str, Any]) -> Values:
    changed: dict[str, Value] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }
    return Values({**book(book_name).values(rule.id, regime).values, **changed})


def answer(case: Case) -> Reason | None:
    """Apply the case's rule, and nothing else."""
    rule = RULES[case.rule]
    values = values_for(rule, case.book, case.regime, case.settings)
    if isinstance(rule, FactRule):
        return rule.judge(fact(rule.subject, rule.subject.__name__, case.changes["fact"], case.missing), values)
    assert isinstance(rule, ExpertRule)
    check = rule.prepare(request(case.missing, **case.changes["request"]), values)
    try:
        return check(expert(case.missing, **case.changes["expert"]))
    except UnknownFact as missing:
        return unknown(missing.fact)


def finding(case: Case, reason: Reason) -> Finding:
    rule = RULES[case.rule]
    return Finding(ground(book(case.book), rule, case.regime), rule.effect(reason), reason)
