"""Trust policies (C2SP tlog-policy): which log keys are accepted and who must have cosigned.

A policy always comes from the verifier's side, never from the log that is being checked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ledger.checkpoint import SignedCheckpoint
from ledger.cosignature import cosigned_at
from ledger.errors import Malformed, Refused
from ledger.note import COSIGNATURE_V1, ED25519, VerifierKey, parse_verifier_key, verified_by

_NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """A named group: witnessed when at least ``threshold`` of ``members`` are."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """What a checkpoint's signatures are worth under a policy. ``cosigners`` maps names to POSIX seconds."""

    log: VerifierKey
    cosigners: Mapping[str, int]
    quorum: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """Log keys, witnesses by name, groups, and the name whose witnessing makes a quorum ("none": nobody's)."""

    logs: Mapping[VerifierKey, str]  # -> address, "" when none is given
    witnesses: Mapping[str, VerifierKey]
    quorum: str
    groups: Mapping[str, Group] = field(default_factory=dict)  # each after its members
    addresses: Mapping[str, str] = field(default_factory=dict)  # witness name -> submission prefix

    def __hash__(self) -> int:
        return hash((self.quorum, *self.logs, *self.witnesses.values()))

    @property
    def needs_nobody(self) -> bool:
        """Whether a checkpoint that no witness cosigned has a quorum."""
        return self.quorum == _NONE

    def judge(self, signed: SignedCheckpoint) -> Trust:
        """Check every signature by a key of the policy.

        Raises Refused when no listed log key of that origin signed, or when any listed key's signature is invalid.
        Whether the cosigners suffice is told, not raised: ``require`` raises.
        """
        logs = [key for key in self.logs if key.name == signed.checkpoint.origin]
        by_log = verified_by(signed.note, logs)
        if not by_log:
            raise Refused("policy.log")
        names = {key: name for name, key in self.witnesses.items()}
        cosigned = {names[key]: cosigned_at(made) for key, made in verified_by(signed.note, names)}
        return Trust(by_log[0][0], cosigned, self._has_quorum(cosigned))

    def require(self, signed: SignedCheckpoint) -> Trust:
        """As ``judge``, and raises Refused when there is no quorum."""
        trust = self.judge(signed)
        if not trust.quorum:
            raise Refused("policy.quorum", have=", ".join(sorted(trust.cosigners)) or "0")
        return trust

    def _has_quorum(self, cosigners: Iterable[str]) -> bool:
        witnessed = {_NONE, *cosigners}
        for name, group in self.groups.items():
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(name)
        return self.quorum in witnessed


def parse_policy(data: bytes) -> Policy:
    """Read a policy file; raises Malformed naming the line."""
    return _Reader().read(data)


class _Reader:
    def __init__(self) -> None:
        self.logs: dict[VerifierKey, str] = {}
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.addresses: dict[str, str] = {}
        self.used: set[str] = set()
        self.quorum: str | None = None
        self.line = 0

    def read(self, data: bytes) -> Policy:
        # Octets above 0x7F are opaque by the specification; surrogateescape carries them through unchanged.
        verbs = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        for self.line, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
            if any((char < " " and char != "\t") or char == "\x7f" for char in line):
                raise self._bad("control-character")
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if not words or words[0].startswith("#"):
                continue
            if words[0] not in verbs:
                raise self._bad("unknown-keyword", word=words[0])
            verbs[words[0]](words[1:])
        if self.quorum is None:
            raise self._bad("no-quorum")
        return Policy(self.logs, self.witnesses, self.quorum, self.groups, self.addresses)

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise self._bad("log-line")
        key = self._key(words[0], ED25519)
        if any(key.public == other.public for other in self.logs):
            raise self._bad("duplicate-key")
        self.logs[key] = words[1] if len(words) == 2 else ""

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise self._bad("witness-line")
        name, key = self._new_name(words[0]), self._key(words[1], COSIGNATURE_V1)
        if any(key.public == other.public for other in self.witnesses.values()):
            raise self._bad("duplicate-key")
        self.witnesses[name] = key
        if len(words) == 3:
            self.addresses[name] = words[2]

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise self._bad("group-line")
        name, members = self._new_name(words[0]), tuple(words[2:])
        for member in members:
            self._check_defined(member)
            if member in self.used:
                raise self._bad("already-member", name=member)
            self.used.add(member)
        named = {"all": str(len(members)), "any": "1"}.get(words[1], words[1])
        if not (named.isascii() and named.isdigit() and len(named) < 10 and 1 <= int(named) <= len(members)):
            raise self._bad("threshold")
        self.groups[name] = Group(int(named), members)

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.quorum is not None:
            raise self._bad("quorum-line")
        if words[0] != _NONE:
            self._check_defined(words[0])
        self.quorum = words[0]

    def _new_name(self, name: str) -> str:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise self._bad("name-taken", name=name)
        return name

    def _check_defined(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise self._bad("undefined", name=name)

    def _key(self, text: str, algorithm: int) -> VerifierKey:
        try:
            key = parse_verifier_key(text)
        except Malformed:
            raise self._bad("bad-key") from None
        if key.algorithm != algorithm:
            raise self._bad("wrong-kind")
        return key

    def _bad(self, why: str, **params: str) -> Malformed:
        return Malformed("policy.malformed", line=self.line, why=why, **params)
