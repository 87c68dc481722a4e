"""``expertpool custodian``: the agent of a key holder. It needs neither settings nor database of a centre."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from expertpool.cli.bilingual import Texts, group, option, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.custodian_opening import open_offline_command
from expertpool.cli.custodian_options import directory_option, passphrase_option, read_passphrase, tell_fingerprint
from expertpool.cli.custodian_owner import OWNERS_COMMANDS
from expertpool.cli.stopping import stop_at_signal
from expertpool.core.clock import SystemClock
from expertpool.core.errors import ExpertpoolError
from expertpool.custodian import running, words
from expertpool.custodian.agent import Round
from expertpool.custodian.directory import KEEP_COMMITTEES_S, SETTLING_S, Config, Directory, set_up
from expertpool.custodian.running import Trouble
from expertpool.custodian.status import status
from expertpool.custodian.status_server import served
from expertpool.custodian.timekeeping import stopwatch

DAY_S = 24 * 3600


@group(
    "custodian",
    zh="密钥保管方的程序：跟随账本、共签、为抽取出具随机贡献。由保管单位在自己的机器上运行。",
    en="A key holder's agent: it follows the ledger, cosigns it and contributes to draws. The holder runs it on a "
    "machine of its own.",
    examples="expertpool custodian run --dir /var/lib/custodian",
)
def command() -> None:
    pass


@bilingual_command(
    "init",
    zh="建立新的程序目录：四把密钥、空的记忆，以及交给中心安全管理员的登记文件。",
    en="Make a new agent's directory: four keys, an empty memory, the file for the centre's security administrator.",
    examples="""
        expertpool custodian init --dir D --name audit.example.org/agent --organisation 11430000006122488N \\
            --origin centre.example/log --log-key VKEY --policy trust.policy --url https://centre.example
    """,
)
@directory_option
@option("--name", required=True, zh="共签所用的名称，如 jw.example.gov.cn/agent。", en="The name in cosignatures.")
@option("--organisation", required=True, zh="本单位统一社会信用代码。", en="The holder's unified social credit code.")
@option("--origin", required=True, zh="账本名称。", en="The log's origin.")
@option("--log-key", required=True, zh="账本的验证密钥。", en="The log's verifier key.")
@option(
    "--policy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    zh="本单位采用的共签方规则文件。",
    en="The witness policy by which this holder judges.",
)
@option("--url", required=True, zh="中心的网址。", en="The centre's address.")
@option(
    "--ask",
    is_flag=True,
    zh="每次出具贡献或份额前都须由本单位批准；默认自动办理。",
    en="Ask the owner each time before contributing or giving a share; by default it does so by itself.",
)
@passphrase_option
@option(
    "--settling",
    type=click.IntRange(0),
    default=SETTLING_S,
    show_default=True,
    zh="密钥批准后须经过多少秒，其后提交的抽取申请才可使用。",
    en="Seconds for which a key must have been approved before a request.",
)
@option(
    "--keep-committees",
    type=click.IntRange(0),
    default=KEEP_COMMITTEES_S // DAY_S,
    show_default=True,
    zh="抽取结束后委员会文件再保存多少天。",
    en="Days for which a committee file is kept after the end of its draw.",
)
def init_command(
    path: Path,
    policy: Path,
    *,
    settling: int,
    keep_committees: int,
    passphrase_file: Path | None,
    ask: bool,
    **given: str,
) -> None:
    config = Config(**given, ask=ask, settling_s=settling, keep_committees_s=keep_committees * DAY_S)
    directory = set_up(path, config, policy.read_bytes(), read_passphrase(passphrase_file))
    say(
        f"已建立。请将登记文件交给中心的安全管理员：{directory.registration}",
        f"Made. Give this file to the centre's security administrator: {directory.registration}",
    )
    tell_fingerprint(directory.registration)
    say("请备份密钥文件，口令另存；不要复制运行中的目录。", "Back up the key file; keep its passphrase elsewhere.")


@bilingual_command(
    "run",
    zh="运行程序，直到收到停止信号。只向外连接，不接受任何连接。",
    en="Run the agent until it is told to stop. It connects outwards only and accepts no connection.",
    examples="""
        expertpool custodian run --dir /var/lib/custodian
        expertpool custodian run --dir /var/lib/custodian --once
    """,
)
@directory_option
@option("--once", is_flag=True, zh="只做一轮。", en="One round only.")
@option(
    "--pause",
    type=click.FloatRange(0.01, 3600),
    default=2.0,
    show_default=True,
    zh="两轮之间的秒数。",
    en="Seconds between rounds.",
)
@option(
    "--status-port",
    type=click.IntRange(1, 65535),
    zh="在本机 http://127.0.0.1:端口 显示状态页；只读，其他机器不能访问。",
    en="Show a status page at http://127.0.0.1:PORT; it is read only, and other machines cannot reach it.",
)
@option(
    "--clock-ok",
    is_flag=True,
    zh="本单位确认本机时钟无误，例如时钟校准之后，或长时间停机之后。",
    en="The owner says that this machine's clock is right: after it was set, or after a long absence.",
)
@passphrase_option
def run_command(
    path: Path,
    *,
    once: bool,
    pause: float,
    status_port: int | None,
    clock_ok: bool,
    passphrase_file: Path | None,
) -> None:
    directory = Directory(path)
    directory.config()
    clock, passphrase = SystemClock(), read_passphrase(passphrase_file)
    with (
        running.opened(directory, passphrase, clock, passed=stopwatch, clock_ok=clock_ok) as agent,
        ExitStack() as held,
    ):
        if status_port is not None:
            address = held.enter_context(served(directory, clock, status_port))
            say(f"状态页：{address}", f"status page: {address}", err=True)
        if once:
            _tell(agent.round())
        else:
            running.run(agent, pause, stop_at_signal(), _tell)


@bilingual_command(
    "status",
    zh="显示程序的状态：跟随到哪里、共签和出具了多少、拒绝了什么、是否因账本有误而停止。",
    en="Show how the agent is: how far it followed, what it cosigned, contributed and refused, whether it has stopped.",
    examples="""
        expertpool custodian status --dir /var/lib/custodian
        expertpool custodian status --dir /var/lib/custodian --json
    """,
)
@directory_option
@option("--json", "as_json", is_flag=True, zh="以 JSON 输出。", en="Write JSON.")
@click.pass_context
def status_command(ctx: click.Context, path: Path, as_json: bool) -> None:  # noqa: FBT001 -- click's
    found = status(Directory(path))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)
    if found["alarm"] is not None:
        ctx.exit(1)


for each in (init_command, run_command, status_command, *OWNERS_COMMANDS, open_offline_command):
    command.add_command(each)


def _tell(what: Round | Trouble) -> None:
    at = datetime.now(UTC).strftime("%H:%M:%SZ")
    if isinstance(what, ExpertpoolError):
        say(f"{at} {what.message('zh')}", f"{at} {what.message('en')}", err=True)
    elif not isinstance(what, Round):
        say(f"{at} {what.text('zh')}", f"{at} {what.text('en')}", err=True)
    elif what.stopped is not None:
        say(f"{at} 已停止：{what.stopped}。见 status。", f"{at} stopped: {what.stopped}. See status.", err=True)
    else:
        cosigned = Texts("，已共签" if what.cosigned else "", ", cosigned" if what.cosigned else "")
        say(
            f"{at} 账本 {what.size} 条{cosigned.zh}，应答 {what.answered} 项，待条件具备 {what.waiting} 项",
            f"{at} {what.size} entries{cosigned.en}, {what.answered} tasks answered, {what.waiting} not ready yet",
        )


def _show(found: dict[str, Any]) -> None:
    say(f"单位：{found['organisation']}，{found['name']}", f"holder: {found['organisation']}, {found['name']}")
    say(f"账本：{found['origin']}，{found['url']}", f"log: {found['origin']}, {found['url']}")
    say(
        f"已跟随 {found['size']} 条，已共签至 {found['cosigned']} 条，法定数共签至 {found['witnessed']} 条",
        f"followed {found['size']} entries, cosigned up to {found['cosigned']}, a quorum up to {found['witnessed']}",
    )
    for each in found["keys"]:
        state = Texts(words.keys(each["state"], "zh"), words.keys(each["state"], "en"))
        shown = each.get("fingerprint", "–")  # one that has not run since it was upgraded has noted none
        say(f"第 {each['number']} 组密钥：{state.zh}，指纹 {shown}", f"keys {each['number']}: {state.en}, {shown}")
    say(f"已出具贡献：{found['contributions']} 次", f"contributed to {found['contributions']} draws")
    for task, code in found["waiting"].items():
        say(f"等待：{task}，{words.waits(code, 'zh')}", f"waiting: {task}, {words.waits(code, 'en')}")
    for each in found["to_approve"]:
        what = Texts(words.asks(each["kind"], "zh"), words.asks(each["kind"], "en"))
        say(f"请批准：第 {each['entry']} 条，{what.zh}", f"to be approved: entry {each['entry']}, {what.en}")
    for refused in found["refusals"]:
        why = Texts(words.refused(refused, "zh"), words.refused(refused, "en"))
        say(f"拒绝：{refused['task']}，{why.zh}", f"refused: {refused['task']}, {refused['refused']}: {why.en}")
    if found["trouble"] is not None:
        say(f"未能完成：{found['trouble']['zh']}", f"trouble: {found['trouble']['en']}")
    for draw in found["committees"]:
        say(f"保存的委员会文件：{draw}", f"committee file kept: {draw}")
    for opening in found["openings"]:
        told = Texts("已上报", "the centre has it") if opening["told"] else Texts("尚未上报", "not told yet")
        say(
            f"离线开启：{opening['at']}，{opening['draw']}，{opening['reason']}（{told.zh}）",
            f"opened offline: {opening['at']}, {opening['draw']}, {opening['reason']} ({told.en})",
        )
    if found["alarm"] is not None:
        say(
            f"警报 {found['alarm']['id']}：{found['alarm']['zh']}",
            f"alarm {found['alarm']['id']}: {found['alarm']['en']}",
            err=True,
        )
