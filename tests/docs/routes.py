"""The truth table of routes as Markdown: python -m tests.docs.routes > docs/routes.md."""

import sys
from collections.abc import Iterator
from typing import Final

from expertpool.identity.permissions import PERMISSIONS, Condition, Target
from expertpool.identity.permissions import Caller as Account
from expertpool.identity.roles import LABELS, Role
from expertpool.web.access import PUBLIC, SIGNED, VAULT
from tests.web.routes import ROUTES, STATES, Route

_ROLES: Final = {
    Role.CENTRE_STAFF: "中心",
    Role.INITIATOR: "发起",
    Role.SUPERVISOR: "监督",
    Role.KEY_HOLDER: "保管",
    Role.AUDITOR: "审计",
    Role.POOL_MANAGER: "库管",
    Role.FINANCE: "财务",
    Role.COMPETENT_DEPARTMENT: "主管",
    Role.SYSTEM_ADMINISTRATOR: "系统",
    Role.SECURITY_ADMINISTRATOR: "安全",
    Role.AUDIT_ADMINISTRATOR: "审管",
}
_WITHOUT: Final = {
    PUBLIC: ("公开", "everybody"),
    SIGNED: ("凭签名，无需账号", "whoever signs the request with a registered key; no account counts"),
    VAULT: ("凭应答码或专家令牌，由抽取库核对", "whoever has an answer code or an expert's token: the vault judges"),
}
_INTRODUCTION: Final = """\
# 访问真值表 · Who gets where

由 `tests/web/routes.py` 生成，请勿手工修改；每一格都由 `tests/web/test_routes.py` 实际发出请求核对。

Generated from `tests/web/routes.py`; do not edit. `tests/web/test_routes.py` sends the requests of every cell: each
role of the object's own centre, the same roles from a centre below it, a colleague, a closed account, an expert, and
nobody, and for objects with states each role in each state.

● 本中心及下级 own centre and those below it · ◐ 仅本人或本人经办 oneself, or what one handles · ○ 任何中心 any centre ·
空白 refused. Nobody, experts and closed accounts are asked to sign in; ⚿ wants the second factor within five minutes.
"""


def route_table() -> str:
    """Every route by every role, then every act by every state."""
    return "\n".join((_INTRODUCTION, *_accounts(), *_others(), *_states()))


def _accounts() -> Iterator[str]:
    yield "## 凭账号 · With an account\n"
    yield "，".join(f"{short} {LABELS[role][0]} {LABELS[role][1]}" for role, short in _ROLES.items()) + "。\n"
    yield _row("", "verb", *_ROLES.values())
    yield _row("---", "---", *[":-:"] * len(_ROLES))
    for route in ROUTES:
        if route.has_verb:
            marks = (_mark(PERMISSIONS[route.who].get(role)) for role in _ROLES)
            yield _row(f"`{route}`{' ⚿' if route.confirmed else ''}", f"`{route.who}`", *marks)
    yield ""


def _others() -> Iterator[str]:
    for who, (zh, en) in _WITHOUT.items():
        yield f"## {zh} · {en}\n"
        yield from (f"- `{route}`" for route in ROUTES if route.who == who)
        yield ""


def _states() -> Iterator[str]:
    yield "## 状态 · In which states\n"
    yield "✓ 可办 works · 空白 refused as a conflict, or as if it were not there. What is not listed works in every"
    yield "state; a line without a tick waits for more than a state: the end of a retention, a release to one's own"
    yield "audience.\n"
    for kind, states in STATES.items():
        limited = [route for route in ROUTES if route.kind == kind and route.states]
        if limited:
            yield f"### {kind}\n"
            yield _row("", *states)
            yield _row("---", *[":-:"] * len(states))
            yield from (_row(f"`{route}`", *_works(route, states)) for route in limited)
            yield ""


def _works(route: Route, states: tuple[str, ...]) -> Iterator[str]:
    return ("✓" if route.works_in(state) else "" for state in states)


def _mark(condition: Condition | None) -> str:
    """What a grant reaches, found by asking it."""
    if condition is None:
        return ""
    account = Account("me", Role.SUPERVISOR, "mine")
    if condition.holds(account, Target()):
        return "○"
    return "●" if condition.holds(account, Target(("mine",), "other")) else "◐"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(route_table())
