"""drand rounds: real ones pass, and whoever would like other randomness gets none."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from expertpool.protocol import beacon
from expertpool.protocol.beacon import CHAINS, LAST_ROUND, BeaconInvalid, Round, round_after, round_due, verify_round

VECTORS = Path(__file__).parent / "vectors" / "drand.json"
SHARED = Path(__file__).parents[3] / "shared" / "vectors" / "drand.json"
DRAND = json.loads(VECTORS.read_text())
DEFAULT, QUICKNET = (DRAND["chains"][name]["chain_hash"] for name in ("default", "quicknet"))

# BLS12-381: its parameter, the prime order of the groups, the field's prime.
Z = -0xD201000000010000
R = Z**4 - Z**2 + 1
P = (Z - 1) ** 2 * R // 3 + Z
COMPRESSED, INFINITY, SIGN = 0x80, 0x40, 0x20

G1_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


def round_of(vector: dict[str, Any]) -> Round:
    return Round(
        DRAND["chains"][vector["chain"]]["chain_hash"],
        vector["round"],
        bytes.fromhex(vector["signature"]),
        bytes.fromhex(vector.get("previous_signature", "")),
    )


QUICK = round_of(DRAND["rounds"][0])
CHAINED = round_of(DRAND["rounds"][3])
Group = TypeVar("Group", G1Point, G2Point)
BOTH = pytest.mark.parametrize("real", [QUICK, CHAINED], ids=["quicknet", "default"])


def refused(round_: Round) -> str:
    """Return why; fails where there is randomness."""
    with pytest.raises(BeaconInvalid) as caught:
        verify_round(round_)
    return str(caught.value.params["why"])


def outside_the_subgroup(group: type[Group], size: int) -> Group:
    """Return a point of the curve that has a torsion component: the first one that any x gives."""
    for x in range(1, 100):
        try:
            point = group.from_compressed_bytes_unchecked(bytes([COMPRESSED]) + x.to_bytes(size - 1))
        except ValueError:
            continue
        if not point.is_in_subgroup():
            return point
    raise AssertionError("no point")


def torsion_of(point: Group) -> Group:
    """Return the point times the groups' order: what is left of it outside the subgroup."""
    result = point
    for bit in f"{R:b}"[1:]:
        result += result
        if bit == "1":
            result += point
    return result


@pytest.mark.parametrize("vector", DRAND["rounds"], ids=lambda vector: f"{vector['chain']} {vector['round']}")
def test_real_rounds(vector: dict[str, Any]) -> None:
    assert verify_round(round_of(vector)).hex() == vector["randomness"]
    due = round_due(CHAINS[round_of(vector).chain_hash], vector["round"])
    assert due == datetime.fromisoformat(vector["round_time_utc"])


def test_the_vectors_are_whole() -> None:
    assert [vector["chain"] for vector in DRAND["rounds"]] == ["quicknet"] * 3 + ["default"] * 3


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of shared vectors is not beside this checkout")
def test_the_vectors_are_the_shared_ones() -> None:
    assert json.loads(SHARED.read_text()) == DRAND


@pytest.mark.parametrize("name", DRAND["chains"])
def test_the_pinned_chains_are_what_their_hashes_commit_to(name: str) -> None:
    info = DRAND["chains"][name]
    chain = CHAINS[info["chain_hash"]]
    assert (chain.name, chain.scheme, chain.public_key.hex()) == (name, info["scheme"], info["public_key"])
    assert int(chain.genesis.timestamp()) == info["genesis_time"]
    assert chain.period == timedelta(seconds=info["period"])
    committed = (
        info["period"].to_bytes(4)
        + info["genesis_time"].to_bytes(8)
        + chain.public_key
        + bytes.fromhex(info["genesis_seed"])
        + (b"" if name == "default" else name.encode())
    )
    assert hashlib.sha256(committed).hexdigest() == info["chain_hash"]


def test_no_other_chain_is_pinned() -> None:
    assert set(CHAINS) == {DEFAULT, QUICKNET}


# --- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chain", CHAINS.values(), ids=lambda chain: chain.name)
def test_the_next_round_is_never_one_that_is_due_already(chain: beacon.Chain) -> None:
    tick = timedelta(microseconds=1)
    assert round_due(chain, 1) == chain.genesis
    assert round_after(chain, chain.genesis - timedelta(days=5000)) == 1
    assert round_after(chain, chain.genesis - tick) == 1
    assert round_after(chain, chain.genesis) == 2
    assert round_after(chain, chain.genesis + chain.period - tick) == 2
    assert round_after(chain, chain.genesis + chain.period) == 3


@given(
    st.sampled_from(sorted(CHAINS)),
    st.integers(0, 80 * 365 * 86400 * 10**6).map(
        lambda us: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    ),
)
def test_the_next_round_is_the_first_due_later(chain_hash: str, moment: datetime) -> None:
    chain = CHAINS[chain_hash]
    number = round_after(chain, moment)
    assert round_due(chain, number - 1) <= moment < round_due(chain, number)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        round_after(CHAINS[QUICKNET], datetime(2026, 1, 1))  # noqa: DTZ001


@BOTH
def test_round_numbers_have_bounds(real: Round) -> None:
    chain = CHAINS[real.chain_hash]
    assert round_due(chain, LAST_ROUND).year > 2400
    assert refused(replace(real, round=LAST_ROUND)) == "signature"
    for number in (-1, 0, LAST_ROUND + 1, 2**64, 2**70):
        assert refused(replace(real, round=number)) == "round"
        with pytest.raises(BeaconInvalid):
            round_due(chain, number)


# --- attacks ------------------------------------------------------------------------------------------------------


@BOTH
def test_a_signature_is_for_its_round_alone(real: Round) -> None:
    for number in (1, real.round - 1, real.round + 1):
        assert refused(replace(real, round=number)) == "signature"


def test_another_round_s_signature_is_refused() -> None:
    other = round_of(DRAND["rounds"][1])
    assert refused(replace(QUICK, signature=other.signature)) == "signature"


def test_a_chained_round_needs_its_previous_signature() -> None:
    other = round_of(DRAND["rounds"][4]).previous
    changed = bytes([CHAINED.previous[0] ^ 1]) + CHAINED.previous[1:]
    for previous in (b"", other, changed, CHAINED.previous[:-1], CHAINED.previous + b"\0", CHAINED.signature):
        assert refused(replace(CHAINED, previous=previous)) == "signature"


def test_an_unchained_round_has_no_previous_signature() -> None:
    assert refused(replace(QUICK, previous=b"\0")) == "previous"
    assert refused(replace(QUICK, previous=CHAINED.previous)) == "previous"


def test_chains_cannot_be_swapped() -> None:
    assert refused(replace(QUICK, chain_hash=DEFAULT)) == "encoding"
    assert refused(replace(CHAINED, chain_hash=QUICKNET)) == "previous"
    assert refused(replace(CHAINED, chain_hash=QUICKNET, previous=b"")) == "encoding"


@pytest.mark.parametrize("chain_hash", ["", "quicknet", QUICKNET.upper(), QUICKNET[:-1], "0" * 64])
def test_other_chains_are_refused(chain_hash: str) -> None:
    assert refused(replace(QUICK, chain_hash=chain_hash)) == "chain"


@BOTH
def test_every_byte_of_a_signature_counts(real: Round) -> None:
    for place in range(len(real.signature)):
        changed = bytearray(real.signature)
        changed[place] ^= 1
        assert refused(replace(real, signature=bytes(changed))) in {"encoding", "order", "signature"}


@BOTH
def test_every_flag_of_a_signature_counts(real: Round) -> None:
    first, rest = real.signature[:1], real.signature[1:]
    for flag, why in ((COMPRESSED, "encoding"), (INFINITY, "encoding"), (SIGN, "signature")):
        assert refused(replace(real, signature=bytes([first[0] ^ flag]) + rest)) == why


@BOTH
def test_other_lengths_are_refused(real: Round) -> None:
    signature = real.signature
    for wrong in (b"", signature[:-1], signature[1:], signature + b"\0", signature + signature):
        assert refused(replace(real, signature=wrong)) == "encoding"


@given(st.sampled_from([QUICK, CHAINED]), st.binary(min_size=96, max_size=96))
def test_any_bytes_are_refused(real: Round, signature: bytes) -> None:
    assert refused(replace(real, signature=signature[: len(real.signature)]))


@BOTH
def test_infinity_is_refused_however_it_is_spelled(real: Round) -> None:
    zeros = bytes(len(real.signature) - 1)
    assert refused(replace(real, signature=bytes([COMPRESSED | INFINITY]) + zeros)) == "order"
    for first, rest in ((COMPRESSED | INFINITY | SIGN, zeros), (COMPRESSED | INFINITY, zeros[1:] + b"\1")):
        assert refused(replace(real, signature=bytes([first]) + rest)) == "encoding"


def test_a_coordinate_above_the_prime_is_refused() -> None:
    """The point's first spelling decodes, so it is the second one that is refused."""
    point = G1Point.from_compressed_bytes_unchecked(bytes([COMPRESSED]) + (4).to_bytes(47))
    assert point.to_compressed_bytes()[-1] == 4
    second = bytearray((P + 4).to_bytes(48))
    second[0] |= COMPRESSED
    assert refused(replace(QUICK, signature=bytes(second))) == "encoding"


def test_points_outside_the_subgroup_are_refused() -> None:
    in_g1, in_g2 = outside_the_subgroup(G1Point, 48), outside_the_subgroup(G2Point, 96)
    for point1 in (in_g1, torsion_of(in_g1)):
        assert refused(replace(QUICK, signature=point1.to_compressed_bytes())) == "order"
    for point2 in (in_g2, torsion_of(in_g2)):
        assert refused(replace(CHAINED, signature=point2.to_compressed_bytes())) == "order"


def test_a_signature_with_a_torsion_component_is_refused() -> None:
    """It pairs like the real one, so a check without the subgroup would give as many values as there is torsion."""
    torsion = torsion_of(outside_the_subgroup(G1Point, 48))
    poisoned = G1Point.from_compressed_bytes(QUICK.signature) + torsion
    hashed = G1Point.hash_to_curve(hashlib.sha256(QUICK.round.to_bytes(8)).digest(), G1_DOMAIN)
    key = G2Point.from_compressed_bytes(CHAINS[QUICKNET].public_key)
    assert GT.pairing_check([poisoned, -hashed], [G2Point(), key])
    assert poisoned.to_compressed_bytes() != QUICK.signature
    assert refused(replace(QUICK, signature=poisoned.to_compressed_bytes())) == "order"


def test_a_chained_signature_with_a_torsion_component_is_refused() -> None:
    torsion = torsion_of(outside_the_subgroup(G2Point, 96))
    poisoned = G2Point.from_compressed_bytes(CHAINED.signature) + torsion
    assert refused(replace(CHAINED, signature=poisoned.to_compressed_bytes())) == "order"


def sign(secret: int, number: int) -> bytes:
    """Sign as quicknet would if its key were this secret."""
    hashed = G1Point.hash_to_curve(hashlib.sha256(number.to_bytes(8)).digest(), G1_DOMAIN)
    return (hashed * Scalar(secret)).to_compressed_bytes()


def pin(monkeypatch: pytest.MonkeyPatch, public_key: bytes) -> None:
    monkeypatch.setattr(beacon, "CHAINS", {QUICKNET: replace(CHAINS[QUICKNET], public_key=public_key)})


def test_a_signature_by_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = replace(QUICK, signature=sign(12345, QUICK.round))
    assert refused(forged) == "signature"
    pin(monkeypatch, (G2Point() * Scalar(12345)).to_compressed_bytes())
    assert verify_round(forged) == hashlib.sha256(forged.signature).digest()
    assert refused(QUICK) == "signature"


def test_a_key_outside_the_subgroup_would_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the neutral key everything pairs."""
    secret, outside = Scalar(12345), outside_the_subgroup(G2Point, 96)
    for key in (G2Point.identity(), outside, G2Point() * secret + torsion_of(outside)):
        pin(monkeypatch, key.to_compressed_bytes())
        assert refused(replace(QUICK, signature=sign(12345, QUICK.round))) == "order"


# --- manners ------------------------------------------------------------------------------------------------------


def test_the_library_is_loaded_only_for_a_round() -> None:
    program = "import sys, expertpool.protocol.beacon; sys.exit('py_arkworks_bls12381' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_errors_have_words() -> None:
    for lang in ("zh", "en"):
        assert "order" in BeaconInvalid(why="order").text(lang)
