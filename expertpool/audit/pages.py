"""The first page: what this is, how far the ledger reaches, who vouches for it, and how to check it oneself."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from flask import Blueprint, render_template
from sqlalchemy import select

from expertpool.core import checkpoints
from expertpool.core.errors import ExpertpoolError
from expertpool.core.ledger_tables import LedgerCheckpoint
from expertpool.core.witness_policy import load_witness_policy
from expertpool.web.access import public
from expertpool.web.edge import Edge, edge, language, reading
from ledger.checkpoint import SignedCheckpoint
from ledger.errors import LedgerError
from ledger.policy import Trust

BEIJING: Final = timezone(timedelta(hours=8))

blueprint = Blueprint("pages", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Standing:
    """The ledger as the page shows it. ``cosigners``: who, and when (aware UTC)."""

    size: int
    root: str
    signed_at: datetime
    log_key: str | None
    cosigners: tuple[tuple[str, datetime], ...]
    quorum: bool


@blueprint.get("/")
@public
def status() -> str:
    """The status page, in Chinese or English, without script."""
    parts = edge()
    signed = checkpoints.latest(parts.engine)
    return render_template(
        "audit/status.html",
        lang=language(),
        service=parts.settings.service,
        standing=None if signed is None else _standing(parts, signed),
        local=_beijing,
        address=f"{parts.settings.service.base_url}/ledger",
    )


def _standing(parts: Edge, signed: SignedCheckpoint) -> Standing:
    with reading() as session:
        at = select(LedgerCheckpoint.signed_at).where(LedgerCheckpoint.size == signed.size)
        signed_at = session.scalars(at).one()
    trust = _trust(parts, signed)
    cosigners = () if trust is None else tuple(sorted((name, _moment(s)) for name, s in trust.cosigners.items()))
    return Standing(
        size=signed.size,
        root=base64.b64encode(signed.root).decode(),
        signed_at=signed_at,
        log_key=None if trust is None else str(trust.log),
        cosigners=cosigners,
        quorum=trust is not None and trust.quorum and bool(cosigners),  # a policy may ask for nobody
    )


def _trust(parts: Edge, signed: SignedCheckpoint) -> Trust | None:
    """What the signatures are worth under this installation's own policy; None where there is none to judge by."""
    try:
        policy = load_witness_policy(parts.settings)
        return None if policy is None else policy.judge(signed)
    except (ExpertpoolError, LedgerError):
        return None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _beijing(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
