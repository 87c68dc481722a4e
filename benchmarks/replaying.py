"""The replayers: one public bundle with a table of 200,000 rows, the most that the page takes.

Five seats and two vacancies, so that every row is hashed three times or more. Python from the command line's library;
JavaScript under Node, where the same scripts run that the page names; and in the distribution's Chromium, from choosing
the file to the verdict on the page, everything drawn.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Final

from playwright.sync_api import expect

from benchmarks.harness import Measurement, seconds
from expertpool.audit.replayer_pages import FOLDER
from expertpool.protocol.decisions import Decided
from expertpool.protocol.replay import Trust, replay
from expertpool.protocol.request import SeatLine
from expertpool.protocol.roster import Line
from policies.facts import Expert
from tests.chromium.live import chromium, find_chromium
from tests.protocol.simulation import LOG, Candidate, Member, Setup, Simulation, policy, to_bytes
from tests.replayers.bundles import POLICY

ROWS: Final = 200_000
EMPLOYERS: Final = 10_000
EMPLOYER: Final = 1
SETUP: Final = Setup(lines=(SeatLine(("A010101",), 5, 0),), vacancies=("declined", "no-answer"), cap=2)
SCRIPT: Final = Path(__file__).parent.parent / "tests" / "replayers" / "replay_all.js"
LONGEST_MS: Final = 600_000


class Wide(Simulation):
    """A draw over so many candidates: those of the simulation, and others about whom nothing was decided but a line."""

    def candidates(self) -> list[Candidate]:
        known = super().candidates()
        return [*known, *(candidate(number) for number in range(ROWS - len(known)))]


def candidate(number: int) -> Candidate:
    """Somebody who may be drawn."""
    line = Line(number.to_bytes(16), f"exp_{number:026}", 1, None, None)
    groups = ((EMPLOYER, f"employer {number % EMPLOYERS}"),)
    return Candidate(Member(line, Expert()), Decided({}, (0,), groups))


def replayers() -> Iterator[Measurement]:
    """Seconds of each replayer; one that is not installed is left out, and says so."""
    data = to_bytes(Wide(SETUP).run().bundle())
    yield Measurement("replay_200k_bundle", round(len(data) / 2**20, 1), "MiB")
    yield Measurement("replay_200k_python", round(seconds(lambda: in_python(data), 3), 2), "s")
    node, browser = shutil.which("node"), find_chromium()
    if node is not None:
        yield Measurement("replay_200k_node", round(in_node(node, data), 2), "s")
    if browser is not None:
        yield Measurement("replay_200k_chromium", round(in_chromium(browser, data), 2), "s")
    if node is None or browser is None:
        print("Node or Chromium is not installed: its figure is left out.", file=sys.stderr)


def in_python(data: bytes) -> None:
    """Replay, and see that it is proven."""
    found = replay(BytesIO(data), Trust(policy=policy(LOG.key)))
    if found.verdict != "proven":
        raise AssertionError(found.verdict)


def in_node(node: str, data: bytes) -> float:
    """The median of three replays in one process, by its own clock."""
    line = json.dumps({"bundle": b64encode(data).decode(), "policy": POLICY}) + "\n"
    run = subprocess.run([node, SCRIPT], input=3 * line, capture_output=True, text=True, check=True)
    answers = [json.loads(answer) for answer in run.stdout.splitlines()]
    if {answer["verdict"] for answer in answers} != {"proven"}:
        raise AssertionError(answers)
    return float(sorted(answer["seconds"] for answer in answers)[1])


def in_chromium(executable: str, data: bytes) -> float:
    """From choosing the file to the verdict, in a window that was just opened."""
    with tempfile.TemporaryDirectory() as folder, chromium(executable) as browser:
        file = Path(folder) / "draw.zip"
        file.write_bytes(data)
        page = browser.new_page()
        page.goto((FOLDER / "index.html").as_uri())
        page.locator("summary").click()
        page.locator("#policy").fill(POLICY)
        began = perf_counter()
        page.locator("#bundle").set_input_files(file)
        verdict = page.locator("#verdict")
        expect(verdict).to_have_attribute("data-verdict", "proven", timeout=LONGEST_MS)
        return perf_counter() - began
