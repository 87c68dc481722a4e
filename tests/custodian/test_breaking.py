"""Agents over HTTP consent to breaking the glass only by their owners' own hands, and give shares only after all."""

from typing import Any

import pytest

from expertpool.custodian.status import status
from expertpool.protocol.statements import is_consent, reason_digest
from expertpool.sealing import mailbox
from tests.cli.conftest import call
from tests.custodian.seated import Seated
from tests.custodian.village import DAY, TAKE, Neighbour, Village

REASON, SALT = "专家突发疾病", bytes(range(16))


class Glass:
    """A committee whose moment has come, a recipient for emergencies, and a request to open it."""

    def __init__(self, village: Village) -> None:
        self.village = village
        centre, public = village.world.centre.id, "aa" * 32
        about = {"recipient": "rcp_1", "centre": centre, "audience": "break-glass", "public": public}
        village.record("recipient.approved", **about)
        village.round()
        village.world.clock.advance(8 * DAY)
        self.seated = Seated(village)
        village.world.clock.advance(self.seated.starts - village.world.clock.now())
        asked: dict[str, Any] = {"audience": "break-glass", "recipient": public, "seats": ["AB12"]}
        digest = reason_digest(SALT, REASON)
        self.entry = village.record(
            "draw.break-glass-requested",
            draw=self.seated.draw,
            intent=self.seated.intent,
            reason_digest=digest,
            **asked,
        )

    def ask(self, holder: Neighbour, **changes: Any) -> str:
        plain: dict[str, Any] = {
            "kind": "consent",
            "draw": self.seated.draw,
            "reason": REASON,
            "release": self.entry,
            "salt": SALT.hex(),
            **changes,
        }
        with self.village.world.site.service.transactions.begin("svc:vault") as tx:
            return mailbox.post_task(tx, holder.holder, plain, then=TAKE, args={})

    def answered(self, task: str) -> dict[str, Any] | None:
        self.village.round()
        self.village.round()
        return self.village.answers.get(task)


@pytest.fixture
def glass(village: Village) -> Glass:
    return Glass(village)


def approve(holder: Neighbour, *words: object) -> Any:
    return call("--lang", "en", "custodian", "approve", "--dir", str(holder.directory.path), *map(str, words))


def test_an_owner_reads_the_reason_and_approves_by_the_words_own(glass: Glass) -> None:
    holder = glass.seated.holders[0]
    task = glass.ask(holder)
    assert glass.answered(task) is None
    listed = approve(holder)
    assert (REASON in listed.output, f"entry {glass.entry}" in listed.output) == (True, True)
    [waiting] = status(holder.directory)["to_approve"]
    assert (waiting["entry"], waiting["kind"], waiting["reason"]) == (glass.entry, "draw.break-glass-requested", REASON)

    unmarked = approve(holder, glass.entry)
    assert (unmarked.exit_code, "--break-glass" in unmarked.output) == (1, True)
    wrong = approve(holder, glass.seated.intent, "--break-glass")
    assert wrong.exit_code == 1
    assert glass.answered(task) is None

    assert approve(holder, glass.entry, "--break-glass").exit_code == 0
    answer = glass.answered(task)
    assert answer is not None
    about: dict[str, Any] = {"draw": glass.seated.draw, "holder": holder.holder.id, "release": glass.entry}
    assert is_consent(answer["consent"], holder.holder.transport, **about)
    assert not is_consent(answer["consent"], holder.holder.transport, **{**about, "release": glass.entry + 1})
    assert not is_consent(answer["consent"], glass.seated.holders[1].holder.transport, **about)


def test_an_owner_declines(glass: Glass) -> None:
    holder = glass.seated.holders[0]
    task = glass.ask(holder)
    assert approve(holder, glass.entry, "--decline").exit_code == 0
    answer = glass.answered(task)
    assert answer is not None
    assert answer["entry"] == glass.entry
    assert "consent" not in answer


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": "别的"}, "custodian.reason-hidden"),
        ({"salt": "00" * 16}, "custodian.reason-hidden"),
        ({"salt": "00"}, "custodian.task-malformed"),
        ({"reason": None}, "custodian.task-malformed"),
        ({"release": -1}, "custodian.task-malformed"),
        ({"draw": "drw_2"}, "custodian.not-released"),
    ],
    ids=str,
)
def test_a_request_that_is_not_as_recorded_gets_no_consent(glass: Glass, change: dict[str, Any], code: str) -> None:
    holder = glass.seated.holders[0]
    approve(holder, glass.entry, "--break-glass")
    answer = glass.answered(glass.ask(holder, **change))
    assert answer is not None
    assert answer["refused"] == code


def test_a_request_to_another_audiences_key_gets_no_consent(glass: Glass) -> None:
    holder, village = glass.seated.holders[0], glass.village
    body: dict[str, Any] = {"draw": glass.seated.draw, "intent": glass.seated.intent, "seats": ["AB12"]}
    digest = reason_digest(SALT, REASON)
    for changes, code in (
        ({"audience": "supervisor", "recipient": "aa" * 32}, "custodian.not-for-this-audience"),
        ({"audience": "break-glass", "recipient": "bb" * 32}, "custodian.recipient-unknown"),
    ):
        entry = village.record("draw.break-glass-requested", reason_digest=digest, **changes, **body)
        memory = holder.directory.memory()
        memory.approve(entry, village.world.clock.now())
        memory.close()
        answer = glass.answered(glass.ask(holder, release=entry))
        assert answer is not None
        assert (answer["refused"], answer["entry"]) == (code, entry)
