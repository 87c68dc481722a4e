"""The ledger for people: the chain, one entry with its proof, one draw as the public sees it, and what to download.

Nothing here needs an account, and nothing is shown that does not stand in an entry under a signed checkpoint.
"""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from expertpool.audit import standing
from expertpool.audit.draw_story import story_of
from expertpool.audit.errors import (
    BundleUnusable,
    NoBundle,
    NoCheckpoint,
    NoPolicy,
    NoSuchDraw,
    NoSuchPlace,
    NotInLedger,
    NotProvenYet,
)
from expertpool.audit.queries import Chain
from expertpool.audit.standing import Standing
from expertpool.audit.terms import BEIJING
from expertpool.audit.told import tell
from expertpool.core.ids import is_id
from expertpool.core.ledger_store import SqlLog
from expertpool.protocol.bundle import read_bundle
from expertpool.protocol.errors import ProtocolError
from expertpool.web.access import public
from expertpool.web.edge import edge, language, reading
from expertpool.web.rendering import page
from ledger.entry import Entry
from ledger.receipt import Receipt, make_receipt
from ledger.store import nodes_of

NEWEST_CHECKPOINTS: Final = 6
ENTRIES_A_PAGE: Final = 20
MONTHS: Final = 12
FOR_EVER: Final = "public, max-age=31536000, immutable"
ANEW: Final = "private, no-cache"
"""A page may be kept by its reader, who asks each time whether it is still so."""
BUNDLES: Final = "bundles"
"""The folder under ``paths.var`` where the centre lays public bundles, named by their draw."""

blueprint = Blueprint("chain", __name__)


@blueprint.get("/ledger")
@public
def chain() -> Response:
    """The chain: height, newest checkpoints and entries."""
    policy = standing.policy_of(edge().settings)
    with reading() as session:
        listed, proven = standing.newest_and_proven(session, policy, NEWEST_CHECKPOINTS)
        shown = Chain(session, listed[0].size if listed else 0)
        below = _below(shown.size)
        entries = list(reversed(shown.span(below - ENTRIES_A_PAGE, below)))
        names = shown.holders_named(entries)
        months = shown.months(last_months()) if listed else {}
    return kept(
        page(
            "audit/ledger.html",
            size=shown.size,
            checkpoints=listed,
            proven=proven,
            has_policy=policy is not None,
            entries=[tell(entry, names, language()) for entry in entries],
            below=below,
            earlier=entries[-1].index if entries and entries[-1].index else None,
            months=months,
            most=max((max(month.draws, month.vacancies) for month in months.values()), default=0),
        )
    )


@blueprint.get("/ledger/entries/<int:index>")
@public
def entry(index: int) -> Response:
    """One entry, with its proof."""
    with reading() as session:
        shown = signed_chain(session)
        found = entry_at(shown, index)
        names = shown.holders_named([found])
        proven = standing.newest_proven(session, standing.policy_of(edge().settings))
    proof = receipt_of(found, proven) if proven is not None and index < proven.size else None
    return kept(
        page(
            "audit/entry.html",
            told=tell(found, names, language()),
            size=shown.size,
            proven=proven,
            proof=proof,
            base=edge().settings.service.base_url,
        )
    )


@blueprint.get("/ledger/entries/<int:index>/bytes")
@public
def entry_bytes(index: int) -> Response:
    """The entry's bytes, verbatim: what is hashed."""
    with reading() as session:
        data = entry_at(signed_chain(session), index).data
    return _file(data, "application/json", f"{index}.json", FOR_EVER)


@blueprint.get("/ledger/entries/<int:index>/proof")
@public
def entry_proof(index: int) -> Response:
    """The receipt (C2SP tlog-proof) against the newest checkpoint that a quorum cosigned."""
    with reading() as session:
        found = entry_at(signed_chain(session), index)
        proven = standing.newest_proven(session, standing.policy_of(edge().settings))
    if proven is None or index >= proven.size:
        raise NotProvenYet
    return _file(receipt_of(found, proven).to_bytes(), "text/plain; charset=utf-8", f"{index}.tlog-proof", ANEW)


@blueprint.get("/ledger/draws/<draw>")
@public
def draw(draw: str) -> Response:
    """A draw as the public sees it."""
    with reading() as session:
        shown = signed_chain(session)
        entries = shown.of_draw(draw) if is_id("drw", draw) else []
        if not entries:
            raise NoSuchDraw
        names = shown.holders_named(entries)
    story = story_of(entries)
    return kept(
        page(
            "audit/draw.html",
            draw=draw,
            story=story,
            entries=[tell(each, names, language()) for each in entries],
            gap=shown.gap,
            bundle=story.closed and bundle_path(draw).is_file(),
            base=edge().settings.service.base_url,
        )
    )


@blueprint.get("/ledger/draws/<draw>/bundle")
@public
def bundle(draw: str) -> Response:
    """The public bundle of a draw that is closed. An auditor's bundle that was laid here by mistake is refused."""
    with reading() as session:
        entries = signed_chain(session).of_draw(draw) if is_id("drw", draw) else []
    if not entries:
        raise NoSuchDraw
    if not story_of(entries).closed or not bundle_path(draw).is_file():
        raise NoBundle
    data = bundle_path(draw).read_bytes()
    try:
        read = read_bundle(BytesIO(data))
    except ProtocolError:
        raise BundleUnusable from None
    if read.audit is not None or read.draw != draw:
        raise BundleUnusable
    return _file(data, "application/zip", f"{draw}.zip", ANEW)


@blueprint.get("/ledger/verify")
@public
def verify() -> Response:
    """How to check the ledger, an entry and a draw, and what to download for it."""
    with reading() as session:
        listed, proven = standing.newest_and_proven(session, standing.policy_of(edge().settings), 1)
    return kept(
        page(
            "audit/verify.html",
            newest=listed[0] if listed else None,
            proven=proven,
            has_policy=_policy_bytes() is not None,
            base=edge().settings.service.base_url,
        )
    )


@blueprint.get("/ledger/policy")
@public
def policy() -> Response:
    """Whom this installation asks to cosign (C2SP tlog-policy): to be compared with what the cosigners say."""
    found = _policy_bytes()
    if found is None:
        raise NoPolicy
    return _file(found, "text/plain; charset=utf-8", "trust.policy", ANEW)


def kept(response: Response) -> Response:
    """Let the reader keep a page, and answer with nothing while it is the same."""
    response.headers["Cache-Control"] = ANEW
    if response.status_code == 200:
        response.add_etag()
        response.make_conditional(request)
    return response


def signed_chain(session: Session) -> Chain:
    """What the newest checkpoint covers. Raises `NoCheckpoint`."""
    found = standing.newest(session, None, 1)
    if not found:
        raise NoCheckpoint
    return Chain(session, found[0].size)


def entry_at(shown: Chain, index: int) -> Entry:
    """One entry. Raises `NotInLedger`."""
    if index >= shown.size:
        raise NotInLedger(shown.size)
    return shown.span(index, index + 1)[0]


def receipt_of(found: Entry, proven: Standing) -> Receipt:
    """An entry's receipt under a checkpoint that covers it."""
    return make_receipt(found.data, found.index, proven.signed, nodes_of(SqlLog(edge().engine), proven.size))


def _below(size: int) -> int:
    """Below which entry the list begins. Raises `NoSuchPlace`."""
    wished = request.args.get("before", "")
    if not wished:
        return size
    if not wished.isascii() or not wished.isdigit() or len(wished) > 15 or not 0 < int(wished) <= size:
        raise NoSuchPlace(size)
    return int(wished)


def last_months() -> list[str]:
    """The last twelve months in Beijing, YYYY-MM, the newest last."""
    now: date = edge().clock.now().astimezone(BEIJING).date()
    numbers = range(now.year * 12 + now.month - MONTHS, now.year * 12 + now.month)
    return [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]


def bundle_path(draw: str) -> Path:
    """Where the public bundle of a draw lies, if it was laid."""
    return edge().settings.paths.var / BUNDLES / f"{draw}.zip"


def _policy_bytes() -> bytes | None:
    """The policy file, if it is one: nothing else that lies there is handed out."""
    path = edge().settings.ledger.witness_policy
    if path is None or standing.policy_of(edge().settings) is None:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None


def _file(data: bytes, content_type: str, name: str, cache: str) -> Response:
    headers = {"Cache-Control": cache, "Content-Disposition": f'attachment; filename="{name}"'}
    response = Response(data, content_type=content_type, headers=headers)
    response.add_etag()
    response.make_conditional(request)
    return response
