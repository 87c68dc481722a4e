"""One's own scoped tokens: which there are, a new one shown once, and the end of one."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, request

from expertpool.core.errors import ExpertpoolError
from expertpool.identity import limiting, scoped_tokens, scopes
from expertpool.identity.permissions import Caller, verbs_of
from expertpool.identity.schemas import NewScopedToken
from expertpool.web import forms
from expertpool.web.access import confirmed, present_visit, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.forms import Filled
from expertpool.web.problems import status_of
from expertpool.web.rendering import page

DAYS: Final = (7, 30, 90, 366)
GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("本人账号", "one's own account"),
    "actor": ("账号管理", "accounts"),
    "alert": ("评分行为说明", "scoring to be explained"),
    "appeal": ("专家申诉", "experts’ appeals"),
    "assessment": ("一项目一考评", "assessments"),
    "case": ("处理建议与决定", "cases and decisions"),
    "notice": ("通知送达", "service of notices"),
    "centre": ("交易中心", "centres"),
    "day": ("场次当日", "the session's day"),
    "desk": ("工作台", "desks"),
    "draw": ("抽取", "draws"),
    "expert": ("专家", "experts"),
    "holder": ("密钥保管方", "key holders"),
    "job": ("任务", "jobs"),
    "invitation": ("通知登记", "notes on invitations"),
    "mirror": ("省库镜像", "the province's mirror"),
    "organisation": ("单位", "organisations"),
    "outcome": ("评标结果登记", "outcomes entered"),
    "payout": ("劳务报酬", "fees and payouts"),
    "passkey": ("通行密钥", "passkeys"),
    "project": ("项目", "projects"),
    "recipient": ("接收方密钥", "recipients' keys"),
    "recusal": ("回避", "recusals"),
    "release": ("名单开封", "releases of names"),
    "sender": ("对接系统", "connected systems"),
    "sender-key": ("对接系统密钥", "connected systems' keys"),
    "session": ("场次", "sessions"),
    "statistics": ("考评汇总", "the year’s assessments"),
    "supervisor-key": ("监督密钥", "supervisors' keys"),
    "system": ("运行状态", "the system's health"),
    "terminal": ("评审室终端", "rooms' terminals"),
    "token": ("令牌", "tokens"),
    "trail": ("登录日志", "the trail of sign-ins"),
    "webhook": ("推送订阅", "webhooks"),
    "vault": ("保险库", "the vault"),
}
"""What each group of verbs is about."""

blueprint = Blueprint("tokens", __name__)


@blueprint.get("/account/tokens")
@signed_in("token.see")
def show_tokens() -> Response:
    """One's own scoped tokens."""
    with reading() as session:
        held = scoped_tokens.held_by(session, present_visit().caller.actor, edge().clock.now())
    return page("identity/tokens.html", held=held, most=scoped_tokens.MOST)


@blueprint.get("/account/tokens/new")
@signed_in("token.limit")
@confirmed
def ask_token() -> Response:
    """Ask what a new token is for."""
    return _form(Filled({"days": "90", "scopes": [scopes.READ]}))


@blueprint.post("/account/tokens")
@signed_in("token.limit")
@confirmed
def make_token() -> Response:
    """Make a token and show it this once."""
    sent = {**request.form.to_dict(), "scopes": request.form.getlist("scopes")}
    form = Filled(sent)
    try:
        given = forms.load(NewScopedToken, {**sent, "days": _whole(request.form.get("days", ""))})
        with edge().transactions.begin(present_visit().caller.actor) as tx:
            held, token = limiting.limit(tx, **given)
    except ExpertpoolError as error:
        form.blame(error)
        return _form(form, status_of(error))
    return page("identity/token_made.html", held=held, token=token.text())


@blueprint.post("/account/tokens/<token_id>/ending")
@signed_in("token.end")
def end_token(token_id: str) -> Response:
    """End a token."""
    with edge().transactions.begin(present_visit().caller.actor) as tx:
        limiting.end_token(tx, token_id)
    return redirect(f"{request.script_root}/account/tokens", 303)  # type: ignore[return-value]  # Flask's own


def groups_of(caller: Caller) -> list[tuple[str, tuple[str, str], list[str]]]:
    """The groups that a token of this account can be limited to: scope, words, verbs."""
    able = [verb for verb in verbs_of(caller.role) if verb not in scopes.NEVER and verb != scopes.ALWAYS]
    names = dict.fromkeys(scopes.group_of(verb) for verb in able)
    return [
        (f"{name}.*", GROUPS.get(name, (name, name)), [verb for verb in able if scopes.group_of(verb) == name])
        for name in names
    ]


def _form(form: Filled, status: int = 200) -> Response:
    caller: Any = present_visit().caller
    return page("identity/token_new.html", status=status, form=form, groups=groups_of(caller), days=DAYS)


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else text
