"""Importing and exporting experts, as the operator does it."""

from pathlib import Path

import pytest

from expertpool.core.clock import SystemClock
from expertpool.core.keyrings import open_service_keys
from expertpool.core.transaction import Transactions
from expertpool.experts.importing import REASONS
from expertpool.experts.sheets import Form, read_sheet
from expertpool.identity.models import Actor, Centre
from expertpool.identity.roles import Role
from expertpool.identity.service import issue_token, register_actor
from tests.cli.conftest import Installation
from tests.experts.sheet_rows import made_file, made_row


def token_of(installation: Installation, role: Role) -> str:
    with installation.session() as session:
        security = session.query(Actor).filter_by(role=Role.SECURITY_ADMINISTRATOR).one().id
        centre = session.query(Centre).one().id
    with (
        open_service_keys(installation.settings, installation.environ) as keys,
        Transactions(installation.engine, SystemClock(), keys).begin(security) as tx,
    ):
        actor = register_actor(tx, code=role.value, role=role, centre_id=centre)
        tx.session.flush()
        return issue_token(tx, actor.id).text()


@pytest.fixture
def token(installation: Installation) -> str:
    return token_of(installation, Role.POOL_MANAGER)


def entries(installation: Installation) -> int:
    with installation.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM ledger_entries").scalar_one())


def test_a_sheet_comes_in_and_goes_out(installation: Installation, token: str, tmp_path: Path) -> None:
    file = made_file(tmp_path / "in.csv", *(made_row(serial) for serial in (1, 2, 3)), form=Form.CSV_GBK)
    done = installation.run("import-experts", str(file), "--ground", "DRC 1", EXPERTPOOL_TOKEN=token)
    assert (done.exit_code, "Imported 3 experts" in done.output) == (0, True), done.output
    size = entries(installation)
    out = tmp_path / "out.xlsx"
    done = installation.run("export-experts", str(out), EXPERTPOOL_TOKEN=token)
    assert (done.exit_code, "Exported 3 experts" in done.output) == (0, True), done.output
    assert {row[0] for row in read_sheet(out).rows} == {"张**"}
    assert entries(installation) == size
    out = tmp_path / "out.csv"
    done = installation.run("export-experts", str(out), "--gbk", "--clear-reason", "audit", EXPERTPOOL_TOKEN=token)
    assert done.exit_code == 0, done.output
    assert {row[0] for row in read_sheet(out).rows} == {"张三1", "张三2", "张三3"}
    assert entries(installation) == size + 1


def test_a_bad_row_stops_all_but_the_good_ones_when_wanted(
    installation: Installation, token: str, tmp_path: Path
) -> None:
    file = made_file(tmp_path / "in.csv", made_row(1), made_row(2, 从业日期="2001-02-29"))
    size = entries(installation)
    arguments = ("import-experts", str(file), "--ground", "x", "--errors", str(tmp_path / "errors.csv"))
    for more in ((), ("--dry-run",), ("--dry-run", "--good-rows-only")):
        refused = installation.run(*arguments, *more, EXPERTPOOL_TOKEN=token)
        assert (refused.exit_code, "Nothing was written." in refused.output) == (1, True), refused.output
        assert "row 3  从业日期: This is no day in the calendar." in refused.output
        assert entries(installation) == size
    errors = read_sheet(tmp_path / "errors.csv")
    assert (errors.titles[-2:], len(errors.rows)) == (REASONS, 1)
    done = installation.run(*arguments, "--good-rows-only", EXPERTPOOL_TOKEN=token, LANG="zh_CN.UTF-8")
    assert (done.exit_code, "已导入 1 人" in done.output) == (1, True), done.output
    assert entries(installation) == size + 1


def test_whoever_does_not_manage_the_pool_learns_nothing(installation: Installation, tmp_path: Path) -> None:
    file = made_file(tmp_path / "in.csv", made_row(1))
    nobody = installation.run("import-experts", str(file), "--dry-run", EXPERTPOOL_TOKEN="ept_x")
    assert (nobody.exit_code, "EXPERTPOOL_TOKEN" in nobody.output) == (1, True)
    auditor = token_of(installation, Role.AUDITOR)
    for arguments in (("import-experts", str(file), "--dry-run"), ("export-experts", str(tmp_path / "out.csv"))):
        refused = installation.run(*arguments, EXPERTPOOL_TOKEN=auditor)
        assert (refused.exit_code, "Your role may not" in refused.output) == (1, True), refused.output
    assert not (tmp_path / "out.csv").exists()


def test_wrong_names_are_explained(installation: Installation, token: str, tmp_path: Path) -> None:
    file = made_file(tmp_path / "in.csv", made_row(1))
    unknown = installation.run("import-experts", str(file), "--centre", "nowhere", EXPERTPOOL_TOKEN=token)
    assert (unknown.exit_code, "nowhere" in unknown.output) == (1, True)
    for arguments in (("out.xls",), ("out.xlsx", "--gbk")):
        assert installation.run("export-experts", *arguments, EXPERTPOOL_TOKEN=token).exit_code == 2
    no_ground = installation.run("import-experts", str(file), EXPERTPOOL_TOKEN=token)
    assert (no_ground.exit_code, "State the ground" in no_ground.output) == (1, True)
