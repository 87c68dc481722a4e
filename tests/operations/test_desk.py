"""The system administrator's desk: what is well, what is not, and jobs that were given up."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from sqlalchemy.orm import Session

from expertpool.cli.worker_command import collect_handlers
from expertpool.core.clock import FixedClock
from expertpool.core.heartbeat import Heart, ProcessSign
from expertpool.core.jobs import MAX_ATTEMPTS
from expertpool.core.jobs_table import OutboxJob
from expertpool.identity import service as identity
from expertpool.identity.models import CentreKind
from expertpool.identity.roles import Role
from expertpool.invitations.models import Preflight
from expertpool.operations import desk, words
from expertpool.operations.findings import Finding, Patient, worst
from expertpool.operations.processes import GONE, LATE
from expertpool.vault import process
from tests.browser import entered
from tests.website import Website, opened, problem_of

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder: Path = tmp_path_factory.mktemp("operations")
    with opened(f"sqlite:///{folder}/x.db", folder, clock=FixedClock(NOW)) as website, website.service.signing():
        yield website


def found(site: Website, part: str, now: datetime = NOW) -> list[Finding]:
    [one] = [
        each
        for each in desk.parts(Patient(site.service.settings, site.service.engine, FixedClock(now)))
        if each.code == part
    ]
    return list(one.findings)


def queue(site: Website, kind: str, attempts: int = MAX_ATTEMPTS, done: datetime | None = None) -> str:
    with Session(site.service.engine) as session, session.begin():
        job = OutboxJob(
            kind=kind, args='{"draw": "drw_secret"}', due=NOW, queued_at=NOW, attempts=attempts, failure="x.failed"
        )
        job.done_at = done
        session.add(job)
        session.flush()
        return job.id


@pytest.mark.parametrize(
    ("after", "status"),
    [(LATE - timedelta(seconds=1), "ok"), (LATE, "warn"), (GONE, "warn"), (GONE + timedelta(seconds=1), "fail")],
)
def test_a_process_that_is_silent(site: Website, after: timedelta, status: str) -> None:
    with Session(site.service.engine) as session, session.begin():
        session.query(ProcessSign).delete()
    Heart(site.service.engine, FixedClock(NOW), "vault").beat()
    signer, vault, worker = found(site, "processes", NOW + after)
    assert (signer.status, vault.status, worker.status) == ("warn", status, "warn")
    assert "has never run" in signer.en


def test_a_machine_that_no_longer_has_the_process_is_forgotten(site: Website) -> None:
    with Session(site.service.engine) as session, session.begin():
        session.query(ProcessSign).delete()
        gone = NOW - timedelta(days=7)
        for host, seen in (("old", gone), ("older", gone - timedelta(days=1)), ("new", NOW)):
            session.add(ProcessSign(process="worker", host=host, version="0", started=gone, seen=seen))
    said = [each.en for each in found(site, "processes") if "worker" in each.en]
    assert len(said) == 1
    assert "on new since" in said[0]


def test_the_evenings_check_is_shown(site: Website) -> None:
    assert [each.status for each in found(site, "gateways")] == ["ok"]
    amiss = [{"code": "preflight.gateway-down", "zh": "网关没有应答", "en": "the gateway is silent"}]
    with Session(site.service.engine) as session, session.begin():
        session.add(Preflight(day=NOW.date(), made=NOW, findings=json.dumps(amiss), told=None))
    assert [(each.status, "the gateway is silent" in each.en) for each in found(site, "gateways")] == [("warn", True)]


def test_without_key_holders_it_says_who_has_to_act(site: Website) -> None:
    [finding] = found(site, "holders")
    assert finding.status == "warn"
    assert "security administrator" in finding.en


def test_the_desk_shows_every_part_and_how_to_mend_it(site: Website) -> None:
    given_up = queue(site, "invitations.answered")
    tried = queue(site, "draws.call", attempts=1)
    administrator = entered(site, Role.SYSTEM_ADMINISTRATOR)
    for lang in ("zh", "en"):
        text = administrator.get(f"/system?lang={lang}").text
        assert all(f'id="part-{code}"' in text for code, *_ in desk.PARTS)
        assert (words.of("invitations.answered").way_zh if lang == "zh" else "The answer is not in force yet") in text
        assert given_up in text
        assert tried not in text
        assert "drw_secret" not in text


def test_a_job_that_was_given_up_is_tried_again_once(site: Website) -> None:
    job = queue(site, "trail.close")
    administrator = entered(site, Role.SYSTEM_ADMINISTRATOR)
    sent = administrator.send(f"/system/jobs/{job}/retry", {}, page="/system")
    assert sent.headers["Location"] == "/system?retried=1"
    with Session(site.service.engine) as session:
        row = session.get_one(OutboxJob, job)
        assert (row.attempts, row.failure, row.due) == (0, "x.failed", NOW)
    again = administrator.send(f"/system/jobs/{job}/retry", {}, page="/system")
    assert again.status_code == 409


@pytest.mark.parametrize("state", ["waits", "done", "nowhere"])
def test_only_what_was_given_up_is_tried_again(site: Website, state: str) -> None:
    jobs = {"waits": (MAX_ATTEMPTS - 1, None), "done": (MAX_ATTEMPTS, NOW)}
    job = queue(site, "x.y", *jobs[state]) if state in jobs else "job_nowhere"
    answer = site.call("POST", f"/api/v1/jobs/{job}/retry", role=Role.SYSTEM_ADMINISTRATOR)
    if state == "nowhere":
        problem_of(answer, 403, "identity.not-permitted")
    else:
        problem_of(answer, 409, "operations.not-given-up")


def test_a_branch_sees_how_the_service_is_and_leaves_its_queue_alone(site: Website) -> None:
    job = queue(site, "x.z")
    begin = site.service.transactions.begin
    with begin(site.actors[Role.SYSTEM_ADMINISTRATOR].id) as tx:
        names = {"code": "county", "name_zh": "县", "name_en": "County"}
        branch = identity.open_centre(tx, **names, kind=CentreKind.COUNTY_BRANCH, parent_id=site.centre.id)
    with begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        actor = identity.register_actor(tx, code="branch-sys", role=Role.SYSTEM_ADMINISTRATOR, centre_id=branch.id)
        token = identity.issue_token(tx, actor.id).text()
    headers = {"Authorization": f"Bearer {token}"}
    assert site.client.get("/api/v1/system", headers=headers).status_code == 200
    problem_of(site.client.post(f"/api/v1/jobs/{job}/retry", headers=headers), 403, "identity.not-permitted")


def test_monitoring_gets_every_finding_with_the_gravest_status(site: Website) -> None:
    answer = site.call("GET", "/api/v1/system", role=Role.SYSTEM_ADMINISTRATOR).get_json()
    assert [part["code"] for part in answer["parts"]] == [code for code, *_ in desk.PARTS]
    statuses = {finding["status"] for part in answer["parts"] for finding in part["findings"]}
    assert answer["status"] == ("fail" if "fail" in statuses else "warn")
    assert re.fullmatch(r"\d+\.\d+\.\d+", answer["version"])


def test_every_kind_of_job_has_words() -> None:
    handled = {*collect_handlers(), *process.collect_handlers(MagicMock())}
    assert handled == set(words.KINDS)
    assert words.of("of.another-version") is words.UNKNOWN


def test_the_gravest_counts() -> None:
    ok, warn, fail = (Finding(status, "", "") for status in ("ok", "warn", "fail"))
    assert worst([]) == worst([ok]) == "ok"
    assert worst([ok, fail, warn]) == "fail"
    assert worst([warn, ok]) == "warn"
