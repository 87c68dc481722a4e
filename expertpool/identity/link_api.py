"""Ways to sign in that the security administrator links to accounts, for programs."""

from typing import Any

from flask import request

from expertpool.core.transaction import Transaction
from expertpool.identity import certificates, lockout, oidc, queries
from expertpool.identity import link_schemas as schemas
from expertpool.identity.gate import caller
from expertpool.identity.models import LinkedCertificate, LinkedSubject
from expertpool.web.access import requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint

VERB = "actor.link"

blueprint = Blueprint("identity", __name__, url_prefix=PREFIX, description="Centres, accounts, tokens")


@blueprint.get("/actors/<actor_id>/ways")
@requires(VERB)
@blueprint.response(200, schemas.WaysSchema)
def show_ways(actor_id: str) -> dict[str, Any]:
    """List what is linked to an account: certificates of CA keys, identities at the OpenID provider."""
    with reading() as session:
        found = queries.visible_actor(session, caller(), actor_id, VERB)
        return {"certificates": certificates.of(session, found.id), "subjects": oidc.of(session, found.id)}


@blueprint.post("/actors/<actor_id>/certificates")
@requires(VERB)
@blueprint.arguments(schemas.NewCertificate)
@acts(schemas.LinkedCertificateSchema)
def link_certificate(tx: Transaction, given: dict[str, Any], actor_id: str) -> LinkedCertificate:
    """Link a certificate to an account; every session of the account ends."""
    trusted = certificates.trust(edge().settings.certificates)
    return certificates.link(tx, actor_id, given["certificate"].encode(), trusted, _source())


@blueprint.post("/actors/<actor_id>/certificates/<link_id>/removal")
@requires(VERB)
@acts(schemas.UnlinkedSchema)
def unlink_certificate(tx: Transaction, actor_id: str, link_id: str) -> dict[str, str]:
    """Take a certificate from an account; every session of the account ends."""
    certificates.unlink(tx, actor_id, link_id, _source())
    return {"id": link_id, "actor_id": actor_id}


@blueprint.post("/actors/<actor_id>/subjects")
@requires(VERB)
@blueprint.arguments(schemas.NewSubject)
@acts(schemas.LinkedSubjectSchema)
def link_subject(tx: Transaction, given: dict[str, Any], actor_id: str) -> LinkedSubject:
    """Link somebody whom the OpenID provider knows to an account; every session of the account ends."""
    return oidc.link(tx, actor_id, edge().settings.oidc.issuer, given["subject"], _source())


@blueprint.post("/actors/<actor_id>/subjects/<link_id>/removal")
@requires(VERB)
@acts(schemas.UnlinkedSchema)
def unlink_subject(tx: Transaction, actor_id: str, link_id: str) -> dict[str, str]:
    """Take that away; every session of the account ends."""
    oidc.unlink(tx, actor_id, link_id, _source())
    return {"id": link_id, "actor_id": actor_id}


def _source() -> bytes:
    return lockout.source_of(edge().keys, request.remote_addr)
