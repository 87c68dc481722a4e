"""docs/spec/payment-provider.md says what the code does: its example verifies, its figures are those of the code."""

import re
from pathlib import Path

from expertpool.invitations.signing import Sent, read_claim
from expertpool.payouts import http_provider
from expertpool.payouts.provider import Outcome
from expertpool.payouts.sandbox import MEMBERS
from expertpool.payouts.sandbox_server import REPORTS
from ledger.canonical import canonical, parse
from tests.payouts.sandbox import REPORTS_SECRET, SECRET

SPEC = (Path(__file__).parents[2] / "docs" / "spec" / "payment-provider.md").read_text("utf-8")
BODIES = [body.encode() for body in re.findall(r"```json\n(.*)\n```", SPEC)]
CLAIMS = [read_claim(header) for header in re.findall(r"Authorization: (Expertpool-HMAC [0-9].*)", SPEC)]


def test_the_example_verifies() -> None:
    (payment, report), (paying, reporting) = BODIES, CLAIMS
    assert paying is not None
    assert reporting is not None
    assert paying.made_with(SECRET, Sent(http_provider.REQUEST, "POST", "/expertpool/payments", payment))
    assert reporting.made_with(REPORTS_SECRET, Sent(http_provider.REPORT, "POST", REPORTS, report))
    assert (SECRET.decode() in SPEC, REPORTS_SECRET.decode() in SPEC) == (True, True)
    assert canonical(parse(payment)) == payment
    assert parse(payment).keys() == MEMBERS


def test_domains_outcomes_and_answers_are_those_of_the_code() -> None:
    for domain in (http_provider.REQUEST, http_provider.REPORT):
        assert f"`{domain.decode()[:-1]}\\n`" in SPEC
    table = SPEC.partition("| `outcome` | when |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {outcome.value for outcome in Outcome}
    assert ", ".join(str(status.value) for status in http_provider.REFUSALS) in SPEC
