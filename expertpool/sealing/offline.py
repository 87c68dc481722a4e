"""What key holders opened while there was no centre: told by their agents afterwards, and put on record."""

from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from expertpool.core.transaction import Transaction
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.statements import read_opening
from expertpool.sealing.errors import OpeningInvalid
from expertpool.sealing.events import HolderOpenedOffline
from expertpool.sealing.models import KeyHolder, OfflineOpening


def take_opening(tx: Transaction, holder: KeyHolder, *, statement: str, signature: str) -> None:
    """Record what a holder stated and signed; stated again it changes nothing. Raises `OpeningInvalid`."""
    try:
        stated = read_opening(statement, signature, holder.transport)
    except ProtocolError:
        raise OpeningInvalid from None
    if stated.pop("holder") != holder.id:
        raise OpeningInvalid
    name = sha256(statement.encode()).hexdigest()
    row = OfflineOpening(id=name, holder_id=holder.id, statement=statement, signature=signature, reported=tx.now)
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        return
    tx.record(HolderOpenedOffline(**stated, holder=holder.id, centre=holder.centre_id, signature=signature))
