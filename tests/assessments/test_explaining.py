"""An alert leads to a question, once, and the question to an answer, once; no points follow from either."""

import html
import re

import pytest

from expertpool.assessments import case_errors as errors
from expertpool.assessments import explaining
from expertpool.assessments.alerting import Figure
from expertpool.assessments.models import Explanation, Mark
from expertpool.assessments.verbs import EXPLAIN, OWN
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.sessions.models import Score, ScoreSheet
from tests.assessments.consequent import Consequent
from tests.assessments.evaluated import Evaluated
from tests.assessments.test_appeals import Own
from tests.assessments.test_panels import BIDDERS, HISTORY, lot_of, scored, usual
from tests.browser import entered
from tests.sessions.room import SEATS

ODD = {**usual(), (SEATS[0], BIDDERS[1]): 9900}
QUESTION, ANSWER = "请说明对该投标人评分明显偏高的理由", "其技术方案符合加分条款第三条"


@pytest.fixture
def odd(served_assessed: Evaluated) -> Evaluated:
    """A member favours a bidder, measured by what other sessions were like."""
    scored(served_assessed, -10, {f"usual{turn}": usual(turn) for turn in range(HISTORY)})
    lot = lot_of(served_assessed)
    with served_assessed.world.session() as session, session.begin():
        of_it = {"session_id": served_assessed.session_id}
        session.add(ScoreSheet(**of_it, digest="0" * 64, usable=True))
        session.flush()
        at = {**of_it, "lot_id": lot, "draw_id": served_assessed.draw.id, "vacancy": 0}
        session.add_all(
            Score(**at, seat=seat, bidder=bidder, hundredths=given) for (seat, bidder), given in ODD.items()
        )
    return served_assessed


def row(of: Evaluated) -> Explanation:
    with of.world.session() as session:
        return session.query(Explanation).one()


def test_the_supervisor_asks_and_the_expert_answers_once_each(odd: Evaluated) -> None:
    supervisor = entered(odd.world.site, Role.SUPERVISOR)
    shown = html.unescape(supervisor.get("/alerts").text)
    assert "去掉该成员，第一名会改变" in shown
    assert f"对照 {HISTORY} 个评审组的历史" in shown
    name = next(each for each in re.findall(r'name="figure" value="([^"]+)"', shown) if each.startswith("favouring"))
    assert supervisor.send("/alerts", {"figure": name, "question": ""}).status_code == 422
    assert supervisor.send("/alerts", {"figure": name, "question": QUESTION}).status_code == 303
    assert supervisor.send("/alerts", {"figure": name, "question": QUESTION}).status_code == 409
    assert supervisor.send("/alerts", {"figure": f"{name}x", "question": QUESTION}).status_code == 403
    asked = row(odd)
    assert odd.subject(SEATS[0]) == asked.subject
    place, keys = (odd.session_id, asked.subject), odd.world.site.service.keys
    with pytest.raises(errors.NoSuchExplanation):
        odd.rule(lambda tx: explaining.answer(tx, keys, (odd.session_id, asked.subject + 1), asked.id, text=ANSWER))
    odd.rule(lambda tx: explaining.answer(tx, keys, place, asked.id, text=ANSWER))
    with pytest.raises(errors.ExplainedAlready):
        odd.rule(lambda tx: explaining.answer(tx, keys, place, asked.id, text="另一个"))
    assert ANSWER in html.unescape(supervisor.get("/alerts").text)
    assert ANSWER.encode() not in (row(odd).answer or b""), "sealed"
    with odd.world.session() as session:
        assert session.query(Mark).count() == 0, "no points follow"


def test_nobody_else_asks(odd: Evaluated) -> None:
    for role in (Role.CENTRE_STAFF, Role.COMPETENT_DEPARTMENT, Role.INITIATOR):
        with pytest.raises(NotPermitted):
            odd.as_(role, lambda tx: explaining.ask(tx, None, question=QUESTION))


def test_the_vault_takes_the_answer_of_whoever_had_the_seat(consequent: Consequent) -> None:
    of, key = consequent.session, consequent.session.key(SEATS[0])
    figure = Figure("favouring", of.session_id, lot_of(of), key, BIDDERS[0], 512, 450, 1, 1, HISTORY)
    consequent.reveal()
    asked = of.as_(Role.SUPERVISOR, lambda tx: explaining.ask(tx, figure, question=QUESTION))
    own, given = Own(consequent, consequent.experts[0]), {"explanation": asked.id, "text": ANSWER}
    assert own.ask(OWN)["results"][0]["questions"] == [{"id": asked.id, "question": QUESTION, "answered": False}]
    stranger = Own(consequent, "exp_nobody")
    assert isinstance(stranger.refused(EXPLAIN, **own.place, **given), errors.NoSuchResult)
    assert own.ask(EXPLAIN, **own.place, **given)["results"][0]["questions"][0]["answered"] is True
    assert explaining.text_of(of.world.site.service.keys, row(of)) == ANSWER
    assert isinstance(own.refused(EXPLAIN, **own.place, **given), errors.ExplainedAlready)
