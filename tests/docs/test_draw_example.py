"""The worked example of the draw is what the code writes, and what the draw came to is what the page computes."""

from io import BytesIO

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.protocol.beacon import verify_round
from expertpool.protocol.envelope import open_with, parse_envelope
from expertpool.protocol.replay import exit_code, replay
from tests.docs.draw_example import BEACON, PAGE, made, page
from tests.docs.envelope_example import TOGETHER, share_key
from tests.protocol.simulation import to_bytes


def test_the_page_is_what_the_code_writes() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tests.docs.draw_example"


def test_what_the_page_computes_is_what_the_draw_came_to() -> None:
    """The entries show their values between quotation marks, what is computed stands between back quotes."""
    draw, text = made(), page()
    bodies = {entry.kind: entry.body for entry in draw.entries}
    intended, completed, refilled = (bodies[f"draw.{kind}"] for kind in ("intended", "completed", "refilled"))
    came_to = [
        intended["request"],
        intended["table"],
        *intended["lots"],
        draw.alpha.hex(),
        *(entry.body["digest"] for entry in draw.entries if entry.kind == "draw.contributed"),
        *(row.leaf.hex() for row in draw.table),
        *(row.groups.hex() for row in draw.table),
        *(row.data.hex() for row in draw.table),
        draw.seeds.panel.hex(),
        draw.seeds.vacancy(1).hex(),
        completed["seed"],
        *(seat["member"] for seat in completed["seats"]),
        " ".join(draw.seeds.seat_codes(2)),
        refilled["member"],
        verify_round(BEACON).hex(),
        next(entry.body["escrow"] for entry in draw.entries if entry.kind == "draw.contributed"),
        next(seat["record"] for seat in completed["seats"] if seat["seat"] == draw.seats[1].code),
        next(seat["answer"] for seat in completed["seats"] if seat["seat"] == refilled["seat"]),
        *(contribution.beta.hex() for contribution in draw.outputs()),
    ]
    assert [value for value in came_to if f"`{value}`" not in text] == []
    assert text.count("Attempt ") == completed["attempts"] + refilled["attempts"]
    assert text.count("Two of one employer: refused.") == text.count("Attempt ") - 2 > 0


def test_the_set_opens_the_envelopes_of_the_page() -> None:
    """With the code that key holders run; their keys are those that the page prints."""
    draw, text = made(), page()
    for sealed in (draw.escrow(), draw.sealed_record(draw.seats[1])):
        envelope, passed = parse_envelope(sealed.data), None
        for position, holder in enumerate(TOGETHER):
            assert share_key(holder).hex() in text
            private = X25519PrivateKey.from_private_bytes(share_key(holder))
            passed = envelope.peel(0, passed, position, lambda data, info, key=private: open_with(key, data, info))  # type: ignore[misc]
        assert passed == sealed.key
        assert envelope.content(passed) == sealed.content
        assert envelope.digest.hex() in text


def test_the_draw_is_proven_by_a_replay() -> None:
    draw = made()
    assert exit_code(replay(BytesIO(to_bytes(draw.bundle(audit=True))), draw.trust)) == 0
