"""Check a copied ledger with PyNaCl and pymerkle alone: nothing of expertpool, and not its verifier.

pip install PyNaCl pymerkle
python check_ledger.py FOLDER POLICY [RECEIPT]
"""

# ruff: noqa: T201  to print is what it is for

import base64
import hashlib
import sys
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion

WIDTH = 256  # entries in a full bundle


def main(folder: Path, policy: Path, receipt: Path | None = None) -> None:
    keys = [line.split() for line in policy.read_text().splitlines()]
    logs = [words[1] for words in keys if words[:1] == ["log"]]
    witnesses = [words[2] for words in keys if words[:1] == ["witness"]]

    size, root = open_checkpoint((folder / "checkpoint").read_text("utf-8"), logs, witnesses)
    tree = InmemoryTree(algorithm="sha256")  # hashes as RFC 6962 does
    for entry in entries(folder, size):
        tree.append_entry(entry)
    if tree.get_root() != root:
        sys.exit(f"BROKEN: the {size} entries have another root than the checkpoint")
    print(f"root: the {size} entries have the root that was signed")

    for index in sorted({0, size // 2, size - 1}):
        verify_inclusion(tree.get_leaf(index + 1), root, tree.prove_inclusion(index + 1))  # it counts from 1
        print(f"inclusion: entry {index} is in the tree of {size}")

    for path in sorted((folder / "checkpoints").glob("[!.]*")):
        old_size, old_root = open_checkpoint(path.read_text("utf-8"), logs, witnesses)
        if old_size == 0:  # every tree extends the empty one
            continue
        verify_consistency(old_root, root, tree.prove_consistency(old_size, size))
        print(f"consistency: the tree of {size} extends the tree of {old_size}")

    if receipt:
        head, _, note = receipt.read_text("utf-8").partition("\n\n")
        receipt_size, receipt_root = open_checkpoint(note, logs, witnesses)
        _, extra, index_line, *hashes = head.split("\n")
        index = int(index_line.removeprefix("index "))
        proof = tree.prove_inclusion(index + 1, receipt_size)
        if proof.path != [tree.get_leaf(index + 1), *map(base64.b64decode, hashes)]:
            sys.exit("BROKEN: the receipt's proof is not the one of this tree")
        verify_inclusion(tree.hash_buff(base64.b64decode(extra.removeprefix("extra "))), receipt_root, proof)
        print(f"receipt: its entry is entry {index} in the tree of {receipt_size}")


def open_checkpoint(note: str, logs: list[str], witnesses: list[str]) -> tuple[int, bytes]:
    """Return size and root of a checkpoint that one of the logs' keys signed; print who else did."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    by_log, signers = False, []
    for line in signatures.splitlines():
        _, name, encoded = line.split(" ")
        signature = base64.b64decode(encoded)
        for key in logs + witnesses:
            key_name, key_id, material = key.split("+", 2)
            if (key_name, bytes.fromhex(key_id)) != (name, signature[:4]):
                continue
            kind, public = base64.b64decode(material)[0], base64.b64decode(material)[1:]
            if hashlib.sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:4] != signature[:4]:
                sys.exit(f"the id of key {name} is not that of the key")
            message, value, moment = text.encode(), signature[4:], ""
            if kind == 4:  # a cosignature: 8 bytes of time, which is signed as well
                seconds, value = int.from_bytes(value[:8], "big"), value[8:]
                message, moment = f"cosignature/v1\ntime {seconds}\n".encode() + message, f" at {seconds}"
            try:
                VerifyKey(public).verify(message, value)
            except BadSignatureError:
                sys.exit(f"BROKEN: the signature by {name} is invalid")
            signers.append(name + moment)
            by_log |= key in logs and name == origin
    if not by_log:
        sys.exit("BROKEN: the checkpoint is not signed by a log of the policy")
    print(f"checkpoint: size {size}, signed by {', '.join(signers)}")
    return int(size), base64.b64decode(root)


def entries(folder: Path, size: int) -> list[bytes]:
    """Read the entry bundles: each entry after its length in two bytes."""
    found = []
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        digits = f"{number:03d}" if number < 1000 else f"x{number // 1000:03d}/{number % 1000:03d}"  # below 256,000,000
        data = (folder / f"tile/entries/{digits}{'' if width == WIDTH else f'.p/{width}'}").read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    if len(found) != size:
        sys.exit(f"BROKEN: {len(found)} entries where the checkpoint has {size}")
    return found


if __name__ == "__main__":
    try:
        main(*map(Path, sys.argv[1:]))
    except InvalidProof as error:
        sys.exit(f"BROKEN: {error}")
