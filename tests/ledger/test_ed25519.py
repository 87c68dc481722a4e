"""Ed25519: the library and the plain implementation say the same of any input, good or bad."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import ed25519
from ledger.errors import Malformed
from ledger.note import generate_key, parse_signer_key

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493

# RFC 8032, section 7.1: seed, public key, message, signature of tests 1, 2, 3 and SHA(abc).
RFC_8032 = {
    "1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    "2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    "3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    "SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
}
SMALL_ORDER = [y | sign << 255 for y in sorted(ed25519._SMALL_ORDER_Y) for sign in (0, 1)]


def encode(number: int) -> bytes:
    return number.to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verify both ways; they must agree."""
    with pytest.MonkeyPatch.context() as patch:
        by_library = ed25519.verify(public, message, signature)
        patch.setattr(ed25519, "HAVE_CRYPTOGRAPHY", False)
        assert ed25519.verify(public, message, signature) == by_library
    return by_library


@pytest.mark.parametrize("name", RFC_8032)
def test_rfc_8032(name: str) -> None:
    seed, public, message, signature = map(bytes.fromhex, RFC_8032[name])
    assert ed25519.public_key(seed) == public
    assert ed25519.sign(seed, message) == signature
    assert verify(public, message, signature)
    assert not verify(public, message + b"\0", signature)


@settings(max_examples=30)
@given(
    st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 32 * 8 - 1), st.integers(0, 64 * 8 - 1)
)
def test_signed_and_changed(seed: bytes, message: bytes, key_bit: int, signature_bit: int) -> None:
    public, signature = ed25519.public_key(seed), ed25519.sign(seed, message)
    assert verify(public, message, signature)
    assert not verify(encode(int.from_bytes(public, "little") ^ 1 << key_bit), message, signature)
    forged = int.from_bytes(signature, "little") ^ 1 << signature_bit
    assert not verify(public, message, forged.to_bytes(64, "little"))


@settings(max_examples=50)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=3), st.binary(min_size=64, max_size=64))
def test_random_input(public: bytes, message: bytes, signature: bytes) -> None:
    assert not verify(public, message, signature)


@pytest.mark.parametrize(("key_size", "signature_size"), [(31, 64), (33, 64), (0, 64), (32, 63), (32, 65), (32, 0)])
def test_other_lengths(key_size: int, signature_size: int) -> None:
    assert not verify(bytes(key_size), b"", bytes(signature_size))


def test_a_scalar_is_below_the_order() -> None:
    _, public, message, signature = map(bytes.fromhex, RFC_8032["3"])
    scalar = int.from_bytes(signature[32:], "little")
    for malleable in (scalar + L, scalar + 2 * L, scalar + 7 * L, L, 2**256 - 1):
        assert not verify(public, message, signature[:32] + encode(malleable))


def test_the_points_of_small_order_are_all_known() -> None:
    points = {point for number in SMALL_ORDER if (point := ed25519._decompress(encode(number))) is not None}
    identity = encode(1)
    assert {ed25519._compress(ed25519._multiply(8, point)) for point in points} == {identity}
    orders = sorted(
        next(n for n in (1, 2, 4, 8) if ed25519._compress(ed25519._multiply(n, p)) == identity) for p in points
    )
    assert orders == [1, 2, 4, 4, 8, 8, 8, 8]


@pytest.mark.parametrize("number", [*SMALL_ORDER, *range(P, 2**255), *range(P + 2**255, 2**256)], ids=hex)
def test_keys_that_never_verify(number: int) -> None:
    """Small order, y >= p, and x = 0 with a sign: under several of these, zero is a signature of anything."""
    for r in (1, P - 1, 0, number):
        for message in (b"", b"a", b"b"):
            assert not verify(encode(number), message, encode(r) + bytes(32))


@pytest.mark.parametrize("number", [*SMALL_ORDER, P, P + 1, P + 1 + 2**255, 2**255 - 1, 2**256 - 1], ids=hex)
def test_commitments_of_small_order_or_not_canonical(number: int) -> None:
    seed = bytes(32)
    assert not verify(ed25519.public_key(seed), b"a", encode(number) + bytes(32))
    assert not verify(ed25519.public_key(seed), b"a", encode(number) + ed25519.sign(seed, b"a")[32:])


def test_a_bare_python_verifies_and_does_not_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = generate_key("example.com/log")
    monkeypatch.setattr(ed25519, "HAVE_CRYPTOGRAPHY", False)
    for refused in (lambda: ed25519.sign(bytes(32), b""), lambda: parse_signer_key(text)):
        with pytest.raises(Malformed) as malformed:
            refused()
        assert malformed.value.code == "key.no-signing"
