"""The desk and the one page of an assessment, as the parties' browsers show them."""

import html
import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from expertpool.assessments import queries
from expertpool.assessments.models import Proposal
from expertpool.identity.roles import Role
from policies.conduct_items import Party
from tests.assessments.evaluated import PARTIES, Evaluated, evaluated, taken
from tests.browser import Browser, entered
from tests.sessions.room import SEATS

ONE_TAP = "全部无扣分"


@pytest.fixture(scope="module")
def unspoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    """One that is open, with a fact of the day's record; nothing is given."""
    folder = tmp_path_factory.mktemp("open")
    with evaluated(f"sqlite:///{folder / 'expertpool.db'}", folder, served=True) as made:
        made.close().open()
        with made.world.session() as session, session.begin():
            session.add(Proposal(session_id=made.session_id, subject=1, item="late", step=1))
        yield made


def at(assessed: Evaluated) -> str:
    return f"/sessions/{assessed.session_id}/assessment"


def text(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def browser(assessed: Evaluated, role: Role) -> Browser:
    return entered(assessed.world.site, role)


def send(party: Browser, assessed: Evaluated, *rows: dict[str, str], **more: str) -> TestResponse:
    """Fill in the page's form with these deductions."""
    fields = {f"deductions.{number}.{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    given = {"rulebook": assessed.assessment.rulebook, "rows": str(len(rows)), "act": "give", **fields, **more}
    return party.send(at(assessed), given)


def given(assessed: Evaluated) -> set[Party]:
    with assessed.world.session() as session:
        return set(queries.given_of(session, assessed.session_id))


ROW = {"subject": "1", "item": "phone", "points": "10", "evidence": "statement", "grounds": "见证人员当场发现"}


def test_all_clean_takes_one_tap_of_each_party(served_assessed: Evaluated) -> None:
    for role in PARTIES.values():
        party = browser(served_assessed, role)
        assert "等您考评" in text(party.get("/assessments"))
        assert ONE_TAP in text(party.get(at(served_assessed)))
        answer = send(party, served_assessed)
        assert answer.status_code == 303
        after = text(party.get(answer.headers["Location"]))
        assert "已记录在案" in after
        assert ONE_TAP not in after
    assert served_assessed.reveal()
    shown = text(browser(served_assessed, Role.SUPERVISOR).get(at(served_assessed)))
    assert shown.count('<span class="score">100</span>') == len(SEATS) + 2
    assert "已揭示" in shown


def test_nothing_of_a_sheet_is_shown_before_the_reveal(served_assessed: Evaluated) -> None:
    served_assessed.give(Party.CENTRE, taken(1, grounds="只有揭示后可见"))
    for role in PARTIES.values():
        shown = text(browser(served_assessed, role).get(at(served_assessed)))
        assert "只有揭示后可见" not in shown
        assert "已密封提交" in shown
    served_assessed.give(Party.SUPERVISOR)
    served_assessed.give(Party.PROJECT_UNIT)
    served_assessed.reveal()
    for role in PARTIES.values():
        assert "只有揭示后可见" in text(browser(served_assessed, role).get(at(served_assessed)))


def test_a_button_adds_a_row_and_keeps_what_was_typed(unspoiled: Evaluated) -> None:
    clerk = browser(unspoiled, Role.CENTRE_STAFF)
    shown = text(send(clerk, unspoiled, ROW, act="more"))
    assert 'name="deductions.1.item"' in shown
    assert "见证人员当场发现" in shown
    assert not unspoiled.marks
    assert ONE_TAP not in shown, "the tap for nobody does not stand beside what was typed"


def test_a_known_fact_becomes_a_row_by_a_button_and_counts_only_when_it_is_given(unspoiled: Evaluated) -> None:
    clerk = browser(unspoiled, Role.CENTRE_STAFF)
    assert "不会自动扣分" in text(clerk.get(at(unspoiled)))
    shown = text(send(clerk, unspoiled, act="", take="0"))
    assert re.search(r'id="deductions.0.points"[^>]*value="10"', shown)
    assert re.search(r'id="deductions.0.reference"[^>]*value="1"', shown)
    assert '<option value="late" selected>' in shown
    for wrong in ("1", "x", "-1", "٠"):
        assert re.search(r'id="deductions.0.points"[^>]*value=""', text(send(clerk, unspoiled, act="", take=wrong)))
    assert not given(unspoiled)


def test_what_is_wrong_stands_beside_its_field(unspoiled: Evaluated) -> None:
    clerk = browser(unspoiled, Role.CENTRE_STAFF)
    far, bare = {**ROW, "points": "11"}, {**ROW, "subject": "2", "grounds": ""}
    record = {**ROW, "subject": "3", "item": "late", "evidence": "record", "reference": "9999"}
    answer = send(clerk, unspoiled, far, record)
    assert answer.status_code == 422
    wrong = re.findall(r'id="(deductions[.\d]+[a-z]+)-hint"', answer.text)
    assert wrong == ["deductions.0.points", "deductions.1.reference"]
    missing = send(clerk, unspoiled, bare)
    assert re.findall(r'id="(deductions[.\d]+[a-z]+)-hint"', missing.text) == ["deductions.0.grounds"]
    assert not given(unspoiled), "nothing was given"


def test_a_sheet_of_another_version_is_refused(unspoiled: Evaluated) -> None:
    answer = send(browser(unspoiled, Role.SUPERVISOR), unspoiled, rulebook="ab" * 32)
    assert answer.status_code == 422
    assert "规则库版本" in text(answer)


def test_the_second_of_a_party_is_told(served_assessed: Evaluated) -> None:
    """Two of a party have the page open; one gives, the other is told that it is done."""
    clerk = browser(served_assessed, Role.CENTRE_STAFF)
    served_assessed.give(Party.CENTRE)
    answer = clerk.post(at(served_assessed), {"form_token": token(clerk), **first_tap(served_assessed)})
    assert answer.status_code == 409
    assert "只交一次" in text(answer)


def first_tap(assessed: Evaluated) -> dict[str, str]:
    return {"rulebook": assessed.assessment.rulebook, "act": "give"}


def token(party: Browser) -> str:
    found = re.search(r'name="form_token" value="(\w+)"', party.get("/account").text)
    assert found is not None
    return found[1]
