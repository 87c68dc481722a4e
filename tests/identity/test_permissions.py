"""The permission table, every role by every verb by every place; and the same as text for people."""

from pathlib import Path

import pytest

from expertpool.identity.permissions import PERMISSIONS, Caller, Target, has_verb, may, permission_table
from expertpool.identity.roles import LABELS, Role

PLACES = {
    "own": Target(("mine",), "other"),
    "below": Target(("branch", "mine", "top"), "other"),
    "above": Target(("top",), "other"),
    "elsewhere": Target(("theirs", "top"), "other"),
    "oneself": Target(("mine",), "me"),
    "nowhere": Target(),
}
# Written out once more, so that a change to the table has to be made, and thought of, twice.
EVERYONE = {
    "account.see-own": {"oneself"},
    "centre.see": set(PLACES),
    "passkey.manage": {"oneself"},
    "token.issue": {"oneself"},
    "token.limit": {"oneself"},
    "token.see": {"oneself"},
    "token.end": {"oneself"},
}
MORE = {
    ("centre.open", Role.SYSTEM_ADMINISTRATOR): {"own", "below", "oneself"},
    ("actor.see", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("actor.see", Role.AUDIT_ADMINISTRATOR): {"own", "below", "oneself"},
    ("actor.register", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("actor.retire", Role.SECURITY_ADMINISTRATOR): {"own", "below"},
    ("actor.invite", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("actor.link", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("trail.see", Role.AUDIT_ADMINISTRATOR): {"own", "below", "oneself"},
    ("system.see", Role.SYSTEM_ADMINISTRATOR): set(PLACES),
    ("job.retry", Role.SYSTEM_ADMINISTRATOR): {"own", "below", "oneself"},
    ("webhook.see", Role.INITIATOR): {"oneself"},
    ("webhook.see", Role.CENTRE_STAFF): {"oneself"},
    ("webhook.see", Role.SUPERVISOR): {"oneself"},
    ("webhook.subscribe", Role.INITIATOR): {"oneself"},
    ("webhook.subscribe", Role.CENTRE_STAFF): {"oneself"},
    ("webhook.subscribe", Role.SUPERVISOR): {"oneself"},
    ("token.issue", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("token.see", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("token.end", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("expert.see", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.export", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.apply", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.review", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.reject", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.enrol-in-bulk", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.renew", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.leave", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.reapply", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.amend", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.erase", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("expert.see", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("expert.reject", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("expert.enrol", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("expert.suspend", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("expert.reinstate", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("expert.remove", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("organisation.see", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("organisation.see", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("organisation.register", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("organisation.propose-alias", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("organisation.approve-alias", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("project.register", Role.INITIATOR): {"own", "below", "oneself"},
    ("project.register", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("project.amend", Role.INITIATOR): {"oneself"},
    ("project.amend", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("project.see", Role.INITIATOR): {"oneself"},
    ("project.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("project.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("recusal.name", Role.INITIATOR): {"oneself"},
    ("recusal.withdraw", Role.INITIATOR): {"oneself"},
    ("recusal.see", Role.INITIATOR): {"oneself"},
    ("recusal.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("session.schedule", Role.INITIATOR): {"oneself"},
    ("session.schedule", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("session.reschedule", Role.INITIATOR): {"oneself"},
    ("session.reschedule", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("session.postpone", Role.INITIATOR): {"oneself"},
    ("session.postpone", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("session.cancel", Role.INITIATOR): {"oneself"},
    ("session.cancel", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("session.sign-in", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("invitation.note", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.see", Role.INITIATOR): {"oneself"},
    ("day.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.take-break", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.end-break", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.stay-overnight", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.end-overnight", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.ask", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.answer", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.lose-line", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.restore-line", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.refuse-signature", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.close", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.correct", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.enter-paper", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("day.replace", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.suspend", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.resume", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.reassemble", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.void", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.sign-paper", Role.INITIATOR): {"oneself"},
    ("day.sign-paper", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("day.refuse-paper", Role.INITIATOR): {"oneself"},
    ("day.refuse-paper", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("outcome.enter", Role.INITIATOR): {"oneself"},
    ("outcome.confirm", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("outcome.refuse", Role.INITIATOR): {"oneself"},
    ("outcome.refuse", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("terminal.open", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("assessment.see", Role.INITIATOR): {"oneself"},
    ("assessment.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("assessment.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("assessment.see", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("assessment.give", Role.INITIATOR): {"oneself"},
    ("assessment.give", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("assessment.give", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("assessment.name-person", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("case.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("case.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("case.see", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("case.propose", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("case.hand-over", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("case.withdraw", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("case.decide", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("case.return", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("case.revoke", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("appeal.see", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("appeal.decide", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("notice.serve", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("statistics.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("statistics.see", Role.POOL_MANAGER): {"own", "below", "oneself"},
    ("statistics.see", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("alert.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("alert.ask", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("desk.today", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("desk.supervision", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("desk.agency", Role.INITIATOR): {"oneself"},
    ("draw.see", Role.INITIATOR): {"oneself"},
    ("draw.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("draw.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("draw.submit", Role.INITIATOR): {"oneself"},
    ("draw.ask", Role.INITIATOR): {"oneself"},
    ("draw.approve", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("draw.decline", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("draw.supplement", Role.INITIATOR): {"oneself"},
    ("draw.cancel", Role.INITIATOR): {"oneself"},
    ("draw.cancel", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("draw.suspend", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("draw.reconvene", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("payout.see", Role.INITIATOR): {"oneself"},
    ("payout.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("payout.see", Role.FINANCE): {"own", "below", "oneself"},
    ("payout.confirm", Role.INITIATOR): {"oneself"},
    ("payout.confirm", Role.FINANCE): {"own", "below", "oneself"},
    ("payout.dismiss", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("payout.export", Role.FINANCE): {"own", "below", "oneself"},
    ("payout.resolve", Role.FINANCE): {"own", "below", "oneself"},
    ("payout.reconcile", Role.FINANCE): {"own", "below", "oneself"},
    ("mirror.restart", Role.COMPETENT_DEPARTMENT): {"own", "below", "oneself"},
    ("sender.see", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("sender.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("sender.register", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("sender-key.register", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("sender-key.approve", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("sender-key.revoke", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("recipient.see", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("recipient.see", Role.INITIATOR): {"own", "below", "oneself"},
    ("recipient.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("recipient.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("recipient.see", Role.FINANCE): {"own", "below", "oneself"},
    ("recipient.see", Role.AUDITOR): {"own", "below", "oneself"},
    ("recipient.register", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("recipient.approve", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("recipient.retire", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("release.see", Role.INITIATOR): {"oneself"},
    ("release.see", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("release.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("release.see", Role.FINANCE): {"own", "below", "oneself"},
    ("release.see", Role.AUDITOR): {"own", "below", "oneself"},
    ("release.initiator", Role.INITIATOR): {"oneself"},
    ("release.supervisor", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("release.payer", Role.FINANCE): {"own", "below", "oneself"},
    ("release.public", Role.CENTRE_STAFF): {"own", "below", "oneself"},
    ("release.inspection", Role.AUDITOR): {"own", "below", "oneself"},
    ("release.order", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("release.break-glass", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("release.archive", Role.AUDITOR): {"own", "below", "oneself"},
    ("holder.see", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("holder.see", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("holder.register", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("holder.approve", Role.SUPERVISOR): {"own", "below", "oneself"},
    ("holder.retire", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("vault.register", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("supervisor-key.register", Role.SUPERVISOR): {"oneself"},
    ("supervisor-key.approve", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
    ("supervisor-key.revoke", Role.SUPERVISOR): {"oneself"},
    ("supervisor-key.revoke", Role.SECURITY_ADMINISTRATOR): {"own", "below", "oneself"},
}
VERBS = sorted({*EVERYONE, *(verb for verb, _ in MORE)})


def test_the_verbs_are_these() -> None:
    assert sorted(PERMISSIONS) == VERBS


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", VERBS)
def test_truth_table(role: Role, verb: str) -> None:
    allowed = MORE.get((verb, role), EVERYONE.get(verb, set()))
    caller = Caller("me", role, "mine")
    assert {place for place, target in PLACES.items() if may(caller, verb, target)} == allowed
    assert has_verb(role, verb) == bool(allowed)


@pytest.mark.parametrize("role", Role)
def test_an_unknown_verb_is_refused(role: Role) -> None:
    assert not has_verb(role, "centre.close")
    assert not any(may(Caller("me", role, "mine"), "centre.close", target) for target in PLACES.values())


def test_no_administrator_does_anothers_part() -> None:
    parts = {
        role: {verb for verb in VERBS if has_verb(role, verb) and verb not in EVERYONE}
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)
    }
    changes = [verbs - {"actor.see"} for verbs in parts.values()]
    assert sum(map(len, changes)) == len(set().union(*changes))
    assert parts[Role.AUDIT_ADMINISTRATOR] == {"actor.see", "trail.see"}


def test_the_document_is_the_table() -> None:
    document = Path(__file__).parents[2] / "docs" / "permissions.md"
    assert document.read_text() == permission_table()


def test_every_role_has_a_name_in_both_languages() -> None:
    assert set(LABELS) == set(Role)
    assert all(zh and en and zh != en for zh, en in LABELS.values())
