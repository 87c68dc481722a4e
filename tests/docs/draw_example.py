"""The worked example of ``docs/spec/draw.md``: a draw of two seats and a vacancy, every value on the way.

``python -m tests.docs.draw_example`` writes ``docs/spec/draw-example.md``; a test compares. The draw is a simulated one
(``tests/protocol/simulation.py``), and so are its keys. What the page prints is computed here once more, as the
specification's formulas stand, with ``hashlib`` and ``hmac`` but for the curve; a test holds it against what the draw
itself came to.
"""

import hashlib
import hmac
from base64 import b64decode
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final

from expertpool.protocol import vrf
from expertpool.protocol.beacon import CHAINS
from expertpool.protocol.edwards import clear_cofactor, decode, decode_scalar, multiply, multiply_base, subtract
from expertpool.protocol.request import SeatLine
from expertpool.protocol.table import Row
from ledger.canonical import canonical
from ledger.entry import Entry
from ledger.merkle import leaf_hash
from tests.docs.envelope_example import Enveloped, envelopes
from tests.docs.envelope_example import line as _line
from tests.docs.example import _block, _table
from tests.ledger.signers import seed_of
from tests.protocol.simulation import HOLDERS, Candidate, Setup, Simulation
from tests.replayers.bundles import ROUNDS

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "spec" / "draw-example.md"
BEACON: Final = ROUNDS[0]
SETUP: Final = Setup(
    experts=16,
    employers=6,
    lines=(SeatLine(("A010101",), 2, 0),),
    vacancies=("declined",),
    cap=2,
    max_attempts=20,
    beacon=BEACON,
)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tagged(name: str, data: bytes) -> bytes:
    """The specification's T."""
    return sha(b"expertpool:draw/v1:" + name.encode() + b"\x00" + data)


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def u8(number: int) -> bytes:
    return number.to_bytes(1)


def u32(number: int) -> bytes:
    return number.to_bytes(4)


def lp(data: bytes) -> bytes:
    return u32(len(data)) + data


def expand(prk: bytes, label: bytes, length: int = 32) -> bytes:
    """HKDF-Expand for at most one block, which is all that the draw asks for."""
    return mac(prk, b"expertpool:panel/v1:" + label + b"\x01")[:length]


def ticket(seed: bytes, attempt: int, line: int, leaf: bytes) -> bytes:
    return sha(b"expertpool:panel/v1:tick" + seed + u32(attempt) + u32(line) + leaf)


@cache
def made() -> Enveloped:
    """The draw of the example: the first of which panel and vacancy take two attempts each.

    Which one it is follows from the rulebook's digest, as everything in a draw does.
    """
    for seed in count(1):
        draw = Enveloped(replace(SETUP, seed=seed))
        draw.run()
        if [entry.body.get("attempts") for entry in draw.entries[-4:-1]] == [2, None, 2]:
            return draw
    raise AssertionError("count does not end")


def page() -> str:
    """The text of ``docs/spec/draw-example.md``."""
    draw = made()
    return "\n".join(
        [
            _INTRODUCTION,
            *_request(draw),
            *_rows(draw),
            *_intent(draw),
            *_contributions(draw),
            *_beacon(draw),
            *_seeds(draw),
            *_panel(draw),
            *envelopes(draw.escrow(), draw.sealed_record(draw.seats[1])),
        ]
    )


_INTRODUCTION: Final = """\
# A draw of two seats, value by value

Written by `python -m tests.docs.draw_example`; a test compares. It goes through [draw.md](draw.md) section by section:
whoever writes another program compares its values with these. Hashes, keys and salts are printed in hex; a text block
shows its bytes as UTF-8, without a newline at the end. The draw is simulated, names and identifiers are made up, and
all that a draw keeps secret is shown: never use these keys for anything. Its key holders' VRF seeds are the SHA-256 of
their names, all that HPKE needs is the SHA-256 of a sentence, and the beacon is a real round of drand's, which is why
the draw stands in a year before this specification.
"""


def _part(name: str, value: bytes | str) -> str:
    return _line(name, value, "  ")


def _entry(entry: Entry) -> str:
    return f"Entry {entry.index}, `{entry.kind}`, {len(entry.data)} bytes:\n\n{_block(entry.data.decode())}"


def _request(draw: Simulation) -> list[str]:
    plain = canonical(draw.request.plain())
    digest = tagged("request", draw.request_salt + plain)
    parts = [
        "## The request (section 2)\n",
        f"The request, {len(plain)} bytes:\n",
        _block(plain.decode()),
        _line("salt", draw.request_salt),
        _line('request = T("request", salt || canonical(request))', digest),
        _line("lot key", draw.lot_key),
    ]
    for lot in draw.request.lots:
        data = b"expertpool:draw/v1:lot\x00" + lp(draw.request.project.encode()) + lp(lot.encode())
        parts += [_line(f"lot {lot}, what is hashed", data), _part("lot code", mac(draw.lot_key, data))]
    return [*parts, ""]


def _rows(draw: Simulation) -> list[str]:
    parts = ["## The candidate table (section 3)\n", _line("table key", draw.table_key), ""]
    for place, (row, each) in enumerate(zip(draw.table, draw.chosen, strict=True)):
        parts += _row(draw, place, row, each)
    leaves = [(str(place), leaf_hash(row.data).hex()) for place, row in enumerate(draw.table)]
    return [
        *parts,
        "The rows are in ascending order. Their leaf hashes SHA-256(00 || row):\n",
        _table(("row", "leaf hash"), leaves),
        _line("root of the table", draw.table.root()),
        "",
    ]


def _row(draw: Simulation, place: int, row: Row, each: Candidate) -> list[str]:
    roster_leaf, key = each.member.line.leaf, draw.table_key
    row_salt = mac(key, b"row" + roster_leaf)[:16]
    group_salt = mac(key, b"groups" + roster_leaf)[:16]
    named = [(kind, name, mac(key, b"token" + u8(kind) + name.encode())[:16]) for kind, name in each.decided.groups]
    listed = b"".join(sorted(u8(kind) + token for kind, _, token in named))
    return [
        f"### Row {place}\n",
        f"The document, {len(each.decided.document)} bytes:\n",
        _block(each.decided.document.decode()),
        _line("roster leaf", roster_leaf),
        _line("H(decision)", sha(each.decided.document)),
        _line("row salt", row_salt),
        _line("leaf", tagged("row", row_salt + roster_leaf + sha(each.decided.document))),
        *(_line(f"token of kind {kind}, {name}", token) for kind, name, token in named),
        _line("group salt", group_salt),
        _line("groups", tagged("groups", group_salt + u8(len(named)) + listed)),
        _line("lines", u32(sum(1 << line for line in each.decided.lines))),
        _line("row = leaf || lines || groups", row.data),
        "",
    ]


def _intent(draw: Simulation) -> list[str]:
    return [
        "## The intent (section 4)\n",
        _entry(draw.intent_entry),
        _line("alpha, its leaf hash SHA-256(00 || bytes)", leaf_hash(draw.intent_entry.data)),
        "",
    ]


def _contributions(draw: Simulation) -> list[str]:
    parts = ["## The contributions (section 5)\n"]
    for name, pi in draw.proofs.items():
        public = vrf.public_key(seed_of(name))
        c, s = pi[32:48], decode_scalar(pi[48:])
        encoded = vrf._encode_to_curve(public_point := vrf.validate_key(public), draw.alpha)
        gamma = decode(pi[:32])
        digest = tagged("contribution", draw.alpha + lp(name.encode()) + pi)
        parts += [
            f"### {name}\n",
            _line("seed of the key", seed_of(name)),
            _line("public key Y", public),
            _line("H, alpha encoded to the curve", bytes(encoded)),
            _line("pi", pi),
            _part("Gamma", pi[:32]),
            _part("c", c),
            _part("s", pi[48:]),
            _line("U = sB - cY", bytes(subtract(multiply_base(s), multiply(vrf._scalar(c), public_point)))),
            _line("V = sH - cGamma", bytes(subtract(multiply(s, encoded), multiply(vrf._scalar(c), gamma)))),
            _line("8 Gamma", bytes(clear_cofactor(gamma))),
            _line("beta", hashlib.sha512(b"\x03\x03" + bytes(clear_cofactor(gamma)) + b"\x00").digest()),
            _line("digest", digest),
            "",
        ]
    return [*parts, *(_entry(entry) for entry in draw.entries if entry.kind == "draw.contributed")]


def _beacon(draw: Simulation) -> list[str]:
    chain = CHAINS[BEACON.chain_hash]
    due = chain.genesis + (BEACON.round - 1) * chain.period
    return [
        "## The beacon (sections 1, 5 and 6)\n",
        f"Round {BEACON.round} of drand's chain `{chain.name}`, which is not chained.\n",
        _line(f"due at genesis + {BEACON.round - 1} · {chain.period.seconds} s", f"{due:%Y-%m-%dT%H:%M:%SZ}"),
        _line("chain hash", BEACON.chain_hash),
        _line("m = H(u64 round)", sha(BEACON.round.to_bytes(8))),
        _line("signature", BEACON.signature),
        _line("randomness = H(signature)", sha(BEACON.signature)),
        "",
    ]


def betas(draw: Simulation) -> dict[str, bytes]:
    return {name: vrf.verify(vrf.public_key(seed_of(name)), draw.alpha, draw.proofs[name]) for name in HOLDERS[:2]}


def pseudo_random_key(draw: Simulation) -> tuple[bytes, bytes]:
    """IKM and PRK."""
    ikm = b"".join(lp(name.encode()) + lp(beta) for name, beta in betas(draw).items())
    ikm += lp(bytes.fromhex(BEACON.chain_hash)) + lp(BEACON.round.to_bytes(8)) + lp(sha(BEACON.signature))
    return ikm, mac(draw.alpha, ikm)


def seat_codes(block: bytes, seats: int) -> list[str]:
    """The codes in one block, none of which comes twice here."""
    bits = "".join(f"{byte:08b}" for byte in block)
    symbols = ["0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[at : at + 5], 2)] for at in range(0, 20 * seats, 5)]
    return ["".join(symbols[4 * seat : 4 * seat + 4]) for seat in range(seats)]


def _seeds(draw: Simulation) -> list[str]:
    ikm, prk = pseudo_random_key(draw)
    block = expand(prk, b"seats" + u32(0))
    return [
        "## The seed (section 6)\n",
        _line("IKM", ikm),
        _line("PRK", prk),
        _line("panel seed", expand(prk, b"panel")),
        _line("seed of vacancy 1", expand(prk, b"vacancy" + u32(1))),
        _line("block 0 of the seat codes", block),
        _part(
            "its first 40 bits, in fives",
            " ".join(f"{int.from_bytes(block[:5]):040b}"[at : at + 5] for at in range(0, 40, 5)),
        ),
        _line("seat codes", " ".join(seat_codes(block, 2))),
        *(
            _line(f"member salt of seat {seat} (vacancy 0)", expand(prk, b"member" + u32(0) + u32(seat), 16))
            for seat in (0, 1)
        ),
        _line("member salt of vacancy 1", expand(prk, b"member" + u32(1) + u32(0), 16)),
        "",
    ]


def attempt(draw: Simulation, seed: bytes, number: int, rows: list[int]) -> list[tuple[bytes, int]]:
    """The tickets of these rows for line 0, lowest first."""
    return sorted((ticket(seed, number, 0, draw.table.leaf(row)), row) for row in rows)


def employers(draw: Simulation, rows: list[int]) -> set[str]:
    return {name for row in rows for _, name in draw.chosen[row].decided.groups}


def searched(
    draw: Simulation, seed: bytes, rows: list[int], seats: int, seated: list[int]
) -> tuple[list[str], list[int]]:
    """What the page says of each attempt, and the rows that the last one took: nobody beside a colleague."""
    parts: list[str] = []
    for number in range(SETUP.max_attempts):
        tickets = attempt(draw, seed, number, rows)
        taken = [row for _, row in tickets[:seats]]
        accepted = len(employers(draw, taken + seated)) == len(taken + seated)
        parts += [
            f"Attempt {number}:\n",
            _table(("row", "ticket"), [(str(row), f"`{drawn.hex()}`") for drawn, row in tickets]),
            f"Taken: {', '.join(f'row {row}' for row in taken)}. "
            + ("Accepted.\n" if accepted else "Two of one employer: refused.\n"),
        ]
        if accepted:
            return parts, taken
    raise AssertionError("the example's search is exhausted")


def _panel(draw: Simulation) -> list[str]:
    _, prk = pseudo_random_key(draw)
    open_rows = [place for place, row in enumerate(draw.table) if row.lines]
    seed, codes = expand(prk, b"panel"), seat_codes(expand(prk, b"seats" + u32(0)), 2)
    tried, panel = searched(draw, seed, open_rows, 2, [])
    parts = [
        "## The panel (section 7)\n",
        f"Line 0 has the rows {', '.join(map(str, open_rows))}. At most one member of each employer sits.\n",
        *tried,
        _line('T("seed", panel seed)', tagged("seed", seed)),
    ]
    for number, (code, row) in enumerate(zip(codes, panel, strict=True)):
        salt = expand(prk, b"member" + u32(0) + u32(number), 16)
        parts.append(_line(f"seat {number}, {code}, row {row}: member", tagged("member", salt + draw.table.leaf(row))))
    [completed] = [entry for entry in draw.entries if entry.kind == "draw.completed"]
    parts += ["", _entry(completed)]
    return [*parts, *_vacancy(draw, prk, codes, panel, open_rows)]


def _vacancy(draw: Simulation, prk: bytes, codes: list[str], panel: list[int], open_rows: list[int]) -> list[str]:
    [answer] = draw.answers
    vacated, refilled = (
        next(entry for entry in draw.entries if entry.kind == kind) for kind in ("draw.vacated", "draw.refilled")
    )
    gone = panel[codes.index(str(vacated.body["seat"]))]
    seated = [row for row in panel if row != gone]
    tried, [row] = searched(
        draw, expand(prk, b"vacancy" + u32(1)), [row for row in open_rows if row not in panel], 1, seated
    )
    salt = expand(prk, b"member" + u32(1) + u32(0), 16)
    return [
        "## A vacancy (section 7)\n",
        f"Row {gone} declines, with the answer code of the seat.\n",
        _line("answer code", answer.code),
        _line("salt", answer.salt),
        _line('answer = T("answer", salt || answer code)', tagged("answer", answer.salt + answer.code.encode())),
        "- evidence, before the spaces that follow it to 4,092 bytes:\n",
        _block(_evidence(draw)),
        _entry(vacated),
        f"Struck is row {gone}; row {', '.join(map(str, seated))} is seated.\n",
        *tried,
        _line(f"member of row {row}", tagged("member", salt + draw.table.leaf(row))),
        "",
        _entry(refilled),
    ]


def _evidence(draw: Simulation) -> str:
    [encoded] = draw.evidence
    disclosed = b64decode(encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4)).decode()
    text = disclosed.split('"')[5]
    return b64decode(text).decode().rstrip()


if __name__ == "__main__":
    PAGE.write_text(page())
