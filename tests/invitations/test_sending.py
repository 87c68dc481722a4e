"""Sending: with no transaction open, at least once, one gateway after the other, and nobody is called twice."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from expertpool.invitations.answering import Word
from expertpool.invitations.gateway import Channel, Message, Outcome
from expertpool.invitations.http_gateway import HttpGateway
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.sending import FIRST_PAUSE, LONGEST_PAUSE, pause
from tests.draws.world import DrawWorld
from tests.invitations.calls import ANSWER_IN, Called, Provider
from tests.invitations.fake_gateway import SECRET, FakeGateway, Mood, serving

BOTH = (Channel.SMS, Channel.VOICE)


def test_everybody_is_called_once_on_both_channels(called: Called) -> None:
    for place in range(4):
        at = called.seat(place)
        occupant = called.occupant(at)
        got = called.first.to(occupant.phone)
        assert sorted(each.channel for each in got) == sorted(BOTH)
        assert {each.code for each in got} == {occupant.answer_code}
        assert all(occupant.answer_code in each.text for each in got)
    assert len(called.first.sent) == 8
    assert called.second.sent == {}
    assert len(called.world.bodies("draw.calling")) == 1


class Writing(Provider):
    """A gateway that writes to the service's database while it is handed a message: nobody else may hold it."""

    world: DrawWorld

    def send(self, message: Message) -> None:
        with self.world.site.service.engine.begin() as connection:
            connection.execute(text("UPDATE draws SET revision = revision WHERE 1 = 0"))
        super().send(message)


def test_no_transaction_is_open_while_a_gateway_is_asked(world: DrawWorld) -> None:
    gateway = Writing()
    gateway.world = world
    called = Called(world, gateway).drawn()
    assert len(gateway.sent) == 8
    assert called.known(called.seat()).state is InvitationState.CALLED


@pytest.mark.parametrize("trouble", ["down", "refuses"])
def test_the_second_gateway_takes_over(world: DrawWorld, trouble: str) -> None:
    called = Called(world, Provider(trouble=trouble)).drawn()
    for _ in range(10):
        called.wait(LONGEST_PAUSE / 3)
    for place in range(4):
        phone = called.occupant(called.seat(place)).phone
        assert sorted(each.channel for each in called.second.to(phone)) == sorted(BOTH)
    assert called.first.sent == {}
    tries = 3 if trouble == "down" else 1
    assert set(called.first.handed.values()) == {tries}


def test_when_both_fail_each_is_tried_again_until_one_takes_it(world: DrawWorld) -> None:
    called = Called(world, Provider(trouble="down"), Provider("second", trouble="down")).drawn()
    for _ in range(10):
        called.wait(LONGEST_PAUSE)
    assert called.evidence() == []
    assert called.first.handed.keys().isdisjoint(called.second.handed)
    assert min(called.first.handed.values()) > 3
    assert min(called.second.handed.values()) >= 3
    called.first.trouble = called.second.trouble = ""
    for _ in range(3):
        called.wait(LONGEST_PAUSE)
    for place in range(4):
        phone = called.occupant(called.seat(place)).phone
        assert sorted(each.channel for each in called.first.to(phone) + called.second.to(phone)) == sorted(BOTH)


def test_when_all_refuse_nobody_asks_again_and_the_duty_desk_is_told(world: DrawWorld) -> None:
    called = Called(world, Provider(trouble="refuses"), Provider("second", trouble="refuses")).drawn()
    for _ in range(5):
        called.wait(ANSWER_IN)
    assert {*called.first.handed.values(), *called.second.handed.values()} == {1}
    assert len(called.world.bodies("invitation.unreached")) == 4
    assert called.evidence() == []


def test_an_answer_that_was_lost_is_asked_for_under_the_same_id(world: DrawWorld) -> None:
    called = Called(world, Provider(trouble="answer-lost")).drawn()
    called.first.trouble = ""
    called.wait(LONGEST_PAUSE)
    assert len(called.first.sent) == 8
    assert set(called.first.handed.values()) == {2}
    assert called.second.handed == {}


@pytest.mark.parametrize("mood", [Mood.WELL, Mood.SENT_AND_FAILING], ids=str)
def test_where_everything_a_gateway_says_is_lost_a_telephone_rings_once_for_each(world: DrawWorld, mood: Mood) -> None:
    """It called, and nobody here can know. No gateway calls twice, and one that was heard is the last that is asked."""
    with serving(FakeGateway()) as first, serving(FakeGateway()) as second:
        first.mood, second.mood = Mood.HANGING_UP, mood
        world.phones = [over_http(world, name, each) for name, each in (("first", first), ("second", second))]
        draw, vault = world.applied(), world.vault()
        world.go_on(vault, rounds=6)
        for _ in range(8):
            world.clock.advance(LONGEST_PAUSE / 2)
            while vault.step():
                pass
        numbers = {occupant.phone for occupant in world.seated(draw).values()}
    for gateway in (first, second):
        assert Counter(each["to"] for each in gateway.sent if each["channel"] == "voice") == dict.fromkeys(numbers, 1)
    assert min(first.asked.values()) >= 3, "each was handed over again, and told from a new one by its id"
    assert max(second.asked.values()) == 1 or mood is not Mood.WELL


def over_http(world: DrawWorld, name: str, gateway: FakeGateway) -> HttpGateway:
    return HttpGateway(name, gateway.url, BOTH, secret=SECRET, clock=world.clock, timeout=10)


def test_a_late_report_of_the_first_gateway_keeps_the_second_from_calling(world: DrawWorld) -> None:
    """It had rung, and every answer of the gateway was lost."""
    called = Called(world, Provider(trouble="answer-lost"), Provider("second", trouble="down")).drawn()
    for _ in range(4):
        called.wait(timedelta(seconds=4))
    at = called.seat()
    assert called.second.handed
    called.report(called.invitation(at, Channel.VOICE), Outcome.UNANSWERED)
    called.second.trouble = ""
    for _ in range(4):
        called.wait(LONGEST_PAUSE)
    phone = called.occupant(at).phone
    assert len(called.first.to(phone, Channel.VOICE)) == 1
    assert called.second.to(phone, Channel.VOICE) == []


def test_a_report_twice_or_late_changes_nothing(called: Called) -> None:
    at = called.seat()
    called.tried(at)
    before = called.errands(at)
    called.tried(at)
    assert called.errands(at) == before
    called.wait(ANSWER_IN)
    assert called.known(at).state is InvitationState.REPLACED
    code = called.code(at)
    called.report(called.invitation(at, Channel.VOICE), Outcome.ANSWERED, answer="accept", code=code, event="late")
    assert called.known(at).state is InvitationState.REPLACED
    assert len(called.evidence()) == 1
    assert called.seat().vacancy == 1


def test_a_key_that_was_pressed_is_an_answer(called: Called) -> None:
    first, second = called.seat(0), called.seat(1)
    for at, answer in ((first, "accept"), (second, "decline")):
        message = called.invitation(at, Channel.VOICE)
        called.report(message, Outcome.ANSWERED, answer=answer, code=called.code(at))
    assert called.known(first).state is InvitationState.ACCEPTED
    assert called.known(second).state is InvitationState.REPLACED
    assert [each["cause"] for each in called.evidence()] == ["declined"]


@pytest.mark.parametrize(
    "said",
    [{"gateway": "second"}, {"message": "msg_00000000000000000000000000"}],
    ids=["of another gateway", "of no message"],
)
def test_a_report_of_what_was_not_sent_there_is_no_evidence(called: Called, said: dict[str, str]) -> None:
    at = called.seat()
    before = called.errands(at)
    message = said.pop("message", called.invitation(at, Channel.VOICE))
    called.report(message, Outcome.UNANSWERED, answer="decline", code=called.code(at), **said)
    assert called.errands(at) == before
    assert called.known(at).state is InvitationState.CALLED


def test_what_nobody_waits_for_any_more_is_not_sent(world: DrawWorld) -> None:
    called = Called(world, Provider(trouble="down"), Provider("second", trouble="down")).drawn()
    at = called.seat()
    world.answer(called.code(at), Word.ACCEPT)  # a text came through after all, say
    called.first.trouble = called.second.trouble = ""
    for _ in range(4):
        called.wait(LONGEST_PAUSE)
    phone = called.occupant(at).phone
    assert [each for each in called.first.to(phone) + called.second.to(phone) if each.code] == []


def test_pauses_grow_and_never_agree() -> None:
    for failures in range(12):
        most = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
        found = {pause(failures) for _ in range(40)}
        assert most / 2 <= min(found) <= max(found) <= most
        assert len(found) > 20
