"""A committee anew: a day is declared void, and who evaluates the lots in another session has not met there."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from expertpool.draws import service as draws
from expertpool.draws.exporting import export
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import Draw
from expertpool.draws.searching import former
from expertpool.identity.roles import Role
from expertpool.projects.handover import note_report
from expertpool.projects.models import EvaluationSession, Project
from expertpool.protocol.bundle import write_bundle
from expertpool.protocol.replay import Trust, as_text, replay
from expertpool.sessions import service
from tests.draws.bidding import cancel
from tests.draws.test_supplementary import signed
from tests.draws.world import STARTS
from tests.projects.world import SITTING
from tests.vault.world import VaultWorld

LATER = 1
"""Days until the other session: it may be drawn for from a day before its opening on."""


@pytest.mark.parametrize("met", [True, False], ids=["met", "never met"])
def test_who_was_on_a_committee_that_met_is_not_drawn_again(world: VaultWorld, *, met: bool) -> None:
    before = world.accept()
    world.until_assembly(60)
    if met:
        world.arrive(next(iter(before.values())))
        world.draws.sealing.as_(
            Role.SUPERVISOR, lambda tx: service.void(tx, world.draw.session_id, reason="评标有误，重新组建")
        )
    else:
        cancel(world.draws, world.draw)
    world.draws.go_on(world.vault, rounds=2)
    assert world.draws.state(world.draw) is DrawState.CANCELLED
    again = applied_again(world)
    sat = {occupant.expert for occupant in before.values()} if met else set()
    with world.draws.session() as session:
        assert former(session, world.draws.parts(), again) == sat
    if met:
        drawn_and_proven(world, again)
        assert not sat & {occupant.expert for occupant in world.draws.seated(again).values()}


def applied_again(world: VaultWorld) -> Draw:
    """A draw for the same lot, for another session a day later."""
    with world.draws.session() as session:
        project = session.get_one(Project, session.get_one(EvaluationSession, world.draw.session_id).project_id)
    world.draws.days = LATER
    world.clock.advance(timedelta(hours=1))
    again = world.draws.apply(world.draws.sitting(project, replace(SITTING, code="S2")))
    world.draws.go_on(world.vault, rounds=1)
    assert world.draws.state(again) is DrawState.REFERRED, "the lot had a draw before"
    return again


def drawn_and_proven(world: VaultWorld, again: Draw) -> None:
    """The supervisor approves under signature, the committee is drawn and sits, and its bundle replays."""
    approval = signed(again, world.draws.bodies("draw.completed")[0]["intent"], "重新组建评标委员会")
    world.draws.sealing.as_(
        Role.SUPERVISOR, lambda tx: draws.approve(tx, again.id, reason="重新组建评标委员会", signed=approval)
    )
    world.draws.go_on(world.vault)
    world.draws.filled(world.vault, again)
    world.clock.advance(STARTS + timedelta(days=LATER, hours=4) - world.clock.now())
    with world.site.service.transactions.begin("svc:test") as tx:
        sitting = tx.session.get_one(EvaluationSession, again.session_id)
        note_report(tx, sitting, at=tx.now, said=tx.now, document="0" * 64)
    world.draws.go_on(world.vault, rounds=2)
    file = BytesIO()
    write_bundle(file, export(world.draws.parts(), again.id, audit=True))
    file.seek(0)
    report = replay(file, Trust(policy=world.site.service.policy))
    assert report.verdict == "proven", as_text(report, "en")
