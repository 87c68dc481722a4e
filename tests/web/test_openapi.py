"""The description is sound, and the application answers as it says, whatever it is sent."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expertpool.assessments import verbs as own
from expertpool.core.vault_line import Verb
from expertpool.identity.permissions import PERMISSIONS
from expertpool.identity.roles import ADMINISTRATORS
from expertpool.invitations import verbs
from expertpool.sessions import verbs as room
from expertpool.vault.listener import Handler, Listener
from expertpool.web.access import SIGNED, VAULT
from expertpool.web.fields import Day
from policies import areas, specialties
from tests.experts.pool import credit_code
from tests.website import PROBLEM, Website, opened

DESCRIPTION = "/api/v1/openapi.json"
PARTS = 4

# What a description names and cannot spell out.
schemathesis.openapi.format("date", st.dates(Day.FIRST, Day.LAST).map(date.isoformat))
schemathesis.openapi.format("specialty-code", st.sampled_from(sorted(specialties.table("national", "2018"))))
schemathesis.openapi.format("credit-code", st.integers(1, 9).map(credit_code))
schemathesis.openapi.format("area-code", st.sampled_from(sorted(areas.table())))

INVITATION = {
    "starts": "2026-12-01T01:00:00Z",
    "place": "第三评标室",
    "expected_minutes": 180,
    "state": "called",
    "answer_until": None,
    "may": ["accept", "decline"],
}
VAULT_SAYS: dict[Verb, dict[str, Any]] = {
    verbs.LOOK: INVITATION,
    verbs.ANSWER: INVITATION,
    verbs.NOTE: {},
    verbs.MATCH: {"seat": "7K2M", "place": "第三评标室", "number": 3, "short_code": "123456", "entry": 0},
    room.REPLACE: {"entry": 0},
    verbs.ASK_CODE: {"minutes": 5},
    verbs.SIGN_IN: {"token": "exs_x", "hours": 12},
    verbs.OPEN: INVITATION,
    verbs.MINE: {"invitations": [INVITATION], "assignments": []},
    verbs.RECEIPT: {"entry": 0, "code": "x", "salt": "00", "leaf": "00"},
    verbs.RECORD: {"records": []},
    verbs.BE_AWAY: {},
    verbs.CORRECT: {},
    verbs.SIGN_OUT: {},
    own.OWN: {"results": []},
    own.RECEIVE: {"results": []},
    own.APPEAL: {"results": []},
    own.DISCLOSE: {"disclosures": []},
}
"""A vault that agrees to everything."""


def saying(done: dict[str, Any]) -> Handler:
    return lambda _: done


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One installation for all cases, with its signer at work."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    with (
        opened(f"sqlite:///{folder / 'expertpool.db'}", folder) as website,
        website.service.signing(),
        Listener(website.service.settings.vault.socket, {verb: saying(done) for verb, done in VAULT_SAYS.items()}),
    ):
        yield website


@pytest.fixture(scope="module")
def described(running: Website) -> Any:
    return schemathesis.openapi.from_wsgi(DESCRIPTION, running.app)


@pytest.fixture(scope="module")
def description(running: Website) -> dict[str, Any]:
    body: dict[str, Any] = running.client.get(DESCRIPTION).get_json()
    return body


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method} {path}", operation


@pytest.mark.no_cover  # measured by shorter tests
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_answer_is_one_that_is_described(
    described: Any, running: Website, subtests: pytest.Subtests, part: int
) -> None:
    """Any input that the description allows, and much that it does not, to every operation; in parts, side by side."""
    for found in islice(described.get_all_operations(), part, None, PARTS):
        operation = found.ok()
        verb = operation.definition.raw.get("x-permission")
        role = next(iter(PERMISSIONS.get(verb, {})), ADMINISTRATORS[0])
        headers = {"Authorization": f"Bearer {running.token(role)}"}
        with subtests.test(operation=operation.label):
            answer_all(operation, headers)


def answer_all(operation: Any, headers: dict[str, str]) -> None:
    cases = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]

    @given(case=st.one_of(cases))
    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    def answer(case: Any) -> None:
        response = case.call(headers=headers)
        assert response.status_code < 500
        if response.status_code in (412, 428):
            assert str(response.status_code) in case.operation.definition.raw["responses"]
            return  # a tag that only a read gives
        if b"web.idempotency-key-reused" in response.content:
            return  # an earlier case succeeded under the same made-up key
        case.validate_response(response, headers=headers)

    answer()


def test_it_is_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"] == "3.1.0"
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_problem_has_the_one_shape(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        refused = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
        assert {"400", "503"} <= refused.keys(), name
        for answer in refused.values():
            shown = description["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            assert list(shown["content"]) == [PROBLEM]
            assert shown["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_access_is_described(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        if "/ledger/" in name or name.endswith("/agents/checkpoints"):
            assert operation["security"] == []
        elif operation["x-permission"] in (SIGNED, VAULT):
            assert operation["security"] == []
            assert "403" in operation["responses"]
        else:
            assert operation["security"] == [{"token": []}]
            assert operation["x-permission"] in PERMISSIONS
            assert {"401", "403"} <= operation["responses"].keys()


def test_every_write_takes_a_key_and_gives_a_receipt(description: dict[str, Any]) -> None:
    writes = {name: operation for name, operation in operations(description) if not name.startswith("get ")}
    outsiders = ("/agents/", "/gateways/", "/payment-provider/")
    passed_on = {name for name in writes if any(part in name for part in outsiders)}
    assert len(passed_on) == 5  # what lies in a mailbox or a queue is no business state
    writes = {name: operation for name, operation in writes.items() if name not in passed_on}
    asked = {name for name in writes if name.endswith(("/feasibility", "/search"))}  # too long or secret for an address
    assert len(asked) == 2
    of_vault = {name for name in writes if "/me/" in name or "/invitations/" in name}
    assert len(of_vault) == 13  # a receipt would tell whose seat a code is
    noted = {name for name in writes if "/pool-imports" in name or "/corrections/" in name}
    assert len(noted) == 4  # sheets and letters are no business state
    assert all("Idempotency-Key" in {each["name"] for each in writes[name]["parameters"]} for name in noted)
    writes = {name: operation for name, operation in writes.items() if name not in asked | of_vault | noted}
    assert len(writes) == 106
    for operation in writes.values():
        takes_key = "Idempotency-Key" in {parameter["name"] for parameter in operation.get("parameters", [])}
        assert takes_key == (operation["x-permission"] != SIGNED)  # what is signed carries its own number
        for status in ("201", "202"):
            answer = operation["responses"][status]
            assert "Ledger-Index" in answer["headers"]
            schema = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert {"receipt", "receipt_url"} <= set(description["components"]["schemas"][schema]["required"])


def test_every_operation_says_what_it_is(description: dict[str, Any]) -> None:
    assert [name for name, operation in operations(description) if not operation.get("summary")] == []


def test_lists_that_come_in_pages_do_so_alike(description: dict[str, Any]) -> None:
    paged = 0
    for name, operation in operations(description):
        asked = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        if "limit" not in asked:
            continue
        paged += 1
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert "after" in asked, name
        assert {"items", "next"} <= set(description["components"]["schemas"][schema]["required"]), name
    assert paged >= 9
