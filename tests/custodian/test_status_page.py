"""The status page: on this machine alone, read only, and it says first what its owner has to know."""

import ast
import http.client
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from expertpool.core.clock import FixedClock
from expertpool.custodian import words
from expertpool.custodian.directory import Config, Directory, set_up
from expertpool.custodian.errors import LogForked, Refusal
from expertpool.custodian.memory import Memory
from expertpool.custodian.status import SILENT_S, is_silent, status
from expertpool.custodian.status_page import page, trouble_page
from expertpool.custodian.status_server import chosen_language, served
from expertpool.custodian.status_style import STYLE
from tests.core.keyfiles import _derive_each_key_only_once
from tests.custodian.village import PASSPHRASE
from tests.ledger.signers import signer
from tests.sealing.world import NOW, credit_code
from tests.service import ORIGIN

__all__ = ["_derive_each_key_only_once"]

KEY = str(signer(ORIGIN).key)
CONFIG = Config("agent.example/a", credit_code(1), ORIGIN, KEY, "https://centre.example")
APPROVED = json.dumps([{"number": 1, "state": "approved", "fingerprint": "0a1b 2c3d"}])
ROOT = Path(__file__).resolve().parents[2]
EVIL = "<script>alert('&')</script>"


@pytest.fixture
def directory(tmp_path: Path, _derive_each_key_only_once: None) -> Directory:
    return set_up(tmp_path / "agent", CONFIG, f"log {KEY}\nquorum none\n".encode(), PASSPHRASE)


@pytest.fixture
def memory(directory: Directory) -> Iterator[Memory]:
    """Of an agent that is well."""
    memory = directory.memory()
    memory.notice(NOW)
    memory.note_current(NOW)
    memory.note_fact("keys", APPROVED)
    yield memory
    memory.close()


@pytest.fixture
def address(directory: Directory) -> Iterator[str]:
    with served(directory, FixedClock(NOW), 0) as address:
        yield address.removeprefix("http://").rstrip("/")


def ask(address: str, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode()
    connection.close()
    return found


def shown(directory: Directory, language: str = "zh", later: float = 0) -> str:
    return page(status(directory), NOW + timedelta(seconds=later), "zh" if language == "zh" else "en")


def headline(text: str) -> str:
    [found] = re.findall(r"<h1 class=\"(?:good|wait|bad)\">([^<]*)</h1>", text)
    return str(found)


# Who may ask, and what


@pytest.mark.usefixtures("memory")
def test_it_is_served_to_this_machine_and_to_its_own_name_only(address: str) -> None:
    port = address.rpartition(":")[2]
    for host in (address, f"localhost:{port}"):
        assert ask(address, Host=host)[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", "localhost", f"127.0.0.1:{int(port) + 1}", ""):
        code, _, text = ask(address, Host=host)
        assert (code, text) == (421, "not here\n")


def test_it_listens_on_loopback(address: str) -> None:
    assert address.startswith("127.0.0.1:")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT"])
def test_there_is_nothing_that_could_be_sent(address: str, method: str) -> None:
    assert ask(address, method=method)[0] == 501


@pytest.mark.parametrize("path", ["/keys", "/agent.json", "/../keys", "//keys", "/memory.db", "/%2e%2e/keys"])
def test_no_file_can_be_reached(address: str, path: str) -> None:
    assert ask(address, path)[0] == 404


@pytest.mark.usefixtures("memory")
def test_a_browser_may_load_nothing_and_frame_nothing(address: str) -> None:
    code, headers, text = ask(address)
    assert code == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert (headers["X-Frame-Options"], headers["Cache-Control"]) == ("DENY", "no-store")
    assert "Set-Cookie" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    assert f"<style>{STYLE}</style>" in text
    assert not re.findall(r"<(script|form|img|link|iframe)|\sstyle=|\son\w+=|https?://(?!centre\.example)", text)


@pytest.mark.usefixtures("memory")
def test_head_has_the_headers_without_the_page(address: str) -> None:
    code, headers, text = ask(address, method="HEAD")
    assert (code, text) == (200, "")
    assert int(headers["Content-Length"]) > 1000


@pytest.mark.usefixtures("memory")
def test_no_secret_is_in_it(directory: Directory, address: str) -> None:
    private = [path.read_bytes().decode() for path in (directory.path / "keys",)]
    for path in ("/", "/status.json"):
        text = ask(address, path)[2]
        assert PASSPHRASE.decode() not in text
        assert not any(line in text for part in private for line in part.splitlines() if len(line) > 30)


@pytest.mark.usefixtures("memory")
def test_the_same_is_there_as_json(directory: Directory, address: str) -> None:
    code, headers, text = ask(address, "/status.json")
    assert (code, headers["Content-Type"]) == (200, "application/json")
    found, expected = json.loads(text), status(directory)
    found.pop("disk"), expected.pop("disk")  # others write to it meanwhile
    assert found == json.loads(json.dumps(expected))


@pytest.mark.usefixtures("memory")
def test_what_cannot_be_read_is_told(directory: Directory, address: str) -> None:
    (directory.path / "memory.mark").write_text("9")
    code, _, text = ask(address, "/?lang=en")
    assert code == 200
    assert "older than what the agent last noted" in text
    assert json.loads(ask(address, "/status.json")[2])["error"]["code"] == "custodian.memory-restored"
    assert EVIL not in trouble_page(EVIL, "zh")


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("", "", "en"),
        ("lang=zh", "en", "zh"),
        ("lang=en", "zh", "en"),
        ("lang=xx", "zh", "zh"),
        ("lang=%00&lang=en", "zh", "zh"),
    ],
)
def test_the_language_is_asked_for_or_the_browsers(query: str, accepted: str, language: str) -> None:
    assert chosen_language(query, accepted) == language


# What it says


def test_when_all_is_well_nothing_is_to_be_done(directory: Directory, memory: Memory) -> None:
    assert headline(shown(directory)) == "一切正常"
    assert headline(shown(directory, "en")) == "All is well"


def test_the_worst_comes_first(directory: Directory, memory: Memory) -> None:
    def say() -> str:
        return headline(shown(directory, "en"))

    memory.note_fact("keys", json.dumps([{"number": 1, "state": "registered"}]))
    assert say() == "Not approved yet"
    memory.wait("tsk_1", "owner-must-approve", 5)
    assert say() == "Please approve"
    memory.note_fact("trouble", json.dumps({"zh": "断", "en": "The centre cannot be reached."}))
    assert say() == "In trouble"
    memory.raise_alarm(LogForked(evidence="/evidence/x", entry=3, known=5).as_dict())
    assert say() == "Stopped"
    text = shown(directory, "en")
    assert "/evidence/x" in text
    assert "lift --dir … --alarm A1" in text


def test_a_silent_centre_is_told_after_a_while(directory: Directory, memory: Memory) -> None:
    assert headline(shown(directory, "en", SILENT_S)) == "All is well"
    assert headline(shown(directory, "en", SILENT_S + 1)) == "No contact with the centre"
    assert is_silent({"contact": None}, NOW)


def test_what_was_done_refused_and_left_is_there(directory: Directory, memory: Memory) -> None:
    for number in range(7):
        memory.decide(f"tsk_{number}", {"pi": ""}, intent=number, project=f"P{number}", lots=["L1", "L2"])
    memory.decide("tsk_r", {"refused": "custodian.second-intent", "entry": 41})
    memory.decide("tsk_s", {"refused": "custodian.of-another-version", "entry": None})
    memory.wait("tsk_w", "no-quorum-yet")
    memory.wait("tsk_a", "owner-must-approve", 5)
    for language, words_of in (
        ("zh", ["共 7 次", "已有账本第 41 条的抽取意向", "第 41 条 · ", "等待法定数的共签", "approve --dir … 5"]),
        ("en", ["7 in all", "The intent in entry 41 was", "entry 41 · ", "a quorum has to cosign", "L1, L2"]),
    ):
        text = shown(directory, language)
        for each in (*words_of, "P6", "P0", "custodian.of-another-version"):
            assert each in text
        assert text.index("P6") < text.index("<details>") < text.index("P0")  # the latest first, the rest on demand


def test_whatever_the_centre_sent_is_text_and_no_markup(directory: Directory, memory: Memory) -> None:
    memory.decide("tsk_1", {"pi": ""}, intent=1, project=EVIL, lots=[EVIL])
    memory.decide("tsk_2", {"refused": EVIL, "entry": None})
    memory.wait(EVIL, EVIL, 7)
    memory.note_fact("trouble", json.dumps({"zh": EVIL, "en": EVIL}))
    memory.note_opening(json.dumps({"draw": EVIL, "reason": EVIL, "at": EVIL}), "")
    memory.raise_alarm({"code": EVIL, "zh": EVIL, "en": EVIL, "params": {"evidence": EVIL}})
    memory.note_fact("keys", json.dumps([{"number": 1, "state": EVIL}]))
    for language in ("zh", "en"):
        text = shown(directory, language)
        assert "<script" not in text
        assert "&lt;script&gt;" in text


# Words for every code


def _literals(call: str) -> set[str]:
    """The first arguments of the calls of this name in the agent."""
    found: set[str] = set()
    for path in (ROOT / "expertpool/custodian").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == call:
                found |= {str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


def test_whatever_a_task_may_wait_for_has_words() -> None:
    asked = _literals("NotYet")
    assert "no-quorum-yet" in asked
    assert asked | {"owner-must-approve"} == set(words.WAITS)


def test_every_refusal_has_words_with_and_without_an_entry() -> None:
    kinds: list[Any] = Refusal.__subclasses__()
    for kind in kinds:
        for entry in (7, None):
            zh, en = (words.refused({"refused": kind.code, "entry": entry}, lang) for lang in ("zh", "en"))
            assert zh != en
