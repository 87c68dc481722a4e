"""``expertpool upgrade``: bring database and key file to what this version of the program needs."""

import click

from expertpool import migrations
from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import say
from expertpool.cli.installation import add_vault
from expertpool.cli.opening import open_database
from expertpool.core.clock import SystemClock
from expertpool.core.keyrings import complete_service_keys
from expertpool.core.startup import refuse_rollback


@bilingual_command(
    "upgrade",
    zh="将数据库结构升级到本程序所需的版本：要么全部完成，要么不变；并在密钥文件中补上本程序新需要的密钥，原有密钥不变。\n\n"
    "先停止其他进程并备份；密钥有增加时，升级后再备份一次密钥文件。",
    en="Bring the database to the revision that this program needs, all of it or nothing, and add to the key file "
    "what keys this program needs besides; those that are there stay.\n\n"
    "Stop the other processes and back up first; where keys were added, back up the key file once more.",
    examples="expertpool --config /etc/expertpool/expertpool.toml upgrade",
)
@click.pass_obj
def command(invocation: Invocation) -> None:
    settings = invocation.settings()
    engine = open_database(settings)
    refuse_rollback(engine, settings.ledger.signer_mark, settings.ledger.cosigned)
    added = complete_service_keys(settings)
    before = migrations.revision_of(engine)
    migrations.upgrade(engine)
    after = migrations.revision_of(engine)
    vault = add_vault(settings, engine, SystemClock())
    engine.dispose()
    say(f"数据库版本：{before} → {after}", f"Database revision: {before} -> {after}")
    if vault:
        path = settings.keystore.vault_keys
        say(f"新增保险库密钥文件：{path}。请备份。", f"The vault's key file was made: {path}. Back it up.")
    if added:
        names = ", ".join(added)
        say(f"新增密钥：{names}。请再备份一次密钥文件。", f"Keys added: {names}. Back up the key file once more.")
