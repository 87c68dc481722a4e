"""An expert's own page: before a draw is closed by an invitation's own code alone, afterwards by who one is."""

from datetime import timedelta
from functools import partial

import pytest

from expertpool.core.vault_line import ANSWER_BYTES, refusal, write_answer
from expertpool.draws.keeping import Occupant
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import CodeRefused, NoReceipt, SignedOut
from expertpool.protocol.commitments import answer_digest
from expertpool.vault import assignments, sign_ins
from ledger.entry import format_time
from tests.draws.world import STARTS
from tests.projects.world import FACTS
from tests.vault.test_sign_ins import rows, watch
from tests.vault.world import SOURCE, VaultWorld


@pytest.fixture
def called(world: VaultWorld) -> dict[str, Occupant]:
    """Who was called, by seat."""
    return world.draws.seated(world.draw)


def mine(world: VaultWorld, token: str) -> dict[str, list[dict[str, object]]]:
    return world.ask(verbs.MINE, token=token)


def test_whoever_was_drawn_and_signs_in_sees_nothing_without_a_code(
    world: VaultWorld, called: dict[str, Occupant]
) -> None:
    for occupant in called.values():
        assert mine(world, world.sign_in(occupant.phone)) == {"invitations": [], "assignments": []}


def test_an_invitation_opens_with_its_code_and_stays_open_in_this_sign_in(either_world: VaultWorld) -> None:
    world = either_world
    occupant = next(iter(world.draws.seated(world.draw).values()))
    token = world.sign_in(occupant.phone)
    shown = world.ask(verbs.OPEN, token=token, code=occupant.answer_code.lower(), source=SOURCE)
    world.restart()
    assert mine(world, token)["invitations"] == [shown]
    world.ask(verbs.OPEN, token=token, code=occupant.answer_code, source=SOURCE)
    assert mine(world, token)["invitations"] == [shown], "once"
    assert mine(world, world.sign_in(occupant.phone))["invitations"] == []


def test_somebody_elses_code_is_refused_like_one_that_there_is_not(
    world: VaultWorld, called: dict[str, Occupant]
) -> None:
    one, other = list(called.values())[:2]
    token = world.sign_in(one.phone)
    refused = [world.refused(verbs.OPEN, token=token, code=code, source=SOURCE) for code in (other.answer_code, "ZZZZ")]
    assert [refusal(each) for each in refused] == [refusal(CodeRefused())] * 2
    assert mine(world, token)["invitations"] == []


@pytest.mark.parametrize("token", ["", "exs_nobody"])
def test_without_a_sign_in_nothing_is_told(world: VaultWorld, called: dict[str, Occupant], token: str) -> None:
    code = next(iter(called.values())).answer_code
    assert isinstance(world.refused(verbs.MINE, token=token), SignedOut)
    assert isinstance(world.refused(verbs.OPEN, token=token, code=code, source=SOURCE), SignedOut)


def test_assignments_are_listed_from_the_closing_on(world: VaultWorld) -> None:
    seat, occupant = next(iter(world.accept().items()))
    token = world.sign_in(occupant.phone)
    world.until_assembly(0)
    token = world.sign_in(occupant.phone)
    assert mine(world, token)["assignments"] == []
    world.draws.close(world.vault, world.draw)
    assert mine(world, token)["assignments"] == [
        {
            "starts": format_time(STARTS),
            "place": "第三评标室",
            "project": FACTS.code,
            "title": FACTS.title,
            "seat": seat,
            "draw": world.draw.id,
        }
    ]
    assert mine(world, world.sign_in(world.strangers_phone()))["assignments"] == []


def test_what_is_read_for_a_list_is_the_same_whoever_asks(world: VaultWorld) -> None:
    occupant = next(iter(world.accept().values()))
    world.until_assembly(0)
    world.draws.close(world.vault, world.draw)
    tokens = [world.sign_in(phone) for phone in (occupant.phone, world.strangers_phone())]
    assert mine(world, tokens[0])["assignments"]
    read = [watch(world, partial(mine, world, token)) for token in tokens]
    of_draws = [[each for each in statements if "vault_sign_ins" not in each[0]] for statements in read]
    assert of_draws[0] == of_draws[1] != []


def test_a_receipt_opens_what_the_ledger_has_of_ones_own_seat_and_of_no_other(world: VaultWorld) -> None:
    members = world.accept()
    (seat, occupant), (other, _) = list(members.items())[:2]
    token = world.sign_in(occupant.phone)
    wanted = {"token": token, "draw": world.draw.id}
    assert isinstance(world.refused(verbs.RECEIPT, seat=seat, **wanted), NoReceipt), "not before it is closed"
    world.until_assembly(0)
    world.draws.close(world.vault, world.draw)
    token = wanted["token"] = world.sign_in(occupant.phone)
    given = world.ask(verbs.RECEIPT, seat=seat, **wanted)
    (drawn,) = world.draws.bodies("draw.completed")
    answers = {each["seat"]: each["answer"] for each in drawn["seats"]}
    assert answers[seat] == answer_digest(bytes.fromhex(given["salt"]), given["code"]).hex()
    assert (given["code"], given["leaf"]) == (occupant.answer_code, occupant.leaf)
    refused = [
        world.refused(verbs.RECEIPT, token=token, draw=draw, seat=code)
        for draw, code in ((world.draw.id, other), (world.draw.id, "ZZZZ"), ("drw_nowhere", seat))
    ]
    assert [refusal(each) for each in refused] == [refusal(NoReceipt())] * 3
    read = [
        watch(world, partial(world.refused, verbs.RECEIPT, token=token, draw=world.draw.id, seat=code))
        for code in (other, "ZZZZ")
    ]
    assert read[0] == read[1] == watch(world, partial(world.ask, verbs.RECEIPT, seat=seat, **wanted))


def test_no_row_says_what_was_opened(world: VaultWorld, called: dict[str, Occupant]) -> None:
    occupant = next(iter(called.values()))
    token = world.sign_in(occupant.phone)
    (before,) = rows(world, "vault_sign_ins")
    world.ask(verbs.OPEN, token=token, code=occupant.answer_code, source=SOURCE)
    (after,) = rows(world, "vault_sign_ins")
    assert before.keys() == after.keys()
    assert len(before["sealed"]) == len(after["sealed"])
    assert (before["token"], before["expires"]) == (after["token"], after["expires"])


def test_the_longest_list_fits_into_an_answer() -> None:
    """Places of 200 characters and titles of 100, three bytes each."""
    starts, place = format_time(STARTS), "场" * 200
    invitation = {
        "starts": starts,
        "place": place,
        "expected_minutes": 9999,
        "state": "signed-in",
        "answer_until": starts,
        "may": ["accept", "decline", "leave"],
    }
    assignment = {"starts": starts, "place": place, "project": "E" * 60, "title": "题" * 100, "seat": "7K2M"}
    assignment["draw"] = "drw_" + "0" * 26
    listed = {"invitations": [invitation] * sign_ins.MOST_OPEN, "assignments": [assignment] * assignments.MOST}
    assert len(write_answer({"done": listed})) == ANSWER_BYTES


def test_a_sign_in_remembers_so_many_invitations(world: VaultWorld) -> None:
    keys = world.draws.parts().keys
    with world.site.service.transactions.begin("svc:test") as tx:
        token = sign_ins.sign_in(tx, keys, ["exp_" + "0" * 26] * 3, timedelta(hours=1))
        tx.session.flush()
        for number in range(sign_ins.MOST_OPEN + 1):
            sign_ins.remember(tx, keys, token, f"{number:08}")
        kept = sign_ins.holder(tx.session, keys, token, tx.now).codes
    assert (len(kept), kept[0], kept[-1]) == (sign_ins.MOST_OPEN, f"{sign_ins.MOST_OPEN:08}", f"{1:08}")
