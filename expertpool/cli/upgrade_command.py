"""``expertpool upgrade``: bring the database to what this version of the program needs."""

import click

from expertpool import migrations
from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import say
from expertpool.cli.opening import open_database
from expertpool.core.startup import refuse_rollback


@bilingual_command(
    "upgrade",
    zh="将数据库结构升级到本程序所需的版本：要么全部完成，要么不变。\n\n先停止其他进程并备份。",
    en="Bring the database to the revision that this program needs: all of it or nothing.\n\n"
    "Stop the other processes and back up first.",
    examples="expertpool --config /etc/expertpool/expertpool.toml upgrade",
)
@click.pass_obj
def command(invocation: Invocation) -> None:
    settings = invocation.settings()
    engine = open_database(settings)
    refuse_rollback(engine, settings.ledger.signer_mark, settings.ledger.cosigned)
    before = migrations.revision_of(engine)
    migrations.upgrade(engine)
    after = migrations.revision_of(engine)
    engine.dispose()
    say(f"数据库版本：{before} → {after}", f"Database revision: {before} -> {after}")
