"""A browser before the pages of a `tests.website.Website`: it keeps cookies, and fills in forms that it was shown."""

import re
from dataclasses import dataclass, field
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from expertpool.core.clock import Clock
from expertpool.identity.roles import Role
from tests.website import Website

PASSWORD = "correct horse battery staple of 1911"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Person:
    """An account whose holder has set its credentials."""

    account: str
    actor: str
    password: str
    secret: str
    recovery: tuple[str, ...]

    def code(self, clock: Clock, steps: int = 0) -> str:
        """The authenticator's code now, or so many steps of thirty seconds away."""
        return pyotp.TOTP(self.secret).at(clock.now(), counter_offset=steps)


@dataclass(slots=True)
class Browser:
    """As a person uses it; ``headers`` go with every request."""

    site: Website
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": "text/html"})
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.site.app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers, **more)

    def send(self, path: str, fields: dict[str, str], *, page: str | None = None, **more: Any) -> TestResponse:
        """Fill in the form that a page shows, by default the one at the form's own address."""
        shown = _TOKEN.search(self.get(page or path).text)
        assert shown is not None, f"{page or path} shows no form"
        return self.post(path, {"form_token": shown[1], **fields}, **more)

    def post(self, path: str, fields: dict[str, str], **more: Any) -> TestResponse:
        """Send just this."""
        return self.client.post(path, data=fields, headers={**self.headers, **more.pop("headers", {})}, **more)

    def sign_in(self, person: Person, *, code: str | None = None, **fields: str) -> TestResponse:
        given = {"account": person.account, "password": person.password, "code": code or person.code(self.clock)}
        return self.send("/sign-in", {**given, **fields})

    @property
    def clock(self) -> Clock:
        return self.site.service.clock

    def cookie(self) -> str | None:
        """What the one cookie says."""
        found = self.client.get_cookie("expertpool-demo")
        return found.value if found else None


def invite(site: Website, actor_id: str) -> str:
    """An invitation, as the security administrator gets it."""
    answer = site.call("POST", f"/api/v1/actors/{actor_id}/invitation", role=Role.SECURITY_ADMINISTRATOR)
    assert answer.status_code in (201, 202), answer.text
    return str(answer.get_json()["invitation"])


def settle(site: Website, role: Role, *, password: str = PASSWORD) -> Person:
    """Have the account of this role set its credentials through the pages."""
    site.token(role)
    actor = site.actors[role]
    invitation = invite(site, actor.id)
    browser = Browser(site)
    shown = browser.send("/invitation", {"invitation": invitation})
    assert shown.status_code == 200, shown.text
    found = re.search(r'class="secret">([A-Z2-7]{32})<', shown.text)
    assert found is not None
    person = Person(actor.code, actor.id, password, found[1], ())
    done = browser.send(
        "/set-up",
        {"invitation": invitation, "password": password, "again": password, "code": person.code(browser.clock)},
        page="/invitation",
    )
    assert done.status_code == 200, done.text
    codes = tuple(re.findall(r"<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</li>", done.text))
    return Person(actor.code, actor.id, password, found[1], codes)


def entered(site: Website, role: Role) -> Browser:
    """A browser that has signed in with the demonstration's one click."""
    browser = Browser(site)
    assert browser.send("/sign-in/demo", {"role": role.value}, page="/sign-in").status_code == 303
    return browser
