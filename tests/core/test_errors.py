"""Every error that a user may see speaks both languages, has its own code, and shows only what its templates name."""

import dataclasses
import importlib
import pickle
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import pytest

import expertpool
from expertpool.core.errors import (
    Conflict,
    ExpertpoolError,
    Forbidden,
    Invalid,
    NotFound,
    Several,
    Unavailable,
)

NATURES = {Invalid, NotFound, Forbidden, Conflict, Unavailable, Several}
CODE = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z0-9]+(-[a-z0-9]+)*")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def subclasses(parent: type[ExpertpoolError]) -> Iterator[type[ExpertpoolError]]:
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def catalogue() -> list[type[ExpertpoolError]]:
    """Every error class of the product, whichever module declares it."""
    for module in pkgutil.walk_packages(expertpool.__path__, "expertpool."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    product = [kind for kind in subclasses(ExpertpoolError) if kind.__module__.startswith("expertpool.")]
    return [kind for kind in product if kind not in NATURES]


UNEXPECTED = "web.failed"  # what the edge says when nobody foresaw the error: no nature fits


def complaints(kind: type[ExpertpoolError]) -> list[str]:
    """What is wrong with the declaration of one error class."""
    own = vars(kind)
    if missing := [name for name in ("code", "zh", "en") if not isinstance(own.get(name), str)]:
        return [f"{kind.__qualname__} lacks {', '.join(missing)}"]
    found = []
    if not CODE.fullmatch(kind.code):
        found.append(f"{kind.code}: not a code of the form area.kebab-case")
    if not CHINESE.search(kind.zh) or CHINESE.search(kind.en):
        found.append(f"{kind.code}: zh or en is not in its language")
    if unknown := kind.placeholders() - {field.name for field in dataclasses.fields(kind)}:
        found.append(f"{kind.code}: a template names {sorted(unknown)}, which are not parameters")
    if not issubclass(kind, tuple(NATURES)) and kind.code != UNEXPECTED:
        found.append(f"{kind.code}: has no nature")
    return found


class RoomTaken(Conflict):
    code = "test.room-taken"
    zh = "评标室 {room} 已被占用，请另选一间。"
    en = "Room {room} is taken; choose another one."
    room: str
    taken_by: str = ""


class BadForm(Several):
    code = "test.bad-form"
    zh = "表单有误："
    en = "The form has errors:"


def test_the_products_catalogue_is_complete() -> None:
    kinds = catalogue()
    assert kinds
    assert [line for kind in kinds for line in complaints(kind)] == []
    assert [code for code, times in Counter(kind.code for kind in kinds).items() if times > 1] == []


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"zh": "错误", "en": "wrong"}, "lacks code"),
        ({"code": "test.x", "en": "wrong"}, "lacks zh"),
        ({"code": "test.x", "zh": "错误"}, "lacks en"),
        ({"code": "x", "zh": "错误", "en": "wrong"}, "not a code"),
        ({"code": "test.Bad_Code", "zh": "错误", "en": "wrong"}, "not a code"),
        ({"code": "test.x", "zh": "wrong", "en": "wrong"}, "not in its language"),
        ({"code": "test.x", "zh": "错误", "en": "错误"}, "not in its language"),
        ({"code": "test.x", "zh": "错误 {who}", "en": "wrong"}, "not parameters"),
    ],
)
def test_an_incomplete_error_class_is_found(attributes: dict[str, str], complaint: str) -> None:
    kind = type("Incomplete", (Invalid,), {**attributes, "__module__": __name__})
    [line] = complaints(kind)
    assert complaint in line


def test_an_error_without_a_nature_is_found() -> None:
    kind = type("Stray", (ExpertpoolError,), {"code": "test.x", "zh": "错误", "en": "wrong"})
    assert complaints(kind) == ["test.x: has no nature"]


def test_both_languages_are_formed_from_the_parameters() -> None:
    error = RoomTaken("3")
    assert error.message("zh") == "评标室 3 已被占用，请另选一间。"
    assert error.message("en") == "Room 3 is taken; choose another one."
    assert str(error) == "test.room-taken: Room 3 is taken; choose another one."


def test_a_parameter_that_no_template_names_is_never_shown() -> None:
    error = RoomTaken("3", "王小明")
    assert error.taken_by == "王小明"
    assert error.params == {"room": "3"}
    assert "王小明" not in str(error) + repr(error) + str(error.as_dict())


def test_a_value_that_looks_like_a_template_is_shown_as_it_is() -> None:
    assert RoomTaken("{taken_by.__class__}").message("en").startswith("Room {taken_by.__class__} is taken")


def test_neutral_data_names_the_field_only_where_one_is_to_blame() -> None:
    assert RoomTaken("3").as_dict() == {
        "code": "test.room-taken",
        "zh": "评标室 3 已被占用，请另选一间。",
        "en": "Room 3 is taken; choose another one.",
        "params": {"room": "3"},
    }
    assert RoomTaken("3", field="room").as_dict()["field"] == "room"


def test_a_forgotten_parameter_fails_where_the_error_is_raised() -> None:
    with pytest.raises(TypeError, match="room"):
        RoomTaken()  # type: ignore[call-arg]


def test_several_problems_are_told_at_once() -> None:
    error = BadForm((RoomTaken("3"), RoomTaken("4", field="room")))
    assert error.message("zh").splitlines() == [
        "表单有误：",
        "  - 评标室 3 已被占用，请另选一间。",
        "  - 评标室 4 已被占用，请另选一间。",
    ]
    assert [problem["params"] for problem in error.as_dict()["problems"]] == [{"room": "3"}, {"room": "4"}]


def test_an_error_survives_the_border_of_a_process() -> None:
    error = pickle.loads(pickle.dumps(RoomTaken("3", field="room")))
    assert error.as_dict() == RoomTaken("3", field="room").as_dict()
