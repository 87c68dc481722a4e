"""A vault that is killed while it is asked: nothing is half done, nothing is done twice by asking again."""

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.invitations import verbs
from expertpool.invitations.desk_errors import ArrivalRefused, SignInRefused
from expertpool.sessions import verbs as room
from expertpool.sessions.errors import ShortCodeRefused
from expertpool.sessions.queries import members_of, steps_of
from expertpool.sessions.steps import StepKind
from tests.vault.dying import dies
from tests.vault.world import SOURCE, VaultWorld

POINTS = ("tx.before-entry", "tx.before-commit", "tx.after-commit")


def test_whoever_arrives_is_signed_in_once(world: VaultWorld) -> None:
    expected = world.accept()
    world.until_assembly(60)
    for occupant, point in zip(expected.values(), POINTS, strict=False):
        dies(world, verbs.MATCH, point, **world.shown(occupant))
        assert world.arrive(occupant)["seat"] in expected
    assert len(world.draws.bodies("draw.signed-in")) == len(POINTS)
    with world.draws.session() as session:
        members = members_of(session, world.draw.session_id)
        kinds = [step.kind for step in steps_of(session, world.draw.session_id)]
    assert len(members) == len({each.place for each in members}) == len({each.code for each in members}) == len(POINTS)
    assert kinds == [StepKind.ASSEMBLED, *[StepKind.SIGNED_IN] * len(POINTS)]
    assert reconcile(world.site.service.engine) == []


def test_a_failed_arrival_is_counted_when_it_was_told(world: VaultWorld) -> None:
    occupant = next(iter(world.accept().values()))
    world.until_assembly(60)
    shown = {**world.shown(occupant), "code": "000000"}
    for point, kept in zip(POINTS, (0, 0, 1), strict=True):
        dies(world, verbs.MATCH, point, **shown)
        assert len(world.draws.bodies("draw.arrival-failed")) == kept
    assert isinstance(world.refused(verbs.MATCH, **shown), ArrivalRefused)


def test_a_declared_recusal_empties_the_seat_once(world: VaultWorld) -> None:
    seated = world.accept()
    world.until_assembly(60)
    points = ("tx.before-entry", "session.member-lost", "tx.after-commit")
    for occupant, point in zip(seated.values(), points, strict=False):
        told = {"session": world.draw.session_id, "site": 0, "code": world.arrive(occupant)["short_code"]}
        dies(world, room.RECUSE, point, **told, grounds="应当回避")
        if point == "tx.after-commit":
            assert isinstance(world.refused(room.RECUSE, **told, grounds="应当回避"), ShortCodeRefused)
        else:
            assert world.ask(room.RECUSE, **told, grounds="应当回避") == {}
    assert len(world.draws.bodies("draw.vacated")) == len(points)
    with world.draws.session() as session:
        lost = [step.seat for step in steps_of(session, world.draw.session_id) if step.kind is StepKind.MEMBER_LOST]
    assert len(lost) == len(set(lost)) == len(points)
    assert reconcile(world.site.service.engine) == []


def test_an_answer_counts_once(world: VaultWorld) -> None:
    called = world.draws.seated(world.draw)
    points = (*POINTS, "invitation.answered")
    for occupant, point in zip(called.values(), points, strict=True):
        given = {"code": occupant.answer_code, "word": "accept", "source": SOURCE}
        dies(world, verbs.ANSWER, point, **given)
        assert world.ask(verbs.ANSWER, **given)["state"] == "accepted"
    assert len(world.draws.bodies("draw.accepted-seat")) == len(called) - 1
    assert len(world.draws.bodies("draw.filled")) == 1
    assert reconcile(world.site.service.engine) == []


@pytest.mark.parametrize("point", ["tx.before-commit", "tx.after-commit"])
def test_leave_is_taken_once(world: VaultWorld, point: str) -> None:
    occupant = next(iter(world.draws.seated(world.draw).values()))
    world.ask(verbs.ANSWER, code=occupant.answer_code, word="accept", source=SOURCE)
    given = {"actor": world.clerk, "code": occupant.answer_code, "word": "leave", "minutes": 0}
    dies(world, verbs.NOTE, point, **given)
    assert world.ask(verbs.NOTE, **given) == {}
    assert len(world.draws.bodies("draw.vacated")) == 1


def test_a_one_time_code_is_spent_when_its_token_is_kept(world: VaultWorld) -> None:
    occupant = next(iter(world.draws.seated(world.draw).values()))
    given = {"phone": occupant.phone, "code": world.ask_code(occupant.phone), "source": SOURCE}
    dies(world, verbs.SIGN_IN, "tx.before-commit", **given)
    dies(world, verbs.SIGN_IN, "tx.after-commit", **given)
    assert isinstance(world.refused(verbs.SIGN_IN, **given), SignInRefused)
    assert world.sign_in(occupant.phone)
