"""What a draw is drawn with: the declared round, and the seeds that follow from the contributions."""

from sqlalchemy.orm import Session

from expertpool.draws.contributing import counting, proofs_of
from expertpool.draws.models import BeaconRound
from expertpool.draws.parts import Parts
from expertpool.draws.queries import Intended
from expertpool.protocol.beacon import Round, verify_round
from expertpool.protocol.seed import BeaconValue, Contribution, Seeds
from expertpool.protocol.vrf import verify


def beacon_round(session: Session, parts: Parts, fixed: Intended) -> Round | None:
    """The declared round, verified: the one that was drawn with, else as it is published. None while it is not due."""
    declared = fixed.intent.beacon
    if declared is None:
        return None
    kept = session.get(BeaconRound, fixed.intent.draw)
    if kept is not None:
        return Round(declared.chain.hex(), declared.round, kept.signature, kept.previous)
    return parts.beacon(declared)


def seeds_of(session: Session, parts: Parts, fixed: Intended, mixed_in: Round | None) -> Seeds:
    """What follows from the contributions of a completely contributed intent and the declared round."""
    proofs = proofs_of(session, parts, fixed.intent.draw, fixed.intent)
    keys = {each.organisation: each.vrf for each in counting(session, fixed.intent.draw, fixed.intent)}
    given = [
        Contribution(organisation, verify(keys[organisation], fixed.alpha, proof))
        for organisation, proof in proofs.items()
    ]
    if mixed_in is None:
        return Seeds.derive(fixed.alpha, given)
    value = BeaconValue(bytes.fromhex(mixed_in.chain_hash), mixed_in.round, verify_round(mixed_in))
    return Seeds.derive(fixed.alpha, given, value)
