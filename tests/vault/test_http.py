"""What experts and desks ask over HTTP: the vault answers, and what passes through leaves no trace on the way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from expertpool.core.vault_line import VaultSilent
from expertpool.draws.keeping import Occupant
from expertpool.draws.models import SeatState
from expertpool.identity.roles import Role
from expertpool.invitations.desk_errors import ArrivalRefused, CodeRefused, SignInRefused, TooManyAttempts
from tests.draws.scenes import seats
from tests.invitations.test_canary import statements
from tests.vault.world import CODE, VaultWorld
from tests.website import problem_of

NOBODYS = "ZZZZZZZZ"


@pytest.fixture
def occupant(world: VaultWorld) -> Iterator[Occupant]:
    """Somebody who was called, while the vault answers."""
    with world.listening():
        yield next(iter(world.draws.seated(world.draw).values()))


def post(world: VaultWorld, path: str, given: dict[str, Any], token: str = "", **more: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return world.site.client.post(f"/api/v1{path}", json=given, headers=headers, **more)


def signed_in(world: VaultWorld, phone: str) -> str:
    assert post(world, "/me/one-time-code", {"phone": phone}).get_json() == {"minutes": 5}
    code = CODE.findall(world.sent[phone][-1])[0]
    token: str = post(world, "/me/sign-in", {"phone": phone, "code": code}).get_json()["token"]
    return token


def test_an_expert_looks_and_accepts(world: VaultWorld, occupant: Occupant) -> None:
    shown = post(world, "/invitations/look", {"code": occupant.answer_code})
    assert shown.status_code == 200
    assert (shown.get_json()["place"], shown.get_json()["may"]) == ("第三评标室", ["accept", "decline"])
    said = post(world, "/invitations/answer", {"code": occupant.answer_code, "word": "accept"})
    assert said.get_json() == {"taken": "now"}
    assert SeatState.ACCEPTED in {seat.state for seat in seats(world.draws, world.draw).values()}


def test_an_answer_is_noted_while_the_vault_is_away_and_taken_when_it_is_back(world: VaultWorld) -> None:
    occupant = next(iter(world.draws.seated(world.draw).values()))
    problem_of(post(world, "/invitations/look", {"code": occupant.answer_code}), 503, VaultSilent.code)
    said = post(world, "/invitations/answer", {"code": occupant.answer_code, "word": "accept"})
    assert said.get_json() == {"taken": "noted"}
    assert post(world, "/invitations/answer", {"code": NOBODYS, "word": "accept"}).get_json() == {"taken": "noted"}
    world.draws.go_on(world.vault, rounds=2)
    states = [seat.state for seat in seats(world.draws, world.draw).values()]
    assert states.count(SeatState.ACCEPTED) == 1


@pytest.mark.parametrize("word", ["late", "maybe", "", None])
def test_other_words_are_refused_by_form(world: VaultWorld, occupant: Occupant, word: str | None) -> None:
    refused = post(world, "/invitations/answer", {"code": occupant.answer_code, "word": word})
    assert problem_of(refused, 422, "web.invalid-input")["errors"][0]["field"] == "word"


def test_a_refusal_is_the_same_for_whatever_reason(world: VaultWorld, occupant: Occupant) -> None:
    post(world, "/invitations/answer", {"code": occupant.answer_code, "word": "decline"})
    answers = [
        post(world, "/invitations/answer", {"code": NOBODYS, "word": "accept"}),
        post(world, "/invitations/answer", {"code": occupant.answer_code, "word": "accept"}),
        post(world, "/invitations/look", {"code": NOBODYS}),
    ]
    bodies = [problem_of(answer, 422, CodeRefused.code) for answer in answers]
    assert all(len(answer.data) == len(answers[0].data) for answer in answers)
    for body in bodies:
        del body["request_id"]
    assert bodies == [bodies[0]] * 3


def test_a_source_is_the_address_that_asks(world: VaultWorld, occupant: Occupant) -> None:
    here: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    for _ in range(world.site.service.settings.vault.attempts_per_hour):
        post(world, "/invitations/look", {"code": NOBODYS}, **here)
    given = {"code": occupant.answer_code}
    problem_of(post(world, "/invitations/look", given, **here), 403, TooManyAttempts.code)
    assert post(world, "/invitations/look", given).status_code == 200


def test_the_duty_desk_is_told_no_more_than_that_it_is_noted(world: VaultWorld, occupant: Occupant) -> None:
    post(world, "/invitations/answer", {"code": occupant.answer_code, "word": "accept"})
    given = {"code": occupant.answer_code, "word": "late", "minutes": 15}
    noted = world.site.call("POST", "/api/v1/invitations/note", role=Role.CENTRE_STAFF, json=given)
    assert noted.get_json() == {"noted": True}
    assert "Ledger-Index" not in noted.headers
    refused = world.site.call(
        "POST", "/api/v1/invitations/note", role=Role.CENTRE_STAFF, json={**given, "code": NOBODYS}
    )
    problem_of(refused, 422, CodeRefused.code)


def test_the_sign_in_desk_is_told_the_seat_with_a_receipt_to_come(world: VaultWorld, occupant: Occupant) -> None:
    world.accept()
    world.until_assembly(60)
    path = f"/api/v1/sessions/{world.draw.session_id}/arrivals"
    given = {"site": 0, "id_number": occupant.id_number, "code": occupant.arrival_code}
    told = [world.site.call("POST", path, role=Role.CENTRE_STAFF, json=given) for _ in range(2)]
    assert [each.status_code for each in told] == [202, 202], "nobody signs in this test"
    assert told[0].get_json() == told[1].get_json()
    assert told[0].get_json()["place"] == "第三评标室"
    assert told[0].headers["Ledger-Index"] == str(world.draws.sealing.entries()[-1]["index"])
    refused = world.site.call("POST", path, role=Role.CENTRE_STAFF, json={**given, "code": "000000"})
    problem_of(refused, 422, ArrivalRefused.code)
    problem_of(world.site.call("POST", path, role=Role.SUPERVISOR, json=given), 403, "web.role-refused")


def test_an_expert_signs_in_opens_an_invitation_and_signs_out(world: VaultWorld, occupant: Occupant) -> None:
    token = signed_in(world, occupant.phone)
    opened = post(world, "/me/invitations", {"code": occupant.answer_code}, token)
    assert opened.status_code == 200
    bearer = {"headers": {"Authorization": f"Bearer {token}"}}
    listed = world.site.client.get("/api/v1/me/invitations", **bearer)
    assert listed.get_json() == {"invitations": [opened.get_json()], "assignments": []}
    assert post(world, "/me/sign-out", {}, token).get_json() == {"signed_out": True}
    problem_of(world.site.client.get("/api/v1/me/invitations", **bearer), 401, "web.not-signed-in")


@pytest.mark.parametrize("scheme", ["", "Bearer ", "Bearer exs_nobody", "Basic eDp4", "Bearer " + "x" * 500])
def test_without_an_experts_token_nothing_is_told(world: VaultWorld, occupant: Occupant, scheme: str) -> None:
    headers = {"Authorization": scheme} if scheme else {}
    problem_of(world.site.client.get("/api/v1/me/invitations", headers=headers), 401, "web.not-signed-in")
    given = {"code": occupant.answer_code}
    refused = world.site.client.post("/api/v1/me/invitations", json=given, headers=headers)
    problem_of(refused, 401, "web.not-signed-in")


def test_a_staff_token_is_no_experts_token_and_the_reverse(world: VaultWorld, occupant: Occupant) -> None:
    staff = {"Authorization": f"Bearer {world.site.token(Role.CENTRE_STAFF)}"}
    problem_of(world.site.client.get("/api/v1/me/invitations", headers=staff), 401, "web.not-signed-in")
    expert = {"Authorization": f"Bearer {signed_in(world, occupant.phone)}"}
    problem_of(world.site.client.get("/api/v1/me", headers=expert), 401, "web.not-signed-in")


def test_a_wrong_one_time_code_is_refused(world: VaultWorld, occupant: Occupant) -> None:
    refused = post(world, "/me/sign-in", {"phone": occupant.phone, "code": "123456"})
    problem_of(refused, 422, SignInRefused.code)


# ---------------------------------------------------------------- canary


def dump(world: VaultWorld, var: Path) -> bytes:
    """Every row as text, and the files of the database as they are."""
    found = MetaData()
    found.reflect(world.site.service.engine)
    with world.site.service.engine.connect() as connection:
        rows = [repr(tuple(row)) for table in found.sorted_tables for row in connection.execute(select(table))]
    files = [path.read_bytes() for path in var.glob("expertpool.db*")]
    return b"\n".join([*(row.encode() for row in rows), *files])


def test_nothing_that_passes_through_stays_anywhere(world: VaultWorld, tmp_path: Path) -> None:
    one, other = list(world.draws.seated(world.draw).values())[:2]
    secrets = [one.phone, one.id_number, one.answer_code, one.answer_code.lower(), other.answer_code, other.phone]
    asked = statements(world.draws)
    with capture_logs() as logs:
        post(world, "/invitations/answer", {"code": other.answer_code, "word": "decline"})  # through the queue
        with world.listening():
            post(world, "/invitations/look", {"code": one.answer_code})
            post(world, "/invitations/look", {"code": f"{one.answer_code[:-1]}!"})
            token = signed_in(world, one.phone)
            post(world, "/me/sign-in", {"phone": other.phone, "code": "123456"})
            post(world, "/me/invitations", {"code": one.answer_code}, token)
            post(world, "/invitations/answer", {"code": one.answer_code, "word": "accept"})
            world.until_assembly(60)
            given = {"site": 0, "id_number": one.id_number, "code": one.arrival_code}
            path = f"/api/v1/sessions/{world.draw.session_id}/arrivals"
            told = world.site.call("POST", path, role=Role.CENTRE_STAFF, json=given)
            assert told.status_code == 202
            world.site.call("POST", path, role=Role.CENTRE_STAFF, json={**given, "code": other.arrival_code})
        world.draws.go_on(world.vault, rounds=2)
    secrets += [token, CODE.findall(world.sent[one.phone][-1])[0] + " "]
    said, kept = str(logs), dump(world, tmp_path)
    assert [secret for secret in secrets if secret in said] == []
    assert [secret for secret in secrets if secret in "\n".join(asked)] == []
    assert [secret for secret in secrets if secret.encode() in kept] == []


def test_an_expert_reads_and_mends_the_own_record(world: VaultWorld, occupant: Occupant) -> None:
    token = signed_in(world, occupant.phone)
    headers = {"Authorization": f"Bearer {token}"}
    (record,) = world.site.client.get("/api/v1/me/record", headers=headers).get_json()["records"]
    assert (record["own_pool"], record["status"], record["waiting"]) == (True, "enrolled", [])
    assert occupant.phone not in str(record)
    day = (world.clock.now() + timedelta(days=9)).date().isoformat()
    away = {"start": day, "until": day, "word": "away"}
    assert post(world, "/me/days", away, token).get_json() == {"noted": True}
    assert post(world, "/me/corrections", {"text": "请更正本人的工作单位，谢谢。"}, token).get_json() == {"noted": True}
    (record,) = world.site.client.get("/api/v1/me/record", headers=headers).get_json()["records"]
    assert {(wish["kind"], wish["start"]) for wish in record["waiting"]} == {("away", day), ("correct", "")}
    before = (world.clock.now() - timedelta(days=2)).date().isoformat()
    problem_of(post(world, "/me/days", {**away, "start": before, "until": before}, token), 422, "experts.days-invalid")
    seat = {"draw": world.draw.id, "seat": next(iter(world.draws.seated(world.draw)))}
    problem_of(post(world, "/me/receipts", seat, token), 422, "invitations.no-receipt")
    for path, given in (("/me/days", away), ("/me/corrections", {"text": "x" * 20}), ("/me/receipts", seat)):
        problem_of(post(world, path, given, "exs_nobody"), 401, "web.not-signed-in")
