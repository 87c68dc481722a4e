"""Agents over HTTP: registered, cosigning one checkpoint together, contributing once."""

from expertpool.protocol import vrf
from tests.custodian.village import Village


def test_the_whole_way_from_a_file_to_a_contribution(village: Village) -> None:
    centre, outside, _ = village.neighbours
    intent = village.intend("drw_1")
    first = village.ask(centre, "drw_1", intent)
    village.round()
    assert set(village.answers) == {first}

    village.contributed(centre, "drw_1", intent)
    second = village.ask(outside, "drw_1", intent)
    village.round()  # everyone cosigns; the outside agent has not seen yet that a quorum did
    village.round()

    alpha = village.world.entry_hash(intent)
    for task, neighbour in ((first, centre), (second, outside)):
        proof = bytes.fromhex(village.answers[task]["pi"])
        assert len(vrf.verify(neighbour.holder.vrf, alpha, proof)) == 64
