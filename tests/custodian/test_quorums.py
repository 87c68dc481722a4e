"""Over the agents' own rules: every authorised set opens a record, and no other subset of the holders does."""

from base64 import b64decode, b64encode
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.custodian import opening
from expertpool.custodian.me import Me
from expertpool.protocol.envelope import About, Envelope, Holders, open_with, quorums, seal_to_holders
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.protocol.release import Place
from ledger.entry import format_time
from tests.custodian.scene import CENTRE, SETTLING, Scene
from tests.sealing.world import private_opener

DRAW, SEAT = "drw_1", "AB12"
POLICIES = [(3, 2), (3, 3), (5, 3), (5, 2)]


class Sealed:
    """A released seat, sealed to every quorum of ``least`` of ``count`` holders; the first is the centre's own."""

    def __init__(self, scene: Scene, count: int, least: int) -> None:
        self.scene, self.recipient = scene, X25519PrivateKey.generate()
        self.private = {f"khd_{number:026d}": X25519PrivateKey.generate() for number in range(count)}
        public = self.recipient.public_key().public_bytes_raw().hex()
        about: dict[str, Any] = {"audience": "supervisor", "public": public, "recipient": "rcp_1", "centre": CENTRE}
        scene.add("recipient.approved", **about)
        scene.follow()
        scene.clock.advance(SETTLING)
        self.sets = quorums([*self.private], least, frozenset([*self.private][1:]))
        keys = {name: private.public_key().public_bytes_raw() for name, private in self.private.items()}
        not_before = scene.clock.now() + timedelta(days=2)
        self.intent = scene.intend(sealed_to=Holders(keys, self.sets), not_before=not_before)
        alpha = scene.log.entries[self.intent].hash
        stated = About(DRAW, alpha, "record", SEAT, bytes(32), format_time(not_before))
        self.envelope: Envelope = seal_to_holders(b"name", stated, Holders(keys, self.sets))
        record = [{"seat": SEAT, "record": self.envelope.digest.hex()}]
        scene.add("draw.completed", draw=DRAW, intent=self.intent, seats=record)
        body: dict[str, Any] = {"milestone": "report-signed", "project": "prj_1", "subject": "ses_1", "centre": CENTRE}
        ground = scene.add("milestone.reached", **body)
        scene.add("draw.closed", draw=DRAW, intent=self.intent)
        asked: dict[str, Any] = {"audience": "supervisor", "recipient": public, "seats": [SEAT], "grounds": [ground]}
        self.release = scene.add("draw.release-requested", draw=DRAW, intent=self.intent, **asked)
        scene.follow(quorum=True)
        scene.clock.advance(timedelta(days=2))

    def collect(self, some: tuple[str, ...]) -> tuple[bytes | None, list[bytes]]:
        """What the agents of some holders give, asked by a centre that tries every set: the name, and all shares."""
        seen: list[bytes] = []
        for number, members in enumerate(self.sets):
            passed: bytes | None = None
            for position, holder in enumerate(members):
                if holder not in some:
                    break
                given = self.ask(holder, number, position, passed)
                passed = b64decode(next(iter(given.values())))
                seen.append(passed)
                if "sealed" in given:
                    key = open_with(self.recipient, passed, Place(DRAW, self.release, SEAT).info)
                    return self.envelope.content(key), seen
        return None, seen

    def ask(self, holder: str, number: int, position: int, passed: bytes | None) -> dict[str, str]:
        task = {
            "draw": DRAW,
            "envelope": b64encode(self.envelope.to_bytes()).decode(),
            "passed": None if passed is None else b64encode(passed).decode(),
            "position": position,
            "release": self.release,
            "set": number,
        }
        me, opener = Me(holder, b"", outside=True), private_opener(self.private[holder])
        now = self.scene.clock.now()
        return opening.share_of(task, me, self.scene.memory, now, settling=SETTLING, opener=opener)


@pytest.mark.parametrize(("count", "least"), POLICIES, ids=str)
def test_every_authorised_set_opens_and_every_other_subset_fails(scene: Scene, count: int, least: int) -> None:
    sealed = Sealed(scene, count, least)
    assert all(any(holder != "khd_" + "0" * 26 for holder in each) for each in sealed.sets)
    for size in range(count + 1):
        for some in combinations(sealed.private, size):
            name, seen = sealed.collect(some)
            authorised = any(set(each) <= set(some) for each in sealed.sets)
            assert (name == b"name") == authorised, some
            if not authorised:
                for share in seen:
                    with pytest.raises(EnvelopeBroken):
                        sealed.envelope.content(share)
