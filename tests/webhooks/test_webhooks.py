"""Webhooks from a subscription to its receiver: what is told to whom, signed, sent again, stopped and resumed."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.checkpoints import wait_until_covered
from expertpool.core.clock import FixedClock
from expertpool.core.events import EVENT_KINDS
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.core.rooms import load_rooms
from expertpool.core.transaction import Transaction
from expertpool.identity import service as identity
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession, Project
from expertpool.webhooks import sending, service
from expertpool.webhooks.models import Webhook, WebhookProgress
from expertpool.webhooks.posting import Poster
from expertpool.webhooks.selection import KINDS, message_of
from expertpool.webhooks.sending import FIRST_PAUSE, GIVEN_UP_AFTER, LEASE, LONGEST_PAUSE, Courier, pause
from ledger.entry import parse_entry
from ledger.merkle import leaf_hash
from tests.browser import entered
from tests.projects.world import FACTS, NOW, SITTING, World
from tests.webhooks.receiver import Receiver, receiving, signed
from tests.website import opened, problem_of

INITIATOR, STAFF, SUPERVISOR = Role.INITIATOR, Role.CENTRE_STAFF, Role.SUPERVISOR
SESSIONS = ["session.scheduled"]
DONE = (201, 202)
SPEC = Path(__file__).parents[2] / "docs" / "spec" / "webhooks.md"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as served:
        yield served


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    clock = FixedClock(NOW)
    networks = {"WEBHOOKS__NETWORKS": "127.0.0.0/8", "LEDGER__ACK_TIMEOUT_S": "1"}
    with opened(sqlite_url, tmp_path / "var", clock=clock, **networks) as site, site.service.signing():
        yield World(site, clock)


def courier(world: World, receiver: Receiver) -> Courier:
    given = world.site.service.settings.webhooks
    poster = Poster(given.networks, receiver.authorities, given.timeout_s)
    return Courier(world.site.service.transactions, world.site.service.keys, poster)


def subscribe(world: World, url: str, *kinds: str, role: Role = STAFF) -> dict[str, Any]:
    body = {"url": url, "kinds": list(kinds or SESSIONS)}
    answer = world.site.call("POST", "/api/v1/webhooks", role=role, json=body)
    assert answer.status_code in DONE, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def act(world: World, hook: dict[str, Any], what: str, role: Role = STAFF) -> Any:
    return world.site.call("POST", f"/api/v1/webhooks/{hook['id']}/{what}", role=role)


def schedule(world: World, of: str) -> str:
    """One more session of a project; the one before is cancelled, since it has the same lot."""

    def verb(tx: Transaction) -> str:
        for before in tx.session.scalars(select(EvaluationSession).where(EvaluationSession.project_id == of)):
            if before.state is not SessionState.CANCELLED:
                projects.cancel_session(tx, before.id, reason="r")
        facts = replace(SITTING, code=f"S{len(world.entries())}")
        return projects.schedule_session(tx, of, facts=facts).id

    return world.as_(STAFF, verb)


def project(world: World) -> str:
    return world.as_(STAFF, lambda tx: projects.register_project(tx, centre_id=world.centre.id, facts=FACTS)).id


def sign(world: World) -> None:
    """Wait until a checkpoint covers all that there is."""
    wait_until_covered(world.site.service.engine, len(world.entries()) - 1, timeout_s=20)


def run(world: World, receiver: Receiver) -> int:
    """Sign what there is, and let a courier do all that is due now."""
    sign(world)
    at_work, steps = courier(world, receiver), 0
    while at_work.step():
        steps += 1
        assert steps < 50
    return steps


def told(receiver: Receiver) -> list[Any]:
    return [json.loads(body) for _, body in receiver.got]


def progress(world: World, hook: dict[str, Any]) -> WebhookProgress:
    with Session(world.site.service.engine) as session:
        return session.get_one(WebhookProgress, hook["id"])


def shown(world: World, role: Role = STAFF) -> Any:
    [one] = world.site.call("GET", "/api/v1/webhooks", role=role).get_json()["items"]
    return one


def test_every_kind_is_one_and_shows_only_what_the_ledger_shows() -> None:
    load_rooms("events")
    for kind, fields in KINDS.items():
        assert set(fields) <= set(EVENT_KINDS[kind].field_names(shown=True)), kind
        assert not {"actor", "account", "supervisor", "member", "record", "answer", "seats"} & set(fields)


def test_the_specification_lists_every_kind() -> None:
    rows = {f"| `{kind}` | {', '.join(f'`{name}`' for name in fields)} |" for kind, fields in KINDS.items()}
    assert rows <= set(SPEC.read_text().splitlines())


def test_a_fact_arrives_signed_and_can_be_proved(world: World, receiver: Receiver) -> None:
    made, number = project(world), None
    hook = subscribe(world, receiver.url)
    assert run(world, receiver) >= 1
    assert receiver.got == []  # nothing of what was before
    number = schedule(world, made)
    run(world, receiver)
    [message] = told(receiver)
    assert (message["type"], message["data"]["session"], message["data"]["project"]) == (
        "session.scheduled",
        number,
        made,
    )
    assert message.keys() == {"type", "timestamp", "data"}
    assert message["data"].keys() == {"project", "session", "entry", "hash"}
    [data] = SqlLog(world.site.service.engine).entries(message["data"]["entry"], message["data"]["entry"] + 1)
    assert leaf_hash(data).hex() == message["data"]["hash"]
    assert receiver.got[0][1] == message_of(parse_entry(data))
    assert world.actor(STAFF).id.encode() not in receiver.got[0][1]
    headers = signed(receiver.got[0])
    assert headers["webhook-id"] == f"{hook['id']}-{message['data']['entry']}"
    verify = documented()
    now = NOW.timestamp()
    assert verify(hook["secret"], headers, receiver.got[0][1], now)
    assert shown(world)["delivered"] is not None
    assert run(world, receiver) == 0
    assert list(reconcile(world.site.service.engine)) == []


def documented() -> Any:
    """The function that the specification prints."""
    found = re.search(r"```python\n(.*?)```", SPEC.read_text(), re.DOTALL)
    assert found is not None
    scope: dict[str, Any] = {}
    exec(found[1], scope)
    return scope["verify"]


def test_the_documented_check_finds_what_is_wrong(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    schedule(world, made)
    run(world, receiver)
    (_, body), headers, verify = receiver.got[0], signed(receiver.got[0]), documented()
    now = NOW.timestamp()
    assert verify(hook["secret"], headers, body, now + 300)
    assert verify(hook["secret"], headers, body, now - 300)
    assert not verify(hook["secret"], headers, body, now + 301)
    assert not verify(hook["secret"], headers, body, now - 301)
    assert not verify(hook["secret"], headers, body + b" ", now)
    assert not verify(hook["secret"], {**headers, "webhook-id": "x"}, body, now)
    later = {**headers, "webhook-timestamp": str(int(now) + 1)}
    assert not verify(hook["secret"], later, body, now)
    assert not verify("whsec_" + "A" * 43 + "=", headers, body, now)


def test_nobody_is_told_what_they_may_not_see(world: World, receiver: Receiver) -> None:
    """An initiator hears of what they handle, staff of their centre and below; asked afresh for every message."""
    made = project(world)
    hook = subscribe(world, receiver.url, role=INITIATOR)
    schedule(world, made)
    run(world, receiver)
    assert receiver.got == []
    branch = world.branch()
    elsewhere = subscribe(world, receiver.url)
    with world.site.service.transactions.begin(world.actor(Role.SECURITY_ADMINISTRATOR).id) as tx:
        far = identity.register_actor(tx, code="far", role=STAFF, centre_id=branch.id)
        token = identity.issue_token(tx, far.id).text()
    headers = {"Authorization": f"Bearer {token}"}
    body = {"url": receiver.url, "kinds": SESSIONS}
    answer = world.site.client.post("/api/v1/webhooks", json=body, headers=headers)
    assert answer.status_code in DONE
    schedule(world, made)
    run(world, receiver)
    assert {got[0]["webhook-id"].split("-")[0] for got in receiver.got} == {elsewhere["id"]}
    assert hook["id"] != elsewhere["id"]


def test_a_closed_account_is_told_nothing_more(world: World, receiver: Receiver) -> None:
    made = project(world)
    subscribe(world, receiver.url)
    with world.site.service.transactions.begin(world.actor(Role.SECURITY_ADMINISTRATOR).id) as tx:
        identity.retire_actor(tx, world.actor(STAFF).id, reason="left")
    facts = replace(SITTING, code="S9")
    other = world.actor(INITIATOR).id
    with world.site.service.transactions.begin(other) as tx:
        row = tx.session.get_one(Project, made)
        row.initiator_id = other
        projects.schedule_session(tx, made, facts=facts)
    run(world, receiver)
    assert receiver.got == []


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


def test_both_secrets_sign_for_a_day(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    changed = act(world, hook, "secret").get_json()
    assert changed["secret"] != hook["secret"]
    verify = documented()

    def verdicts() -> tuple[bool, bool]:
        schedule(world, made)
        run(world, receiver)
        headers, body, now = signed(receiver.got[-1]), receiver.got[-1][1], world.clock.now().timestamp()
        return verify(hook["secret"], headers, body, now), verify(changed["secret"], headers, body, now)

    assert verdicts() == (True, True)
    world.clock.advance(service.OVERLAP - timedelta(microseconds=1))
    assert verdicts() == (True, True)
    world.clock.advance(timedelta(microseconds=1))
    assert verdicts() == (False, True)


def test_the_secret_is_shown_once_and_sealed(world: World, receiver: Receiver) -> None:
    hook = subscribe(world, receiver.url)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", hook["secret"])
    assert hook["secret"] not in json.dumps(shown(world))
    with Session(world.site.service.engine) as session:
        assert len(session.get_one(Webhook, hook["id"]).secret) == 32 + 28
    assert receiver.url.encode() not in b"".join(SqlLog(world.site.service.engine).entries(0, 10_000))


def test_an_ended_one_is_over(world: World, receiver: Receiver) -> None:
    made, hook = project(world), subscribe(world, receiver.url)
    schedule(world, made)
    assert act(world, hook, "ending").status_code in DONE
    run(world, receiver)
    assert receiver.got == []
    for what in ("ending", "secret", "resumption"):
        problem_of(act(world, hook, what), 404, "webhooks.no-such-webhook")
    assert world.site.call("GET", "/api/v1/webhooks", role=STAFF).get_json()["items"] == []


def test_it_is_its_holders_alone(world: World, receiver: Receiver) -> None:
    hook = subscribe(world, receiver.url)
    assert world.site.call("GET", "/api/v1/webhooks", role=SUPERVISOR).get_json()["items"] == []
    for what in ("ending", "secret", "resumption"):
        problem_of(act(world, hook, what, SUPERVISOR), 403, "identity.not-permitted")


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"url": "https://192.168.1.1/"}, 403, "webhooks.address-refused"),
    ({"url": "https://[::1]/"}, 403, "webhooks.address-refused"),
    ({"url": "https://a.example:70000/"}, 403, "webhooks.address-refused"),
    ({"url": "http://a.example/"}, 422, "web.invalid-input"),
    ({"url": "https://u@a.example/"}, 422, "web.invalid-input"),
    ({"url": "https://a.example/#x"}, 422, "web.invalid-input"),
    ({"kinds": []}, 422, "web.invalid-input"),
    ({"kinds": ["expert.changed"]}, 422, "web.invalid-input"),
    ({"kinds": ["actor.registered"]}, 422, "web.invalid-input"),
]


def test_what_is_refused_at_once(world: World) -> None:
    for change, status, code in REFUSED:
        body = {"url": "https://a.example/", "kinds": SESSIONS, **change}
        problem_of(world.site.call("POST", "/api/v1/webhooks", role=STAFF, json=body), status, code)


def test_there_is_an_end_to_their_number(world: World, receiver: Receiver) -> None:
    for _ in range(service.MOST):
        subscribe(world, receiver.url)
    body = {"url": receiver.url, "kinds": SESSIONS}
    problem_of(world.site.call("POST", "/api/v1/webhooks", role=STAFF, json=body), 409, "webhooks.too-many")


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


def test_in_a_browser(world: World, receiver: Receiver) -> None:
    browser = entered(world.site, STAFF)
    assert "没有推送订阅" in browser.get("/account/webhooks").text
    assert "/account/webhooks" in browser.get("/account").text
    ask = "/account/webhooks/new"
    wrong = browser.send("/account/webhooks", {"url": "http://a.example/", "kinds": "draw.filled"}, page=ask)
    assert (wrong.status_code, "https" in wrong.text) == (422, True)
    refused = browser.send("/account/webhooks", {"url": "https://10.0.0.1/", "kinds": "draw.filled"}, page=ask)
    assert (refused.status_code, "不能发往此网址" in refused.text) == (403, True)
    made = browser.send("/account/webhooks", {"url": receiver.url, "kinds": "session.scheduled"}, page=ask)
    secret = re.search(r"whsec_[A-Za-z0-9+/]{43}=", made.text)
    assert secret is not None, made.text
    listed = browser.get("/account/webhooks").text
    assert receiver.url in listed
    assert secret[0] not in listed
    schedule(world, project(world))
    receiver.answers = [410]
    run(world, receiver)
    assert "有推送已停止" in browser.get("/account/webhooks").text
    for what in ("resumption", "ending"):
        found = re.search(rf'action="(/account/webhooks/whk_[^"]+/{what})"', browser.get("/account/webhooks").text)
        assert found is not None
        assert browser.send(found[1], {}, page="/account/webhooks").status_code == 303
    assert receiver.url not in browser.get("/account/webhooks").text
