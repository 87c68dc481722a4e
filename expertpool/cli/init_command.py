"""``expertpool init``: make a new installation."""

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.cli.installation import Made, initialise, policy_skeleton
from expertpool.core.clock import SystemClock
from expertpool.core.settings import Settings


@bilingual_command(
    "init",
    zh="建立新的安装：目录、密钥文件、签名进程的高水位、数据库、空账本，以及第一个中心和三位管理员。\n\n"
    "已有安装时拒绝执行。管理员令牌只显示这一次。",
    en="Make a new installation: folders, key files, the signer's mark, the database, an empty ledger, and the first "
    "centre with its three administrators.\n\nRefuses where there is one already. Tokens are shown this once only.",
    examples="""
        expertpool init
        EXPERTPOOL_PASSPHRASE=... expertpool --config /etc/expertpool/expertpool.toml init --centre csggzy
    """,
)
@option("--centre", default="centre", show_default=True, zh="第一个中心的代码。", en="Code of the first centre.")
@click.pass_obj
def command(invocation: Invocation, centre: str) -> None:
    settings = invocation.settings()
    show_made(settings, initialise(settings, SystemClock(), centre=centre))


def show_made(settings: Settings, made: Made) -> None:
    """Say what was made and what comes next."""
    say("已建立：", "Made:")
    for path in made.files:
        click.echo(f"  {path}")
    say("管理员令牌（只显示这一次，请分别交给三人）：", "Tokens (shown this once; give each to its own person):")
    for actor, token in made.founding.administrators:
        click.echo(f"  {actor.role.value}: {token.text()}")
    say("账本验证密钥：", "The log's verifier key:")
    click.echo(f"  {made.log}")
    if settings.ledger.witness_policy is not None and not settings.ledger.witness_policy.exists():
        say(
            f"请将下列规则补上外部共签方，保存为 {settings.ledger.witness_policy}：",
            f"Complete this policy with outside witnesses and save it as {settings.ledger.witness_policy}:",
        )
        for line in policy_skeleton(made.log).splitlines():
            click.echo(f"  {line}")
    say("请备份密钥文件，口令另存。", "Back up the key files, and keep their passphrases elsewhere.")
