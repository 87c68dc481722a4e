"""Whether a committee can be seated at all: asked before the intent, without a say in who is chosen.

`feasible` decides it where it can. Where groups overlap it may not be able to, and where a committee exists the search
may still be hopeless: `estimate_acceptance` tells how many attempts it will take.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import networkx as nx

from expertpool.protocol.panel import Seating, allowed, within
from expertpool.protocol.table import Token

MOST_STEPS = 200_000
MOST_TRIES = 100_000
ENOUGH = 100

Class = tuple[int, frozenset[Token]]
"""Candidates who are alike: the lines that they may be drawn for, and the groups that have a cap."""


def feasible(seating: Seating) -> bool | None:
    """Say whether the seats can be filled by different rows within all caps.

    A plain pool has an example at hand. Else, where no candidate is in two groups that have a cap, the answer is exact:
    a maximum flow from groups over classes of candidates to lines. Where some are, a flow that counts one group of each
    is a necessary condition, which gives the exact answer no; then candidates are tried in turn, which gives yes with
    an example, or no after the last. After a bounded number of steps it is None: undecided, and `estimate_acceptance`
    has to tell.
    """
    eligible = seating.eligible()
    if eligible is None or not within(seating.caps, seating.already()):
        return False
    taken = Counter(token for tokens in seating.already() for token in set(tokens))
    if _example_at_hand(seating, eligible, taken.copy()):
        return True
    classes = _classes(seating, taken)
    kinds = seating.caps or {0: 0}
    if any(_flow(seating, taken, classes, kind) < sum(seating.seats) for kind in kinds):
        return False
    if all(len(tokens) <= 1 for _, tokens in classes):
        return True
    return _Trial(seating, taken, classes).fill()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How many of the attempts tried were allowed."""

    accepted: int
    tried: int

    @property
    def share(self) -> float:
        """The estimated chance that an attempt is allowed."""
        return self.accepted / self.tried

    def surely_below(self, limit: float, confidence: float = 0.99) -> bool:
        """Say whether the chance is below `limit`: a one-sided exact binomial test.

        If the chance were `limit` or more, so few would be accepted with a probability of at most 1 - `confidence`.
        Of 100,000 tries that is, for a limit of 0.0001, 2 or fewer (confidence 0.99), or 4 or fewer (0.95). When the
        estimate stopped early, the test errs to the side of False.
        """
        few = range(self.accepted + 1)
        return math.fsum(_binomial(hits, self.tried, limit) for hits in few) <= 1 - confidence


def estimate_acceptance(seating: Seating, below: Callable[[int], int]) -> Acceptance:
    """Make attempts as a search would, with rows picked by `below` instead of tickets, and count the allowed.

    `below(n)` gives an integer from 0 to n - 1 at random (`secrets.randbelow`); nothing of what it gives is kept. Stops
    after 100 allowed attempts (a standard error of a tenth), else after 100,000 tries: the standard error of a chance
    of 0.0001 is then a third of it. A line with fewer rows than seats is counted as if no try had been allowed.
    """
    eligible = seating.eligible()
    if eligible is None:
        return Acceptance(0, MOST_TRIES)
    already, lines, accepted = seating.already(), list(zip(eligible, seating.seats, strict=True)), 0
    for tried in range(1, MOST_TRIES + 1):
        attempt = tuple(tuple(rows[place] for place in _places(len(rows), wanted, below)) for rows, wanted in lines)
        accepted += allowed(seating, attempt, already)
        if accepted == ENOUGH:
            return Acceptance(accepted, tried)
    return Acceptance(accepted, MOST_TRIES)


def _places(population: int, wanted: int, below: Callable[[int], int]) -> set[int]:
    """Pick a uniform set of places (Floyd's algorithm)."""
    picked: set[int] = set()
    for last in range(population - wanted, population):
        place = below(last + 1)
        picked.add(last if place in picked else place)
    return picked


def _binomial(hits: int, tries: int, chance: float) -> float:
    ways = math.lgamma(tries + 1) - math.lgamma(hits + 1) - math.lgamma(tries - hits + 1)
    return math.exp(ways + hits * math.log(chance) + (tries - hits) * math.log1p(-chance))


def _example_at_hand(seating: Seating, eligible: list["array[int]"], taken: Counter[Token]) -> bool:
    """Say whether taking whoever fits next, the scarcest line first, fills the seats. Spares a pool its classes."""
    caps, tokens_of, seated = seating.caps, seating.candidates.tokens_of, set[int]()

    def fits(row: int) -> bool:
        return row not in seated and all(taken[token] < caps.get(token[0], math.inf) for token in tokens_of(row))

    for rows, wanted in sorted(zip(eligible, seating.seats, strict=True), key=lambda line: len(line[0])):
        for row in islice(filter(fits, rows), wanted):
            seated.add(row)
            taken.update(set(tokens_of(row)))
    return len(seated) == sum(seating.seats)


def _classes(seating: Seating, taken: Counter[Token]) -> Counter[Class]:
    """Count who is alike, without those whose groups are full."""
    caps, tokens_of = seating.caps, seating.candidates.tokens_of
    wanted = sum(1 << line for line, seats in enumerate(seating.seats) if seats)
    rows = enumerate(seating.open_lines())
    alike = Counter((lines & wanted, tuple(tokens_of(row)) if caps else ()) for row, lines in rows if lines & wanted)
    classes: Counter[Class] = Counter()
    for (lines, tokens), count in alike.items():
        capped = frozenset(token for token in tokens if token[0] in caps)
        if all(taken[token] < caps[token[0]] for token in capped):
            classes[lines, capped] += count
    return classes


def _flow(seating: Seating, taken: Counter[Token], classes: Counter[Class], kind: int) -> int:
    """Give how many seats can be filled if of each candidate only one group counted, one of this kind if there is one.

    Groups that have as much room and members alike share a node, with their capacities added: a flow through it, parted
    among them evenly, keeps the capacities of each, and a maximum flow in whole numbers exists wherever one does.
    """
    members: defaultdict[Token | None, Counter[int]] = defaultdict(Counter)
    for (lines, tokens), count in classes.items():
        group = min(tokens, key=lambda token: (token[0] != kind, token), default=None)
        members[group][lines] += count
    alike: Counter[tuple[int, frozenset[tuple[int, int]]]] = Counter()
    for group, held in members.items():
        room = sum(seating.seats) if group is None else seating.caps[group[0]] - taken[group]
        alike[room, frozenset((lines, min(count, room)) for lines, count in held.items())] += 1
    graph = nx.DiGraph()
    graph.add_node("pool")
    for number, ((room, held_alike), groups) in enumerate(alike.items()):
        graph.add_edge("pool", ("groups", number), capacity=groups * room)
        for lines, count in held_alike:
            graph.add_edge(("groups", number), ("eligible", lines), capacity=groups * count)
            graph.add_edges_from((("eligible", lines), line) for line in range(lines.bit_length()) if lines >> line & 1)
    graph.add_edges_from((line, "seats", {"capacity": wanted}) for line, wanted in enumerate(seating.seats))
    return int(nx.maximum_flow_value(graph, "pool", "seats"))


class _Trial:
    """Seats candidates one by one, the scarcest line first, and takes back what leads nowhere."""

    def __init__(self, seating: Seating, taken: Counter[Token], classes: Counter[Class]) -> None:
        self._caps, self._taken, self._left, self._steps = seating.caps, taken, classes, 0
        simple = sorted(classes, key=lambda each: (len(each[1]), each[0].bit_count()))
        self._options = [[each for each in simple if each[0] >> line & 1] for line in range(len(seating.seats))]
        scarce = sorted(range(len(seating.seats)), key=lambda line: len(self._options[line]))
        self._seats = [line for line in scarce for _ in range(seating.seats[line])]

    def fill(self, seat: int = 0, first: int = 0) -> bool | None:
        """Fill the seats from `seat` on, this one not from an option before `first`; None when steps run out."""
        if seat == len(self._seats):
            return True
        options = self._options[self._seats[seat]]
        for place in range(first, len(options)):
            self._steps += 1
            if self._steps > MOST_STEPS:
                return None
            if self._fits(options[place]):
                self._seat(options[place], 1)
                same_line = self._seats[seat : seat + 2] == self._seats[seat : seat + 1] * 2
                outcome = self.fill(seat + 1, place if same_line else 0)
                if outcome is not False:
                    return outcome
                self._seat(options[place], -1)
        return False

    def _fits(self, each: Class) -> bool:
        return self._left[each] > 0 and all(self._taken[token] < self._caps[token[0]] for token in each[1])

    def _seat(self, each: Class, members: int) -> None:
        self._left[each] -= members
        for token in each[1]:
            self._taken[token] += members
