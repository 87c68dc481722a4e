"""The evidence: what was measured of the promises, in one generated file that the page and docs/evidence.md both read.

``make evidence`` writes it (``tests/evidence``). Each part has its run: day, command, commit and machine.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

DATA: Final = Path(__file__).parent / "evidence.json"


@cache
def evidence() -> Mapping[str, Any]:
    """Every part by name, as it was measured."""
    found: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return MappingProxyType(found)
