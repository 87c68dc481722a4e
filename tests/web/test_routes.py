"""The truth table: every route, by everybody, in every state of what it acts on (``tests.web.routes``)."""

from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from expertpool.identity.permissions import has_verb, may
from expertpool.web.access import CONFIRMED, PUBLIC, SIGNED, VAULT, _mark_of, is_page, rule_of
from tests.docs.routes import route_table
from tests.web.routes import ABSENT, NEVER, ROUTES, STATES, Route
from tests.web.scene import HERE, RETIRED, ROLES, Scene, Visitor

OPEN, SIGN_IN, ROLE, PLACE, STATE = "open", "sign in", "role", "place", "state"
"""What comes of a request: it is done or judged by its content, or refused, for this reason."""
NOT_NOW = {STATE, PLACE}
"""As a conflict, or as if it were not there."""
REFUSALS = {
    "web.not-signed-in": SIGN_IN,
    "web.sign-in-needed": SIGN_IN,
    "web.role-refused": ROLE,
    "identity.not-permitted": PLACE,
    "identity.no-such-session": PLACE,
    "assessments.no-such-assessment": PLACE,
    "draws.unknown": PLACE,
    "draws.release-unknown": PLACE,
    "sessions.no-such-day": PLACE,
    "payouts.no-such-order": PLACE,
    "experts.unknown": PLACE,
    "experts.organisation-unknown": PLACE,
}
BY_ACCOUNT = [route for route in ROUTES if route.has_verb]
WITH_STATES = [route for route in BY_ACCOUNT if route.kind in STATES]


def outcome(answer: TestResponse) -> str:
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    code = (answer.get_json() or {}).get("code", "") if answer.is_json else ""
    if code in REFUSALS:
        return REFUSALS[code]
    assert answer.status_code != 401
    return STATE if answer.status_code == 409 else OPEN


def expected(scene: Scene, route: Route, visitor: Visitor) -> str:
    """What the table says, the state apart."""
    caller, target = visitor.caller, scene.target(route)
    assert caller is not None
    if not has_verb(caller.role, route.who):
        return ROLE
    return OPEN if target is None or may(caller, route.who, target) else PLACE


def play(scene: Scene, route: Route, visitor: Visitor, state: str | None) -> tuple[str, str]:
    """Ask, and undo whatever was done. Returns what came of it, and what was said."""
    answer = scene.ask(route, visitor)
    found = outcome(answer)
    if answer.status_code < 400 and route.method != "GET":
        scene.undo(route.kind, state)
    return found, answer.data[:300].decode(errors="replace")  # a PDF is no text


def test_every_route_is_declared_and_no_other(scene: Scene) -> None:
    views = scene.site.app.view_functions
    served = {
        (method, route.rule): views[route.endpoint]
        for route in scene.site.app.url_map.iter_rules()
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    }
    declared = {(route.method, route.path): route for route in ROUTES}
    missing = [
        f'Route("{method}", "{path}", "{rule_of(served[method, path])}"),' for method, path in served.keys() - declared
    ]
    assert missing == [], "add to tests/web/routes.py:\n" + "\n".join(sorted(missing))
    gone = sorted(map(str, (route for where, route in declared.items() if where not in served)))
    assert gone == [], "take out of tests/web/routes.py:\n" + "\n".join(gone)
    assert len(declared) == len(ROUTES)
    for where, route in declared.items():
        view = served[where]
        assert (rule_of(view), bool(_mark_of(view, CONFIRMED))) == (route.who, route.confirmed), str(route)
        assert is_page(view) == (route.is_page and route.has_verb), str(route)


@pytest.mark.parametrize("route", BY_ACCOUNT, ids=str)
def test_who_gets_to_it(scene: Scene, route: Route) -> None:
    """Everybody of the centre, the same roles from elsewhere, and whoever has no account or has it no longer."""
    state = next((each for each in STATES.get(route.kind or "", ()) if route.works_in(each)), None)
    scene.undo(route.kind, state)
    visitors = {
        (name, role): visitor
        for (name, role), visitor in scene.people.items()
        if name == HERE or has_verb(role, route.who)
    }
    wrong = []
    for who, visitor in [*visitors.items(), *scene.outsiders.items()]:
        outside = visitor.caller is None or who[0] == RETIRED
        wished = SIGN_IN if outside else expected(scene, route, visitor)
        found, said = play(scene, route, visitor, state)
        refused_alike = (route.states == NEVER or route.of == ABSENT) and wished == OPEN and found in NOT_NOW
        if found != wished and not refused_alike:
            wrong.append((who, found, wished, said))
    assert wrong == []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.who == PUBLIC], ids=str)
def test_what_is_public_is_so_for_everybody(scene: Scene, route: Route) -> None:
    visitors = [*scene.outsiders.values(), *(scene.people[HERE, role] for role in ROLES)]
    assert {play(scene, route, visitor, None)[0] for visitor in visitors} == {OPEN}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.who in (SIGNED, VAULT)], ids=str)
def test_no_account_opens_what_wants_something_else(scene: Scene, route: Route) -> None:
    """Neither a key holder's nor an expert's way in: whatever an account shows, it is told what nobody is told."""
    told = set()
    for visitor in (scene.outsiders["nobody"], *(scene.people[HERE, role] for role in ROLES)):
        answer = scene.ask(route, visitor)
        if route.who == VAULT:
            scene.undo()  # nobody has used up an attempt
        told.add((answer.status_code, answer.get_json().get("code", "")))
    assert len(told) == 1
    ((status, code),) = told
    if route.path == "/api/v1/me/invitations":
        assert code == "web.not-signed-in"
        assert outcome(scene.ask(route, scene.outsiders["an expert"])) == OPEN
    assert status >= 400 or route.path.endswith(("/one-time-code", "/answer"))  # which never tell


@pytest.mark.parametrize("route", WITH_STATES, ids=str)
def test_when_it_works(scene: Scene, route: Route) -> None:
    """Every role in every state of what it acts on; where states do not matter, those whom the route is for."""
    assert route.kind is not None
    allowed = [role for role in ROLES if has_verb(role, route.who)]
    wrong = []
    for state in STATES[route.kind]:
        scene.undo(route.kind, state)
        for role in ROLES if route.states else allowed:
            visitor = scene.people[HERE, role]
            wished = {expected(scene, route, visitor)}
            if wished == {OPEN} and not route.works_in(state):
                wished = NOT_NOW
            found, said = play(scene, route, visitor, state)
            if found not in wished:
                wrong.append((state, role, found, wished, said))
    assert wrong == []


def test_the_document_is_the_table() -> None:
    again = "write it again: python -m tests.docs.routes > docs/routes.md"
    assert (Path(__file__).parents[2] / "docs/routes.md").read_text() == route_table(), again
