"""The worked example of the draw is what the code writes, and what the draw came to is what the page computes."""

from io import BytesIO

from expertpool.protocol.replay import exit_code, replay
from tests.docs.draw_example import PAGE, made, page
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
        next(seat["answer"] for seat in completed["seats"] if seat["seat"] == refilled["seat"]),
        *(contribution.beta.hex() for contribution in draw.outputs()),
    ]
    assert [value for value in came_to if f"`{value}`" not in text] == []
    assert text.count("Attempt ") == completed["attempts"] + refilled["attempts"]
    assert text.count("Two of one employer: refused.") == text.count("Attempt ") - 2 > 0


def test_the_draw_is_proven_by_a_replay() -> None:
    draw = made()
    assert exit_code(replay(BytesIO(to_bytes(draw.bundle(audit=True))), draw.trust)) == 0
