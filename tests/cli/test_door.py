"""``expertpool door import``: the same messages as files, in their order, each answered with a line for its sender."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from expertpool.core.clock import SystemClock
from expertpool.core.keyrings import open_service_keys
from expertpool.core.transaction import Transactions
from expertpool.identity.events import SenderKeyApproved
from expertpool.identity.models import Centre, Sender, SenderKey, SenderKind
from expertpool.projects.models import Project
from expertpool.projects.reception import OLDEST_IN_FILE
from ledger import ed25519
from ledger.receipt import parse_receipt
from tests.cli.conftest import Installation
from tests.projects.world import PROJECT_BODY, System, as_json

SOON = {"EXPERTPOOL_LEDGER__ACK_TIMEOUT_S": "1"}
"""No signer runs here: nothing is gained by waiting for it."""


@pytest.fixture
def system(installation: Installation) -> System:
    """A registered sender with an approved key."""
    now, seed = SystemClock().now(), bytes([5]) * 32
    with (
        open_service_keys(installation.settings, installation.environ) as keys,
        Transactions(installation.engine, SystemClock(), keys).begin("svc:test") as tx,
    ):
        centre = tx.session.scalars(select(Centre)).one()
        sender = Sender(centre_id=centre.id, kind=SenderKind.TRADING_SYSTEM, code="ts", name="电子交易系统")
        tx.session.add(sender)
        tx.session.flush()
        key = SenderKey(
            centre_id=centre.id,
            sender_id=sender.id,
            public=ed25519.public_key(seed),
            not_before=now - timedelta(days=1),
            not_after=now + timedelta(days=1),
            approved=now,
        )
        tx.session.add(key)
        tx.session.flush()
        tx.record(SenderKeyApproved(sender=sender.id, key=key.id, centre=centre.id))
    return System(sender.id, key.id, seed, centre.code)


def write(folder: Path, system: System, **changed: Any) -> Path:
    """The system's next message as a file."""
    body = {**PROJECT_BODY, **changed.pop("body", {})}
    message = system.message("project.upsert", body, **{"time": int(datetime.now(UTC).timestamp()), **changed})
    path = folder / f"{system.sequence:06}.json"
    path.write_text(json.dumps(as_json(system.sign(message))), "utf-8")
    system.sequence += 1
    return path


def projects(installation: Installation) -> list[str]:
    with installation.session() as session:
        return list(session.scalars(select(Project.title)))


def test_files_are_taken_in_and_answered(installation: Installation, system: System, tmp_path: Path) -> None:
    files = [str(write(tmp_path, system)), str(write(tmp_path, system, body={"title": "新标题"}))]
    done = installation.run("door", "import", *files, EXPERTPOOL_LEDGER__ACK_TIMEOUT_S="1")
    assert done.exit_code == 0, done.output
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(answer["sender"], answer["sequence"], answer["receipt"]) for answer in answers] == [
        (system.id, 1, None),
        (system.id, 2, None),
    ]
    assert projects(installation) == ["新标题"]
    installation.sign()
    again = installation.run("door", "import", *files)
    repeated = [json.loads(line) for line in again.stdout.splitlines()]
    for first, second in zip(answers, repeated, strict=True):
        receipt = parse_receipt(second.pop("receipt").encode())
        assert receipt.index == second["entry"]
        assert second == {name: value for name, value in first.items() if name != "receipt"}
    assert projects(installation) == ["新标题"]


def test_it_stops_at_the_first_that_is_refused(installation: Installation, system: System, tmp_path: Path) -> None:
    good, gap = write(tmp_path, system), write(tmp_path, system, sequence=5)
    never = write(tmp_path, system, sequence=2, body={"title": "永不"})
    for language, text in (("en", "number 2 is due"), ("zh", "应为序号 2")):
        done = installation.run("--lang", language, "door", "import", str(good), str(gap), str(never), **SOON)
        assert done.exit_code == 1
        assert str(gap) in done.stderr
        assert text in done.stderr
        assert len(done.stdout.splitlines()) == 1
    assert projects(installation) == [PROJECT_BODY["title"]]


def test_every_wrong_field_is_named(installation: Installation, system: System, tmp_path: Path) -> None:
    forms = installation.run("door", "import", str(write(tmp_path, system, body={"lots": [], "title": ""})))
    assert forms.exit_code == 1
    assert "- lots: " in forms.stderr
    assert "- title: " in forms.stderr
    system.sequence = 1
    facts = installation.run("door", "import", str(write(tmp_path, system, body={"code": "X"})))
    assert "- code: " in facts.stderr
    assert "- lots.0.code: " in facts.stderr
    assert facts.stderr.count("\n") == 4  # the file, the code and two lots, each once


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b'{"key":1}'])
def test_a_file_that_is_no_message_is_refused(installation: Installation, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    done = installation.run("door", "import", str(path))
    assert done.exit_code == 1
    assert str(path) in done.stderr
    assert "Traceback" not in done.output


def test_a_missing_file_is_told(installation: Installation, tmp_path: Path) -> None:
    done = installation.run("door", "import", str(tmp_path / "none.json"))
    assert done.exit_code == 1
    assert "none.json" in done.output


def test_a_file_may_be_days_old_and_no_more(installation: Installation, system: System, tmp_path: Path) -> None:
    limit = datetime.now(UTC) - OLDEST_IN_FILE
    old = write(tmp_path, system, time=int((limit - timedelta(minutes=1)).timestamp()))
    assert "too old" in installation.run("door", "import", str(old)).stderr
    system.sequence = 1
    inside = write(tmp_path, system, time=int((limit + timedelta(minutes=1)).timestamp()))
    assert installation.run("door", "import", str(inside), **SOON).exit_code == 0
