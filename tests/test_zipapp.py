"""The verifier as one file: it stands without the project, and anyone can rebuild the same bytes."""

import subprocess
import sys
import zipfile
from pathlib import Path

from deploy.build_zipapp import build


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    build(tmp_path / "a" / "ledger.pyz")
    build(tmp_path / "b" / "ledger.pyz")
    assert (tmp_path / "a" / "ledger.pyz").read_bytes() == (tmp_path / "b" / "ledger.pyz").read_bytes()


def test_it_carries_the_ledger_its_one_pure_dependency_and_their_licences(tmp_path: Path) -> None:
    build(tmp_path / "ledger.pyz")
    names = zipfile.ZipFile(tmp_path / "ledger.pyz").namelist()
    assert {"__main__.py", "LICENSE", "ledger/__init__.py", "rfc8785/__init__.py"} <= set(names)
    assert any(name.startswith("rfc8785-") and name.endswith("LICENSE") for name in names)
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"__main__.py", "LICENSE", "ledger", "rfc8785"}


def test_its_code_comes_from_the_file_alone(tmp_path: Path) -> None:
    build(tmp_path / "ledger.pyz")
    script = (
        "import sys; sys.path.insert(0, 'ledger.pyz'); import ledger, rfc8785; print(ledger.__file__, rfc8785.__file__)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [Path(name).parts[0] for name in run.stdout.split()] == ["ledger.pyz", "ledger.pyz"]
