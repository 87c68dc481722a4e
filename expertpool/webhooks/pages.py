"""One's own webhooks in a browser: how each is doing, a new one with its secret shown once, and the end of one."""

from flask import Blueprint, Response, redirect, request

from expertpool.audit.words import title
from expertpool.core.errors import ExpertpoolError
from expertpool.web import forms
from expertpool.web.access import confirmed, present_visit, signed_in
from expertpool.web.edge import edge, language, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page
from expertpool.webhooks import queries, service
from expertpool.webhooks.schemas import NewWebhook
from expertpool.webhooks.selection import KINDS

blueprint = Blueprint("webhook-pages", __name__, template_folder="templates")


@blueprint.get("/account/webhooks")
@signed_in("webhook.see")
def show_webhooks() -> Response:
    """One's own webhooks; those that were stopped say so."""
    with reading() as session:
        held = queries.webhooks_of(session, present_visit().caller.actor)
    return page("webhooks/list.html", held=held, most=service.MOST, told=_told)


@blueprint.get("/account/webhooks/new")
@signed_in("webhook.subscribe")
@confirmed
def ask_webhook() -> Response:
    """Ask where to and about what."""
    return _form(Filled({"kinds": []}))


@blueprint.post("/account/webhooks")
@signed_in("webhook.subscribe")
@confirmed
def make_webhook() -> Response:
    """Subscribe, and show the secret this once."""
    sent = {**request.form.to_dict(), "kinds": request.form.getlist("kinds")}
    form = Filled(sent)
    try:
        given = forms.load(NewWebhook, sent)
        with edge().transactions.begin(present_visit().caller.actor) as tx:
            made, secret = service.subscribe(tx, edge().keys, edge().settings.webhooks, **given)
    except ExpertpoolError as error:
        form.blame(error)
        return _form(form, status_of(error))
    return page("webhooks/made.html", made=made, secret=secret)


@blueprint.post("/account/webhooks/<webhook_id>/resumption")
@signed_in("webhook.subscribe")
def resume(webhook_id: str) -> Response:
    """Go on where it was stopped."""
    with edge().transactions.begin(present_visit().caller.actor) as tx:
        service.resume(tx, webhook_id)
    return _back()


@blueprint.post("/account/webhooks/<webhook_id>/ending")
@signed_in("webhook.subscribe")
def end(webhook_id: str) -> Response:
    """End it for good."""
    with edge().transactions.begin(present_visit().caller.actor) as tx:
        service.end(tx, webhook_id)
    return _back()


def _form(form: Filled, status: int = 200) -> Response:
    return page("webhooks/new.html", status=status, form=form, kinds=[(kind, _told(kind)) for kind in KINDS])


def _told(kind: str) -> str:
    return title(kind, language())


def _back() -> Response:
    return redirect(f"{request.script_root}/account/webhooks", 303)  # type: ignore[return-value]  # Flask's own
