"""docs/evidence.md and its pictures, from the same file that the page reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from expertpool.audit import evidence_pictures as pictures
from expertpool.audit.evidence import evidence
from expertpool.audit.evidence_tables import tables
from expertpool.protocol.replay.steps import TITLES

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "evidence.md"
IMAGES: Final = ROOT / "docs" / "images"
STYLE: Final = """<style>
text { font: 13px system-ui, sans-serif; fill: #1d2430 }
.strong { font-weight: 600 } .soft { fill: #5c6573 }
.ours { fill: #1b6b46 } .other { fill: #8b929d } .band { fill: #e2ddd2 }
.range { stroke: #1b6b46; stroke-width: 3 } .axis { stroke: #b9b4a8 }
.expected { stroke: #1d2430; stroke-width: 1.5; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) {
text { fill: #e8e6e1 } .soft { fill: #a9b0bb }
.ours { fill: #8bd3ab } .other { fill: #7d8591 } .band { fill: #2e343e }
.range { stroke: #8bd3ab } .axis { stroke: #555c68 } .expected { stroke: #e8e6e1 }
}
</style>
"""


def in_english(_: str, en: str) -> str:
    """The documentation's language."""
    return en


def drawn(measured: Mapping[str, Any]) -> dict[str, str]:
    """Each picture by the name of its file."""
    titles = {step: en for step, (_, en) in TITLES.items()}
    made = {
        "uniformity": pictures.spread(measured["uniformity"], in_english),
        "game": pictures.guesses(measured["game"], in_english),
        "agreement": pictures.first_differences(measured["agreement"], titles, in_english),
        "peer": pictures.beside(measured["peer"], in_english),
    }
    return {f"evidence-{name}.svg": svg.replace(">\n", ">\n" + STYLE, 1) for name, svg in made.items()}


def text(measured: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = (_uniformity, _game, _agreement, _tamper, _attacks, _foreign, _peer, _times, _alerts)
    return INTRODUCTION + "".join(part(measured) for part in parts)


def write() -> None:
    """Write page and pictures."""
    evidence.cache_clear()
    measured = evidence()
    PAGE.write_text(text(measured), encoding="utf-8")
    for name, svg in drawn(measured).items():
        (IMAGES / name).write_text(svg, encoding="utf-8")


INTRODUCTION: Final = """\
# Evidence

Written by `make evidence`, which also writes what the page `/evidence` of an installation shows; a test compares. Each
figure was measured, and stands with the command that gave it, its day, the commit and the machine. `make evidence` runs
what takes a few minutes and keeps what was recorded of the rest; `make evidence PARTS="game agreement"` runs the long
parts (some minutes each). The parts are `uniformity`, `game`, `agreement`, `tamper`, `attacks`, `foreign`, `peer`,
`times` and `alerts`.
"""


def _uniformity(measured: Mapping[str, Any]) -> str:
    part = measured["uniformity"]
    return _part(
        "Has everybody the same chance?",
        part,
        f"Brute force lists every committee that may be; then {part['draws']:,} draws of each case are made through "
        "`protocol`, and each committee is counted. Below, a p-value is the chance that a fair draw gives counts as "
        f"uneven as these; the gate, {part['gate']}, was fixed before the first draw. Seeds are hashes of a counter: "
        "every machine gets the same figures. The last rows are samplers that look fair and are not: the same test "
        "tells.",
        _picture("uniformity", "How often each of 17 possible committees was drawn, by us and by an unfair sampler"),
        "Each bar is one committee; dashed is the count if all are equal. Left our draw, right one that skips whoever "
        "clashes.",
        _table(measured, "uniformity"),
    )


def _game(measured: Mapping[str, Any]) -> str:
    part = measured["game"]
    return _part(
        "Does a stolen database tell who was drawn?",
        part,
        f"Somebody has the whole database, all statements and the pool in the clear, and guesses {part['seats']:,} "
        f"seats of a pool of {part['pool']} by {part['strategies']:,} strategies. Each must stay within what luck "
        "gives (99.9 %, corrected for their number; the interval shown is that of 95 %). The same player wins against "
        f"{part['leaks']} builds that leak.",
        _picture("game", "Worst and best strategy beside pure chance"),
        "Dashed is pure chance, the band what luck alone gives; the dots are the worst and the best strategy.",
        _table(measured, "game"),
    )


def _agreement(measured: Mapping[str, Any]) -> str:
    part = measured["agreement"]
    said = [f"{count:,} {verdict}" for verdict, count in part["mutated"].items()]
    return _part(
        "Do two programs say the same?",
        part,
        f"Both replayers, written apart from one specification, over {part['count']:,} valid bundles and as many "
        f"mutated ones; JavaScript under Node {part['node']}. **Disagreements: {part['disagreements']}**, in verdict "
        f"or in the first step that differs. Valid ones: {part['valid']['proven']:,} proven. Mutated ones: "
        f"{', '.join(said)}. A mutated bundle that is proven is one whose centre wrote something else before the draw: "
        "the draw is consistent in itself. [replayer.md](replayer.md) says what is mutated.",
        _picture("agreement", "Bundles by the step at which they were found out"),
        "The first step that differs, by bundles.",
    )


def _tamper(measured: Mapping[str, Any]) -> str:
    part = measured["tamper"]
    return _part(
        "Who notices when the ledger is altered?",
        part,
        f"Each of the {len(part['cells'])} cells was tried ({part['tried']} came out as told); where nothing notices, "
        "the test sees the attack succeed. [tamper-matrix.md](tamper-matrix.md) explains.",
        _table(measured, "tamper"),
    )


def _attacks(measured: Mapping[str, Any]) -> str:
    part = measured["attacks"]
    return _part(
        "Which other attacks were tried?",
        part,
        "Each test is an attack that has to fail.",
        _table(measured, "attacks"),
    )


def _foreign(measured: Mapping[str, Any]) -> str:
    part = measured["foreign"]
    counted = part["tests"]
    return _part(
        "Do other people's tools agree?",
        part,
        f"[foreign-tools.md](foreign-tools.md): {counted['failed']} failed, {counted['skipped']} left out. Continuous "
        "integration has no Go and leaves its half out; this run had it.",
        _table(measured, "foreign"),
    )


def _peer(measured: Mapping[str, Any]) -> str:
    part = measured["peer"]
    return _part(
        "Beside another program",
        part,
        f"{part['peer']}, in turn with us at the sizes that it publishes, {part['rounds']} rounds each. The "
        "constraints are what both can say: so many of each of three fields, at most three of an employer, a cap for "
        "each region. The people are read in before the clock starts. The peer is under the GPL: "
        "`requirements/peers.lock` is installed by this benchmark alone, in an environment of its own.",
        _picture("peer", "Milliseconds of one draw, ours above the peer's"),
        "Milliseconds of one draw, ours above, the peer's below.",
        _table(measured, "peer"),
        "Drawn again, is it the same panel? As it is used, the peer takes the system's randomness and nobody can draw "
        "again. With a seed it repeats itself only while the people stand in the same order; ours follows from the "
        "seed and the people, whatever their order, and in another language.\n",
        _table(measured, "again"),
    )


def _times(measured: Mapping[str, Any]) -> str:
    part = measured["times"]
    return _part(
        "How long does a check take?",
        part,
        f"A public bundle of {part['rows']:,} rows, the most that the page takes ({part['bundle']} MiB), five seats, "
        "two vacancies.",
        _table(measured, "times"),
    )


def _alerts(measured: Mapping[str, Any]) -> str:
    part = measured["alerts"]
    return _part(
        "Are honest experts asked to explain themselves?",
        part,
        "Alerts about scoring ask for an explanation and take no points; "
        f"[assessment-figures.md](assessment-figures.md) says what is compared. {part['panels']:,} honest "
        "panels of each size are simulated and measured by the shortest history that the rulebook takes, 30 "
        "panels; the figures of the model are those of real panels, made a little worse for us "
        "(`tests/evidence/panels.py`). The real panels are figure skating's, by BuzzFeed News, CC BY 4.0: "
        "some of their judges may not have been honest. What must stay below 1 % is the share of panels in "
        "which anybody is asked anything. The last rows show why nobody is measured by the own panel's "
        "spread: there every fourth member is three deviations off.",
        _table(measured, "alerts"),
        "An expert who gives one bidder more each time, over ten projects and in one; the differences between honest "
        "judges deviate by 3.1 points. One project hardly tells, which is why figures add up by expert and bidder.\n",
        _table(measured, "favoured"),
    )


def _part(title: str, part: Mapping[str, Any], *blocks: str) -> str:
    run = part["run"]
    stamp = f"`{run['command']}`, {run['date']}, commit {run['commit']}, {run['seconds']:,.0f} s, {run['machine']}.\n"
    return f"\n## {title}\n\n" + "\n".join(
        block if block.endswith("\n") else block + "\n" for block in (*blocks, stamp)
    )


def _picture(name: str, alt: str) -> str:
    return f'<img src="images/evidence-{name}.svg" alt="{alt}" width="600">'


def _table(measured: Mapping[str, Any], name: str) -> str:
    heads, rows = tables(measured, in_english)[name]
    cells = [[f"`{cell.text}`" if cell.mark == "code" else cell.text for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in (heads, ["---"] * len(heads), *cells))
