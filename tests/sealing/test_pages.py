"""The desk of keys in a browser: registered by one, compared and approved by another, each with the second factor."""

import io
import re
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from expertpool.identity.roles import Role
from expertpool.sealing.models import KeyHolder
from tests.browser import Browser, entered
from tests.sealing.world import Keys, World, credit_code

NEW = "/holders/new"


def sent(browser: Browser, file: bytes, **fields: str) -> TestResponse:
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', browser.get(NEW).text)
    assert token is not None
    given: dict[str, Any] = {"form_token": token[1], "registration": (io.BytesIO(file), "registration"), **fields}
    return browser.client.post(NEW, data=given, headers=browser.headers)


def registered(world: World, keys: Keys, **fields: str) -> TestResponse:
    given = {"name": "派驻纪检组", "outside": "yes", "centre_id": world.centre.id, **fields}
    return sent(entered(world.site, Role.SECURITY_ADMINISTRATOR), keys.file(), **given)


def holders(world: World) -> list[KeyHolder]:
    """Those whose keys were registered first come first, of one moment in no order."""
    with world.session() as session:
        return list(session.query(KeyHolder).order_by(KeyHolder.registered))


def test_keys_are_registered_compared_and_approved_in_the_browser(world: World) -> None:
    keys = Keys(credit_code(1))
    assert registered(world, keys).status_code == 303
    [holder] = holders(world)
    way, supervisor = f"/holders/{holder.id}", entered(world.site, Role.SUPERVISOR)
    assert "等待程序证明" in supervisor.get("/holders").text
    assert f'href="{way}"' not in supervisor.get("/holders").text, "there is nothing to approve yet"
    world.prove(holder, keys)
    assert f'href="{way}"' in supervisor.get("/holders").text
    assert keys.registration.fingerprint in supervisor.get(way).text
    assert supervisor.send(f"{way}/approval", {}, page=way).headers["Location"].startswith("/holders?receipt=")
    assert "沉淀中" in supervisor.get("/holders").text
    [holder] = holders(world)
    assert (holder.approved, holder.name, holder.outside) == (world.clock.now(), "派驻纪检组", True)
    world.clock.advance(timedelta(hours=world.site.service.settings.draws.settling_hours))
    assert "有效" in entered(world.site, Role.SUPERVISOR).get("/holders").text


def test_successors_are_registered_the_same_way_and_the_former_keys_retired(world: World) -> None:
    keys = Keys(credit_code(1))
    former = world.enrol(keys)
    world.clock.advance(timedelta(seconds=1))
    assert registered(world, Keys(credit_code(1), former=keys.transport)).status_code == 303
    [_, later] = holders(world)
    assert later.succeeds == former.id
    admin, way = entered(world.site, Role.SECURITY_ADMINISTRATOR), f"/holders/{former.id}"
    assert "后继密钥" in admin.get("/holders").text
    empty = admin.send(f"{way}/retirement", {"reason": " "}, page=way)
    assert (empty.status_code, 'aria-invalid="true"' in empty.text) == (422, True)
    assert admin.send(f"{way}/retirement", {"reason": "更换"}, page=way).status_code == 303
    assert [each.retired_reason for each in holders(world)] == ["更换", None]


def test_a_file_that_proves_nothing_is_refused_beside_its_field(world: World) -> None:
    browser, file = entered(world.site, Role.SECURITY_ADMINISTRATOR), Keys(credit_code(1)).file()
    given = {"name": "派驻纪检组", "outside": "yes", "centre_id": world.centre.id}
    for spoilt in (b"", file[:-2], file[:40] + b"\0" + file[41:]):
        answer = sent(browser, spoilt, **given)
        assert answer.status_code == 422
        assert "派驻纪检组" in answer.text, "nothing that was typed is lost"
        assert 'class="wrong"' in answer.text
    assert holders(world) == []


def test_keys_that_are_approved_already_say_so(world: World) -> None:
    holder = world.enrol(Keys(credit_code(1)))
    supervisor = entered(world.site, Role.SUPERVISOR)
    # The page of keys in force has no form for a supervisor: this one lay open when somebody else approved them.
    again = supervisor.send(f"/holders/{holder.id}/approval", {}, page="/account")
    assert again.status_code in (409, 422)
    assert 'role="alert"' in again.text
