"""Who has to be there: our processes, the key holders' agents, and gateways as the last evening's check had them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from expertpool.core.heartbeat import EVERY, ProcessSign
from expertpool.invitations.models import Preflight
from expertpool.operations.findings import Finding, Patient, fail, ok, warn
from expertpool.sealing.health import is_clock_off, is_silent
from expertpool.sealing.models import AgentContact, KeyHolder
from policies.facts import CHINA

NAMES: Final = {
    "signer": ("签名进程", "The signer"),
    "vault": ("保险库", "The vault"),
    "worker": ("后台进程", "The worker"),
}
LATE: Final = 4 * EVERY
GONE: Final = timedelta(minutes=5)
FORGOTTEN: Final = timedelta(days=7)
"""After this a machine that no longer has the process is not shown, unless it was the only one."""


def processes(patient: Patient) -> Iterator[Finding]:
    """Signer, vault and worker have said lately that they are there; web answers whoever reads this on its desk."""
    with patient.reading() as session:
        signs = session.scalars(select(ProcessSign).order_by(ProcessSign.host)).all()
    for process, (zh, en) in NAMES.items():
        own = sorted((sign for sign in signs if sign.process == process), key=lambda sign: sign.seen, reverse=True)
        if not own:
            yield warn(
                f"{zh}从未运行过，请启动 expertpool {process}。",
                f"{en} has never run; start expertpool {process}.",
            )
        for sign in own[:1] + [each for each in own[1:] if patient.clock.now() - each.seen < FORGOTTEN]:
            yield _process(patient, sign, zh, en)


def holders(patient: Patient) -> Iterator[Finding]:
    """Each key holder's agent asks, and its clock agrees with ours."""
    with patient.reading() as session:
        in_force = select(KeyHolder).where(KeyHolder.approved.is_not(None), KeyHolder.retired.is_(None))
        rows = session.scalars(in_force.order_by(KeyHolder.outside, KeyHolder.registered, KeyHolder.id)).all()
        contacts = {row.holder_id: row for row in session.scalars(select(AgentContact))}
    if not rows:
        yield warn(
            "没有有效的密钥保管方，不能抽取；请安全管理员登记、行政监督部门批准。",
            "No key holder is in force, so nothing can be drawn: the security administrator registers them, the "
            "supervisor approves.",
        )
    for row in rows:
        yield _holder(patient, row.name, contacts.get(row.id))


def gateways(patient: Patient) -> Iterator[Finding]:
    """What the last evening's check found of gateways and whatever else the next day needed."""
    with patient.reading() as session:
        last = session.scalars(select(Preflight).order_by(Preflight.day.desc()).limit(1)).first()
    if last is None:
        yield ok(
            "还没有做过前一晚的检查；可随时运行 expertpool preflight。",
            "No evening's check yet; expertpool preflight makes one at any time.",
        )
        return
    found = json.loads(last.findings)
    made = _local(last.made)
    for each in found:
        yield warn(f"{made} 检查：{each['zh']}", f"At {made}: {each['en']}")
    if not found:
        yield ok(f"{made} 检查：次日所需一切正常。", f"At {made} all that the next day needed was well.")


def _process(patient: Patient, sign: ProcessSign, zh: str, en: str) -> Finding:
    silent = patient.clock.now() - sign.seen
    seen, began = _local(sign.seen), _local(sign.started)
    if silent < LATE:
        return ok(
            f"{zh}在 {sign.host} 运行，自 {began}，{sign.version} 版。",
            f"{en} runs on {sign.host} since {began}, version {sign.version}.",
        )
    said = fail if silent > GONE else warn
    return said(
        f"{zh}在 {sign.host} 最后一次报到是 {seen}；请查看其日志，必要时重新启动 expertpool {sign.process}。",
        f"{en} on {sign.host} was last there at {seen}; see its log, and start expertpool {sign.process} again if need "
        "be.",
    )


def _holder(patient: Patient, name: str, contact: AgentContact | None) -> Finding:
    silent_after = timedelta(minutes=patient.settings.preflight.agent_silent_minutes)
    if contact is None or is_silent(contact, patient.clock.now(), silent_after):
        zh = "从未联系" if contact is None else f"自 {_local(contact.seen)} 起没有联系"
        en = "has never asked" if contact is None else f"has not asked since {_local(contact.seen)}"
        return fail(
            f"密钥保管方“{name}”的程序{zh}。请致电该单位：程序是否运行、网络是否畅通、时钟是否准确。",
            f"The agent of {name} {en}. Call the institution: does it run, does the network work, is the clock right?",
        )
    if is_clock_off(contact):
        return warn(
            f"密钥保管方“{name}”的时钟相差 {contact.ahead:+d} 秒；请该单位核对时间同步，相差 300 秒以上会被拒绝。",
            f"The clock of {name} differs by {contact.ahead:+d} s; have it synchronised. Past 300 s it is refused.",
        )
    return ok(
        f"密钥保管方“{name}”的程序在 {_local(contact.seen)} 之后联系过。",
        f"The agent of {name} has asked since {_local(contact.seen)}.",
    )


def _local(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")
