"""A capability is found by its folder, and core is none."""

import sys
from pathlib import Path

import pytest

import expertpool
from expertpool.core.rooms import load_rooms


def test_the_rooms_that_there_are_are_found_in_order() -> None:
    names = [room.__name__ for room in load_rooms("models")]
    assert "expertpool.identity.models" in names
    assert names == sorted(names)
    assert not [name for name in names if name.startswith("expertpool.core")]


def test_core_has_modules_of_such_names_and_is_left_out() -> None:
    assert "expertpool.core.events" not in [room.__name__ for room in load_rooms("events")]


def test_a_new_folder_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, file in (("zeal", "greetings"), ("zest", "other")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
        (tmp_path / folder / f"{file}.py").write_text("HELLO = 1\n")
    monkeypatch.setattr(expertpool, "__path__", [*expertpool.__path__, str(tmp_path)])
    assert [room.HELLO for room in load_rooms("greetings")] == [1]
    for name in [name for name in sys.modules if name.startswith(("expertpool.zeal", "expertpool.zest"))]:
        monkeypatch.delitem(sys.modules, name)


def test_a_room_that_cannot_be_imported_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zany").mkdir()
    (tmp_path / "zany" / "__init__.py").touch()
    (tmp_path / "zany" / "greetings.py").write_text("import no_such_module\n")
    monkeypatch.setattr(expertpool, "__path__", [*expertpool.__path__, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError):
        load_rooms("greetings")
    for name in [name for name in sys.modules if name.startswith("expertpool.zany")]:
        monkeypatch.delitem(sys.modules, name)
