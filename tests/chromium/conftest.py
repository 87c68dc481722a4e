"""One browser in a test process, and the scene of ``tests.web`` behind a server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium.live import NOT_INSTALLED, chromium, find_chromium, serving
from tests.conftest import nothing_may_be_left_out
from tests.web.conftest import furnished
from tests.web.scene import Scene

__all__ = ["furnished"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        if nothing_may_be_left_out():
            pytest.fail(NOT_INSTALLED)
        pytest.skip(NOT_INSTALLED)
    with chromium(executable) as launched:
        yield launched


@pytest.fixture(scope="session")
def served(furnished: Scene) -> Iterator[tuple[Scene, str]]:
    """The scene, and the address at which it is served."""
    with serving(furnished.site.app) as base:
        yield furnished, base
