"""Every key of a TOML document is found on its line."""

from policies.toml_lines import lines_of

DOCUMENT = '''# a comment

id = "x"
dotted.key = 1

[table]
first = { inner = 1, deeper = { still = 2 } }
text = """
[not.a.table]
nor = "a key"
"""
list = [
  "a",  # with a comment
  "b",
]

[table."quoted.name".sub]
last = 2026-11-21
[[array]]
in_array = true
'''


def test_lines() -> None:
    assert lines_of(DOCUMENT) == {
        ("id",): 3,
        ("dotted",): 4,
        ("dotted", "key"): 4,
        ("table",): 6,
        ("table", "first"): 7,
        ("table", "first", "inner"): 7,
        ("table", "first", "deeper"): 7,
        ("table", "first", "deeper", "still"): 7,
        ("table", "text"): 8,
        ("table", "list"): 12,
        ("table", "quoted.name"): 17,
        ("table", "quoted.name", "sub"): 17,
        ("table", "quoted.name", "sub", "last"): 18,
        ("array",): 19,
        ("array", "in_array"): 20,
    }


def test_an_empty_document() -> None:
    assert lines_of("") == {}
