"""What is exported is a ledger that a stranger can verify, or nothing."""

from pathlib import Path

import pytest

from expertpool.cli.ledger_export import OLDER_CHECKPOINTS, _thinned
from expertpool.core import checkpoints
from ledger.cosignature import cosign
from ledger.policy import parse_policy
from ledger.verify import verify
from tests.cli.conftest import Installation
from tests.cli.test_doctor import write_policy
from tests.ledger.signers import cosigner


def have_cosigned(installation: Installation) -> None:
    signed = checkpoints.latest(installation.engine)
    assert signed is not None
    with installation.engine.begin() as connection:
        made = cosign(signed, cosigner("office.example/w"), 1_800_000_000)
        checkpoints.add_cosignatures(connection, signed.size, [made])


@pytest.mark.parametrize("name", ["copy", "copy.zip", "copy.ZIP"])
def test_an_export_is_proven_offline(installation: Installation, tmp_path: Path, name: str) -> None:
    for number in range(3):
        installation.act(f"branch-{number}")
        installation.sign()
    write_policy(installation)
    have_cosigned(installation)
    result = installation.run("ledger", "export", str(tmp_path / name))
    assert result.exit_code == 0, result.output
    policy = installation.settings.ledger.witness_policy
    assert policy is not None
    assert f"python -m ledger verify {tmp_path / name} --policy {policy}" in result.output
    report = verify(str(tmp_path / name), policy=parse_policy(policy.read_bytes()))
    assert report.verdict == "proven"
    assert (report.signed.size, len(report.known)) == (11, 3)  # sizes 0, 9, 10 lie beside it


def test_the_newest_cosigned_checkpoint_goes_before_a_newer_one(signed: Installation, tmp_path: Path) -> None:
    write_policy(signed)
    have_cosigned(signed)
    signed.act()
    signed.sign()
    signed.run("ledger", "export", str(tmp_path / "copy"))
    assert verify(str(tmp_path / "copy")).signed.size == 8


def test_an_altered_ledger_is_exported_as_it_is_and_found_broken(signed: Installation, tmp_path: Path) -> None:
    with signed.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger_entries SET data = CAST(replace(data, 'svc:init', 'svc:else') AS BLOB)"
        )
    assert signed.run("ledger", "export", str(tmp_path / "copy")).exit_code == 0
    assert verify(str(tmp_path / "copy")).verdict == "broken"


def test_nothing_is_overwritten(signed: Installation, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_bytes(b"x")
    for name in ("there.zip", "folder"):
        result = signed.run("ledger", "export", str(tmp_path / name))
        assert result.exit_code == 1
        assert "not overwritten" in result.output
    (tmp_path / "empty").mkdir()
    assert signed.run("ledger", "export", str(tmp_path / "empty")).exit_code == 0


def test_without_a_checkpoint_there_is_nothing_to_export(installation: Installation, tmp_path: Path) -> None:
    result = installation.run("ledger", "export", str(tmp_path / "copy"))
    assert result.exit_code == 1
    assert "Start the signer first" in result.output
    assert not (tmp_path / "copy").exists()


def test_a_place_that_cannot_be_written_is_told(signed: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in ("file/copy", "file/copy.zip"):
        result = signed.run("ledger", "export", str(tmp_path / name))
        assert result.exit_code == 1
        assert "Traceback" not in result.output
        assert str(tmp_path / "file") in result.output


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 5000])
def test_many_checkpoints_are_thinned_evenly(count: int) -> None:
    sizes = [3 * number for number in range(count)]
    kept = _thinned(sizes, OLDER_CHECKPOINTS)
    assert len(kept) == min(count, OLDER_CHECKPOINTS)
    assert len(set(kept)) == len(kept)
    assert kept[:1] == sizes[:1]
    assert kept[-1:] == sizes[-1:]
    assert kept == sorted(kept)
