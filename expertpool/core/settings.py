"""What can be set: one frozen dataclass per section, each field with its meaning in both languages.

`expertpool.core.settings_loading` reads them from a file and the environment. Every relative path, an SQLite file
included, is taken to lie under ``paths.var``.
"""
# ruff: noqa: RUF009 - `setting` declares a field; its default is made once because it cannot change.

from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from expertpool.core.api_settings import ApiSettings
from expertpool.core.gateway_settings import GatewaySettings, PreflightSettings, SmtpSettings
from expertpool.core.invitation_settings import InvitationSettings
from expertpool.core.payment_settings import PaymentSettings
from expertpool.core.settings_fields import DATABASE_URL, ORIGIN, TEXT, VARIABLE, WEB_ADDRESS, setting
from expertpool.core.sign_in_settings import CertificateSettings, OidcSettings
from expertpool.core.vault_settings import VaultSettings
from expertpool.core.webhook_settings import WebhookSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """The centre that runs this installation."""

    mode: Literal["demo", "production"] = setting(
        "demo",
        zh="运行方式：demo 为演示，production 为正式运行（演示用的默认值一律拒绝）。",
        en="How it runs: `production` refuses every value that is only fit for a demonstration.",
    )
    origin: str = setting(
        "expertpool.invalid/demo",
        zh="账本名称，写在每个检查点的第一行；启用后不可更改。建议用本中心的域名加路径。",
        en="The ledger's name, first line of every checkpoint; never changed. Best a domain of the centre and a path.",
        form=ORIGIN,
        demo_only=True,
    )
    name_zh: str = setting(
        "演示公共资源交易中心",
        zh="中心的中文名称。",
        en="The centre's name in Chinese.",
        form=TEXT,
        demo_only=True,
    )
    name_en: str = setting(
        "Demonstration Trading Centre",
        zh="中心的英文名称。",
        en="The centre's name in English.",
        form=TEXT,
        demo_only=True,
    )
    base_url: str = setting(
        "http://127.0.0.1:8000",
        zh="用户访问本系统的网址；正式运行必须是 https。",
        en="The address at which people reach the service; https in production.",
        form=WEB_ADDRESS,
        demo_only=True,
    )
    proxies: int = setting(
        0,
        zh="网页进程前有几层反向代理，各自在 X-Forwarded-For 末尾添上来源地址；为 0 则不看此项。登录限额按来源计："
        "填少了全体用户算作同一来源，填多了来源可以伪造。",
        en="How many reverse proxies stand in front, each of which adds the source to the end of X-Forwarded-For; with "
        "0 that header is not looked at. Attempts to sign in are counted by source: with too few everybody is one "
        "source, with too many sources can be forged.",
        bounds=(0, 5),
    )
    socket: Path | None = setting(
        None,
        zh="网页进程监听的 Unix 套接字；为空则监听 127.0.0.1 的端口。所在目录以 0750 建立，代理的系统用户须与网页进程"
        "同在一个用户组。",
        en="The Unix socket on which the web process listens; empty for a port of 127.0.0.1. Its folder is made with "
        "mode 0750, and the proxy's system user shares a group with the web process's.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """The database that holds business rows and ledger entries."""

    url: str = setting(
        "sqlite:///expertpool.db",
        zh="数据库地址：SQLite 文件或 PostgreSQL。",
        en="The database: an SQLite file or PostgreSQL.",
        form=DATABASE_URL,
        secret=True,
    )
    pool_size: int = setting(
        5,
        zh="每个进程最多同时使用的连接数。",
        en="Connections that one process uses at most.",
        bounds=(1, 200),
    )
    busy_timeout_ms: int = setting(
        5000,
        zh="等待锁或空闲连接的最长时间（毫秒），超时即回复系统忙。",
        en="Longest wait for a lock or a free connection, in milliseconds; then the answer is 'busy'.",
        bounds=(1, 600_000),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsSettings:
    """Where the service keeps files."""

    var: Path = setting(
        Path("var"),
        zh="数据目录；其他各节的相对路径都在此目录之下。",
        en="The folder for data; relative paths in all other sections lie under it.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """The append-only log, its signer and its witnesses."""

    witness_policy: Path | None = setting(
        Path("witness.policy"),
        zh="共签方规则文件（C2SP tlog-policy），其中可写各共签方的网址；演示时没有此文件或此项为空即无人共签，"
        "核验结论只能是“未证明”。",
        en="File of the witness policy (C2SP tlog-policy), with the witnesses' addresses. In a demonstration it may be "
        "missing: then nobody cosigns and verdicts stay 'not proven'.",
        demo_only=True,
    )
    witnesses: tuple[str, ...] = setting(
        (),
        zh="规则文件未写网址的 tlog-witness 服务的网址；自行轮询的共签方不必列出。",
        en="Addresses of tlog-witness servers for which the policy names none; agents that poll need none.",
        form=WEB_ADDRESS,
    )
    cosign_pause_ms: int = setting(
        300,
        zh="同一共签方两次请求之间的最短间隔（毫秒）。",
        en="Shortest pause between two requests to the same witness, in milliseconds.",
        bounds=(10, 60_000),
    )
    cosign_timeout_s: int = setting(
        10,
        zh="等待一个共签方应答的最长时间（秒）；其他共签方不受影响。",
        en="Longest wait for the answer of one witness, in seconds; the others are not held up.",
        bounds=(1, 600),
    )
    signer_mark: Path = setting(
        Path("signer/mark"),
        zh="签名进程的高水位标记文件，必须在数据库及其备份之外。",
        en="File of the signer's high-water mark; outside the database and its backups.",
    )
    signer_keys: Path = setting(
        Path("signer/keys"),
        zh="签名进程的密钥文件（账本签名密钥），只有签名进程可读；必须在数据库及其备份之外。",
        en="The signer's key file (the log key), readable to the signer alone; outside the database and its backups.",
    )
    cosigned: Path = setting(
        Path("worker/cosigned"),
        zh="最近一个达到共签数的检查点文件，由后台进程写入；数据库落后于它时拒绝启动。",
        en="File of the last checkpoint that a quorum cosigned, kept by the worker; start-up refuses a database "
        "behind it.",
    )
    signer_poll_ms: int = setting(
        2,
        zh="签名进程查看新条目的间隔（毫秒）。",
        en="How often the signer looks for new entries, in milliseconds.",
        bounds=(1, 60_000),
    )
    ack_timeout_s: int = setting(
        10,
        zh="等待检查点覆盖条目的最长时间（秒），超时即告知稍后凭回执查询。",
        en="Longest wait for a checkpoint that covers an entry, in seconds; then the receipt has to be fetched later.",
        bounds=(1, 600),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeystoreSettings:
    """The keys of this installation's processes."""

    directory: Path = setting(
        Path("keys"),
        zh="密钥文件所在目录，必须在数据库及其备份之外。",
        en="The folder of the key files; outside the database and its backups.",
    )
    passphrase_env: str = setting(
        "EXPERTPOOL_PASSPHRASE",
        zh="存放密钥口令的环境变量名；正式运行时口令不能为空。",
        en="Environment variable with the passphrase of the key files; in production it may not be empty.",
        form=VARIABLE,
    )
    signer_passphrase_env: str = setting(
        "EXPERTPOOL_PASSPHRASE",
        zh="存放签名进程密钥口令的环境变量名；建议与上一项不同，使其他进程打不开账本签名密钥。",
        en="Environment variable with the passphrase of the signer's key file; best another one, so that no other "
        "process can open the log key.",
        form=VARIABLE,
    )
    vault_keys: Path = setting(
        Path("vault/keys"),
        zh="保险库的密钥文件，只有保险库进程可读；必须在数据库及其备份之外。",
        en="The vault's key file, readable to the vault alone; outside the database and its backups.",
    )
    vault_passphrase_env: str = setting(
        "EXPERTPOOL_PASSPHRASE",
        zh="存放保险库密钥口令的环境变量名；建议与其他各项不同，使其他进程打不开。",
        en="Environment variable with the passphrase of the vault's key file; best another one.",
        form=VARIABLE,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """The job queue."""

    lease_s: int = setting(
        60,
        zh="任务的租期（秒）；超过租期未完成的任务会由其他进程重做。",
        en="How long a worker holds a job, in seconds; then another may take it.",
        bounds=(1, 86_400),
    )
    poll_ms: int = setting(
        200,
        zh="查看新任务的间隔（毫秒）。",
        en="How often a worker looks for jobs, in milliseconds.",
        bounds=(1, 60_000),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSettings:
    """How committees are drawn. Every figure is a product default: no national text sets one."""

    rulebook: str = setting(
        "demo-centre",
        zh="所用规则库的编号（policies/books 中的文件）。",
        en="The id of the rulebook that applies (a file of policies/books).",
        form=TEXT,
        demo_only=True,
    )
    origin: Literal["own", "mirrored"] = setting(
        "own",
        zh="从哪个专家库抽取：own 为本中心自建库，mirrored 为省级库镜像。",
        en="Which pool is drawn from: the centre's own, or the mirror of the province's.",
    )
    max_attempts: int = setting(
        10_000,
        zh="一次抽取最多尝试的次数。",
        en="Attempts of one search at most.",
        bounds=(1, 1_000_000),
    )
    vacancies: int = setting(
        20,
        zh="一次抽取最多补抽的席位数，超过须另作补充抽取意向。",
        en="Vacancies that one intent covers; past that a supplementary intent is needed.",
        bounds=(0, 1000),
    )
    step_seconds: int = setting(
        120,
        zh="外部贡献方多久（秒）未应答即由下一候补接替。",
        en="After how many seconds an outside contributor that has not answered is replaced by the next alternate.",
        bounds=(5, 86_400),
    )
    deadline_minutes: int = setting(
        60,
        zh="抽取意向入账后多久（分钟）未凑齐贡献即中止。",
        en="Minutes after the intent by which all contributions must be in; else the draw is aborted.",
        bounds=(1, 10_080),
    )
    settling_hours: int = setting(
        168,
        zh="密钥保管方的密钥经批准后须满多久（小时）才可参与抽取。",
        en="Hours for which a key holder's keys must have been approved before a request that they contribute to.",
        bounds=(0, 8760),
    )
    quorum: int = setting(
        2,
        zh="几个密钥保管方共同才能解封（其中至少一个在本中心以外）。",
        en="How many key holders open a record together; at least one of them is from outside the centre.",
        bounds=(2, 16),
    )
    beacon: str = setting(
        "",
        zh="所用 drand 公共随机信标的链哈希；为空则不使用。",
        en="Chain hash of the drand beacon to mix in; empty for none.",
    )
    beacon_url: str = setting(
        "https://api.drand.sh",
        zh="取公共随机信标的中继网址；取到的值用内置公钥核验，因此不需要信任中继。",
        en="A relay of the beacon. What it gives is verified with pinned keys, so it need not be trusted.",
        form=WEB_ADDRESS,
    )
    questions_per_hour: int = setting(
        30,
        zh="同一账号每小时最多查询充足程度的次数。",
        en="How often one account may ask in an hour whether there are enough experts.",
        bounds=(1, 10_000),
    )
    poll_ms: int = setting(
        200,
        zh="保险库查看待办抽取的间隔（毫秒）。",
        en="How often the vault looks for draws to go on with, in milliseconds.",
        bounds=(1, 60_000),
    )
    messages: Path = setting(
        Path("vault/messages"),
        zh="演示用短信目录：保险库把给专家的通知写成文件。正式运行由短信网关代替。",
        en="Folder of the demonstration's text messages: the vault writes there what experts are told.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long records are kept."""

    expert_years: int = setting(
        30,
        zh="专家退出、清退或未通过之后，其档案的保存年数，期满方可清除。产品默认值：政府采购法第四十二条规定采购文件自采购结束起"
        "至少保存十五年，而专家离库多久未见全国性规定。",
        en="Years for which the record of an expert who left, was removed or was rejected is kept before it may be "
        "erased. A product default: 政府采购法 42 keeps procurement files at least fifteen years from the end of the "
        "procurement; no national text is known that says how long after an expert has gone.",
        bounds=(15, 100),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, by section. The defaults are those of a demonstration."""

    service: ServiceSettings = ServiceSettings()
    database: DatabaseSettings = DatabaseSettings()
    paths: PathsSettings = PathsSettings()
    ledger: LedgerSettings = LedgerSettings()
    keystore: KeystoreSettings = KeystoreSettings()
    outbox: OutboxSettings = OutboxSettings()
    draws: DrawSettings = DrawSettings()
    vault: VaultSettings = VaultSettings()
    invitations: InvitationSettings = InvitationSettings()
    retention: RetentionSettings = RetentionSettings()
    certificates: CertificateSettings = CertificateSettings()
    oidc: OidcSettings = OidcSettings()
    gateway_first: GatewaySettings = GatewaySettings()
    gateway_second: GatewaySettings = GatewaySettings()
    smtp: SmtpSettings = SmtpSettings()
    preflight: PreflightSettings = PreflightSettings()
    payments: PaymentSettings = PaymentSettings()
    webhooks: WebhookSettings = WebhookSettings()
    api: ApiSettings = ApiSettings()


def settings_table() -> str:
    """The reference of all settings, as Markdown in both languages; `docs/settings.md` is this text."""
    lines = [_INTRODUCTION]
    for section in fields(Settings):
        lines += [f"## {section.name}", "", "| 设置 · setting | 默认 · default | 说明 · meaning |", "|---|---|---|"]
        lines += [_table_row(section.name, entry) for entry in fields(section.default)]  # type: ignore[arg-type]
        lines.append("")
    return "\n".join(lines)


_INTRODUCTION = """\
# 设置 · Settings

由 `expertpool/core/settings.py` 生成，请勿手工修改。后者优先：内置默认值；`--config` 或环境变量 `EXPERTPOOL_CONFIG`
指定的 TOML 文件；环境变量 `EXPERTPOOL_节__设置`（列表用逗号分隔）。`paths.var` 之外的相对路径都在 `paths.var` 之下，
SQLite 文件也一样。

Generated from `expertpool/core/settings.py`; do not edit. Later ones win: the built-in defaults; the TOML file that
`--config` or `EXPERTPOOL_CONFIG` names; environment variables `EXPERTPOOL_SECTION__KEY` (lists separated by commas).
Relative paths other than `paths.var` lie under `paths.var`, an SQLite file too.
"""


def _table_row(section: str, entry: Field[Any]) -> str:
    default = f"`{entry.default}`" if entry.default not in (None, ()) else "（空 · empty）"
    zh, en = entry.metadata["zh"], entry.metadata["en"]
    if bounds := entry.metadata["bounds"]:
        zh, en = f"{zh}（{bounds[0]} 至 {bounds[1]}）", f"{en} ({bounds[0]} to {bounds[1]})"
    if entry.metadata["demo_only"]:
        zh, en = f"{zh}**正式运行必须设置。**", f"{en} **Production must set it.**"
    return f"| `{section}.{entry.name}` | {default} | {zh}<br>{en} |"
