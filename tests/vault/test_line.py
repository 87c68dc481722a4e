"""The line to the vault: what is asked is on the list, bounded and from a peer; what is answered has one length."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from expertpool.core import vault_line
from expertpool.core.database import DatabaseBusy
from expertpool.core.errors import Conflict, Invalid
from expertpool.core.vault_line import (
    ANSWER_BYTES,
    OF_THE_LINE,
    QUESTION_BYTES,
    NotAPeer,
    QuestionMalformed,
    QuestionTooLong,
    UnknownVerb,
    VaultFailed,
    VaultLine,
    VaultSilent,
    Verb,
)
from expertpool.vault import listener
from expertpool.vault.listener import Handler, Listener, UnknownPeer

SECRET = "7K2M9QXT"


class NotOpen(Invalid):
    code = "test-vault.not-open"
    zh = "不行：{why}"
    en = "No: {why}"
    why: str


class Foreign(Conflict):
    code = "test-vault.foreign"
    zh = "别处的错误"
    en = "An error from elsewhere"


LOOK = Verb("test.look", "Looks.", {"code": 8, "count": range(10)}, (NotOpen,))
BREAK = Verb("test.break", "Breaks.", {"code": 8})
REFUSE = Verb("test.refuse", "Refuses.", {"code": 8}, (NotOpen,))
SURPRISE = Verb("test.surprise", "Refuses with what was not agreed.", {})
BUSY = Verb("test.busy", "Meets a busy database.", {})
HUGE = Verb("test.huge", "Says too much.", {})


def look(given_: Mapping[str, Any]) -> dict[str, Any]:
    return {"seen": given_["code"], "count": given_["count"], "地点": "三号评标室"}


def breaks(given_: Mapping[str, Any]) -> dict[str, Any]:
    raise RuntimeError(given_["code"])


def raising(error: Exception) -> Handler:
    def handler(_: Mapping[str, Any]) -> dict[str, Any]:
        raise error

    return handler


HANDLERS = {
    LOOK: look,
    BREAK: breaks,
    REFUSE: raising(NotOpen("满")),
    SURPRISE: raising(Foreign()),
    BUSY: raising(DatabaseBusy()),
    HUGE: lambda _: {"text": "x" * ANSWER_BYTES},
}


@contextmanager
def opened(path: Path, **more: Any) -> Iterator[VaultLine]:
    with Listener(path, HANDLERS, **more):
        yield VaultLine(path, 5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "line" / "vault"


@pytest.fixture
def line(path: Path) -> Iterator[VaultLine]:
    with opened(path) as line_:
        yield line_


def raw(path: Path, sent: bytes) -> bytes:
    """What comes back to these bytes."""
    with vault_line.short_address(path) as address, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(address)
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received


def test_a_question_is_answered(line: VaultLine) -> None:
    assert line.ask(LOOK, code=SECRET, count=9) == {"seen": SECRET, "count": 9, "地点": "三号评标室"}


def test_a_refusal_crosses_as_the_error_that_it_is(line: VaultLine) -> None:
    with pytest.raises(NotOpen) as caught:
        line.ask(REFUSE, code=SECRET)
    assert caught.value.params == {"why": "满"}


def test_a_busy_database_is_told_as_such(line: VaultLine) -> None:
    with pytest.raises(DatabaseBusy):
        line.ask(BUSY)


@pytest.mark.parametrize("verb", [BREAK, HUGE], ids=["breaks", "says too much"])
def test_a_mistake_in_the_vault_is_told_without_what_it_was(line: VaultLine, verb: Verb) -> None:
    given_ = {"code": SECRET} if verb is BREAK else {}
    with capture_logs() as logs, pytest.raises(VaultFailed):
        line.ask(verb, **given_)
    assert [(log["event"], log["verb"]) for log in logs] == [("vault.failed", verb.name)]
    assert SECRET not in str(logs)


def test_an_error_that_was_not_agreed_on_is_not_made(line: VaultLine) -> None:
    with pytest.raises(VaultFailed):
        line.ask(SURPRISE)


def test_every_answer_has_one_length(path: Path, line: VaultLine) -> None:
    questions: tuple[dict[str, Any], ...] = (
        {"verb": "test.look", "given": {"code": "", "count": 0}},
        {"verb": "test.look", "given": {"code": SECRET, "count": 9}},
        {"verb": "test.refuse", "given": {"code": ""}},
        {"verb": "test.break", "given": {"code": ""}},
        {"verb": "test.huge", "given": {}},
        {"verb": "nothing", "given": {}},
        {},
    )
    assert {len(raw(path, vault_line.write_line(question))) for question in questions} == {ANSWER_BYTES}


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (b"\n", QuestionMalformed.code),
        (b"{not json\n", QuestionMalformed.code),
        (b"\xff\xfe\n", QuestionMalformed.code),
        (b"[" * 4000 + b"\n", QuestionMalformed.code),
        (b'["test.look"]\n', QuestionMalformed.code),
        (b'{"verb":"test.look"}\n', QuestionMalformed.code),
        (b'{"verb":["test.look"],"given":{}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":[]}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":"a"}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":"a","count":1,"more":1}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":"123456789","count":1}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":"a","count":10}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":"a","count":true}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":1,"count":1}}\n', QuestionMalformed.code),
        (b'{"verb":"test.look","given":{"code":"a","count":1},"actor":"root"}\n', QuestionMalformed.code),
        (b'{"verb":"__class__","given":{}}\n', UnknownVerb.code),
        (b'{"verb":"TEST.LOOK","given":{}}\n', UnknownVerb.code),
        (b"x" * (QUESTION_BYTES + 1), QuestionTooLong.code),
    ],
    ids=range(18),
)
def test_what_is_not_on_the_list_or_not_of_its_form_is_refused(
    path: Path, line: VaultLine, question: bytes, code: str
) -> None:
    answer = raw(path, question)
    assert json.loads(answer) == {"refused": code, "params": {}}
    assert len(answer) == ANSWER_BYTES
    assert line.ask(LOOK, code="a", count=1)["seen"] == "a"


def test_the_longest_question_is_one_byte_shorter_than_what_is_refused(path: Path, line: VaultLine) -> None:
    head, tail = b'{"verb":"', b'","given":{}}\n'
    longest = head + b"x" * (QUESTION_BYTES - len(head) - len(tail)) + tail
    assert json.loads(raw(path, longest))["refused"] == UnknownVerb.code
    assert json.loads(raw(path, head + b"x" + longest[len(head) :]))["refused"] == QuestionTooLong.code


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.binary(max_size=QUESTION_BYTES - 1).filter(lambda sent: b"\n" not in sent))
def test_whatever_comes_is_refused_and_the_next_is_answered(path: Path, line: VaultLine, question: bytes) -> None:
    assert "refused" in json.loads(raw(path, question + b"\n"))
    assert line.ask(LOOK, code="a", count=1)["seen"] == "a"


@pytest.mark.parametrize("given_", [{"code": "123456789", "count": 0}, {"code": "a"}, {"code": "a", "count": "1"}])
def test_the_asking_side_says_nothing_that_is_not_taken(line: VaultLine, given_: dict[str, Any]) -> None:
    with pytest.raises(QuestionMalformed):
        line.ask(LOOK, **given_)


def test_only_the_vaults_own_user_and_its_peers_are_answered(
    path: Path, line: VaultLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = listener.peer_uid
    monkeypatch.setattr(listener, "peer_uid", lambda connection: own(connection) + 1)
    with capture_logs() as logs, pytest.raises(NotAPeer):
        line.ask(LOOK, code="a", count=1)
    assert [log["event"] for log in logs] == ["vault.not-a-peer"]


def test_a_peer_that_is_named_is_answered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "peer_uid", lambda _: listener._uid("nobody"))
    with opened(path) as line, pytest.raises(NotAPeer):
        line.ask(LOOK, code="a", count=1)
    with opened(path, peers=["nobody"]) as line:
        assert line.ask(LOOK, code="a", count=1)["seen"] == "a"


def test_a_peer_that_does_not_exist_stops_the_vault_at_its_start(path: Path) -> None:
    with pytest.raises(UnknownPeer, match="no-such-user"):
        Listener(path, HANDLERS, ["no-such-user"])


def test_the_kernel_says_who_asks(path: Path, line: VaultLine) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert listener.peer_uid(ours) == Path("/proc/self").stat().st_uid


def test_others_cannot_reach_the_socket(path: Path, line: VaultLine) -> None:
    assert S_IMODE(path.stat().st_mode) == 0o660
    assert S_IMODE(path.parent.stat().st_mode) & 0o027 == 0


def test_a_slow_peer_holds_up_nobody_for_long(path: Path) -> None:
    with opened(path, asking_s=0.2) as line, capture_logs() as logs:
        slow = [socket.socket(socket.AF_UNIX) for _ in range(listener.THREADS)]
        with vault_line.short_address(path) as address:
            for each in slow:
                each.connect(address)
                each.sendall(b'{"verb":')
        assert line.ask(LOOK, code="a", count=1)["seen"] == "a"
        for each in slow:
            assert each.recv(1) == b""
            each.close()
    assert [log["event"] for log in logs] == ["vault.hung-up"] * listener.THREADS


def test_a_vault_that_is_not_there_is_silent(path: Path) -> None:
    with pytest.raises(VaultSilent):
        VaultLine(path, 1).ask(LOOK, code="a", count=1)


def test_a_vault_that_died_is_silent_and_its_successor_answers(path: Path, line: VaultLine) -> None:
    left_behind = path.with_name("dead")
    with vault_line.short_address(left_behind) as address, socket.socket(socket.AF_UNIX) as dead:
        dead.bind(address)  # and never listens, as after kill -9
    left_behind.replace(path)
    with pytest.raises(VaultSilent):
        line.ask(LOOK, code="a", count=1)
    with opened(path) as again:
        assert again.ask(LOOK, code="a", count=1)["seen"] == "a"


def test_a_second_vault_takes_over_and_the_first_leaves_its_socket_alone(path: Path) -> None:
    with opened(path) as line, Listener(path, HANDLERS) as second:
        assert line.ask(LOOK, code="a", count=1)["seen"] == "a"
        assert second._own == path.stat().st_ino
    assert not path.exists()


def test_a_vault_that_answers_late_or_rubbish_is_silent(path: Path) -> None:
    path.parent.mkdir()
    told = iter([b"", b"{not json".ljust(ANSWER_BYTES - 1) + b"\n", b"x" * (ANSWER_BYTES + 1), b'{"done":1}\n', b"3\n"])
    with vault_line.short_address(path) as address, socket.socket(socket.AF_UNIX) as rubbish:
        rubbish.bind(address)
        rubbish.listen()

        def answer_once() -> None:
            connection, _ = rubbish.accept()
            with connection:
                connection.recv(QUESTION_BYTES)
                connection.sendall(next(told))

        for expected in (VaultSilent, VaultSilent, VaultSilent, VaultFailed, VaultFailed):
            thread = threading.Thread(target=answer_once)
            thread.start()
            with pytest.raises(expected):
                VaultLine(path, 5).ask(LOOK, code="a", count=1)
            thread.join()
        started = time.monotonic()
        with pytest.raises(VaultSilent):
            VaultLine(path, 0.1).ask(LOOK, code="a", count=1)  # nobody accepts
        assert time.monotonic() - started < 4


def test_a_path_longer_than_an_address_may_be(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120) / "vault"
    with opened(deep) as line:
        assert line.ask(LOOK, code="a", count=1)["seen"] == "a"


def test_many_at_once_get_each_their_own_answer(line: VaultLine) -> None:
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        answers[number] = line.ask(LOOK, code=str(number), count=1)["seen"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: str(number) for number in range(40)}


def test_the_errors_of_the_line_have_nothing_to_fill_in() -> None:
    assert {kind.code: kind.placeholders() for kind in OF_THE_LINE if kind.placeholders()} == {}
