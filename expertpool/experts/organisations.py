"""Employers by credit code, and the other spellings of their names. Codes join; a spelling joins once approved.

Public: `register`, `propose_alias`, `approve_alias`.
"""

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from expertpool.core.transaction import Transaction
from expertpool.experts.acts import require_pool
from expertpool.experts.errors import AliasTaken, AlreadyApproved, OrganisationTaken, OrganisationUnknown, OwnApproval
from expertpool.experts.events import AliasApproved, AliasProposed, OrganisationRegistered
from expertpool.experts.lifecycle import Origin, Pool
from expertpool.experts.models import Organisation, OrganisationAlias
from expertpool.experts.validation import check_credit_code, check_unit_name, name_key


def register(tx: Transaction, *, centre_id: str, code: str, name: str) -> Organisation:
    """Register an organisation. Raises `NotPermitted`, `CreditCodeInvalid`, `UnitNameInvalid`, `OrganisationTaken`."""
    require_pool(tx, Pool(centre_id, Origin.OWN), "organisation.register")
    name, code = check_unit_name(name), check_credit_code(code, "code")
    organisation = Organisation(centre_id=centre_id, code=code, name=name, name_key=name_key(name))
    try:
        with tx.session.begin_nested():
            tx.session.add(organisation)
    except IntegrityError:
        raise OrganisationTaken(field="code") from None
    tx.record(OrganisationRegistered(centre=centre_id, organisation=organisation.id, code=code, name=name))
    return organisation


def propose_alias(tx: Transaction, organisation_id: str, alias: str) -> OrganisationAlias:
    """Propose another spelling; it joins nothing yet. Raises `OrganisationUnknown`, `UnitNameInvalid`, `AliasTaken`."""
    organisation = tx.session.get(Organisation, organisation_id)
    if organisation is None:
        raise OrganisationUnknown
    require_pool(tx, Pool(organisation.centre_id, Origin.OWN), "organisation.propose-alias")
    alias = check_unit_name(alias)
    named = (Organisation.centre_id == organisation.centre_id, Organisation.name_key == name_key(alias))
    if tx.session.scalar(select(exists().where(*named))):
        raise AliasTaken(field="alias")
    proposed = OrganisationAlias(
        organisation_id=organisation.id,
        centre_id=organisation.centre_id,
        alias=alias,
        name_key=name_key(alias),
        proposed_by=tx.actor,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(proposed)
    except IntegrityError:
        raise AliasTaken(field="alias") from None
    tx.record(AliasProposed(centre=organisation.centre_id, organisation=organisation.id, alias=alias))
    return proposed


def approve_alias(tx: Transaction, alias_id: str) -> OrganisationAlias:
    """Approve another's proposal. Raises `OrganisationUnknown`, `AlreadyApproved`, `OwnApproval`."""
    alias = tx.session.get(OrganisationAlias, alias_id, with_for_update=True)
    if alias is None:
        raise OrganisationUnknown
    require_pool(tx, Pool(alias.centre_id, Origin.OWN), "organisation.approve-alias")
    if alias.approved_by is not None:
        raise AlreadyApproved
    if alias.proposed_by == tx.actor:
        raise OwnApproval
    alias.approved_by = tx.actor
    tx.record(AliasApproved(centre=alias.centre_id, organisation=alias.organisation_id, alias=alias.alias))
    return alias
