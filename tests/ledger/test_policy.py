"""Trust policies: whose signature counts, what makes a quorum, and which line is wrong."""

from itertools import combinations

import pytest

from ledger.checkpoint import Checkpoint, SignedCheckpoint, parse_signed_checkpoint, sign_checkpoint
from ledger.cosignature import cosign
from ledger.errors import LedgerError, Malformed, Refused
from ledger.note import Signature, VerifierKey
from ledger.policy import Group, parse_policy
from tests.ledger.signers import cosigner, signer

LOG = signer("example.com/log")
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
WITNESSES = {name: cosigner(f"example.org/{name}") for name in NAMES}
SIGNED = sign_checkpoint(Checkpoint("example.com/log", 7, bytes(32)), LOG)

# The example of the specification.
POLICY_TEXT = """\
log LOG

witness X1 KEY-X1
witness X2 KEY-X2
witness X3 KEY-X3
group X-witnesses 2 X1 X2 X3

witness Y1 KEY-Y1
witness Y2 KEY-Y2
witness Y3 KEY-Y3
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
""".replace("LOG", str(LOG.key))
for name, witness in WITNESSES.items():
    POLICY_TEXT = POLICY_TEXT.replace(f"KEY-{name}", str(witness.key))
POLICY = parse_policy(POLICY_TEXT.encode())


def cosigned(*names: str, at: int = 1000) -> SignedCheckpoint:
    made = [cosign(SIGNED, WITNESSES[name], at + place) for place, name in enumerate(names)]
    return SignedCheckpoint(SIGNED.checkpoint, SIGNED.note.adding(made))


def with_signature(signed: SignedCheckpoint, signature: Signature) -> SignedCheckpoint:
    return SignedCheckpoint(signed.checkpoint, signed.note.adding([signature]))


def test_the_specification_s_example() -> None:
    assert POLICY.logs == {LOG.key: ""}
    assert POLICY.witnesses == {name: WITNESSES[name].key for name in NAMES}
    assert POLICY.groups["X-witnesses"] == Group(2, ("X1", "X2", "X3"))
    assert POLICY.groups["Y-witnesses"] == Group(1, ("Y1", "Y2", "Y3"))
    assert POLICY.groups["X-and-Y"] == Group(2, ("X-witnesses", "Y-witnesses"))
    assert POLICY.quorum == "X-and-Y"


def test_the_whole_truth_table() -> None:
    for count in range(len(NAMES) + 1):
        for names in combinations(NAMES, count):
            trust = POLICY.judge(cosigned(*names))
            assert trust.quorum == (
                sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            )
            assert trust.cosigners == {name: 1000 + place for place, name in enumerate(names)}
            assert trust.log == LOG.key


@pytest.mark.parametrize("threshold", [1, 2, 3])
@pytest.mark.parametrize("have", [0, 1, 2, 3])
def test_thresholds(threshold: int, have: int) -> None:
    words = {1: "any", 3: "all"}
    for word in {str(threshold), words.get(threshold, "2")}:
        policy = parse_policy(POLICY_TEXT.replace("X-witnesses 2", f"X-witnesses {word}").encode())
        assert policy.judge(cosigned("Y1", *NAMES[:have])).quorum == (have >= threshold)


def test_a_missing_quorum_is_refused() -> None:
    assert POLICY.require(cosigned("X1", "X3", "Y2")).quorum
    with pytest.raises(Refused) as refusal:
        POLICY.require(cosigned("Y2", "X1"))
    assert refusal.value.params == {"have": "X1, Y2"}
    with pytest.raises(Refused) as refusal:
        POLICY.require(SIGNED)
    assert refusal.value.params == {"have": "0"}


def test_a_quorum_of_one_and_of_none() -> None:
    keys = f"log {LOG.key}\nwitness W {WITNESSES['X1'].key}\n"
    assert not parse_policy(f"{keys}quorum W\n".encode()).judge(SIGNED).quorum
    assert parse_policy(f"{keys}quorum W\n".encode()).judge(cosigned("X1")).quorum
    assert parse_policy(f"{keys}quorum none\n".encode()).judge(SIGNED).quorum


@pytest.mark.parametrize("signed", [SIGNED, cosigned(*NAMES)], ids=["log", "witnesses"])
def test_a_log_that_is_not_listed(signed: SignedCheckpoint) -> None:
    other = signer("example.com/other")
    for listed in (other, signer("example.com/log2")):
        with pytest.raises(Refused) as refusal:
            parse_policy(POLICY_TEXT.replace(str(LOG.key), str(listed.key)).encode()).judge(signed)
        assert refusal.value.code == "policy.log"


def test_a_log_key_speaks_for_its_own_origin_only() -> None:
    """Two logs are listed: one cannot sign the other's checkpoints."""
    other = signer("example.com/other")
    policy = parse_policy(f"log {other.key}\n{POLICY_TEXT}".encode())
    by_other = sign_checkpoint(SIGNED.checkpoint, other)
    with pytest.raises(Refused):
        policy.judge(by_other)
    assert policy.judge(with_signature(by_other, SIGNED.note.signatures[0])).log == LOG.key


def test_a_bad_signature_by_a_listed_key() -> None:
    signed = cosigned("X1", "X2", "Y1")
    for key in (LOG.key, WITNESSES["X3"].key, WITNESSES["X1"].key):
        for size in (64, 72):
            with pytest.raises(Refused) as refusal:
                POLICY.judge(with_signature(signed, Signature(key.name, key.key_id, b"\x01" * size)))
            assert refusal.value.code == "note.bad-signature"


@pytest.mark.parametrize("stamp", [bytes(8), b"\x80" + bytes(7), b"\xff" * 8])
def test_a_cosignature_without_a_time(stamp: bytes) -> None:
    witness = WITNESSES["X1"]
    value = stamp + witness.sign_bytes(b"cosignature/v1\ntime %d\n" % int.from_bytes(stamp) + SIGNED.note.text.encode())
    with pytest.raises(Malformed):
        POLICY.judge(with_signature(SIGNED, Signature(witness.key.name, witness.key.key_id, value)))


def test_one_witness_counts_once() -> None:
    twice = SIGNED.note.adding(cosigned("X1").note.signatures).adding(cosigned("X1", at=2000).note.signatures)
    trust = POLICY.judge(SignedCheckpoint(SIGNED.checkpoint, twice))
    assert trust.cosigners == {"X1": 1000}
    assert not trust.quorum


def test_every_changed_byte_of_a_checkpoint_that_is_trusted() -> None:
    signed = cosigned("X1", "X2", "X3", "Y1")
    trust, data = POLICY.require(signed), signed.to_bytes()
    for place, byte in enumerate(data):
        for piece in [bytes([byte ^ 1 << bit]) for bit in range(0, 8, 3)] + [b"", b"\n"]:
            changed = data[:place] + piece + data[place + 1 :]
            if changed == data:
                continue
            try:
                read = parse_signed_checkpoint(changed)
                found = POLICY.require(read)
            except LedgerError:
                continue
            assert read.checkpoint == SIGNED.checkpoint  # a line was renamed to a stranger's: one cosigner fewer
            assert found.cosigners.items() < trust.cosigners.items()


def test_a_long_chain_of_groups() -> None:
    groups = "".join(f"group g{number + 1} all g{number}\n" for number in range(5000))
    text = f"log {LOG.key}\nwitness W {WITNESSES['X1'].key}\ngroup g0 any W\n{groups}quorum g5000\n"
    policy = parse_policy(text.encode())
    assert policy.judge(cosigned("X1")).quorum
    assert not policy.judge(SIGNED).quorum


def test_at_least_32_of_each() -> None:
    """The specification's recommended minimum."""
    lines = [f"log {signer(f'log{number}').key} https://example.com/{number}/" for number in range(32)]
    lines += [f"witness w{number} {cosigner(f'w{number}').key} https://example.org/{number}" for number in range(32)]
    lines += [f"group g{number} any w{number}" for number in range(32)]
    policy = parse_policy("\n".join([*lines, "quorum g31", ""]).encode())
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (32, 32, 32)
    assert policy.logs[signer("log3").key] == "https://example.com/3/"
    assert policy.addresses["w4"] == "https://example.org/4"


def test_spaces_comments_and_foreign_names() -> None:
    key = WITNESSES["X1"].key
    spaced = f"\t # 注释 quorum\n#\n \t \n  log\t{LOG.key} \t\n witness  张 {key}\n\twitness K {WITNESSES['X2'].key}"
    text = f"{spaced}\nwitness \u212a {WITNESSES['X3'].key}\n".encode()
    policy = parse_policy(text + b"group \xff\xfe any \xe5\xbc\xa0\nquorum \xff\xfe\n")
    assert set(policy.witnesses) == {"张", "K", "\u212a"}
    assert policy.judge(cosigned("X1")).quorum
    assert parse_policy(text + b"quorum \xe2\x84\xaa").judge(cosigned("X3")).quorum


def line_of(text: str | bytes) -> tuple[object, object]:
    with pytest.raises(Malformed) as malformed:
        parse_policy(text.encode() if isinstance(text, str) else text)
    assert malformed.value.code == "policy.malformed"
    line = malformed.value.params["line"]
    for lang in ("zh", "en"):
        assert str(line) in malformed.value.text(lang)
    return line, malformed.value.params["why"]


def key(name: str) -> VerifierKey:
    return cosigner(name).key


HEAD = f"# comment\nwitness A {key('a')}\nwitness B {key('b')}\ngroup G any A\n"
LINE_5 = {
    "logg x": "unknown-keyword",
    "LOG x": "unknown-keyword",
    "张": "unknown-keyword",
    "quorum A\r": "control-character",
    "# \x00": "control-character",
    "# \x7f": "control-character",
    "quorum\x0bA": "control-character",
    "log": "log-line",
    f"log {LOG.key} url more": "log-line",
    "log x": "bad-key",
    f"log {str(LOG.key)[:-1]}": "bad-key",
    f"log {key('a')}": "wrong-kind",
    "witness": "witness-line",
    "witness C": "witness-line",
    f"witness C {key('c')} url more": "witness-line",
    "witness C x": "bad-key",
    f"witness C {LOG.key}": "wrong-kind",
    f"witness A {key('c')}": "name-taken",
    f"witness G {key('c')}": "name-taken",
    f"witness none {key('c')}": "name-taken",
    f"witness C {key('a')}": "duplicate-key",
    f"witness C {VerifierKey('other-name', 4, key('a').public)}": "duplicate-key",
    "group": "group-line",
    "group H": "group-line",
    "group H any": "group-line",
    "group G any B": "name-taken",
    "group A any B": "name-taken",
    "group none any B": "name-taken",
    "group H any C": "undefined",
    "group H any H": "undefined",
    "group H any none": "undefined",
    "group H any A": "already-member",
    "group H any B B": "already-member",
    "group H 0 B": "threshold",
    "group H 3 B G": "threshold",
    "group H -1 B": "threshold",
    "group H some B": "threshold",
    "group H １ B": "threshold",
    f"group H {'9' * 5000} B": "threshold",
    "quorum": "quorum-line",
    "quorum A B": "quorum-line",
    "quorum C": "undefined",
    "quorum a": "undefined",
}


@pytest.mark.parametrize("line", LINE_5, ids=lambda line: ascii(line[:24]) + str(len(line)))
def test_the_line_that_is_wrong_is_named(line: str) -> None:
    assert line_of(f"{HEAD}{line}\nquorum G\n") == (5, LINE_5[line])


def test_a_log_key_is_listed_once() -> None:
    renamed = VerifierKey("example.com/renamed", 1, LOG.key.public)
    for twin in (LOG.key, renamed):
        assert line_of(f"log {LOG.key}\nlog {twin} url\nquorum none\n") == (2, "duplicate-key")


def test_there_is_exactly_one_quorum_line() -> None:
    assert line_of(f"{HEAD}quorum G\nquorum G\n") == (6, "quorum-line")
    assert line_of(f"{HEAD}quorum none\n\nquorum none") == (7, "quorum-line")
    assert line_of(HEAD) == (5, "no-quorum")
    assert line_of("") == (1, "no-quorum")


@pytest.mark.parametrize("name", [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_names_that_are_not_utf8_can_be_told(name: bytes) -> None:
    assert line_of(b"quorum " + name) == (1, "undefined")
    material = str(LOG.key).split("+", 1)[1].encode()
    assert line_of(b"log " + name + b"+" + material + b"\nquorum none\n") == (1, "bad-key")
    with pytest.raises(Malformed) as malformed:
        parse_policy(b"quorum " + name)
    malformed.value.text("zh").encode()
