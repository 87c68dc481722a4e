"""Settings from a text, as a file would have them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from expertpool.core.settings import Settings
from expertpool.core.settings_loading import BadSettings, load_settings

PRODUCTION = """
[service]
mode = "production"
origin = "ggzy.example.cn/expertpool"
name_zh = "示例中心"
name_en = "Example Centre"
base_url = "https://experts.example.cn"
[ledger]
witness_policy = "/etc/expertpool/witness-policy"
[draws]
rulebook = "hunan"
[gateway_first]
url = "https://gateway.example.cn"
[preflight]
officer_phone = "13800000000"
"""


def from_toml(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    file = folder / "x.toml"
    file.write_text(text, "utf-8")
    return load_settings(file, environ or {})


def problems(folder: Path, text: str = "", environ: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Code, place and name of every problem, the folder left out of the place."""
    with pytest.raises(BadSettings) as refused:
        from_toml(folder, text, environ)
    found = []
    for problem in refused.value.problems:
        place = problem.params.get("place", "").removeprefix(f"{folder}/")
        found.append((problem.code.removeprefix("settings."), place, problem.params.get("name", "")))
    return found
