"""What it costs an auditor to check a million entries, against the least that it could: hashing each entry twice."""

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.harness import Measurement
from ledger.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.edge import TileEdge
from ledger.entry import NO_PREVIOUS
from ledger.merkle import fold, leaf_hash
from ledger.note import COSIGNATURE_V1, generate_key, parse_signer_key
from ledger.tiles import WIDTH, Tile, bundle, join_bundle, whole_frames

BUNDLES = 3_907  # 1,000,192 entries: full bundles only, so that each tile is written once
ORIGIN = "centre.example/ledger"
FLOOR = "two SHA-256 of each entry on one core"
ROUNDS = 3


def verify(folder: Path) -> Iterator[Measurement]:
    """Run the command with one process and with two on a log that is kept in ``folder``."""
    place = folder / f"ledger-2-of-{BUNDLES}-bundles"
    if not (place / "trust.policy").exists():
        write_log(place, BUNDLES)
    yield from _measure("verify", place, jobs=1)
    yield from _measure("verify_two_processes", place, jobs=2)


def _measure(metric: str, place: Path, jobs: int) -> Iterator[Measurement]:
    rounds = [(_floor(place), *_run(place, jobs)) for _ in range(ROUNDS)]
    ratio = median(floor / seconds for floor, seconds, _ in rounds)
    yield Measurement(metric, median(seconds for _, seconds, _ in rounds), "s", FLOOR, ratio)
    yield Measurement(f"{metric}_peak_mib", max(peak for _, _, peak in rounds), "MiB")


def _run(place: Path, jobs: int) -> tuple[float, float]:
    """Verify as an auditor does; return seconds, and the MiB that its processes held, each at its own peak."""
    command = [sys.executable, "-m", "ledger", "verify", str(place), "--policy", str(place / "trust.policy")]
    peaks: dict[str, int] = {}
    start = perf_counter()
    with subprocess.Popen([*command, "--jobs", str(jobs)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while not select.select([process.stdout], [], [], 0.1)[0]:  # it says nothing before the end
            peaks |= _peaks(process.pid)
        said = process.stdout.read()
    seconds = perf_counter() - start
    if process.returncode:
        raise RuntimeError(said.decode())
    return seconds, sum(peaks.values()) / 1024


def _peaks(parent: int) -> dict[str, int]:
    """Return the peak resident KiB so far of a process and its children."""
    peaks = {}
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for pid in (str(parent), *children):
        with suppress(FileNotFoundError, ProcessLookupError):  # gone meanwhile
            status = Path(f"/proc/{pid}/status").read_text()
            peaks[pid] = max(
                (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), default=0
            )
    return peaks


def _floor(place: Path) -> float:
    seconds = 0.0
    for index in range(BUNDLES):
        entries, _ = whole_frames((place / bundle(index).path).read_bytes())
        start = perf_counter()
        for entry in entries:
            sha256(entry).digest()
            sha256(entry).digest()
        seconds += perf_counter() - start
    return seconds


def write_log(place: Path, bundles: int) -> None:
    """Write a log of full bundles, of entries as a centre's day brings them: some 340 bytes, partly Chinese."""
    edge, prev = TileEdge(), NO_PREVIOUS
    for number in range(bundles):
        entries, leaves = [], []
        for index in range(number * WIDTH, (number + 1) * WIDTH):
            entries.append(_entry(index, prev))
            leaves.append(leaf_hash(entries[-1]))
            prev = leaves[-1].hex()
        _write(place, bundle(number), join_bundle(entries))
        _write(place, Tile(0, number), b"".join(leaves))
        for tile, hashes in edge.add(fold(leaves)):
            _write(place, tile, hashes)
    for tile, hashes in edge.unfinished():
        _write(place, tile, hashes)
    log = parse_signer_key(generate_key(ORIGIN)[0])
    witness = parse_signer_key(generate_key("province.example/w", COSIGNATURE_V1)[0])
    signed = sign_checkpoint(Checkpoint(ORIGIN, bundles * WIDTH, edge.frontier().root()), log)
    note = SignedCheckpoint(signed.checkpoint, signed.note.adding([cosign(signed, witness, 1)]))
    (place / "checkpoint").write_bytes(note.to_bytes())
    (place / "trust.policy").write_text(f"log {log.key}\nwitness province {witness.key}\nquorum province\n")


def _entry(index: int, prev: str) -> bytes:
    """Canonical by construction, which the verification then checks; three kinds in turn."""
    digest = sha256(b"%d" % index).hexdigest()
    kind, body = (
        (
            "draw.intent",
            f'"_sd":["{digest[:43]}"],"roster":{index},"rulebook":"{digest}","事由":"开标前，第{index % 9}标段"',
        ),
        (
            "session.signed-in",
            f'"evidence":"{digest}","seat":"{digest[:10]}","session":"S-{index:09d}","说明":"本人签到"',
        ),
        (
            "payout.computed",
            f'"fee":{index % 500_000},"hours":[3,30],"leaves":"{digest}","seat":"{digest[:10]}","单位":"分"',
        ),
    )[index % 3]
    time = f"2026-11-21T{index // 3600 % 24:02d}:{index // 60 % 60:02d}:{index % 60:02d}.{index % 1_000_000:06d}Z"
    return (
        f'{{"actor":"svc:worker-{index % 4}","body":{{{body}}},"index":{index},"kind":"{kind}","prev":"{prev}",'
        f'"time":"{time}"}}'
    ).encode()


def _write(place: Path, tile: Tile, data: bytes) -> None:
    path = place / tile.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
