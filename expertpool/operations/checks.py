"""What doctor and the system administrator's desk look at alike. Each check yields findings; none needs a key."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from expertpool.core import checkpoints
from expertpool.core.cosigning import ALARMS, addresses
from expertpool.core.errors import ExpertpoolError
from expertpool.core.jobs import MAX_ATTEMPTS, stuck
from expertpool.core.jobs_table import OutboxJob
from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerWitness
from expertpool.core.startup import refuse_rollback
from expertpool.core.witness_policy import check_policy, load_witness_policy
from expertpool.draws.archiving import has_archive, unarchived
from expertpool.experts.mirror_queries import mirror_head, mirrored_centres
from expertpool.operations.findings import Finding, Patient, fail, ok, told, warn
from ledger.checkpoint import parse_signed_checkpoint
from ledger.entry import parse_entry
from ledger.policy import Policy
from policies.facts import day_of

OVERDUE: Final = timedelta(minutes=5)
WITNESS_SILENT: Final = timedelta(minutes=10)
CLOCK_WARN, CLOCK_FAIL = timedelta(seconds=30), timedelta(minutes=5)
DISK_WARN, DISK_FAIL = 2 * 1024**3, 256 * 1024**2  # bytes


def history(patient: Patient) -> Iterator[Finding]:
    """The database is not behind the signer's mark or the last cosigned checkpoint."""
    ledger = patient.settings.ledger
    refuse_rollback(patient.engine, ledger.signer_mark, ledger.cosigned)
    size = SqlLog(patient.engine).head().size
    yield ok(f"账本有 {size} 个条目，与高水位一致。", f"The ledger has {size} entries and agrees with the mark.")


def signing(patient: Patient) -> Iterator[Finding]:
    """The signer keeps up: no entry waits longer than callers do."""
    log = SqlLog(patient.engine)
    signed = checkpoints.latest(patient.engine)
    size = 0 if signed is None else signed.size
    waiting = log.head().size - size
    if signed is None or not waiting:
        status = ok if signed is not None else warn
        yield status(
            f"签名进程已签至 {size}。" if signed else "签名进程尚未签署过；请启动 expertpool signer。",
            f"The signer has covered all {size} entries." if signed else "Nothing signed yet; start expertpool signer.",
        )
        return
    since = datetime.fromisoformat(parse_entry(log.entries(size, size + 1)[0]).time)
    late = patient.clock.now() - since
    limit = timedelta(seconds=patient.settings.ledger.ack_timeout_s)
    status = fail if late > limit else ok
    yield status(
        f"{waiting} 个条目待签，最早的已等 {late.total_seconds():.0f} 秒；若持续，请查看 expertpool signer。",
        f"{waiting} entries wait for the signer, the first for {late.total_seconds():.0f} s; if that lasts, see "
        "whether expertpool signer runs.",
    )


def policy(patient: Patient) -> Iterator[Finding]:
    """Outsiders can rely on the policy. In a demonstration a weak one is a warning only."""
    found = load_witness_policy(patient.settings)
    if found is None:
        yield warn(
            "没有共签方规则：无人共签，核验结论只能是“未证明”。",
            "No witness policy: nobody cosigns and verdicts stay 'not proven'.",
        )
        return
    try:
        check_policy(found, patient.settings.service.origin)
    except ExpertpoolError as error:
        text = told(error)
        yield warn(text.zh, text.en)
    else:
        yield ok(
            f"共签方规则可靠，共 {len(found.witnesses)} 个共签方。",
            f"The witness policy is sound and names {len(found.witnesses)} witnesses.",
        )
    yield from _quorum(patient, found)


def _quorum(patient: Patient, found: Policy) -> Iterator[Finding]:
    path = patient.settings.ledger.cosigned
    size = SqlLog(patient.engine).head().size
    if not path.exists():
        yield warn("还没有检查点达到共签法定数。", "No checkpoint has a quorum of cosigners yet.")
        return
    cosigned = parse_signed_checkpoint(path.read_bytes())
    found.require(cosigned)
    yield ok(f"外部已共签至 {cosigned.size}／{size}。", f"Outsiders have cosigned {cosigned.size} of {size} entries.")


def witnesses(patient: Patient) -> Iterator[Finding]:
    """Each witness that is asked: answers, keeps up, and its clock agrees with ours."""
    found = load_witness_policy(patient.settings)
    signed = checkpoints.latest(patient.engine)
    if found is None or signed is None:
        return
    with patient.reading() as session:
        for address in addresses(found, patient.settings.ledger.witnesses):
            yield from _witness(patient, address, session.get(LedgerWitness, address), signed.size)


def _witness(patient: Patient, address: str, row: LedgerWitness | None, size: int) -> Iterator[Finding]:
    if row is None:
        yield warn(
            f"共签方 {address} 尚未被请求过；请检查 expertpool worker 是否在运行。",
            f"Witness {address} was never asked; see whether expertpool worker runs.",
        )
        return
    if row.failure is not None:
        status = fail if row.failure in {alarm.code for alarm in ALARMS} else warn
        yield status(
            f"共签方 {address} 自 {row.failing_since} 起失败（{row.failure}）；详见 worker 日志。",
            f"Witness {address} fails since {row.failing_since} ({row.failure}); the worker's log says more.",
        )
    if row.size is None or row.cosigned_at is None or row.stated_at is None:
        return
    if row.size < size and patient.clock.now() - row.cosigned_at > WITNESS_SILENT:
        yield warn(
            f"共签方 {address} 停在 {row.size}／{size}，最后一次共签于 {row.cosigned_at}。",
            f"Witness {address} stopped at {row.size} of {size} entries, at {row.cosigned_at}.",
        )
    elif row.failure is None:
        yield ok(f"共签方 {address} 已共签至 {row.size}。", f"Witness {address} has cosigned {row.size} entries.")
    yield from _clock(address, row.cosigned_at - row.stated_at)


def _clock(address: str, ahead: timedelta) -> Iterator[Finding]:
    """Our clock against a witness's: deadlines and cosignatures both rest on the hour."""
    seconds = ahead.total_seconds()
    if abs(ahead) > CLOCK_WARN:
        status = fail if abs(ahead) > CLOCK_FAIL else warn
        yield status(
            f"本机时钟与共签方 {address} 相差 {seconds:+.0f} 秒；请核对本机的时间同步（NTP）。",
            f"This machine's clock differs from that of witness {address} by {seconds:+.0f} s; check time "
            "synchronisation (NTP).",
        )


def mirrors(patient: Patient) -> Iterator[Finding]:
    """Pools that are mirrored from a province: applied to the end, and of today."""
    today = day_of(patient.clock.now())
    with patient.reading() as session:
        for centre in mirrored_centres(session):
            head = mirror_head(session, centre.id)
            if head is None:
                yield warn(
                    f"{centre.code} 的省库同步未完成或已中止，不能从该库抽取；请运行 expertpool mirror status",
                    f"the mirrored pool of {centre.code} is unfinished or ended, and nobody is drawn from it; see "
                    "expertpool mirror status",
                )
            elif head.day < today:
                yield warn(
                    f"{centre.code} 尚未收到省库今天的文件（最近一次 {head.day}）；请向省库索取",
                    f"today's file of the province has not come for {centre.code} (the last is of {head.day})",
                )
            else:
                yield ok(f"{centre.code} 的省库名册是今天的", f"the mirrored roster of {centre.code} is of today")


def archives(patient: Patient) -> Iterator[Finding]:
    """The vault goes on having the names of closed draws until an archive has them."""
    with patient.reading() as session:
        waiting = 0 if has_archive(session) else len(unarchived(session))
    if waiting:
        yield warn(
            f"{waiting} 次已办结的抽取没有归档：没有有效的归档密钥，保密库仍保存其名单；"
            "请登记并批准接收对象为 archive 的密钥。",
            f"{waiting} closed draws are not archived: there is no archive's key in force, so the vault keeps their "
            "names. Register and approve a recipient's key of audience archive.",
        )


def jobs(patient: Patient) -> Iterator[Finding]:
    """No job was given up, none waits for a worker that does not run."""
    late = patient.clock.now() - OVERDUE
    overdue = select(func.count()).where(
        OutboxJob.done_at.is_(None), OutboxJob.attempts < MAX_ATTEMPTS, OutboxJob.due < late
    )
    with patient.reading() as session:
        given_up = stuck(session)
        for job in given_up[:10]:
            yield fail(
                f"任务 {job.id}（{job.kind}）多次失败已放弃，最后原因 {job.failure}；需人工处理。",
                f"Job {job.id} ({job.kind}) was given up, last because of {job.failure}; a person must look at it.",
            )
        waiting = session.scalar(overdue) or 0
    if waiting:
        yield warn(
            f"{waiting} 个任务逾期 5 分钟以上；请检查 expertpool worker 是否在运行。",
            f"{waiting} jobs are more than 5 minutes overdue; see whether expertpool worker runs.",
        )
    if not given_up and not waiting:
        yield ok("任务队列正常。", "The job queue is well.")


def disk(patient: Patient) -> Iterator[Finding]:
    """Room where files grow: what was acknowledged must find a place."""
    settings = patient.settings
    folders = {settings.paths.var, settings.ledger.signer_mark.parent, settings.ledger.cosigned.parent}
    for folder in sorted(folders):
        free = shutil.disk_usage(folder).free
        status = fail if free < DISK_FAIL else warn if free < DISK_WARN else ok
        yield status(
            f"{folder} 所在磁盘剩余 {free / 1024**3:.1f} GiB。",
            f"{free / 1024**3:.1f} GiB are free on the disk of {folder}.",
        )
