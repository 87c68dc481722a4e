"""Ways to sign in that the security administrator links to accounts, and signing in by them."""

from flask import Blueprint, Response, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import certificate_sign_in, certificates, lockout, oidc, queries
from expertpool.identity.entrance import go, next_page, origin, sign_in_page
from expertpool.identity.form_schemas import CertificateForm, SubjectForm
from expertpool.identity.gate import caller
from expertpool.identity.roles import LABELS
from expertpool.web import cookies, forms
from expertpool.web.access import confirmed, public, signed_in
from expertpool.web.client_certificate import presented
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

blueprint = Blueprint("links", __name__)


@blueprint.post("/sign-in/certificate")
@public
def sign_in_by_certificate() -> Response:
    """Sign in with the certificate that the browser showed to the proxy."""
    parts = edge()
    try:
        opened = certificate_sign_in.sign_in(
            parts.transactions, parts.keys, parts.settings.certificates, presented(), origin()
        )
    except ExpertpoolError as error:
        return sign_in_page(Filled(), error)
    cookies.give(opened.secret)
    return go(next_page())


@blueprint.get("/accounts/<actor_id>/ways")
@signed_in("actor.link")
@confirmed
def show_ways(actor_id: str) -> Response:
    """What is linked to an account."""
    return _ways_page(actor_id, Filled())


@blueprint.post("/accounts/<actor_id>/certificates")
@signed_in("actor.link")
@confirmed
def link_certificate(actor_id: str) -> Response:
    """Link a certificate to an account."""
    form = Filled({"certificate": request.form.get("certificate", "")})
    try:
        pem = forms.load(CertificateForm, request.form.to_dict())["certificate"].encode()
        trusted = certificates.trust(edge().settings.certificates)
        with edge().transactions.begin(caller().actor) as tx:
            certificates.link(tx, actor_id, pem, trusted, _source())
    except ExpertpoolError as error:
        return _ways_page(actor_id, form, error)
    return _back(actor_id)


@blueprint.post("/accounts/<actor_id>/certificates/<link_id>/removal")
@signed_in("actor.link")
@confirmed
def unlink_certificate(actor_id: str, link_id: str) -> Response:
    """Take a certificate from an account."""
    with edge().transactions.begin(caller().actor) as tx:
        certificates.unlink(tx, actor_id, link_id, _source())
    return _back(actor_id)


@blueprint.post("/accounts/<actor_id>/subjects")
@signed_in("actor.link")
@confirmed
def link_subject(actor_id: str) -> Response:
    """Link somebody whom the OpenID provider knows to an account."""
    form = Filled({"subject": request.form.get("subject", "")})
    issuer = edge().settings.oidc.issuer
    try:
        subject = forms.load(SubjectForm, request.form.to_dict())["subject"]
        with edge().transactions.begin(caller().actor) as tx:
            oidc.link(tx, actor_id, issuer, subject, _source())
    except ExpertpoolError as error:
        return _ways_page(actor_id, form, error)
    return _back(actor_id)


@blueprint.post("/accounts/<actor_id>/subjects/<link_id>/removal")
@signed_in("actor.link")
@confirmed
def unlink_subject(actor_id: str, link_id: str) -> Response:
    """Take that away."""
    with edge().transactions.begin(caller().actor) as tx:
        oidc.unlink(tx, actor_id, link_id, _source())
    return _back(actor_id)


def _ways_page(actor_id: str, form: Filled, error: ExpertpoolError | None = None) -> Response:
    if error is not None:
        form.blame(error)
    with reading() as session:
        found = queries.visible_actor(session, caller(), actor_id, "actor.link")
        linked, elsewhere = certificates.of(session, found.id), oidc.of(session, found.id)
    return page(
        "identity/ways.html",
        status=status_of(error) if error else 200,
        form=form,
        actor=found,
        labels=LABELS,
        certificates=linked,
        subjects=elsewhere,
        oidc=edge().settings.oidc,
        by_certificate=bool(edge().settings.certificates.authorities),
    )


def _back(actor_id: str) -> Response:
    return go(f"{request.script_root}/accounts/{actor_id}/ways")


def _source() -> bytes:
    return lockout.source_of(edge().keys, request.remote_addr)
