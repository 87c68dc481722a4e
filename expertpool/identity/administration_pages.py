"""The desks of two administrators: accounts with their invitations (security), and the trail of sign-ins (audit)."""

from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, request

from expertpool.identity import inviting, queries, trail
from expertpool.identity.gate import caller
from expertpool.identity.models import TrailKind, Way
from expertpool.identity.roles import LABELS
from expertpool.web.access import confirmed, signed_in
from expertpool.web.edge import edge, reading
from expertpool.web.fields import Day
from expertpool.web.rendering import page

AT_ONCE: Final = 100
KINDS: Final = {
    TrailKind.SIGNED_IN: ("登录", "signed in"),
    TrailKind.REFUSED: ("登录被拒", "refused"),
    TrailKind.LOCKED: ("次数用尽", "out of attempts"),
    TrailKind.CONFIRMED: ("再次验证身份", "confirmed"),
    TrailKind.CONFIRMATION_REFUSED: ("再次验证被拒", "confirmation refused"),
    TrailKind.SIGNED_OUT: ("退出", "signed out"),
    TrailKind.SESSION_ENDED: ("结束会话", "ended a session"),
    TrailKind.CREDENTIALS_SET: ("设定口令和验证器", "set credentials"),
    TrailKind.ENTERED_DEMO: ("演示登录", "entered by one click"),
    TrailKind.WAY_ADDED: ("增加登录方式", "added a way to sign in"),
    TrailKind.WAY_REMOVED: ("移除登录方式", "removed a way to sign in"),
}
WAYS: Final = {
    Way.PASSWORD: ("口令和动态码", "password and code"),
    Way.PASSKEY: ("通行密钥", "passkey"),
    Way.CERTIFICATE: ("CA 证书", "certificate"),
    Way.OIDC: ("统一身份认证", "single sign-on"),
}
CAUSES: Final = {
    "unknown": ("没有此账号、口令、密钥或关联", "no such account, credentials, key or link"),
    "password": ("口令不对", "wrong password"),
    "code": ("动态码不对", "wrong code"),
    "code-used": ("动态码已用过", "code was used before"),
    "malformed": ("应答无法识读", "not a readable answer"),
    "challenge": ("质询过期、已用过或属于另一浏览器", "challenge late, used, or of another browser"),
    "signature": ("签名、网址或本人核实不符", "wrong signature or site, or user not verified"),
    "no-certificate": ("没有出示证书", "no certificate shown"),
    "expired": ("证书不在有效期内", "certificate not in force"),
    "chain": ("证书不是受信任的 CA 为登录签发的", "not issued by a trusted CA for this purpose"),
    "revoked": ("证书已吊销", "certificate revoked"),
    "revocation-unknown": ("没有有效的吊销列表", "no revocation list in force"),
    "provider-refused": ("认证平台拒绝或本人取消", "refused there, or cancelled"),
    "provider-failed": ("认证平台没有应答", "no answer from the provider"),
    "token": ("身份令牌无效", "identity token not valid"),
    "strength": ("认证强度不够", "not strong enough"),
    "auth-time": ("不是刚刚认证的", "not authenticated just now"),
    "counter": ("签名计数倒退，密钥可能被复制", "count went back: the key may have been copied"),
}

blueprint = Blueprint("administration", __name__)


@blueprint.get("/accounts")
@signed_in("actor.invite")
def accounts() -> Response:
    """The accounts of one's own centre and of those below it."""
    after = request.args.get("after")
    with reading() as session:
        centres = queries.centres_below(session, caller().centre)
        found = queries.actors_in(session, centres, after, AT_ONCE + 1)
        credentialed = queries.with_credentials(session, [actor.id for actor in found])
    shown = found[:AT_ONCE]
    return page(
        "identity/accounts.html",
        actors=shown,
        credentialed=credentialed,
        labels=LABELS,
        next=shown[-1].code if len(found) > AT_ONCE else None,
    )


@blueprint.get("/accounts/<actor_id>/invitation")
@signed_in("actor.invite")
@confirmed
def ask_invitation(actor_id: str) -> Response:
    """Say what an invitation does before it is issued."""
    with reading() as session:
        found = queries.visible_actor(session, caller(), actor_id, "actor.invite")
    return page("identity/invite.html", actor=found, labels=LABELS, invitation=None)


@blueprint.post("/accounts/<actor_id>/invitation")
@signed_in("actor.invite")
@confirmed
def issue_invitation(actor_id: str) -> Response:
    """Issue an invitation and show it this once."""
    with edge().transactions.begin(caller().actor) as tx:
        text = inviting.invite(tx, edge().keys, actor_id)
    with reading() as session:
        found = queries.visible_actor(session, caller(), actor_id, "actor.invite")
    return page("identity/invite.html", actor=found, labels=LABELS, invitation=text)


@blueprint.get("/trail")
@signed_in("trail.see")
def show_trail() -> Response:
    """A day's sign-ins, refusals and lockouts, and whether closed days are still what the ledger has."""
    today = edge().clock.now().astimezone(trail.BEIJING).date()
    day = _wished_day(today)
    with reading() as session:
        centres = queries.centres_below(session, caller().centre)
        lines = trail.lines(session, centres, day, request.args.get("after"), AT_ONCE + 1)
        closed = trail.days(session, 7)
    shown = lines[:AT_ONCE]
    return page(
        "identity/trail.html",
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        lines=shown,
        next=shown[-1].id if len(lines) > AT_ONCE else None,
        closed=closed,
        kinds=KINDS,
        causes=CAUSES,
        ways=WAYS,
    )


def _wished_day(today: date) -> date:
    try:
        wished = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return wished if Day.FIRST < wished < Day.LAST else today
