"""What shows that somebody was tried on two channels: digests of what gateways reported, whose openings stay sealed."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

from expertpool.invitations.gateway import Channel, Outcome, Report
from expertpool.invitations.stored import Errand
from expertpool.protocol.commitments import SALT_BYTES, delivery_digest
from ledger.entry import format_time

CHANNELS_NEEDED: Final = 2
TRIED: Final = frozenset({Outcome.DELIVERED, Outcome.UNANSWERED, Outcome.UNREACHABLE})


def kept(report: Report, channel: Channel) -> dict[str, str]:
    """What is kept, sealed, of a report: what its digest is over, and the salt. No number, no answer, no code."""
    return {
        "at": format_time(report.at),
        "channel": channel.value,
        "event": report.event,
        "gateway": report.gateway,
        "message": report.message,
        "outcome": report.outcome.value,
        "salt": secrets.token_hex(SALT_BYTES),
    }


def no_answer(errands: Iterable[Errand]) -> dict[str, Any] | None:
    """The evidence that nobody answered, by each channel's first report; None while two channels have none."""
    first: dict[str, Mapping[str, str]] = {}
    for errand in errands:
        for report in errand.reports:
            if report["outcome"] in TRIED:
                known = first.get(report["channel"], report)
                first[report["channel"]] = min(known, report, key=lambda each: (each["at"], each["event"]))
    if len(first) < CHANNELS_NEEDED:
        return None
    return {
        "cause": "no-answer",
        "deliveries": [{"channel": channel, "digest": _digest(first[channel])} for channel in sorted(first)],
    }


def _digest(report: Mapping[str, str]) -> str:
    said = {name: value for name, value in report.items() if name != "salt"}
    return delivery_digest(bytes.fromhex(report["salt"]), said).hex()
