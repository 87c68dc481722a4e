"""Logs are one line each, in production JSON, and hold no secret whoever wrote them."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.logs import REDACTED, configure_logs, redact


@pytest.fixture(autouse=True)
def _leave_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = capsys.readouterr().err.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_production_writes_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("production", "signer")
    structlog.get_logger("signer").info("signer.started", size=7, note="高水位")
    line = written(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "signer.started", "level": "info", "process": "signer", "size": 7, "note": "高水位"}


def test_libraries_write_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("production", "worker")
    logging.getLogger("ledger.x").warning("slow: %d s", 3)
    line = written(capsys)
    assert (line["event"], line["level"], line["logger"], line["process"]) == (
        "slow: 3 s",
        "warning",
        "ledger.x",
        "worker",
    )
    logging.getLogger("ledger.x").info("chatter")
    assert capsys.readouterr().err == ""


def test_a_demonstration_writes_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("demo", "signer")
    structlog.get_logger().warning("signer.waiting", reason="database.down")
    text = capsys.readouterr().err
    assert "signer.waiting" in text
    assert "reason=database.down" in text
    assert "process=signer" in text


@pytest.mark.parametrize("mode", ["demo", "production"])
def test_a_traceback_shows_no_values(mode: Any, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(mode, "worker")
    name = "张三丰"
    try:
        assert int(name[:0] + "x")
    except ValueError:
        structlog.get_logger().exception("worker.broken")
    text = capsys.readouterr().err
    assert "ValueError" in text
    assert name not in text


@pytest.mark.parametrize(
    "field",
    [
        "passphrase",
        "password",
        "access_token",
        "Authorization",
        "set_cookie",
        "signer_seed",
        "salt",
        "database_url",
        "private_key",
        "disclosures",
        "phone",
        "mobile",
        "id_card",
        "idcard",
        "bank_account",
        "email",
        "real_name",
    ],
)
@pytest.mark.parametrize("mode", ["demo", "production"])
def test_what_a_field_calls_secret_is_not_written(mode: Any, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(mode, "web")
    structlog.get_logger().info("x", **{field: "hunter2"}, detail={"list": [{field: "hunter2"}]})
    text = capsys.readouterr().err
    assert "hunter2" not in text
    assert REDACTED in text


@pytest.mark.parametrize("field", ["size", "reason", "index", "kind", "job", "witness", "code", "process", "address"])
def test_what_is_no_secret_is_written(field: str) -> None:
    assert redact(None, "", {field: "x"}) == {field: "x"}


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_nothing_below_a_secret_name_survives(value: Any) -> None:
    assert redact(None, "", {"token": value, "within": {"deep": [{"Password": value}]}}) == {
        "token": REDACTED,
        "within": {"deep": [{"Password": REDACTED}]},
    }
