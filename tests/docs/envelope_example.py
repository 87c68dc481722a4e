"""The envelopes of the worked example: HPKE (RFC 9180) as its formulas stand, with ephemeral keys that are known.

A draw takes all of it from the system's randomness; here each secret is the SHA-256 of its name, so that the page can
be written again. A test opens the envelopes with the code that key holders run.
"""

import hmac
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from expertpool.protocol.envelope import Holders
from expertpool.protocol.intent import Intent
from ledger.canonical import canonical
from tests.docs.example import _block
from tests.protocol.simulated_world import Seat
from tests.protocol.simulation import HOLDERS, Simulation, rulebook

TOGETHER: Final = tuple(sorted(HOLDERS[:2]))
"""The one set that may open: the centre and the other contributor."""
KEM: Final = b"KEM" + (0x20).to_bytes(2)
SUITE: Final = b"HPKE" + (0x20).to_bytes(2) + (1).to_bytes(2) + (2).to_bytes(2)


def secret(name: str, length: int = 32) -> bytes:
    return sha256(f"example: {name}".encode()).digest()[:length]


def public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def share_key(holder: str) -> bytes:
    """The private X25519 key of a holder."""
    return secret(f"share key of {holder}")


def line(name: str, value: bytes | str, indent: str = "") -> str:
    return f"{indent}- {name}: `{value if isinstance(value, str) else value.hex()}`"


# -- RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM


def extract(suite: bytes, salt: bytes, label: bytes, data: bytes) -> bytes:
    """LabeledExtract, section 4."""
    return hmac.digest(salt, b"HPKE-v1" + suite + label + data, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand, section 4, for at most one block."""
    return hmac.digest(key, length.to_bytes(2) + b"HPKE-v1" + suite + label + info + b"\x01", "sha256")[:length]


class Sealed(NamedTuple):
    """One HPKE ciphertext with what it was made from."""

    ephemeral: bytes
    enc: bytes
    dh: bytes
    shared: bytes
    key: bytes
    nonce: bytes
    ciphertext: bytes


def hpke(recipient: bytes, ephemeral: bytes, info: bytes, plaintext: bytes) -> Sealed:
    """Encap (section 4.1), KeySchedule (section 5.1), Seal (section 5.2)."""
    enc = public(ephemeral)
    dh = X25519PrivateKey.from_private_bytes(ephemeral).exchange(X25519PublicKey.from_public_bytes(recipient))
    shared = expand(KEM, extract(KEM, b"", b"eae_prk", dh), b"shared_secret", enc + recipient, 32)
    context = b"\x00" + extract(SUITE, b"", b"psk_id_hash", b"") + extract(SUITE, b"", b"info_hash", info)
    scheduled = extract(SUITE, shared, b"secret", b"")
    key, nonce = expand(SUITE, scheduled, b"key", context, 32), expand(SUITE, scheduled, b"base_nonce", context, 12)
    return Sealed(ephemeral, enc, dh, shared, key, nonce, enc + AESGCM(key).encrypt(nonce, plaintext, b""))


class Envelope(NamedTuple):
    """An envelope with all that it was made from; ``layers`` from the innermost to the outermost."""

    info: dict[str, Any]
    content: bytes
    key: bytes
    nonce: bytes
    text: bytes
    layers: list[tuple[str, Sealed]]
    data: bytes


def envelope(info: dict[str, Any], content: bytes) -> Envelope:
    """Seal as docs/spec/draw.md, section 8, says."""
    name = f"{info['purpose']} of {info['subject']}"
    bound = b"expertpool:draw/v1:envelope\x00" + canonical(info)
    key, nonce = secret(f"key of the {name}"), secret(f"nonce of the {name}", 12)
    padded = (len(content).to_bytes(4) + content).ljust(1024, b"\x00")
    text = nonce + AESGCM(key).encrypt(nonce, padded, bound)
    wrapped, layers = key, []
    for position in reversed(range(len(TOGETHER))):
        holder = TOGETHER[position]
        ephemeral = secret(f"ephemeral key for {holder} of the {name}")
        sealed = hpke(public(share_key(holder)), ephemeral, bound + bytes([position]), wrapped)
        layers.append((holder, sealed))
        wrapped = sealed.ciphertext
    shown = {
        "info": info,
        "sets": [[*TOGETHER]],
        "text": b64encode(text).decode(),
        "wraps": [b64encode(wrapped).decode()],
    }
    return Envelope(info, content, key, nonce, text, layers, canonical(shown))


class Enveloped(Simulation):
    """A simulated draw whose holders, escrow and records are real."""

    def intent(self) -> Intent:
        keys = {name: public(share_key(name)) for name in TOGETHER}
        return replace(super().intent(), holders=Holders(keys, (TOGETHER,)), vault=public(secret("vault")))

    def about_envelope(self, purpose: str, subject: str) -> dict[str, Any]:
        return {
            "draw": self.draw_id,
            "intent": self.alpha.hex(),
            "not_before": self.intent_entry.body["not_before"],
            "purpose": purpose,
            "rulebook": rulebook().digest,
            "subject": subject,
        }

    def escrow(self) -> Envelope:
        """The centre's proof, sealed to the holders."""
        return envelope(self.about_envelope("escrow", HOLDERS[0]), self.proofs[HOLDERS[0]])

    def sealed_record(self, seat: Seat) -> Envelope:
        """Who sits there; name and number are made up."""
        roster_line = self.chosen[seat.row].member.line
        content = {
            "expert": roster_line.expert,
            "leaf": self.table.leaf(seat.row).hex(),
            "line": seat.line,
            "name": f"专家{int(roster_line.expert[4:])}",
            "phone": f"1380000{int(roster_line.expert[4:]):04}",
            "roster_leaf": roster_line.leaf.hex(),
            "seat": seat.code,
        }
        return envelope(self.about_envelope("record", seat.code), canonical(content))

    def answer(self, name: str, escrow: str | None) -> None:
        self.proofs[name] = self.prove(name)
        super().answer(name, None if escrow is None else sha256(self.escrow().data).hexdigest())

    def shown(self, seat: Seat) -> dict[str, Any]:
        return super().shown(seat) | {"record": sha256(self.sealed_record(seat).data).hexdigest()}


def envelopes(escrow: Envelope, record: Envelope) -> list[str]:
    """The section of the page."""
    return [
        "## The envelopes (section 8)\n",
        f"{' and '.join(TOGETHER)} open together; the first opens the outermost wrap. HPKE's names are RFC 9180's.\n",
        *(_part("key", holder) for holder in TOGETHER),
        "",
        *_envelope("The escrow of the centre's contribution", escrow, "pi of the centre"),
        *_envelope("The record of seat 1", record, "the record"),
    ]


def _part(what: str, holder: str) -> str:
    return f"- {holder}: private {what} `{share_key(holder).hex()}`, public `{public(share_key(holder)).hex()}`"


def _envelope(title: str, made: Envelope, what: str) -> list[str]:
    content = [line(f"content, {what}", made.content)]
    if made.info["purpose"] == "record":
        content = [f"The content, {len(made.content)} bytes:\n", _block(made.content.decode())]
    parts = [f"### {title}\n", "`info` after its label, and 00:\n", _block(canonical(made.info).decode()), *content]
    parts += [line("key", made.key), line("nonce", made.nonce), line("SHA-256 of text", sha256(made.text).digest())]
    for position, (holder, sealed) in zip((1, 0), made.layers, strict=True):
        parts.append(f"- to {holder}, info || u8 {position}:")
        parts += [
            line(name, value, "  ")
            for name, value in (
                ("skE", sealed.ephemeral),
                ("enc = pk(skE)", sealed.enc),
                ("dh", sealed.dh),
                ("shared_secret", sealed.shared),
                ("key", sealed.key),
                ("base_nonce", sealed.nonce),
                ("enc || ciphertext", sealed.ciphertext),
            )
        ]
    digest = sha256(made.data).digest()
    return [
        *parts,
        f"\nThe envelope, {len(made.data)} bytes:\n",
        _block(made.data.decode()),
        line("digest", digest),
        "",
    ]
