"""The room's terminal in a browser: opened by a clerk, used by short code; no account and no name is on it.

The code goes along in the bodies of its forms; no address, cookie, log or row has it. Whoever opens a terminal is
signed out of that browser, so that the room's machine keeps nobody's rights.
"""

import re
from typing import Any, Final

from flask import Blueprint, Response, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import signing_in
from expertpool.identity.entrance import go, origin
from expertpool.identity.gate import caller
from expertpool.invitations.asking import line
from expertpool.sessions import pledge, verbs
from expertpool.sessions.errors import ShortCodeRefused
from expertpool.sessions.models import Terminal
from expertpool.sessions.terminal_acts import Act, do
from expertpool.sessions.terminal_forms import BODIES, NothingBody
from expertpool.sessions.terminal_view import Room, Turn, room_of, turn_of
from expertpool.sessions.terminals import close_terminals, count_refusal, member_at, open_terminal, terminal_of
from expertpool.web import cookies, forms
from expertpool.web.access import present_visit, public, signed_in
from expertpool.web.cookies import is_secure
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

STRICT: Final = "__Host-expertpool-terminal"
WEAK: Final = "expertpool-terminal-demo"
ACTOR: Final = "svc:terminal"
IDLE_S: Final = 300
"""After so many seconds a member's page gives way to the room's."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

blueprint = Blueprint("terminal", __name__)


@blueprint.post("/sessions/<session_id>/terminal/<int(max=99):site>")
@signed_in("terminal.open")
def open_here(session_id: str, site: int) -> Response:
    """Make this browser the terminal of a site, and end its account's session."""
    with edge().transactions.begin(caller().actor) as tx:
        _, token = open_terminal(tx, session_id, site)
        signing_in.sign_out(tx, edge().keys, present_visit().session, origin())
    cookies.take()
    answer = go(f"{request.script_root}/terminal")
    answer.set_cookie(_name(), token, path="/", secure=is_secure(), httponly=True, samesite="Strict")
    return answer


@blueprint.post("/sessions/<session_id>/terminal/<int(max=99):site>/close")
@signed_in("terminal.open")
def close(session_id: str, site: int) -> Response:
    """End every terminal of a site, from any desk."""
    with edge().transactions.begin(caller().actor) as tx:
        close_terminals(tx, session_id, site)
    return go(f"{request.script_root}/sessions/{session_id}")


@blueprint.get("/terminal")
@public
def show() -> Response:
    """The room, and a field for a short code."""
    return _room(Filled())


@blueprint.post("/terminal")
@public
def use() -> Response:
    """What is open to whoever has the code, after doing what the form asks for."""
    code, act = "".join(request.form.get("code", "").split()), request.form.get("act", "")
    terminal = _terminal()
    if terminal is None:
        return go(f"{request.script_root}/terminal")
    if not _is_somebodys(terminal, code):
        return _refused(terminal)
    form = Filled(request.form.to_dict())
    try:
        if act == Act.RECUSE:
            line().ask(verbs.RECUSE, **_where(terminal, code), grounds=_given(act)["text"])
            return page("sessions/terminal_done.html", room=_read_room(terminal))
        if act and not _act(terminal, code, act):
            return _refused(terminal)
        return _turn(terminal, code, form)
    except ShortCodeRefused:
        return _refused(terminal)
    except ExpertpoolError as error:
        form.blame(error)
        return _turn(terminal, code, form, status_of(error))


def _act(terminal: Terminal, code: str, act: str) -> bool:
    """Do it; no, when the code has gone in the meantime."""
    given = _given(act)
    with edge().transactions.begin(ACTOR) as tx:
        member = member_at(tx.session, edge().keys, terminal, code)
        if member is not None:
            do(tx, edge().keys, member, act, given)
    return member is not None


def _turn(terminal: Terminal, code: str, form: Filled, status: int = 200) -> Response:
    with reading() as session:
        member = member_at(session, edge().keys, terminal, code)
        if member is None:
            return _room(Filled())
        turn = turn_of(session, terminal, member)
    lots = _bidders(terminal, code, turn, form)
    shown = {"turn": turn, "lots": lots, "code": code, "form": form, "pledge": pledge, "Act": Act}
    answer = page("sessions/terminal_turn.html", status=status, **shown)
    answer.headers["Refresh"] = f"{IDLE_S}; url={request.script_root}/terminal"
    return answer


def _bidders(terminal: Terminal, code: str, turn: Turn, form: Filled) -> list[dict[str, Any]] | None:
    """The bidders by lot, from the vault, to whoever is to declare; none of them where no list came in.

    None where they are not to be seen, or cannot be now.
    """
    if Act.DECLARE not in turn.acts:
        return None
    lots: dict[str, dict[str, Any]] = {}
    try:
        after: int | None = 0
        while after is not None:
            found = line().ask(verbs.BIDDERS, **_where(terminal, code), after=after)
            for each in found["lots"]:  # a long list comes in parts
                lots.setdefault(each["lot"], {**each, "bidders": []})["bidders"] += each["bidders"]
            after = found["next"]
    except ExpertpoolError as error:
        form.blame(error)
        return None
    return list(lots.values())


def _refused(terminal: Terminal) -> Response:
    """The one refusal, whatever its cause."""
    with edge().transactions.begin(ACTOR) as tx:
        count_refusal(tx, terminal.id)
    return _room(Filled(), refused=True, status=403)


def _room(form: Filled, *, refused: bool = False, status: int = 200) -> Response:
    terminal = _terminal()
    if terminal is None:
        return page("sessions/terminal_none.html", status=status)
    return page("sessions/terminal.html", status=status, room=_read_room(terminal), form=form, refused=refused)


def _read_room(terminal: Terminal) -> Room:
    with reading() as session:
        return room_of(session, terminal)


def _terminal() -> Terminal | None:
    """The terminal that this browser is, if it is one."""
    given = request.cookies.get(_name(), "")
    if not _TOKEN.fullmatch(given):
        return None
    with reading() as session:
        return terminal_of(session, given)


def _is_somebodys(terminal: Terminal, code: str) -> bool:
    with reading() as session:
        return member_at(session, edge().keys, terminal, code) is not None


def _given(act: str) -> dict[str, str]:
    """What the form says besides; people write in lines, and one line is kept."""
    sent = {name: " ".join(text.split()) for name, text in request.form.items()}
    given: dict[str, str] = forms.load(BODIES.get(act, NothingBody), sent)
    return given


def _where(terminal: Terminal, code: str) -> dict[str, str | int]:
    return {"session": terminal.session_id, "site": terminal.site, "code": code}


def _name() -> str:
    return STRICT if is_secure() else WEAK
