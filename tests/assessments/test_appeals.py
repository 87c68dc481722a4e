"""Results are signed for and appealed over the line to the vault; what is upheld stands beside the first result."""

import base64
import json
from datetime import date, timedelta
from typing import Any

import pytest

from expertpool.assessments import appeals, attachments, serving
from expertpool.assessments import case_errors as errors
from expertpool.assessments.appeals import Correction
from expertpool.assessments.case_lifecycle import AppealState
from expertpool.assessments.lifecycle import AssessmentState
from expertpool.assessments.models import Amendment, Appeal, Assessment, Notice, Result
from expertpool.assessments.verbs import APPEAL, DISCLOSE, OWN, RECEIVE
from expertpool.core.errors import ExpertpoolError
from expertpool.core.ledger_store import SqlLog
from expertpool.core.vault_line import Verb
from expertpool.draws.models import WorkingCopy
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.invitations.desk_errors import SignedOut
from expertpool.vault import sign_ins
from expertpool.vault.own_assessments import OwnAssessments
from ledger.entry import parse_entry
from ledger.merkle import leaf_hash, verify_inclusion
from policies.conduct_items import Party
from policies.facts import day_of
from tests.assessments.consequent import DEPARTMENT, STAFF, Consequent

PDF = b"%PDF-1.7\nletter"
DOCUMENT = "ab" * 32


class Own:
    """An expert who has signed in."""

    def __init__(self, world: Consequent, expert: str) -> None:
        self.world = world
        self.place = {"session": world.session.session_id, "subject": 1}
        with world.session.transactions.begin("svc:vault") as tx:
            self.token = sign_ins.sign_in(tx, world.world.parts().keys, [expert], timedelta(days=100))
        self.handlers = OwnAssessments(world.world.desk()).by_verb()

    def ask(self, verb: Verb, **given: Any) -> Any:
        return self.handlers[verb](verb.check({"token": self.token, **given}))

    def refused(self, verb: Verb, **given: Any) -> ExpertpoolError:
        with pytest.raises(verb.refuses) as found:
            self.ask(verb, **given)
        assert isinstance(found.value, ExpertpoolError)
        return found.value

    def receive(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(RECEIVE, **self.place, about="result")["results"][0]
        return found

    def appeal(self, text: str = "当日因急病离开，有证明", files: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.ask(APPEAL, **self.place, text=text, files=files)["results"][0]
        return found


@pytest.fixture
def own(consequent: Consequent) -> Own:
    return Own(consequent.reveal(), consequent.experts[0])


def kept(own: Own, content: bytes) -> str:
    with own.world.session.transactions.begin("svc:web") as tx:
        return attachments.keep(tx, own.world.world.site.service.keys, content).id


def decide(own: Own, appeal_id: str, *, upheld: bool, corrections: tuple[Correction, ...] = ()) -> Appeal:
    given: dict[str, Any] = {"upheld": upheld, "reason": "经核查", "corrections": corrections}
    return own.world.session.as_(DEPARTMENT, lambda tx: appeals.decide(tx, appeal_id, **given))


def test_a_result_is_read_by_signing_for_it_and_by_nobody_else(own: Own) -> None:
    (unread,) = own.ask(OWN)["results"]
    assert unread["served"] is None
    assert "score" not in unread
    assert isinstance(own.refused(APPEAL, **own.place, text="不服", files=""), errors.NotReceived)
    assert isinstance(own.refused(DISCLOSE, **own.place), errors.NotReceived)
    stranger = Own(own.world, "exp_nobody")
    assert stranger.ask(OWN) == {"results": []}
    for verb, given in ((RECEIVE, {"about": "result"}), (APPEAL, {"text": "x", "files": ""}), (DISCLOSE, {})):
        assert isinstance(stranger.refused(verb, **stranger.place, **given), errors.NoSuchResult)
    read = own.receive()
    assert (read["score"], read["deduction"], read["amended"]) == (8_000, 2_000, None)
    assert {mark["party"] for mark in read["marks"]} == {"centre", "supervisor", "project_unit"}
    assert read["served"] == day_of(own.world.now).isoformat()
    own.world.world.clock.advance(timedelta(days=1))
    assert own.receive()["served"] == read["served"], "the first time counts"
    own.token = "exs_" + "x" * 43
    assert isinstance(own.refused(OWN), SignedOut)


def test_after_the_archive_took_the_copies_results_are_found_all_the_same(own: Own) -> None:
    own.world.assign()
    with own.world.world.session() as session, session.begin():
        for copy in session.query(WorkingCopy):
            session.delete(copy)
    assert [each["subject"] for each in own.ask(OWN)["results"]] == [1]


def test_an_appeal_upheld_amends_and_the_first_result_stays(own: Own) -> None:
    own.receive()
    first = own.appeal(files=kept(own, PDF))["appeal"]
    assert (first["state"], first["text"], first["decision"]) == ("filed", "当日因急病离开，有证明", None)
    with own.world.world.session() as session:
        assert session.get_one(Assessment, own.world.session.session_id).state is AssessmentState.APPEALED
        (row,) = attachments.files_of(session, first["id"])
        assert attachments.opened(own.world.world.site.service.keys, row) == PDF
        assert PDF not in row.sealed
        text = session.get_one(Appeal, first["id"]).text
    assert "急病".encode() not in text
    assert isinstance(own.refused(APPEAL, **own.place, text="再次", files=""), errors.AppealThere)
    with pytest.raises(NotPermitted):
        own.world.session.as_(STAFF, lambda tx: appeals.decide(tx, first["id"], upheld=False, reason="x"))
    item = "stalling"
    for wrong in (
        (),
        (Correction(Party.CENTRE, item, 20),),
        (Correction(Party.CENTRE, item, -1),),
        (Correction(Party.CENTRE, "phone", 0),),
        (Correction(Party.CENTRE, item, 0), Correction(Party.CENTRE, item, 5)),
    ):
        with pytest.raises(errors.CorrectionWrong):
            decide(own, first["id"], upheld=True, corrections=wrong)
    corrections = (Correction(Party.SUPERVISOR, item, 0), Correction(Party.CENTRE, item, 10))
    with pytest.raises(errors.CorrectionWrong):
        decide(own, first["id"], upheld=False, corrections=corrections)
    assert decide(own, first["id"], upheld=True, corrections=corrections).state is AppealState.UPHELD
    shown = own.ask(OWN)["results"][0]
    assert (shown["score"], shown["amended"]) == (8_000, {"deduction": 900, "score": 9_100})
    assert shown["appeal"]["decision"] == "经核查"
    with own.world.world.session() as session:
        place = (own.world.session.session_id, 1)
        assert (session.get_one(Result, place).score, session.get_one(Amendment, place).score) == (8_000, 9_100)
        assert session.get_one(Notice, (*place, first["id"])).served is None
        assert session.get_one(Assessment, place[0]).state is AssessmentState.DECIDED
    with pytest.raises(errors.AppealDecidedAlready):
        decide(own, first["id"], upheld=False)
    (filed,), (decided,) = (own.world.world.bodies(f"assessment.{kind}") for kind in ("appealed", "appeal-decided"))
    assert filed.keys() == decided.keys() == {"_sd", "rows", "session", "centre"}


@pytest.mark.parametrize("late", [0, 1], ids=["last-day", "day-after"])
def test_the_last_day_for_an_appeal(own: Own, late: int) -> None:
    """Five working days after the day of signing for it; the weekend between does not count."""
    served = own.receive()
    assert date.fromisoformat(served["appeal_until"]) - date.fromisoformat(served["served"]) == timedelta(days=7)
    own.world.project(date.fromisoformat(served["appeal_until"]) + timedelta(days=late))
    if late:
        assert isinstance(own.refused(APPEAL, **own.place, text="太晚", files=""), errors.AppealTooLate)
    else:
        assert own.appeal()["appeal"]["state"] == "filed"


def test_files_are_judged_by_their_content_and_used_once(own: Own) -> None:
    own.receive()
    for content in (b"", b"<html>", b"MZ\x90", b"%PDF-" + b"0" * attachments.MOST_BYTES):
        with pytest.raises(errors.FileUnusable):
            kept(own, content)
    assert attachments.media_type(b"\x89PNG\r\n\x1a\n.") == "image/png"
    file = kept(own, PDF)
    for wrong in ("att_none", f"{file},{file}", ",".join([file, *(kept(own, PDF) for _ in range(5))])):
        assert isinstance(own.refused(APPEAL, **own.place, text="x", files=wrong), errors.NoSuchFile)
    assert isinstance(own.refused(APPEAL, **own.place, text="  ", files=""), errors.AppealEmpty)
    own.appeal(files=file)


def test_what_the_expert_holds_opens_the_ledgers_commitments(own: Own) -> None:
    own.receive()
    found = own.ask(DISCLOSE, **own.place)["disclosures"]
    tables = [json.loads(each["image"])[1] for each in found]
    assert {"assessment_results", "assessment_marks", "assessment_notices", "assessment_cases"} >= set(tables)
    assert "assessment_results" in tables
    log = SqlLog(own.world.world.site.service.engine)
    for each in found:
        (data,) = log.entries(each["entry"], each["entry"] + 1)
        rows = parse_entry(data).body["rows"]
        proof = [bytes.fromhex(step) for step in each["proof"]]
        assert rows["count"] == each["count"]
        leaf = leaf_hash(each["image"].encode())
        verify_inclusion(each["position"], each["count"], leaf, proof, bytes.fromhex(rows["root"]))
        assert len(base64.b64decode(json.loads(each["image"])[0])) == 16, "salted"
    assert not any('"subject":2' in each["image"] for each in found), "nothing of anybody else"


def test_service_on_paper_needs_open_names_and_ends_the_wait(own: Own) -> None:
    session_id = own.world.session.session_id

    def serve(subject: int, role: Role = STAFF) -> None:
        own.world.session.as_(role, lambda tx: serving.serve_on_paper(tx, session_id, subject, document=DOCUMENT))

    with pytest.raises(errors.NotServable):
        serve(2)
    own.world.assign()
    with pytest.raises(NotPermitted):
        serve(2, Role.INITIATOR)
    own.receive()
    with pytest.raises(errors.NotServable):
        serve(1)
    serve(2)
    serve(3)
    own.world.project(day_of(own.world.now) + timedelta(days=10))
    own.world.follow()
    with own.world.world.session() as session:
        assert session.get_one(Assessment, session_id).state is AssessmentState.REVEALED, "one was never told"
    serve(4)
    own.world.project(day_of(own.world.now) + timedelta(days=8))
    assert own.world.follow()
    with own.world.world.session() as session:
        assert session.get_one(Assessment, session_id).state is AssessmentState.FINAL
    assert isinstance(own.refused(APPEAL, **own.place, text="太晚", files=""), errors.AppealTooLate)
