"""The public read path (C2SP tlog-tiles): checkpoint, tiles, entry bundles and receipts, for any tool, no account.

Nothing beyond the latest checkpoint is served: an entry that nobody has signed for is nobody's word yet. What a
checkpoint covers never changes, so it may be cached for ever; a mirror needs nothing else. Entries are safe to publish
by design: what they do not show stands in them as salted digests only.
"""

import gzip
import hashlib
from typing import Final

from flask import Response, request

from expertpool.audit.errors import NoCheckpoint, NoSuchTile, NotInLedger
from expertpool.core import checkpoints
from expertpool.core.ledger_store import SqlLog
from expertpool.web.access import public
from expertpool.web.edge import edge
from expertpool.web.openapi import Blueprint
from ledger.checkpoint import SignedCheckpoint
from ledger.errors import Malformed
from ledger.tiles import is_in_tree, parse_path

FOR_EVER: Final = "public, max-age=31536000, immutable"
BRIEFLY: Final = "public, max-age=2"
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"

blueprint = Blueprint(
    "ledger", __name__, url_prefix="/ledger", description="The public ledger: checkpoint, tiles, entries, receipts"
)


@blueprint.get("/checkpoint")
@public
@blueprint.response(200, content_type="text/plain")
def checkpoint() -> Response:
    """The latest signed checkpoint, with the cosignatures that have come in."""
    return _answer(_latest().to_bytes(), TEXT, BRIEFLY)


@blueprint.get("/tile/<path:address>")
@public
@blueprint.response(200, content_type=BYTES)
def tile(address: str) -> Response:
    """A tile of hashes (`0/x001/067`, `0/000.p/8`) or a bundle of entries (`entries/000`).

    Bundles are compressed for those who take gzip: canonical JSON shrinks to about a third.
    """
    try:
        wanted = parse_path(f"tile/{address}")
    except Malformed:
        raise NoSuchTile from None
    signed = _latest()
    if not is_in_tree(wanted, signed.size):
        raise NotInLedger(signed.size)
    return _answer(SqlLog(edge().engine).tile(wanted), BYTES, FOR_EVER, compress=wanted.is_bundle)


@blueprint.get("/proof/<int:index>")
@public
@blueprint.response(200, content_type="text/plain")
def proof(index: int) -> Response:
    """The receipt of an entry (C2SP tlog-proof), with the entry inside: a file that proves it offline."""
    signed = _latest()
    if index >= signed.size:
        raise NotInLedger(signed.size)
    receipt = checkpoints.receipt_at(edge().engine, index, timeout_s=0).to_bytes()
    answer = _answer(receipt, TEXT, BRIEFLY)
    answer.headers["Content-Disposition"] = f'inline; filename="{index}.tlog-proof"'
    return answer


def _open_to_all_origins(response: Response) -> Response:
    """Let verifiers that run in a browser, on anybody's site, read this: it is public and needs no credentials."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


blueprint.after_request(_open_to_all_origins)


def _latest() -> SignedCheckpoint:
    signed = checkpoints.latest(edge().engine)
    if signed is None:
        raise NoCheckpoint
    return signed


def _answer(content: bytes, content_type: str, cache: str, *, compress: bool = False) -> Response:
    tag = hashlib.sha256(content).hexdigest()[:32]
    response = Response(content, content_type=content_type, headers={"Cache-Control": cache})
    if compress:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings["gzip"] > 0:
            tag += "-gzip"
            response.set_data(gzip.compress(content, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
    response.set_etag(tag)
    response.make_conditional(request)
    return response
