"""A second sender, written from docs/spec/mirror.md alone; only what applies its files is the product's."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from expertpool.experts import queries
from expertpool.experts.mirror_format import read_file
from tests.experts.pool import PoolOffice, credit_code, id_number
from tests.experts.province import apply, mirrored, register

KEY = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
POOL = "hn-experts"


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + root(leaves[:half]) + root(leaves[half:]))


def leaf(line: str) -> bytes:
    return sha256(b"\x00" + line.encode())


def commitment(leaves: list[bytes]) -> dict[str, Any]:
    return {"count": len(leaves), "root": root(leaves).hex()}


def signed(text: str) -> str:
    """A signed note (C2SP signed-note)."""
    public = KEY.public_key().public_bytes_raw()
    key_id = sha256(POOL.encode() + b"\n\x01" + public)[:4]
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    return f"{text}\n\u2014 {POOL} {signature}\n"


def file_of(kind: str, sequence: int, previous: str | None, lines: list[str], roster: list[str]) -> tuple[bytes, str]:
    """A file, and the hash of its head."""
    stated = {
        "day": "2026-11-21",
        "kind": kind,
        "lines": commitment([leaf(line) for line in lines]),
        "pool": POOL,
        "previous": previous,
        "roster": commitment(sorted(leaf(line) for line in roster)),
        "sequence": sequence,
    }
    text = f"expertpool/mirror/v1\n{canonical(stated)}\n"
    whole = [canonical({"head": signed(text)}), *lines]
    return "".join(f"{line}\n" for line in whole).encode(), leaf(text).hex()


def person(serial: int, salt: int, **facts: Any) -> str:
    employer = {"unit": {"name": "某设计院", "code": credit_code(1)}, "start": "2001-01-01"}
    known = {"area": "430100", "claims": [{"code": "A010101"}], "employments": [employer], "suspensions": [], **facts}
    return canonical(
        {
            "code": f"HN-{serial}",
            "expert": known,
            "person": {"name": f"李四{serial}", "id_number": id_number(serial)},
            "salt": base64.b64encode(bytes([salt]) * 16).decode(),
        }
    )


def test_its_files_are_applied(sqlite_office: PoolOffice) -> None:
    office = sqlite_office
    register(office)
    one, two, three = person(1, 1), person(2, 2), person(3, 3)
    first, hashed = file_of("full", 1, None, [one, two, three], [one, two, three])
    apply(office, read_file(first))
    moved = person(2, 4, area="430200")
    gone = canonical({"code": "HN-1", "gone": "left", "salt": base64.b64encode(bytes([5]) * 16).decode()})
    second, hashed = file_of("incremental", 2, hashed, [moved, gone], [moved, three])
    apply(office, read_file(second))
    empty, _ = file_of("incremental", 3, hashed, [], [three, moved])
    apply(office, read_file(empty))
    with office.reading() as session:
        assert len(queries.live_roster(session, mirrored(office))) == 2
        (found,) = queries.find_by(session, office.protector, mirrored(office), "code", "HN-2")
        assert queries.record_of(session, found.id).expert.area == "430200"
