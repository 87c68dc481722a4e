"""Headers on every answer, whatever it is."""

from pathlib import Path

import pytest

from tests.website import Website, opened, production

ANSWERS = ["/", "/healthz", "/nope", "/api/v1/me", "/api/v1/openapi.json", "/ledger/checkpoint", "/static/mark.svg"]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_hardened(site: Website, path: str) -> None:
    with site.client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Request-Id"].startswith("req_")
        assert "Cache-Control" in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_a_number_from_outside_is_not_taken_over(site: Website) -> None:
    answers = [site.client.get("/healthz", headers={"X-Request-Id": "forged"}) for _ in range(2)]
    numbers = {answer.headers["X-Request-Id"] for answer in answers}
    assert len(numbers) == 2
    assert "forged" not in numbers


def test_what_is_not_public_is_never_kept(site: Website) -> None:
    for path in ("/api/v1/me", "/api/v1/centres", "/", "/nope"):
        assert site.client.get(path).headers["Cache-Control"] == "no-store"


def test_in_a_demonstration_plain_http_stays_possible(site: Website) -> None:
    assert "Strict-Transport-Security" not in site.client.get("/healthz").headers


def test_in_production_only_https_under_its_own_name(sqlite_url: str, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path, **production(tmp_path)) as site:
        own = site.client.get("/healthz", headers={"Host": "experts.centre.example"})
        assert own.status_code == 200
        assert own.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        for other in ("127.0.0.1", "localhost", "centre.example"):
            assert site.client.get("/healthz", headers={"Host": other}).status_code == 400
