"""Agents over HTTP open a seat together for its recipient, and only once the log shows that it is due."""

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.protocol.envelope import About, Envelope, Holders, open_with, seal_to_holders
from expertpool.protocol.release import Place
from expertpool.sealing import mailbox
from ledger.entry import format_time
from tests.custodian.village import DAY, TAKE, Neighbour, Village

DRAW, SEAT = "drw_1", "AB12"


class Sealed:
    """A seat of a closed draw, sealed to the centre's holder and the first from outside together."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.centre = village.world.centre.id
        self.recipient = X25519PrivateKey.generate()
        self.public = self.recipient.public_key().public_bytes_raw().hex()
        village.record(
            "recipient.approved", recipient="rcp_1", centre=self.centre, audience="payer", public=self.public
        )
        village.round()
        village.world.clock.advance(8 * DAY)
        members = {each.holder.id: each for each in village.neighbours[:2]}
        self.order = [members[holder] for holder in sorted(members)]
        self.holders = Holders({name: each.holder.share for name, each in members.items()}, (tuple(sorted(members)),))
        not_before = village.world.clock.now() + timedelta(hours=1)
        self.intent = village.intend(DRAW, sealed_to=self.holders, not_before=not_before)
        about = About(DRAW, village.world.entry_hash(self.intent), "record", SEAT, bytes(32), format_time(not_before))
        self.envelope: Envelope = seal_to_holders(b"name", about, self.holders)
        record = [{"seat": SEAT, "record": self.envelope.digest.hex()}]
        village.record("draw.completed", draw=DRAW, intent=self.intent, attempts=1, seed="", seats=record)
        village.world.clock.advance(timedelta(hours=2))

    def reach(self, milestone: str) -> int:
        body: dict[str, Any] = {"project": "prj_1", "subject": "lot_1", "centre": self.centre, "at": "-"}
        return self.village.record("milestone.reached", milestone=milestone, **body)

    def close(self) -> None:
        self.village.record("draw.closed", draw=DRAW, intent=self.intent)

    def request(self, *grounds: int) -> int:
        body: dict[str, Any] = {"draw": DRAW, "intent": self.intent, "audience": "payer", "recipient": self.public}
        return self.village.record("draw.release-requested", seats=[SEAT], grounds=list(grounds), **body)

    def ask(self, position: int, release: int, passed: str | None = None) -> str:
        plain = {
            "kind": "open",
            "draw": DRAW,
            "envelope": b64encode(self.envelope.to_bytes()).decode(),
            "passed": passed,
            "position": position,
            "release": release,
            "set": 0,
        }
        holder: Neighbour = self.order[position]
        with self.village.world.site.service.transactions.begin("svc:vault") as tx:
            return mailbox.post_task(tx, holder.holder, plain, then=TAKE, args={"draw": DRAW})

    def answered(self, task: str) -> dict[str, Any]:
        """Two rounds: in the first a quorum cosigns, in the second everyone knows."""
        self.village.round()
        self.village.round()
        return self.village.answers[task]


def test_a_record_is_opened_for_its_recipient_alone(village: Village) -> None:
    sealed = Sealed(village)
    ground = sealed.reach("award-fixed")
    sealed.close()
    release = sealed.request(ground)
    passed = sealed.answered(sealed.ask(0, release))["share"]
    given = b64decode(sealed.answered(sealed.ask(1, release, passed))["sealed"])
    key = open_with(sealed.recipient, given, Place(DRAW, release, SEAT).info)
    assert sealed.envelope.content(key) == b"name"


def test_a_release_without_its_ground_is_refused_for_good(village: Village) -> None:
    sealed = Sealed(village)
    signed = sealed.reach("report-signed")
    sealed.close()
    release = sealed.request(signed)
    first = sealed.ask(0, release)
    assert sealed.answered(first) == {"refused": "custodian.ground-missing", "entry": release}
    sealed.reach("award-fixed")
    assert sealed.answered(first) == {"refused": "custodian.ground-missing", "entry": release}


def test_a_release_waits_for_the_close_of_the_draw(village: Village) -> None:
    sealed = Sealed(village)
    task = sealed.ask(0, sealed.request(sealed.reach("award-fixed")))
    village.round()
    village.round()
    assert task not in village.answers
    sealed.close()
    assert "share" in sealed.answered(task)
