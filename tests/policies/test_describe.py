"""The rulebook page says what the books say."""

from pathlib import Path

from policies.describe import page
from policies.library import shipped
from policies.registry import RULES

PAGE = Path(__file__).parents[2] / "docs" / "rulebook.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(shipped()), "run `python -m policies.describe > docs/rulebook.md`"


def test_every_rule_has_its_place() -> None:
    text = page(shipped())
    for rule in RULES:
        assert f"\n## `{rule}` " in text
    assert (
        "| govproc | `most` 最高年龄（周岁） highest age in completed years | 68 (year) "
        "| local 地方 | 湘财购〔2023〕22号 | `hunan` | lower 只降 |\n"
    ) in text
    assert "| tender | `least` 专家最低比例 lowest share of experts | 2/3 | law 法律 |" in text
    assert "## `recusal.employment` 回避：任职于投标人/供应商 · Recusal: employed by a bidder/supplier" in text
    assert "| `hunan` | 湖南省规则库 Hunan rulebook | province | `national` | 2025-01-01 –  |" in text
    assert "| `national` | 国家规则库 National rulebook | national | — | 2025-01-01 –  |" in text
