"""Which agent a request comes from: the signature of its transport key decides, and nothing else."""

from datetime import datetime

from sqlalchemy.orm import Session

from expertpool.protocol.agents import SKEW_SECONDS, read_authorisation
from expertpool.protocol.errors import Malformed
from expertpool.sealing.errors import AgentUnknown
from expertpool.sealing.models import KeyHolder


def authenticate(session: Session, header: str, *, method: str, path: str, body: bytes, now: datetime) -> KeyHolder:
    """The holder whose agent signed this request. Raises `AgentUnknown`, and says no more than that.

    One that is registered and not yet approved may ask: it has a share key to prove.
    """
    try:
        claimed = read_authorisation(header)
    except Malformed:
        raise AgentUnknown(SKEW_SECONDS) from None
    holder = session.get(KeyHolder, claimed.holder)
    if (
        holder is None
        or holder.retired is not None
        or not claimed.made_by(holder.transport, method, path, body)
        or not claimed.is_fresh(now.timestamp())
    ):
        raise AgentUnknown(SKEW_SECONDS)
    return holder
