"""The door under attack: who signed, in what order, when, for whom; and that nothing is done twice."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from expertpool.core.reconcile import reconcile
from expertpool.identity import senders
from expertpool.identity.models import SenderKind
from expertpool.identity.roles import Role
from expertpool.projects import door_errors, reception
from expertpool.projects.envelope import DOMAIN
from expertpool.projects.models import DoorMessage, Project
from expertpool.projects.terms import SealedKind
from expertpool.web.errors import InvalidInput
from ledger import ed25519
from ledger.policy import parse_policy
from ledger.receipt import parse_receipt
from tests.projects.world import CODE, NOW, PROJECT_BODY, SESSION_BODY, System, World, as_json, seal, sealed_body
from tests.website import problem_of

UPSERT = "project.upsert"
SECOND = timedelta(seconds=1)


def size(world: World) -> int:
    return len(world.entries())


def refused(world: World, error: type[Exception], attempt: Callable[[], object]) -> Any:
    """What is refused leaves nothing behind."""
    before = size(world)
    with pytest.raises(error) as caught:
        attempt()
    assert size(world) == before
    return caught.value


def test_a_message_is_taken_in_with_its_evidence(either_world: World) -> None:
    world = either_world
    system = world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    accepted = world.receive(system, sent)
    kinds = [entry["kind"] for entry in world.entries()[-2:]]
    assert kinds == ["project.registered", "door.message-received"]
    assert {entry["actor"] for entry in world.entries()[-2:]} == {system.id}
    assert (accepted.text, accepted.signature, accepted.sequence) == (sent.text, sent.signature, 1)
    with world.session() as session:
        assert session.get_one(Project, accepted.project_id).code == CODE
    assert reconcile(world.site.service.engine) == []


def test_another_senders_key_signs_nothing(world: World) -> None:
    system, other = world.system(), world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    stolen = replace(other.sign(system.message(UPSERT, PROJECT_BODY)), key=system.key)
    refused(world, door_errors.NotSigned, lambda: world.receive(system, stolen))
    refused(world, door_errors.NotSigned, lambda: world.receive(other, sent))
    refused(world, door_errors.NotSigned, lambda: world.receive(system, replace(sent, key="sky_" + "0" * 26)))
    refused(world, door_errors.NotSigned, lambda: world.receive(System("snd_none", "", b"", ""), sent))


def test_an_altered_byte_is_found(world: World) -> None:
    system = world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    altered = (
        replace(sent, text=sent.text.replace("10000000000", "10000000001")),
        replace(sent, text=sent.text.replace('"sequence":1', '"sequence":2')),
        replace(sent, signature=sent.signature[:-1] + bytes([sent.signature[-1] ^ 1])),
        replace(sent, signature=bytes(64)),
    )
    for each in altered:
        refused(world, door_errors.NotSigned, partial(world.receive, system, each))


def test_the_same_message_again_gets_the_first_answer_and_does_nothing(either_world: World) -> None:
    world = either_world
    system = world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    first = world.receive(system, sent)
    before = size(world)
    world.clock.advance(timedelta(days=2000))  # whatever has become of the key and the time since
    again = world.receive(system, sent)
    assert size(world) == before
    assert (again.sequence, again.received, again.project_id) == (1, first.received, first.project_id)


def test_another_message_under_a_used_number_is_refused(world: World) -> None:
    system = world.system()
    world.send(system, UPSERT, PROJECT_BODY)
    other = system.sign(system.message(UPSERT, {**PROJECT_BODY, "title": "另一标题"}, sequence=1))
    error = refused(world, door_errors.SequenceUsed, lambda: world.receive(system, other))
    assert (error.sequence, error.expected) == (1, 2)


@pytest.mark.parametrize("sequence", [2, 3, 2**53 - 1])
def test_a_gap_is_refused_and_closed_in_order(world: World, sequence: int) -> None:
    system = world.system()
    early = system.sign(system.message("session.schedule", {**SESSION_BODY, "project": CODE}, sequence=sequence))
    error = refused(world, door_errors.SequenceGap, lambda: world.receive(system, early))
    assert error.expected == 1
    world.send(system, UPSERT, PROJECT_BODY)
    if sequence == 2:
        assert world.receive(system, early).sequence == 2
    else:
        assert refused(world, door_errors.SequenceGap, lambda: world.receive(system, early)).expected == 2


def test_each_sender_has_its_own_numbers(world: World) -> None:
    one, other = world.system(), world.system()
    world.send(one, UPSERT, PROJECT_BODY)
    assert world.send(other, UPSERT, PROJECT_BODY).sequence == 1


def test_what_is_refused_uses_no_number_up(world: World) -> None:
    system = world.system()
    wrong = system.sign(system.message(UPSERT, {**PROJECT_BODY, "code": "X"}))
    refused(world, Exception, lambda: world.receive(system, wrong))
    assert world.send(system, UPSERT, PROJECT_BODY).sequence == 1


@pytest.mark.parametrize("oldest", [reception.OLDEST_ONLINE, reception.OLDEST_IN_FILE])
def test_the_time_has_bounds(world: World, oldest: timedelta) -> None:
    system = world.system()

    def at(moment: timedelta) -> DoorMessage:
        message = system.message(UPSERT, PROJECT_BODY, time=int((NOW + moment).timestamp()))
        return world.receive(system, system.sign(message), oldest)

    refused(world, door_errors.TimeOutside, lambda: at(-oldest - SECOND))
    refused(world, door_errors.TimeOutside, lambda: at(reception.AHEAD + SECOND))
    assert at(-oldest).sequence == 1
    system.sequence = 2
    assert at(reception.AHEAD).sequence == 2


def test_a_key_signs_while_it_is_in_force(world: World) -> None:
    system = world.system(approve=False)
    refused(world, door_errors.KeyNotInForce, lambda: world.send(system, UPSERT, PROJECT_BODY))
    world.as_(Role.SUPERVISOR, lambda tx: senders.approve_key(tx, system.key))
    world.send(system, UPSERT, PROJECT_BODY)
    world.clock.advance(timedelta(days=365) - SECOND)
    world.send(system, UPSERT, PROJECT_BODY)
    world.clock.advance(SECOND)
    refused(world, door_errors.KeyNotInForce, lambda: world.send(system, UPSERT, PROJECT_BODY))


def test_a_key_that_is_yet_to_come_signs_nothing(world: World) -> None:
    system = world.system(approve=False)
    late = System(system.id, "", bytes([77]) * 32, system.centre)
    world.new_key(late, not_before=NOW + timedelta(days=1))
    refused(world, door_errors.KeyNotInForce, lambda: world.send(late, UPSERT, PROJECT_BODY))
    world.clock.advance(timedelta(days=1))
    world.send(late, UPSERT, PROJECT_BODY)


def test_a_revoked_key_signs_nothing_and_a_new_one_goes_on_counting(world: World) -> None:
    system = world.system()
    world.send(system, UPSERT, PROJECT_BODY)
    world.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: senders.revoke_key(tx, system.key, reason="lost"))
    refused(world, door_errors.KeyNotInForce, lambda: world.send(system, UPSERT, PROJECT_BODY))
    system.seed = bytes([88]) * 32
    world.new_key(system)
    assert world.send(system, UPSERT, PROJECT_BODY).sequence == 2


def test_a_sender_speaks_for_its_centre_and_those_below(world: World) -> None:
    branch = world.branch()
    top, below = world.system(), world.system(centre=branch)
    for centre in ("csggzy", "nowhere"):
        attempt = partial(world.send, below, UPSERT, PROJECT_BODY, centre=centre)
        refused(world, door_errors.CentreNotCovered, attempt)
    accepted = world.send(top, UPSERT, PROJECT_BODY, centre="yuelu")
    assert accepted.centre_id == branch.id


def test_another_centres_project_is_out_of_reach(world: World) -> None:
    world.register()
    below = world.system(centre=world.branch())
    with pytest.raises(Exception) as taken:
        world.send(below, UPSERT, PROJECT_BODY)
    assert taken.value.code == "projects.project-taken"  # type: ignore[attr-defined]
    with pytest.raises(Exception) as unknown:
        world.send(below, "session.schedule", {**SESSION_BODY, "project": CODE})
    assert unknown.value.code == "projects.project-unknown"  # type: ignore[attr-defined]


@pytest.mark.parametrize("sender", SenderKind)
@pytest.mark.parametrize("kind", [*reception.KINDS, "project.delete"])
def test_each_sender_has_its_kinds(world: World, sender: SenderKind, kind: str) -> None:
    system = world.system(sender)
    allowed = {SenderKind.PROVINCIAL_POOL: {"draw-result.sealed"}}.get(
        sender, set(reception.KINDS) - {"draw-result.sealed"}
    )
    expected = InvalidInput if kind in allowed else door_errors.KindNotAllowed
    refused(world, expected, lambda: world.send(system, kind, {}))


def test_only_kinds_with_a_ciphertext_take_one(world: World) -> None:
    system = world.system()
    refused(world, door_errors.SealedUnexpected, lambda: world.send(system, UPSERT, PROJECT_BODY, b"x"))
    with_ciphertext = {name for name, kind in reception.KINDS.items() if kind.sealed}
    assert with_ciphertext == {"bidder-list.sealed", "draw-result.sealed", "scores.sealed"}


def test_of_the_same_message_many_times_at_once_one_is_done(either_world: World) -> None:
    world = either_world
    system = world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: world.receive(system, sent).project_id, range(4)))
    assert len(set(answers)) == 1
    with world.session() as session:
        assert session.scalar(select(func.count()).select_from(DoorMessage)) == 1


def test_of_two_messages_at_once_under_one_number_one_is_done(either_world: World) -> None:
    world = either_world
    system = world.system()

    def attempt(number: int) -> bool:
        sent = system.sign(system.message(UPSERT, {**PROJECT_BODY, "title": f"第 {number} 版"}))
        try:
            world.receive(system, sent)
        except door_errors.SequenceUsed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def test_over_http_it_is_answered_with_a_receipt(world: World) -> None:
    system = world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    answer = world.post(sent)
    assert answer.status_code == 202  # nobody signs in this test yet
    body = answer.get_json()
    assert (body["sender"], body["sequence"], body["kind"], body["session_id"]) == (system.id, 1, UPSERT, None)
    world.site.service.signer.step()
    again = world.post(sent)
    assert again.status_code == 201
    assert again.headers["Ledger-Index"] == answer.headers["Ledger-Index"]
    repeated = again.get_json()
    log_only = parse_policy("\n".join([world.site.service.policy_text.splitlines()[0], "quorum none", ""]).encode())
    entry, _ = parse_receipt(repeated.pop("receipt").encode()).check(log_only)
    assert (entry.kind, entry.actor) == ("door.message-received", system.id)
    assert repeated == {name: value for name, value in body.items() if name != "receipt"}


def test_over_http_refusals_are_problems(world: World) -> None:
    system = world.system()
    sent = system.sign(system.message(UPSERT, PROJECT_BODY))
    problem_of(world.post(sent, signature="0" * 128), 403, "door.not-signed")
    problem_of(world.post(sent, key="sky_" + "0" * 26), 403, "door.not-signed")
    problem_of(world.post(sent, signature="x"), 422, "web.invalid-input")
    problem_of(world.post(system.sign(system.message(UPSERT, {}))), 422, "web.invalid-input")
    body = problem_of(
        world.post(system.sign(system.message(UPSERT, {**PROJECT_BODY, "code": "X", "lots": []}))),
        422,
        "web.invalid-input",
    )
    assert [blamed["field"] for blamed in body["errors"]] == ["lots"]
    gap = problem_of(
        world.post(system.sign(system.message(UPSERT, PROJECT_BODY, sequence=5))), 409, "door.sequence-gap"
    )
    assert gap["params"] == {"expected": 1}
    spaced = json.dumps(system.message(UPSERT, PROJECT_BODY))
    loose = replace(sent, text=spaced, signature=ed25519.sign(system.seed, DOMAIN + spaced.encode()))
    problem_of(world.post(loose), 422, "door.not-canonical")


def test_a_token_opens_no_door(world: World) -> None:
    system, other = world.system(), world.system()
    forged = replace(other.sign(system.message(UPSERT, PROJECT_BODY)), key=system.key)
    headers = {"Authorization": f"Bearer {world.site.token(Role.CENTRE_STAFF)}"}
    answer = world.site.client.post("/api/v1/door/messages", json=as_json(forged), headers=headers)
    problem_of(answer, 403, "door.not-signed")


def test_whoever_cannot_sign_takes_no_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    system = world.system()

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(reception, "receive", never)
    problem_of(world.post(system.sign(system.message(UPSERT, {})), signature="0" * 128), 403, "door.not-signed")


def test_a_repeated_sealed_message_stores_one_ciphertext(world: World) -> None:
    system = world.system()
    world.send(system, UPSERT, PROJECT_BODY)
    world.send(system, "session.schedule", {**SESSION_BODY, "project": CODE})
    sealed = seal(SealedKind.BIDDER_LIST)
    sent = system.sign(system.message("bidder-list.sealed", sealed_body(sealed)), sealed)
    world.receive(system, sent)
    before = size(world)
    world.receive(system, replace(sent, sealed=seal(SealedKind.BIDDER_LIST)))
    assert size(world) == before
