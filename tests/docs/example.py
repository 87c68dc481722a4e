"""The worked example of ``docs/spec/ledger.md``: a log of three entries, every byte of it derived from fixed values.

``python -m tests.docs.example`` writes ``docs/spec/example.md`` and the files under ``docs/spec/example/``; a test
compares. Keys and salts are hashes of their names, so nothing here may ever be used for anything else.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ledger.canonical import canonical
from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.disclosure import DIGESTS, Disclosure, make_disclosure
from ledger.entry import Draft, Entry
from ledger.memory import MemoryLog, Tree
from ledger.merkle import consistency_proof, leaf_hash
from ledger.note import Signature, cosigned_message
from ledger.receipt import make_receipt
from ledger.tiles import Tile, bundle
from ledger.witness import Request
from tests.ledger.signers import cosigner, seed_of, signer

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "spec"
ORIGIN: Final = "centre.example/ledger"
LOG: Final = signer(ORIGIN)
WITNESSES: Final = {"inspection": cosigner("inspection.example/w"), "province": cosigner("province.example/w")}
COSIGNED_AT: Final = 1_795_221_060  # 2026-11-21T00:31:00Z
POLICY: Final = f"""log {LOG.key}
witness inspection {WITNESSES["inspection"].key}
witness province {WITNESSES["province"].key}
group outside all inspection province
quorum outside
"""

CENTRE: Final = "ctr_0123456789abcdefghjkmnpqrs"
ACCOUNT: Final = "act_0123456789abcdefghjkmnpqrs"


@dataclass(frozen=True, slots=True)
class Act:
    """One act before it is an entry: what it shows, what it hides, and the rows that it changed."""

    kind: str
    actor: str
    second: int
    clear: dict[str, Any]
    hidden: tuple[Disclosure, ...]
    images: tuple[bytes, ...]

    def draft(self) -> Draft:
        body = dict(self.clear)
        if self.hidden:
            body[DIGESTS] = sorted(disclosure.digest for disclosure in self.hidden)
        if self.images:
            body["rows"] = {"count": len(self.images), "root": _tree(map(leaf_hash, self.images)).root().hex()}
        return Draft(self.kind, self.actor, datetime(2026, 11, 21, 0, 30, self.second, tzinfo=UTC), body)


def _salt(name: str) -> bytes:
    return seed_of(f"salt of {name}")[:16]


def _hide(name: str, value: Any, salted_for: str) -> Disclosure:
    return make_disclosure(name, value, _salt(f"{salted_for} {name}"))


def _image(table: str, key: str, values: dict[str, Any] | None) -> bytes:
    return canonical([base64.b64encode(_salt(f"{table}/{key}")).decode(), table, key, values])


def _tree(leaves: Iterable[bytes]) -> Tree:
    tree = Tree()
    for leaf in leaves:
        tree.append_hash(leaf)
    return tree


ACTS: Final = (
    Act(
        "centre.opened",
        "svc:init",
        0,
        {"centre": CENTRE, "level": "prefecture", "parent": None},
        (
            _hide("code", "csggzy", "centre"),
            _hide("name_zh", "示例市公共资源交易中心", "centre"),
            _hide("name_en", "Example Centre", "centre"),
        ),
        (
            _image(
                "centres",
                CENTRE,
                {
                    "id": CENTRE,
                    "code": "csggzy",
                    "name_zh": "示例市公共资源交易中心",
                    "name_en": "Example Centre",
                    "kind": "prefecture",
                    "parent_id": None,
                },
            ),
        ),
    ),
    Act(
        "actor.registered",
        "svc:init",
        1,
        {"account": ACCOUNT, "centre": CENTRE, "role": "auditor"},
        (_hide("code", "auditor", "account"),),
        (
            _image(
                "actors",
                ACCOUNT,
                {
                    "id": ACCOUNT,
                    "code": "auditor",
                    "role": "auditor",
                    "centre_id": CENTRE,
                    "token_hash": None,
                    "active": True,
                    "created": "2026-11-21T00:30:01.000000Z",
                },
            ),
            _image("example_rows", "gone", None),
        ),
    ),
    Act("token.issued", "svc:init", 2, {"account": ACCOUNT}, (), ()),
)


def make_log() -> tuple[MemoryLog, list[Entry]]:
    """The log of the example."""
    log = MemoryLog()
    return log, log.append([act.draft() for act in ACTS])


def signed_at(log: MemoryLog, size: int) -> SignedCheckpoint:
    """The log's own checkpoint of its first ``size`` entries."""
    return sign_checkpoint(Checkpoint(ORIGIN, size, log.tree.root(size)), LOG)


def cosignatures(signed: SignedCheckpoint) -> list[Signature]:
    return [cosign(signed, witness, COSIGNED_AT) for witness in WITNESSES.values()]


def cosigned_at(log: MemoryLog, size: int) -> SignedCheckpoint:
    """The checkpoint with both witnesses' cosignatures."""
    signed = signed_at(log, size)
    return SignedCheckpoint(signed.checkpoint, signed.note.adding(cosignatures(signed)))


def files() -> dict[str, bytes]:
    """Everything under ``docs/spec/example/``, by its path there."""
    log, entries = make_log()
    signed = cosigned_at(log, 3)
    tiles = (Tile(0, 0, 3), bundle(0, 3))
    return {
        "ledger/checkpoint": signed.to_bytes(),
        "ledger/checkpoints/2": cosigned_at(log, 2).to_bytes(),
        **{f"ledger/{tile.path}": log.tile(tile) for tile in tiles},
        "trust.policy": POLICY.encode(),
        "1.tlog-proof": make_receipt(entries[1].data, 1, signed, log.tree.node).to_bytes(),
        "entry-0.json": entries[0].data,
    }


def page() -> str:
    """The text of ``docs/spec/example.md``."""
    log, entries = make_log()
    tree, signed = log.tree, signed_at(log, 3)
    receipt = make_receipt(entries[1].data, 1, cosigned_at(log, 3), tree.node)
    request = Request(2, tuple(consistency_proof(2, 3, tree.node)), signed)
    opened = signed.note.text.encode()
    message = cosigned_message(COSIGNED_AT.to_bytes(8, "big"), opened).decode()
    parts = [
        _INTRODUCTION,
        "## Keys\n",
        *(_key(name, witness.key.name, str(witness.key)) for name, witness in {"log": LOG, **WITNESSES}.items()),
        "\nThe policy of a verifier who trusts this log and asks for both witnesses (`example/trust.policy`):\n",
        _block(POLICY),
        *(_entry_section(act, entry) for act, entry in zip(ACTS, entries, strict=True)),
        "## Tree\n",
        _table(
            ("node", "hash"),
            [
                *((f"leaf {entry.index}", entry.hash.hex()) for entry in entries),
                ("leaves 0 and 1", tree.node(1, 0).hex()),
                ("root of size 1", tree.root(1).hex()),
                ("root of size 2", tree.root(2).hex()),
                ("root of size 3", tree.root(3).hex()),
            ],
        ),
        f"Proof that leaf 1 is in the tree of size 3: {_hashes(receipt.proof)}.\n",
        f"Proof that the tree of size 3 extends that of size 2: {_hashes(request.proof)}.\n",
        f"Proof that the tree of size 3 extends that of size 1: {_hashes(consistency_proof(1, 3, tree.node))}.\n",
        "## Tile and bundle\n",
        "`tile/0/000.p/3` is leaf 0, leaf 1 and leaf 2, 32 bytes each: 96 bytes. `tile/entries/000.p/3` is, for each",
        "entry, its length and its bytes:\n",
        _table(
            ("entry", "length", "length as uint16"),
            [(str(e.index), str(len(e.data)), len(e.data).to_bytes(2, "big").hex()) for e in entries],
        ),
        f"The bundle has {len(log.tile(bundle(0, 3)))} bytes and the SHA-256 `{_sha256(log.tile(bundle(0, 3)))}`.\n",
        "## Checkpoint and cosignatures\n",
        "What the log signs (three lines, each with its newline):\n",
        _block(signed.note.text),
        f"What each witness signs at {COSIGNED_AT} (2026-11-21T00:31:00Z):\n",
        _block(message),
        "The note with all three signatures (`example/ledger/checkpoint`):\n",
        _block(cosigned_at(log, 3).to_bytes().decode()),
        *(_signature(line) for line in cosigned_at(log, 3).note.signatures),
        "\n## What the log sends to a witness\n",
        "`POST /add-checkpoint` to a witness that last cosigned size 2:\n",
        _block(request.to_bytes().decode()),
        "The answer of the first witness is its signature line above.\n",
        "## Receipt\n",
        "The receipt of entry 1 (`example/1.tlog-proof`):\n",
        _block(receipt.to_bytes().decode()),
    ]
    return "\n".join(parts)


_INTRODUCTION: Final = """\
# A log of three entries, byte by byte

Written by `python -m tests.docs.example`; a test compares, and another runs a second verifier, written from
[ledger.md](ledger.md) alone, over these files. Check them yourself:

```
python -m ledger verify docs/spec/example/ledger --policy docs/spec/example/trust.policy
python -m ledger proof docs/spec/example/1.tlog-proof --policy docs/spec/example/trust.policy
```

Hashes are printed in hex; a text block shows its bytes as UTF-8, and its last line ends in a newline unless it says
otherwise. Seeds and salts are SHA-256 hashes of their names (salts cut to 16 bytes): never use them for anything else.
"""


def _key(name: str, key_name: str, vkey: str) -> str:
    return f"- {name}: seed SHA-256(`{key_name}`) = `{seed_of(key_name).hex()}`,\n  verifier key `{vkey}`"


def _entry_section(act: Act, entry: Entry) -> str:
    lines = [f"## Entry {entry.index}: `{entry.kind}`\n"]
    for disclosure in act.hidden:
        decoded = base64.urlsafe_b64decode(disclosure.encoded + "=" * (-len(disclosure.encoded) % 4)).decode()
        lines += [
            f"- disclosure of `{disclosure.name}`: `{decoded}`",
            f"  - encoded: `{disclosure.encoded}`",
            f"  - digest: `{disclosure.digest}`",
        ]
    if act.images:
        tree = _tree(map(leaf_hash, act.images))
        for number, image in enumerate(act.images):
            lines += [
                f"- image of row {number}: `{image.decode()}`",
                f"  - leaf: `{leaf_hash(image).hex()}`",
            ]
        lines.append(f"- root over {len(act.images)} row images: `{tree.root().hex()}`")
    lines += [
        f"\n{len(entry.data)} bytes (no newline at the end):\n",
        _block(entry.data.decode()),
        f"Leaf hash SHA-256(00 || bytes), the entry's identity: `{entry.hash.hex()}`.\n",
    ]
    return "\n".join(lines)


def _signature(signature: Signature) -> str:
    stamp = f"time `{signature.value[:8].hex()}`, " if len(signature.value) == 72 else ""
    return f"- {signature.name}: key id `{signature.key_id.hex()}`, {stamp}signature\n  `{signature.value[-64:].hex()}`"


def _hashes(proof: Iterable[bytes]) -> str:
    return ", ".join(f"`{node.hex()}`" for node in proof)


def _block(text: str) -> str:
    return f"```text\n{text.removesuffix(chr(10))}\n```\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main() -> None:
    """Write everything."""
    (FOLDER / "example.md").write_text(page())
    for name, data in files().items():
        path = FOLDER / "example" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
