"""``expertpool preflight``: is everything there that tomorrow's sessions need?"""

import json

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import Texts, language, option
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.opening import open_installation
from expertpool.core.clock import SystemClock
from expertpool.core.witness_policy import load_witness_policy

WELL = Texts("明日场次所需一切正常。", "Everything that tomorrow's sessions need is there.")


@bilingual_command(
    "preflight",
    zh="检查明日场次所需：密钥保管方的程序和时钟、贡献方和候补、共签、通信网关及余额、磁盘。\n\n"
    "保险库每晚自动检查并通知值班人员；此命令现在就查，不记录、不通知。以保险库的用户运行（需要网关的发送密钥）。"
    "退出码：0 正常，1 有问题，2 设置有误。",
    en="Look at what tomorrow's sessions need: key holders' agents and clocks, contributors and alternates, "
    "cosignatures, gateways and balances, disks.\n\nThe vault does so every evening and tells the duty officer; this "
    "looks now, records nothing and tells nobody. Run it as the vault's user: it needs the gateways' secrets for "
    "sending. Exit code: 0 well, 1 something is amiss, 2 wrong settings.",
    examples="""
        expertpool preflight
        expertpool --lang zh preflight
        expertpool preflight --json
    """,
)
@option("--json", "as_json", is_flag=True, zh="以 JSON 输出。", en="Write JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    from expertpool.invitations.gateways import open_gateways
    from expertpool.invitations.preflight import Patient, examine

    invocation: Invocation = ctx.obj
    settings, clock = invocation.settings(), SystemClock()
    engine = open_installation(settings)
    try:
        patient = Patient(settings, engine, load_witness_policy(settings), open_gateways(settings, clock), clock)
        findings = examine(patient)
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps([one.plain() for one in findings], ensure_ascii=False, indent=2))
    elif findings:
        for one in findings:
            click.echo(f"{click.style('!', fg='yellow')}  {Texts(one.zh, one.en).choose(language())}")
    else:
        click.echo(WELL.choose(language()))
    ctx.exit(1 if findings else 0)
