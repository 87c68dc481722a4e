"""Employers by credit code, and the other spellings of their names: proposed by one, approved by another."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from expertpool.core.errors import ExpertpoolError, Forbidden, NotFound
from expertpool.experts import listing, organisations, schemas
from expertpool.experts.desk import centres_in_reach, done, pool_asked_for, shell
from expertpool.experts.errors import OrganisationUnknown
from expertpool.experts.models import Organisation
from expertpool.experts.queries import organisation_names
from expertpool.identity.gate import caller
from expertpool.web import forms
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

AT_ONCE: Final = 50
MOST_ALIASES: Final = 200
CREDIT_CODE_LIKE: Final = re.compile(r"[0-9A-Za-z]{18}", re.ASCII)
PATH: Final = "/pool/organisations"

blueprint = Blueprint("pool-organisations", __name__)


@blueprint.get(PATH)
@signed_in("organisation.see")
def show_all() -> Response:
    """Organisations by credit code, found by a code or a part of a name; and the spellings that wait for approval."""
    return _list(Filled())


@blueprint.post(PATH)
@signed_in("organisation.register")
def register() -> Response:
    """Register an organisation."""
    form = Filled({name: said.strip() for name, said in request.form.items()})
    try:
        given = forms.load(schemas.NewOrganisation, {"centre_id": caller().centre, **form.values})
        with edge().transactions.begin(caller().actor) as tx:
            organisation = organisations.register(tx, **given)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _list(form, status_of(error))
    return done(f"{PATH}/{organisation.id}", tx)


@blueprint.get(f"{PATH}/<organisation_id>")
@signed_in("organisation.see")
def show(organisation_id: str) -> Response:
    """One organisation with its other spellings."""
    return _one(organisation_id, Filled())


@blueprint.post(f"{PATH}/<organisation_id>/aliases")
@signed_in("organisation.propose-alias")
def propose_alias(organisation_id: str) -> Response:
    """Propose another spelling; it joins nothing before somebody else approves it."""
    form = Filled({"alias": request.form.get("alias", "").strip()})
    try:
        given = forms.load(schemas.NewAlias, form.values)
        with edge().transactions.begin(caller().actor) as tx:
            organisations.propose_alias(tx, organisation_id, **given)
    except (Forbidden, NotFound):
        raise
    except ExpertpoolError as error:
        form.blame(error)
        return _one(organisation_id, form, status_of(error))
    return done(f"{PATH}/{organisation_id}", tx)


@blueprint.post(f"{PATH}/aliases/<alias_id>/approval")
@signed_in("organisation.approve-alias")
def approve_alias(alias_id: str) -> Response:
    """Approve a spelling that somebody else proposed."""
    with edge().transactions.begin(caller().actor) as tx:
        alias = organisations.approve_alias(tx, alias_id)
        organisation_id = alias.organisation_id
    return done(f"{PATH}/{organisation_id}", tx)


def _list(form: Filled, status: int = 200) -> Response:
    search = Filled({name: request.args.get(name, "").strip() for name in ("q", "after")})
    found: Sequence[Organisation] = ()
    with reading() as session:
        centre = pool_asked_for(session, "organisation.see").centre_id
        try:
            found = _found(session, centre, search.values)
        except ExpertpoolError as error:
            search.blame(error)
            status = status_of(error)
        waiting = listing.aliases_in(session, centre, organisation_id=None, approved=False, after="", limit=AT_ONCE)
        names = organisation_names(session, [alias.organisation_id for alias in waiting])
        centres = centres_in_reach(session)
    return page(
        "experts/organisations.html",
        status=status,
        form=form,
        search=search,
        found=found[:AT_ONCE],
        next=found[AT_ONCE - 1].code if len(found) > AT_ONCE else None,
        waiting=waiting,
        names=names,
        own=caller().actor,
        centre=centre,
        centres=centres,
        **shell(),
    )


def _found(session: Session, centre: str, search: Mapping[str, str]) -> Sequence[Organisation]:
    """What was searched for: a credit code, or a part of a name or an approved spelling."""
    said, is_code = search["q"], CREDIT_CODE_LIKE.fullmatch(search["q"]) is not None
    given = forms.load(
        schemas.OrganisationPage,
        {
            **({"code" if is_code else "name": said} if said else {}),
            **({"after": search["after"]} if search["after"] else {}),
        },
    )
    code = given["code"] and given["code"].upper()
    return listing.organisations_in(
        session, centre, code=code, name=given["name"], after=given["after"], limit=AT_ONCE + 1
    )


def _one(organisation_id: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        organisation = session.get(Organisation, organisation_id)
        if organisation is None or not listing.reaches(session, caller(), "organisation.see", organisation.centre_id):
            raise OrganisationUnknown
        aliases = listing.aliases_in(
            session,
            organisation.centre_id,
            organisation_id=organisation.id,
            approved=None,
            after="",
            limit=MOST_ALIASES,
        )
    return page(
        "experts/organisation.html",
        status=status,
        organisation=organisation,
        aliases=aliases,
        form=form,
        own=caller().actor,
        **shell(),
    )
