"""Random draws as bundles, and the many ways in which one of them can be wrong. Equal seeds give equal bytes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

from expertpool.protocol.archive import write_archive
from expertpool.protocol.beacon import Round
from expertpool.protocol.request import SeatLine
from expertpool.protocol.seed import Contribution
from expertpool.protocol.vrf import prove, public_key, verify
from ledger.canonical import canonical
from ledger.entry import Draft, Entry
from tests.ledger.signers import seed_of
from tests.protocol import plain_curve
from tests.protocol.simulation import HOLDERS, LOG, WITNESSES, Setup, Simulation, to_bytes

DRAND = json.loads((Path(__file__).parents[1] / "protocol" / "vectors" / "drand.json").read_text())
ROUNDS = [
    Round(
        DRAND["chains"][each["chain"]]["chain_hash"],
        each["round"],
        bytes.fromhex(each["signature"]),
        bytes.fromhex(each.get("previous_signature", "")),
    )
    for each in DRAND["rounds"]
]
POLICY = "".join(
    [
        f"log {LOG.key}\n",
        *(f"witness {name} {witness.key}\n" for name, witness in WITNESSES.items()),
        f"group quorum 2 {' '.join(WITNESSES)}\nquorum quorum\n",
    ]
)
"""Whom a verifier of these draws trusts: any two of the three witnesses."""
LINES = [
    (SeatLine(("A010101",), 3, 0), SeatLine(("A010102",), 2, 0)),
    (SeatLine(("A010101",), 3, 0),),
    (SeatLine(("A010101", "A010102"), 4, 0),),
    (SeatLine(("A010101",), 0, 0), SeatLine(("A010102",), 2, 0)),
]


def random_setup(chance: Random) -> Setup:
    """Any kind of draw: thin and full pools, alternates, vacancies, late bidders, retained members, a beacon."""
    causes = ["declined", "no-answer", "absent"]
    vacancies = tuple(chance.choice(causes) for _ in range(chance.choice([0, 0, 1, 2, 4])))
    late = chance.random() < 0.3
    kept = chance.choice([0, 0, 0, 1, 2])
    setup = Setup(
        seed=chance.randrange(1, 10**6),
        experts=chance.choice([24, 40, 60]),
        employers=chance.choice([4, 13, 25]),
        lines=chance.choice(LINES),
        vacancies=vacancies,
        cap=20 if late or chance.random() < 0.7 else len(vacancies),
        max_attempts=chance.choice([1, 5, 30]),
        silent=chance.choice([(), (), HOLDERS[1:2], HOLDERS[1:3]]),
        beacon=chance.choice(ROUNDS) if chance.random() < 0.1 and not kept else None,
        retained=kept,
        bidders=tuple(range(1, chance.choice([4, 9]))) if late else (),
        opened_after=chance.randrange(len(vacancies) + 1) if late else None,
    )
    if setup.cap == len(vacancies):
        setup = replace(setup, lost=chance.choice([0, 0, 1, 2]))
    return replace(setup, employers=25, max_attempts=30) if kept else setup


class Goes(Simulation):
    """Goes as far as seats and rows allow: after a draw that is exhausted, nothing falls vacant."""

    def vacate(self, number: int, cause: str) -> None:
        if self.seats:
            super().vacate(number, cause)


class Forges(Goes):
    """An outside contributor answers with a proof that is not the one of its key, and logs its digest."""

    forge: Callable[[bytes, bytes, bytes], bytes]

    def prove(self, name: str) -> bytes:
        proof = super().prove(name)
        return proof if name == HOLDERS[0] else self.forge(seed_of(name), self.alpha, proof)

    def outputs(self) -> list[Contribution]:
        honest = [name for name in HOLDERS if name in self.proofs]
        keys = {name: public_key(seed_of(name)) for name in honest}
        return [Contribution(name, verify(keys[name], self.alpha, super(Forges, self).prove(name))) for name in honest]


@dataclass
class Lies(Goes):
    """Writes something else into one entry of its log, and goes on from there."""

    chance: Random | None = None
    kind: str = ""

    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Entry:
        if kind == self.kind and self.chance is not None and self.chance.random() < 0.5:
            self.kind = ""
            body = altered(body, self.chance)
        return super().record(kind, body, minutes)


def altered(value: Any, chance: Random) -> Any:
    """The same value, with something in it that is another."""
    if isinstance(value, dict) and value and chance.random() < 0.95:
        name = chance.choice(sorted(value))
        if chance.random() < 0.05:
            return {other: value[other] for other in value if other != name}
        return value | {name: altered(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [*value[:place], altered(value[place], chance), *value[place + 1 :]]
    return another(value, chance)


def another(value: Any, chance: Random) -> Any:
    """Another value in its place: a near one, or one of another form."""
    near: list[Any] = [None, 0, "", [], {}]
    if isinstance(value, dict):
        near = [value | {"more": 1}, {}]
    if isinstance(value, list):
        near = [value[1:], [*value, *value[:1]], value[::-1], [], [*value, 1]]
    if isinstance(value, bool):
        near = [not value, 1]
    elif isinstance(value, int):
        near = [value + 1, value - 1, 0, -1, 2**32, 2**53 - 1, str(value), None, True]
    if isinstance(value, str):
        near = [other_letter(value, chance)] * 4 + [value[:-2], value + "00", value.upper(), "", None, 0]
    return chance.choice(near)


def other_letter(text: str, chance: Random) -> str:
    if not text:
        return "0"
    place = chance.randrange(len(text))
    return (
        text[:place] + chance.choice([each for each in "0123456789abcdef" if each != text[place]]) + text[place + 1 :]
    )


# -- bundles


def unpack(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(members: Mapping[str, bytes]) -> bytes:
    file = BytesIO()
    write_archive(file, {name: [data] for name, data in members.items()})
    return file.getvalue()


def valid(seed: int, *, audit: bool = False) -> bytes:
    chance = Random(f"valid {seed}")
    return to_bytes(Goes(random_setup(chance)).run().bundle(audit=audit))


def mutated(seed: int) -> bytes:
    """A bundle that somebody tampered with, in one of the ways below."""
    chance = Random(f"mutated {seed}")
    return chance.choice(WAYS)(chance)


def in_the_log(chance: Random) -> bytes:
    """The centre wrote something else, hashed and signed it."""
    while True:
        draw = Lies(random_setup(chance), chance=chance, kind=chance.choice(KINDS))
        draw.run()
        if draw.kind == "":
            return to_bytes(draw.bundle())


def in_a_proof(chance: Random) -> bytes:
    """A contributor wants another output: a torsion component, another spelling of s, another alpha, other bits."""

    def torsion(seed: bytes, alpha: bytes, proof: bytes) -> bytes:
        gamma = plain_curve.add(proof[:32], chance.choice(plain_curve.TORSION[1:]))
        return plain_curve.forge(plain_curve.secret_scalar(seed), public_key(seed), gamma, alpha)

    forges: list[Callable[[bytes, bytes, bytes], bytes]] = [
        torsion,
        lambda seed, alpha, proof: proof[:48] + spelled(int.from_bytes(proof[48:], "little") + plain_curve.L),
        lambda seed, alpha, proof: prove(seed, alpha + b"other"),
        lambda seed, alpha, proof: chance.choice(plain_curve.TORSION) + proof[32:],
        lambda seed, alpha, proof: other_byte(proof, chance),
    ]
    draw = Forges(random_setup(chance))
    draw.forge = chance.choice(forges)
    return to_bytes(draw.run().bundle())


def spelled(number: int) -> bytes:
    return number.to_bytes(32, "little")


def in_a_loss(chance: Random) -> bytes:
    """Seats are given up though they might be drawn anew, or drawn anew after one was given up."""
    moved = chance.random() < 0.5
    cap = 1 if moved else chance.choice([2, 20])
    draw = Goes(replace(random_setup(chance), vacancies=("declined",), cap=cap, lost=2, retained=0)).run()
    kinds = [entry.kind for entry in draw.log.entries[draw.intent_entry.index + 1 :]]
    lost = [place for place, kind in enumerate(kinds) if kind == "draw.seat-lost"]

    def earlier(drafts: list[Draft]) -> list[Draft]:
        given_up = drafts.pop(chance.choice(lost))
        drafts.insert(chance.randrange(kinds.index("draw.vacated") + 1), given_up)
        return drafts

    return to_bytes((draw.relogged(earlier) if moved and lost else draw).bundle())


def in_the_history(chance: Random) -> bytes:
    """What follows the intent was dropped, doubled, swapped, put off, or copied from a draw of a like kind."""
    draw = Goes(random_setup(chance)).run()

    def edit(drafts: list[Draft]) -> list[Draft]:
        place = chance.randrange(len(drafts))
        other = chance.randrange(len(drafts))
        kept = list(drafts)
        match chance.randrange(4):
            case 0:
                del kept[place]
            case 1:
                kept.insert(other, kept[place])
            case 2:
                kept[place], kept[other] = kept[other], kept[place]
            case _:
                kept[place] = replace(kept[place], kind=kept[other].kind)
        return kept

    return to_bytes(draw.relogged(edit).bundle())


def in_a_member(name: str) -> Callable[[Random], bytes]:
    def way(chance: Random) -> bytes:
        members = unpack(to_bytes(Goes(random_setup(chance)).run().bundle()))
        members[name] = canonical(altered(json.loads(members[name]), chance))
        return pack(members)

    return way


def in_a_byte(chance: Random) -> bytes:
    """One byte is another; in a member, so that the archive is still one, or anywhere."""
    data = to_bytes(Goes(random_setup(chance)).run().bundle())
    if chance.random() < 0.2:
        return other_byte(data, chance)
    members = unpack(data)
    name = chance.choice(sorted(members))
    members[name] = other_byte(members[name], chance) if members[name] else b"\0"
    return pack(members)


def other_byte(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def in_the_members(chance: Random) -> bytes:
    """A member is missing, cut off, or of another draw."""
    members = unpack(to_bytes(Goes(random_setup(chance)).run().bundle()))
    name = chance.choice(sorted(members))
    match chance.randrange(3):
        case 0:
            del members[name]
        case 1:
            members[name] = members[name][: chance.randrange(len(members[name]) + 1)]
        case _:
            members[name] = unpack(to_bytes(Goes(random_setup(chance)).run().bundle()))[name]
    return pack(members)


KINDS: Sequence[str] = (
    "holder.approved",
    "draw.requested",
    "draw.accepted",
    *["draw.intended"] * 4,
    "draw.contributed",
    "draw.stepped-in",
    "draw.completed",
    "draw.exhausted",
    "draw.vacated",
    "draw.refilled",
    "draw.vacancy-exhausted",
    "draw.bidders-opened",
    "draw.seat-lost",
    "draw.closed",
)
WAYS: Sequence[Callable[[Random], bytes]] = (
    *[in_the_log] * 4,
    *[in_the_history] * 2,
    in_a_proof,
    in_a_loss,
    in_a_member("bundle.json"),
    in_a_member("entries.json"),
    *[in_a_member("openings.json")] * 4,
    in_a_byte,
    in_the_members,
)
