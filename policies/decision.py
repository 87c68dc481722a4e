"""What a rule answers: a decision with its findings, each with rule, article, texts and the facts used."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from policies.names import FACTS, VALUES, Text

Plain = str | int | bool


class Effect(StrEnum):
    """What one finding does. An unknown fact refuses, but says so."""

    MET = "met"
    WARNED = "warned"
    DEFERRED = "deferred"
    REFERRED = "referred"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class Outcome(StrEnum):
    """What comes of all findings together; a referred case waits for a person."""

    ALLOWED = "allowed"
    REFERRED = "referred"
    REFUSED = "refused"


REFUSING = frozenset({Effect.UNKNOWN, Effect.REFUSED})


class Reason(NamedTuple):
    """Why a rule is not simply met: the key of its message, and the facts used, by name."""

    key: str
    facts: tuple[tuple[str, Plain], ...] = ()


def reason(key: str, **facts: Plain | date) -> Reason:
    """Build a reason; days are written as ISO 8601."""
    return Reason(
        key, tuple((name, fact.isoformat() if isinstance(fact, date) else fact) for name, fact in facts.items())
    )


def unknown(fact: str) -> Reason:
    """Say that `fact` is not known, which no rule ever counts in anyone's favour."""
    return Reason("unknown", (("missing", fact),))


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule as it stands in a rulebook for one regime: what its findings have in common."""

    rule: str
    article: str
    label: str
    title: Text
    messages: Mapping[str, Text]
    words: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer in one case."""

    ground: Ground
    effect: Effect
    reason: Reason

    def __post_init__(self) -> None:
        if self.reason.key not in self.ground.messages:
            raise ValueError(f"{self.ground.rule} has no message “{self.reason.key}”")

    @property
    def rule(self) -> str:
        """The rule's id, such as `committee.size`."""
        return self.ground.rule

    @property
    def article(self) -> str:
        """Where the rule stands."""
        return self.ground.article

    @property
    def label(self) -> str:
        """How binding it is: `law`, `local` or `product-default`."""
        return self.ground.label

    @property
    def key(self) -> str:
        """The key of the message within the rule."""
        return self.reason.key

    @property
    def facts(self) -> dict[str, Plain]:
        """The facts used, by name."""
        return dict(self.reason.facts)

    @property
    def title(self) -> Text:
        """The rule's title, with the regime's own words."""
        words = self.ground.words
        return Text(
            self.ground.title.zh.format_map({name: text.zh for name, text in words.items()}),
            self.ground.title.en.format_map({name: text.en for name, text in words.items()}),
        )

    @property
    def zh(self) -> str:
        """The message in Chinese, with the regime's own words."""
        return self._text(0)

    @property
    def en(self) -> str:
        """The message in English."""
        return self._text(1)

    def _text(self, language: int) -> str:
        words = {name: text[language] for name, text in self.ground.words.items()}
        facts = {name: _named(name, fact, language) for name, fact in self.reason.facts}
        return self.ground.messages[self.key][language].format_map(words | facts)

    def plain(self) -> dict[str, object]:
        """Give what a record of this finding holds; texts are presentation and stay out."""
        return {
            "rule": self.rule,
            "effect": self.effect.value,
            "reason": self.key,
            "article": self.article,
            "facts": self.facts,
        }


def _named(name: str, fact: Plain, language: int) -> Plain:
    """Give the name of a missing fact, or of the value of one, where it has a name."""
    text = (FACTS if name == "missing" else VALUES).get(str(fact))
    return fact if text is None else text[language]


@dataclass(frozen=True, slots=True)
class Decision:
    """An outcome with the findings that it rests on."""

    outcome: Outcome
    findings: tuple[Finding, ...]

    @staticmethod
    def of(findings: Iterable[Finding]) -> "Decision":
        """Take the strictest: any refusal or unknown fact refuses, else any referral refers, else it is allowed."""
        found = tuple(findings)
        effects = {finding.effect for finding in found}
        if effects & REFUSING:
            return Decision(Outcome.REFUSED, found)
        if Effect.REFERRED in effects:
            return Decision(Outcome.REFERRED, found)
        return Decision(Outcome.ALLOWED, found)

    def reasons(self) -> tuple[Finding, ...]:
        """Give the findings that are more than a rule being met."""
        return tuple(finding for finding in self.findings if finding.effect is not Effect.MET)

    def canonical(self) -> bytes:
        """Give the bytes to digest: JSON with sorted keys and no white space, the same for the same decision."""
        return json.dumps(
            {"outcome": self.outcome.value, "findings": [finding.plain() for finding in self.findings]},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        ).encode()

    def digest(self) -> str:
        """Give the SHA-256 of the canonical bytes, in hex."""
        return sha256(self.canonical()).hexdigest()
