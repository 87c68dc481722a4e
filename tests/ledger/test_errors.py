"""Every error has its text in both languages, with the params that it is raised with; no text is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import ledger
from ledger.errors import LedgerError, Malformed, Refused, Unreadable, message
from ledger.texts import MESSAGES, REASONS

FILES = sorted(path for path in Path(ledger.__file__).parent.glob("*.py") if path.name != "texts.py")
NODES = [(path.name, node) for path in FILES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
STRINGS = {node.value for _, node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}
TEXTS = {**MESSAGES, **{f"why {why}": texts for why, texts in REASONS.items()}}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def error_names() -> set[str]:
    """LedgerError and every class below it, anywhere in the library."""
    bases = {
        node.name: ast.unparse(node.bases[0]) for _, node in NODES if isinstance(node, ast.ClassDef) and node.bases
    }
    names = {"LedgerError", "Malformed", "Refused", "Unreadable"}
    while more := {name for name, base in bases.items() if base in names} - names:
        names |= more
    return names


def constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def made() -> Iterator[tuple[str, str, ast.Call]]:
    """Each place where an error is made, or a text asked for, under a code that stands there."""
    names = error_names() | {"message", "super().__init__"}
    for file, node in NODES:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names and node.args:
            code = constant(node.args[0])
            if code is not None:
                yield f"{file}:{node.lineno}", code, node


MADE = list(made())


def test_the_scan_sees_the_library() -> None:
    assert len(MADE) > 60
    assert {"merkle.py", "note.py", "policy.py", "receipt.py"} <= {place.split(":")[0] for place, _, _ in MADE}


def test_every_error_has_its_text_and_its_params() -> None:
    wrong = []
    for place, code, call in MADE:
        given = {keyword.arg for keyword in call.keywords if keyword.arg}
        why = next((constant(keyword.value) for keyword in call.keywords if keyword.arg == "why"), None)
        needed = (
            fields(MESSAGES[code][0]) | fields(REASONS[why][0] if why in REASONS else "") if code in MESSAGES else None
        )
        if needed is None or (not needed <= given and all(keyword.arg for keyword in call.keywords)):
            wrong.append((place, code, needed, given))
    assert not wrong


def test_every_reason_that_is_written_down_has_its_text() -> None:
    reasons = {constant(keyword.value) for _, _, call in MADE for keyword in call.keywords if keyword.arg == "why"}
    reasons |= {
        constant(node.args[0])
        for _, node in NODES
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._bad" and node.args
    }
    assert reasons - {None} - REASONS.keys() == set()


def test_no_text_is_left_over() -> None:
    assert sorted(MESSAGES.keys() - STRINGS) == []
    assert sorted(REASONS.keys() - STRINGS) == []


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_it(key: str) -> None:
    zh, en = TEXTS[key]
    assert fields(zh) == fields(en)
    assert "\n" not in zh + en
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", en), "Chinese in the English text"
    assert re.search(r"[\u4e00-\u9fff]", re.sub(r"{\w+}", "", zh)), "no Chinese in the Chinese text"


@pytest.mark.parametrize("kind", [Malformed, Refused, Unreadable])
def test_texts_are_filled(kind: type[LedgerError]) -> None:
    error = kind("proof.sizes", old=7, new=5)
    assert error.text("zh") == "树的大小 7 大于 5。"
    assert error.text("en") == "tree size 7 is larger than 5."
    assert str(error) == "proof.sizes: tree size 7 is larger than 5."


def test_reasons_are_in_the_reader_s_language() -> None:
    error = Malformed("policy.malformed", line=3, why="undefined", name="张")
    assert error.text("zh") == "策略第 3 行有误：“张”在此行之前没有定义。"
    assert error.text("en") == "policy line 3: “张” is not defined above."
    assert error.params["why"] == "undefined"


def test_a_bare_fact_stays_what_it_is() -> None:
    error = Unreadable("source.unreadable", path="a/b", why="HTTP 503")
    assert "HTTP 503" in error.text("zh")
    assert "HTTP 503" in error.text("en")


@pytest.mark.parametrize("foreign", ["a\nb", "a\x1b[2J", "a\x9b2J", "\udcff", "a\u202eb", "a\u2028b", "\0"], ids=ascii)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_foreign_names_cannot_play_tricks(foreign: str, lang: str) -> None:
    for text in (
        message("note.bad-signature", "zh" if lang == "zh" else "en", name=foreign),
        message("policy.malformed", "zh" if lang == "zh" else "en", line=1, why="undefined", name=foreign),
    ):
        assert text.isprintable()
        assert text.encode()
        assert "\ufffd" in text


def test_braces_in_a_name_are_only_text() -> None:
    assert message("note.bad-signature", "en", name="{why}{0}") == "the signature by {why}{0} is invalid."


def test_a_code_without_a_text() -> None:
    with pytest.raises(KeyError):
        message("no.such-code", "en")
