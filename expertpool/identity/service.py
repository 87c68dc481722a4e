"""The verbs of identity. Each takes the transaction, asks the permission table, and records what happened."""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from expertpool.core.transaction import Transaction
from expertpool.identity import scoped_tokens
from expertpool.identity.errors import (
    AlreadyFounded,
    AlreadyRetired,
    CodeTaken,
    ExpertsElsewhere,
    NotPermitted,
    WrongPlace,
)
from expertpool.identity.events import ActorRegistered, ActorRetired, CentreOpened, TokenIssued
from expertpool.identity.models import ABOVE, Actor, Centre, CentreKind
from expertpool.identity.permissions import Caller, Target, may
from expertpool.identity.queries import caller_by_id, target_of
from expertpool.identity.roles import ADMINISTRATORS, Role
from expertpool.identity.tokens import Token, new_token

Coded = TypeVar("Coded", Centre, Actor)


@dataclass(frozen=True, slots=True)
class Founding:
    """The first centre and its three administrators' tokens, in the order system, security, audit."""

    centre: Centre
    administrators: tuple[tuple[Actor, Token], ...]


def require(tx: Transaction, verb: str, target: Target) -> None:
    """Raise `NotPermitted` unless the permission table lets the transaction's actor do this to the target.

    What does not exist is refused alike, so that nobody learns of it by asking.
    """
    caller = caller_of(tx)
    if caller is None or not may(caller, verb, target):
        raise NotPermitted(verb)


def caller_of(tx: Transaction) -> Caller | None:
    """Whoever acts, with what their token is limited to, as it stands in this transaction."""
    if tx.token is None:
        return caller_by_id(tx.session, tx.actor)
    return scoped_tokens.caller_by_id(tx.session, tx.token, tx.now)


def found(tx: Transaction, *, code: str, name_zh: str, name_en: str) -> Founding:
    """Open an installation's first centre with one administrator of each kind. Raises `AlreadyFounded`.

    The only verb that asks for no permission: before it there is nobody who could have one.
    """
    if tx.session.scalar(select(exists().select_from(Centre))):
        raise AlreadyFounded
    centre = _open(tx, Centre(code=code, name_zh=name_zh, name_en=name_en, kind=CentreKind.PREFECTURE))
    administrators = [_register(tx, code=role.value, role=role, centre=centre) for role in ADMINISTRATORS]
    return Founding(centre, tuple((actor, _issue(tx, actor)) for actor in administrators))


def open_centre(tx: Transaction, *, code: str, name_zh: str, name_en: str, kind: CentreKind, parent_id: str) -> Centre:
    """Open a branch or a sub-site below a centre. Raises `NotPermitted`, `WrongPlace`, `CodeTaken`."""
    parent = _find(tx, Centre, parent_id, "centre.open")
    if parent.kind not in ABOVE[kind]:
        raise WrongPlace(field="parent_id")
    return _open(tx, Centre(code=code, name_zh=name_zh, name_en=name_en, kind=kind, parent_id=parent_id))


def register_actor(tx: Transaction, *, code: str, role: Role, centre_id: str) -> Actor:
    """Register an account with its one role; nobody can sign in with it before a token is issued.

    An account's role never changes: another role is another account. Raises `NotPermitted`, `CodeTaken`, and
    `ExpertsElsewhere`, because an expert's account would link entries that must stay unlinkable.
    """
    centre = _find(tx, Centre, centre_id, "actor.register")
    if role is Role.EXPERT:
        raise ExpertsElsewhere(field="role")
    return _register(tx, code=code, role=role, centre=centre)


def issue_token(tx: Transaction, actor_id: str) -> Token:
    """Give an account a new token of its own; the one before and all scoped ones stop working.

    So a token that somebody else got hold of leaves nothing behind. Whoever gets a token from an administrator
    exchanges it for one that the administrator has not seen. Raises `NotPermitted`, `AlreadyRetired`.
    """
    return _issue(tx, _active(_find(tx, Actor, actor_id, "token.issue")))


def retire_actor(tx: Transaction, actor_id: str, *, reason: str) -> Actor:
    """Close an account for good; its tokens stop working. Raises `NotPermitted`, `AlreadyRetired`."""
    actor = _active(_find(tx, Actor, actor_id, "actor.retire"))
    actor.active, actor.token_hash = False, None
    scoped_tokens.end_all(tx, actor.id)
    tx.record(ActorRetired(account=actor.id, reason=reason))
    return actor


def _find(tx: Transaction, kind: type[Coded], key: str, verb: str) -> Coded:
    """What the verb is to be done to, locked, if the permission table covers it. Raises `NotPermitted`."""
    row = tx.session.get(kind, key, with_for_update=True)
    require(tx, verb, Target() if row is None else target_of(tx.session, row))
    if row is None:
        raise NotPermitted(verb)
    return row


def _active(actor: Actor) -> Actor:
    if not actor.active:
        raise AlreadyRetired
    return actor


def _open(tx: Transaction, centre: Centre) -> Centre:
    _add(tx, centre)
    tx.record(
        CentreOpened(
            centre=centre.id,
            level=centre.kind.value,
            parent=centre.parent_id,
            code=centre.code,
            name_zh=centre.name_zh,
            name_en=centre.name_en,
        )
    )
    return centre


def _register(tx: Transaction, *, code: str, role: Role, centre: Centre) -> Actor:
    actor = _add(tx, Actor(code=code, role=role, centre_id=centre.id, active=True, created=tx.now))
    tx.record(ActorRegistered(account=actor.id, role=role.value, centre=centre.id, code=code))
    return actor


def _issue(tx: Transaction, actor: Actor) -> Token:
    token = new_token(actor.id)
    actor.token_hash = token.digest()
    scoped_tokens.end_all(tx, actor.id)
    tx.record(TokenIssued(account=actor.id))
    return token


def _add(tx: Transaction, row: Coded) -> Coded:
    """Add a row whose code nobody else has; the database decides, so two at once cannot both have it."""
    try:
        with tx.session.begin_nested():
            tx.session.add(row)
    except IntegrityError:
        raise CodeTaken(row.code, field="code") from None
    return row
