"""Finds the rooms of the capabilities: every ``expertpool.<capability>.<room>`` that there is.

Who composes a process asks for ``models``, ``events`` or ``jobs``; so a new capability is a new folder and nothing
else moves. Core itself is no capability.
"""

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import expertpool


def load_rooms(room: str) -> list[ModuleType]:
    """Import the room of this name in every capability that has one, in the capabilities' alphabetical order."""
    folders = [module.name for module in pkgutil.iter_modules(expertpool.__path__) if module.ispkg]
    names = [f"expertpool.{folder}.{room}" for folder in sorted(folders) if folder != "core"]
    return [import_module(name) for name in names if find_spec(name) is not None]
