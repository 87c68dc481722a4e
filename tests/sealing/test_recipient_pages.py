"""The desk of recipients' keys in a browser: registered by one, compared and approved by another, retired for good."""

import secrets
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.identity.roles import Role
from expertpool.sealing.models import RecipientKey
from expertpool.sealing.recipient_pages import in_groups
from tests.browser import Browser, entered
from tests.sealing.world import World

NEW = "/recipients/new"


def fresh() -> str:
    return X25519PrivateKey.from_private_bytes(secrets.token_bytes(32)).public_key().public_bytes_raw().hex()


def given(world: World, public: str) -> dict[str, str]:
    return {"name": "公开岗", "audience": "public", "centre_id": world.centre.id, "public": public}


def registered(world: World) -> tuple[Browser, RecipientKey]:
    admin = entered(world.site, Role.SECURITY_ADMINISTRATOR)
    assert admin.send(NEW, given(world, fresh()), page=NEW).status_code == 303
    return admin, keys(world)[0]


def keys(world: World) -> list[RecipientKey]:
    with world.session() as session:
        return list(session.query(RecipientKey).order_by(RecipientKey.registered))


def test_a_key_is_registered_compared_and_approved_in_the_browser(world: World) -> None:
    admin, key = registered(world)
    way, supervisor = f"/recipients/{key.id}", entered(world.site, Role.SUPERVISOR)
    assert f'href="{way}"' in supervisor.get("/recipients").text
    assert in_groups(key.public) in supervisor.get(way).text
    assert "核对并批准" not in admin.get(way).text, "nobody brings a key into force alone"
    assert supervisor.send(f"{way}/approval", {}, page=way).headers["Location"].startswith("/recipients?receipt=")
    assert "沉淀中" in supervisor.get("/recipients").text
    assert keys(world)[0].approved == world.clock.now()
    world.clock.advance(timedelta(hours=world.site.service.settings.draws.settling_hours))
    assert "有效" in entered(world.site, Role.SUPERVISOR).get("/recipients").text


def test_a_key_is_retired_with_a_reason_and_is_not_approved_any_more(world: World) -> None:
    admin, key = registered(world)
    way = f"/recipients/{key.id}"
    empty = admin.send(f"{way}/retirement", {"reason": " "}, page=way)
    assert (empty.status_code, 'aria-invalid="true"' in empty.text) == (422, True)
    assert admin.send(f"{way}/retirement", {"reason": "换机"}, page=way).status_code == 303
    assert [each.retired_reason for each in keys(world)] == ["换机"]
    again = entered(world.site, Role.SUPERVISOR).send(f"{way}/approval", {}, page="/account")
    assert (again.status_code in (409, 422), 'role="alert"' in again.text) == (True, True)


def test_what_is_no_key_is_refused_beside_its_field(world: World) -> None:
    admin = entered(world.site, Role.SECURITY_ADMINISTRATOR)
    for spoilt in ("", "ab" * 31, "00" * 32, "公钥"):
        answer = admin.send(NEW, given(world, spoilt), page=NEW)
        assert (answer.status_code, 'class="wrong"' in answer.text) == (422, True)
        assert "公开岗" in answer.text, "nothing that was typed is lost"
    assert keys(world) == []
    grouped = in_groups(bytes.fromhex(fresh()))
    assert admin.send(NEW, given(world, grouped), page=NEW).status_code == 303, "as it is read out it may be typed"
