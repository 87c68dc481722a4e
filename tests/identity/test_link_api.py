"""Ways to sign in that a program links to an account and takes away again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expertpool.core.clock import FixedClock
from expertpool.identity.roles import Role
from tests.identity.authority import Authority
from tests.website import Website, opened, problem_of

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
SECURITY = Role.SECURITY_ADMINISTRATOR


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(START)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, authority: Authority) -> Iterator[Website]:
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    settings = {
        "SERVICE__SOCKET": str(tmp_path / "web"),
        "CERTIFICATES__AUTHORITIES": str(tmp_path / "ca.pem"),
        "OIDC__ISSUER": "https://sso.example",
        "OIDC__CLIENT_ID": "centre",
        "LEDGER__ACK_TIMEOUT_S": "5",
    }
    with opened(sqlite_url, tmp_path, clock=FixedClock(START), **settings) as website, website.service.signing():
        yield website


@pytest.fixture
def way(site: Website) -> str:
    """Of an account of the centre's staff."""
    site.token(Role.CENTRE_STAFF)
    return f"/api/v1/actors/{site.actors[Role.CENTRE_STAFF].id}"


def test_a_certificate_is_linked_shown_and_taken_away(site: Website, way: str, authority: Authority) -> None:
    pem = {"certificate": authority.issue().decode()}
    linked = site.call("POST", f"{way}/certificates", role=SECURITY, json=pem).get_json()
    shown = site.call("GET", f"{way}/ways", role=SECURITY).get_json()
    assert [(each["id"], each["serial"]) for each in shown["certificates"]] == [(linked["id"], linked["serial"])]
    problem_of(site.call("POST", f"{way}/certificates", role=SECURITY, json=pem), 409, "identity.certificate-taken")
    removal = f"{way}/certificates/{linked['id']}/removal"
    assert site.call("POST", removal, role=SECURITY).status_code == 201
    problem_of(site.call("POST", removal, role=SECURITY), 404, "identity.no-such-link")
    assert site.call("GET", f"{way}/ways", role=SECURITY).get_json() == {"certificates": [], "subjects": []}


def test_no_certificate_of_somebody_elses_ca_is_linked(site: Website, way: str) -> None:
    for pem in (Authority(START).issue().decode(), "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"):
        refused = site.call("POST", f"{way}/certificates", role=SECURITY, json={"certificate": pem})
        problem_of(refused, 422, "identity.certificate-unusable")
    refused = site.call("POST", f"{way}/certificates", role=SECURITY, json={"certificate": "x"})
    problem_of(refused, 422, "web.invalid-input")


def test_somebody_elsewhere_is_linked_shown_and_taken_away(site: Website, way: str) -> None:
    linked = site.call("POST", f"{way}/subjects", role=SECURITY, json={"subject": "zhang"}).get_json()
    (shown,) = site.call("GET", f"{way}/ways", role=SECURITY).get_json()["subjects"]
    assert (shown["id"], shown["subject"], shown["issuer"]) == (linked["id"], "zhang", "https://sso.example")
    assert site.call("POST", f"{way}/subjects/{linked['id']}/removal", role=SECURITY).status_code == 201
    assert site.call("GET", f"{way}/ways", role=SECURITY).get_json()["subjects"] == []
