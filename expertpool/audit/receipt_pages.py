"""An expert's receipt, checked: one's own code against the ledger's commitment, and the entry against outsiders.

The vault hands out what opens the commitment. Everything else is public and checked as the ledger's own pages do.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from flask import Blueprint, Response, request

from expertpool.audit import standing
from expertpool.audit.ledger_pages import bundle_path, entry_at, receipt_of, signed_chain
from expertpool.audit.standing import Standing
from expertpool.core.ids import is_id
from expertpool.draws.events import DrawCompleted
from expertpool.invitations import verbs
from expertpool.invitations.asking import line
from expertpool.invitations.desk_errors import NoReceipt, SignedOut
from expertpool.invitations.own_pages import back, token
from expertpool.protocol.bundle import read_bundle
from expertpool.protocol.commitments import answer_digest
from expertpool.protocol.errors import ProtocolError
from expertpool.web.access import public
from expertpool.web.edge import edge, reading
from expertpool.web.rendering import page
from ledger.entry import Entry
from ledger.errors import LedgerError

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of a bundle that is read for a page; a larger one is for whoever downloads it."""

blueprint = Blueprint("receipts", __name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found. ``hashes``: from the entry to the root; ``row``: whether the public bundle opens one's own
    row of the candidates' table, None where there is no bundle to look into.
    """

    committed: bool
    proven: Standing | None
    hashes: int
    row: bool | None

    @property
    def all_right(self) -> bool:
        """Whether everything holds that has to."""
        return self.committed and self.proven is not None and self.row is not False


@blueprint.post("/me/receipt")
@public
def check() -> Response:
    """Fetch one's own receipt and check it; whoever is not signed in is asked to."""
    draw, seat = request.form.get("draw", ""), request.form.get("seat", "")
    if not is_id("drw", draw) or len(seat) > verbs.SEAT:
        raise NoReceipt
    try:
        opened = line().ask(verbs.RECEIPT, token=token(), draw=draw, seat=seat)
    except SignedOut:
        return back()
    with reading() as session:
        entry = entry_at(signed_chain(session), opened["entry"])
        newest = standing.newest_proven(session, standing.policy_of(edge().settings))
    checked = _checked(entry, newest, opened, draw, seat)
    return page("audit/receipt.html", entry=entry, opened=opened, draw=draw, seat=seat, checked=checked)


def _checked(entry: Entry, newest: Standing | None, opened: dict[str, Any], draw: str, seat: str) -> Checked:
    digest = answer_digest(bytes.fromhex(opened["salt"]), opened["code"]).hex()
    drawn = entry.body["seats"] if entry.kind == DrawCompleted.kind else [entry.body]
    committed = entry.body.get("draw") == draw and any(
        each.get("seat") == seat and each.get("answer") == digest for each in drawn
    )
    proven, hashes = _proven(entry, newest)
    return Checked(committed, proven, hashes, _opened_row(draw, bytes.fromhex(opened["leaf"])))


def _proven(entry: Entry, newest: Standing | None) -> tuple[Standing | None, int]:
    """The checkpoint that a quorum cosigned and that has the entry, recomputed from the entry's own bytes."""
    policy = standing.policy_of(edge().settings)
    if policy is None or newest is None or entry.index >= newest.size:
        return None, 0
    receipt = receipt_of(entry, newest)
    try:
        receipt.check(policy)
    except LedgerError:
        return None, 0
    return newest, len(receipt.proof)


def _opened_row(draw: str, leaf: bytes) -> bool | None:
    path = bundle_path(draw)
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return None
    try:
        read = read_bundle(BytesIO(path.read_bytes()))
    except ProtocolError:
        return None
    return any(opened.leaf == leaf for opened in read.openings.groups)
