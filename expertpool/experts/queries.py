"""Named reads of the pool. Nothing here opens an identity but `identity_of`, and nothing shows one but masked.

Public: `find_expert`, `find_by`, `cipher_of`, `identity_of`, `Masked`, `masked`, `all_masked`, `line_of`,
`record_of`, `records_of`, `live_roster`, `claim_key`, `holders`, `resolve_unit`, `unit_names`, `taken`,
`similar_organisations`, `organisation_names`.
What may be seen by whom, page by page: ``listing``.
"""

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.experts.lifecycle import Pool
from expertpool.experts.models import Expert, Organisation, OrganisationAlias, PersonKey, RosterClaim, RosterLine
from expertpool.experts.protection import (
    Identity,
    PersonCipher,
    PersonKeys,
    Protector,
    mask_account,
    mask_id_number,
    mask_name,
    mask_phone,
)
from expertpool.experts.validation import name_key
from expertpool.protocol import facts
from expertpool.protocol.facts import Record
from policies.facts import Claim, Unit
from policies.specialties import Key

_RESEMBLES: Final = 0.75  # of difflib's ratio: enough to ask, never enough to join


class Masked(NamedTuple):
    """How an expert is shown to those who manage the pool."""

    name: str
    id_number: str | None
    phone: str | None
    account: str | None


def find_expert(session: Session, expert_id: str) -> Expert | None:
    """An expert by identifier."""
    return session.get(Expert, expert_id)


def find_by(
    session: Session,
    protector: Protector,
    pool: Pool,
    column: Literal["id_number", "code", "phone", "account"],
    value: str,
) -> Sequence[Expert]:
    """The experts of a pool with this (normalised) value, found by its blind index; several may share a phone."""
    index = getattr(Expert, f"{column}_index")
    wanted = select(Expert).where(
        Expert.centre_id == pool.centre_id,
        Expert.origin == pool.origin,
        index == protector.blind_index(pool, column, value),
    )
    return session.scalars(wanted.order_by(Expert.id)).all()


def cipher_of(session: Session, protector: Protector, expert_id: str) -> PersonCipher:
    """The cipher of an expert; with erased keys it opens nothing."""
    key = session.get(PersonKey, expert_id)
    return protector.open_person(expert_id, PersonKeys(None, None) if key is None else key.wrapped())


def identity_of(session: Session, protector: Protector, expert: Expert) -> Identity:
    """Who an expert is, in the clear. For the verbs that need it; whoever shows it checks first who may learn it.

    An erased name reads as empty. Raises `SealBroken` for values that were altered or moved.
    """
    cipher = cipher_of(session, protector, expert.id)
    return Identity(
        name=cipher.open("name", expert.name_sealed) or "",
        id_number=cipher.open("id_number", expert.id_number_sealed),
        code=cipher.open("code", expert.code_sealed),
        phone=cipher.open("phone", expert.phone_sealed),
        account=cipher.open("account", expert.account_sealed),
    )


def masked(session: Session, protector: Protector, expert: Expert) -> Masked:
    """An expert as the pool's managers see them."""
    identity = identity_of(session, protector, expert)
    return Masked(
        mask_name(identity.name),
        identity.id_number and mask_id_number(identity.id_number),
        identity.phone and mask_phone(identity.phone),
        identity.account and mask_account(identity.account),
    )


def all_masked(session: Session, protector: Protector, experts: Sequence[Expert]) -> dict[str, Masked]:
    """Several experts as the pool's managers see them, by identifier; their keys are read in one statement."""
    keys = session.scalars(select(PersonKey).where(PersonKey.expert_id.in_([expert.id for expert in experts]))).all()
    shown = {expert.id: masked(session, protector, expert) for expert in experts}
    del keys  # until now they were there to be found by `cipher_of`
    return shown


def line_of(session: Session, expert_id: str) -> RosterLine:
    """The present line of an expert who exists."""
    return session.get_one(RosterLine, expert_id)


def record_of(session: Session, expert_id: str) -> Record:
    """The present facts of an expert who exists."""
    return facts.read(line_of(session, expert_id).facts)


def records_of(session: Session, experts: Sequence[Expert]) -> dict[str, Record]:
    """The present facts of several experts, by identifier."""
    lines = select(RosterLine.expert_id, RosterLine.facts).where(
        RosterLine.expert_id.in_([expert.id for expert in experts])
    )
    return {expert: facts.read(text) for expert, text in session.execute(lines)}


def live_roster(session: Session, pool: Pool) -> dict[str, bytes]:
    """Expert -> leaf for everyone on the roster now; the same as `history.roster_at` for the present ledger size."""
    lines = select(RosterLine.expert_id, RosterLine.leaf).where(
        RosterLine.centre_id == pool.centre_id, RosterLine.origin == pool.origin, RosterLine.on_roster
    )
    return {expert: leaf for expert, leaf in session.execute(lines) if leaf is not None}


def claim_key(claim: Claim | Key) -> str:
    """How a claim is written in ``RosterClaim``: scheme/version/code."""
    scheme, version, code = (claim.scheme, claim.version, claim.code) if isinstance(claim, Claim) else claim
    return f"{scheme}/{version}/{code}"


def holders(session: Session, pool: Pool, claims: Sequence[str]) -> Sequence[RosterLine]:
    """The lines on a pool's roster that hold one of the claims (`claim_key`), each once."""
    held = select(RosterClaim.expert_id).where(RosterClaim.claim.in_(claims))
    lines = select(RosterLine).where(
        RosterLine.expert_id.in_(held),
        RosterLine.centre_id == pool.centre_id,
        RosterLine.origin == pool.origin,
        RosterLine.on_roster,
    )
    return session.scalars(lines.order_by(RosterLine.leaf)).all()


def resolve_unit(session: Session, centre_id: str, name: str) -> Unit | None:
    """The organisation with exactly this name, or this approved alias; None otherwise. Nothing fuzzy joins."""
    key = name_key(name)
    named = select(Organisation).where(Organisation.centre_id == centre_id, Organisation.name_key == key)
    found = list(session.scalars(named.limit(2)))
    if not found:
        alias = select(Organisation).join(OrganisationAlias, OrganisationAlias.organisation_id == Organisation.id)
        known = (OrganisationAlias.centre_id == centre_id, OrganisationAlias.name_key == key)
        found = list(session.scalars(alias.where(*known, OrganisationAlias.approved_by.is_not(None))))
    return Unit(found[0].name, found[0].code) if len(found) == 1 else None  # two of one name: only a code decides


def similar_organisations(session: Session, centre_id: str, name: str, limit: int = 3) -> list[str]:
    """Registered names that resemble a name: for a question to a person, never for joining."""
    names = session.scalars(select(Organisation.name).where(Organisation.centre_id == centre_id))
    by_key = {name_key(known): known for known in names}
    return [by_key[key] for key in difflib.get_close_matches(name_key(name), by_key, limit, _RESEMBLES)]


def organisation_names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The registered names of organisations, by identifier."""
    named = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return dict(session.execute(named).all())


def unit_names(session: Session, centre_id: str) -> dict[str, Unit]:
    """Every name and approved alias by ``name_key``, for `resolve_unit` on many rows; what two share is left out."""
    own = select(Organisation.name_key, Organisation.name, Organisation.code)
    own = own.where(Organisation.centre_id == centre_id)
    aliases = select(OrganisationAlias.name_key, Organisation.name, Organisation.code)
    aliases = aliases.join(Organisation, OrganisationAlias.organisation_id == Organisation.id)
    aliases = aliases.where(OrganisationAlias.centre_id == centre_id, OrganisationAlias.approved_by.is_not(None))
    rows = [*session.execute(own), *session.execute(aliases)]
    counts = Counter(key for key, _, _ in rows)
    return {key: Unit(name, code) for key, name, code in rows if counts[key] == 1}


def taken(session: Session, pool: Pool, indexes: Sequence[bytes]) -> set[bytes]:
    """Those of some blind indexes of identity numbers that are in the pool already, at most some hundred at a time."""
    known = select(Expert.id_number_index).where(
        Expert.centre_id == pool.centre_id, Expert.origin == pool.origin, Expert.id_number_index.in_(indexes)
    )
    return {index for index in session.scalars(known) if index is not None}
