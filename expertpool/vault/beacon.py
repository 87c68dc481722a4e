"""Fetches a declared drand round from a relay. Which relay does not matter: the round is verified with a pinned key."""

import json
import urllib.request
from datetime import datetime
from typing import Final

import structlog

from expertpool.core.clock import Clock
from expertpool.protocol.beacon import CHAINS, BeaconInvalid, Round, round_due, verify_round
from expertpool.protocol.intent import Beacon

TIMEOUT_S: Final = 10
MOST_BYTES: Final = 64 * 1024

log = structlog.get_logger("vault")


class DrandRelay:
    """The randomness of rounds, from a relay's HTTP interface."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock

    def __call__(self, wanted: Beacon) -> Round | None:
        """A verified round; None while it is not due or no relay has it."""
        chain = wanted.chain.hex()
        if self._clock.now() < self._due(chain, wanted.round):
            return None
        try:
            fetched = self._fetch(chain, wanted.round)
            verify_round(fetched)
        except (OSError, ValueError, KeyError, TypeError, BeaconInvalid) as error:
            log.warning("vault.no-beacon", round=wanted.round, reason=type(error).__name__)
            return None
        return fetched

    def _due(self, chain: str, number: int) -> datetime:
        return round_due(CHAINS[chain], number)

    def _fetch(self, chain: str, number: int) -> Round:
        url = f"{self._url}/{chain}/public/{number}"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 -- the settings allow web addresses only
            said = json.loads(answer.read(MOST_BYTES))
        previous = bytes.fromhex(said.get("previous_signature", ""))
        return Round(chain, number, bytes.fromhex(said["signature"]), previous)
