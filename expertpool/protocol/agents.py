"""What the agent of a key holder and a centre say to each other: docs/spec/agents.md.

Registrations prove that whoever registers holds the keys; requests are signed; tasks and answers are sealed, and all
tasks, and all answers, are of one size, so that nobody on the way learns which is which.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from expertpool.protocol import vrf
from expertpool.protocol.encoding import from_base64, from_hex, lp
from expertpool.protocol.envelope import HPKE_OVERHEAD, Open, seal_to
from expertpool.protocol.errors import ContentTooLong, Malformed, ProtocolError
from ledger import ed25519
from ledger.canonical import canonical, parse
from ledger.errors import LedgerError
from ledger.note import COSIGNATURE_V1, VerifierKey, decode_base64, parse_verifier_key

REGISTRATION: Final = b"expertpool/agent/registration/v1\n"
SUCCESSION: Final = b"expertpool/agent/succession/v1\n"
REQUEST: Final = b"expertpool/agent/request/v1\n"
TASK: Final = b"expertpool/agent/task/v1\n"
ANSWER: Final = b"expertpool/agent/answer/v1\n"
CONTEXT: Final = b"expertpool/agent/context/v1\n"
APPROVAL: Final = b"expertpool/agent/approval/v1\n"

TASK_BYTES: Final = 8192
ANSWER_BYTES: Final = 4096
CONTEXT_BYTES: Final = 1024

SKEW_SECONDS: Final = 300
SCHEME: Final = "Agent"

_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")  # GB 32100; whoever registers checks the digit
_HEADER: Final = re.compile(r"Agent (khd_[0-9a-z]{26}):([1-9][0-9]{0,11}):([A-Za-z0-9+/]{86}==)")

Sign = Callable[[bytes], bytes]
"""Signs a message with an Ed25519 key, or proves over it with a VRF key, that its holder keeps."""


class NotProved(ProtocolError):
    """Whoever made the registration did not show that they hold this key."""

    code = "protocol.registration-not-proved"
    zh = "登记文件未能证明持有密钥“{key}”，请用密钥保管方程序重新生成登记文件。"
    en = "The registration does not prove that its maker holds the key “{key}”; have the agent write a new one."


@dataclass(frozen=True, slots=True)
class Registration:
    """The four public keys of an agent and its organisation's unified social credit code.

    ``vrf``, ``share`` (X25519) and ``transport`` are 32 bytes, ``cosign`` is the key whose name cosignatures carry.
    ``succession`` is the signature by which the former transport key agrees to these keys, where there is one.
    """

    organisation: str
    vrf: bytes
    share: bytes
    transport: bytes
    cosign: VerifierKey
    succession: bytes | None = None

    def text(self) -> bytes:
        """What is signed."""
        return canonical(
            {
                "cosign": str(self.cosign),
                "organisation": self.organisation,
                "share": self.share.hex(),
                "transport": self.transport.hex(),
                "vrf": self.vrf.hex(),
            }
        )

    @property
    def fingerprint(self) -> str:
        """By which people compare the keys: SHA-256 of what is signed, in groups of four hex digits."""
        digest = sha256(self.text()).hexdigest()
        return " ".join(digest[place : place + 4] for place in range(0, len(digest), 4))

    def succeeds(self, transport: bytes) -> bool:
        """Whether whoever holds this transport key agreed that these keys come after it."""
        return self.succession is not None and ed25519.verify(transport, SUCCESSION + self.text(), self.succession)


def make_registration(
    registration: Registration, *, cosign: Sign, transport: Sign, prove: Sign, former: Sign | None = None
) -> bytes:
    """The registration file. ``share`` cannot sign: the centre's first task proves that it is held.

    ``former`` signs with the transport key that these keys are to succeed.
    """
    text = registration.text()
    signed = REGISTRATION + text
    succession = {} if former is None else {"succession": _base64(former(SUCCESSION + text))}
    return canonical(
        {
            "cosign_signature": _base64(cosign(signed)),
            "registration": text.decode(),
            "transport_signature": _base64(transport(signed)),
            "vrf_proof": _base64(prove(signed)),
            **succession,
        }
    )


def read_registration(file: bytes) -> Registration:
    """Read and check a registration file. Raises `Malformed`, `NotProved`, and `KeyInvalid` of the VRF key."""
    parts = _object(file, "registration", None)
    members = {"cosign_signature", "registration", "transport_signature", "vrf_proof"}
    if parts.keys() - {"succession"} != members:
        raise Malformed(field="registration")
    text = parts["registration"]
    if type(text) is not str:
        raise Malformed(field="registration")
    registration = _registration(text.encode())
    signed = REGISTRATION + text.encode()
    signatures = {"cosign": registration.cosign.public, "transport": registration.transport}
    for name, public in signatures.items():
        if not ed25519.verify(public, signed, from_base64(parts[f"{name}_signature"], f"{name}_signature")):
            raise NotProved(key=name)
    vrf.validate_key(registration.vrf)
    try:
        vrf.verify(registration.vrf, signed, from_base64(parts["vrf_proof"], "vrf_proof"))
    except vrf.ProofInvalid:
        raise NotProved(key="vrf") from None
    if "succession" not in parts:
        return registration
    return replace(registration, succession=from_base64(parts["succession"], "succession"))


def _registration(text: bytes) -> Registration:
    stated = _object(text, "registration", {"cosign", "organisation", "share", "transport", "vrf"})
    if type(stated["organisation"]) is not str or not _CREDIT_CODE.fullmatch(stated["organisation"]):
        raise Malformed(field="organisation")
    try:
        cosign = parse_verifier_key(stated["cosign"] if type(stated["cosign"]) is str else "")
    except LedgerError:
        raise Malformed(field="cosign") from None
    if cosign.algorithm != COSIGNATURE_V1:
        raise Malformed(field="cosign")
    keys = {name: from_hex(stated[name], 32, name) for name in ("vrf", "share", "transport")}
    if len({*keys.values(), cosign.public}) != 4:
        raise Malformed(field="registration")  # four keys, each for one thing
    seal_to(keys["share"], b"", b"")  # refuses a key that is of small order
    return Registration(stated["organisation"], **keys, cosign=cosign)


# Requests


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Who claims to have sent a request, and when (POSIX seconds). Not believed before `made_by`."""

    holder: str
    seconds: int
    signature: bytes

    def made_by(self, transport: bytes, method: str, path: str, body: bytes) -> bool:
        """Whether this transport key signed this very request."""
        return ed25519.verify(transport, _request(method, path, self.seconds, body), self.signature)

    def is_fresh(self, now: float) -> bool:
        """Whether it was made within the tolerance around ``now`` (POSIX seconds)."""
        return abs(now - self.seconds) <= SKEW_SECONDS


def authorise(holder: str, sign: Sign, method: str, path: str, body: bytes, *, seconds: int) -> str:
    """The `Authorization` header of a request; ``path`` begins with ``/api``."""
    signature = sign(_request(method, path, seconds, body))
    return f"{SCHEME} {holder}:{seconds}:{_base64(signature)}"


def read_authorisation(header: str) -> Authorisation:
    """Read the header. Raises `Malformed`."""
    match = _HEADER.fullmatch(header)
    signature = decode_base64(match[3]) if match else None
    if match is None or signature is None:
        raise Malformed(field="Authorization")
    return Authorisation(match[1], int(match[2]), signature)


def _request(method: str, path: str, seconds: int, body: bytes) -> bytes:
    return REQUEST + f"{method} {path}\n{seconds}\n{sha256(body).hexdigest()}".encode()


# Tasks and answers


def seal_task(share: bytes, holder: str, task: str, plain: Mapping[str, Any]) -> bytes:
    """Seal a task to a holder's share key. Raises `ContentTooLong`."""
    return _seal(share, _about(TASK, holder, task), plain, TASK_BYTES)


def open_task(opener: Open, holder: str, task: str, sealed: bytes) -> dict[str, Any]:
    """Undo `seal_task`. Raises `EnvelopeBroken`, `Malformed`."""
    return _open(opener, _about(TASK, holder, task), sealed, TASK_BYTES)


def seal_answer(vault: bytes, holder: str, task: str, plain: Mapping[str, Any]) -> bytes:
    """Seal an answer to the vault's key. Raises `ContentTooLong`."""
    return _seal(vault, _about(ANSWER, holder, task), plain, ANSWER_BYTES)


def open_answer(opener: Open, holder: str, task: str, sealed: bytes) -> dict[str, Any]:
    """Undo `seal_answer`. Raises `EnvelopeBroken`, `Malformed`."""
    return _open(opener, _about(ANSWER, holder, task), sealed, ANSWER_BYTES)


def seal_context(vault: bytes, holder: str, task: str, plain: Mapping[str, Any]) -> bytes:
    """Seal what the vault will want to know when the answer comes, to the vault itself. Raises `ContentTooLong`."""
    return _seal(vault, _about(CONTEXT, holder, task), plain, CONTEXT_BYTES)


def open_context(opener: Open, holder: str, task: str, sealed: bytes) -> dict[str, Any]:
    """Undo `seal_context`. Raises `EnvelopeBroken`, `Malformed`."""
    return _open(opener, _about(CONTEXT, holder, task), sealed, CONTEXT_BYTES)


def _about(domain: bytes, holder: str, task: str) -> bytes:
    return domain + f"{holder}\n{task}".encode()


def _seal(public: bytes, info: bytes, plain: Mapping[str, Any], size: int) -> bytes:
    content = lp(canonical(dict(plain)))
    if len(content) > size:
        raise ContentTooLong(length=len(content) - 4, most=size - 4)
    return seal_to(public, info, content.ljust(size, b"\x00"))


def _open(opener: Open, info: bytes, sealed: bytes, size: int) -> dict[str, Any]:
    if len(sealed) != size + HPKE_OVERHEAD:
        raise Malformed(field="sealed")
    padded = opener(sealed, info)
    length = int.from_bytes(padded[:4])
    if length > size - 4 or padded[4 + length :].strip(b"\x00"):
        raise Malformed(field="sealed")
    return _object(padded[4 : 4 + length], "sealed", None)


# The supervisor's approval of a later intent


def approval_text(draw: str, first: int, reason: str) -> bytes:
    """What the supervisor signs, so that agents answer for a lot again."""
    return canonical({"draw": draw, "first": first, "reason": reason})


def make_approval(sign: Sign, public: bytes, draw: str, first: int, reason: str) -> dict[str, str]:
    """The approval as a task carries it."""
    signature = sign(APPROVAL + approval_text(draw, first, reason))
    return {"key": public.hex(), "reason": reason, "signature": _base64(signature)}


def approval_key(approval: object, draw: str, first: int) -> bytes | None:
    """The key that signed an approval of this very draw; None if it is none."""
    if type(approval) is not dict or approval.keys() != {"key", "reason", "signature"}:
        return None
    if not all(type(part) is str for part in approval.values()):
        return None
    try:
        public = from_hex(approval["key"], 32, "key")
        signature = from_base64(approval["signature"], "signature")
        signed = APPROVAL + approval_text(draw, first, approval["reason"])
    except (ProtocolError, LedgerError):
        return None
    return public if ed25519.verify(public, signed, signature) else None


def _object(data: bytes, field: str, members: set[str] | None) -> dict[str, Any]:
    try:
        value = parse(data)
    except LedgerError:
        raise Malformed(field=field) from None
    if type(value) is not dict or (members is not None and value.keys() != members):
        raise Malformed(field=field)
    return value


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
