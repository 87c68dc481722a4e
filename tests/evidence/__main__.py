"""``make evidence``: run what is named, keep what was recorded of the rest, and write pages and pictures anew.

Without names it runs what takes minutes (`SHORT`). The others are recorded runs: each part says when it was run, by
which command and on which machine, and nothing is shown that was not measured.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from expertpool.audit.evidence import DATA
from tests.evidence import alerts, chance, checks, measured
from tests.evidence.document import write

BUNDLES: Final = int(os.environ.get("BUNDLES", "1000"))
PARTS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "uniformity": chance.uniformity,
    "game": chance.game,
    "tamper": checks.tamper,
    "attacks": checks.attacks,
    "agreement": lambda: checks.agreement(BUNDLES),
    "foreign": checks.foreign,
    "peer": measured.peer,
    "times": measured.times,
    "alerts": alerts.measured,
}
SHORT: Final = ("uniformity", "tamper", "attacks", "foreign", "peer", "times", "alerts")


def main(names: list[str]) -> int:
    """Run parts; return the exit status, 2 for a part that there is not."""
    if not set(names) <= PARTS.keys():
        print(f"make evidence PARTS='...', of: {' '.join(PARTS)}", file=sys.stderr)
        return 2
    found = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    for name in names or SHORT:
        print(f"evidence: {name}", file=sys.stderr, flush=True)
        found[name] = PARTS[name]()
        ordered = {each: found[each] for each in PARTS if each in found}
        DATA.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
