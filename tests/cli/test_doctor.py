"""The doctor says what is wrong and what to do; one test for each ailment."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import delete, text

from expertpool.cli.checks import CHECKS
from expertpool.core.clock import FixedClock
from expertpool.core.cosigning import WitnessAhead
from expertpool.core.database import DatabaseDown, open_engine
from expertpool.core.heartbeat import Heart
from expertpool.core.jobs import MAX_ATTEMPTS
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keyrings import PROJECTS_KEY, SERVICE_KEYS, create_vault_keys, log_signer, open_signer_keys
from expertpool.core.ledger_tables import LedgerCheckpoint, LedgerEntry, LedgerWitness
from expertpool.core.settings import DatabaseSettings
from expertpool.operations import checks
from expertpool.operations.findings import Finding, Patient, examine
from expertpool.operations.processes import NAMES
from ledger.durable import replace_file
from tests.cli.conftest import Installation, make_installation
from tests.ledger.signers import cosigner

NOW = datetime.now(UTC)
USUAL = [("warn", "No checkpoint has a quorum of cosigners yet.")]  # in an installation that is well otherwise
ADDRESS = "https://w.example"


def findings(installation: Installation, clock: datetime = NOW) -> list[Finding]:
    for process in NAMES:
        Heart(installation.engine, FixedClock(clock), process).beat()
    return list(examine(Patient(installation.settings, installation.engine, FixedClock(clock)), CHECKS))


def bad(installation: Installation, clock: datetime = NOW) -> list[tuple[str, str]]:
    return [(one.status, one.en) for one in findings(installation, clock) if one.status != "ok"]


def write_policy(installation: Installation, text: str = "witness w {key} {address}\nquorum w\n") -> None:
    with open_signer_keys(installation.settings, installation.environ) as keys:
        log = log_signer(keys, installation.settings.service.origin).key
    policy = installation.settings.ledger.witness_policy
    assert policy is not None
    policy.write_text(f"log {log}\n" + text.format(key=cosigner("office.example/w").key, address=ADDRESS))


def show(installation: Installation, **columns: Any) -> None:
    row = {"size": 8, "cosigned_at": NOW, "stated_at": NOW, "failure": None, "failing_since": None}
    with installation.session() as session, session.begin():
        session.merge(LedgerWitness(address=ADDRESS, **{**row, **columns}))


@pytest.fixture
def well(signed: Installation) -> Installation:
    """Signed, with a policy, and a witness that has cosigned everything."""
    write_policy(signed)
    show(signed)
    return signed


def test_a_new_installation_is_told_what_is_still_to_do(installation: Installation) -> None:
    result = installation.run("doctor")
    assert result.exit_code == 0, result.output
    assert "start expertpool signer" in result.output
    assert "nobody cosigns" in result.output
    assert "FAIL" not in result.output


def test_it_runs_on_both_databases(postgres_url: str, tmp_path: Path) -> None:
    installation = make_installation(tmp_path / "var", postgres_url)
    installation.sign()
    assert {one.status for one in findings(installation)} == {"ok", "warn"}
    installation.engine.dispose()


def test_json_has_every_finding_in_both_languages(well: Installation) -> None:
    rows = json.loads(well.run("doctor", "--json").stdout)
    assert {"status", "zh", "en"} == set(rows[0])
    assert len(rows) == 1 + len(findings(well))
    assert "正常" in well.run("--lang", "zh", "doctor").output


def test_what_is_well_is_said_to_be_well(well: Installation) -> None:
    assert bad(well) == USUAL


def test_without_an_installation_it_says_so(tmp_path: Path, well: Installation) -> None:
    result = well.run("doctor", EXPERTPOOL_DATABASE__URL="sqlite:///none.db")
    assert result.exit_code == 1
    assert "expertpool init" in result.output
    assert not (well.var / "none.db").exists()


class Ailment(NamedTuple):
    harm: Callable[[Installation], None]
    status: str
    says: str


def change(installation: Installation, statement: Any) -> None:
    with installation.engine.begin() as connection:
        connection.execute(statement)


def restore_the_past(installation: Installation) -> None:
    installation.engine.dispose()
    database = installation.var / "expertpool.db"
    backup = database.read_bytes()
    installation.act()
    installation.sign()
    installation.engine.dispose()
    database.write_bytes(backup)


def damage(path: Callable[[Installation], Path], content: bytes) -> Callable[[Installation], None]:
    return lambda installation: replace_file(path(installation), content, mode=0o600)


def make_old_key_file(installation: Installation) -> None:
    service_keys(installation).unlink()
    with FileKeyStore.initialise(service_keys(installation), b"") as keys:
        for name in SERVICE_KEYS:
            if name != PROJECTS_KEY:
                keys.generate(name, SERVICE_KEYS[name], "secret-32")


def service_keys(installation: Installation) -> Path:
    return installation.settings.keystore.directory / "service"


def give_up_a_job(installation: Installation) -> None:
    with installation.session() as session, session.begin():
        session.add(OutboxJob(kind="x.y", args="{}", due=NOW, queued_at=NOW, attempts=MAX_ATTEMPTS, failure="x.failed"))


def forget_a_job(installation: Installation) -> None:
    with installation.session() as session, session.begin():
        session.add(OutboxJob(kind="x.y", args="{}", due=NOW - timedelta(minutes=6), queued_at=NOW))


AILMENTS = {
    "key file missing": Ailment(lambda i: service_keys(i).unlink(), "fail", "There is no key file"),
    "key file damaged": Ailment(damage(service_keys, b"x"), "fail", "is damaged"),
    "key file open to others": Ailment(lambda i: service_keys(i).chmod(0o640), "fail", "mode 0640"),
    "key file of an older version": Ailment(make_old_key_file, "fail", "lacks keys that this program needs: projects"),
    "log key damaged": Ailment(damage(lambda i: i.settings.ledger.signer_keys, b"x"), "fail", "is damaged"),
    "mark missing": Ailment(lambda i: i.settings.ledger.signer_mark.unlink(), "fail", "damaged or missing"),
    "mark damaged": Ailment(damage(lambda i: i.settings.ledger.signer_mark, b"{}"), "fail", "damaged or missing"),
    "database restored from the past": Ailment(restore_the_past, "fail", "holds 8 ledger entries, but 9 were signed"),
    "old tables": Ailment(
        lambda i: change(i, text("UPDATE alembic_version SET version_num = '0001x'")), "fail", "expertpool upgrade"
    ),
    "cosigned file damaged": Ailment(damage(lambda i: i.settings.ledger.cosigned, b"x"), "fail", "note"),
    "signer not running": Ailment(lambda i: change(i, delete(LedgerCheckpoint)), "warn", "start expertpool signer"),
    "policy damaged": Ailment(lambda i: write_policy(i, "quorum x\n"), "fail", "line 2"),
    "policy weak": Ailment(lambda i: write_policy(i, "quorum none\n"), "warn", "quorum is too low"),
    "witness failing": Ailment(
        lambda i: show(i, failure="witness.unreachable", failing_since=NOW), "warn", "(witness.unreachable)"
    ),
    "witness contradicting": Ailment(
        lambda i: show(i, failure=WitnessAhead.code, failing_since=NOW), "fail", WitnessAhead.code
    ),
    "witness silent": Ailment(
        lambda i: show(i, size=3, cosigned_at=NOW - timedelta(minutes=11)), "warn", "stopped at 3 of 8"
    ),
    "witness never asked": Ailment(lambda i: change(i, delete(LedgerWitness)), "warn", "was never asked"),
    "clock ahead": Ailment(lambda i: show(i, stated_at=NOW - timedelta(seconds=31)), "warn", "+31 s"),
    "clock behind": Ailment(lambda i: show(i, stated_at=NOW + timedelta(seconds=301)), "fail", "-301 s"),
    "job given up": Ailment(give_up_a_job, "fail", "x.failed"),
    "job overdue": Ailment(forget_a_job, "warn", "1 jobs are more than 5 minutes overdue"),
}


@pytest.mark.parametrize("ailment", AILMENTS.values(), ids=list(AILMENTS))
def test_each_ailment_is_found(well: Installation, ailment: Ailment) -> None:
    ailment.harm(well)
    found = bad(well)
    assert [status for status, said in found if ailment.says in said] == [ailment.status], found


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"stated_at": NOW - timedelta(seconds=30)}, []),
        ({"stated_at": NOW + timedelta(seconds=300)}, ["warn"]),
        ({"size": 3, "cosigned_at": NOW - timedelta(minutes=10), "stated_at": NOW - timedelta(minutes=10)}, []),
    ],
)
def test_what_is_just_within_bounds_is_no_ailment(
    well: Installation, columns: dict[str, Any], expected: list[str]
) -> None:
    show(well, **columns)
    assert [status for status, said in bad(well) if (status, said) not in USUAL] == expected


@pytest.mark.parametrize(("late_s", "status"), [(10, "ok"), (11, "fail")])
def test_a_signer_that_lags_is_found(well: Installation, late_s: int, status: str) -> None:
    well.act()
    with well.session() as session:
        entry = session.get_one(LedgerEntry, 8)
    time = datetime.fromisoformat(json.loads(entry.data)["time"])
    said = [one for one in findings(well, time + timedelta(seconds=late_s)) if "for the signer" in one.en]
    assert [one.status for one in said] == [status]


@pytest.mark.parametrize(
    ("free", "status"),
    [
        (checks.DISK_WARN, "ok"),
        (checks.DISK_WARN - 1, "warn"),
        (checks.DISK_FAIL, "warn"),
        (checks.DISK_FAIL - 1, "fail"),
    ],
)
def test_a_full_disk_is_found(well: Installation, monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    usage = shutil._ntuple_diskusage(2**40, 2**40 - free, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert {one.status for one in findings(well) if "GiB" in one.en} == {status}


def test_a_database_that_is_down_is_told_once(well: Installation, tmp_path: Path) -> None:
    engine = open_engine(DatabaseSettings(url=f"sqlite:///{tmp_path}/no/folder/x.db"))
    found = list(examine(Patient(well.settings, engine, FixedClock(NOW)), CHECKS))
    assert [one.en for one in found].count(DatabaseDown().message("en")) == 1


def test_the_wrong_passphrase_is_told(well: Installation) -> None:
    result = well.run("doctor", EXPERTPOOL_PASSPHRASE="wrong")
    assert result.exit_code == 1
    assert (
        result.output.count("The passphrase of the key file") == 3
    )  # three files; the rest was looked at all the same
    assert "agrees with the mark" in result.output


def test_another_log_key_than_the_one_that_signed_is_found(well: Installation, tmp_path: Path) -> None:
    other = make_installation(tmp_path / "other")
    shutil.copy(other.settings.ledger.signer_keys, well.settings.ledger.signer_keys)
    assert ("fail", "no signature by a known key. Check the verifier key you gave.") in bad(well)
    other.engine.dispose()


def test_a_database_that_others_can_read_is_found(well: Installation) -> None:
    well.var.chmod(0o755)
    (well.var / "expertpool.db").chmod(0o644)
    [found] = [said for said in bad(well) if said not in USUAL]
    assert found[0] == "warn"
    assert f"Other users of this machine can reach the database {well.var}/expertpool.db" in found[1]
    (well.var / "expertpool.db").chmod(0o640)
    assert bad(well) == USUAL


def test_a_vault_key_that_is_not_registered(well: Installation) -> None:
    path = well.settings.keystore.vault_keys
    path.unlink()
    create_vault_keys(well.settings, well.environ)
    assert [status for status, said in bad(well) if "not the one that is registered" in said] == ["fail"]


def test_a_vault_key_file_that_is_missing(well: Installation) -> None:
    well.settings.keystore.vault_keys.unlink()
    assert [status for status, said in bad(well) if "no key file of the vault" in said] == ["fail"]


@pytest.mark.parametrize("archive", [False, True])
def test_closed_draws_that_wait_for_an_archives_key_are_told(
    well: Installation,
    monkeypatch: pytest.MonkeyPatch,
    archive: bool,  # noqa: FBT001 -- told by its name
) -> None:
    monkeypatch.setattr(checks, "unarchived", lambda _: ["drw_1", "drw_2"])
    monkeypatch.setattr(checks, "has_archive", lambda _: archive)
    told = [text for status, text in bad(well) if "archive" in text]
    assert len(told) == (0 if archive else 1)
    assert archive or told[0].startswith("2 closed draws")
