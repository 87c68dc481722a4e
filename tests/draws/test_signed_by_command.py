"""What ``expertpool supervisor-key`` prints goes through the API as it is, and the key holders' agents believe it."""

import json
from pathlib import Path
from typing import Any

import pytest

from expertpool.cli.supervisor_key_command import KEY, PASSPHRASE
from expertpool.core.keyfile import FileKeyStore
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Release, ReleaseState
from expertpool.identity.roles import Role
from expertpool.protocol.agents import approval_key, open_task
from policies.facts import Audience
from tests.cli.conftest import call
from tests.core.keyfiles import _derive_each_key_only_once
from tests.draws.scenes import sits
from tests.draws.test_attacks import again
from tests.draws.test_release import founded
from tests.draws.world import STARTS, DrawWorld
from tests.sealing.world import World, private_opener

__all__ = ["_derive_each_key_only_once"]


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _derive_each_key_only_once: None) -> Path:
    monkeypatch.setenv(PASSPHRASE, "secret")
    path = tmp_path / "supervisor.key"
    assert call("supervisor-key", "new", "--key", str(path)).exit_code == 0
    return path


def printed(name: str, key: Path, **options: object) -> Any:
    arguments = [text for option, value in options.items() for text in (f"--{option.replace('_', '-')}", str(value))]
    said = call("supervisor-key", name, "--key", str(key), *arguments)
    assert said.exit_code == 0, said.output
    return json.loads(said.output)


def enrol(sealing: World, key: Path) -> None:
    """Register the key as printed, and have it approved."""
    site = sealing.site
    site.token(Role.SUPERVISOR)
    stated = printed("prove", key, account=site.actors[Role.SUPERVISOR].id)
    made = site.call("POST", "/api/v1/supervisor-keys", role=Role.SUPERVISOR, key="s1", json=stated)
    path = f"/api/v1/supervisor-keys/{made.get_json()['id']}/approval"
    assert site.call("POST", path, role=Role.SECURITY_ADMINISTRATOR, key="s2").status_code < 300


def test_a_second_intent_is_approved_with_what_was_printed(world: DrawWorld, key: Path) -> None:
    enrol(world.sealing, key)
    with FileKeyStore(key, b"secret") as keys:
        public = keys.public_key(KEY)
    first, vault = world.applied(), world.vault()
    world.go_on(vault)
    index = world.bodies("draw.completed")[0]["intent"]
    second = again(world, first)
    world.go_on(vault, rounds=2)
    assert world.state(second) is DrawState.REFERRED
    path, site = f"/api/v1/draws/{second.id}/approval", world.site
    wrong = printed("sign-approval", key, draw=second.id, first=index + 1, reason="改期")
    assert site.call("POST", path, role=Role.SUPERVISOR, key="a1", json=wrong).status_code == 422
    given = printed("sign-approval", key, draw=second.id, first=index, reason="改期")
    assert site.call("POST", path, role=Role.SUPERVISOR, key="a2", json=given).status_code == 202
    while vault.step():
        pass
    centre = world.agents[0]
    [task] = world.sealing.tasks(centre.holder, centre.keys)
    plain = open_task(private_opener(centre.keys.share), centre.holder.id, task["id"], task["sealed"])
    intent = world.bodies("draw.intended")[-1]
    assert (intent["draw"], intent["first"]) == (second.id, index)
    assert approval_key(plain["approval"], second.id, index) == public


def test_an_order_as_printed_opens_its_seat_at_the_agents(sqlite_url: str, tmp_path: Path, key: Path) -> None:
    with founded(sqlite_url, tmp_path, before=lambda sealing: enrol(sealing, key)) as session:
        session.world.clock.advance(STARTS - session.world.clock.now())
        everyone = sits(session.world, session.draw)
        seat, recipient = min(everyone), session.keys[Audience.SUPERVISOR]
        [intent] = [each["index"] for each in session.world.sealing.entries() if each["kind"] == "draw.intended"]
        options = {"recipient": recipient.id, "recipient_key": recipient.public.hex(), "reason": "举报核查"}
        given = printed("sign-order", key, draw=session.draw.id, intent=intent, seat=seat, **options)
        site, path = session.world.site, f"/api/v1/draws/{session.draw.id}/orders"
        assert site.call("POST", path, role=Role.SUPERVISOR, key="o1", json=given).status_code == 202
        with session.world.session() as rows:
            release = rows.query(Release).one()
        session.open()
        assert session.state(release) is ReleaseState.RELEASED
        assert session.names(release, Audience.SUPERVISOR) == {seat: everyone[seat]}
