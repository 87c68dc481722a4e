"""The end of the time to answer: nobody is taken for unreachable without evidence over two channels."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from structlog.testing import capture_logs

from expertpool.invitations.answering import Word
from expertpool.invitations.evidence import no_answer
from expertpool.invitations.gateway import Channel, Outcome
from expertpool.invitations.lifecycle import InvitationState
from expertpool.invitations.seated import At
from ledger.canonical import canonical
from tests.draws.scenes import sits
from tests.invitations.calls import ANSWER_IN, Called

INSTANT = timedelta(microseconds=1)


def open_still(called: Called, at: At) -> bool:
    return called.seat() == at and called.known(at).state is InvitationState.CALLED


def test_with_evidence_over_two_channels_the_seat_is_drawn_anew_when_the_time_is_over(called: Called) -> None:
    at, before = called.seat(), sits(called.world, called.draw)
    called.tried(at)
    called.wait(ANSWER_IN - INSTANT)
    assert open_still(called, at)
    called.wait(INSTANT)
    assert called.known(at).state is InvitationState.REPLACED
    after = sits(called.world, called.draw)
    assert {seat for seat in before if before[seat] != after[seat]} == {at.seat}
    assert called.known(called.seat()).state is InvitationState.CALLED
    with capture_logs() as logs:
        called.world.answer(called.code(at), Word.ACCEPT)
        called.go_on()
    assert [log["reason"] for log in logs if log["event"] == "invitations.answer-refused"] == ["invitations.over"]
    assert called.code(at) not in str(logs)
    assert sits(called.world, called.draw) == after, "an answer after that takes nobody's seat"
    assert called.known(at).state is InvitationState.REPLACED


def test_the_evidence_is_digests_of_what_was_reported(called: Called) -> None:
    at = called.seat()
    called.tried(at)
    called.wait(ANSWER_IN)
    [evidence] = called.evidence()
    assert evidence["cause"] == "no-answer"
    assert [each["channel"] for each in evidence["deliveries"]] == ["sms", "voice"]
    for said in evidence["deliveries"]:
        [(_, errand)] = called.errands(at, Channel(said["channel"]))
        [report] = errand.reports
        opened = {name: value for name, value in report.items() if name != "salt"}
        assert opened.keys() == {"at", "channel", "event", "gateway", "message", "outcome"}
        salt = bytes.fromhex(report["salt"])
        assert len(salt) == 16
        domain = b"expertpool:draw/v1:delivery\x00"
        assert said["digest"] == sha256(domain + salt + canonical(opened)).hexdigest()


@pytest.mark.parametrize("channel", [Channel.VOICE, Channel.SMS], ids=str)
def test_one_channel_is_no_evidence(called: Called, channel: Channel) -> None:
    at = called.seat()
    called.tried(at, channel)
    called.wait(10 * ANSWER_IN)
    assert open_still(called, at)
    assert called.evidence() == []


def test_without_evidence_the_text_goes_out_again_and_the_call_does_not(called: Called) -> None:
    at = called.seat()
    called.wait(ANSWER_IN)
    assert open_still(called, at)
    phone = called.occupant(at).phone
    assert [each.channel for each in called.second.to(phone)] == [Channel.SMS]
    assert len(called.first.to(phone, Channel.VOICE)) == 1


def test_a_substitute_that_is_down_just_then_gets_the_text_later(called: Called) -> None:
    """It was not taken by the second because it was by the first: else nobody would ever have evidence."""
    at = called.seat()
    called.second.trouble = "down"
    called.wait(ANSWER_IN)
    for _ in range(20):
        called.wait(timedelta(seconds=5))
    phone = called.occupant(at).phone
    assert called.second.to(phone) == []
    assert [errand.taken for _, errand in called.errands(at, Channel.SMS) if errand.gateway == 1] == [None]

    called.second.trouble = ""
    called.wait(ANSWER_IN)
    called.wait(ANSWER_IN)
    assert [each.channel for each in called.second.to(phone)] == [Channel.SMS]
    called.report(called.invitation(at, Channel.SMS, gateway=1), Outcome.DELIVERED, "second")
    called.report(called.invitation(at, Channel.VOICE), Outcome.UNANSWERED)
    called.wait(ANSWER_IN)
    assert called.known(at).state is InvitationState.REPLACED


def test_after_a_while_the_duty_desk_is_told_once_and_the_seat_stays_open(called: Called) -> None:
    at = called.seat()
    for place in range(1, 4):
        called.world.answer(called.code(called.seat(place)), Word.ACCEPT)
    called.go_on()
    for _ in range(2):
        called.wait(ANSWER_IN)
    assert called.world.bodies("invitation.unreached") == []
    for _ in range(4):
        called.wait(ANSWER_IN)
    [body] = called.world.bodies("invitation.unreached")
    assert body["seat"] == at.seat
    assert open_still(called, at)
    assert called.evidence() == []
    called.tried(at)
    called.wait(ANSWER_IN)
    assert called.known(at).state is InvitationState.REPLACED


def test_whoever_answers_after_all_still_has_the_seat_while_it_is_open(called: Called) -> None:
    at = called.seat()
    called.wait(5 * ANSWER_IN)
    called.world.answer(called.code(at), Word.ACCEPT)
    called.go_on()
    assert called.known(at).state is InvitationState.ACCEPTED


def test_who_accepted_is_not_ended(called: Called) -> None:
    at = called.seat()
    called.tried(at)
    called.world.answer(called.code(at), Word.ACCEPT)
    called.wait(ANSWER_IN)
    assert called.known(at).state is InvitationState.ACCEPTED


def test_the_time_runs_from_when_a_gateway_took_the_call(called: Called) -> None:
    for place in range(4):
        called.world.answer(called.code(called.seat(place)), Word.ACCEPT)
    called.first.trouble = called.second.trouble = "down"
    called.go_on()
    at = called.seat()
    called.world.answer(called.code(at), Word.LEAVE)
    called.go_on()
    at = called.seat()
    assert at.vacancy == 1
    called.wait(timedelta(seconds=60))
    called.first.trouble = called.second.trouble = ""
    called.wait(timedelta(seconds=30))
    [taken] = {errand.taken for _, errand in called.errands(at) if errand.taken}
    called.tried(at)
    due = datetime.fromisoformat(taken) + ANSWER_IN
    called.wait(due - INSTANT - called.world.clock.now())
    assert open_still(called, at)
    called.wait(INSTANT)
    assert called.known(at).state is InvitationState.REPLACED


def test_only_what_was_tried_and_only_each_channels_first_report_counts(called: Called) -> None:
    at = called.seat()
    voice, sms = called.invitation(at, Channel.VOICE), called.invitation(at, Channel.SMS)
    called.report(voice, Outcome.ANSWERED)
    called.report(sms, Outcome.DELIVERED)
    called.report(sms, Outcome.UNREACHABLE)
    assert no_answer(errand for _, errand in called.errands(at)) is None
    earlier = int((called.world.clock.now() - timedelta(minutes=1)).timestamp())
    called.report(voice, Outcome.UNANSWERED, at=earlier)
    called.report(voice, Outcome.UNREACHABLE)
    evidence = no_answer(errand for _, errand in called.errands(at))
    assert evidence is not None
    assert len(evidence["deliveries"]) == 2
    [(_, errand)] = called.errands(at, Channel.VOICE)
    first = min(errand.reports, key=lambda each: each["at"])
    assert datetime.fromisoformat(first["at"]).astimezone(UTC).timestamp() <= earlier
