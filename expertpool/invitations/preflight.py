"""What tomorrow's sessions need, looked at the evening before: agents, clocks, gateways, balances, disks, cosignatures.

Each check yields what is amiss and what to do about it; nothing here names an expert, a seat or a project.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from expertpool.core import checkpoints
from expertpool.core.clock import Clock
from expertpool.core.database import READ_ONLY
from expertpool.core.ledger_store import SqlLog
from expertpool.core.settings import Settings
from expertpool.identity.models import Centre
from expertpool.invitations.gateway import Channel, Gateway, GatewayFailed
from expertpool.invitations.gateways import FIRST, SECOND, Gateways
from expertpool.projects.lifecycle import SessionState
from expertpool.projects.models import EvaluationSession
from expertpool.sealing.health import is_clock_off, is_silent
from expertpool.sealing.models import AgentContact
from expertpool.sealing.queries import HolderInForce, holders_in_force
from ledger.entry import parse_entry
from ledger.policy import Policy
from policies.facts import CHINA, day_of

COSIGNED_WITHIN: Final = timedelta(minutes=30)
OUTSIDE: Final = 2
"""Holders from outside the centre that a draw should find: one contributes, one steps in."""
CHANNELS: Final = 2
"""Ways to reach somebody: with fewer nobody can be found not to answer."""
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is amiss; ``zh`` and ``en`` say what, and what to do."""

    code: str
    zh: str
    en: str

    def plain(self) -> dict[str, str]:
        """As JSON."""
        return {"code": self.code, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at. ``folders`` are those whose disks must not fill up."""

    settings: Settings
    engine: Engine
    policy: Policy | None
    gateways: Gateways
    clock: Clock

    @property
    def folders(self) -> Sequence[Path]:
        """Where the vault and, if it is a file, the database keep what they write."""
        found = [self.settings.paths.var, self.settings.keystore.vault_keys.parent]
        if self.engine.dialect.name == "sqlite" and self.engine.url.database:
            found.append(Path(self.engine.url.database).parent)
        return sorted(set(found))


Check = Callable[[Patient, Session, date], Iterator[Finding]]


def examine(patient: Patient) -> list[Finding]:
    """Everything that is amiss for the sessions of tomorrow, by the centre's calendar."""
    day = tomorrow(patient.clock.now())
    with Session(patient.engine.execution_options(**READ_ONLY)) as session:
        return [finding for check in CHECKS for finding in check(patient, session, day)]


def tomorrow(now: datetime) -> date:
    """The day after the present one."""
    return day_of(now) + timedelta(days=1)


def agents(patient: Patient, session: Session, day: date) -> Iterator[Finding]:
    """The key holders of the day's centres: their agents ask, and their clocks agree with ours."""
    for holder in _holders(session, day).values():
        contact = session.get(AgentContact, holder.id)
        if contact is None or _is_silent(patient, contact):
            since = "从未联系" if contact is None else f"自 {_local(contact.seen)} 起没有联系"
            last = "has never asked" if contact is None else f"has not asked since {_local(contact.seen)}"
            yield Finding(
                "preflight.agent-silent",
                f"密钥保管方“{holder.name}”的程序{since}。请致电该单位，检查程序是否运行、网络是否畅通、时钟是否准确。",
                f"The agent of {holder.name} {last}. Call the institution: does it run, does the network work, is the "
                "clock right?",
            )
        elif is_clock_off(contact):
            yield Finding(
                "preflight.agent-clock",
                f"密钥保管方“{holder.name}”的时钟相差 {contact.ahead:+d} 秒。请该单位核对时间同步；"
                "相差 300 秒以上会被拒绝。",
                f"The clock of {holder.name} differs by {contact.ahead:+d} s. Have its time synchronisation checked; "
                "past 300 s it is refused.",
            )


def contributors(patient: Patient, session: Session, day: date) -> Iterator[Finding]:
    """Each of the day's centres: one holder of its own, one from outside, and another to step in."""
    settled = patient.clock.now() - timedelta(hours=patient.settings.draws.settling_hours)
    for centre in (session.get_one(Centre, each) for each in _centres(session, day)):
        there = [
            holder
            for holder in holders_in_force(session, centre.id)
            if holder.approved_at <= settled and _asks(patient, session, holder)
        ]
        outside = sum(holder.outside for holder in there)
        if outside == len(there) or outside == 0:
            yield Finding(
                "preflight.contributors-missing",
                f"{centre.name_zh}明日有场次，现在凑不齐抽取的贡献方（须本中心一家、外部至少一家在线）。"
                "请联系密钥保管方，或准备改期。",
                f"{centre.name_en} has sessions tomorrow and not the contributors that a draw needs: its own and one "
                "from outside, both running. Call the key holders, or prepare to put the sessions off.",
            )
        elif outside < OUTSIDE:
            yield Finding(
                "preflight.no-alternate",
                f"{centre.name_zh}明日有场次，只有一家外部贡献方在线，没有候补：它若不应答，抽取将中止。"
                "请让另一家上线。",
                f"{centre.name_en} has sessions tomorrow, one contributor from outside running and no alternate: "
                "without its answer draws are aborted. Have another one started.",
            )


def cosignatures(patient: Patient, _session: Session, _day: date) -> Iterator[Finding]:
    """A quorum has cosigned lately: before that no agent answers."""
    if patient.policy is None:
        yield Finding(
            "preflight.no-policy",
            "没有共签方规则，任何抽取都无法进行。请设置 ledger.witness_policy。",
            "There is no witness policy, so nothing can be drawn. Set ledger.witness_policy.",
        )
        return
    log = SqlLog(patient.engine)
    covered = checkpoints.witnessed(patient.engine, patient.policy)
    if covered >= log.head().size:
        return
    since = datetime.fromisoformat(parse_entry(log.entries(covered, covered + 1)[0]).time)
    if patient.clock.now() - since > COSIGNED_WITHIN:
        yield Finding(
            "preflight.cosignature-stale",
            f"自 {_local(since)} 起没有达到法定数的共签，抽取会停在等待共签。请检查签名进程、后台进程和各共签方。",
            f"No quorum has cosigned since {_local(since)}; draws wait for it. Look at the signer, the worker and the "
            "witnesses.",
        )


def gateways(patient: Patient, _session: Session, _day: date) -> Iterator[Finding]:
    """Every gateway can be used and is paid, and together they reach people in two ways."""
    for gateway in patient.gateways:
        yield from _gateway(patient, gateway)
    if sum(bool(patient.gateways.of(channel)) for channel in Channel) < CHANNELS:
        yield Finding(
            "preflight.one-channel",
            "只有一种联系专家的渠道：无人应答须有两种渠道的送达证据，否则席位一直空着。请再设置一种。",
            "There is one way to reach experts. Nobody is found not to answer without evidence of two: set another.",
        )


def disks(patient: Patient, _session: Session, _day: date) -> Iterator[Finding]:
    """Room where vault and database write. A database on another machine is watched there."""
    for folder in patient.folders:
        try:
            free = shutil.disk_usage(folder).free // MIB
        except OSError:
            yield Finding(
                "preflight.disk-unseen",
                f"看不到目录 {folder} 所在的磁盘。请检查该目录是否存在、权限是否正确。",
                f"The disk of {folder} cannot be looked at. See whether the folder is there, and its permissions.",
            )
            continue
        if free < patient.settings.preflight.disk_low_mib:
            yield Finding(
                "preflight.disk-low",
                f"目录 {folder} 所在磁盘只剩 {free} MiB。请清理或扩容。",
                f"{free} MiB are left on the disk of {folder}. Make room, or enlarge it.",
            )


CHECKS: Final[tuple[Check, ...]] = (agents, contributors, cosignatures, gateways, disks)


def _gateway(patient: Patient, gateway: Gateway) -> Iterator[Finding]:
    name = gateway.name
    try:
        health = gateway.health()
    except GatewayFailed:
        yield Finding(
            "preflight.gateway-down",
            f"通信网关“{name}”没有应答。请联系网关服务方；原因见保险库日志。",
            f"The gateway “{name}” does not answer. Call its provider; the vault's log says why.",
        )
        return
    if not health.usable:
        yield Finding(
            "preflight.gateway-unusable",
            f"通信网关“{name}”表示目前不可用。请联系网关服务方。",
            f"The gateway “{name}” says that it cannot be used. Call its provider.",
        )
    low = {FIRST: patient.settings.gateway_first.balance_low, SECOND: patient.settings.gateway_second.balance_low}
    if health.balance is not None and health.balance < low.get(name, 0):
        yield Finding(
            "preflight.balance-low",
            f"通信网关“{name}”余额只剩 {health.balance / 100:.2f} 元。请充值。",
            f"{health.balance / 100:.2f} yuan are left at the gateway “{name}”. Top it up.",
        )


def _centres(session: Session, day: date) -> Sequence[str]:
    """The centres that have a session on the day."""
    begins = datetime.combine(day, time(), CHINA)
    on_the_day = (EvaluationSession.starts >= begins, EvaluationSession.starts < begins + timedelta(days=1))
    planned = select(EvaluationSession.centre_id).where(EvaluationSession.state == SessionState.SCHEDULED, *on_the_day)
    return sorted(set(session.scalars(planned)))


def _holders(session: Session, day: date) -> dict[str, HolderInForce]:
    """The key holders of the day's centres, each once."""
    return {holder.id: holder for centre in _centres(session, day) for holder in holders_in_force(session, centre)}


def _asks(patient: Patient, session: Session, holder: HolderInForce) -> bool:
    contact = session.get(AgentContact, holder.id)
    return contact is not None and not _is_silent(patient, contact)


def _is_silent(patient: Patient, contact: AgentContact) -> bool:
    return is_silent(contact, patient.clock.now(), timedelta(minutes=patient.settings.preflight.agent_silent_minutes))


def _local(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")
