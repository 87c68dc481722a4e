"""The draw request as the intent commits to it: docs/spec/request.md. Pure.

What the initiator applied for, what the project knows, and what the vault adds when it decides: the moment of the
decision, the rung of the ladder that the system climbed to, and from the bid opening on what commits to the bidders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import Malformed
from ledger.entry import format_time
from ledger.errors import LedgerError
from policies import facts, ladder
from policies.facts import Unit
from policies.rulebook import Rulebook

DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Site:
    """Where part of the committee sits: an area code and the words that lead there. The first is the main site."""

    area: str
    place: str


@dataclass(frozen=True, slots=True)
class SeatLine:
    """Seats for one specialty at one site; ``codes`` are alternatives, any of which qualifies."""

    codes: tuple[str, ...]
    seats: int
    site: int
    scheme: str = "national"
    version: str = "2018"


@dataclass(frozen=True, slots=True)
class Representative:
    """An owner's representative by the appointment; who it is does not concern the draw."""

    appointed_on: date
    in_writing: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the centre can reach about the session, on the initiator's side."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class DrawRequest:
    """A request for a draw. Times are aware; ``starts`` is the assembly, ``draw_at`` the wished moment of the draw.

    ``bidders`` commits to those by whom the candidates were decided (hex); None while they were not to be known.
    """

    draw: str
    centre: str
    session: str
    regime: str
    project: str
    lots: tuple[str, ...]
    method: str
    budget: int
    owners: tuple[Unit, ...]
    agencies: tuple[Unit, ...]
    supervising: tuple[Unit, ...]
    recused: tuple[Unit, ...]
    recused_persons: int
    draw_at: datetime
    opens_at: datetime
    starts: datetime
    expected_minutes: int
    overnight: bool
    sites: tuple[Site, ...]
    lines: tuple[SeatLine, ...]
    retained: int
    owner_representatives: tuple[Representative, ...]
    complex: bool
    high_impact: bool
    rulebook: str
    contacts: tuple[Contact, ...] = ()
    decided_at: datetime | None = None
    rung: str | None = None
    bidders: str | None = None

    @property
    def seats(self) -> tuple[int, ...]:
        """How many are drawn for each line."""
        return tuple(line.seats for line in self.lines)

    def decided(self, moment: datetime, rung: str) -> "DrawRequest":
        """The request as it was decided."""
        return replace(self, decided_at=moment, rung=rung)

    def for_rules(self, book: Rulebook, bidders: tuple[Unit, ...] | None = None) -> facts.Request:
        """The request as the rules about experts see it, on its rung, with the bidders that are known.

        Raises `Malformed` before it was decided.
        """
        if self.rung is None or self.decided_at is None:
            raise Malformed(field="rung")
        asked = facts.Request(
            project=self.project,
            decided_at=self.decided_at,
            opens_at=self.opens_at,
            review_at=self.starts,
            site=self.sites[0].area,
            lines=tuple(facts.Line(line.codes, line.seats, 0, line.scheme, line.version) for line in self.lines),
            owners=self.owners,
            agencies=self.agencies,
            supervising=self.supervising,
            recused=self.recused,
            bidders=bidders,
        )
        if not book.applies(ladder.RULE, self.regime):
            return asked  # a roster that knows no areas has no ladder to climb
        return ladder.at(book, self.regime, asked, self.rung)

    def plain(self) -> dict[str, Any]:
        """As JSON: what the commitment of the intent is over."""
        known = {} if self.bidders is None else {"bidders": self.bidders}
        return known | {
            "agencies": _units(self.agencies),
            "budget": self.budget,
            "centre": self.centre,
            "complex": self.complex,
            "contacts": [{"name": contact.name, "phone": contact.phone} for contact in self.contacts],
            "decided_at": None if self.decided_at is None else format_time(self.decided_at),
            "draw": self.draw,
            "draw_at": format_time(self.draw_at),
            "expected_minutes": self.expected_minutes,
            "high_impact": self.high_impact,
            "lines": [
                {
                    "codes": list(line.codes),
                    "scheme": line.scheme,
                    "seats": line.seats,
                    "site": line.site,
                    "version": line.version,
                }
                for line in self.lines
            ],
            "lots": list(self.lots),
            "method": self.method,
            "opens_at": format_time(self.opens_at),
            "overnight": self.overnight,
            "owner_representatives": [
                {"appointed_on": each.appointed_on.isoformat(), "in_writing": each.in_writing}
                for each in self.owner_representatives
            ],
            "owners": _units(self.owners),
            "project": self.project,
            "recused": _units(self.recused),
            "recused_persons": self.recused_persons,
            "regime": self.regime,
            "retained": self.retained,
            "rulebook": self.rulebook,
            "rung": self.rung,
            "session": self.session,
            "sites": [{"area": site.area, "place": site.place} for site in self.sites],
            "starts": format_time(self.starts),
            "supervising": _units(self.supervising),
        }


def read_request(value: Mapping[str, Any]) -> DrawRequest:
    """Read what `DrawRequest.plain` wrote. Raises `Malformed` for anything else."""
    try:
        given = dict(value)
        request = DrawRequest(
            **given
            | {name: _read_units(given[name]) for name in ("owners", "agencies", "supervising", "recused")}
            | {name: datetime.fromisoformat(given[name]) for name in ("draw_at", "opens_at", "starts")}
            | {
                "decided_at": given["decided_at"] and datetime.fromisoformat(given["decided_at"]),
                "contacts": tuple(Contact(**contact) for contact in given["contacts"]),
                "lots": tuple(given["lots"]),
                "owner_representatives": tuple(
                    Representative(date.fromisoformat(each["appointed_on"]), each["in_writing"])
                    for each in given["owner_representatives"]
                ),
                "sites": tuple(Site(**site) for site in given["sites"]),
                "lines": tuple(SeatLine(**{**line, "codes": tuple(line["codes"])}) for line in given["lines"]),
            }
        )
        same = request.plain() == value
        if request.bidders is not None:
            from_hex(request.bidders, DIGEST_BYTES, "bidders")
    except (KeyError, TypeError, ValueError, AttributeError, LedgerError):
        raise Malformed(field="request") from None
    if not same:
        raise Malformed(field="request")
    return request


def _units(units: tuple[Unit, ...]) -> list[dict[str, Any]]:
    return [{"code": unit.code, "name": unit.name} for unit in units]


def _read_units(value: list[dict[str, Any]]) -> tuple[Unit, ...]:
    return tuple(Unit(each["name"], each["code"]) for each in value)
