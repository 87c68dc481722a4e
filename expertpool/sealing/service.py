"""Who may hold keys: registered by one institution, proved by the agent itself, approved by another.

A contributor decides with others who is drawn, and a quorum of holders opens names: so the security administrator alone
cannot bring a key into force, and nobody can who does not show that they hold it.
"""

import secrets
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from stdnum.cn import uscc

from expertpool.core.jobs import Job
from expertpool.core.transaction import Transaction
from expertpool.identity.errors import NotPermitted
from expertpool.identity.models import Centre
from expertpool.identity.permissions import Target
from expertpool.identity.queries import target_of
from expertpool.identity.service import require
from expertpool.protocol.agents import Registration, read_registration
from expertpool.protocol.envelope import Open, seal_to
from expertpool.protocol.errors import ProtocolError
from expertpool.sealing import errors
from expertpool.sealing.events import (
    HolderApproved,
    HolderRegistered,
    HolderRetired,
    HolderShareProved,
    VaultRegistered,
)
from expertpool.sealing.mailbox import opened_answer, post_task
from expertpool.sealing.models import VAULT, KeyHolder, VaultKey

PROVE_SHARE: Final = "sealing.prove-share"
NONCE_BYTES: Final = 32


def register_holder(tx: Transaction, *, centre_id: str, name: str, outside: bool, registration: bytes) -> KeyHolder:
    """Register the holder of a registration file and ask its agent to prove its share key.

    An organisation with keys in force registers their successors, if those keys signed the file. Raises `NotPermitted`,
    `RegistrationInvalid`, `OrganisationInvalid`, `HolderInForce`, `ChangeUnfinished`, `SuccessionDiffers`,
    `KeyUsedBefore`, `NoVaultKey`.
    """
    centre = tx.session.get(Centre, centre_id)
    require(tx, "holder.register", Target() if centre is None else target_of(tx.session, centre))
    stated = _read(registration)
    _refuse_used(tx, stated)
    former = _former(tx, stated)
    if former is not None and (former.centre_id, former.outside) != (centre_id, outside):
        raise errors.SuccessionDiffers(field="outside")
    holder = KeyHolder(
        centre_id=centre_id,
        organisation=stated.organisation,
        name=name,
        outside=outside,
        vrf=stated.vrf,
        share=stated.share,
        transport=stated.transport,
        cosign=str(stated.cosign),
        succeeds=None if former is None else former.id,
        registered=tx.now,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(holder)
    except IntegrityError:  # of two at once the database lets one pass
        raise errors.HolderInForce(field="registration") from None
    tx.record(HolderRegistered(**_shown(holder), name=name, succeeds=holder.succeeds))
    nonce = secrets.token_hex(NONCE_BYTES)
    challenge = {"kind": "prove-share", "nonce": nonce}
    post_task(tx, holder, challenge, then=PROVE_SHARE, args={"holder": holder.id, "nonce": nonce})
    return holder


def prove_share(tx: Transaction, job: Job, opener: Open) -> None:
    """The vault's job when an agent has answered its challenge: note that it opened it. A wrong answer proves nothing.

    ``job.args``: ``holder``, ``nonce`` and ``task``.
    """
    holder = tx.session.get_one(KeyHolder, job.args["holder"], with_for_update=True)
    if holder.share_proved is not None or holder.retired is not None:
        return
    try:
        answer = opened_answer(tx.session, job.args["task"], opener)
    except ProtocolError:
        return
    if answer is None or not _is(answer.get("nonce"), job.args["nonce"]):
        return
    holder.share_proved = tx.now
    tx.record(HolderShareProved(**_shown(holder)))


def approve_holder(tx: Transaction, holder_id: str) -> KeyHolder:
    """Bring a holder's keys into force. Raises `NotPermitted`, `HolderNotPending`, `ShareNotProved`."""
    holder = _find(tx, holder_id, "holder.approve")
    if holder.approved is not None or holder.retired is not None:
        raise errors.HolderNotPending
    if holder.share_proved is None:
        raise errors.ShareNotProved
    holder.approved = tx.now
    tx.record(HolderApproved(**_shown(holder)))
    return holder


def retire_holder(tx: Transaction, holder_id: str, *, reason: str) -> KeyHolder:
    """End a holder's keys for good. Raises `NotPermitted`, `HolderRetiredAlready`."""
    holder = _find(tx, holder_id, "holder.retire")
    if holder.retired is not None:
        raise errors.HolderRetiredAlready
    holder.retired, holder.retired_reason = tx.now, reason
    tx.record(HolderRetired(**_shown(holder), reason=reason))
    return holder


def register_vault(tx: Transaction, *, public: bytes) -> VaultKey:
    """Name the vault's key, by the security administrator of a centre that has none above it.

    Raises `NotPermitted`, `VaultKeyInvalid`, `VaultKeyKnown`.
    """
    top = tx.session.scalars(select(Centre).where(Centre.parent_id.is_(None)).order_by(Centre.id)).first()
    require(tx, "vault.register", Target() if top is None else target_of(tx.session, top))
    return found_vault(tx, public=public)


def found_vault(tx: Transaction, *, public: bytes) -> VaultKey:
    """As `register_vault`, for whoever sets up the installation, when there is nobody yet whom to ask."""
    try:
        seal_to(public, b"", b"")
    except ProtocolError:
        raise errors.VaultKeyInvalid(field="public") from None
    key = tx.session.get(VaultKey, VAULT, with_for_update=True)
    if key is None:
        key = VaultKey(id=VAULT, public=public, registered=tx.now)
        tx.session.add(key)
    elif key.public == public:
        raise errors.VaultKeyKnown(field="public")
    key.public, key.registered = public, tx.now
    tx.record(VaultRegistered(public=public.hex()))
    return key


def _read(file: bytes) -> Registration:
    try:
        registration = read_registration(file)
    except ProtocolError as error:
        raise errors.RegistrationInvalid(error.text("zh"), error.text("en"), field="registration") from None
    if uscc.calc_check_digit(registration.organisation) != registration.organisation[-1]:
        raise errors.OrganisationInvalid(field="registration")
    return registration


def _refuse_used(tx: Transaction, stated: Registration) -> None:
    used = or_(
        KeyHolder.vrf == stated.vrf,
        KeyHolder.share == stated.share,
        KeyHolder.transport == stated.transport,
        KeyHolder.cosign == str(stated.cosign),
    )
    if tx.session.scalars(select(KeyHolder.id).where(used).limit(1)).first() is not None:
        raise errors.KeyUsedBefore(field="registration")


def _former(tx: Transaction, stated: Registration) -> KeyHolder | None:
    """The organisation's keys that these succeed; None where it has none that are not retired.

    Raises `HolderInForce`, `ChangeUnfinished`.
    """
    same = (KeyHolder.organisation == stated.organisation, KeyHolder.retired.is_(None))
    live = tx.session.scalars(select(KeyHolder).where(*same).with_for_update()).all()
    if len(live) > 1:
        raise errors.ChangeUnfinished(field="registration")
    if not live:
        return None
    if live[0].approved is None or not stated.succeeds(live[0].transport):
        raise errors.HolderInForce(field="registration")
    return live[0]


def _find(tx: Transaction, holder_id: str, verb: str) -> KeyHolder:
    """A holder that the actor may do this to, locked. Raises `NotPermitted`."""
    holder = tx.session.get(KeyHolder, holder_id, with_for_update=True)
    centre = None if holder is None else tx.session.get(Centre, holder.centre_id)
    require(tx, verb, Target() if centre is None else target_of(tx.session, centre))
    if holder is None:
        raise NotPermitted(verb)
    return holder


def _shown(holder: KeyHolder) -> dict[str, Any]:
    return {
        "holder": holder.id,
        "centre": holder.centre_id,
        "organisation": holder.organisation,
        "outside": holder.outside,
        "vrf": holder.vrf.hex(),
        "share": holder.share.hex(),
        "transport": holder.transport.hex(),
        "cosign": holder.cosign,
    }


def _is(found: object, expected: str) -> bool:
    return isinstance(found, str) and secrets.compare_digest(found.encode(), expected.encode())
