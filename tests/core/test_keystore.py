"""Keys in memory: standard operations, each with its own kind of key, and no way to get a secret out."""

import ast
import base64
import copy
import hmac
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.errors import ExpertpoolError
from expertpool.core.keystore import (
    Algorithm,
    BadKeyName,
    BadKeyVariable,
    EnvironmentKeyStore,
    HeldKeys,
    KeyInfo,
    KeyMissing,
    KeyStore,
    NoProver,
    SealBroken,
    WrongAlgorithm,
    _ProvingKey,
    wipe,
)
from expertpool.protocol import vrf
from expertpool.protocol.envelope import seal_to

# RFC 8032, section 7.1, TEST 3
SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
SECRET = bytes(range(32))
ROOT = Path(__file__).parents[2]


def encoded(seed: bytes) -> str:
    return base64.b64encode(seed).decode()


# RFC 9381, section B.3, example 16
VRF_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
VRF_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
X25519_SEED = bytes(range(32, 64))
VARIABLES = {
    "EXPERTPOOL_KEY_CHECKPOINT_2026": f"ed25519:checkpoint:{encoded(SEED)}",
    "EXPERTPOOL_KEY_PHONES": f"secret-32:blind-index:{encoded(SECRET)}",
    "EXPERTPOOL_KEY_SHARE": f"x25519:share:{encoded(X25519_SEED)}",
    "EXPERTPOOL_KEY_VRF": f"ecvrf:contribution:{encoded(VRF_SEED)}",
    "EXPERTPOOL_KEYS": "none of ours",
    "PATH": "/bin",
}


@pytest.fixture
def store() -> KeyStore:
    return EnvironmentKeyStore(VARIABLES, vrf.prove)


def expand(label: bytes) -> bytes:
    """HKDF-Expand (RFC 5869, section 2.3) to one block, written out."""
    return hmac.digest(SECRET, label + b"\x01", "sha256")


def test_keys_are_named_and_described(store: KeyStore) -> None:
    assert store.names() == ("checkpoint-2026", "phones", "share", "vrf")
    assert store.describe("checkpoint-2026") == KeyInfo("checkpoint-2026", "checkpoint", "ed25519")
    assert store.describe("phones") == KeyInfo("phones", "blind-index", "secret-32")


def test_signatures_are_those_of_rfc_8032(store: KeyStore) -> None:
    assert store.public_key("checkpoint-2026") == PUBLIC
    assert store.sign_ed25519("checkpoint-2026", b"\xaf\x82") == SIGNATURE


@given(message=st.binary(), other=st.binary())
def test_a_signature_holds_for_its_message_only(message: bytes, other: bytes) -> None:
    keys = EnvironmentKeyStore(VARIABLES)
    public = Ed25519PublicKey.from_public_bytes(keys.public_key("checkpoint-2026"))
    signature = keys.sign_ed25519("checkpoint-2026", message)
    public.verify(signature, message)
    if message != other:
        with pytest.raises(InvalidSignature):
            public.verify(signature, other)


def test_a_blind_index_never_changes(store: KeyStore) -> None:
    """Stored indexes depend on these very bytes."""
    expected = hmac.digest(expand(b"expertpool secret-32 hmac-sha256"), b"13800000000", "sha256")
    assert store.hmac_sha256("phones", b"13800000000") == expected
    assert store.hmac_sha256("phones", b"13800000001") != expected


def test_a_seal_is_aes_gcm_under_a_key_of_its_own(store: KeyStore) -> None:
    """Stored seals are opened by these very bytes."""
    sealed = store.seal("phones", b"13800000000", b"row 1")
    cipher = AESGCM(expand(b"expertpool secret-32 aes-256-gcm"))
    assert cipher.decrypt(sealed[:12], sealed[12:], b"row 1") == b"13800000000"
    assert len(sealed) == len(b"13800000000") + 28


def test_the_same_text_is_never_sealed_alike(store: KeyStore) -> None:
    assert len({store.seal("phones", b"x", b"") for _ in range(100)}) == 100


@given(plaintext=st.binary(), associated=st.binary())
def test_what_is_sealed_can_be_opened(plaintext: bytes, associated: bytes) -> None:
    keys = EnvironmentKeyStore(VARIABLES)
    assert keys.open("phones", keys.seal("phones", plaintext, associated), associated) == plaintext


@given(data=st.data(), plaintext=st.binary(max_size=40))
def test_a_seal_that_was_altered_or_moved_is_refused(data: st.DataObject, plaintext: bytes) -> None:
    keys = EnvironmentKeyStore(VARIABLES)
    sealed = keys.seal("phones", plaintext, b"row 1")
    position = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[position] ^= data.draw(st.integers(1, 255))
    for altered, associated in [
        (bytes(flipped), b"row 1"),
        (sealed[:position], b"row 1"),
        (sealed + b"\0", b"row 1"),
        (sealed, b"row 2"),
    ]:
        with pytest.raises(SealBroken) as refused:
            keys.open("phones", altered, associated)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__


def test_a_proof_is_that_of_rfc_9381_and_its_key_that_of_the_seed(store: KeyStore) -> None:
    assert store.public_key("vrf") == VRF_PUBLIC == vrf.public_key(VRF_SEED)
    assert store.prove_ecvrf("vrf", b"") == vrf.prove(VRF_SEED, b"")
    assert len(vrf.verify(VRF_PUBLIC, b"alpha", store.prove_ecvrf("vrf", b"alpha"))) == 64


def test_a_store_that_was_given_no_prover_proves_nothing() -> None:
    keys = EnvironmentKeyStore(VARIABLES)
    assert keys.public_key("vrf") == VRF_PUBLIC
    with pytest.raises(NoProver):
        keys.prove_ecvrf("vrf", b"")


@given(plaintext=st.binary(max_size=100), info=st.binary(max_size=100))
def test_what_is_sealed_to_a_public_key_can_be_opened(plaintext: bytes, info: bytes) -> None:
    keys = EnvironmentKeyStore(VARIABLES)
    public = X25519PrivateKey.from_private_bytes(X25519_SEED).public_key().public_bytes_raw()
    assert keys.public_key("share") == public
    assert keys.open_hpke("share", seal_to(public, info, plaintext), info) == plaintext


@given(data=st.data(), plaintext=st.binary(max_size=40))
def test_what_was_altered_or_sealed_elsewhere_is_refused(data: st.DataObject, plaintext: bytes) -> None:
    keys = EnvironmentKeyStore(VARIABLES)
    sealed = seal_to(keys.public_key("share"), b"task 1", plaintext)
    position = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    for altered, info in [(bytes(flipped), b"task 1"), (sealed[:position], b"task 1"), (sealed, b"task 2")]:
        with pytest.raises(SealBroken) as refused:
            keys.open_hpke("share", altered, info)
        assert refused.value.__suppress_context__


Operation = Callable[[KeyStore, str], object]
SIGNING: dict[str, Operation] = {
    "sign_ed25519": lambda keys, name: keys.sign_ed25519(name, b""),
}
SECRETS: dict[str, Operation] = {
    "hmac_sha256": lambda keys, name: keys.hmac_sha256(name, b""),
    "seal": lambda keys, name: keys.seal(name, b"", b""),
    "open": lambda keys, name: keys.open(name, b"", b""),
}
OPENING: dict[str, Operation] = {"open_hpke": lambda keys, name: keys.open_hpke(name, bytes(64), b"")}
PROVING: dict[str, Operation] = {"prove_ecvrf": lambda keys, name: keys.prove_ecvrf(name, b"")}
OF_KIND = {"checkpoint-2026": SIGNING, "phones": SECRETS, "share": OPENING, "vrf": PROVING}
PUBLIC_KEY: dict[str, Operation] = {"public_key": lambda keys, name: keys.public_key(name)}
ALL: dict[str, Operation] = {
    **PUBLIC_KEY,
    **{name: operation for kind in OF_KIND.values() for name, operation in kind.items()},
    "describe": lambda keys, name: keys.describe(name),
}


@pytest.mark.parametrize("operation", ALL)
def test_a_key_that_is_not_there_is_missing(store: KeyStore, operation: str) -> None:
    with pytest.raises(KeyMissing) as refused:
        ALL[operation](store, "absent")
    assert refused.value.params == {"name": "absent"}


@pytest.mark.parametrize("kind", OF_KIND)
def test_a_key_does_what_its_algorithm_is_for_and_nothing_else(store: KeyStore, kind: str) -> None:
    others = [operation for name, operations in OF_KIND.items() if name != kind for operation in operations.values()]
    for operation in others:
        with pytest.raises(WrongAlgorithm):
            operation(store, kind)


def test_a_secret_has_no_public_key(store: KeyStore) -> None:
    with pytest.raises(WrongAlgorithm):
        store.public_key("phones")


def test_a_closed_store_has_no_keys_and_has_overwritten_what_it_could() -> None:
    with EnvironmentKeyStore(VARIABLES) as keys:
        secret, proving = keys._secret("phones"), keys._find("vrf")[1]
        assert isinstance(proving, _ProvingKey)
        assert any(secret._mac)
        assert any(proving._seed)
    assert keys.names() == ()
    assert not any(secret._mac)
    assert not any(proving._seed)
    with pytest.raises(KeyMissing):
        keys.sign_ed25519("checkpoint-2026", b"")


def test_a_seed_that_is_taken_over_is_overwritten() -> None:
    for algorithm in get_args(Algorithm):
        seed = bytearray(SEED)
        HeldKeys()._hold(KeyInfo("a", "b", algorithm), seed)
        assert seed == bytes(32)


def test_wiping_leaves_zeros_of_the_same_length() -> None:
    secret = bytearray(SEED)
    wipe(secret)
    assert secret == bytes(32)


def test_no_form_of_the_store_shows_a_secret(store: KeyStore) -> None:
    shown = repr(store) + str(store) + repr([store.describe(name) for name in store.names()])
    shown += repr(store.__dict__)
    assert "checkpoint-2026" in shown
    for seed in (SEED, SECRET, VRF_SEED, X25519_SEED):
        for form in (seed.hex(), encoded(seed), repr(seed)[2:-1]):
            assert form not in shown


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_store_is_neither_pickled_nor_copied(store: KeyStore, copying: Callable[[KeyStore], object]) -> None:
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        copying(store)


def test_there_is_no_way_to_export() -> None:
    public = {name for name in dir(HeldKeys) if not name.startswith("_")}
    operations = {
        "names",
        "describe",
        "public_key",
        "sign_ed25519",
        "hmac_sha256",
        "seal",
        "open",
        "open_hpke",
        "prove_ecvrf",
    }
    assert public == operations | {"close"}


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("EXPERTPOOL_KEY_A", ""),
        ("EXPERTPOOL_KEY_A", encoded(SEED)),
        ("EXPERTPOOL_KEY_A", f"ed25519:{encoded(SEED)}"),
        ("EXPERTPOOL_KEY_A", f"ed25519:p:{encoded(SEED)}:x"),
        ("EXPERTPOOL_KEY_A", f"rsa:p:{encoded(SEED)}"),
        ("EXPERTPOOL_KEY_A", f"ed25519::{encoded(SEED)}"),
        ("EXPERTPOOL_KEY_A", f"ed25519:P:{encoded(SEED)}"),
        ("EXPERTPOOL_KEY_A", f"ed25519:p:{encoded(SEED[1:])}"),
        ("EXPERTPOOL_KEY_A", f"ed25519:p:{encoded(SEED + b'x')}"),
        ("EXPERTPOOL_KEY_A", f"ed25519:p:{encoded(SEED)[:-1]}"),
        ("EXPERTPOOL_KEY_A", f"ed25519:p: {encoded(SEED)}"),
        ("EXPERTPOOL_KEY_A", "ed25519:p:" + "密" * 44),
        ("EXPERTPOOL_KEY_", f"ed25519:p:{encoded(SEED)}"),
        ("EXPERTPOOL_KEY_A__B", f"ed25519:p:{encoded(SEED)}"),
        ("EXPERTPOOL_KEY_2026", f"ed25519:p:{encoded(SEED)}"),
    ],
)
def test_a_variable_that_is_no_key_is_refused_without_showing_it(variable: str, text: str) -> None:
    with pytest.raises(BadKeyVariable) as refused:
        EnvironmentKeyStore({variable: text})
    assert refused.value.params == {"variable": variable}
    assert refused.value.__context__ is None or refused.value.__suppress_context__
    assert len(text) < 10 or text.rpartition(":")[2] not in str(refused.value)


@pytest.mark.parametrize("text", ["", "A", "1a", "a-", "-a", "a--b", "a_b", "a b", "a\n", "密钥", "a" * 65])
def test_a_name_or_purpose_is_a_plain_word(text: str) -> None:
    for name, purpose in ((text, "p"), ("n", text)):
        with pytest.raises(BadKeyName):
            KeyInfo(name, purpose, "ed25519")
    assert KeyInfo("a" * 64, "a-1-b", "ed25519").purpose == "a-1-b"


def test_an_algorithm_that_is_not_known_is_refused() -> None:
    with pytest.raises(WrongAlgorithm):
        KeyInfo("a", "b", "rsa")  # type: ignore[arg-type]


def test_every_refusal_is_told_in_both_languages() -> None:
    for error in (
        KeyMissing("a"),
        NoProver("a"),
        WrongAlgorithm("a", "b"),
        SealBroken("a"),
        BadKeyVariable("A"),
        BadKeyName(),
    ):
        assert isinstance(error, ExpertpoolError)
        assert error.message("zh") != error.message("en")


@pytest.mark.parametrize("module", ["keystore", "keyfile", "errors"])
def test_the_custodians_agent_needs_only_cryptography_and_the_ledger(module: str) -> None:
    tree = ast.parse((ROOT / "expertpool" / "core" / f"{module}.py").read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in imported if name.startswith("expertpool")}
    assert ours <= {"expertpool.core.errors", "expertpool.core.keystore"}
    assert {name.partition(".")[0] for name in imported - ours} <= sys.stdlib_module_names | {"cryptography", "ledger"}
