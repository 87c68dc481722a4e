"""The specification is enough: its example is what the code writes, and a verifier made from it alone agrees."""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expertpool.core import events
from expertpool.core.rooms import load_rooms
from ledger.disclosure import check_disclosure, parse_disclosure
from ledger.entry import parse_entry
from ledger.errors import Malformed, Unreadable
from ledger.policy import parse_policy
from ledger.verify import verify
from tests.docs import example, second_verifier
from tests.ledger import logs

SPEC = example.FOLDER


def test_the_example_is_what_the_code_writes() -> None:
    again = "write it again: python -m tests.docs.example"
    assert (SPEC / "example.md").read_text() == example.page(), again
    written = [path for path in (SPEC / "example").rglob("*") if path.is_file() and path.name != ".gitattributes"]
    assert {str(path.relative_to(SPEC / "example")): path.read_bytes() for path in written} == example.files(), again


def test_the_example_is_proven_by_both_verifiers() -> None:
    place = SPEC / "example" / "ledger"
    policy = (SPEC / "example" / "trust.policy").read_text()
    assert verify(str(place), policy=parse_policy(policy.encode())).verdict == "proven"
    assert second_verifier.check(place, second_verifier.read_policy(policy)) == "proven"


def test_the_examples_disclosures_open() -> None:
    text = (SPEC / "example.md").read_text()
    entry = parse_entry((SPEC / "example" / "entry-0.json").read_bytes())
    encoded = re.findall(r"encoded: `([^`]+)`", text.split("## Entry 1")[0])
    assert len(encoded) == 3
    for one in encoded:
        check_disclosure(entry.body, parse_disclosure(one))


POLICY = second_verifier.read_policy(logs.POLICY_TEXT)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log")


def both_say(files: logs.Files, place: Path) -> str:
    """The verdict of both verifiers on these files; fails when they differ."""
    shutil.rmtree(place, ignore_errors=True)
    logs.write_directory(files, place)
    try:
        first: str = verify(str(place), policy=logs.POLICY).verdict
    except (Unreadable, Malformed):
        first = "unreadable"
    assert second_verifier.check(place, POLICY) == first
    return first


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 512, 700])
def test_both_verifiers_prove_an_honest_log(size: int, place: Path) -> None:
    assert both_say(logs.files_of(logs.entries(size)), place) == "proven"


def test_without_cosigners_neither_proves_it(place: Path) -> None:
    data = logs.entries(5)
    assert both_say(logs.files_of(data, logs.signed(data, cosigners=())), place) == "not-proven"


def forgeries() -> Iterator[tuple[str, Callable[[list[bytes]], list[bytes]]]]:
    yield "edit", lambda data: [*data[:3], logs.edited(data[3]), *data[4:]]
    yield "delete", lambda data: [*data[:3], *data[4:]]
    yield "insert", lambda data: [*data[:3], data[3], *data[3:]]
    yield "reorder", lambda data: [*data[:3], data[4], data[3], *data[5:]]
    yield "time", lambda data: [*data[:3], logs.with_field(data[3], "time", '"2026-11-31T01:30:00.000000Z"'), *data[4:]]
    yield "kind", lambda data: [*data[:3], logs.with_field(data[3], "kind", '"draw"'), *data[4:]]
    yield "white space", lambda data: [*data[:3], data[3].replace(b":", b": ", 1), *data[4:]]


@pytest.mark.parametrize(("change"), [change for _, change in forgeries()], ids=[name for name, _ in forgeries()])
def test_both_verifiers_find_a_forgery(change: Callable[[list[bytes]], list[bytes]], place: Path) -> None:
    data = logs.entries(300)
    forged = change(list(data))
    for signed in (data, forged):  # under the old checkpoint, and when everyone signs again
        assert both_say(logs.files_of(forged, logs.signed(signed)), place) == "broken"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_both_verifiers_agree_on_any_changed_byte(seed: int, place: Path) -> None:
    choose = random.Random(seed)
    files = logs.files_of(logs.entries(3))
    name = choose.choice(sorted(files))
    data = bytearray(files[name])
    data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
    both_say({**files, name: bytes(data)}, place)


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("{}", True),
        ('{"_sd":[],"rows":{"count":0}}', True),
        (f'{{"n":{2**53 - 1}}}', True),
        (f'{{"n":{2**53}}}', False),
        (f'{{"n":-{2**53 - 1}}}', True),
        ('{"n":-0}', False),
        ('{"n":1.0}', False),
        ('{"n":1e3}', False),
        ('{"a":1,"a":1}', False),
        ('{"b":1,"a":1}', False),
        ('{"\\u0061":1}', False),
        ('{"é":"é"}', True),
        ('{"\U0001f600":1,"\ufb33":2}', True),  # by UTF-16 code units the pair comes first
        ('{"\ufb33":2,"\U0001f600":1}', False),
        ('{"s":"\\u001f\\n"}', True),
        ('{"s":"\\u001F"}', False),
        ('{"s":"\\ud800"}', False),
        ('{"s":"\\/"}', False),
        ('{"s":"\u2028\x7f"}', True),
        ('{"a":' + "[" * 62 + "]" * 62 + "}", True),  # the entry is the first level, its body the second
        ('{"a":' + "[" * 63 + "]" * 63 + "}", False),
        ("[]", False),
        ("null", False),
    ],
)
def test_both_verifiers_accept_the_same_bodies(body: str, allowed: bool, place: Path) -> None:  # noqa: FBT001
    entry = _with_body(body)
    assert both_say(logs.files_of([entry]), place) == ("proven" if allowed else "broken")


def test_both_verifiers_accept_the_same_lengths(place: Path) -> None:
    shortest = len(_with_body('{"s":""}'))
    longest = _with_body(f'{{"s":"{"x" * (65_535 - shortest)}"}}')
    assert len(longest) == 65_535  # one more has no place in a bundle
    assert both_say(logs.files_of([longest]), place) == "proven"


def _with_body(body: str) -> bytes:
    """The first entry of a log with another body, written as given."""
    head, tail = '{"actor":"agency-7","body":', ',"index":0,"kind":"draw.intent","prev":"'
    return f'{head}{body}{tail}{"0" * 64}","time":"2026-11-21T01:30:00.000000Z"}}'.encode()


def test_the_kinds_of_entries_are_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    load_rooms("events")
    own = {kind: event for kind, event in events.EVENT_KINDS.items() if event.__module__.startswith("expertpool.")}
    monkeypatch.setattr(events, "EVENT_KINDS", own)  # other tests declare kinds of their own
    assert (SPEC / "events.md").read_text() == events.event_table(), "write it again: expertpool docs events"
