"""What the pages of the pool's desk share: which pool is looked at, what the caller may do, and how an act is told."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.experts import listing
from expertpool.experts.lifecycle import STEPS, Origin, Pool, Verb
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.identity.gate import caller
from expertpool.identity.models import Centre
from expertpool.identity.permissions import has_verb
from expertpool.identity.queries import centres_below
from expertpool.web.edge import edge

TABS: Final = (
    ("/pool", "专家", "Experts", "expert.see"),
    ("/pool/imports", "导入", "Imports", "expert.enrol-in-bulk"),
    ("/pool/organisations", "单位", "Organisations", "organisation.see"),
    ("/pool/rulebooks", "规则库", "Rulebooks", "centre.see"),
)


def tabs() -> list[tuple[str, str, str]]:
    """The parts of the desk that the caller may open: address, names."""
    return [(path, zh, en) for path, zh, en, verb in TABS if may(verb)]


def may(verb: str) -> bool:
    """Whether the caller's role has a verb; where it holds is asked by the service."""
    return has_verb(caller().role, verb)


def protector() -> Protector:
    return Protector(edge().keys)


def pool_asked_for(session: Session, verb: str) -> Pool:
    """The pool that the address or the form names, by default that from which draws are made. Raises `NotPermitted`."""
    given = {**request.args, **request.form}
    origin = given.get("origin", "")
    wished = Origin(origin) if origin in set(Origin) else Origin(edge().settings.draws.origin)
    return listing.pool_in_reach(session, caller(), verb, given.get("centre_id") or None, wished)


def centres_in_reach(session: Session) -> Sequence[Centre]:
    """The caller's centre and those below it, by code."""
    below = centres_below(session, caller().centre)
    return session.scalars(select(Centre).where(Centre.id.in_(below)).order_by(Centre.code)).all()


def steps_for(expert: Expert) -> list[Verb]:
    """The steps that the caller may take with an expert; nobody takes any in a mirrored pool."""
    if expert.origin is Origin.MIRRORED:
        return []
    return [step.verb for step in STEPS if step.start is expert.status and caller().role in step.who]


def done(path: str, tx: Transaction) -> Response:
    """Go on to a page that tells that the act is in the ledger."""
    address = f"{request.script_root}{path}?receipt={tx.entries[-1].index}"
    return redirect(address, 303)  # type: ignore[return-value]  # Flask's own Response


def shell() -> dict[str, Any]:
    """What every page of the desk shows around its own."""
    return {"tabs": tabs(), "may": may, "receipt": request.args.get("receipt", type=int)}
