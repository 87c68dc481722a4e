"""What ``expertpool doctor`` looks at: the checks of the system administrator's desk, and the keys."""

from collections.abc import Iterator
from typing import Final

from expertpool.cli import sign_in_checks
from expertpool.cli.opening import refuse_other_revision, sqlite_file
from expertpool.core import checkpoints
from expertpool.core.keyfile import KeyFileMissing, KeyFileUnusable
from expertpool.core.keyrings import (
    SERVICE_KEYS,
    VAULT_BOX,
    log_signer,
    open_service_keys,
    open_signer_keys,
    open_vault_keys,
)
from expertpool.operations.checks import archives, disk, history, jobs, mirrors, policy, signing, witnesses
from expertpool.operations.findings import Check, Finding, Patient, fail, ok, warn
from expertpool.operations.processes import processes
from expertpool.sealing.queries import vault_key


def service_keys(patient: Patient) -> Iterator[Finding]:
    """The key file of web and worker: permissions, damage, passphrase, and whether every key is in it."""
    with open_service_keys(patient.settings) as held:
        missing = ", ".join(name for name in SERVICE_KEYS if name not in held.names())
    if missing:
        yield fail(
            f"密钥文件里没有本程序需要的密钥 {missing}，请运行 expertpool upgrade。",
            f"The key file lacks keys that this program needs: {missing}. Run expertpool upgrade.",
        )
        return
    yield ok("网页与后台进程的密钥文件可用。", "The key file of web and worker opens.")


def vault_keys(patient: Patient) -> Iterator[Finding]:
    """The vault's key file alike, and whether its key is the one to which agents and desks seal."""
    try:
        with open_vault_keys(patient.settings) as held:
            public = held.public_key(VAULT_BOX)
    except KeyFileMissing:
        yield fail(
            "没有保险库的密钥文件，不能抽取；请运行 expertpool upgrade，或从备份恢复。",
            "There is no key file of the vault, so nothing can be drawn; run expertpool upgrade, or restore it.",
        )
        return
    except KeyFileUnusable:
        yield warn(
            "保险库的密钥文件本用户不可读，未检查；请以保险库的用户再运行一次 doctor。",
            "The vault's key file is not readable to this user and was not checked; run doctor as the vault's user.",
        )
        return
    with patient.reading() as session:
        registered = vault_key(session)
    if registered != public:
        yield fail(
            "保险库的密钥与登记的公钥不一致，保险库打不开收到的内容。请核对密钥文件，或由安全管理员重新登记。",
            "The vault's key is not the one that is registered, so it cannot open what it is sent. Check the key file, "
            "or have the security administrator register its key.",
        )
        return
    yield ok("保险库的密钥文件可用，公钥与登记一致。", "The vault's key file opens, and its key is registered.")


def signer_keys(patient: Patient) -> Iterator[Finding]:
    """The signer's key file alike, and whether its key is the one that signs."""
    try:
        with open_signer_keys(patient.settings) as held:
            key = log_signer(held, patient.settings.service.origin).key
    except KeyFileUnusable:
        yield warn(
            "签名进程的密钥文件本用户不可读，未检查；请以签名进程的用户再运行一次 doctor。",
            "The signer's key file is not readable to this user and was not checked; run doctor as the signer's user.",
        )
        return
    yield ok(f"账本签名密钥可用：{key}", f"The log key opens: {key}")
    signed = checkpoints.latest(patient.engine)
    if signed is not None:
        signed.opened_by(key)


def database(patient: Patient) -> Iterator[Finding]:
    """Reachable, at this program's revision, and not open to other users of the machine."""
    refuse_other_revision(patient.engine)
    yield ok("数据库可用，结构为最新。", "The database answers and is at this program's revision.")
    for path in sqlite_file(patient.settings):
        if path.stat().st_mode & 0o007 and path.parent.stat().st_mode & 0o001:
            yield warn(
                f"数据库文件 {path} 对本机其他用户开放；请收紧目录或文件的权限。",
                f"Other users of this machine can reach the database {path}; tighten the folder's mode or its own.",
            )


CHECKS: Final[tuple[Check, ...]] = (
    service_keys,
    signer_keys,
    vault_keys,
    database,
    history,
    signing,
    processes,
    policy,
    witnesses,
    mirrors,
    archives,
    jobs,
    disk,
    sign_in_checks.host_name,
    sign_in_checks.authorities,
    sign_in_checks.proxy_socket,
    sign_in_checks.provider,
)
