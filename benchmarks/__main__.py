"""Run one benchmark: `python -m benchmarks NAME` prints JSON lines and, last, the machine."""

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.harness import machine

HERE = Path(__file__).parent


def names() -> list[str]:
    """Return the benchmarks there are; a module without `main` is a part of one."""
    return sorted(path.stem for path in HERE.glob("[!_]*.py") if "\ndef main(" in path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named; return the exit status, 2 when there is none of that name."""
    if len(arguments) != 1 or arguments[0] not in names():
        print(f"make bench NAME=x, where x is one of: {', '.join(names()) or '(none yet)'}", file=sys.stderr)
        return 2
    [name] = arguments
    for measurement in importlib.import_module(f"benchmarks.{name}").main():
        known = {key: value for key, value in asdict(measurement).items() if value is not None}
        print(json.dumps({"bench": name, **known}), flush=True)
    print(json.dumps({"machine": machine(HERE)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
