"""docs/spec/draw.md, section 7, once more and naively: what the search and its distribution are compared with."""

import hashlib
from collections.abc import Sequence
from itertools import combinations, product

from expertpool.protocol.panel import Search, Seating
from tests.protocol.pools import Row, numbered

Committee = tuple[frozenset[int], ...]


def naive_ticket(seed: bytes, attempt: int, line: int, leaf: bytes) -> str:
    words = ["expertpool:panel/v1:tick".encode("ascii").hex(), seed.hex(), f"{attempt:08x}", f"{line:08x}", leaf.hex()]
    return hashlib.sha256(bytes.fromhex("".join(words))).hexdigest()


def naive_search(rows: Sequence[Row], seating: Seating, seed: bytes, attempts: int) -> Search:
    """Sort everybody, every time."""
    leaves = [each.leaf or numbered(place) for place, each in enumerate(rows)]
    gone = set(seating.seated) | set(seating.struck)
    made = []
    for attempt in range(attempts):
        selected = []
        for line, seats in enumerate(seating.seats):
            order = sorted(
                (naive_ticket(seed, attempt, line, leaves[place]), leaves[place].hex(), place)
                for place, each in enumerate(rows)
                if line in each.lines and place not in gone
            )
            if len(order) < seats:
                return Search((), None)
            selected.append(tuple(place for _, _, place in order[:seats]))
        made.append(tuple(selected))
        if naive_allowed(rows, seating, [place for line in selected for place in line]):
            return Search(tuple(made), attempt)
    return Search(tuple(made), None)


def naive_allowed(rows: Sequence[Row], seating: Seating, selected: list[int]) -> bool:
    if sorted(set(selected)) != sorted(selected):
        return False
    committee = [set(rows[place].tokens) for place in (*selected, *seating.seated)] + [set(x) for x in seating.beside]
    for kind, cap in seating.caps.items():
        for token in {token for tokens in committee for token in tokens}:
            if token[0] == kind and sum(token in tokens for tokens in committee) > cap:
                return False
    return True


def committees(rows: Sequence[Row], seating: Seating) -> list[Committee]:
    """Every way to seat rows on the lines by the rules, whatever the tickets."""
    gone = {*seating.seated, *seating.struck}
    choices = [
        combinations([place for place, each in enumerate(rows) if line in each.lines and place not in gone], seats)
        for line, seats in enumerate(seating.seats)
    ]
    return [
        tuple(map(frozenset, chosen))
        for chosen in product(*choices)
        if naive_allowed(rows, seating, [place for line in chosen for place in line])
    ]
