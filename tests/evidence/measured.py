"""What benchmarks measure that the evidence shows: a peer beside us, and how long a replay takes."""

from dataclasses import asdict
from time import perf_counter
from typing import Any

from benchmarks.peer import ROUNDS, SIZES, beside_peer
from benchmarks.replaying import ROWS, replayers
from tests.evidence.runs import ran


def peer() -> dict[str, Any]:
    """Each published size: seconds of both, and whether a draw that is made again gives the same panel."""
    began = perf_counter()
    found = {each.metric: asdict(each) for each in beside_peer()}
    sizes = []
    for size, seats in SIZES:
        name = f"peer_legacy_{seats}_of_{size}"
        again = {
            what: bool(found[f"{name}_{what}"]["value"])
            for what in (
                "ours_again",
                "ours_in_another_order",
                "theirs_again",
                "theirs_seeded_again",
                "theirs_seeded_in_another_order",
            )
        }
        timed = {"ours": found[name]["value"], "theirs": found[f"{name}_theirs"]["value"]}
        sizes.append({"size": size, "seats": seats, **timed, "ratio": found[name]["ratio"], **again})
    run = ran("make bench NAME=draw", perf_counter() - began)
    return {"run": run, "peer": found["peer_legacy"]["against"], "rounds": ROUNDS, "sizes": sizes}


def times() -> dict[str, Any]:
    """Seconds for the largest table that the page takes."""
    began = perf_counter()
    found = {each.metric.removeprefix("replay_200k_"): each.value for each in replayers()}
    return {"run": ran("make bench NAME=draw", perf_counter() - began), "rows": ROWS, **found}
