"""Somebody drops a bundle into the page that replays it: the verdict, what happened, and which step differs."""

import json
from base64 import b64encode
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from expertpool.audit.replayer_pages import FOLDER, blueprint
from ledger.canonical import canonical
from tests.chromium.live import DESKTOP, PHONE, Reader, serving
from tests.replayers.bundles import POLICY, pack, unpack, valid

DROP = """([policy, bundle]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes(policy)], "trust.policy"));
  dataTransfer.items.add(new File([bytes(bundle)], "draw.zip"));
  document.body.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer}));
}"""
PLACES = ["served", "folder"]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The page's own routes, with the headers that they give, and nothing else."""
    app = Flask("replayer")
    app.register_blueprint(blueprint)
    with serving(app) as base:
        yield base


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, site: str) -> str:
    """The page as it is served, and the same page opened from a folder."""
    return f"{site}/ledger/replay/" if request.param == "served" else (FOLDER / "index.html").as_uri()


@pytest.fixture(params=["zh-desk-light", "en-phone-dark"])
def reader(request: pytest.FixtureRequest, browser: Browser, place: str) -> Iterator[Reader]:
    lang, screen, scheme = request.param.split("-")
    here = Reader(browser, "http://127.0.0.1", lang, dict(PHONE if screen == "phone" else DESKTOP), scheme)
    here.page.goto(f"{place}?lang={lang}")
    yield here
    here.close()


@pytest.fixture
def asked(reader: Reader) -> list[str]:
    """What the page asked for since it was loaded."""
    urls: list[str] = []
    reader.page.on("request", lambda sent: urls.append(sent.url))
    return urls


def other_project(data: bytes) -> bytes:
    """The same bundle, which says that another project was drawn for."""
    members = unpack(data)
    openings = json.loads(members["openings.json"])
    openings["lots"]["project"] = "E4301000009"
    return pack(members | {"openings.json": canonical(openings)})


def drop(reader: Reader, data: bytes) -> None:
    reader.page.evaluate(DROP, [b64encode(POLICY.encode()).decode(), b64encode(data).decode()])


def look_at(reader: Reader) -> None:
    """axe-core asks for the style sheets again, which a page from a folder may not."""
    assert not reader.wide()
    assert reader.page.url.startswith("file:") or reader.grave_findings() == []


def test_a_bundle_is_dropped_and_then_a_mutated_one(reader: Reader, asked: list[str]) -> None:
    page, verdict = reader.page, reader.page.locator("#verdict")
    drop(reader, valid(1))
    expect(verdict).to_have_attribute("data-verdict", "proven")
    expect(verdict.locator("h2")).to_be_focused()
    expect(page.locator("[data-outcome=differs]")).to_have_count(0)
    assert page.locator(".story .part").count() == 6
    page.locator("#leaf").fill("1")
    page.locator(".ask button").click()
    expect(page.locator("#ticket")).not_to_be_empty()
    assert asked == []
    look_at(reader)
    asked.clear()

    drop(reader, other_project(valid(1)))
    expect(verdict).to_have_attribute("data-verdict", "refuted")
    expect(page.locator("[data-outcome=differs]")).to_have_attribute("data-step", "lots")
    expect(page.locator(".part.broken")).to_be_visible()
    assert asked == []
    look_at(reader)


def test_of_an_auditors_bundle_only_the_public_part_is_checked_and_said_to_be(browser: Browser, site: str) -> None:
    reader = Reader(browser, site, "en")
    reader.page.goto("/ledger/replay/")
    drop(reader, valid(1))
    expect(reader.page.locator("#verdict")).to_have_attribute("data-verdict", "proven")
    expect(reader.page.locator("#only-public")).to_have_count(0)
    drop(reader, valid(1, audit=True))
    expect(reader.page.locator("#only-public")).to_contain_text("its public part alone")
    expect(reader.page.locator("#verdict")).to_have_attribute("data-verdict", "proven")
    reader.close()


def test_files_are_chosen_with_the_keyboard(browser: Browser, site: str) -> None:
    """Without a policy nothing is proven; the policy can be typed, and the check made again."""
    reader = Reader(browser, site, "en")
    reader.page.goto("/ledger/replay/")
    reader.tab_to(reader.page.locator("#bundle"))
    file = {"name": "draw.zip", "mimeType": "application/zip", "buffer": valid(1)}
    reader.page.locator("#bundle").set_input_files(file)  # type: ignore[arg-type]  # as its documentation has it
    expect(reader.page.locator("#verdict")).to_have_attribute("data-verdict", "not-proven")
    reader.page.locator("summary").click()
    reader.page.locator("#policy").fill(POLICY)
    reader.press(reader.page.locator("#run"))
    expect(reader.page.locator("#verdict")).to_have_attribute("data-verdict", "proven")
    reader.page.locator("#policy").fill("quorum somebody\n")
    reader.press(reader.page.locator("#run"))
    expect(reader.page.locator("#verdict")).to_have_attribute("data-verdict", "unreadable")
    reader.close()
