"""What every program here has at its top: the language, and one line instead of a traceback for what went wrong."""

from typing import Any, NoReturn

import click

from expertpool.cli.bilingual import LANGUAGE, BilingualGroup, Texts, language, option
from expertpool.core.errors import ExpertpoolError
from ledger.errors import LedgerError


class TellingGroup(BilingualGroup):
    """Commands whose expected errors are told in the user's language: exit code 1, for bad settings 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ExpertpoolError as error:
            _fail(ctx, error.message(language(ctx)), 2 if error.code == "settings.invalid" else 1)
        except LedgerError as error:
            _fail(ctx, error.text(language(ctx)), 1)
        except OSError as error:
            _fail(ctx, _system_error(error).choose(language(ctx)), 1)


def _fail(ctx: click.Context, text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    ctx.exit(code)


def _system_error(error: OSError) -> Texts:
    what = error.strerror or type(error).__name__
    if error.filename is None:
        return Texts(f"操作系统报错：{what}。", f"The operating system refused: {what}.")
    return Texts(
        f"无法使用 {error.filename}：{what}。请检查权限和磁盘空间。",
        f"Cannot use {error.filename}: {what}. Check permissions and disk space.",
    )


def _choose_language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().meta[LANGUAGE] = value


lang_option = option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    callback=_choose_language,
    is_eager=True,
    expose_value=False,
    zh="界面语言，默认取自系统环境（LANG）。",
    en="Language of messages; by default that of the environment (LANG).",
)
