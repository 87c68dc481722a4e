"""Draws over HTTP: to apply, to decide what was referred, to see how a draw stands. Nothing here names anybody."""

from typing import Any

from sqlalchemy.orm import Session

from expertpool.core.transaction import Transaction
from expertpool.draws import breaking, feasibility, queries, releasing, schemas, service
from expertpool.draws.applying import Application
from expertpool.draws.models import Draw, Release
from expertpool.identity.gate import caller
from expertpool.projects.schemas import Reason
from expertpool.web.access import never_kept, requires
from expertpool.web.acts import acts
from expertpool.web.edge import edge, reading
from expertpool.web.openapi import PREFIX, Blueprint

blueprint = Blueprint("draws", __name__, url_prefix=PREFIX, description="Draws of evaluation committees")


@blueprint.get("/draws")
@requires("draw.see")
@blueprint.arguments(schemas.Page, location="query")
@blueprint.response(200, schemas.DrawList)
def list_draws(page: dict[str, Any]) -> dict[str, Any]:
    """List the draws of one's own centre and of those below it; an initiator's own only."""
    with reading() as session:
        found = queries.draws_for(session, caller(), page["after"], page["limit"] + 1)
    items = found[: page["limit"]]
    return {"items": items, "next": items[-1].id if len(found) > len(items) else None}


@blueprint.get("/draws/<draw_id>")
@requires("draw.see")
@blueprint.response(200, schemas.DrawWithSeats)
def show_draw(draw_id: str) -> dict[str, Any]:
    """Show how a draw stands, seat by seat."""
    with reading() as session:
        draw = queries.visible_draw(session, caller(), draw_id)
        shown = {name: getattr(draw, name) for name in schemas.DrawSchema().fields}
        return {**shown, "seats": queries.seats_of(session, draw_id)}


@blueprint.post("/sessions/<session_id>/draw")
@requires("draw.submit")
@blueprint.arguments(schemas.ApplicationBody)
@acts(schemas.DrawSchema)
def apply_for_draw(tx: Transaction, given: dict[str, Any], session_id: str) -> Draw:
    """Apply for a session's draw. What breaks a rule is refused with the article and what to change."""
    return service.apply(tx, edge().settings.draws, session_id, **given)


@blueprint.post("/draws/<draw_id>/submission")
@requires("draw.submit")
@blueprint.arguments(schemas.ApplicationBody)
@acts(schemas.DrawSchema)
def submit_again(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Submit a returned application anew."""
    return service.resubmit(tx, edge().settings.draws, draw_id, **given)


@blueprint.post("/draws/<draw_id>/approval")
@requires("draw.approve")
@blueprint.arguments(schemas.Approval)
@acts(schemas.DrawSchema)
def approve_draw(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Accept a draw that a rule leaves to a person."""
    return service.approve(tx, draw_id, **given)


@blueprint.post("/draws/<draw_id>/refusal")
@requires("draw.decline")
@blueprint.arguments(Reason)
@acts(schemas.DrawSchema)
def decline_draw(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Return a draw that was referred."""
    return service.decline(tx, draw_id, **given)


@blueprint.post("/draws/<draw_id>/supplement")
@requires("draw.supplement")
@blueprint.arguments(Reason)
@acts(schemas.DrawSchema)
def supplement_draw(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Apply for the seats that an exhausted draw could not fill; who sits keeps the seat. It is then to be approved."""
    return service.supplement(tx, draw_id, **given)


@blueprint.post("/draws/<draw_id>/cancellation")
@requires("draw.cancel")
@blueprint.arguments(Reason)
@acts(schemas.DrawSchema)
def cancel_draw(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Give up a draw. Names stay sealed; an intent is not cancelled."""
    return service.cancel(tx, draw_id, **given)


@blueprint.post("/draws/<draw_id>/suspension")
@requires("draw.suspend")
@blueprint.arguments(Reason)
@acts(schemas.DrawSchema)
def suspend_draw(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Suspend the evaluation of a filled draw. The committee keeps its seats."""
    return service.suspend(tx, draw_id, **given)


@blueprint.post("/draws/<draw_id>/reconvention")
@requires("draw.reconvene")
@blueprint.arguments(Reason)
@acts(schemas.DrawSchema)
def reconvene_draw(tx: Transaction, given: dict[str, Any], draw_id: str) -> Draw:
    """Let a suspended evaluation go on with the same committee."""
    return service.reconvene(tx, draw_id, **given)


@blueprint.get("/draws/<draw_id>/releases")
@requires("release.see")
@blueprint.response(200, schemas.ReleaseList)
def list_releases(draw_id: str) -> dict[str, Any]:
    """List to whom the names of a draw were released, or are being released."""
    with reading() as session:
        queries.visible_draw(session, caller(), draw_id, "release.see")
        found = releasing.releases_of(session, draw_id)
        return {"items": [_with_consents(session, each) for each in found]}


@blueprint.post("/draws/<draw_id>/releases")
@requires("release.see")
@blueprint.arguments(schemas.ReleaseBody)
@acts(schemas.ReleaseSchema)
def release_names(tx: Transaction, given: dict[str, Any], draw_id: str) -> Release:
    """Have the names of a draw opened to a recipient's key. Only its own audience asks, and not before its time."""
    return service.release(tx, edge().settings.draws, draw_id, **given)


@blueprint.post("/draws/<draw_id>/orders")
@requires("release.order")
@blueprint.arguments(schemas.OrderBody)
@acts(schemas.ReleaseSchema)
def order_release(tx: Transaction, given: dict[str, Any], draw_id: str) -> Release:
    """Order that single seats be opened to the supervisor during the session. The supervisor's own key signs it."""
    return service.order_release(tx, edge().settings.draws, draw_id, **given)


@blueprint.post("/draws/<draw_id>/break-glass")
@requires("release.break-glass")
@blueprint.arguments(schemas.ReleaseBody)
@acts(schemas.ReleaseSchema)
def break_glass(tx: Transaction, given: dict[str, Any], draw_id: str) -> Release:
    """Ask that names be opened in an emergency. Every key holder has to approve by hand, and everybody sees it."""
    return service.break_glass(tx, edge().settings.draws, draw_id, **given)


@blueprint.get("/draws/<draw_id>/releases/<int(min=1, max=9999):number>")
@requires("release.see")
@never_kept
@blueprint.response(200, schemas.PackageSchema)
def download_release(draw_id: str, number: int) -> dict[str, Any]:
    """Download what was released, sealed to the recipient's key; `expertpool names open` opens it."""
    with reading() as session:
        return {"package": releasing.package(session, caller(), draw_id, number).decode()}


@blueprint.post("/sessions/<session_id>/feasibility")
@requires("draw.ask")
@blueprint.arguments(schemas.ApplicationBody)
@blueprint.response(200, schemas.FeasibilitySchema)
def ask_feasibility(given: dict[str, Application], session_id: str) -> dict[str, Any]:
    """Ask whether there are enough experts: enough, thin or too few for each line, and so often an hour only."""
    parts = edge()
    with parts.transactions.begin(caller().actor) as tx:
        feasibility.note_question(tx, parts.settings.draws, session_id)
    with reading() as session:
        now = parts.clock.now()
        found = feasibility.answer(session, parts.settings.draws, session_id, given=given["given"], now=now)
    return {"lines": [each.value for each in found]}


def _with_consents(session: Session, release: Release) -> dict[str, Any]:
    """A release as everybody sees it, with the key holders that have consented to breaking the glass."""
    shown = {name: getattr(release, name) for name in schemas.ReleaseSchema().fields}
    consents = breaking.consents_of(session, release.draw_id, release.number)
    return {**shown, "consents": [each.holder_id for each in consents]}
