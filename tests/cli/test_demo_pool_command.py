"""Filling a demonstration's pool from the command line."""

from pathlib import Path

import pytest

from expertpool.cli.demo_pool_command import NotADemonstration
from expertpool.identity.roles import Role
from tests.cli.conftest import Installation, call
from tests.cli.test_experts_commands import token_of
from tests.cli.test_processes import PRODUCTION


@pytest.fixture
def token(installation: Installation) -> str:
    return token_of(installation, Role.POOL_MANAGER)


def test_a_demonstration_gets_its_experts(installation: Installation, token: str) -> None:
    done = installation.run("demo-pool", "--experts", "20", "--seed", "cli", EXPERTPOOL_TOKEN=token)
    assert (done.exit_code, "Enrolled 20 made-up experts" in done.output) == (0, True), done.output
    again = installation.run("demo-pool", "--experts", "5", "--seed", "cli", EXPERTPOOL_TOKEN=token)
    assert again.exit_code == 1
    with installation.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM roster_lines").scalar_one() == 20


def test_a_real_installation_stays_free_of_them(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(PRODUCTION, "utf-8")
    refused = call("--config", str(file), "demo-pool")
    assert (refused.exit_code, refused.output) == (1, NotADemonstration().message("en") + "\n")


@pytest.mark.parametrize("experts", ["0", "1000001", "many"])
def test_another_number_is_wrong_usage(installation: Installation, token: str, experts: str) -> None:
    assert installation.run("demo-pool", "--experts", experts, EXPERTPOOL_TOKEN=token).exit_code == 2


def test_nobody_fills_a_pool_without_a_token(installation: Installation) -> None:
    refused = installation.run("demo-pool", EXPERTPOOL_TOKEN="")
    assert (refused.exit_code, "EXPERTPOOL_TOKEN" in refused.output) == (1, True)
