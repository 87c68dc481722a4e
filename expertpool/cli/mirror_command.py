"""``expertpool mirror``: take in a province's roster by its signed delta files; and, for a province, make them."""

import json
import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.orm import Session

from expertpool.cli import Invocation
from expertpool.cli.acting import open_post
from expertpool.cli.bilingual import Texts, group, language, option, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.import_experts_command import FILE, progress_bar
from expertpool.cli.opening import open_installation
from expertpool.core.clock import SystemClock
from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.keyrings import open_service_keys
from expertpool.core.transaction import Transactions
from expertpool.experts.demo_pool import demo_experts
from expertpool.experts.mapping import DEFAULT, load_mapping
from expertpool.experts.mirror import apply_file, restart
from expertpool.experts.mirror_format import DeltaFile, HeadKind, parse_head, read_path
from expertpool.experts.mirror_making import experts_of, make_next
from expertpool.experts.mirror_queries import last_head, mirrored_centres, roster_now
from expertpool.experts.protection import Identity, Protector
from expertpool.experts.sheets import read_sheet
from expertpool.identity.models import Centre
from expertpool.identity.senders import registration
from expertpool.protocol.facts import Record
from ledger.entry import format_time
from ledger.note import NoteSigner, parse_note, parse_signer_key
from policies.facts import day_of

KINDS = {HeadKind.FULL: Texts("全量", "full"), HeadKind.INCREMENTAL: Texts("增量", "incremental")}
DAY = click.DateTime(["%Y-%m-%d"])
FOLDER = click.Path(path_type=Path, file_okay=False)


@group(
    "mirror",
    zh="由省库签名文件同步的专家库：格式见 docs/spec/mirror.md。",
    en="A pool that is mirrored by a province's signed files; docs/spec/mirror.md has their form.",
    examples="""
        expertpool mirror apply 000001.jsonl 000002.jsonl
        expertpool mirror status
    """,
)
def command() -> None:
    pass


@bilingual_command(
    "apply",
    zh="按序应用省库文件。\n\n先核验签名、顺序和每一行，再写入；遇到第一个被拒的文件即停止。"
    "中断后重新应用同一文件即可继续。\n\n退出码：0 完成，1 有文件被拒。",
    en="Apply a province's files in their order.\n\nSignature, order and every line are checked before anything is "
    "written; it stops at the first file refused. After an interruption apply the same file again.\n\n"
    "Exit code 0 done, 1 when a file was refused.",
    examples="""
        expertpool mirror apply 000007.jsonl
        expertpool mirror apply outbox/*.jsonl
    """,
)
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.pass_context
def apply_command(ctx: click.Context, files: tuple[Path, ...]) -> None:
    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    engine = open_installation(settings)
    with ExitStack() as stack, open_service_keys(settings) as keys:
        stack.callback(engine.dispose)
        transactions, protector = Transactions(engine, SystemClock(), keys), Protector(keys)
        for file in files:
            try:
                delta = read_path(file)
                with progress_bar(Texts("应用", "applying"), len(delta.lines)) as done:
                    apply_file(transactions, protector, delta, progress=done)
            except ExpertpoolError as error:
                say(f"{file}：{error.message('zh')}", f"{file}: {error.message('en')}", err=True)
                ctx.exit(1)
            _tell(delta)


@bilingual_command(
    "status",
    zh="显示同步到哪里、是否为当天的名册、下一个文件的序号。\n\n退出码：0 可用，1 未完成、已中止或与省库签名不符。",
    en="Show how far the mirror is, whether it is of today, and which file is due.\n\n"
    "Exit code 0 usable, 1 unfinished, ended, or not what the province signed.",
    examples="expertpool mirror status",
)
@click.pass_context
def status_command(ctx: click.Context) -> None:
    invocation: Invocation = ctx.obj
    engine = open_installation(invocation.settings())
    usable = True
    with ExitStack() as stack, Session(engine.execution_options(**READ_ONLY)) as session:
        stack.callback(engine.dispose)
        centres = mirrored_centres(session)
        if not centres:
            say("没有同步的专家库。", "No pool is mirrored.")
        for centre in centres:
            usable &= _tell_status(session, centre)
    ctx.exit(0 if usable else 1)


@bilingual_command(
    "restart",
    zh="结束断开的链：此后须从一个全量文件重新开始。\n\n事由记入账本；令牌（综合管理部门）放在 EXPERTPOOL_TOKEN 中。",
    en="End a broken chain: the next file must be full and begins another.\n\nThe ledger keeps the reason; the "
    "competent department's token stands in EXPERTPOOL_TOKEN.",
    examples='expertpool mirror restart --reason "province lost number 7, letter 2026-31"',
)
@option("--reason", required=True, zh="事由。", en="Why.")
@option("--centre", zh="中心代码；默认为令牌持有人的中心。", en="A centre's code; by default the token holder's.")
@click.pass_obj
def restart_command(invocation: Invocation, reason: str, centre: str | None) -> None:
    with open_post(invocation.settings(), centre) as post, post.transactions.begin(post.actor) as tx:
        ended = restart(tx, post.centre_id, reason=reason)
    say(
        f"链已在第 {ended.sequence} 号结束。请导入省库的全量文件；在此之前不能从该库抽取。",
        f"The chain ended at number {ended.sequence}. Apply a full file; until then nobody is drawn from this pool.",
    )


@bilingual_command(
    "make",
    zh="省库一方：生成并签名下一个文件，放入 FOLDER（其中保存以往全部文件）。\n\n"
    "名册来自表格，或为虚构专家。第一个文件为全量，其后只含变动，可以为空。密钥用 python -m ledger keygen 生成，"
    "密钥名即库名。",
    en="On the province's side: make and sign the next file, in FOLDER, which keeps all that were sent.\n\n"
    "The roster is a sheet, or made-up experts. The first file is full, the others have the changes alone, perhaps "
    "none. python -m ledger keygen makes the key; its name is the pool's.",
    examples="""
        expertpool mirror make outbox --key hn.key --sheet roster.xlsx
        expertpool mirror make outbox --key hn.key --experts 5000 --seed demo --day 2026-11-21
    """,
)
@click.argument("folder", type=FOLDER)
@option("--key", type=FILE, required=True, zh="签名密钥文件。", en="The file with the signing key.")
@option("--sheet", type=FILE, zh="名册表格（.xlsx、.xls、.csv）。", en="The roster as a sheet (.xlsx, .xls, .csv).")
@option("--mapping", type=FILE, zh="列对照文件（TOML）。", en="The mapping of columns (TOML).")
@option("--experts", type=click.IntRange(0, 200_000), zh="虚构专家人数。", en="How many made-up experts instead.")
@option("--seed", default="demo", show_default=True, zh="虚构专家的种子。", en="The seed of made-up experts.")
@option("--day", type=DAY, zh="日期，默认今天。", en="The day of the head; today by default.")
@option("--full", is_flag=True, zh="全量。", en="Write the whole roster, not only the changes.")
def make_command(  # noqa: PLR0917 -- click passes by name
    folder: Path,
    key: Path,
    sheet: Path | None,
    mapping: Path | None,
    experts: int | None,
    seed: str,
    day: datetime | None,
    *,
    full: bool,
) -> None:
    if (sheet is None) == (experts is None):
        raise click.UsageError(Texts("请用 --sheet 或 --experts。", "Give --sheet or --experts.").choose(language()))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sent = [read_path(file) for file in sorted(folder.glob("[0-9]*.jsonl"))]
    roster: list[tuple[Identity, Record]] = (
        [(who, Record(facts)) for who, facts in demo_experts(seed, experts or 0)]
        if sheet is None
        else experts_of(read_sheet(sheet), load_mapping(mapping) if mapping else DEFAULT)
    )
    today = day.date() if day else day_of(SystemClock().now())
    made = make_next(sent, roster, signer=_signer(key), day=today, full=full)
    path = folder / f"{made.head.sequence:06}.jsonl"
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(made.data)
    say(f"已写入 {path}。", f"Wrote {path}.")


@bilingual_command(
    "prove",
    zh="省库一方：为登记密钥签署持有证明，输出登记请求（JSON）。",
    en="On the province's side: sign the proof of possession of a key, as the body of its registration (JSON).",
    examples="expertpool mirror prove --key hn.key --sender snd_... --days 365",
)
@option("--key", type=FILE, required=True, zh="签名密钥文件。", en="The file with the signing key.")
@option("--sender", required=True, zh="登记的发送方编号。", en="The identifier under which the province is registered.")
@option("--days", type=click.IntRange(1, 1096), default=365, show_default=True, zh="有效天数。", en="Days of validity.")
def prove_command(key: Path, sender: str, days: int) -> None:
    signer = _signer(key)
    start = datetime.now(UTC).replace(microsecond=0)
    validity = {"not_before": start, "not_after": start + timedelta(days=days)}
    public = signer.key.public.hex()
    proof = signer.sign_bytes(registration(sender=sender, public=public, **validity)).hex()
    times = {name: format_time(moment) for name, moment in validity.items()}
    click.echo(json.dumps({"public": public, **times, "proof": proof}))


def _signer(key: Path) -> NoteSigner:
    return parse_signer_key(key.read_text("utf-8").strip())


def _tell(delta: DeltaFile) -> None:
    head, kind = delta.head, KINDS[delta.head.kind]
    say(
        f"第 {head.sequence} 号（{head.day}，{kind.zh}）已应用：名册 {head.roster.count} 人。",
        f"Number {head.sequence} ({head.day}, {kind.en}) is applied: {head.roster.count} experts on the roster.",
    )


def _tell_status(session: Session, centre: Centre) -> bool:
    """Tell how a centre's mirror stands, and whether a draw may use it."""
    head = last_head(session, centre.id)
    if head is None:
        return False
    say(
        f"{centre.code}：第 {head.sequence} 号，{head.day}，{head.hash.hex()}",
        f"{centre.code}: number {head.sequence}, {head.day}, {head.hash.hex()}",
    )
    if head.ended is not None:
        say("  链已结束，等待全量文件。", "  The chain was ended; a full file is due.")
        return False
    if head.completed is None:
        say("  只应用了一部分，请重新应用此文件。", "  Applied in part only: apply this file again.")
        return False
    now, stated = roster_now(session, centre.id), parse_head(parse_note(head.note.encode()).text).roster
    if now != stated:
        say("  名册与省库签名的不符，请运行 reconcile。", "  The roster is not the one that was signed: run reconcile.")
        return False
    say(
        f"  名册 {now.count} 人，与签名相符；下一个是第 {head.sequence + 1} 号。",
        f"  {now.count} experts on the roster, as signed; number {head.sequence + 1} is due.",
    )
    if head.day < day_of(SystemClock().now()):
        say("  尚未收到今天的文件头。", "  Today's head has not come yet.")
    return True


for each in (apply_command, status_command, restart_command, make_command, prove_command):
    command.add_command(each)
