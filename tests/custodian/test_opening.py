"""When an agent gives its share of an envelope, and when it does not."""

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.custodian import errors, opening
from expertpool.custodian.contributing import Me, NotYet
from expertpool.protocol.envelope import About, Envelope, Holders, seal_to_holders
from expertpool.sealing.queries import HolderInForce
from ledger.entry import format_time
from tests.custodian.scene import Scene
from tests.sealing.world import private_opener

SEAT = "AB12"


class Sealed:
    """A record of a draw, sealed to the centre and the first outside holder together."""

    def __init__(self, scene: Scene, seat: str = SEAT) -> None:
        self.scene = scene
        self.not_before = scene.clock.now() + timedelta(days=2)
        self.private = {holder.id: X25519PrivateKey.generate() for holder in scene.holders}
        self.set = tuple(sorted((scene.centre.id, scene.first.id)))
        keys = {holder: key.public_key().public_bytes_raw() for holder, key in self.private.items()}
        self.holders = Holders(keys, (self.set,))
        self.intent = scene.intend(sealed_to=self.holders)
        self.envelope = self.seal(seat)
        self.release = scene.add("draw.release-requested", draw="drw_1", audience="room")
        scene.follow(quorum=True)

    def seal(self, seat: str = SEAT, **changes: Any) -> Envelope:
        stated: dict[str, Any] = {
            "draw": "drw_1",
            "intent": self.scene.log.entries[self.intent].hash,
            "purpose": "record",
            "subject": seat,
            "rulebook": bytes(32),
            "not_before": format_time(self.not_before),
            **changes,
        }
        return seal_to_holders(b"name", About(**stated), self.holders)

    def holder(self, position: int) -> HolderInForce:
        return next(holder for holder in self.scene.holders if holder.id == self.set[position])

    def ask(self, position: int, passed: bytes | None = None, **changes: Any) -> bytes:
        holder = changes.pop("as_holder", None) or self.holder(position)
        task = {
            "kind": "open",
            "audience": "room",
            "draw": "drw_1",
            "envelope": b64encode(changes.pop("sealed", self.envelope).to_bytes()).decode(),
            "passed": None if passed is None else b64encode(passed).decode(),
            "position": position,
            "release": self.release,
            "set": 0,
            **changes,
        }
        me = Me(holder.id, holder.vrf, holder.outside)
        opener = private_opener(self.private[holder.id])
        found = opening.share_of(task, me, self.scene.memory, self.scene.clock.now(), opener)
        return b64decode(found["share"])


@pytest.fixture
def sealed(scene: Scene) -> Sealed:
    sealed = Sealed(scene)
    scene.clock.advance(timedelta(days=2))
    return sealed


def test_a_set_opens_together_and_in_its_order(sealed: Sealed) -> None:
    share = sealed.ask(0)
    key = sealed.ask(1, share)
    assert sealed.envelope.content(key) == b"name"


def test_nothing_is_opened_before_its_moment_by_the_agents_own_clock(scene: Scene) -> None:
    sealed = Sealed(scene)
    scene.clock.advance(timedelta(days=2) - timedelta(microseconds=1))
    with pytest.raises(errors.TooEarly):
        sealed.ask(0)
    scene.clock.advance(timedelta(microseconds=1))
    assert sealed.ask(0)


def test_an_envelope_with_an_earlier_moment_than_the_intents_is_refused(sealed: Sealed) -> None:
    early = sealed.seal(not_before=format_time(sealed.not_before - timedelta(days=1)))
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(0, sealed=early)


@pytest.mark.parametrize("changes", [{"intent": bytes(32)}, {"draw": "drw_2"}], ids=str)
def test_an_envelope_of_another_draw_is_refused(sealed: Sealed, changes: dict[str, Any]) -> None:
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(0, sealed=sealed.seal(**changes))


def test_only_ones_own_place_is_opened(sealed: Sealed) -> None:
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(0, as_holder=sealed.holder(1))
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(0, passed=b"x")
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(1, passed=None)
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(1, passed=bytes(80))
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(0, set=1)


def test_nothing_is_opened_without_a_release_in_the_log(sealed: Sealed) -> None:
    with pytest.raises(errors.NotReleased) as refused:
        sealed.ask(0, release=sealed.intent)
    assert refused.value.entry == sealed.intent
    other = sealed.scene.add("draw.release-requested", draw="drw_2", audience="room")
    with pytest.raises(NotYet):
        sealed.ask(0, release=other)  # not followed
    sealed.scene.follow(quorum=True)
    with pytest.raises(errors.NotReleased):
        sealed.ask(0, release=other)
    late = sealed.scene.add("draw.release-requested", draw="drw_1", audience="room")
    sealed.scene.follow()
    with pytest.raises(NotYet) as reason:
        sealed.ask(0, release=late)
    assert reason.value.code == "no-quorum-yet"


@pytest.mark.parametrize(("vacancy", "given"), [(20, True), (21, False)])
def test_a_seat_vacated_past_the_cap_is_not_opened(sealed: Sealed, vacancy: int, given: bool) -> None:  # noqa: FBT001
    body: dict[str, Any] = {"draw": "drw_1", "intent": sealed.intent, "vacancy": vacancy}
    sealed.scene.add("draw.vacated", **body, seat="ZZ99")
    entry = sealed.scene.add("draw.vacated", **body, seat=SEAT)
    sealed.scene.follow()
    if given:
        assert sealed.ask(0)
    else:
        with pytest.raises(errors.VacancyPastCap) as refused:
            sealed.ask(0)
        assert refused.value.entry == entry
        assert sealed.ask(0, sealed=sealed.seal("CD34"))  # the others are opened


@pytest.mark.parametrize(
    "changes",
    [{"envelope": "?"}, {"envelope": ""}, {"position": -1}, {"position": None}, {"set": "0"}, {"release": True}],
    ids=str,
)
def test_a_task_that_is_not_as_specified_is_refused(sealed: Sealed, changes: dict[str, Any]) -> None:
    holder = sealed.holder(0)
    envelope = b64encode(sealed.envelope.to_bytes()).decode()
    task = {"draw": "drw_1", "envelope": envelope, "passed": None, "position": 0, "release": sealed.release, "set": 0}
    me = Me(holder.id, holder.vrf, holder.outside)
    opener = private_opener(sealed.private[holder.id])
    now = sealed.scene.clock.now()
    assert opening.share_of(task, me, sealed.scene.memory, now, opener)
    with pytest.raises(errors.TaskMalformed):
        opening.share_of({**task, **changes}, me, sealed.scene.memory, now, opener)
