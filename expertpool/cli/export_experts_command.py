"""``expertpool export-experts``: the pool as a sheet, masked unless a reason is given."""

from pathlib import Path

import click

from expertpool.cli import Invocation
from expertpool.cli.acting import open_desk
from expertpool.cli.bilingual import Texts, language, option, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.import_experts_command import progress_bar
from expertpool.experts.exporting import export_experts
from expertpool.experts.sheets import Form

WRONG_NAME = Texts(
    "文件名应以 .xlsx 或 .csv 结尾；--gbk 只用于 .csv。", "The file must end in .xlsx or .csv; --gbk is for .csv."
)
FORMS = {".xlsx": Form.XLSX, ".csv": Form.CSV_UTF8}


@bilingual_command(
    "export-experts",
    zh="将专家库导出为 .xlsx 或 .csv。\n\n默认遮盖个人信息；用 --clear-reason 写明事由才导出明文，事由记入账本。"
    "令牌放在环境变量 EXPERTPOOL_TOKEN 中。",
    en="Write the pool to an .xlsx or .csv file.\n\nPersonal data are masked unless --clear-reason says why not; the "
    "ledger keeps the reason. The token stands in EXPERTPOOL_TOKEN.",
    examples="""
        expertpool export-experts experts.xlsx
        expertpool export-experts experts.csv --gbk
        expertpool export-experts experts.xlsx --clear-reason "audit letter 2026-3"
    """,
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@option("--centre", zh="中心代码；默认为令牌持有人的中心。", en="A centre's code; by default the token holder's.")
@option("--gbk", is_flag=True, zh="CSV 用 GBK 编码。", en="Write the .csv in GBK.")
@option("--clear-reason", zh="导出明文的事由。", en="Why the data are needed in the clear.")
@click.pass_obj
def command(invocation: Invocation, /, file: Path, centre: str | None, clear_reason: str | None, *, gbk: bool) -> None:
    form = FORMS.get(file.suffix.lower())
    if form is None or (gbk and form is not Form.CSV_UTF8):
        raise click.UsageError(WRONG_NAME.choose(language()))
    with open_desk(invocation.settings(), centre) as desk, progress_bar(Texts("导出", "exporting"), None) as done:
        count = export_experts(
            desk.transactions,
            desk.protector,
            desk.pool,
            desk.actor,
            file,
            form=Form.CSV_GBK if gbk else form,
            clear_reason=clear_reason,
            progress=done,
        )
    say(f"已导出 {count} 人到 {file}。", f"Exported {count} experts to {file}.")
