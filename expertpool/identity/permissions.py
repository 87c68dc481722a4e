"""The permission table: which role may do what, and where. What the table does not grant is refused.

The web asks it whether a role has a verb at all before it reads a request; the service asks again, inside the
transaction, whether the verb covers this very centre and account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from expertpool.identity import scopes
from expertpool.identity.roles import LABELS, Role


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever acts: an active account, perhaps under a token that is limited to some scopes."""

    actor: str
    role: Role
    centre: str
    token: str | None = None
    scopes: frozenset[str] | None = None

    def covers(self, verb: str) -> bool:
        """Whether what they came in with may be used for this verb."""
        return self.scopes is None or scopes.covers(self.scopes, verb)


@dataclass(frozen=True, slots=True)
class Target:
    """What is acted on: a centre with those above it (its lineage, nearest first) and perhaps an account."""

    lineage: tuple[str, ...] = ()
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """When a grant holds. Conditions compose: ``own_centre & another``."""

    zh: str
    en: str
    holds: Callable[[Caller, Target], bool]

    def __and__(self, other: "Condition") -> "Condition":
        def both(caller: Caller, target: Target) -> bool:
            return self.holds(caller, target) and other.holds(caller, target)

        return Condition(f"{self.zh}，{other.zh}", f"{self.en}, {other.en}", both)


anywhere = Condition("任何中心", "any centre", lambda caller, target: True)  # noqa: ARG005
own_centre = Condition(
    "本中心及下级", "own centre and those below it", lambda caller, target: caller.centre in target.lineage
)
oneself = Condition("仅本人", "oneself only", lambda caller, target: target.actor == caller.actor)
handled = Condition("本人经办", "handled by oneself", oneself.holds)
another = Condition("不得对本人", "never oneself", lambda caller, target: target.actor != caller.actor)

Table = Mapping[str, Mapping[Role, Condition]]

_FOLLOWERS: Final = (Role.INITIATOR, Role.CENTRE_STAFF, Role.SUPERVISOR)  # who sees draws as they go

PERMISSIONS: Final[Table] = {
    "account.see-own": dict.fromkeys(Role, oneself),
    "centre.see": dict.fromkeys(Role, anywhere),
    "centre.open": {Role.SYSTEM_ADMINISTRATOR: own_centre},
    "actor.see": {Role.SECURITY_ADMINISTRATOR: own_centre, Role.AUDIT_ADMINISTRATOR: own_centre},
    "actor.register": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "actor.retire": {Role.SECURITY_ADMINISTRATOR: own_centre & another},
    "actor.invite": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "actor.link": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "passkey.manage": dict.fromkeys(Role, oneself),
    "trail.see": {Role.AUDIT_ADMINISTRATOR: own_centre},
    "system.see": {Role.SYSTEM_ADMINISTRATOR: anywhere},
    "job.retry": {Role.SYSTEM_ADMINISTRATOR: own_centre},
    "expert.see": {Role.POOL_MANAGER: own_centre, Role.COMPETENT_DEPARTMENT: own_centre},
    "expert.export": {Role.POOL_MANAGER: own_centre},
    "expert.apply": {Role.POOL_MANAGER: own_centre},
    "expert.review": {Role.POOL_MANAGER: own_centre},
    "expert.reject": {Role.POOL_MANAGER: own_centre, Role.COMPETENT_DEPARTMENT: own_centre},
    "expert.enrol": {Role.COMPETENT_DEPARTMENT: own_centre},
    "expert.enrol-in-bulk": {Role.POOL_MANAGER: own_centre},
    "expert.suspend": {Role.COMPETENT_DEPARTMENT: own_centre},
    "expert.reinstate": {Role.COMPETENT_DEPARTMENT: own_centre},
    "expert.renew": {Role.POOL_MANAGER: own_centre},
    "expert.leave": {Role.POOL_MANAGER: own_centre},
    "expert.remove": {Role.COMPETENT_DEPARTMENT: own_centre},
    "expert.reapply": {Role.POOL_MANAGER: own_centre},
    "expert.amend": {Role.POOL_MANAGER: own_centre},
    "expert.erase": {Role.POOL_MANAGER: own_centre},
    "organisation.see": {Role.POOL_MANAGER: own_centre, Role.COMPETENT_DEPARTMENT: own_centre},
    "organisation.register": {Role.POOL_MANAGER: own_centre},
    "organisation.propose-alias": {Role.POOL_MANAGER: own_centre},
    "organisation.approve-alias": {Role.POOL_MANAGER: own_centre},
    "project.register": {Role.INITIATOR: own_centre, Role.CENTRE_STAFF: own_centre},
    "project.amend": {Role.INITIATOR: own_centre & handled, Role.CENTRE_STAFF: own_centre},
    "project.see": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
    },
    "recusal.name": {Role.INITIATOR: own_centre & handled},
    "recusal.withdraw": {Role.INITIATOR: own_centre & handled},
    "recusal.see": {Role.INITIATOR: own_centre & handled, Role.SUPERVISOR: own_centre},
    "session.schedule": {Role.INITIATOR: own_centre & handled, Role.CENTRE_STAFF: own_centre},
    "session.reschedule": {Role.INITIATOR: own_centre & handled, Role.CENTRE_STAFF: own_centre},
    "session.postpone": {Role.INITIATOR: own_centre & handled, Role.CENTRE_STAFF: own_centre},
    "session.cancel": {Role.INITIATOR: own_centre & handled, Role.CENTRE_STAFF: own_centre},
    "session.sign-in": {Role.CENTRE_STAFF: own_centre},
    "invitation.note": {Role.CENTRE_STAFF: own_centre},
    "day.see": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
    },
    "day.take-break": {Role.CENTRE_STAFF: own_centre},
    "day.end-break": {Role.CENTRE_STAFF: own_centre},
    "day.stay-overnight": {Role.CENTRE_STAFF: own_centre},
    "day.end-overnight": {Role.CENTRE_STAFF: own_centre},
    "day.ask": {Role.CENTRE_STAFF: own_centre},
    "day.answer": {Role.CENTRE_STAFF: own_centre},
    "day.replace": {Role.SUPERVISOR: own_centre},
    "day.lose-line": {Role.CENTRE_STAFF: own_centre},
    "day.restore-line": {Role.CENTRE_STAFF: own_centre},
    "day.suspend": {Role.SUPERVISOR: own_centre},
    "day.resume": {Role.SUPERVISOR: own_centre},
    "day.reassemble": {Role.SUPERVISOR: own_centre},
    "day.refuse-signature": {Role.CENTRE_STAFF: own_centre},
    "day.close": {Role.CENTRE_STAFF: own_centre},
    "day.correct": {Role.CENTRE_STAFF: own_centre},
    "day.void": {Role.SUPERVISOR: own_centre},
    "day.enter-paper": {Role.CENTRE_STAFF: own_centre},
    "day.sign-paper": {Role.INITIATOR: own_centre & handled, Role.SUPERVISOR: own_centre},
    "day.refuse-paper": {Role.INITIATOR: own_centre & handled, Role.SUPERVISOR: own_centre},
    "outcome.enter": {Role.INITIATOR: own_centre & handled},
    "outcome.confirm": {Role.SUPERVISOR: own_centre},
    "outcome.refuse": {Role.INITIATOR: own_centre & handled, Role.SUPERVISOR: own_centre},
    "terminal.open": {Role.CENTRE_STAFF: own_centre},
    "assessment.see": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
        Role.COMPETENT_DEPARTMENT: own_centre,
    },
    "assessment.give": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
    },
    "assessment.name-person": {Role.CENTRE_STAFF: own_centre},
    "statistics.see": {
        Role.SUPERVISOR: own_centre,
        Role.POOL_MANAGER: own_centre,
        Role.COMPETENT_DEPARTMENT: own_centre,
    },
    "alert.see": {Role.SUPERVISOR: own_centre},
    "alert.ask": {Role.SUPERVISOR: own_centre},
    "payout.see": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.FINANCE: own_centre,
    },
    "payout.confirm": {Role.INITIATOR: own_centre & handled, Role.FINANCE: own_centre},
    "payout.dismiss": {Role.CENTRE_STAFF: own_centre},
    "payout.export": {Role.FINANCE: own_centre},
    "payout.resolve": {Role.FINANCE: own_centre},
    "payout.reconcile": {Role.FINANCE: own_centre},
    "case.see": {
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
        Role.COMPETENT_DEPARTMENT: own_centre,
    },
    "case.propose": {Role.CENTRE_STAFF: own_centre},
    "case.hand-over": {Role.CENTRE_STAFF: own_centre},
    "case.withdraw": {Role.CENTRE_STAFF: own_centre},
    "case.decide": {Role.COMPETENT_DEPARTMENT: own_centre},
    "case.return": {Role.COMPETENT_DEPARTMENT: own_centre},
    "case.revoke": {Role.COMPETENT_DEPARTMENT: own_centre},
    "appeal.see": {Role.COMPETENT_DEPARTMENT: own_centre},
    "appeal.decide": {Role.COMPETENT_DEPARTMENT: own_centre},
    "notice.serve": {Role.CENTRE_STAFF: own_centre},
    "mirror.restart": {Role.COMPETENT_DEPARTMENT: own_centre},
    "desk.today": {Role.CENTRE_STAFF: own_centre},
    "desk.supervision": {Role.SUPERVISOR: own_centre},
    "desk.agency": {Role.INITIATOR: own_centre & handled},
    "draw.see": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
    },
    "draw.submit": {Role.INITIATOR: own_centre & handled},
    "draw.ask": {Role.INITIATOR: own_centre & handled},
    "draw.approve": {Role.SUPERVISOR: own_centre},
    "draw.decline": {Role.SUPERVISOR: own_centre},
    "draw.supplement": {Role.INITIATOR: own_centre & handled},
    "draw.cancel": {Role.INITIATOR: own_centre & handled, Role.SUPERVISOR: own_centre},
    "draw.suspend": {Role.SUPERVISOR: own_centre},
    "draw.reconvene": {Role.SUPERVISOR: own_centre},
    "release.see": {
        Role.INITIATOR: own_centre & handled,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
        Role.FINANCE: own_centre,
        Role.AUDITOR: own_centre,
    },
    "release.initiator": {Role.INITIATOR: own_centre & handled},
    "release.supervisor": {Role.SUPERVISOR: own_centre},
    "release.payer": {Role.FINANCE: own_centre},
    "release.public": {Role.CENTRE_STAFF: own_centre},
    "release.inspection": {Role.AUDITOR: own_centre},
    "release.order": {Role.SUPERVISOR: own_centre},
    "release.break-glass": {Role.SUPERVISOR: own_centre},
    "release.archive": {Role.AUDITOR: own_centre},
    "sender.see": {Role.SECURITY_ADMINISTRATOR: own_centre, Role.SUPERVISOR: own_centre},
    "sender.register": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "sender-key.register": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "sender-key.approve": {Role.SUPERVISOR: own_centre},
    "sender-key.revoke": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "holder.see": {Role.SECURITY_ADMINISTRATOR: own_centre, Role.SUPERVISOR: own_centre},
    "holder.register": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "holder.approve": {Role.SUPERVISOR: own_centre},
    "holder.retire": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "vault.register": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "supervisor-key.register": {Role.SUPERVISOR: oneself},
    "supervisor-key.approve": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "supervisor-key.revoke": {Role.SUPERVISOR: oneself, Role.SECURITY_ADMINISTRATOR: own_centre},
    "recipient.see": {
        Role.SECURITY_ADMINISTRATOR: own_centre,
        Role.INITIATOR: own_centre,
        Role.CENTRE_STAFF: own_centre,
        Role.SUPERVISOR: own_centre,
        Role.FINANCE: own_centre,
        Role.AUDITOR: own_centre,
    },
    "recipient.register": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "recipient.approve": {Role.SUPERVISOR: own_centre},
    "recipient.retire": {Role.SECURITY_ADMINISTRATOR: own_centre},
    "webhook.see": dict.fromkeys(_FOLLOWERS, oneself),
    "webhook.subscribe": dict.fromkeys(_FOLLOWERS, oneself),
    "token.issue": {**dict.fromkeys(Role, oneself), Role.SECURITY_ADMINISTRATOR: own_centre},
    "token.limit": dict.fromkeys(Role, oneself),
    "token.see": {**dict.fromkeys(Role, oneself), Role.SECURITY_ADMINISTRATOR: own_centre},
    "token.end": {**dict.fromkeys(Role, oneself), Role.SECURITY_ADMINISTRATOR: own_centre},
}
"""Verb -> role -> where. The only place that grants anything."""


def has_verb(role: Role, verb: str) -> bool:
    """Whether the role may do this anywhere at all."""
    return role in PERMISSIONS.get(verb, {})


def may(caller: Caller, verb: str, target: Target) -> bool:
    """Whether the caller may do this to the target."""
    condition = PERMISSIONS.get(verb, {}).get(caller.role)
    return condition is not None and condition.holds(caller, target) and caller.covers(verb)


def verbs_of(role: Role) -> tuple[str, ...]:
    """Every verb that the role has somewhere, in the order of the table."""
    return tuple(verb for verb, grants in PERMISSIONS.items() if role in grants)


def permission_table() -> str:
    """The table as Markdown in both languages; `docs/permissions.md` is this text."""
    lines = [_INTRODUCTION]
    for role in Role:
        zh, en = LABELS[role]
        lines += [f"## {zh} · {en}", "", "| 操作 · verb | 范围 · where |", "|---|---|"]
        lines += [
            f"| `{verb}` | {grants[role].zh} · {grants[role].en} |"
            for verb, grants in PERMISSIONS.items()
            if role in grants
        ]
        lines.append("")
    return "\n".join(lines)


_INTRODUCTION = """\
# 权限表 · Permissions

由 `expertpool/identity/permissions.py` 生成，请勿手工修改。未列出的一律拒绝；每个账号只有一个角色。

Generated from `expertpool/identity/permissions.py`; do not edit. What is not listed is refused; an account has one
role.
"""
