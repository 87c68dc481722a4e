"""`expertpool run` from nothing: ready, with something on every desk, the ledger is proven, all end; and once more."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
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
pytestmark = pytest.mark.timeout(400)


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

    def page(self, path: str, role: str = "") -> str:
        """A page in Chinese as somebody sees it who signed in with one click; without a role, as anyone."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        opener.addheaders = [("Accept", "text/html"), ("Accept-Language", "zh-CN")]
        if role:
            at = f"{self.address}/sign-in"
            forms = re.findall(r"<form.*?</form>", opener.open(at).read().decode(), re.DOTALL)
            [form] = [each for each in forms if f'name="role" value="{role}"' in each]
            given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)) | {"role": role}
            action = re.search(r'action="([^"]*)"', form)
            assert action
            where = urllib.parse.urljoin(at, action[1])
            opener.open(urllib.request.Request(where, urllib.parse.urlencode(given).encode(), {"Origin": self.address}))
        shown: bytes = opener.open(self.address + path).read()
        return shown.decode()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

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
        assert demo.said.index("Tokens") < demo.said.index("Eleven sessions")
        _something_on_every_desk(demo)
        proven(demo, 1)

        match = re.search(r"system-administrator: (\S+)", demo.said)
        assert match
        centre = {"code": "county", "name_zh": "县分中心", "name_en": "County", "kind": "county-branch"}
        status, top = demo.request("GET", "/api/v1/centres", token=match[1])
        assert status == 200, top
        parent = json.loads(top)["items"][0]["id"]
        status, made = demo.request("POST", "/api/v1/centres", {**centre, "parent_id": parent}, match[1])
        assert status == 201, made
        receipt = parse_receipt(json.loads(made)["receipt"].encode())
        report = proven(demo, receipt.index + 1)
        assert exit_code(report) == 0
        assert report.verdict == "proven"

        children = demo.children()
        assert len(children) >= 9  # signer, vault, worker, gunicorn and its two, three agents
        assert (demo.var / "line" / "vault").is_socket()
        demo.process.send_signal(signal.SIGINT)
        rest, _ = demo.process.communicate(timeout=60)
        assert demo.process.returncode == 0
        assert rest.rstrip().endswith("Everything is stopped.")
        assert "Traceback" not in demo.said + rest
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert (tmp_path / "var" / "worker" / "cosigned").exists()
    assert not (tmp_path / "var" / "line" / "vault").exists()

    with demonstration(tmp_path / "var") as again:  # the second time there is nothing to set up, at another port
        assert "Made:" not in again.said
        assert "session" not in again.said.lower()
        assert len(again.children()) >= 9
        _something_on_every_desk(again)
        token = match[1]
        centre["code"] = "county-2"
        _, made = again.request("POST", "/api/v1/centres", {**centre, "parent_id": parent}, token)
        receipt = parse_receipt(json.loads(made)["receipt"].encode())
        proven(again, receipt.index + 1)  # the agents found the new address and cosign
    secret = [path for path in (tmp_path / "var" / "demo" / "holders").iterdir() if path.suffix == ".passphrase"]
    assert [path.stat().st_mode & 0o777 for path in secret] == [0o600] * 3


def _something_on_every_desk(demo: Demonstration) -> None:
    """Each session stands there once, whoever looks: nothing was made twice."""
    titles = ("桥梁加固", "湘江大道", "滨河污水", "老城区道路", "市民中心")
    days = demo.page("/today", "centre-staff")
    if not all(title in days for title in titles):  # started so late that part of the day is tomorrow
        days += demo.page(re.findall(r'href="(/today\?day=[0-9-]+)"', days)[-1], "centre-staff")
    headings = re.findall(r"<h3>(?:<a [^>]*>)?([^<]*)", days)
    assert [sum(title in heading for heading in headings) for title in titles] == [1] * 5
    for state in ("已结束", "席位已满", "尚未申请抽取", "退回修改", "已中止", "通知专家中"):
        assert state in days
    own = demo.page("/agency", "initiator")
    assert all(title in own for title in titles)
    supervision = demo.page("/supervision", "supervisor")
    assert "老城区道路" in supervision
    assert "河东水厂" in supervision, "what a rule left to a person"
    for state in ("已受理", "已推迟", "缺额无法补足", "已取消"):
        assert state in own
    assert "示范市政设计研究院" in demo.page("/corrections", "pool-manager")
    assert "示范市政院" in demo.page("/pool/organisations", "pool-manager")
    assert "/pool/imports/imp_" in demo.page("/pool/imports", "pool-manager")
    assert "进程" in demo.page("/system", "system-administrator")
    assert "共签证实" in demo.page("/ledger")
    [bundle] = (demo.var / "bundles").iterdir()
    assert f"/ledger/draws/{bundle.stem}/bundle" in demo.page(f"/ledger/draws/{bundle.stem}")
    status, data = demo.request("GET", f"/ledger/draws/{bundle.stem}/bundle")
    assert (status, data) == (200, bundle.read_bytes())


def test_a_child_that_dies_is_named_and_stops_the_rest(tmp_path: Path) -> None:
    own = "quorum none\n"  # whoever has a policy already gets no key holders made up
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "witness.policy").write_text(own)
    with demonstration(tmp_path / "var") as demo:
        assert (tmp_path / "var" / "witness.policy").read_text() == own
        assert not (tmp_path / "var" / "demo").exists()
        children = demo.children()
        [signer] = [pid for pid in children if b"\0signer\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(signer, signal.SIGKILL)
        rest, _ = demo.process.communicate(timeout=60)
        assert demo.process.returncode == 1
        assert "Process signer ended unexpectedly (signal 9)" in rest
        assert "logs/signer.log says why" in rest
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
