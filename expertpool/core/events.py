"""What happened, as a value: the typed events that transactions record and the ledger keeps.

An event is declared once::

    class CentreRegistered(Event):
        kind = "centre.registered"
        centre: str = clear()     # stands in the ledger for everyone to read
        name: str                 # salted digest; its disclosure is kept outside the log

Hidden is the default, so that a forgotten word cannot publish a fact. What stands in the clear is listed in
``docs/spec/events.md``, which is generated from these classes.
"""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, dataclass_transform

EVENT_KINDS: dict[str, type["Event"]] = {}
"""Every declared event by its kind."""


def clear() -> Any:
    """Declare a field that the ledger shows in the clear. Ask first what it tells a clerk about a sealed name."""
    return dataclasses.field(metadata={"clear": True})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field, clear))
class Event:
    """Base of all events. ``kind`` is stable: it is what stands in the ledger."""

    kind: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        if cls.kind in EVENT_KINDS and EVENT_KINDS[cls.kind].__qualname__ != cls.__qualname__:
            raise TypeError(f"event kind {cls.kind!r} is declared twice")
        EVENT_KINDS[cls.kind] = cls

    def shown(self) -> Mapping[str, Any]:
        """The fields that stand in the clear."""
        return {name: getattr(self, name) for name in self.field_names(shown=True)}

    def hidden(self) -> Mapping[str, Any]:
        """The fields of which the ledger holds salted digests."""
        return {name: getattr(self, name) for name in self.field_names(shown=False)}

    @classmethod
    @cache
    def field_names(cls, *, shown: bool) -> tuple[str, ...]:
        """Names of the fields in the clear, or of the others."""
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # every subclass is made a dataclass above
        return tuple(field.name for field in fields if field.metadata.get("clear", False) == shown)


def event_table() -> str:
    """``docs/spec/events.md``: what the ledger shows of each kind of event."""
    lines = [
        "# Kinds of entries",
        "",
        "Generated from the event classes by `expertpool docs events`. Fields in the clear can be read by anyone;",
        "of every other field the entry holds a salted digest only (`_sd`, see [ledger.md](ledger.md)). `rows`",
        "commits to the rows that the act changed, `staged` to those of a bulk act (see [ledger.md](ledger.md)).",
        "",
        "| kind | in the clear | salted digests | what it says |",
        "|---|---|---|---|",
    ]
    for kind in sorted(EVENT_KINDS):
        event = EVENT_KINDS[kind]
        shown, hidden = (", ".join(f"`{name}`" for name in event.field_names(shown=way)) for way in (True, False))
        what = (event.__doc__ or "").strip().split("\n")[0]
        lines.append(f"| `{kind}` | {shown} | {hidden} | {what} |")
    return "\n".join(lines) + "\n"
