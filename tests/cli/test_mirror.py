"""``expertpool mirror``: a province makes files, a centre applies them."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from expertpool.core.clock import SystemClock
from expertpool.core.keyrings import open_service_keys
from expertpool.core.transaction import Transactions
from expertpool.experts import bulk, mirror_format
from expertpool.experts.models import MirroredLine
from expertpool.experts.sheets import Cell, Form, write_sheet
from expertpool.identity import senders
from expertpool.identity.models import Actor, Centre, SenderKind
from expertpool.identity.roles import Role
from expertpool.identity.service import register_actor
from ledger.note import generate_key
from policies.facts import day_of
from tests.cli.conftest import Installation
from tests.cli.test_experts_commands import token_of
from tests.experts.sheet_rows import TITLES, made_row

POOL = "hn-experts"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The province's key file, as ``python -m ledger keygen`` writes it."""
    path = tmp_path / "hn.key"
    path.write_text(generate_key(POOL)[0] + "\n")
    return path


@pytest.fixture
def registered(installation: Installation, key: Path) -> Installation:
    """An installation that knows the province, by the proof that ``mirror prove`` makes."""
    with open_service_keys(installation.settings, installation.environ) as keys:
        transactions = Transactions(installation.engine, SystemClock(), keys)
        with installation.session() as session:
            security = session.query(Actor).filter_by(role=Role.SECURITY_ADMINISTRATOR).one().id
            centre = session.query(Centre).one().id
        with transactions.begin(security) as tx:
            sender = senders.register_sender(
                tx, centre_id=centre, kind=SenderKind.PROVINCIAL_POOL, code=POOL, name="省评标专家库"
            ).id
            supervisor = register_actor(tx, code="supervisor", role=Role.SUPERVISOR, centre_id=centre).id
        proved = installation.run("mirror", "prove", "--key", str(key), "--sender", sender, "--days", "30")
        body = json.loads(proved.stdout)
        times = {name: datetime.fromisoformat(body[name]) for name in ("not_before", "not_after")}
        with transactions.begin(security) as tx:
            registered = senders.register_key(tx, sender, **{**body, **times}).id
        with transactions.begin(supervisor) as tx:
            senders.approve_key(tx, registered)
    return installation


def made(installation: Installation, key: Path, folder: Path, *arguments: str) -> Path:
    done = installation.run("mirror", "make", str(folder), "--key", str(key), *arguments)
    assert done.exit_code == 0, done.output
    return max(folder.iterdir())


def people(installation: Installation) -> int:
    with installation.session() as session:
        return session.query(MirroredLine).count()


def test_made_up_experts_are_made_and_applied(registered: Installation, key: Path, tmp_path: Path) -> None:
    assert "No pool is mirrored" in registered.run("mirror", "status").output
    box = tmp_path / "outbox"
    first = made(registered, key, box, "--experts", "5")
    second = made(registered, key, box, "--experts", "7")
    third = made(registered, key, box, "--experts", "7")
    assert [path.name for path in (first, second, third)] == ["000001.jsonl", "000002.jsonl", "000003.jsonl"]
    assert first.stat().st_mode & 0o777 == 0o600
    assert len(third.read_bytes().splitlines()) == 1
    done = registered.run("mirror", "apply", str(first), str(second))
    assert done.exit_code == 0, done.output
    assert "Number 1" in done.output
    assert "full) is applied: 5 experts" in done.output
    assert "incremental) is applied: 7 experts" in done.output
    done = registered.run("--lang", "zh", "mirror", "apply", str(third))
    assert "第 3 号" in done.output
    assert people(registered) == 7
    status = registered.run("mirror", "status")
    assert (status.exit_code, "7 experts on the roster, as signed; number 4 is due" in status.output) == (0, True)
    assert "Today's head has not come yet" not in status.output
    assert "the mirrored roster of test is of today" in registered.run("doctor").output


def test_yesterdays_head_is_told(registered: Installation, key: Path, tmp_path: Path) -> None:
    yesterday = day_of(SystemClock().now()) - timedelta(days=1)
    file = made(registered, key, tmp_path / "outbox", "--experts", "1", "--day", yesterday.isoformat())
    assert registered.run("mirror", "apply", str(file)).exit_code == 0
    status = registered.run("mirror", "status")
    assert (status.exit_code, "Today's head has not come yet" in status.output) == (0, True)
    assert f"the last is of {yesterday}" in registered.run("doctor").output


def numbered(path: Path, *rows: list[Cell]) -> Path:
    """A sheet with the column that a province's roster needs: everyone's number."""
    write_sheet(path, Form.CSV_UTF8, ["专家编号", *TITLES], [[f"HN-{n}", *row] for n, row in enumerate(rows, 1)])
    return path


def test_a_sheet_is_a_roster(registered: Installation, key: Path, tmp_path: Path) -> None:
    sheet = numbered(tmp_path / "roster.csv", made_row(1), made_row(2), made_row(3))
    file = made(registered, key, tmp_path / "outbox", "--sheet", str(sheet))
    done = registered.run("mirror", "apply", str(file))
    assert done.exit_code == 0, done.output
    assert people(registered) == 3
    bad = numbered(tmp_path / "bad.csv", made_row(1, 从业日期="2001-02-29"))
    refused = registered.run("mirror", "make", str(tmp_path / "outbox"), "--key", str(key), "--sheet", str(bad))
    assert (refused.exit_code, "line 2, practice_since" in refused.output) == (1, True), refused.output
    both = ("--sheet", str(bad), "--experts", "1")
    for arguments in ((), both):
        wrong = registered.run("mirror", "make", str(tmp_path / "outbox"), "--key", str(key), *arguments)
        assert wrong.exit_code == 2


def test_it_stops_at_the_first_that_is_refused(registered: Installation, key: Path, tmp_path: Path) -> None:
    box = tmp_path / "outbox"
    files = [str(made(registered, key, box, "--experts", count)) for count in ("1", "2", "3")]
    done = registered.run("mirror", "apply", files[0], files[2], files[1])
    assert done.exit_code == 1
    assert "000003.jsonl: A file is missing: number 2 is due" in done.output
    assert people(registered) == 1
    done = registered.run("--lang", "zh", "mirror", "apply", files[0])
    assert "第 1 号文件已经应用过" in done.output
    other = tmp_path / "x.jsonl"
    other.write_bytes(b"nothing\n")
    assert "This is no delta file" in registered.run("mirror", "apply", str(other)).output


def test_a_chain_is_ended_with_a_reason(registered: Installation, key: Path, tmp_path: Path) -> None:
    box = tmp_path / "outbox"
    first = made(registered, key, box, "--experts", "2")
    made(registered, key, box, "--experts", "3")
    full = made(registered, key, box, "--experts", "4", "--full")
    registered.run("mirror", "apply", str(first))
    token = token_of(registered, Role.COMPETENT_DEPARTMENT)
    nobody = registered.run("mirror", "restart", "--reason", "x", EXPERTPOOL_TOKEN="ept_x")
    assert nobody.exit_code == 1
    done = registered.run("mirror", "restart", "--reason", "letter 31", EXPERTPOOL_TOKEN=token)
    assert (done.exit_code, "The chain ended at number 1" in done.output) == (0, True), done.output
    status = registered.run("mirror", "status")
    assert (status.exit_code, "a full file is due" in status.output) == (1, True)
    assert "is unfinished or ended" in registered.run("doctor").output
    assert registered.run("mirror", "apply", str(full)).exit_code == 0
    assert registered.run("mirror", "status").exit_code == 0
    assert people(registered) == 4


def test_what_is_unfinished_or_differs_is_told(
    registered: Installation, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = made(registered, key, tmp_path / "outbox", "--experts", "3")
    with monkeypatch.context() as patch:
        patch.setattr(bulk.BulkEnrolment, "finish", lambda _: 1 / 0)
        registered.run("mirror", "apply", str(file))
    status = registered.run("mirror", "status")
    assert (status.exit_code, "Applied in part only" in status.output) == (1, True)
    assert registered.run("mirror", "apply", str(file)).exit_code == 0
    with registered.session() as session, session.begin():
        session.delete(session.query(MirroredLine).first())
    status = registered.run("mirror", "status")
    assert (status.exit_code, "not the one that was signed" in status.output) == (1, True)


def test_a_file_that_is_too_large_is_not_read(
    registered: Installation, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = made(registered, key, tmp_path / "outbox", "--experts", "1")
    monkeypatch.setattr(mirror_format, "MOST_BYTES", 10)
    assert "too large" in registered.run("mirror", "apply", str(file)).output
