"""What a test of webhooks does: subscribe, let something happen, and let a courier send what is due."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.checkpoints import wait_until_covered
from expertpool.core.transaction import Transaction
from expertpool.identity.roles import Role
from expertpool.projects import service as projects
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.webhooks.models import WebhookProgress
from expertpool.webhooks.posting import Poster
from expertpool.webhooks.sending import Courier
from tests.projects.world import FACTS, SITTING, World
from tests.webhooks.receiver import Receiver

INITIATOR, STAFF, SUPERVISOR = Role.INITIATOR, Role.CENTRE_STAFF, Role.SUPERVISOR
SESSIONS = ["session.scheduled"]
DONE = (201, 202)
SPEC = Path(__file__).parents[2] / "docs" / "spec" / "webhooks.md"


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


def documented() -> Any:
    """The function that the specification prints."""
    found = re.search(r"```python\n(.*?)```", SPEC.read_text(), re.DOTALL)
    assert found is not None
    scope: dict[str, Any] = {}
    exec(found[1], scope)
    return scope["verify"]
