"""The loop around the rounds: trouble is noted for the owner to see, and forgotten when it is over."""

import json
import threading
from collections.abc import Iterator

import pytest

from expertpool.custodian import running
from expertpool.custodian.agent import Round
from expertpool.custodian.errors import CentreUnreachable
from expertpool.custodian.running import Trouble
from expertpool.custodian.status import status
from expertpool.protocol.agents import read_registration
from expertpool.sealing.queries import fingerprint_of
from ledger.errors import Unreadable
from tests.custodian.village import Village

AWAY = CentreUnreachable("https://centre.example", "timed out")


def rounds(village: Village, monkeypatch: pytest.MonkeyPatch, *happens: Round | Trouble) -> list[object]:
    """Let the first outside agent's rounds come to this, one after the other; gives what was told and noted."""
    agent, stop = village.neighbours[1].agent, threading.Event()
    left: Iterator[Round | Trouble] = iter(happens)
    told: list[object] = []

    def step() -> Round:
        what = next(left, None)
        if what is None:
            stop.set()
            return Round()
        if isinstance(what, Round):
            return what
        raise what

    monkeypatch.setattr(type(agent), "round", lambda self: step())
    running.run(agent, 0.0, stop, lambda what: told.append(type(what)))
    return told


def noted(village: Village) -> object:
    return status(village.neighbours[1].directory)["trouble"]


def test_trouble_is_told_once_and_shown_until_it_is_over(founding: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rounds(founding, monkeypatch, AWAY, AWAY) == [CentreUnreachable, Round]
    assert noted(founding) is None
    memory = founding.neighbours[1].agent._memory
    memory.note_fact("trouble", json.dumps({"zh": "断", "en": "away"}))  # as one that was killed left it
    assert noted(founding) is not None
    rounds(founding, monkeypatch, Round())
    assert noted(founding) is None


def test_an_error_of_the_ledger_is_shown_in_both_languages(founding: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = founding.neighbours[1].agent
    agent.note_trouble(Unreadable("store.locked", path="/x"))
    found = noted(founding)
    assert isinstance(found, dict)
    assert found["zh"] != found["en"]
    agent.note_trouble(AWAY)
    assert noted(founding) == {"zh": AWAY.message("zh"), "en": AWAY.message("en")}


def test_how_its_keys_stand_is_noted(founding: Village) -> None:
    outside = founding.neighbours[1]
    outside.agent.note_keys()
    shown = {"number": 1, "fingerprint": read_registration(outside.directory.registration.read_bytes()).fingerprint}
    assert status(outside.directory)["keys"] == [{**shown, "state": "unregistered"}]
    founding.register(outside)
    founding.round()
    assert status(outside.directory)["keys"] == [{**shown, "state": "registered"}]
    founding.world.approve(outside.holder)
    founding.round()
    assert status(outside.directory)["keys"] == [{**shown, "state": "approved"}]
    assert fingerprint_of(outside.holder) == shown["fingerprint"], "what the supervisor sees"
