"""Sending: again until it is taken, in order, never lost, with no transaction open, stopped when it fails for long."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.reconcile import reconcile
from expertpool.webhooks import sending
from expertpool.webhooks.posting import Poster
from expertpool.webhooks.sending import FIRST_PAUSE, GIVEN_UP_AFTER, LEASE, LONGEST_PAUSE, Courier, pause
from tests.projects.world import NOW, World
from tests.webhooks.follower import (
    DONE,
    SUPERVISOR,
    act,
    courier,
    progress,
    project,
    run,
    schedule,
    shown,
    sign,
    subscribe,
    told,
)
from tests.webhooks.receiver import Receiver
from tests.website import problem_of


def test_it_is_sent_again_until_it_is_taken(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    schedule(world, made)
    receiver.answers = [500, 302, 204]
    for attempt, failure in ((1, "status-500"), (2, "status-302")):
        run(world, receiver)
        noted = progress(world, hook)
        assert (noted.attempts, noted.failure, noted.failing_since) == (
            attempt,
            failure,
            NOW if attempt == 1 else noted.failing_since,
        )
        before = len(receiver.got)
        assert run(world, receiver) == 0  # not before its time
        assert len(receiver.got) == before == attempt
        world.clock.advance(noted.due - world.clock.now())
    run(world, receiver)
    noted = progress(world, hook)
    assert (noted.attempts, noted.failure, noted.failing_since) == (0, None, None)
    ids = {got[0]["webhook-id"] for got in receiver.got}
    stamps = [int(got[0]["webhook-timestamp"]) for got in receiver.got]
    assert (len(receiver.got), len(ids)) == (3, 1)
    assert stamps == sorted(set(stamps))


def test_they_come_in_order_and_none_is_lost_while_the_receiver_is_down(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    receiver.answers = [503, 204]
    numbers = [schedule(world, made) for _ in range(3)]
    run(world, receiver)
    world.clock.advance(progress(world, hook).due - world.clock.now())
    run(world, receiver)
    assert [message["data"]["session"] for message in told(receiver)] == [numbers[0], *numbers]


def test_what_was_sent_and_not_noted_is_sent_again_under_the_same_id(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    run(world, receiver)
    schedule(world, made)
    sign(world)

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Courier, "_note", killed)
        with pytest.raises(SystemExit):
            courier(world, receiver).step()
    assert run(world, receiver) == 0  # its lease still runs
    world.clock.advance(LEASE)
    run(world, receiver)
    assert [got[0]["webhook-id"] for got in receiver.got] == [receiver.got[0][0]["webhook-id"]] * 2
    assert progress(world, hook).attempts == 0


def test_whoever_lost_the_lease_notes_nothing(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    schedule(world, made)
    sign(world)
    slow = courier(world, receiver)
    turn = slow._take()
    assert turn is not None
    world.clock.advance(LEASE)
    run(world, receiver)
    after = progress(world, hook).next_entry
    slow._note(turn, turn.first, "status-500")
    assert (progress(world, hook).next_entry, progress(world, hook).failure) == (after, None)


@pytest.mark.parametrize("cause", ["days", "gone"])
def test_a_receiver_that_fails_for_long_is_stopped_and_can_go_on(world: World, receiver: Receiver, cause: str) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    number = schedule(world, made)
    receiver.answers = [500 if cause == "days" else 410]
    run(world, receiver)
    if cause == "days":
        world.clock.advance(GIVEN_UP_AFTER - timedelta(microseconds=1))
        run(world, receiver)
        assert shown(world)["stopped"] is None
        world.clock.advance(LONGEST_PAUSE)
        run(world, receiver)
    stopped = shown(world)
    assert stopped["stopped"] is not None
    assert stopped["failure"] == ("status-500" if cause == "days" else "status-410")
    assert world.entries()[-1]["kind"] == "webhook.stopped"
    world.clock.advance(timedelta(days=1))
    assert run(world, receiver) == 0
    receiver.answers = [204]
    assert act(world, hook, "resumption").status_code in DONE
    problem_of(act(world, hook, "resumption"), 409, "webhooks.not-stopped")
    run(world, receiver)
    assert told(receiver)[-1]["data"]["session"] == number
    assert list(reconcile(world.site.service.engine)) == []


def test_a_name_that_leads_inside_is_a_failure_without_a_trace_of_where(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    schedule(world, made)
    sign(world)
    inside = Courier(world.site.service.transactions, world.site.service.keys, Poster([], receiver.authorities, 5))
    while inside.step():
        pass
    assert receiver.got == []
    assert progress(world, hook).failure == "address"


@given(st.integers(1, 10_000))
def test_pauses_grow_and_differ_and_have_an_end(attempts: int) -> None:
    whole = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    assert whole / 2 <= pause(attempts) <= whole


def test_pauses_are_not_all_the_same() -> None:
    assert len({pause(12) for _ in range(50)}) > 1  # by chance once in 501 ** 49


def test_no_transaction_is_open_while_it_is_sent(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database takes a write while the receiver has not answered yet."""
    made, _ = project(world), subscribe(world, receiver.url)
    schedule(world, made)
    sign(world)
    seen: list[int] = []
    post = Poster.post

    def writing(self: Poster, *args: Any) -> int:
        world.actor(SUPERVISOR)  # registered here and now
        seen.append(1)
        return post(self, *args)

    monkeypatch.setattr(Poster, "post", writing)
    run(world, receiver)
    assert seen == [1]


def test_couriers_start_and_stop_with_their_worker(world: World) -> None:
    stop, parts = threading.Event(), world.site.service
    threads = sending.start(parts.transactions, parts.keys, parts.settings, stop)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert len(threads) == sending.THREADS
    assert not any(thread.is_alive() for thread in threads)
