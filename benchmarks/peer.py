"""A panel of a citizens' assembly, drawn by us and by sortition-algorithms (its legacy algorithm), in turn.

The sizes are those that it publishes (docs/benchmark_results.md of its repository): 22 of 150, 45 of 300, 75 of 500 and
112 of 750. The constraints are what both can say: so many members of each of three fields, at most three of an
employer, at most so many from a region. Each side has the problem read before the clock starts; the peer runs in a
process and an environment of its own, since its licence is the GPL.
"""

import json
import random
import subprocess
import sys
import venv
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from benchmarks.harness import Measurement
from expertpool.protocol.panel import Candidates, Seating, search

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements" / "peers.lock"
ENVIRONMENT: Final = ROOT / "var" / "benchmarks" / "peers"
SIZES: Final = ((150, 22), (300, 45), (500, 75), (750, 112))
"""People and members, as published."""
FIELDS: Final = {"civil": 0.5, "electrical": 0.3, "economic": 0.2}
REGIONS: Final = ("north", "east", "south", "west", "centre")
EMPLOYER, REGION = 1, 3
KINDS: Final = {EMPLOYER: "employer", REGION: "region"}
OF_AN_EMPLOYER: Final = 3
ROUNDS: Final = 15
ATTEMPTS: Final = 100_000
PEER: Final = "sortition-algorithms, legacy"
Draw = Callable[[int | None], dict[str, Any]]
"""Has the peer draw, with a seed or with the system's randomness; gives its panel and the seconds that it took."""


@dataclass(frozen=True)
class Problem:
    """People, one mapping of features each, and how many of them a panel has."""

    people: list[dict[str, str]]
    seats: int

    @cached_property
    def of_fields(self) -> dict[str, int]:
        """Members of each field: a panel has exactly these."""
        wanted = {field: round(self.seats * share) for field, share in FIELDS.items()}
        return wanted | {"civil": self.seats - wanted["electrical"] - wanted["economic"]}

    @cached_property
    def of_a_region(self) -> int:
        """At most so many from each region: a quarter more than its share."""
        return -(-self.seats * 5 // (4 * len(REGIONS)))

    def quotas(self) -> dict[str, dict[str, tuple[int, int]]]:
        """The least and the most for each value of each feature, as the peer asks for them."""
        employers = {each["employer"] for each in self.people}
        return {
            "field": {field: (count, count) for field, count in self.of_fields.items()},
            "employer": dict.fromkeys(sorted(employers), (0, OF_AN_EMPLOYER)),
            "region": dict.fromkeys(REGIONS, (0, self.of_a_region)),
        }

    def seating(self) -> Seating:
        """The same for our search: a line for each field, a kind of token for each of the others."""
        rows = sorted(self.people, key=_leaf)
        lines = array("L", [1 << list(FIELDS).index(each["field"]) for each in rows])
        tokens = [
            tuple((kind, sha256(each[name].encode()).digest()[:16]) for kind, name in KINDS.items()) for each in rows
        ]
        caps = {EMPLOYER: OF_AN_EMPLOYER, REGION: self.of_a_region}
        pool = Candidates(b"".join(map(_leaf, rows)), lines, tokens.__getitem__)
        return Seating(pool, list(self.of_fields.values()), caps)

    def ours(self, seed: bytes) -> list[str]:
        """The panel that our search gives, by name."""
        rows, panel = sorted(self.people, key=_leaf), search(self.seating(), seed, ATTEMPTS).panel
        return sorted(rows[row]["id"] for line in panel or () for row in line)

    def shuffled(self) -> "Problem":
        """The same people in another order."""
        return replace(self, people=random.Random(self.seats).sample(self.people, len(self.people)))

    def holds(self, panel: list[str]) -> bool:
        """Whether a panel keeps to all of it."""
        members = [each for each in self.people if each["id"] in set(panel)]
        counts = {name: Counter(each[name] for each in members) for name in self.quotas()}
        return len(members) == self.seats and all(
            least <= counts[name][value] <= most
            for name, values in self.quotas().items()
            for value, (least, most) in values.items()
        )


def _leaf(person: dict[str, str]) -> bytes:
    return sha256(person["id"].encode()).digest()


def beside_peer() -> Iterator[Measurement]:
    """Each published size, drawn in turn; last the size at which we are ahead the least."""
    python, least = environment(), None
    for size, seats in SIZES:
        asked = problem(size, seats)
        measured = side_by_side(python, asked, f"peer_legacy_{seats}_of_{size}")
        yield from measured
        least = min(least or measured[0], measured[0], key=lambda each: each.ratio or 0)
        yield from reproduced(python, asked, f"peer_legacy_{seats}_of_{size}")
    if least is not None:
        yield replace(least, metric="peer_legacy")


def side_by_side(python: Path, asked: Problem, name: str) -> list[Measurement]:
    """Seconds of a draw, the median of rounds taken in turn, each with another seed."""
    seating = asked.seating()
    ours, theirs, attempts = [], [], []
    with peer(python, asked) as draw:
        for number in range(ROUNDS):
            began = perf_counter()
            found = search(seating, number.to_bytes(32), ATTEMPTS)
            ours.append(perf_counter() - began)
            attempts.append(len(found.attempts))
            answer = draw(None)
            theirs.append(answer["seconds"])
            if not (asked.holds(answer["panel"]) and asked.holds(asked.ours(number.to_bytes(32)))):
                raise AssertionError(f"a panel of {name} does not keep to the constraints")
    ratio = median(their / our for our, their in zip(ours, theirs, strict=True))
    return [
        Measurement(name, round(median(ours), 5), "s", PEER, round(ratio, 1)),
        Measurement(f"{name}_theirs", round(median(theirs), 5), "s"),
        Measurement(f"{name}_attempts", median(attempts), "1"),
    ]


def reproduced(python: Path, asked: Problem, name: str) -> Iterator[Measurement]:
    """Whether a draw that is made again gives the same panel (1) or another one (0)."""
    seed, other = bytes(32), asked.shuffled()
    with peer(python, asked) as draw, peer(python, other) as draw_shuffled:
        again = {
            "ours_again": asked.ours(seed) == asked.ours(seed),
            "ours_in_another_order": asked.ours(seed) == other.ours(seed),
            "theirs_again": draw(None)["panel"] == draw(None)["panel"],
            "theirs_seeded_again": draw(1)["panel"] == draw(1)["panel"],
            "theirs_seeded_in_another_order": draw(1)["panel"] == draw_shuffled(1)["panel"],
        }
    for what, same in again.items():
        yield Measurement(f"{name}_{what}", int(same), "same panel")


@contextmanager
def peer(python: Path, asked: Problem) -> Iterator[Draw]:
    """The peer with a problem read."""
    command = [python, Path(__file__).with_name("peer_worker.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        sent, answered = process.stdin, process.stdout
        if sent is None or answered is None:
            raise AssertionError("both are pipes")
        sent.write(json.dumps({"people": asked.people, "quotas": asked.quotas(), "seats": asked.seats}) + "\n")

        def draw(seed: int | None) -> dict[str, Any]:
            sent.write(json.dumps(seed) + "\n")
            answer: dict[str, Any] = json.loads(answered.readline())
            return answer

        yield draw


def environment() -> Path:
    """The Python of the peer's own environment, made as the lock says; a copy of the lock is written last."""
    python, built_from = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "built-from"
    if not built_from.exists() or built_from.read_bytes() != LOCK.read_bytes():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--require-hashes", "-r", LOCK], check=True, stdout=sys.stderr)
        built_from.write_bytes(LOCK.read_bytes())
    return python


def problem(size: int, seats: int) -> Problem:
    """So many people with made-up features: of a field and a region each, five of an employer on average."""
    chance = random.Random(size)
    people = [
        {
            "id": f"p{number:04}",
            "field": chance.choices(list(FIELDS), list(FIELDS.values()))[0],
            "employer": f"e{chance.randrange(size // 5):03}",
            "region": chance.choice(REGIONS),
        }
        for number in range(size)
    ]
    return Problem(people, seats)
