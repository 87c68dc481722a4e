"""Who must sit by the ledger and the agents' keys alone: the draw computed beside the service, step by step."""

from dataclasses import dataclass
from typing import Any

from expertpool.draws.keeping import secrets_of
from expertpool.draws.stored_strikes import rows_struck
from expertpool.draws.stored_table import stored_table
from expertpool.protocol import vrf
from expertpool.protocol.panel import Seating, search
from expertpool.protocol.seed import BeaconValue, Contribution, Seeds
from tests.draws.world import DrawWorld


@dataclass(frozen=True)
class Reckoned:
    """The experts by seat: at first, and after the vacancies that are logged; whom nobody follows is named still."""

    first: dict[str, str]
    now: dict[str, str]


def reckon(world: DrawWorld, draw_id: str, beacon: BeaconValue | None = None) -> Reckoned:
    """Compute a draw anew, as docs/spec/draw.md tells, from entries, keys and the table."""
    entries = [entry for entry in world.sealing.entries() if entry["body"].get("draw") == draw_id]
    intent = next(entry for entry in entries if entry["kind"] == "draw.intended")
    body, alpha = intent["body"], world.entry_hash(intent["index"])
    seeds = Seeds.derive(alpha, [_contribution(world, each, alpha) for each in _counting(body, entries)], beacon)
    with world.session() as session:
        made = stored_table(session, world.parts().keys, draw_id)
        late, _ = rows_struck(session, world.parts().keys, draw_id, made)
        candidates = made.candidates(secrets_of(session, world.parts().keys, draw_id).table_key)
    assert made.table.root().hex() == body["table"]
    caps = {each["kind"]: each["cap"] for each in body["constraints"]}
    panel = search(Seating(candidates, body["seats"], caps), seeds.panel, body["max_attempts"]).panel
    assert panel is not None
    places = [(line, row) for line, rows in enumerate(panel) for row in rows]
    codes = seeds.seat_codes(len(places))
    line_of = {code: line for code, (line, _) in zip(codes, places, strict=True)}
    sits = {code: row for code, (_, row) in zip(codes, places, strict=True)}
    first = {code: made.experts[row] for code, row in sits.items()}
    ever, empty, struck = set(sits.values()), set[str](), frozenset[int]()
    for entry in (each for each in entries if each["kind"] in ("draw.bidders-opened", "draw.vacated")):
        if entry["kind"] == "draw.bidders-opened":
            struck = late
            continue
        vacated = entry["body"]
        wanted = [int(line == line_of[vacated["seat"]]) for line in range(len(body["seats"]))]
        empty.add(vacated["seat"])
        seated = [row for code, row in sits.items() if code not in empty]
        seating = Seating(candidates, wanted, caps, seated=seated, struck=sorted((ever | struck) - set(seated)))
        found = search(seating, seeds.vacancy(vacated["vacancy"]), body["max_attempts"]).panel
        if found is not None:
            sits[vacated["seat"]] = found[line_of[vacated["seat"]]][0]
            ever.add(sits[vacated["seat"]])
            empty.remove(vacated["seat"])
    return Reckoned(first, {code: made.experts[row] for code, row in sits.items()})


def _counting(body: dict[str, Any], entries: list[dict[str, Any]]) -> list[str]:
    stepped = [entry["body"] for entry in entries if entry["kind"] == "draw.stepped-in"]
    alternates = [each["organisation"] for each in body["alternates"]]
    called = [each for each in alternates if each in {one["alternate"] for one in stepped}]
    replaced = {each["replaced"] for each in stepped}
    return [each for each in [*(one["organisation"] for one in body["contributors"]), *called] if each not in replaced]


def _contribution(world: DrawWorld, organisation: str, alpha: bytes) -> Contribution:
    agent = next(each for each in world.agents if each.holder.id == organisation)
    proof = vrf.prove(agent.keys.vrf, alpha)
    return Contribution(organisation, vrf.verify(vrf.public_key(agent.keys.vrf), alpha, proof))
