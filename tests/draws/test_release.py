"""Names are opened to each audience from its moment on, to its own key, by a set of key holders, and to nobody else."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import select

from expertpool.core.clock import FixedClock
from expertpool.core.errors import ExpertpoolError
from expertpool.core.reconcile import reconcile
from expertpool.custodian.errors import GroundMissing, RecipientUnknown, TooEarly
from expertpool.draws import errors
from expertpool.draws.models import ReleaseState, SealedRecord
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.projects.terms import MilestoneKind, Regime
from expertpool.protocol.envelope import parse_envelope
from expertpool.protocol.errors import EnvelopeBroken
from expertpool.protocol.release import open_package
from expertpool.sealing.errors import RecipientUnusable
from expertpool.sealing.recipients import retire_recipient
from ledger.canonical import canonical
from policies.facts import Audience
from tests.draws.release_world import ASKS, ReleaseWorld
from tests.draws.scenes import kinds, sits
from tests.draws.world import ENROLLED
from tests.projects.world import CODE, FACTS
from tests.sealing.world import World, private_opener
from tests.website import opened, problem_of

AWARD, NOTICE = MilestoneKind.AWARD_FIXED, MilestoneKind.NOTICE_PUBLISHED
GOVPROC = replace(
    FACTS,
    regime=Regime.GOVPROC,
    lots=tuple(replace(lot, code=f"{CODE}-{n}", budget=1) for n, lot in enumerate(FACTS.lots, 1)),
)


@contextmanager
def founded(
    url: str, path: Path, before: Callable[[World], None] | None = None, **facts: Any
) -> Iterator[ReleaseWorld]:
    """``before``: what is done first, and so has the time of the preparations to settle."""
    clock = FixedClock(ENROLLED)
    with opened(url, path, clock=clock, LEDGER__ACK_TIMEOUT_S="1") as site:
        sealing = World(site, clock)
        if before is not None:
            before(sealing)
        yield ReleaseWorld(sealing, path, **facts)


@pytest.fixture
def released(sqlite_url: str, tmp_path: Path) -> Iterator[ReleaseWorld]:
    with founded(sqlite_url, tmp_path) as world:
        yield world


@pytest.fixture
def either_released(database_url: str, tmp_path: Path) -> Iterator[ReleaseWorld]:
    with founded(database_url, tmp_path) as world:
        yield world


def test_the_supervisor_learns_the_names_and_the_centre_does_not(either_released: ReleaseWorld) -> None:
    world = either_released
    world.close()
    release = world.ask(Audience.SUPERVISOR)
    world.open()

    assert world.state(release) is ReleaseState.RELEASED
    assert world.names(release, Audience.SUPERVISOR) == sits(world.world, world.draw)
    assert kinds(world.world, world.draw)[-2:] == ["draw.release-requested", "draw.released"]
    [body] = world.world.bodies("draw.released")
    [asked] = [each for each in world.world.sealing.entries() if each["kind"] == "draw.release-requested"]
    assert (body["release"], body["audience"]) == (asked["index"], "supervisor")
    assert "依规查阅" not in json.dumps(asked, ensure_ascii=False)
    package = world.package(release, Role.SUPERVISOR)
    for other in (world.world.sealing.vault, world.private[Audience.PUBLIC], X25519PrivateKey.generate()):
        with pytest.raises(EnvelopeBroken):
            open_package(package, private_opener(other))
    assert reconcile(world.world.site.service.engine) == []


def served(world: ReleaseWorld) -> set[tuple[Role, Audience]]:
    """Who is served when everybody asks for everything; experts have no accounts."""
    found = set()
    for role in set(Role) - {Role.EXPERT}:
        for audience in Audience:
            try:
                world.ask(audience, role)
            except errors.ReleasedAlready:
                found.add((role, audience))
            except (NotPermitted, errors.ReleaseTooEarly):
                continue
            else:
                found.add((role, audience))
    return found


REPORTED = {(Role.INITIATOR, Audience.INITIATOR)}
CLOSED = {*REPORTED, (Role.SUPERVISOR, Audience.SUPERVISOR), (Role.AUDITOR, Audience.INSPECTION)}
OUT = {*CLOSED, (Role.FINANCE, Audience.PAYER), (Role.CENTRE_STAFF, Audience.PUBLIC)}


@pytest.mark.parametrize(("facts", "after_award"), [(FACTS, OUT), (GOVPROC, CLOSED)], ids=["tender", "govproc"])
def test_nobody_is_served_early(
    sqlite_url: str, tmp_path: Path, facts: Any, after_award: set[tuple[Role, Audience]]
) -> None:
    """Every role asks for every audience, in every state: RULES "Who learns a name, when"."""
    with founded(sqlite_url, tmp_path, facts=facts) as world:
        assert served(world) == set()
        world.world.clock.advance(timedelta(days=3))  # time alone opens nothing
        assert served(world) == set()
        world.report()
        assert served(world) == REPORTED
        world.world.go_on(world.vault, rounds=2)
        assert served(world) == CLOSED
        world.outcome(AWARD)
        assert served(world) == after_award
        world.outcome(NOTICE)
        assert served(world) == OUT
        world.open(rounds=6)
        assert len(world.world.bodies("draw.released")) == len(OUT)
        assert [holder.refused for holder in world.holders] == [[], [], []]


def test_a_refusal_says_what_is_missing_with_its_ground(released: ReleaseWorld) -> None:
    with pytest.raises(errors.ReleaseTooEarly) as refused:
        released.ask(Audience.PUBLIC)
    assert "招标投标法" in refused.value.message("zh")
    assert "award" in refused.value.message("en")
    assert released.world.bodies("draw.release-requested") == []


def test_a_lot_that_is_still_open_holds_back_the_whole_session(sqlite_url: str, tmp_path: Path) -> None:
    with founded(sqlite_url, tmp_path, lots=2) as world:
        world.close()
        world.outcome(AWARD, slice(1))
        with pytest.raises(errors.ReleaseTooEarly):
            world.ask(Audience.PUBLIC)
        world.outcome(AWARD, slice(1, 2))
        assert world.state(world.ask(Audience.PUBLIC)) is ReleaseState.REQUESTED


def test_one_holder_alone_gives_nothing_usable(released: ReleaseWorld) -> None:
    released.close()
    release = released.ask(Audience.SUPERVISOR)
    first, *others = sorted(released.holders, key=lambda holder: holder.agent.holder.id)  # the order of the sets
    for holder in others:
        holder.agent.silent = True
    released.open()
    assert released.state(release) is ReleaseState.REQUESTED
    assert len(first.given) == 4
    with released.world.session() as session:
        records = [parse_envelope(row.envelope) for row in session.scalars(select(SealedRecord))]
    for given in first.given:
        for record in records:
            with pytest.raises(EnvelopeBroken):
                record.content(b64decode(given["share"]))
    with pytest.raises(errors.ReleaseNotReady):
        released.package(release, Role.SUPERVISOR)


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_another_set_opens_where_a_holder_does_not_answer(released: ReleaseWorld, dead: int) -> None:
    released.close()
    release = released.ask(Audience.SUPERVISOR)
    released.holders[dead].agent.silent = True
    released.open()
    for _ in range(2):  # a set's step time, and once more where the dead one comes second
        released.world.clock.advance(timedelta(seconds=released.world.site.service.settings.draws.step_seconds + 1))
        released.open()
    assert released.state(release) is ReleaseState.RELEASED
    assert released.names(release, Audience.SUPERVISOR) == sits(released.world, released.draw)


def test_nothing_is_opened_where_too_few_holders_are_left_and_it_can_be_asked_again(released: ReleaseWorld) -> None:
    released.close()
    release = released.ask(Audience.SUPERVISOR)
    for holder in released.holders[:2]:
        holder.agent.silent = True
    for _ in range(6):
        released.open(rounds=2)
        released.world.clock.advance(timedelta(seconds=released.world.site.service.settings.draws.step_seconds + 1))
    assert released.state(release) is ReleaseState.UNANSWERED
    assert kinds(released.world, released.draw)[-1] == "draw.release-unanswered"
    for holder in released.holders:
        holder.agent.silent = False
    again = released.ask(Audience.SUPERVISOR)
    released.open()
    assert released.names(again, Audience.SUPERVISOR) == sits(released.world, released.draw)
    with pytest.raises(errors.ReleaseNotReady):
        released.package(release, Role.SUPERVISOR)


def test_nobody_is_asked_before_a_quorum_cosigned_the_request(released: ReleaseWorld) -> None:
    released.close()
    released.ask(Audience.SUPERVISOR)
    while released.vault.step():
        pass
    assert [list(released.tasks(holder)) for holder in released.holders] == [[], [], []]
    released.world.site.service.signer.step()  # signed, and not cosigned
    while released.vault.step():
        pass
    assert [list(released.tasks(holder)) for holder in released.holders] == [[], [], []]


def test_a_key_is_released_to_once(released: ReleaseWorld) -> None:
    released.close()
    released.ask(Audience.SUPERVISOR)
    with pytest.raises(errors.ReleasedAlready):
        released.ask(Audience.SUPERVISOR)
    released.open()
    with pytest.raises(errors.ReleasedAlready):
        released.ask(Audience.SUPERVISOR)
    assert len(released.world.bodies("draw.release-requested")) == 1


def test_a_retired_key_gets_nothing(released: ReleaseWorld) -> None:
    released.close()
    release = released.ask(Audience.SUPERVISOR)
    key = released.keys[Audience.SUPERVISOR]
    released.world.sealing.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: retire_recipient(tx, key.id, reason="密钥遗失"))
    released.open(rounds=8)
    assert released.state(release) is ReleaseState.UNANSWERED
    assert {type(each) for holder in released.holders for each in holder.refused} == {RecipientUnknown}
    with pytest.raises(RecipientUnusable):
        released.ask(Audience.SUPERVISOR)


def test_a_fresh_key_gets_nothing(released: ReleaseWorld) -> None:
    released.close()
    released.keys[Audience.SUPERVISOR] = released.enrol(Audience.SUPERVISOR, X25519PrivateKey.generate())
    with pytest.raises(RecipientUnusable):
        released.ask(Audience.SUPERVISOR)


def test_a_centre_that_lets_the_payer_in_early_is_stopped_by_the_holders(
    released: ReleaseWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    released.close()
    monkeypatch.setattr("expertpool.draws.rules.standing_against", lambda _: ())
    release = released.ask(Audience.PAYER)
    released.open(rounds=8)
    assert released.state(release) is ReleaseState.UNANSWERED
    assert {type(each) for holder in released.holders for each in holder.refused} == {GroundMissing}


def test_a_centre_whose_clock_is_three_days_ahead_gets_nothing_early(released: ReleaseWorld) -> None:
    """It writes the times of the entries; the holders go by clocks of their own."""
    for holder in released.holders:
        holder.ahead = -timedelta(days=3)
    released.close()
    release = released.ask(Audience.SUPERVISOR)
    released.open(rounds=8)
    assert released.state(release) is ReleaseState.UNANSWERED
    refused = [each for holder in released.holders for each in holder.refused]
    [intent] = [each["index"] for each in released.world.sealing.entries() if each["kind"] == "draw.intended"]
    assert {(type(each), each.entry) for each in refused} == {(TooEarly, intent)}
    assert not any(holder.given for holder in released.holders)


def test_a_package_that_was_altered_is_not_opened(released: ReleaseWorld) -> None:
    released.close()
    release = released.ask(Audience.SUPERVISOR)
    released.open()
    package = json.loads(released.package(release, Role.SUPERVISOR))
    mine = private_opener(released.private[Audience.SUPERVISOR])
    assert len(open_package(canonical(package), mine)) == 4
    first, second = package["seats"][:2]
    for seats in (
        [{**first, "seat": second["seat"]}],
        [{**first, "sealed": second["sealed"]}],
        [{**first, "envelope": second["envelope"]}],
    ):
        with pytest.raises(EnvelopeBroken):
            open_package(canonical({**package, "seats": seats}), mine)
    with pytest.raises(EnvelopeBroken):
        open_package(canonical({**package, "release": package["release"] + 1}), mine)


def test_over_http_an_audience_asks_and_downloads_its_own(released: ReleaseWorld) -> None:
    released.close()
    site, path = released.world.site, f"/api/v1/draws/{released.draw.id}/releases"
    given = {"recipient": released.keys[Audience.SUPERVISOR].id, "reason": "依规查阅"}
    answers = [site.call("POST", path, role=Role.SUPERVISOR, key="r1", json=given) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    assert answers[0].get_json()["number"] == answers[1].get_json()["number"] == 1
    waiting = site.call("GET", f"{path}/1", role=Role.SUPERVISOR)
    problem_of(waiting, 409, "draws.release-not-ready")
    released.open()
    listed = site.call("GET", path, role=Role.CENTRE_STAFF).get_json()["items"]
    assert [(each["number"], each["audience"], each["state"]) for each in listed] == [(1, "supervisor", "released")]
    package = site.call("GET", f"{path}/1", role=Role.SUPERVISOR).get_json()["package"]
    found = open_package(package.encode(), private_opener(released.private[Audience.SUPERVISOR]))
    assert {each["seat"] for each in found} == set(sits(released.world, released.draw))
    for role in set(ASKS.values()) - {Role.SUPERVISOR}:
        problem_of(site.call("GET", f"{path}/1", role=role), 404, "draws.release-unknown")
    problem_of(site.call("GET", f"{path}/2", role=Role.SUPERVISOR), 404, "draws.release-unknown")
    for number in (0, 10_000, 2**63):
        assert site.call("GET", f"{path}/{number}", role=Role.SUPERVISOR).status_code == 404


def test_refusals_are_errors_in_both_languages(released: ReleaseWorld) -> None:
    for role in (Role.SYSTEM_ADMINISTRATOR, Role.POOL_MANAGER):
        with pytest.raises(ExpertpoolError) as refused:
            released.ask(Audience.SUPERVISOR, role)
        assert refused.value.message("zh") != refused.value.message("en")
