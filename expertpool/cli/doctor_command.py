"""``expertpool doctor``: is this installation well, and if not, what is to be done?"""

import json

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import Texts, language, option
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.checks import CHECKS
from expertpool.cli.opening import open_database
from expertpool.core.clock import SystemClock
from expertpool.operations.findings import Finding, Patient, Status, examine, ok

MARKS: dict[Status, tuple[Texts, str]] = {
    "ok": (Texts("正常", "ok  "), "green"),
    "warn": (Texts("注意", "warn"), "yellow"),
    "fail": (Texts("故障", "FAIL"), "red"),
}


@bilingual_command(
    "doctor",
    zh="检查设置、数据库、高水位、签名、密钥、共签方、任务队列、磁盘和时钟，每项给出结论和处理办法。\n\n"
    "退出码：0 正常或仅有注意事项，1 有故障，2 设置有误。",
    en="Check settings, database, mark, signer, keys, witnesses, job queue, disks and clock; each line says what to do."
    "\n\nExit code: 0 well or warnings only, 1 something failed, 2 wrong settings.",
    examples="""
        expertpool doctor
        expertpool --lang zh doctor
        expertpool doctor --json
    """,
)
@option("--json", "as_json", is_flag=True, zh="以 JSON 输出。", en="Write JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    engine = open_database(settings)
    findings = [ok("设置无误。", "The settings are valid.")]
    findings += examine(Patient(settings, engine, SystemClock()), CHECKS)
    engine.dispose()
    if as_json:
        rows = [{"status": one.status, "zh": one.zh, "en": one.en} for one in findings]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for one in findings:
            _print(one)
    ctx.exit(1 if any(one.status == "fail" for one in findings) else 0)


def _print(finding: Finding) -> None:
    mark, colour = MARKS[finding.status]
    click.echo(f"{click.style(mark.choose(language()), fg=colour)}  {Texts(finding.zh, finding.en).choose(language())}")
