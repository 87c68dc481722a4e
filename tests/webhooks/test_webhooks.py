"""Webhooks from a subscription to its receiver: what is told to whom, signed how, shown once."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from expertpool.core.events import EVENT_KINDS
from expertpool.core.ledger_store import SqlLog
from expertpool.core.reconcile import reconcile
from expertpool.core.rooms import load_rooms
from expertpool.identity import service as identity
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.models import Project
from expertpool.webhooks import service
from expertpool.webhooks.models import Webhook
from expertpool.webhooks.selection import KINDS, message_of
from ledger.entry import parse_entry
from ledger.merkle import leaf_hash
from tests.browser import entered
from tests.projects.world import NOW, SITTING, World
from tests.webhooks.follower import (
    DONE,
    INITIATOR,
    SESSIONS,
    SPEC,
    STAFF,
    SUPERVISOR,
    act,
    documented,
    project,
    run,
    schedule,
    shown,
    subscribe,
    told,
)
from tests.webhooks.receiver import Receiver, signed
from tests.website import problem_of


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
