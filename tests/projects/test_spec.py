"""``docs/spec/trading-door.md`` is true: its example verifies, its kinds, lengths and codes are those of the code."""

import json
import re
from pathlib import Path

from expertpool.identity.senders import KEY_DOMAIN, LONGEST_VALIDITY
from expertpool.projects import reception
from expertpool.projects.door_schemas import MOST_CHARACTERS
from expertpool.projects.envelope import (
    DOMAIN,
    HPKE_OVERHEAD,
    MAX_FILE_BYTES,
    PLAINTEXT_LENGTHS,
    SEALED_DOMAIN,
    read_file,
    read_message,
)
from ledger import ed25519
from tests.core.test_errors import catalogue

PAGE = (Path(__file__).parents[2] / "docs" / "spec" / "trading-door.md").read_text("utf-8")


def test_the_example_verifies() -> None:
    [example] = re.findall(r"```json\n(.*)\n```", PAGE)
    public = ed25519.public_key(bytes([1]) * 32)
    assert public.hex() in PAGE
    envelope = read_file(example.encode())
    assert envelope.signed_by(public)
    message = read_message(envelope.text)
    assert message.kind == "report.signed"
    assert reception.KINDS[message.kind].body().load(message.body)
    assert json.loads(example)["message"] == envelope.text


def test_its_kinds_are_those_that_are_taken_in_with_their_members() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+\.[a-z]+)` \| (.+?) \| ", PAGE, re.MULTILINE))
    assert list(rows) == list(reception.KINDS)
    for kind, members in rows.items():
        outer = re.sub(r"\[.*?\]", "", members)
        told = {name: optional != "?" for name, optional in re.findall(r"`(\w+)`(\??)", outer)}
        assert told == {name: field.required for name, field in reception.KINDS[kind].body().fields.items()}, kind


def test_its_figures_are_those_of_the_code() -> None:
    for domain in (DOMAIN, KEY_DOMAIN, SEALED_DOMAIN):
        assert domain.decode().replace("\n", "\\n") in PAGE
    for lengths in PLAINTEXT_LENGTHS.values():
        for length in lengths:
            assert f"{length:,}" in PAGE
            assert f"{length + HPKE_OVERHEAD:,}" in PAGE
    assert f"{LONGEST_VALIDITY.days:,} days" in PAGE.replace("\n", " ")
    assert f"2 to {MOST_CHARACTERS:,} characters" in PAGE
    assert MAX_FILE_BYTES == 1024 * 1024
    assert "at most 1 MiB" in PAGE
    assert reception.AHEAD == reception.OLDEST_ONLINE
    assert f"at most {reception.AHEAD.seconds // 60} minutes ahead" in PAGE
    assert f"in a file: {reception.OLDEST_IN_FILE.days} days" in PAGE


def test_every_code_that_it_names_exists() -> None:
    named = set(re.findall(r"`((?:door|web|projects)\.[a-z-]+)`", PAGE)) - {"door.message-received"}
    assert named
    assert named <= {kind.code for kind in catalogue()}
