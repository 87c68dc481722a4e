"""Build dist/expertpool-custodian-VERSION.zip: the key holders' agent, for an office to install.

In it are the agent as a wheel, the lock with the hashes of what it needs, scripts that make an environment of the two,
what starts it as a service, and the page that says how. The same sources give the same bytes on any machine (nothing in
it is compressed, for compressors differ), so that anyone can rebuild the file and compare.
"""

import ast
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ENTRY: Final = "expertpool.custodian.__main__"
NAME: Final = "expertpool-custodian"
EARLIEST_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
FILE, PROGRAM = 0o100644, 0o100755  # as `ls -l` would show them

BESIDE: Final = {
    "INSTALL.md": "docs/custodian.md",
    "LICENSE": "LICENSE",
    "images/custodian-phone-en-dark.png": "docs/images/custodian-phone-en-dark.png",
    "images/custodian-zh.png": "docs/images/custodian-zh.png",
    "requirements.lock": "requirements/custodian.lock",
    "custodian.sh": "deploy/custodian/custodian.sh",
    "expertpool-custodian.service": "deploy/expertpool-custodian.service",
    "install.sh": "deploy/custodian/install.sh",
    "install.ps1": "deploy/custodian/install.ps1",
}
"""What stands beside the wheel, and where it comes from."""


def version() -> str:
    """The version of the project."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def modules() -> dict[str, Path]:
    """The files of every module of ours that the agent may come to import, by their names in the wheel."""
    found: dict[str, Path] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if path is None or path.relative_to(ROOT).as_posix() in found:
            continue
        found[path.relative_to(ROOT).as_posix()] = path
        waiting += [*_parents(name), *_imports(path)]
    return dict(sorted(found.items()))


def wheel() -> bytes:
    """The agent without what it needs (a wheel: PyPA, binary distribution format)."""
    info = f"{NAME.replace('-', '_')}-{version()}.dist-info"
    asked = (ROOT / "requirements/custodian.in").read_text().splitlines()
    metadata = [
        "Metadata-Version: 2.4",
        f"Name: {NAME}",
        f"Version: {version()}",
        "Summary: The agent of a key holder: follows the log, cosigns it, contributes to draws, gives shares",
        "License-Expression: Apache-2.0",
        "License-File: LICENSE",
        "Requires-Python: >=3.11",
        *(f"Requires-Dist: {line}" for line in asked if not line.startswith("#")),
    ]
    about = ["Wheel-Version: 1.0", "Generator: expertpool", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    start = ["[console_scripts]", f"{NAME} = expertpool.cli.custodian_program:main"]
    files = {name: path.read_bytes() for name, path in modules().items()}
    files |= {
        f"{info}/METADATA": _lines(metadata),
        f"{info}/WHEEL": _lines(about),
        f"{info}/entry_points.txt": _lines(start),
        f"{info}/licenses/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    return _zip({**files, f"{info}/RECORD": _lines([*record, f"{info}/RECORD,,"])})


def build(target: Path) -> None:
    """Write the archive."""
    folder = f"{NAME}-{version()}"
    files = {name: (ROOT / source).read_bytes() for name, source in BESIDE.items()}
    files[f"{NAME.replace('-', '_')}-{version()}-py3-none-any.whl"] = wheel()
    sums = [f"{sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    files["SHA256SUMS"] = _lines(sums)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_zip({f"{folder}/{name}": content for name, content in sorted(files.items())}))


def _file_of(module: str) -> Path | None:
    """The file of a module of ours; None for an attribute, or what others wrote."""
    place = ROOT.joinpath(*module.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _imports(path: Path) -> Iterator[str]:
    """What a module imports, in its functions too; of a package only what runs whenever a part of it is imported."""
    tree = ast.parse(path.read_text())
    for node in tree.body if path.name == "__init__.py" else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _zip(files: Mapping[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST_ZIP_DATE)
            entry.create_system = 3  # as on Unix, wherever it is built
            entry.external_attr = (PROGRAM if name.endswith(".sh") else FILE) << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def _digest(content: bytes) -> str:
    return urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()


def _lines(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    made = ROOT / "dist" / f"{NAME}-{version()}.zip"
    build(made)
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size // 1024} KiB")
