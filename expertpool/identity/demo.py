"""Signing in with one click, as an account of any role: for demonstrations, and refused in production."""

from sqlalchemy import select

from expertpool.core.settings import ServiceSettings
from expertpool.core.transaction import Transaction, Transactions
from expertpool.identity import browsers, lockout, service, trail
from expertpool.identity.attempts import Origin
from expertpool.identity.browsers import Opened
from expertpool.identity.errors import DemonstrationOnly
from expertpool.identity.models import Actor, Centre, TrailKind
from expertpool.identity.roles import Role
from expertpool.identity.sealing import Keys


def roles() -> tuple[Role, ...]:
    """The roles that can be tried: experts have no account."""
    return tuple(role for role in Role if role is not Role.EXPERT)


def enter(transactions: Transactions, keys: Keys, settings: ServiceSettings, role: Role, origin: Origin) -> Opened:
    """Sign a browser in as the first account of this role, registered when there is none.

    Raises `DemonstrationOnly` in production, and `ExpertsElsewhere`.
    """
    if settings.mode != "demo":
        raise DemonstrationOnly
    with transactions.begin(_security_administrator(transactions)) as tx:
        actor = _first(tx, role) or _register(tx, role)
        trail.note(tx, TrailKind.ENTERED_DEMO, actor=actor, source=lockout.source_of(keys, origin.address))
        return browsers.begin(tx, actor, browser=origin.browser, confirmed=tx.now)


def _security_administrator(transactions: Transactions) -> str:
    with transactions.engine.connect() as connection:
        found = select(Actor.id).where(Actor.role == Role.SECURITY_ADMINISTRATOR, Actor.active).order_by(Actor.code)
        return connection.execute(found.limit(1)).scalar_one()


def _first(tx: Transaction, role: Role) -> Actor | None:
    return tx.session.scalars(select(Actor).where(Actor.role == role, Actor.active).order_by(Actor.code)).first()


def _register(tx: Transaction, role: Role) -> Actor:
    centre = tx.session.scalars(select(Centre.id).where(Centre.parent_id.is_(None))).one()
    return service.register_actor(tx, code=f"demo-{role.value}", role=role, centre_id=centre)
