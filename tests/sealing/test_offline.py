"""What a holder opened without the centre is taken from its agent alone, signed, once."""

from typing import Any

import pytest

from expertpool.identity.roles import Role
from expertpool.protocol.statements import opening_statement, sign_opening
from expertpool.sealing.models import KeyHolder
from expertpool.sealing.service import retire_holder
from ledger import ed25519
from ledger.canonical import canonical, parse
from tests.sealing.world import Keys, World, credit_code

PATH = "/api/v1/agents/openings"


@pytest.fixture
def keys() -> Keys:
    return Keys(credit_code(1))


@pytest.fixture
def holder(world: World, keys: Keys) -> KeyHolder:
    return world.enrol(keys)


def statement(holder: str, **changes: Any) -> str:
    stated: dict[str, Any] = {
        "at": "2026-11-21T01:00:00.000000Z",
        "draw": "drw_1",
        "holder": holder,
        "intent": 7,
        "names": True,
        "reason": "中心断电",
        "seats": ["CD34", "AB12"],
        **changes,
    }
    return opening_statement(**stated)


def report(world: World, holder: KeyHolder, keys: Keys, text: str, secret: bytes | None = None) -> Any:
    signature = sign_opening(lambda message: ed25519.sign(secret or keys.transport, message), text)
    return world.ask(holder, keys, "POST", PATH, {"signature": signature, "statement": text})


def recorded(world: World) -> list[dict[str, Any]]:
    return [entry for entry in world.entries() if entry["kind"] == "holder.opened-offline"]


def test_it_is_recorded_once_and_its_reason_is_hidden(world: World, holder: KeyHolder, keys: Keys) -> None:
    for _ in range(3):
        assert report(world, holder, keys, statement(holder.id)).status_code == 200
    [entry] = recorded(world)
    shown = {name: entry["body"][name] for name in ("holder", "draw", "intent", "names", "seats")}
    assert shown == {"holder": holder.id, "draw": "drw_1", "intent": 7, "names": True, "seats": ["AB12", "CD34"]}
    assert entry["actor"] == holder.id
    assert "中心断电" not in str(entry)
    assert report(world, holder, keys, statement(holder.id, at="2026-11-21T02:00:00.000000Z")).status_code == 200
    assert len(recorded(world)) == 2


def test_what_the_holder_did_not_sign_is_not_taken(world: World, holder: KeyHolder, keys: Keys) -> None:
    other = Keys(credit_code(2))
    stranger = world.enrol(other)
    good = statement(holder.id)
    refused = [
        report(world, holder, keys, good, secret=other.transport),
        report(world, stranger, other, good),
        report(world, holder, keys, statement(stranger.id)),
        world.ask(holder, keys, "POST", PATH, {"signature": "A" * 86 + "==", "statement": good}),
    ]
    assert {(each.status_code, each.get_json()["code"]) for each in refused} == {(422, "sealing.opening-invalid")}
    assert recorded(world) == []


@pytest.mark.parametrize(
    "change",
    [{"more": 1}, {"seats": None}, {"seats": [1]}, {"intent": "7"}, {"names": 1}, {"reason": None}, {"at": 0}],
    ids=str,
)
def test_a_statement_of_another_form_is_not_taken(
    world: World, holder: KeyHolder, keys: Keys, change: dict[str, Any]
) -> None:
    text = canonical({**parse(statement(holder.id).encode()), **change}).decode()
    assert report(world, holder, keys, text).get_json()["code"] == "sealing.opening-invalid"
    assert recorded(world) == []


def test_nobody_reports_unsigned_or_after_retirement(world: World, holder: KeyHolder, keys: Keys) -> None:
    text = statement(holder.id)
    given = {"signature": sign_opening(lambda message: ed25519.sign(keys.transport, message), text), "statement": text}
    assert world.site.client.post(PATH, json=given).status_code == 403
    world.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: retire_holder(tx, holder.id, reason="更换"))
    assert report(world, holder, keys, text).status_code == 403
    assert recorded(world) == []
