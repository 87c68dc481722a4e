"""Until the reveal nobody reads how a party scored: no other party, no web process, nobody who has the database."""

import hashlib
import json
from typing import Any

from structlog.testing import capture_logs

from expertpool.assessments.models import Sheet
from expertpool.assessments.sheets import SHEET_BYTES, Place
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerEntry
from expertpool.core.transaction import DISCLOSURE_KEY, disclosures_context
from expertpool.identity.roles import Role
from expertpool.web.idempotency import request_digest
from expertpool.web.models import KeptAnswer
from policies.conduct_items import Party
from tests.assessments.evaluated import PARTIES, SEATS, Evaluated
from tests.invitations.test_canary import everything, spellings, statements

GROUNDS = "第三评标室当场查获手机一部"
ITEM = "phone"
HARSH = [{"subject": 1, "item": ITEM, "points": 7, "evidence": "statement", "grounds": GROUNDS}]


def path(assessed: Evaluated) -> str:
    return f"/api/v1/sessions/{assessed.session_id}/assessment"


def sheets(assessed: Evaluated, party: Party, deductions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"party": party.value, "rulebook": assessed.assessment.rulebook, "deductions": deductions}


def test_sealed_sheets_are_read_by_nobody(served_assessed: Evaluated) -> None:
    """Rows, images, disclosures, kept answers, statements, logs, the API's answers to everybody."""
    assessed, site, seen = served_assessed, served_assessed.world.site, statements(served_assessed.world)
    with capture_logs() as logs:
        body = sheets(assessed, Party.CENTRE, HARSH)
        given = site.call("POST", f"{path(assessed)}/sheets", role=Role.CENTRE_STAFF, key="once", json=body)
        assert given.status_code == 201, given.text
        answers = [given]
        for role in (*PARTIES.values(), Role.COMPETENT_DEPARTMENT):
            answers += [site.call("GET", address, role=role) for address in (path(assessed), "/api/v1/assessments")]
    shown = b"\n".join(answer.data for answer in answers)
    log, said = json.dumps(logs, default=str, ensure_ascii=False).encode(), "\n".join(seen).encode()
    data = everything(assessed.world)
    for spelling in spellings(GROUNDS):
        for place in (shown, log, said, data):
            assert spelling not in place
    assert [each.get_json()["marks"] for each in answers[1::2] if each.status_code == 200] == [[]] * 4
    assert [each.get_json()["given"] for each in answers[1::2]] == [["centre"]] * 4, "that it is given may be known"
    opened = disclosed(assessed)
    assert ITEM.encode() not in opened, "the ledger's disclosures are the service's to open, and say nothing of it"
    assert assessed.reveal() is False
    for party in (Party.SUPERVISOR, Party.PROJECT_UNIT):
        assessed.give(party)
    assert assessed.reveal()
    assert GROUNDS.encode() in site.call("GET", path(assessed), role=Role.INITIATOR).data


def disclosed(assessed: Evaluated) -> bytes:
    """What the service's own key opens of the entries by which sheets were given."""
    log, keys = SqlLog(assessed.world.site.service.engine), assessed.world.site.service.keys
    size = log.head().size
    with assessed.world.session() as session:
        rows = [session.get_one(LedgerEntry, index) for index in range(size)]
    given = [row for row in rows if b'"assessment.given"' in row.data]
    assert given
    sealed = [(row.index, row.sealed) for row in given if row.sealed]
    return b"".join(keys.open(DISCLOSURE_KEY, each, disclosures_context(index)) for index, each in sealed)


def test_a_sheet_without_deductions_looks_like_any_other(served_assessed: Evaluated) -> None:
    """Nor can what was sent be tried: of a request that may be repeated only a keyed digest is kept."""
    assessed, site = served_assessed, served_assessed.world.site
    clean, harsh = sheets(assessed, Party.SUPERVISOR, []), sheets(assessed, Party.CENTRE, HARSH)
    for role, body in ((Role.SUPERVISOR, clean), (Role.CENTRE_STAFF, harsh)):
        answer = site.call("POST", f"{path(assessed)}/sheets", role=role, key="k", json=body)
        assert answer.status_code == 201
    with assessed.world.session() as session:
        rows = session.query(Sheet).all()
        kept = session.query(KeptAnswer).all()
    assert {len(each.sealed) for each in rows} == {SHEET_BYTES + 48}
    assert len({each.digest for each in rows}) == len(rows) == 2 * (len(SEATS) + 2), "no two are alike"
    assert len({len(each.body or b"") for each in kept}) == 1, "the answers are of one length"
    content = site.app.json.dumps(clean).encode()
    guesses = {hashlib.sha256(content).digest(), request_digest("POST", f"{path(assessed)}/sheets?", content)}
    assert not guesses & {each.request for each in kept}


def test_the_process_that_takes_sheets_cannot_open_them(assessed: Evaluated) -> None:
    """The service has no key for them; the vault's is in a file of its own."""
    assessed.give(Party.CENTRE)
    with assessed.world.session() as session:
        sheet = session.get_one(Sheet, (assessed.session_id, 1, Party.CENTRE))
    service_keys = assessed.world.site.service.keys
    assert not hasattr(service_keys, "open_hpke")
    place = Place(assessed.session_id, 1, Party.CENTRE)
    assert assessed.world.parts().keys.open_hpke("vault-box", sheet.sealed, place.info)[:6] == b"\x00\x00\x00\x02[]"


def test_others_do_not_even_see_who_has_given(served_assessed: Evaluated) -> None:
    for role in set(Role) - {*PARTIES.values(), Role.COMPETENT_DEPARTMENT, Role.EXPERT}:
        assert served_assessed.world.site.call("GET", path(served_assessed), role=role).status_code == 403, role
