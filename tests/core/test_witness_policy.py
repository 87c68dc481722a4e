"""A policy on which outsiders may rely: its quorums meet, and the centre does not vouch for itself."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.errors import ExpertpoolError
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import load_settings
from expertpool.core.witness_policy import (
    LogNotInPolicy,
    OwnWitness,
    PolicyMalformed,
    PolicyUnreadable,
    QuorumsNeedNotMeet,
    check_policy,
    load_witness_policy,
)
from ledger.note import COSIGNATURE_V1, VerifierKey
from ledger.policy import Group, Policy, parse_policy
from tests.ledger.signers import cosigner, signer

ORIGIN = "centre.example/log"
LOG = f"log {signer(ORIGIN).key}\n"


def witnesses(count: int) -> str:
    return "".join(f"witness w{n} {cosigner(f'office{n}.example/w').key}\n" for n in range(count))


def policy(text: str, count: int = 5) -> Policy:
    return parse_policy(f"{LOG}{witnesses(count)}{text}".encode())


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "quorum w0"),
        (2, "group g all w0 w1\nquorum g"),
        (3, "group g 2 w0 w1 w2\nquorum g"),
        (4, "group g 3 w0 w1 w2 w3\nquorum g"),
        (5, "group g 3 w0 w1 w2 w3 w4\nquorum g"),
        (5, "group a 2 w0 w1 w2\ngroup b any w3 w4\ngroup g all a b\nquorum g"),  # always two of w0 to w2
        (5, "group a any w0 w1\ngroup g 2 a w2 w3\nquorum w4"),
    ],
)
def test_quorums_that_always_meet_are_accepted(count: int, text: str) -> None:
    check_policy(policy(text, count), ORIGIN)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "quorum none"),
        (2, "group g any w0 w1\nquorum g"),
        (3, "group g 1 w0 w1 w2\nquorum g"),
        (4, "group g 2 w0 w1 w2 w3\nquorum g"),
        (5, "group a any w0 w1\ngroup b any w2 w3\ngroup g all a b\nquorum g"),
        (5, "group a any w0 w1\ngroup g 2 a w2 w3\nquorum g"),
    ],
)
def test_quorums_that_need_not_meet_are_refused(count: int, text: str) -> None:
    with pytest.raises(QuorumsNeedNotMeet):
        check_policy(policy(text, count), ORIGIN)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy over a few witnesses: each name stands in one group at most, as the format has it."""
    names = [f"w{n}" for n in range(draw(st.integers(1, 6)))]
    groups: dict[str, Group] = {}
    free = list(names)
    for number in range(draw(st.integers(1, 3))):
        members = draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        groups[f"g{number}"] = Group(draw(st.integers(1, len(members))), tuple(members))
        free = [name for name in free if name not in members] + [f"g{number}"]
    keys = {name: VerifierKey(f"{name}.example", COSIGNATURE_V1, name.encode().ljust(32)) for name in names}
    return Policy({signer(ORIGIN).key: ""}, keys, draw(st.sampled_from([*names, *groups])), groups)


@given(policies())
def test_the_rule_is_that_of_trying_all_pairs_of_sets(policy: Policy) -> None:
    """Give each witness to one side or the other: more witnesses never break a quorum, so these pairs suffice."""
    names = list(policy.witnesses)
    meet = True
    for sides in product((0, 1), repeat=len(names)):
        halves = [[name for name, side in zip(names, sides, strict=True) if side == half] for half in (0, 1)]
        meet &= not all(policy._has_quorum(half) for half in halves)
    if meet:
        check_policy(policy, ORIGIN)
    else:
        with pytest.raises(QuorumsNeedNotMeet):
            check_policy(policy, ORIGIN)


def test_the_centre_does_not_vouch_for_itself() -> None:
    by_name = f"{LOG}witness own {cosigner('Centre.example/agent').key}\nquorum own\n"
    key = VerifierKey("office.example/w", COSIGNATURE_V1, signer(ORIGIN).key.public)
    by_key = f"{LOG}witness own {key}\nquorum own\n"
    for text in (by_name, by_key):
        with pytest.raises(OwnWitness) as refused:
            check_policy(parse_policy(text.encode()), ORIGIN)
        assert refused.value.params == {"name": "own"}


def test_a_policy_of_another_log_is_refused() -> None:
    with pytest.raises(LogNotInPolicy):
        check_policy(policy("quorum w0"), "centre.example/log2")


# From the settings


def settings(mode: str, file: Path) -> Settings:
    own = {"ORIGIN": ORIGIN, "NAME_ZH": "中心", "NAME_EN": "Centre", "BASE_URL": "https://x.example", "MODE": mode}
    environ = {f"EXPERTPOOL_SERVICE__{name}": value for name, value in own.items()}
    more = {
        "EXPERTPOOL_LEDGER__WITNESS_POLICY": str(file),
        "EXPERTPOOL_DRAWS__RULEBOOK": "hunan",
        "EXPERTPOOL_GATEWAY_FIRST__URL": "https://gateway.example",
        "EXPERTPOOL_PREFLIGHT__OFFICER_PHONE": "13800000000",
    }
    return load_settings(environ={**environ, **more})


def test_a_demonstration_may_do_without_and_may_be_weak(tmp_path: Path) -> None:
    file = tmp_path / "policy"
    assert load_witness_policy(settings("demo", file)) is None
    file.write_text(f"{LOG}quorum none\n")
    found = load_witness_policy(settings("demo", file))
    assert found is not None
    assert found.quorum == "none"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (None, PolicyUnreadable),
        ("quorum w0", PolicyMalformed),
        (f"{LOG}quorum none", QuorumsNeedNotMeet),
    ],
)
def test_production_may_not(tmp_path: Path, text: str | None, refusal: type[ExpertpoolError]) -> None:
    file = tmp_path / "policy"
    if text is not None:
        file.write_text(text)
    with pytest.raises(refusal):
        load_witness_policy(settings("production", file))
    file.write_text(f"{LOG}{witnesses(1)}quorum w0")
    assert load_witness_policy(settings("production", file)) is not None


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "policy"
    file.write_text(f"{LOG}gruop g any w\n")
    with pytest.raises(PolicyMalformed) as refused:
        load_witness_policy(settings("demo", file))
    assert "line 2" in refused.value.message("en")
    assert "第 2 行" in refused.value.message("zh")
