"""Draws with sortition-algorithms, in an environment of its own (``requirements/peers.lock``): nothing of ours is here.

One JSON object a line. First the problem: who there is, by name and value of every feature, how many of each value a
panel may have, and how many members. Then one draw a line (the seed, or null for the system's randomness); the answer
is the panel and the seconds that it took.
"""

import json
import logging
import sys
from time import perf_counter
from typing import Any

from sortition_algorithms import Settings, errors  # type: ignore[import-not-found, unused-ignore]  # not in our own
from sortition_algorithms.committee_generation.legacy import (  # type: ignore[import-not-found, unused-ignore]
    find_random_sample_legacy,
)
from sortition_algorithms.features import read_in_features  # type: ignore[import-not-found, unused-ignore]
from sortition_algorithms.people import read_in_people  # type: ignore[import-not-found, unused-ignore]
from sortition_algorithms.utils import set_random_provider  # type: ignore[import-not-found, unused-ignore]

MOST_ATTEMPTS = 10_000


def read(problem: dict[str, Any]) -> tuple[Any, Any]:
    """The features and the people, as the library reads them from tables."""
    quotas = [
        {"feature": feature, "value": value, "min": str(least), "max": str(most)}
        for feature, values in problem["quotas"].items()
        for value, (least, most) in values.items()
    ]
    features, _, _ = read_in_features(["feature", "value", "min", "max"], quotas)
    names = ["id", *problem["quotas"]]
    settings = Settings(id_column="id", columns_to_keep=[], check_same_address=False, check_same_address_columns=[])
    people, _ = read_in_people(names, problem["people"], features, settings)
    return features, people


def answers() -> None:
    """Answer every line of the standard input."""
    problem = json.loads(sys.stdin.readline())
    features, people = read(problem)
    for line in sys.stdin:
        set_random_provider(json.loads(line))
        began = perf_counter()
        try:
            [panel], _ = find_random_sample_legacy(people, features, problem["seats"], max_attempts=MOST_ATTEMPTS)
        except errors.SelectionError as error:
            print(json.dumps({"failed": str(error)}), flush=True)
            continue
        seconds = perf_counter() - began
        print(json.dumps({"panel": sorted(panel), "seconds": seconds}), flush=True)


if __name__ == "__main__":
    logging.disable()
    answers()
