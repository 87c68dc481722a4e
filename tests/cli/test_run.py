"""`expertpool run` from nothing: ready, an act gets its receipt, the ledger is proven with the witness, all end."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from expertpool.cli.demo_witness import HEADING, prepare_demo_witness
from ledger.policy import parse_policy
from ledger.receipt import parse_receipt
from ledger.report import exit_code
from ledger.verify import Report, verify
from ledger.witness_state import StateDirectory
from tests.cli.conftest import Installation
from tests.cli.test_processes import free_port

ROOT = Path(__file__).parents[2]


@dataclass
class Demonstration:
    """A running demonstration; ``said`` is everything printed so far."""

    process: "subprocess.Popen[str]"
    var: Path
    port: int
    said: str

    def request(self, method: str, path: str, body: object = None, token: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} if token else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def children(self) -> list[int]:
        """Process ids of everything below, as Linux knows them."""
        found, waiting = [], [self.process.pid]
        while waiting:
            own = Path(f"/proc/{(pid := waiting.pop())}/task/{pid}/children")
            below = [int(child) for child in own.read_text().split()] if own.exists() else []
            found += below
            waiting += below
        return found


@contextmanager
def demonstration(var: Path, *arguments: str) -> Iterator[Demonstration]:
    port = free_port()
    command = [sys.executable, "-m", "expertpool.cli", "--lang", "en", "run", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--witness-port", str(free_port()), *arguments],
        cwd=ROOT,
        env={**os.environ, "EXPERTPOOL_PATHS__VAR": str(var), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C stops everything"):
                break
        else:
            pytest.fail(f"it ended before it was ready:\n{said}")
        yield Demonstration(process, var, port, said)
    finally:
        process.terminate()
        process.communicate()


def proven(demo: Demonstration, size: int) -> Report:
    """Verify over HTTP until the witness has cosigned so many entries; the deadline turns a hang into a failure."""
    late = threading.Event()
    timer = threading.Timer(60, late.set)
    timer.start()
    policy = parse_policy((demo.var / "witness.policy").read_bytes())
    while True:
        report = verify(f"http://127.0.0.1:{demo.port}/ledger", policy=policy)
        if report.signed.size >= size and report.trust is not None and report.trust.quorum:
            timer.cancel()
            return report
        assert report.verdict != "broken"
        assert not late.is_set()


def test_the_whole_demonstration(tmp_path: Path) -> None:
    with demonstration(tmp_path / "var") as demo:
        assert "stand-in" in demo.said
        assert f"ledger verify http://127.0.0.1:{demo.port}/ledger" in demo.said
        assert demo.request("GET", "/readyz")[0] == 200
        size = proven(demo, 1).signed.size

        match = re.search(r"system-administrator: (\S+)", demo.said)
        assert match
        centre = {"code": "county", "name_zh": "县分中心", "name_en": "County", "kind": "county-branch"}
        status, top = demo.request("GET", "/api/v1/centres", token=match[1])
        assert status == 200, top
        parent = json.loads(top)["items"][0]["id"]
        status, made = demo.request("POST", "/api/v1/centres", {**centre, "parent_id": parent}, match[1])
        assert status == 201, made
        receipt = parse_receipt(json.loads(made)["receipt"].encode())
        assert receipt.index == size

        report = proven(demo, size + 1)
        assert exit_code(report) == 0
        assert (report.verdict, report.signed.size) == ("proven", size + 1)

        children = demo.children()
        assert len(children) >= 6  # signer, witness, worker, gunicorn and its two
        demo.process.send_signal(signal.SIGINT)
        rest, _ = demo.process.communicate(timeout=60)
        assert demo.process.returncode == 0
        assert rest.rstrip().endswith("Everything is stopped.")
        assert "Traceback" not in demo.said + rest
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert (tmp_path / "var" / "worker" / "cosigned").exists()

    with demonstration(tmp_path / "var") as again:  # the second time there is nothing to set up
        assert "Made:" not in again.said
        assert proven(again, size + 1).signed.size == size + 1


def test_a_child_that_dies_is_named_and_stops_the_rest(tmp_path: Path) -> None:
    with demonstration(tmp_path / "var") as demo:
        children = demo.children()
        [signer] = [pid for pid in children if b"\0signer\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(signer, signal.SIGKILL)
        rest, _ = demo.process.communicate(timeout=60)
        assert demo.process.returncode == 1
        assert "Process signer ended unexpectedly (signal 9)" in rest
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


# The stand-in


def test_the_stand_in_is_made_once_and_says_what_it_is(installation: Installation) -> None:
    first = prepare_demo_witness(installation.settings, 8001)
    assert first is not None
    key = StateDirectory(first.directory).signer().key
    again = prepare_demo_witness(installation.settings, 8002)
    assert again is not None
    assert StateDirectory(again.directory).signer().key == key
    policy = installation.settings.ledger.witness_policy
    assert policy is not None
    assert "stand-in" in HEADING
    assert policy.read_text().startswith(HEADING)
    parsed = parse_policy(policy.read_bytes())
    assert parsed.witnesses == {"demo-stand-in": key}
    assert parsed.addresses == {"demo-stand-in": "http://127.0.0.1:8002"}
    assert installation.settings.service.origin in {log.name for log in parsed.logs}


def test_a_policy_of_the_operators_own_is_left_alone(installation: Installation) -> None:
    policy = installation.settings.ledger.witness_policy
    assert policy is not None
    policy.write_text("quorum none\n")
    assert prepare_demo_witness(installation.settings, 8001) is None
    assert policy.read_text() == "quorum none\n"
