"""What pages load from others is what was reviewed, with its licence, and nothing more."""

import gzip
import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "expertpool" / "web" / "static"
ASSETS = re.findall(
    r"^(\S+) ([\d.]+) (\S+) ([0-9a-f]{64})$", (ROOT / "deploy" / "vendor-assets.sh").read_text(), re.MULTILINE
)
MOST_KIB = 400


def test_files_are_those_whose_hashes_were_reviewed() -> None:
    found = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in vendored()}
    assert found == {digest: Path(file).name for _, _, file, digest in ASSETS}


def test_each_has_its_licence() -> None:
    assert {path.parent for path in STATIC.glob("vendor/*/LICENSE")} == {path.parent for path in vendored()}


def test_none_asks_for_another_host() -> None:
    for path in STATIC.rglob("*.css"):
        assert re.findall(r"url\((?![\"']?data:)", path.read_text()) == []
        assert "@import" not in path.read_text()


def test_a_first_page_is_light() -> None:
    shell = [*vendored(), *STATIC.glob("*.js"), *STATIC.glob("*.css"), *STATIC.glob("*.svg")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in shell) < MOST_KIB * 1024


def vendored() -> list[Path]:
    return [path for path in sorted(STATIC.glob("vendor/*/*")) if path.name not in ("LICENSE", "NOTICE")]
