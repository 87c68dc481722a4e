"""Every text of every page stands in both languages, side by side; none can be missing in either."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2] / "expertpool"
TEMPLATES = sorted(ROOT.rglob("templates/**/*.html"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENVIRONMENT = Environment(autoescape=True)


def tree(path: Path) -> nodes.Template:
    return ENVIRONMENT.parse(path.read_text(encoding="utf-8"))


def pairs(path: Path) -> Iterator[tuple[int, str, str]]:
    for call in tree(path).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t" and not call.dyn_args:
            zh, en = (arg.value if isinstance(arg, nodes.Const) else None for arg in call.args)
            if isinstance(zh, str) and isinstance(en, str):
                yield call.lineno, zh, en


class Text(HTMLParser):
    """What a reader would see of the parts of a template that are not chosen by language."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [value or "" for name, value in attrs if name in ("title", "aria-label", "placeholder", "alt")]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_text_has_both_languages(path: Path) -> None:
    for line, zh, en in pairs(path):
        assert zh.strip(), (line, en)
        assert en.strip(), (line, zh)
        assert not CHINESE.search(en), (line, en)
        assert CHINESE.search(zh) or zh == en or not re.search(r"[a-z]{3}", en), (line, zh, en)


# These choose whole passages by language themselves.
BY_PASSAGE = {"base.html", "status.html"}
NAMES = {"expertpool · Apache-2.0", "English", "read"}


@pytest.mark.parametrize(
    "path", [path for path in TEMPLATES if path.name not in BY_PASSAGE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_text_stands_in_one_language_only(path: Path) -> None:
    seen = Text()
    seen.feed("".join(data.data for data in tree(path).find_all(nodes.TemplateData)))
    words = [text.strip() for text in seen.seen if re.search(r"[A-Za-z]{2}|[\u4e00-\u9fff]", text)]
    assert [word for word in words if word not in NAMES] == []


def test_the_templates_are_found() -> None:
    assert {"layout.html", "components.html", "sign_in.html"} <= {path.name for path in TEMPLATES}
    assert sum(1 for path in TEMPLATES for _ in pairs(path)) > 50
