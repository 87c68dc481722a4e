"""Two replayers, written apart from one another from docs/spec, say the same of every bundle.

The second is the browser's, under Node. A disagreement is a failure of both until it is explained.
"""

import json
import shutil
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from expertpool.protocol.beacon import Round, verify_round
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.replay import Trust, replay
from expertpool.protocol.vrf import prove, public_key, verify
from tests.conftest import nothing_may_be_left_out
from tests.protocol import plain_curve
from tests.protocol.plain_curve import NEUTRAL, SIGN_BIT, TORSION, L, P, encode
from tests.protocol.simulation import LOG, policy
from tests.replayers.bundles import DRAND, POLICY, ROUNDS, mutated, pack, unpack, valid

pytestmark = pytest.mark.no_cover  # measured by shorter tests; it would take half as long again

NOT_INSTALLED = "Node is not installed (deploy/system-packages.sh nodejs)"
SCRIPT = Path(__file__).parent / "replay_all.js"
TRUST = Trust(policy=policy(LOG.key))
SEED = bytes(range(32))
PUBLIC = public_key(SEED)
ALPHA = b"the leaf hash of an intent"
PI = prove(SEED, ALPHA)

Ask = Callable[[Iterable[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def ask() -> Ask:
    """What the other replayer answers: one process for all questions."""
    node = shutil.which("node")
    if node is None:
        if nothing_may_be_left_out():
            pytest.fail(NOT_INSTALLED)
        pytest.skip(NOT_INSTALLED)

    def asked(questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = "".join(json.dumps(each) + "\n" for each in questions)
        run = subprocess.run([node, str(SCRIPT)], input=lines, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in run.stdout.splitlines()]

    return asked


def here(data: bytes) -> tuple[str, str | None]:
    """The verdict of this replayer, and the first step that differs."""
    try:
        report = replay(BytesIO(data), TRUST)
    except ProtocolError:
        return "unreadable", None
    return report.verdict, next((step.name for step in report.steps if step.outcome == "differs"), None)


def there(answer: dict[str, Any]) -> tuple[str, str | None]:
    assert "failed" not in answer, answer["failed"]
    return answer["verdict"], answer["differs"]


def question(data: bytes, trust: str = POLICY) -> dict[str, Any]:
    return {"bundle": b64encode(data).decode(), "policy": trust}


def agree(ask: Ask, make: Callable[[int], bytes], seeds: range) -> Counter[str]:
    """Hold both against each other; return how often there was which verdict."""
    bundles = [make(seed) for seed in seeds]
    answers = ask(question(data) for data in bundles)
    ours = [here(data) for data in bundles]
    differing = {
        seed: {"python": python, "javascript": there(answer), "why": answer["why"]}
        for seed, python, answer in zip(seeds, ours, answers, strict=True)
        if python != there(answer)
    }
    assert differing == {}
    return Counter(verdict for verdict, _ in ours)


def test_they_agree_on_valid_bundles(ask: Ask) -> None:
    assert agree(ask, valid, range(100)) == {"proven": 100}


def test_they_agree_on_mutated_bundles(ask: Ask) -> None:
    assert agree(ask, mutated, range(100))["refuted"] > 60


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_they_agree_on_many_bundles(ask: Ask) -> None:
    assert agree(ask, valid, range(1_000)) == {"proven": 1_000}
    assert agree(ask, mutated, range(100, 1_100))["refuted"] > 600


def test_they_agree_on_archives(ask: Ask) -> None:
    """Every other way of writing the same members, or others."""
    data = valid(1)
    members = unpack(data)
    forms = [
        data,
        b"",
        pack({}),
        data + b"\0",
        b"\0" + data,
        data[:-1],
        data[1:],
        pack({name: data for name, data in members.items() if name != "bundle.json"}),
        pack(members | {"audit.json": b"{}"}),
        pack(members | {"bundle.json": members["bundle.json"].ljust(4097)}),
        pack(members | {"bundle.json": members["bundle.json"].replace(b"public", b"audit")}),
    ]
    answers = ask(question(each) for each in forms)
    assert [there(answer) for answer in answers] == [here(each) for each in forms]


def test_they_agree_on_auditors_bundles(ask: Ask) -> None:
    """The browser's checks the public part alone, in which nothing differs."""
    bundles = [valid(seed, audit=True) for seed in range(3)]
    assert [there(answer) for answer in ask(question(each) for each in bundles)] == [here(each) for each in bundles]


def test_without_a_policy_nothing_is_proven(ask: Ask) -> None:
    untrusted, wrong = ask([question(valid(1), ""), question(valid(1), "quorum somebody\n")])
    assert there(untrusted) == ("not-proven", None)
    assert there(wrong) == ("unreadable", None)


def proofs() -> list[tuple[bytes, bytes, bytes]]:
    """Key, alpha and proof: what the RFC gives, and all that asks for another output."""
    rfc = json.loads((Path(__file__).parents[1] / "protocol" / "vectors" / "ecvrf.json").read_text())
    secret = plain_curve.secret_scalar(SEED)
    twisted = [plain_curve.add(PUBLIC, torsion) for torsion in TORSION[1:]]
    s = int.from_bytes(PI[48:], "little")
    return [
        *((bytes.fromhex(each["PK"]), bytes.fromhex(each["alpha"]), bytes.fromhex(each["pi"])) for each in rfc),
        (PUBLIC, ALPHA, PI),
        (PUBLIC, ALPHA + b"other", PI),
        *((PUBLIC, ALPHA, PI[:place] + bytes([PI[place] ^ 1]) + PI[place + 1 :]) for place in (0, 31, 32, 47, 48, 79)),
        *((PUBLIC, ALPHA, PI[:48] + encode(number)) for number in range(s + L, 2**256, 4 * L)),
        *((PUBLIC, ALPHA, PI[:32] + bytes(16) + encode(number)) for number in (0, 1, L - 1, L)),
        *((PUBLIC, ALPHA, each + PI[32:]) for each in TORSION),
        *((PUBLIC, ALPHA, encode(y) + PI[32:]) for y in (P, P + 1, P + 3, 1 | SIGN_BIT, P - 1 | SIGN_BIT, 2)),
        *(
            (PUBLIC, ALPHA, plain_curve.forge(secret, PUBLIC, plain_curve.add(PI[:32], each), ALPHA))
            for each in TORSION
        ),
        *((each, ALPHA, plain_curve.forge(0, each, NEUTRAL, ALPHA)) for each in TORSION),
        *((each, ALPHA, PI) for each in twisted),
        *((encode(y | sign), ALPHA, PI) for y in (P, P + 1, P + 3, P + 18, 1, 2, P - 1) for sign in (0, SIGN_BIT)),
        *((PUBLIC, ALPHA, PI[:length]) for length in (0, 79)),
        (PUBLIC[:-1], ALPHA, PI),
    ]


def output(public: bytes, alpha: bytes, pi: bytes) -> str | None:
    try:
        return verify(public, alpha, pi).hex()
    except ProtocolError:
        return None


def test_they_agree_on_every_proof(ask: Ask) -> None:
    asked = proofs()
    answers = ask({"key": key.hex(), "alpha": alpha.hex(), "pi": pi.hex()} for key, alpha, pi in asked)
    assert [answer["beta"] for answer in answers] == [output(*each) for each in asked]
    assert sum(answer["beta"] is not None for answer in answers) == 5


def randomness(round_: Round) -> str | None:
    try:
        return verify_round(round_).hex()
    except ProtocolError:
        return None


def test_they_agree_on_rounds_of_the_beacon(ask: Ask) -> None:
    """Real rounds; signatures with other flags, of another round, at infinity; a previous one that is not a point."""
    chained = next(each for each in ROUNDS if each.previous)
    free = next(each for each in ROUNDS if not each.previous)
    rounds = [
        *ROUNDS,
        *(replace(free, signature=each) for each in altered_points(free.signature)),
        *(replace(chained, signature=each) for each in altered_points(chained.signature)),
        *(replace(chained, previous=each) for each in (b"", bytes(32), *altered_points(chained.previous))),
        replace(free, round=free.round + 1),
        replace(free, previous=chained.previous),
    ]
    answers = ask(
        {
            "chain": each.chain_hash,
            "round": each.round,
            "signature": each.signature.hex(),
            "previous": each.previous.hex() or None,
        }
        for each in rounds
    )
    assert [answer["randomness"] for answer in answers] == [randomness(each) for each in rounds]
    assert [answer["randomness"] for answer in answers[: len(ROUNDS)]] == [
        each["randomness"] for each in DRAND["rounds"]
    ]


def altered_points(point: bytes) -> list[bytes]:
    """The same with each flag turned, a bit turned, cut off; and infinity."""
    flags = [bytes([point[0] ^ flag]) + point[1:] for flag in (0x80, 0x40, 0x20)]
    return [*flags, point[:-1] + bytes([point[-1] ^ 1]), point[:-1], b"\xc0" + bytes(len(point) - 1)]
