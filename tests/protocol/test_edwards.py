"""The curve as the protocol uses it: the same group as in plain integers, and one encoding for each point."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nacl import bindings, exceptions

from expertpool.protocol import edwards
from expertpool.protocol.edwards import NEUTRAL, ZERO, NotAPoint, NotAScalar, Point, Scalar
from tests.protocol import plain_curve
from tests.protocol.plain_curve import BASE, SIGN_BIT, TORSION, L, P, encode

scalars = st.one_of(st.sampled_from([0, 1, 2, 7, 8, L - 1]), st.integers(0, L - 1))
any_points = st.builds(
    lambda n, torsion: plain_curve.add(plain_curve.multiply(n, BASE), torsion), scalars, st.sampled_from(TORSION)
)
SECOND_SPELLINGS = {
    **{f"y = p + {y}": encode(P + y) for y in range(19)},
    **{f"y = p + {y}, sign": encode(P + y | SIGN_BIT) for y in range(19)},
    "-0 at y = 1": encode(1 | SIGN_BIT),
    "-0 at y = -1": encode(P - 1 | SIGN_BIT),
}


def test_there_are_eight_torsion_points() -> None:
    assert len(set(TORSION)) == 8
    assert TORSION[0] == NEUTRAL
    assert TORSION[4] == encode(P - 1)
    assert plain_curve.add(TORSION[7], TORSION[1]) == NEUTRAL


@pytest.mark.parametrize("point", [BASE, *TORSION], ids=bytes.hex)
def test_points_decode_whatever_their_order(point: bytes) -> None:
    assert edwards.decode(point) == point


@pytest.mark.parametrize("encoding", SECOND_SPELLINGS.values(), ids=SECOND_SPELLINGS)
def test_second_spellings_are_refused(encoding: bytes) -> None:
    with pytest.raises(NotAPoint):
        edwards.decode(encoding)


def test_libsodium_itself_takes_second_spellings() -> None:
    taken = [encode(P), encode(P + 1), encode(1 | SIGN_BIT), encode(P - 1 | SIGN_BIT)]
    assert [len(bindings.crypto_core_ed25519_add(encoding, NEUTRAL)) for encoding in taken] == [32] * 4


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_other_lengths_are_refused(size: int) -> None:
    with pytest.raises(NotAPoint):
        edwards.decode(bytes(size))
    with pytest.raises(NotAScalar):
        edwards.decode_scalar(bytes(size))


@given(st.one_of(st.binary(min_size=32, max_size=32), st.integers(0, 300).map(encode)))
@example(encode(P - 1))
@example(encode(2))  # not on the curve
def test_decoding_is_that_of_rfc_8032(encoding: bytes) -> None:
    try:
        accepted = edwards.decode(encoding) == encoding
    except NotAPoint:
        accepted = False
    assert accepted == plain_curve.on_curve(encoding)


def test_scalars_end_below_l() -> None:
    assert edwards.decode_scalar(encode(L - 1)) == encode(L - 1)
    assert edwards.decode_scalar(bytes(32)) == ZERO
    for number in (L, L + 1, 2 * L, 2**255 - 1, 2**256 - 1):
        with pytest.raises(NotAScalar):
            edwards.decode_scalar(encode(number))


@settings(max_examples=30)
@given(any_points, any_points)
@example(NEUTRAL, NEUTRAL)
@example(BASE, BASE)
@example(BASE, TORSION[4])
def test_addition_is_the_curve_s(p: bytes, q: bytes) -> None:
    assert edwards.add(Point(p), Point(q)) == plain_curve.add(p, q)
    assert edwards.subtract(Point(p), Point(q)) == plain_curve.add(p, plain_curve.multiply(-1, q))
    assert edwards.subtract(Point(p), Point(p)) == NEUTRAL
    assert edwards.clear_cofactor(Point(p)) == plain_curve.multiply(8, p)


@settings(max_examples=30)
@given(scalars, scalars)
@example(0, 5)
@example(5, 0)
@example(L - 1, L - 1)
def test_multiplication_has_an_answer_for_every_scalar(n: int, scalar: int) -> None:
    point = Point(plain_curve.multiply(n, BASE))
    assert edwards.multiply(Scalar(encode(scalar)), point) == plain_curve.multiply(scalar, point)
    assert edwards.multiply_base(Scalar(encode(scalar))) == plain_curve.multiply(scalar, BASE)


@pytest.mark.parametrize("torsion", TORSION[1:], ids=bytes.hex)
def test_multiplication_outside_the_subgroup_raises(torsion: bytes) -> None:
    for point in (torsion, plain_curve.add(BASE, torsion)):
        with pytest.raises(exceptions.RuntimeError):
            edwards.multiply(Scalar(encode(8)), Point(point))


@given(scalars, scalars, scalars)
def test_scalars_are_integers_modulo_l(a: int, b: int, c: int) -> None:
    result = edwards.multiply_add(Scalar(encode(a)), Scalar(encode(b)), Scalar(encode(c)))
    assert int.from_bytes(result, "little") == (a * b + c) % L


@given(st.binary(min_size=64, max_size=64))
@example(b"\xff" * 64)
@example(encode(L) + bytes(32))
def test_reduction(digest: bytes) -> None:
    assert int.from_bytes(edwards.reduce(digest), "little") == int.from_bytes(digest, "little") % L


@given(scalars.filter(bool))
def test_multiples_of_the_base_have_prime_order(n: int) -> None:
    assert edwards.has_prime_order(edwards.multiply_base(Scalar(encode(n))))


@settings(max_examples=20)
@given(scalars, st.sampled_from(TORSION[1:]))
def test_a_torsion_component_is_found(n: int, torsion: bytes) -> None:
    assert not edwards.has_prime_order(Point(plain_curve.add(plain_curve.multiply(n, BASE), torsion)))


def test_the_neutral_point_has_not_prime_order() -> None:
    assert not edwards.has_prime_order(NEUTRAL)


@pytest.mark.parametrize("torsion", TORSION[1:], ids=bytes.hex)
def test_it_is_found_by_a_libsodium_that_multiplies_anything(torsion: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """CVE-2025-69277: a library from before the repair took points with a component of order 2 for good ones."""

    def unchecked(scalar: bytes, point: bytes) -> bytes:
        return plain_curve.multiply(int.from_bytes(scalar, "little"), point)

    monkeypatch.setattr(bindings, "crypto_scalarmult_ed25519_noclamp", unchecked)
    assert edwards.has_prime_order(Point(BASE))
    assert not edwards.has_prime_order(Point(torsion))
    assert not edwards.has_prime_order(Point(plain_curve.add(BASE, torsion)))
