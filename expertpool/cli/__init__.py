"""The `expertpool` command: one module per subcommand, loaded when it is called.

Exit codes: 0 done, 1 refused or found wrong, 2 wrong usage or settings, 130 interrupted.
"""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from expertpool.cli.bilingual import BilingualCommand, Texts, language, option
from expertpool.cli.program import TellingGroup, lang_option

if TYPE_CHECKING:  # a key holder's program is built without them
    from expertpool.core.settings import Settings

COMMANDS = {
    "init": Texts(
        "建立新的安装：数据目录、密钥、数据库、账本", "make a new installation: folders, keys, database, ledger"
    ),
    "run": Texts("启动演示：全部进程，必要时先建立", "start a demonstration: every process, set up first if needed"),
    "demo": Texts(
        "演示全过程：从建库到抽取、核验", "the whole job in one command: from a pool to a committee that is proven"
    ),
    "serve": Texts("只启动网页服务", "serve pages and API only"),
    "signer": Texts("签名进程：跟随账本签署检查点", "the signer: follows the ledger and signs checkpoints"),
    "vault": Texts("保险库进程：抽取，保管席位与专家的对应", "the vault: draws, and keeps who sits on which seat"),
    "worker": Texts("后台进程：执行任务，请求共签", "the worker: runs queued jobs, asks witnesses to cosign"),
    "custodian": Texts(
        "密钥保管方的程序：共签账本，出具随机贡献", "a key holder's agent: cosigns the ledger, contributes to draws"
    ),
    "names": Texts("接收公开的名单", "receive names that are released, on one's own machine"),
    "supervisor-key": Texts(
        "监督人员的签署密钥：批准再次抽取，命令提前公开", "a supervisor's own key: sign approvals and orders"
    ),
    "upgrade": Texts("升级数据库结构", "bring the database to this version of the program"),
    "doctor": Texts("检查本安装是否正常", "check that this installation is well"),
    "preflight": Texts("检查明日场次所需", "look whether everything is there that tomorrow's sessions need"),
    "reconcile": Texts("比对业务数据与账本", "compare the business rows with the ledger"),
    "door": Texts("导入交易系统的消息文件", "take in messages of trading systems that come as files"),
    "mirror": Texts("由省库签名文件同步专家库", "mirror a province's pool by its signed files"),
    "ledger": Texts("导出账本，供离线核验", "export the ledger, to be checked offline"),
    "audit": Texts("导出和核验抽取的证明包", "write and check the bundle of a draw"),
    "import-experts": Texts("从表格导入专家", "import experts from a sheet"),
    "export-experts": Texts("将专家库导出为表格", "write the experts of a pool to a sheet"),
    "sandbox-provider": Texts(
        "沙箱支付机构：供测试和演示，不动真钱", "a payment provider for tests and demonstrations: moves no money"
    ),
    "demo-pool": Texts("写入虚构专家，供演示", "fill a demonstration's pool with made-up experts"),
    "settings": Texts("列出全部设置", "list every setting"),
    "docs": Texts("生成文档中的表格", "write the tables of the documentation"),
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the options before the subcommand say."""

    config: Path | None

    def settings(self) -> "Settings":
        """The settings; raises `BadSettings`."""
        from expertpool.core.settings_loading import load_settings

        return load_settings(self.config)


class Program(TellingGroup):
    """Loads a subcommand's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- the same
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"expertpool.cli.{cmd_name.replace('-', '_')}_command").command
        assert isinstance(found, BilingualCommand)  # noqa: S101 -- tests call every one
        return found

    def summary(self, ctx: click.Context, name: str) -> str:
        return COMMANDS[name].choose(language(ctx))


@click.group(
    cls=Program,
    texts=Texts(
        "评标专家抽取与管理：运维命令。\n\n每个命令都有 --help。设置见 docs/settings.md。",
        "Draws bid-evaluation committees that an outsider can check: the operator's commands.\n\n"
        "Each command has its own --help; docs/settings.md has the settings.",
    ),
    examples="""
        expertpool run
        expertpool --config /etc/expertpool/expertpool.toml doctor
        expertpool --lang zh ledger export ledger.zip
    """,
)
@lang_option
@option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    zh="设置文件（TOML）；默认取环境变量 EXPERTPOOL_CONFIG。",
    en="The settings file (TOML); by default the one that EXPERTPOOL_CONFIG names.",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    ctx.obj = Invocation(config)
