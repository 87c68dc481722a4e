"""docs/spec/gateway.md says what the code does: its example verifies, its figures and codes are those of the code."""

import re
from pathlib import Path

from expertpool.invitations import gateway_reports, http_gateway, schemas, signed_http, signing
from expertpool.invitations.gateway import Outcome
from expertpool.invitations.signing import REPORT, REQUEST, Sent, read_claim
from ledger.canonical import parse
from tests.invitations.fake_gateway import REPORTS_SECRET, SECRET

SPEC = (Path(__file__).parents[2] / "docs" / "spec" / "gateway.md").read_text("utf-8")
BODIES = [body.encode() for body in re.findall(r"```json\n(.*)\n```", SPEC)]
CLAIMS = [read_claim(header) for header in re.findall(r"Authorization: (Expertpool-HMAC [0-9].*)", SPEC)]


def test_the_example_verifies() -> None:
    (message, report), (sending, reporting) = BODIES, CLAIMS
    assert sending is not None
    assert reporting is not None
    assert sending.made_with(SECRET, Sent(REQUEST, "POST", "/expertpool/messages", message))
    assert reporting.made_with(REPORTS_SECRET, Sent(REPORT, "POST", "/api/v1/gateways/first/reports", report))
    assert (SECRET.decode() in SPEC, REPORTS_SECRET.decode() in SPEC) == (True, True)


def test_the_example_is_of_the_form_that_it_describes() -> None:
    message, report = BODIES
    assert parse(message).keys() == {"channel", "code", "id", "text", "to"}
    assert schemas.ReportSchema().loads(report.decode())["outcome"] is Outcome.ANSWERED


def test_domains_outcomes_and_figures_are_those_of_the_code() -> None:
    for domain in (signing.REQUEST, signing.REPORT):
        assert f"`{domain.decode()[:-1]}\\n`" in SPEC
    table = SPEC.partition("| `outcome` | when |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {outcome.value for outcome in Outcome}
    assert f"{signing.SKEW_SECONDS} s" in SPEC
    assert f"of {signing.SECRET_BYTES} bytes or more" in SPEC
    assert f"{signed_http.MAX_ANSWER_BYTES:,} bytes" in SPEC
    assert ", ".join(str(status.value) for status in http_gateway.REFUSALS) in SPEC


def test_every_refusal_of_a_report_is_described() -> None:
    errors = (
        gateway_reports.ReportNotSigned,
        gateway_reports.ReportTimeOutside,
        gateway_reports.ReportReplayed,
        gateway_reports.EventUsed,
    )
    assert [error.code for error in errors if f"`{error.code}`" not in SPEC] == []
