"""When an agent gives its share of an envelope, and when it does not."""

from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.custodian import errors, opening
from expertpool.custodian.contributing import NotYet
from expertpool.custodian.me import Me
from expertpool.protocol.envelope import About, Envelope, Holders, open_with, seal_to_holders
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.protocol.release import Place
from expertpool.sealing.queries import HolderInForce
from ledger.entry import format_time
from tests.custodian.scene import CENTRE, SETTLING, Scene
from tests.sealing.world import private_opener

SEAT = "AB12"


class Sealed:
    """A record of a draw, sealed to the centre and the first outside holder together."""

    def __init__(self, scene: Scene, seat: str = SEAT, *, closed: bool = True) -> None:
        self.scene = scene
        self.recipient = X25519PrivateKey.generate()
        self.approve()
        scene.follow()
        scene.clock.advance(SETTLING)
        self.not_before = scene.clock.now() + timedelta(days=2)
        self.private = {holder.id: X25519PrivateKey.generate() for holder in scene.holders}
        self.set = tuple(sorted((scene.centre.id, scene.first.id)))
        keys = {holder: key.public_key().public_bytes_raw() for holder, key in self.private.items()}
        self.holders = Holders(keys, (self.set,))
        self.intent = scene.intend(sealed_to=self.holders)
        self.envelope, self.other = self.seal(seat), self.seal("CD34")
        self.complete(self.envelope, self.other)
        self.ground = self.reach("report-signed")
        if closed:
            scene.add("draw.closed", draw="drw_1", intent=self.intent)
        self.release = self.request()
        scene.follow(quorum=True)

    @property
    def public(self) -> str:
        return self.recipient.public_key().public_bytes_raw().hex()

    def complete(self, *envelopes: Envelope) -> int:
        """Put the drawn seats into the log."""
        seats = [{"seat": each.info["subject"], "record": each.digest.hex()} for each in envelopes]
        return self.scene.add("draw.completed", draw="drw_1", intent=self.intent, seats=seats)

    def approve(self, audience: str = "supervisor", public: str | None = None) -> int:
        body: dict[str, Any] = {"audience": audience, "public": public or self.public}
        return self.scene.add("recipient.approved", recipient="rcp_1", centre=CENTRE, **body)

    def reach(self, milestone: str, project: str = "prj_1", centre: str = CENTRE) -> int:
        body: dict[str, Any] = {"milestone": milestone, "project": project, "subject": "ses_1", "centre": centre}
        return self.scene.add("milestone.reached", **body)

    def request(self, **changes: Any) -> int:
        body: dict[str, Any] = {
            "draw": "drw_1",
            "intent": self.intent,
            "audience": "supervisor",
            "recipient": self.public,
            "seats": [SEAT, "CD34"],
            "grounds": [self.ground],
            **changes,
        }
        return self.scene.add("draw.release-requested", **body)

    def asked_anew(self, **changes: Any) -> bytes:
        """Another request, followed and cosigned, and what the first holder answers to it."""
        release = self.request(**changes)
        self.scene.follow(quorum=True)
        return self.ask(0, release=release)

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
        found = opening.share_of(task, me, self.scene.memory, self.scene.clock.now(), settling=SETTLING, opener=opener)
        return b64decode(found["sealed" if position else "share"])


@pytest.fixture
def sealed(scene: Scene) -> Sealed:
    sealed = Sealed(scene)
    scene.clock.advance(timedelta(days=2))
    return sealed


def test_a_set_opens_together_and_in_its_order(sealed: Sealed) -> None:
    share = sealed.ask(0)
    given = sealed.ask(1, share)
    place = Place("drw_1", sealed.release, SEAT)
    assert sealed.envelope.content(open_with(sealed.recipient, given, place.info)) == b"name"


def test_the_last_share_opens_only_for_the_recipient_and_only_in_its_place(sealed: Sealed) -> None:
    given = sealed.ask(1, sealed.ask(0))
    right = Place("drw_1", sealed.release, SEAT)
    for private in (X25519PrivateKey.generate(), *sealed.private.values()):
        with pytest.raises(EnvelopeBroken):
            open_with(private, given, right.info)
    for place in (
        Place("drw_2", sealed.release, SEAT),
        Place("drw_1", sealed.release + 1, SEAT),
        Place("drw_1", sealed.release, "CD34"),
    ):
        with pytest.raises(EnvelopeBroken):
            open_with(sealed.recipient, given, place.info)


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
    other = sealed.request(draw="drw_2")
    with pytest.raises(NotYet):
        sealed.ask(0, release=other)  # not followed
    sealed.scene.follow(quorum=True)
    with pytest.raises(errors.NotReleased):
        sealed.ask(0, release=other)
    late = sealed.request()
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
        assert sealed.ask(0, sealed=sealed.other)  # the others are opened


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
    assert opening.share_of(task, me, sealed.scene.memory, now, settling=SETTLING, opener=opener)
    with pytest.raises(errors.TaskMalformed):
        opening.share_of({**task, **changes}, me, sealed.scene.memory, now, settling=SETTLING, opener=opener)


def test_a_record_that_somebody_left_stays_sealed(sealed: Sealed) -> None:
    successor = sealed.seal()
    sealed.scene.add("draw.refilled", draw="drw_1", intent=sealed.intent, seat=SEAT, record=successor.digest.hex())
    sealed.scene.follow(quorum=True)
    with pytest.raises(errors.EnvelopeForeign):
        sealed.ask(0)
    assert sealed.ask(0, sealed=successor)
    assert sealed.ask(0, sealed=sealed.other)


def test_only_records_of_the_seats_that_were_asked_for_are_opened(sealed: Sealed) -> None:
    with pytest.raises(errors.NotReleased):
        sealed.asked_anew(seats=["CD34"])
    with pytest.raises(errors.NotReleased):  # a contribution's escrow is no name
        sealed.ask(0, sealed=sealed.seal(purpose="escrow"))


def test_nothing_is_sealed_to_a_key_that_is_not_approved(sealed: Sealed) -> None:
    stranger = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    with pytest.raises(errors.RecipientUnknown):
        sealed.asked_anew(recipient=stranger)


def test_nothing_is_sealed_to_a_key_of_another_audience(sealed: Sealed) -> None:
    with pytest.raises(errors.RecipientUnknown) as refused:
        sealed.asked_anew(audience="inspection")
    assert refused.value.entry == sealed.scene.log.tree.size - 1


def test_a_key_of_two_audiences_is_of_none(sealed: Sealed) -> None:
    sealed.approve("inspection")
    with pytest.raises(errors.RecipientUnknown):
        sealed.asked_anew()


def test_nothing_is_sealed_to_a_retired_key(sealed: Sealed) -> None:
    sealed.scene.add("recipient.retired", recipient="rcp_1", audience="supervisor", public=sealed.public)
    sealed.scene.follow(quorum=True)
    with pytest.raises(errors.RecipientUnknown):
        sealed.ask(0)


@pytest.mark.parametrize("short", [timedelta(0), timedelta(microseconds=1)], ids=["settled", "too short"])
def test_a_recipients_key_settles_first(sealed: Sealed, short: timedelta) -> None:
    fresh = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    sealed.approve(public=fresh)
    sealed.scene.follow(quorum=True)
    sealed.scene.clock.advance(SETTLING - short)
    if short:
        with pytest.raises(errors.RecipientUnsettled):
            sealed.asked_anew(recipient=fresh)
    else:
        assert sealed.asked_anew(recipient=fresh)


@pytest.mark.parametrize(
    ("audience", "milestone", "given"),
    [
        ("initiator", "report-signed", True),
        ("supervisor", "report-signed", True),
        ("inspection", "report-signed", True),
        ("payer", "report-signed", False),
        ("payer", "award-fixed", True),
        ("payer", "notice-published", True),
        ("public", "report-signed", False),
        ("public", "award-fixed", True),
        ("public", "notice-published", True),
        *((never, "notice-published", False) for never in ("staff", "door", "members", "expert", "room")),
    ],
)
def test_each_audience_has_its_milestone(sealed: Sealed, audience: str, milestone: str, *, given: bool) -> None:
    public = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    sealed.approve(audience, public)
    sealed.scene.follow(quorum=True)
    sealed.scene.clock.advance(SETTLING)
    asked: dict[str, Any] = {"audience": audience, "recipient": public, "grounds": [sealed.reach(milestone)]}
    if given:
        assert sealed.asked_anew(**asked)
    else:
        with pytest.raises((errors.GroundMissing, errors.NotForThisAudience)):
            sealed.asked_anew(**asked)


def test_a_release_rests_on_milestones_of_one_project_of_the_draws_centre(sealed: Sealed) -> None:
    other_project, elsewhere = sealed.reach("report-signed", project="prj_2"), sealed.reach("report-signed", centre="x")
    for grounds in ([], [sealed.intent], [sealed.ground, other_project], [elsewhere], [10**9]):
        with pytest.raises(errors.GroundMissing):
            sealed.asked_anew(grounds=grounds)
    assert sealed.asked_anew(grounds=[other_project])


def test_nothing_is_opened_before_the_draw_is_closed(scene: Scene) -> None:
    sealed = Sealed(scene, closed=False)
    scene.clock.advance(timedelta(days=2))
    with pytest.raises(NotYet) as reason:
        sealed.ask(0)
    assert reason.value.code == "draw-not-closed"
    scene.add("draw.closed", draw="drw_1", intent=sealed.intent)
    scene.follow(quorum=True)
    assert sealed.ask(0)


@pytest.mark.parametrize(
    "changes", [{"recipient": "00"}, {"seats": None}, {"seats": [1]}, {"grounds": ["1"]}, {"intent": 0}], ids=str
)
def test_a_request_that_is_not_as_specified_opens_nothing(sealed: Sealed, changes: dict[str, Any]) -> None:
    with pytest.raises(errors.NotReleased):
        sealed.asked_anew(**changes)
