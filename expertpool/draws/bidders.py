"""The sealed list of bidders of a session, opened by the vault alone, and not before the bid opening."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertpool.core.keyrings import VAULT_BOX
from expertpool.draws.models import Draw
from expertpool.draws.parts import Parts
from expertpool.draws.queries import sitting_of
from expertpool.identity.models import Centre
from expertpool.projects.bidder_list import ENOUGH, Bid, read_bidder_list
from expertpool.projects.door_errors import ListMalformed
from expertpool.projects.envelope import sealed_info
from expertpool.projects.models import EvaluationSession
from expertpool.projects.queries import latest_sealed, sealed_data
from expertpool.projects.terms import SealedKind
from policies.facts import Unit


@dataclass(frozen=True, slots=True)
class Listed:
    """An opened list: the digest of its ciphertext (hex), units by code, identity numbers of those who bid in person.

    ``enough``: some lot has the three bidders without which nothing is opened.
    """

    digest: str
    units: tuple[Unit, ...]
    numbers: tuple[str, ...]
    enough: bool

    def __repr__(self) -> str:
        return "Listed(...)"


def usable_list(session: Session, parts: Parts, draw: Draw, now: datetime) -> Listed | None:
    """The bidders by whom candidates are decided now; None before the opening, without a list, or with too short a one.

    Raises `ListAltered`, `ListMalformed`, `SealBroken`.
    """
    sitting = sitting_of(session, draw)
    listed = open_list(session, parts, sitting) if now >= sitting.opens_at else None
    return listed if listed is not None and listed.enough else None


def open_list(session: Session, parts: Parts, sitting: EvaluationSession) -> Listed | None:
    """The list in force of a session whose opening has come; None without one. Raises as `usable_list`."""
    opened = opened_lots(session, parts, sitting)
    return None if opened is None else _listed(*opened)


def opened_lots(
    session: Session, parts: Parts, sitting: EvaluationSession
) -> tuple[str, dict[str, tuple[Bid, ...]]] | None:
    """The digest of the list in force, and the bidders of each lot; None without one. Raises as `usable_list`."""
    delivery = latest_sealed(session, sitting.id, SealedKind.BIDDER_LIST)
    if delivery is None:
        return None
    centre = session.get_one(Centre, sitting.centre_id).code
    info = sealed_info(SealedKind.BIDDER_LIST, centre=centre, project=sitting.project.code, session=sitting.code)
    lots = read_bidder_list(parts.keys.open_hpke(VAULT_BOX, sealed_data(session, delivery), info))
    if lots.keys() != {each.lot.code for each in sitting.session_lots}:
        raise ListMalformed
    return delivery.digest, lots


def _listed(digest: str, lots: dict[str, tuple[Bid, ...]]) -> Listed:
    bids = [bid for lot in lots.values() for bid in lot]
    units = {bid.unit.code or "": bid.unit for bid in bids if bid.unit is not None}
    return Listed(
        digest=digest,
        units=tuple(units[code] for code in sorted(units)),
        numbers=tuple(sorted({bid.id_number for bid in bids if bid.id_number is not None})),
        enough=any(len(lot) >= ENOUGH for lot in lots.values()),
    )
