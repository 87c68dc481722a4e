"""Signer, worker and web start only on an installation that is sound, say why not in one line, and end when told."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, text

from expertpool.cli import worker_command
from expertpool.cli.run_command import OnlyDemonstration
from expertpool.cli.worker_command import collect_handlers, work
from expertpool.core.checkpoints import latest, wait_until_covered
from expertpool.core.clock import SystemClock
from expertpool.core.database import DatabaseDown
from expertpool.core.jobs import Job, Outbox
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.keyrings import open_service_keys
from expertpool.core.transaction import Transaction, Transactions
from expertpool.core.upkeep import Upkeep
from ledger.durable import replace_file
from tests.cli.conftest import Installation, call, make_installation
from tests.cli.test_doctor import restore_the_past

ROOT = Path(__file__).parents[2]


def change(installation: Installation, statement: str) -> None:
    with installation.engine.begin() as connection:
        connection.execute(text(statement))


def rewrite(installation: Installation) -> None:
    """Another entry in place of one, as a forger would leave it: with its own stored hash."""
    change(installation, "UPDATE ledger_entries SET hash = CAST('0123456789012345678901234567890x' AS BLOB)")


REFUSALS: dict[str, tuple[Callable[[Installation], Any], str]] = {
    "rolled back": (restore_the_past, "holds 8 ledger entries, but 9 were signed"),
    "rewritten": (rewrite, "The first 8 ledger entries are not the signed ones"),
    "mark missing": (lambda i: i.settings.ledger.signer_mark.unlink(), "damaged or missing"),
    "mark damaged": (lambda i: replace_file(i.settings.ledger.signer_mark, b"x"), "damaged or missing"),
    "database missing": (lambda i: (i.var / "expertpool.db").unlink(), "expertpool init"),
    "old tables": (lambda i: change(i, "UPDATE alembic_version SET version_num = '0000'"), "expertpool upgrade"),
    "cosigned damaged": (lambda i: replace_file(i.settings.ledger.cosigned, b"x"), "malformed signed note"),
}


@pytest.mark.parametrize("command", [("signer",), ("worker",), ("serve", "--port", "PORT"), ("run", "--port", "PORT")])
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
def test_an_unsound_installation_is_not_served(
    signed: Installation, command: tuple[str, ...], refusal: tuple[Callable[[Installation], Any], str]
) -> None:
    harm, says = refusal
    harm(signed)
    signed.engine.dispose()
    port = str(free_port())
    result = signed.run(*(port if part == "PORT" else part for part in command))
    assert result.exit_code == 1
    assert says in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "file"),
    [("signer", "signer/keys"), ("worker", "keys/service"), ("serve", "keys/service"), ("run", "keys/service")],
)
def test_a_key_file_that_cannot_be_used_is_told(installation: Installation, command: str, file: str) -> None:
    port = ("--port", str(free_port())) if command in ("serve", "run") else ()
    wrong = installation.run(command, *port, EXPERTPOOL_PASSPHRASE="wrong")
    (installation.var / file).write_bytes(b"x")
    damaged = installation.run("--lang", "zh", command, *port)
    (installation.var / file).unlink()
    missing = installation.run(command, *port)
    for result, says in ((wrong, "passphrase"), (damaged, "已损坏"), (missing, "There is no key file")):
        assert result.exit_code == 1
        assert says in result.output
        assert str(installation.var / file) in result.output
        assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_used_port_is_told(installation: Installation, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        result = installation.run(command, "--port", port)
    assert result.exit_code == 1
    assert f"Port {port} cannot be used" in result.output


def free_port() -> int:
    """A port below those that the system gives to outgoing connections (RFC 6335 section 6: dynamic ports are above),
    so that no test that runs beside this one is given it before it is used."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


PRODUCTION = """
[service]
mode = "production"
origin = "ggzy.example.cn/log"
name_zh = "示例中心"
name_en = "Example Centre"
base_url = "https://experts.example.cn"
[ledger]
witness_policy = "policy"
[draws]
rulebook = "hunan"
[gateway_first]
url = "https://gateway.example.cn"
[preflight]
officer_phone = "13800000000"
"""


@pytest.mark.parametrize("command", ["worker", "serve"])
def test_production_does_not_start_on_a_policy_that_proves_nothing(tmp_path: Path, command: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(f'{PRODUCTION}[paths]\nvar = "{tmp_path}/var"\n', "utf-8")
    arguments = ("--config", str(file), command, *(("--port", str(free_port())) if command == "serve" else ()))
    assert call("--config", str(file), "init", EXPERTPOOL_PASSPHRASE="x").exit_code == 0
    missing = call(*arguments, EXPERTPOOL_PASSPHRASE="x")
    assert (missing.exit_code, "cannot be read" in missing.output) == (1, True)
    (tmp_path / "var" / "policy").write_text("quorum none\n")
    weak = call(*arguments, EXPERTPOOL_PASSPHRASE="x")
    assert (weak.exit_code, "lists no key of this log" in weak.output) == (1, True)


def test_run_is_for_demonstrations(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(PRODUCTION, "utf-8")
    result = call("--config", str(file), "run")
    assert (result.exit_code, result.output) == (1, OnlyDemonstration().message("en") + "\n")


# Running


@contextmanager
def process(installation: Installation, command: str) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        [sys.executable, "-m", "expertpool.cli", command],
        cwd=ROOT,
        env={**os.environ, **installation.environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        assert child.stderr
        child.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_signer_follows_the_ledger_until_told_to_stop(
    tmp_path: Path, database_url: str, number: signal.Signals
) -> None:
    installation = make_installation(tmp_path / "var", database_url)
    with process(installation, "signer") as child:
        wait_until_covered(installation.engine, 7, timeout_s=60)
        installation.act()
        signed = wait_until_covered(installation.engine, 8, timeout_s=60)
        child.send_signal(number)
        assert child.wait(60) == 0
        assert child.stderr
        log = child.stderr.read()
    assert signed.size == 9
    assert re.findall("signer\\.[a-z]+", log) == ["signer.started", "signer.stopped"]
    installation.engine.dispose()


def test_the_worker_ends_when_told(installation: Installation) -> None:
    with process(installation, "worker") as child:
        assert child.stderr
        assert "worker.started" in child.stderr.readline()
        child.terminate()
        assert child.wait(60) == 0
        assert "worker.stopped" in child.stderr.readline()


def test_the_signer_survives_kill_and_goes_on(installation: Installation) -> None:
    with process(installation, "signer") as child:
        wait_until_covered(installation.engine, 7, timeout_s=60)
        child.kill()
        child.wait()
    installation.act()
    before = latest(installation.engine)
    with process(installation, "signer"):
        after = wait_until_covered(installation.engine, 8, timeout_s=60)
    assert before is not None
    assert (before.size, after.size) == (8, 9)


# The worker's loop


def test_the_worker_runs_what_was_queued_and_waits_out_a_database_that_is_down(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_command, "TROUBLE_PAUSE_S", 0)
    stop = threading.Event()
    ran: list[int] = []
    swept: list[Engine] = []

    def handler(tx: Transaction, job: Job) -> None:
        ran.append(job.args["n"])

    def sweep(engine: Engine, now: datetime) -> None:  # when there is no job left
        swept.append(engine)
        stop.set()

    with open_service_keys(installation.settings, {}) as keys:
        transactions = Transactions(installation.engine, SystemClock(), keys)
        outbox = Outbox(transactions, {"x.y": handler}, timedelta(minutes=1))
        with installation.session() as session, session.begin():
            now = SystemClock().now()
            for n in range(3):
                due = now - timedelta(seconds=10 - n)
                session.add(OutboxJob(kind="x.y", args=f'{{"n": {n}}}', due=due, queued_at=now))
        run_one, down = outbox.run_one, iter([DatabaseDown(), None, DatabaseDown()])

        def sometimes_down() -> bool:
            if problem := next(down, None):
                raise problem
            return run_one()

        monkeypatch.setattr(outbox, "run_one", sometimes_down)
        with structlog.testing.capture_logs() as logged:
            work(outbox, Upkeep(installation.engine, SystemClock(), {"sweep": sweep}), 0.001, stop)
    assert ran == [0, 1, 2]
    assert swept == [installation.engine]
    assert [line["reason"] for line in logged] == ["database.down"] * 2


def test_handlers_are_collected_from_every_jobs_room(monkeypatch: pytest.MonkeyPatch) -> None:
    one = SimpleNamespace(HANDLERS={"a.b": print})
    two = SimpleNamespace(HANDLERS={"c.d": print})
    monkeypatch.setattr(worker_command, "load_rooms", lambda room: [one, two] if room == "jobs" else [])
    assert collect_handlers() == {"a.b": print, "c.d": print}
    monkeypatch.setattr(worker_command, "load_rooms", lambda room: [one, one])
    with pytest.raises(LookupError):
        collect_handlers()


def test_the_products_own_handlers_can_be_collected() -> None:
    assert isinstance(collect_handlers(), dict)
