"""A real browser before the application as it runs: one server in a thread, Chromium as the distribution ships it."""

import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOT_INSTALLED: Final = "Chromium is not installed (deploy/system-packages.sh chromium)"
ARGUMENTS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1440, "height": 900}
WAIT_MS: Final = 30_000
expect.set_options(timeout=WAIT_MS)
GRAVE: Final = ("serious", "critical")
LABELS: Final = {"zh": "zh-CN", "en": "en-GB"}


def find_chromium() -> str | None:
    """Where the distribution puts it."""
    return shutil.which("chromium")


def in_one_piece(app: "WSGIApplication") -> "WSGIApplication":
    """Read every answer to its end first: where a browser hangs up in the middle, this server leaves its file open."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with closing(ClosingIterator(app(environ, start_response))) as body:
            return [b"".join(body)]

    return answer


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve the application on a free port; yields its address."""
    server = make_server("127.0.0.1", 0, in_one_piece(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="served")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A browser that asks nobody for anything."""
    with TemporaryDirectory() as downloads, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=ARGUMENTS,
            chromium_sandbox=os.geteuid() != 0,  # Chromium refuses root's
            downloads_path=downloads,
        )
        yield browser
        browser.close()


@dataclass(slots=True)
class Reader:
    """Somebody at a screen; whatever their browser complains of is kept, a refused status being no complaint."""

    browser: Browser
    base: str
    lang: str = "zh"
    viewport: dict[str, int] = field(default_factory=lambda: dict(DESKTOP))
    scheme: Any = "light"
    complaints: list[str] = field(default_factory=list)
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        phone = self.viewport == PHONE
        self.context = self.browser.new_context(
            base_url=self.base,
            locale=LABELS[self.lang],
            viewport=self.viewport,  # type: ignore[arg-type]  # width and height
            color_scheme=self.scheme,
            has_touch=phone,
            is_mobile=phone,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self._heard(said))  # noqa: PLW0108 -- Playwright marks what it is given
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.complaints.append(said.text)

    def enter(self, role: str) -> None:
        """Sign in with the demonstration's one click."""
        self.page.goto("/sign-in")
        self.page.locator(f"button[name=role][value={role}]").click()
        expect(self.page.locator(".me")).to_be_visible()

    def tab_to(self, wished: Locator, most: int = 80) -> None:
        """Go on by the tabulator until it has the focus."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if wished.evaluate("each => each === document.activeElement"):
                return
        raise AssertionError(f"{wished} is not reached by {most} tabs")

    def type_into(self, wished: Locator, text: str) -> None:
        """With the keyboard alone."""
        self.tab_to(wished)
        self.page.keyboard.type(text)

    def press(self, wished: Locator, key: str = "Enter") -> None:
        """With the keyboard alone."""
        self.tab_to(wished)
        self.page.keyboard.press(key)

    def wide(self) -> bool:
        """Whether the page is wider than the screen."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def grave_findings(self) -> list[str]:
        """What axe-core finds on the page that is serious or critical: rule, where, why."""
        self.page.evaluate(f"() => {{ {AXE_SCRIPT} }}")
        found = self.page.evaluate("() => axe.run({resultTypes: ['violations']})")
        return [
            f"{each['id']} ({each['impact']}) {node['target']}: {node['failureSummary'].splitlines()[-1].strip()}"
            for each in found["violations"]
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]

    def close(self) -> None:
        """Go away; fails if the browser complained of anything, such as what the policy forbids."""
        self.context.close()
        assert self.complaints == []
