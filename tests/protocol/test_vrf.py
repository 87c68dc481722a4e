"""ECVRF-EDWARDS25519-SHA512-TAI: the RFC's vectors, a second implementation, and whoever wants another output."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expertpool.protocol.vrf import KeyInvalid, ProofInvalid, prove, public_key, validate_key, verify
from ledger import ed25519
from tests.protocol import plain_curve
from tests.protocol.plain_curve import BASE, NEUTRAL, SIGN_BIT, TORSION, L, P, encode

VECTORS = Path(__file__).parent / "vectors" / "ecvrf.json"
SHARED = Path(__file__).parents[3] / "shared" / "vectors" / "ecvrf.json"
RFC_9381 = json.loads(VECTORS.read_text())

SEED = bytes(range(32))
PUBLIC = public_key(SEED)
ALPHA = b"the leaf hash of an intent"
PI = prove(SEED, ALPHA)
BETA = verify(PUBLIC, ALPHA, PI)

seeds = st.binary(min_size=32, max_size=32)
alphas = st.binary(max_size=100)


def refused(public: bytes, alpha: bytes, pi: bytes) -> str:
    """Return why; fails where there is an output."""
    with pytest.raises(ProofInvalid) as caught:
        verify(public, alpha, pi)
    return str(caught.value.params["why"])


@pytest.mark.parametrize("vector", RFC_9381, ids=lambda vector: f"example {vector['example']}")
def test_rfc_9381(vector: dict[str, Any]) -> None:
    seed, public, alpha, pi, beta = (bytes.fromhex(vector[name]) for name in ("SK", "PK", "alpha", "pi", "beta"))
    assert public_key(seed) == public
    assert prove(seed, alpha) == pi
    assert verify(public, alpha, pi) == beta
    assert plain_curve.lax_verify(public, alpha, pi) == beta


def test_the_vectors_are_whole() -> None:
    assert [vector["example"] for vector in RFC_9381] == [16, 17, 18]


@pytest.mark.skipif(not SHARED.exists(), reason="the folder of shared vectors is not beside this checkout")
def test_the_vectors_are_the_shared_ones() -> None:
    assert json.loads(SHARED.read_text()) == RFC_9381


@settings(max_examples=25)
@given(seeds, alphas)
def test_what_is_proved_verifies_here_and_elsewhere(seed: bytes, alpha: bytes) -> None:
    public, pi = public_key(seed), prove(seed, alpha)
    assert public == ed25519.public_key(seed)
    assert len(pi) == 80
    assert prove(seed, alpha) == pi
    assert verify(public, alpha, pi) == plain_curve.lax_verify(public, alpha, pi)


@settings(max_examples=15)
@given(seeds, alphas, st.integers(1, L - 1))
def test_another_nonce_gives_another_proof_of_the_same_output(seed: bytes, alpha: bytes, k: int) -> None:
    """Nobody but the key's owner can, and it changes nothing."""
    x, public, pi = plain_curve.secret_scalar(seed), public_key(seed), prove(seed, alpha)
    h, gamma = plain_curve.hash_to_curve(public, alpha), pi[:32]
    c = plain_curve.challenge(public, h, gamma, plain_curve.multiply(k, BASE), plain_curve.multiply(k, h))
    other = gamma + c + encode((k + int.from_bytes(c, "little") * x) % L)
    assert other != pi
    assert verify(public, alpha, other) == verify(public, alpha, pi)


@given(alphas, alphas)
def test_a_proof_is_for_its_alpha_alone(alpha: bytes, other: bytes) -> None:
    if alpha == other:
        assert verify(PUBLIC, other, prove(SEED, alpha))
    else:
        assert refused(PUBLIC, other, prove(SEED, alpha)) == "challenge"


@given(seeds.filter(lambda seed: seed != SEED))
def test_a_proof_is_for_its_key_alone(seed: bytes) -> None:
    assert refused(public_key(seed), ALPHA, PI) == "challenge"


@given(st.binary(max_size=120))
def test_any_bytes_are_refused(pi: bytes) -> None:
    assert refused(PUBLIC, ALPHA, pi)


@pytest.mark.parametrize("place", range(80))
def test_every_bit_counts(place: int) -> None:
    for bit in range(8):
        changed = bytearray(PI)
        changed[place] ^= 1 << bit
        assert refused(PUBLIC, ALPHA, bytes(changed))


def test_other_lengths_are_refused() -> None:
    for pi in (b"", PI[:-1], PI[1:], PI + b"\0", PI[:48], PI + PI):
        assert refused(PUBLIC, ALPHA, pi) == "length"


def test_s_has_one_spelling() -> None:
    s = int.from_bytes(PI[48:], "little")
    for number in range(s + L, 2**256, L):
        assert refused(PUBLIC, ALPHA, PI[:48] + encode(number)) == "scalar"


@pytest.mark.parametrize("gamma", [P, P + 3, 1 | SIGN_BIT, P - 1 | SIGN_BIT, P + 1, 2], ids=hex)
def test_gamma_has_one_spelling(gamma: int) -> None:
    assert refused(PUBLIC, ALPHA, encode(gamma) + PI[32:]) == "gamma-encoding"


@pytest.mark.parametrize("torsion", TORSION[1:], ids=bytes.hex)
def test_gamma_with_a_torsion_component_is_refused(torsion: bytes) -> None:
    """The key's owner can make a proof that the RFC's verification takes; its contribution would have two spellings."""
    gamma = plain_curve.add(PI[:32], torsion)
    assert refused(PUBLIC, ALPHA, gamma + PI[32:]) == "gamma-order"
    forged = plain_curve.forge(plain_curve.secret_scalar(SEED), PUBLIC, gamma, ALPHA)
    assert plain_curve.lax_verify(PUBLIC, ALPHA, forged) == BETA
    assert refused(PUBLIC, ALPHA, forged) == "gamma-order"


@pytest.mark.parametrize("gamma", TORSION, ids=bytes.hex)
def test_gamma_of_small_order_is_refused(gamma: bytes) -> None:
    assert refused(PUBLIC, ALPHA, gamma + PI[32:]) == "gamma-order"


@pytest.mark.parametrize("public", TORSION, ids=bytes.hex)
def test_a_key_of_small_order_is_refused(public: bytes) -> None:
    """Under it anyone could prove one and the same output for every alpha."""
    forged = plain_curve.forge(0, public, NEUTRAL, ALPHA)
    assert plain_curve.lax_verify(public, ALPHA, forged)
    assert refused(public, ALPHA, forged) == "order"
    with pytest.raises(KeyInvalid):
        validate_key(public)


@pytest.mark.parametrize("torsion", TORSION[1:], ids=bytes.hex)
def test_a_key_with_a_torsion_component_is_refused(torsion: bytes) -> None:
    x, public = plain_curve.secret_scalar(SEED), plain_curve.add(PUBLIC, torsion)
    gamma = plain_curve.multiply(x, plain_curve.hash_to_curve(public, ALPHA))
    forged = plain_curve.forge(x, public, gamma, ALPHA)
    assert plain_curve.lax_verify(public, ALPHA, forged)
    assert refused(public, ALPHA, forged) == "order"


@pytest.mark.parametrize(
    "public",
    [
        *(encode(y | sign) for y in (P, P + 1, P + 3, P + 18) for sign in (0, SIGN_BIT)),
        encode(1 | SIGN_BIT),
        encode(P - 1 | SIGN_BIT),
        encode(2),
        b"",
        PUBLIC[:-1],
        PUBLIC + b"\0",
    ],
    ids=bytes.hex,
)
def test_a_key_has_one_spelling(public: bytes) -> None:
    assert refused(public, ALPHA, PI) == "encoding"
    with pytest.raises(KeyInvalid):
        validate_key(public)


@given(seeds)
def test_the_key_of_any_seed_is_valid(seed: bytes) -> None:
    assert validate_key(public_key(seed)) == public_key(seed)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        public_key(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        prove(bytes(size), ALPHA)


@pytest.mark.parametrize("error", [KeyInvalid(why="order"), ProofInvalid(why="scalar")], ids=str)
def test_errors_have_words(error: ProofInvalid) -> None:
    for lang in ("zh", "en"):
        assert str(error.params["why"]) in error.text(lang)
