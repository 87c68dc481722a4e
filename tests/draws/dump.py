"""What a database administrator has of one draw, and every way of guessing from it that a program finds.

Nothing here knows which column might leak. Every table is read as it stood before and after; every column gives its
values, lengths and places; every statement with its parameters is a sequence of accesses; every public value and
everything that is known of an expert goes through the obvious hash functions. A strategy is a name and a guess.
"""

import base64
import hashlib
import hmac
import json
import random
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Tables = dict[str, list[Row]]
People = Mapping[str, Mapping[str, Any]]
"""What is known of each expert, by a name for it: the pool in the clear, and the pool's rows."""
Guess = list[str]
"""An expert for each target, all different."""
Owners = tuple[list[str], dict[bytes, set[tuple[str, str]]]]
"""The functions that were tried; by the first bytes of a result, the one expert whose it is, with the functions."""
WINDOW = 8
TEXT = re.compile(rb"[0-9a-fA-F]{16,}|[A-Za-z0-9+/]{22,}={0,2}")
SHORT = 4096


@dataclass(frozen=True)
class Target:
    """A seat, or a seat again after a vacancy: who took it is asked."""

    seat: str
    vacancy: int


@dataclass(frozen=True)
class Dump:
    """One draw as an administrator saw it: tables before and after, statements in order, bytes of files and logs."""

    before: Tables
    after: Tables
    statements: Sequence[tuple[str, Any]]
    files: Mapping[str, bytes]
    people: People
    targets: Sequence[Target]
    public: Mapping[str, bytes]
    """What everybody may know of the draw: its identifiers, the intent's members."""

    @cached_property
    def owners(self) -> Owners:
        """Whose hash begins with which bytes."""
        return _owners(self.people, self.public)

    @cached_property
    def new(self) -> Tables:
        """The rows that are not as they were before, by table."""
        return {table: _missing(rows, self.before.get(table, ())) for table, rows in self.after.items()}

    @cached_property
    def gone(self) -> Tables:
        """The rows as they were before that are so no more."""
        return {table: _missing(rows, self.after.get(table, ())) for table, rows in self.before.items()}


def _missing(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    known = {tuple(row.values()) for row in others}
    return [row for row in rows if tuple(row.values()) not in known]


def read_tables(path: Path) -> Tables:
    """Every row of every table, with its place in the file where it has one."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        named = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")
        tables: Tables = {}
        for name, sql in named.fetchall():
            place = "" if "WITHOUT ROWID" in sql.upper() else "rowid AS _place, "
            order = " ORDER BY rowid" if place else ""
            tables[name] = [dict(row) for row in connection.execute(f'SELECT {place}* FROM "{name}"{order}')]
    connection.close()
    return tables


def strategies(dump: Dump, chance: random.Random) -> Iterator[tuple[str, Guess]]:
    """Every strategy with its guess for each target."""
    experts = sorted(dump.people)
    orders = dict(_orders(dump))
    for name, score in orders.items():
        for way, sign in (("least", 1), ("most", -1)):
            yield f"{name}: {way}", _ranked(experts, lambda each, s=score, f=sign: f * s.get(each, 0), dump, chance)  # type: ignore[misc]  # a lambda's defaults
    yield from by_matching(dump, _new_pieces(dump), chance)
    # What is the same for all tells no two apart.
    seats = {name: numbers for name, numbers in _seat_numbers(dump) if len(set(numbers)) > 1}
    known = {
        name: score for name, score in orders.items() if name.startswith("known ") and len(set(score.values())) > 1
    }
    scales = {name: _Scale.of(score, experts, chance) for name, score in known.items()}
    for (seat_name, numbers), (name, scale) in product(seats.items(), scales.items()):
        for way, guess in _aligned(numbers, scale):
            yield f"{seat_name} {way} {name}", guess


# ---------------------------------------------------------------- what a value says


def number(value: Any) -> int:
    """Any value as a number, by its order among its like."""
    if value is None:
        return -1
    if isinstance(value, int | float):
        return int(value)
    data = value if isinstance(value, bytes) else str(value).encode()
    return int.from_bytes(data[:12].ljust(12, b"\0"))


def length(value: Any) -> int:
    return len(as_bytes(value))


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def pieces(value: Any) -> Iterator[bytes]:
    """A value's bytes, and what its runs of hex and base64 stand for."""
    data = as_bytes(value)
    yield data
    for run in TEXT.findall(data):
        if len(run) % 2 == 0 and re.fullmatch(rb"[0-9a-fA-F]+", run):
            yield bytes.fromhex(run.decode())
        whole = run.rstrip(b"=")
        whole = whole[: len(whole) - (len(whole) % 4 == 1)]
        yield base64.b64decode(whole + b"=" * (-len(whole) % 4))


def objects(table: str, row: Row) -> Iterator[tuple[str, Row]]:
    """A row, and every object inside the JSON that its columns hold."""
    yield table, row
    for column, value in row.items():
        if isinstance(value, str | bytes) and as_bytes(value)[:1] in (b"{", b"["):
            try:
                parsed = json.loads(value)
            except ValueError:
                continue
            yield from _inside(f"{table}.{column}", parsed)


def _inside(path: str, value: Any) -> Iterator[tuple[str, Row]]:
    if isinstance(value, dict):
        yield path, value
        for name, each in value.items():
            yield from _inside(f"{path}.{name}", each)
    elif isinstance(value, list):
        for each in value:
            yield from _inside(f"{path}[]", each)


# ---------------------------------------------------------------- orders of the experts


def _orders(dump: Dump) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Numbers for experts: what is known of them, their rows before and after, accesses, places in files."""
    for field in sorted({field for each in dump.people.values() for field in each}):
        values = {expert: each.get(field) for expert, each in dump.people.items()}
        yield f"known {field}", {expert: number(value) for expert, value in values.items()}
        yield f"known length of {field}", {expert: length(value) for expert, value in values.items()}
    for moment, tables in (("before", dump.before), ("after", dump.after)):
        yield from _orders_in(moment, tables, dump.people)
    yield from _changes(dump)
    yield from _accesses(dump)
    for name, data in dump.files.items():
        yield f"file {name}: times named", {expert: data.count(expert.encode()) for expert in dump.people}
        yield f"file {name}: first named", {expert: data.find(expert.encode()) for expert in dump.people}
        yield f"file {name}: last named", {expert: data.rfind(expert.encode()) for expert in dump.people}


def _orders_in(moment: str, tables: Tables, people: People) -> Iterator[tuple[str, Mapping[str, int]]]:
    for table, rows in tables.items():
        of = [(expert, place, row) for place, row in enumerate(rows) if (expert := _named(row, people))]
        if not of:
            continue
        yield f"{moment} {table}: place", {expert: place for expert, place, _ in of}
        yield f"{moment} {table}: rows", Counter(expert for expert, _, _ in of)
        for column in of[0][2]:
            yield f"{moment} {table}.{column}: value", {expert: number(row[column]) for expert, _, row in of}
            yield f"{moment} {table}.{column}: length", {expert: length(row[column]) for expert, _, row in of}


def _changes(dump: Dump) -> Iterator[tuple[str, Mapping[str, int]]]:
    for table, rows in dump.new.items():
        named = (_named(row, dump.people) for row in (*rows, *dump.gone.get(table, ())))
        yield f"changed in {table}", Counter(expert for expert in named if expert)


def _named(row: Row, people: People) -> str | None:
    """Which expert a row is about: one of its values is the identifier."""
    return next((value for value in row.values() if isinstance(value, str) and value in people), None)


def _accesses(dump: Dump) -> Iterator[tuple[str, Mapping[str, int]]]:
    """How often, when first and when last each kind of statement named an expert, or a value that only one has."""
    owner = {as_bytes(value): expert for expert, each in dump.people.items() for value in each.values() if value}
    shared = Counter(as_bytes(value) for each in dump.people.values() for value in set(map(as_bytes, each.values())))
    times: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, dict[str, int]] = defaultdict(dict)
    last: dict[str, dict[str, int]] = defaultdict(dict)
    for place, (text, parameters) in enumerate(dump.statements):
        for inside, value in enumerate(_flat(parameters)):
            expert = owner.get(as_bytes(value)) if shared[as_bytes(value)] == 1 else None
            if expert is not None:
                at = place * 100_000 + inside
                for kind in (text, "any statement"):
                    times[kind][expert] += 1
                    first[kind].setdefault(expert, at)
                    last[kind][expert] = at
    for kind, counted in times.items():
        short = hashlib.sha256(kind.encode()).hexdigest()[:6] + " " + " ".join(kind.split())[:60]
        yield f"statement {short}: times", counted
        yield f"statement {short}: first", first[kind]
        yield f"statement {short}: last", last[kind]


def _flat(parameters: Any) -> Iterator[Any]:
    if isinstance(parameters, Mapping):
        parameters = list(parameters.values())
    if isinstance(parameters, list | tuple):
        for each in parameters:
            yield from _flat(each)
    else:
        yield parameters


def _ranked(experts: Sequence[str], score: Callable[[str], int], dump: Dump, chance: random.Random) -> Guess:
    """The first experts by a score, ties by chance, dealt to the targets in their order."""
    return sorted(experts, key=lambda each: (score(each), chance.random()))[: len(dump.targets)]


# ---------------------------------------------------------------- hashes


def hashes(value: bytes, public: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The obvious functions: plain, with each public value before, after or as the key, and the protocol's domains."""
    yield "itself", value
    for name in ("sha256", "sha1", "md5", "sha512", "blake2b", "sha3_256"):
        yield name, hashlib.new(name, value, usedforsecurity=False).digest()
    for name, salt in public.items():
        yield f"sha256 after {name}", hashlib.sha256(salt + value).digest()
        yield f"sha256 before {name}", hashlib.sha256(value + salt).digest()
        yield f"hmac under {name}", hmac.digest(salt, value, "sha256")
    for domain in ("member", "row", "answer", "record", "contribution", "groups"):
        yield f"T({domain})", hashlib.sha256(f"expertpool:draw/v1:{domain}".encode() + b"\0" + value).digest()


def _owners(people: People, public: Mapping[str, bytes]) -> Owners:
    """Every function, and whose result begins so by which functions, where it is one person's alone."""
    results: dict[bytes, set[tuple[str, str]]] = defaultdict(set)
    functions: dict[str, None] = {}
    for expert, known in people.items():
        for value in known.values():
            if value is not None and len(as_bytes(value)) >= WINDOW:
                for function, result in hashes(as_bytes(value), public):
                    functions[function] = None
                    results[result[:WINDOW]].add((expert, function))
    return [*functions], {window: found for window, found in results.items() if len({each for each, _ in found}) == 1}


def by_matching(
    dump: Dump, searched: Iterable[tuple[str | None, bytes]], chance: random.Random
) -> Iterator[tuple[str, Guess]]:
    """For each function: wherever a result of it stands in what is searched, that expert is guessed, by chance else."""
    functions, owners = dump.owners
    hits: dict[str, Counter[tuple[str | None, str]]] = defaultdict(Counter)
    for seat, data in searched:
        for at in range(len(data) - WINDOW + 1):
            for expert, function in owners.get(data[at : at + WINDOW], ()):
                hits[function][seat, expert] += 1
    for function in functions:
        yield f"match of {function}", _from_hits(hits[function], sorted(dump.people), dump, chance)


def _new_pieces(dump: Dump) -> Iterator[tuple[str | None, bytes]]:
    """The bytes of everything new, with the seat whose row or object they stand in; parts of a table at both ends."""
    codes = {target.seat for target in dump.targets}
    for table, rows in dump.new.items():
        for row in rows:
            for _, each in objects(table, row):
                seat = next((value for value in each.values() if isinstance(value, str) and value in codes), None)
                for value in each.values():
                    if value is not None and not isinstance(value, dict | list):
                        for piece in pieces(value):
                            yield seat, piece if len(piece) <= SHORT * 16 else piece[:SHORT] + piece[-SHORT:]
    yield None, dump.files.get("log", b"")


def _from_hits(
    hits: Counter[tuple[str | None, str]], experts: Sequence[str], dump: Dump, chance: random.Random
) -> Guess:
    """Those found at a seat go there, the rarest first; the others by whoever else was found, and by chance."""
    often = Counter(expert for _, expert in hits)
    taken: dict[int, str] = {}
    for place, target in enumerate(dump.targets):
        here = sorted({expert for seat, expert in hits if seat == target.seat}, key=lambda each: often[each])
        free = [expert for expert in here if expert not in taken.values()]
        if free:
            taken[place] = free[min(target.vacancy and 1, len(free) - 1)]
    rest = [expert for expert in often if expert not in taken.values()]
    others = [expert for expert in experts if expert not in taken.values() and expert not in often]
    chance.shuffle(others)
    rest += others
    return [taken[place] if place in taken else rest.pop(0) for place in range(len(dump.targets))]


# ---------------------------------------------------------------- rows of seats against what is known


def _seat_numbers(dump: Dump) -> Iterator[tuple[str, list[int]]]:
    """Numbers for targets: of each column of rows and objects that name a seat, of their places, and of the draw."""
    codes = {target.seat for target in dump.targets}
    found: dict[str, dict[tuple[str, int], tuple[int, Row]]] = defaultdict(dict)
    for table, rows in dump.new.items():
        for place, row in enumerate(rows):
            for path, each in objects(table, row):
                seat = next((value for value in each.values() if isinstance(value, str) and value in codes), None)
                if seat is not None:
                    vacancy = each.get("vacancy", 0)
                    found[path][seat, vacancy if isinstance(vacancy, int) else 0] = (
                        place * 1000 + len(found[path]),
                        each,
                    )
    for path, rows_by_seat in sorted(found.items()):
        here = [rows_by_seat.get((each.seat, each.vacancy)) for each in dump.targets]
        yield f"{path} place", [-1 if each is None else each[0] for each in here]
        for column in sorted({column for each in here if each for column in each[1]}):
            values = [None if each is None else each[1].get(column) for each in here]
            yield f"{path}.{column} value", [number(value) for value in values]
            yield f"{path}.{column} length", [length(value) for value in values]
    for name, data in dump.files.items():
        yield f"size of {name}", [len(data) + place for place in range(len(dump.targets))]
    yield "statements", [len(dump.statements) + place for place in range(len(dump.targets))]


@dataclass(frozen=True)
class _Scale:
    """The experts on the scale of something known of them: in order, by number, and mixed up where it does not say."""

    mixed: Sequence[str]
    in_order: Sequence[str]
    at: Mapping[int, list[str]]

    @classmethod
    def of(cls, score: Mapping[str, int], experts: Sequence[str], chance: random.Random) -> "_Scale":
        mixed = chance.sample(list(experts), len(experts))
        at: dict[int, list[str]] = defaultdict(list)
        for each in mixed:
            at[score.get(each, 0)].append(each)
        return cls(mixed, [each for number_ in sorted(at) for each in at[number_]], dict(at))


def _aligned(numbers: Sequence[int], scale: _Scale) -> Iterator[tuple[str, Guess]]:
    """Pair numbers of seats with numbers of experts: by rank, by rank reversed, as an index, and by equal distance."""
    by_number = sorted(range(len(numbers)), key=numbers.__getitem__)
    step = len(scale.mixed) / len(numbers)
    for way, ordered in (("ranked as", scale.in_order), ("ranked against", scale.in_order[::-1])):
        guess = [""] * len(numbers)
        for rank, place in enumerate(by_number):
            guess[place] = ordered[int((rank + 0.5) * step)]
        yield way, guess
    index = [[scale.in_order[each % len(scale.mixed)]] for each in numbers]
    yield "as an index of", _distinct(index, scale.mixed)
    if max(numbers) - min(numbers) > SHORT:
        return
    for end in (min, max):
        start, first = end(numbers), end(scale.at)
        for ratio in (1, 4 / 3):  # bytes, and bytes in base64
            near = [scale.at.get(first + round((each - start) / ratio), []) for each in numbers]
            yield f"as far from the {end.__name__} as ({ratio:.2f})", _distinct(near, scale.mixed)


def _distinct(wanted: Sequence[Sequence[str]], mixed: Sequence[str]) -> Guess:
    """The first of the wanted for each, nobody twice; where none is left, anybody."""
    left = dict.fromkeys(mixed)
    guess = []
    for some in wanted:
        chosen = next((each for each in some if each in left), None) or next(iter(left))
        del left[chosen]
        guess.append(chosen)
    return guess
