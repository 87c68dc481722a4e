"""A party's sheet for one subject: sealed to the vault at one size, so that nobody else reads it before the reveal.

The process that takes a sheet cannot open it again. Each is bound to its session, subject and party, so that it says
nothing in another place. docs/adr/0036.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from expertpool.assessments.errors import SheetTooLong
from expertpool.core.keyrings import VAULT_BOX
from expertpool.protocol.envelope import seal_to
from policies.assessment_facts import Deduction
from policies.conduct_items import Evidence, Party, SubjectKind

SHEET_BYTES: Final = 4096
"""Room for some eight deductions with their grounds; most sheets have none."""
_DOMAIN: Final = "expertpool/assessment/v1"


class Opener(Protocol):
    """The part of the vault's key store that opens sheets."""

    def open_hpke(self, name: str, ciphertext: bytes, info: bytes) -> bytes: ...


class Place(NamedTuple):
    """Where a sheet belongs."""

    session: str
    subject: int
    party: Party

    @property
    def info(self) -> bytes:
        """What its ciphertext is bound to."""
        return f"{_DOMAIN}\n{self.session}\n{self.subject}\n{self.party.value}".encode()


class Taken(NamedTuple):
    """A deduction on a sheet: whole points for an item, with what shows it.

    ``step`` is the number of the day's step (evidence of the record), ``document`` the SHA-256 of a paper or recording.
    """

    item: str
    points: int
    evidence: Evidence
    grounds: str
    step: int | None = None
    document: str | None = None

    def fact(self, kind: SubjectKind) -> Deduction:
        """As the rules see it."""
        return Deduction(kind, self.item, self.points, self.evidence, self.grounds)


def seal(vault: bytes, place: Place, taken: Sequence[Taken]) -> bytes:
    """Seal a sheet to the vault's public key. Raises `SheetTooLong`."""
    text = json.dumps([list(each) for each in taken], ensure_ascii=False).encode()
    if len(text) > SHEET_BYTES - 4:
        raise SheetTooLong
    return seal_to(vault, place.info, (len(text).to_bytes(4, "big") + text).ljust(SHEET_BYTES, b"\x00"))


def open_sheet(keys: Opener, place: Place, sealed: bytes) -> tuple[Taken, ...]:
    """Undo `seal`, in the vault. Raises `SealBroken`."""
    padded = keys.open_hpke(VAULT_BOX, sealed, place.info)
    rows = json.loads(padded[4 : 4 + int.from_bytes(padded[:4], "big")])
    return tuple(Taken(item, points, Evidence(evidence), *more) for item, points, evidence, *more in rows)


def digest(sealed: bytes) -> str:
    """The SHA-256 of a ciphertext, in hex; it is random, so its digest tells nothing of what is inside."""
    return hashlib.sha256(sealed).hexdigest()
