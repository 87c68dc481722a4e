"""The draw behind a session on *Today*: how it goes on, watched by whoever may see it, renewed by itself.

The page only looks. Where an act is needed of whoever looks, it leads to the desk that has it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from flask import Blueprint, Response

from expertpool.audit import guide, watching
from expertpool.audit.draw_story import story_of
from expertpool.audit.guide import Situation
from expertpool.audit.guide_pages import book_in_force
from expertpool.audit.told import tell
from expertpool.audit.watching import Eve, Given, Watched
from expertpool.draws import words
from expertpool.draws.desk_queries import SittingShown, Tone, waits_for_agency
from expertpool.draws.lifecycle import DrawState
from expertpool.draws.models import ReleaseState
from expertpool.experts.eligibility_queries import Abundance
from expertpool.identity.gate import caller
from expertpool.identity.permissions import has_verb
from expertpool.identity.roles import Role
from expertpool.sealing import recipients
from expertpool.web.access import signed_in
from expertpool.web.edge import edge, language, reading
from expertpool.web.rendering import page

DOORS_OPEN: Final = timedelta(minutes=60)
"""So long before the assembly people are let in."""
DESK: Final = frozenset({"desk.today", "desk.supervision"})
"""Whoever has one of these sees what was found the evening before: it tells where the centre is weak."""

GIVINGS: Final[Mapping[Given, tuple[str, str]]] = {
    Given.GIVEN: ("已到达", "given"),
    Given.ASKED: ("已请求，等待应答", "asked, no answer yet"),
    Given.WAITING: ("尚未轮到", "not asked yet"),
    Given.LATE: ("超过时限未应答", "late"),
    Given.REFUSED: ("拒绝应答", "refused"),
    Given.REPLACED: ("未应答，已由候补方接替", "no answer, an alternate stepped in"),
    Given.STANDBY: ("候补，未启用", "alternate, not called in"),
    Given.MISSING: ("逾期未贡献", "did not contribute"),
}
RELEASES: Final[Mapping[ReleaseState, tuple[str, str, str]]] = {
    ReleaseState.REQUESTED: ("密钥保管方开封中", "key holders are opening it", "amber"),
    ReleaseState.RELEASED: ("已开封给该对象", "opened to this audience", "green"),
    ReleaseState.UNANSWERED: ("未获应答，姓名仍密封", "unanswered, names stay sealed", "red"),
}

blueprint = Blueprint("watch", __name__)


class Act(NamedTuple):
    """What is needed of whoever looks: where it is done, and what the button says."""

    path: str
    zh: str
    en: str


@blueprint.get("/draws/<draw_id>")
@signed_in("draw.see")
def watch(draw_id: str) -> Response:
    """One draw as it happens."""
    now, role = edge().clock.now(), caller().role
    on_desk = any(has_verb(role, verb) for verb in DESK)
    with reading() as session:
        shown = watching.watch(session, caller(), draw_id, now)
        eve = watching.eve_of(session, shown.sitting) if on_desk else None
    return page(
        "audit/watch.html",
        shown=shown,
        standing=_standing(shown),
        story=story_of(shown.entries),
        timeline=[tell(entry, shown.names, language()) for entry in reversed(shown.entries)],
        act=act_of(role, shown, now),
        situations=situations_of(shown, eve),
        book=book_in_force(),
        labels=guide.LABELS,
        on_desk=on_desk,
        eve=eve,
        words=words,
        givings=GIVINGS,
        releases=RELEASES,
        audiences=recipients.WORDS,
    )


def situations_of(shown: Watched, eve: Eve | None) -> list[tuple[Tone, Situation]]:
    """What the guide says to whatever is amber or red, each once, red first."""
    standing = _standing(shown)
    found: list[tuple[Tone | None, str | None]] = [(standing.tone, standing.situation)]
    found += [(seat.tone, seat.situation) for seat in shown.seats]
    found += [(each.tone, each.situation) for each in shown.givings]
    found += [(Tone(RELEASES[each.release.state][2]), f"release-{each.release.state.value}") for each in shown.openings]
    if shown.abundance is Abundance.THIN:
        found.append((Tone.AMBER, "pool-thin"))
    found += [(Tone.AMBER, each.code.replace(".", "-")) for each in (eve.findings if eve else ())]
    tones: dict[str, Tone] = {}
    for tone, state in found:
        if tone in (Tone.AMBER, Tone.RED) and state is not None and state in guide.by_state():
            name = guide.by_state()[state].name
            tones[name] = max(tone, tones.get(name, Tone.GREEN), key=list(Tone).index)
    ordered = sorted(tones.items(), key=lambda item: item[1] is not Tone.RED)
    return [(tone, guide.by_state()[name]) for name, tone in ordered]


def _standing(shown: Watched) -> SittingShown:
    return SittingShown(shown.sitting, shown.draw, tuple(seat.shown for seat in shown.seats))


def act_of(role: Role, shown: Watched, now: datetime) -> Act | None:
    """The one act that the draw waits for, if it is this role's."""
    session = shown.sitting
    if role is Role.SUPERVISOR and shown.draw.state is DrawState.REFERRED:
        return Act(f"/supervision/{shown.draw.id}", "查看并决定", "Look and decide")
    if role is Role.SUPERVISOR and shown.draw.state is DrawState.SUSPENDED:
        if session.begun:
            return Act(f"/sessions/{session.id}/resume", "恢复评审", "Resume")
        return Act(f"/supervision/{shown.draw.id}/suspended", "复会或取消", "Reconvene or cancel")
    if role is Role.INITIATOR and waits_for_agency(SittingShown(session, shown.draw, ()), now):
        return Act("/agency", "去办理", "See to it")
    if role is not Role.CENTRE_STAFF:
        return None
    if any(seat.unreached for seat in shown.seats):
        return Act("/duty", "到值班台登记答复", "Note an answer at the duty desk")
    if shown.taken and session.starts - DOORS_OPEN <= now and shown.draw.state is not DrawState.CLOSED:
        return Act("/arrivals", "打开签到台", "Open the sign-in desk")
    return None
