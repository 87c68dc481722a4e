"""A second verifier, written from ``docs/spec/ledger.md`` alone: it imports nothing of this project.

It reads a directory, checks everything that section 9 asks for and gives the verdict in its words. It is slow and says
little; it is here to show that the page is enough, and to disagree with the first one should either be wrong.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Bad(Exception):
    """Something is not as the page says."""


@dataclass(frozen=True)
class Checkpoint:
    text: str
    origin: str
    size: int
    root: bytes
    lines: tuple[tuple[str, bytes, bytes], ...]  # name, key id, signature


@dataclass(frozen=True)
class Policy:
    logs: list[tuple[str, bytes, bytes]]  # name, key id, public key
    witnesses: dict[str, tuple[str, bytes, bytes]]
    groups: dict[str, tuple[int, list[str]]]
    quorum: str


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf(entry: bytes) -> bytes:
    return sha256(b"\0" + entry)


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"")
    while len(leaves) > 1:
        pairs = [sha256(b"\1" + leaves[i] + leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves = pairs + leaves[len(pairs) * 2 :]
    return leaves[0]


def decode64(text: str) -> bytes:
    raw = base64.b64decode(text.encode())
    if base64.b64encode(raw).decode() != text:
        raise Bad("base64")
    return raw


# 1 and 2: entries


def write(value: Any, depth: int = 1) -> str:
    if isinstance(value, dict | list) and depth > 64:
        raise Bad("depth")
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(write(name) + ":" + write(value[name], depth + 1) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(item, depth + 1) for item in value) + "]"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > 2**53 - 1):
        raise Bad("number")
    return json.dumps(value, ensure_ascii=False)


MEMBERS = {
    "actor": r"[!#-\[\]-~]{1,128}",
    "kind": r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+",
    "prev": r"[0-9a-f]{64}",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z",
}


def read_entry(data: bytes) -> dict[str, Any]:
    value = json.loads(data.decode())
    if len(data) > 65_535 or write(value).encode() != data:
        raise Bad("not canonical")
    if set(value) != {*MEMBERS, "body", "index"} or type(value["index"]) is not int or value["index"] < 0:
        raise Bad("members")
    if not isinstance(value["body"], dict) or len(value["kind"]) > 128:
        raise Bad("members")
    for name, form in MEMBERS.items():
        if not re.fullmatch(form, value[name]):
            raise Bad(name)
    date.fromisoformat(value["time"][:10])
    return dict(value)


# 4 to 6: notes, checkpoints, policies


def read_checkpoint(data: bytes) -> Checkpoint:
    text, _, tail = data.decode().rpartition("\n\n")
    origin, size, encoded, *further = text.split("\n")
    if not tail.endswith("\n") or not re.fullmatch("0|[1-9][0-9]{0,18}", size) or "" in (origin, *further):
        raise Bad("checkpoint")
    if re.search("[\0-\x09\x0b-\x1f]", text) or int(size) >= 2**63 or len(decode64(encoded)) != 32:
        raise Bad("checkpoint")
    lines = []
    for line in tail[:-1].split("\n"):
        dash, name, signature = line.split(" ")
        raw = decode64(signature)
        if dash != "—" or len(raw) < 5 or not name or re.search(r"[\s+\0-\x1f]", name):
            raise Bad("signature line")
        lines.append((name, raw[:4], raw[4:]))
    return Checkpoint(text + "\n", origin, int(size), decode64(encoded), tuple(lines))


def read_key(text: str, kind: int) -> tuple[str, bytes, bytes]:
    name, key_id, encoded = text.split("+", 2)
    raw = decode64(encoded)
    if raw[0] != kind or len(raw) != 33 or sha256(name.encode() + b"\n" + raw)[:4].hex() != key_id:
        raise Bad("key")
    return name, bytes.fromhex(key_id), raw[1:]


def read_policy(text: str) -> Policy:
    policy = Policy([], {}, {}, "none")
    for line in text.splitlines():
        match line.split():
            case ["log", key, *_]:
                policy.logs.append(read_key(key, 1))
            case ["witness", name, key, *_]:
                policy.witnesses[name] = read_key(key, 4)
            case ["group", name, threshold, *members]:
                number = {"all": len(members), "any": 1}.get(threshold) or int(threshold)
                policy.groups[name] = number, members
            case ["quorum", name]:
                policy = Policy(policy.logs, policy.witnesses, policy.groups, name)
    return policy


def has_signed(note: Checkpoint, key: tuple[str, bytes, bytes], *, cosigner: bool) -> bool:
    name, key_id, public = key
    made = [signature for who, number, signature in note.lines if (who, number) == (name, key_id)]
    for signature in made:
        message = note.text.encode()
        if cosigner:
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8], "big") + message
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature[8 if cosigner else 0 :], message)
        except InvalidSignature:
            raise Bad("signature") from None
    return bool(made)


def signed_by_log(note: Checkpoint, policy: Policy) -> bool:
    """Whether a log key signed it; raises Bad for an invalid line of any key of the policy."""
    for key in policy.witnesses.values():
        has_signed(note, key, cosigner=True)
    by = [key for key in policy.logs if key[0] == note.origin and has_signed(note, key, cosigner=False)]
    return bool(by)


def quorum(note: Checkpoint, policy: Policy) -> bool:
    """Whether the quorum is met by at least one witness."""
    met = {name for name, key in policy.witnesses.items() if has_signed(note, key, cosigner=True)}
    someone = bool(met)
    met.add("none")
    for name, (threshold, members) in policy.groups.items():
        if len(met & set(members)) >= threshold:
            met.add(name)
    return someone and policy.quorum in met


# 7 and 9: files and the whole log


def path(level: int | str, number: int, width: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return (
        f"tile/{level}/"
        + "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
        + f".p/{width}" * (width < 256)
    )


def read_entries(place: Path, size: int) -> list[bytes]:
    entries = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        data = (place / path("entries", number, width)).read_bytes()
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
            if len(entries[-1]) != length:
                raise Bad("bundle cut off")
        if data:
            raise Bad("bundle too long")
    return entries


def check_tiles(place: Path, leaves: list[bytes]) -> None:
    hashes, level = leaves, 0
    while hashes:
        for number in range(-(-len(hashes) // 256)):
            part = hashes[number * 256 : (number + 1) * 256]
            if (place / path(level, number, len(part))).read_bytes() != b"".join(part):
                raise Bad("tile")
        hashes = [root(hashes[i : i + 256]) for i in range(0, len(hashes) // 256 * 256, 256)]
        level += 1


def check(place: Path, policy: Policy) -> str:
    """The verdict on the log in a directory: "proven", "not-proven", "broken" or "unreadable"."""
    try:
        note = read_checkpoint((place / "checkpoint").read_bytes())
        older = [read_checkpoint(one.read_bytes()) for one in (place / "checkpoints").glob("[!.]*")]
    except (Bad, ValueError, OSError):
        return "unreadable"
    try:
        if not all(signed_by_log(one, policy) and one.origin == note.origin for one in (note, *older)):
            return "broken"
        entries = read_entries(place, note.size)
        leaves = [leaf(data) for data in entries]
        previous = "0" * 64
        for index, data in enumerate(entries):
            entry = read_entry(data)
            if (entry["index"], entry["prev"]) != (index, previous):
                return "broken"
            previous = leaves[index].hex()
        check_tiles(place, leaves)
        if any(one.size > note.size or root(leaves[: one.size]) != one.root for one in (note, *older)):
            return "broken"
        return "proven" if quorum(note, policy) else "not-proven"
    except (Bad, ValueError, TypeError, OSError, KeyError):
        return "broken"
