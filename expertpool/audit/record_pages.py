"""The record of a draw to download: the public's, and with project, time and place that of whoever may see it."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request

from expertpool.audit import standing, watching
from expertpool.audit.draw_story import story_of
from expertpool.audit.errors import NoCheckpoint, NoSuchDraw
from expertpool.audit.queries import Chain
from expertpool.audit.record import local, record_of
from expertpool.audit.told import tell
from expertpool.core.ids import is_id
from expertpool.draws import words
from expertpool.identity.gate import caller
from expertpool.projects.models import EvaluationSession
from expertpool.web.access import public, signed_in
from expertpool.web.edge import edge, language, reading
from expertpool.web.paper import Record, print_record
from expertpool.web.rendering import t
from ledger.entry import Entry

blueprint = Blueprint("records", __name__)


@blueprint.get("/ledger/draws/<draw>/record")
@public
def public_record(draw: str) -> Response:
    """What public entries tell of a draw, as PDF."""
    with reading() as session:
        signed = standing.newest(session, None, 1)
        if not signed:
            raise NoCheckpoint
        chain = Chain(session, signed[0].size)
        entries = chain.of_draw(draw) if is_id("drw", draw) else []
        names = chain.holders_named(entries)
    return _printed(draw, _record(draw, entries, names))


@blueprint.get("/draws/<draw_id>/record")
@signed_in("draw.see")
def desk_record(draw_id: str) -> Response:
    """The same with project, time and place."""
    with reading() as session:
        shown = watching.watch(session, caller(), draw_id, edge().clock.now())
        known = _known(shown.sitting, shown)
        title = shown.sitting.project.title
    return _printed(draw_id, _record(draw_id, shown.entries, shown.names, title=title, known=known))


def _known(sitting: EvaluationSession, shown: watching.Watched) -> tuple[tuple[str, str], ...]:
    state = words.DRAWS[shown.draw.state]
    lines = (f"{' / '.join(line.codes)} × {line.seats}" for line in shown.request.lines)
    return (
        (t("项目编号", "Project"), sitting.project.code),
        (t("场次", "Session"), sitting.code),
        (t("评标时间", "Assembly"), local(sitting.starts)),
        (t("评标地点", "Sites"), t("、", ", ").join(site.place for site in sitting.sites)),
        (t("需要的专家", "Experts needed"), t("；", "; ").join(lines)),
        (t("状态", "State"), t(state.zh, state.en)),
    )


def _record(
    draw: str,
    entries: Sequence[Entry],
    names: Mapping[str, str],
    *,
    title: str = "",
    known: tuple[tuple[str, str], ...] = (),
) -> Record:
    if not entries:
        raise NoSuchDraw
    service = edge().settings.service
    return record_of(
        draw,
        story_of(entries),
        [tell(entry, names, language()) for entry in entries],
        names,
        t=t,
        centre=t(service.name_zh, service.name_en),
        address=f"{service.base_url}/ledger/draws/{draw}",
        title=title,
        known=known,
    )


def _printed(draw: str, record: Record) -> Response:
    response = Response(print_record(record), content_type="application/pdf")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = f'attachment; filename="{draw}.pdf"'
    response.headers["Content-Language"] = language()
    response.headers.add("Vary", "Accept-Language, Cookie")
    response.add_etag()
    response.make_conditional(request)
    return response
