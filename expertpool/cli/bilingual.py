"""Commands that speak Chinese or English: by ``--lang``, else by the environment, and each --help with examples."""

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import click

from expertpool.core.errors import Language

LANGUAGE = "expertpool.language"


class Texts(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str

    def choose(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


SHOW_HELP = Texts("显示本帮助。", "Show this help.")
EXAMPLES = Texts("示例", "Examples")


def language_of_environment(environ: Mapping[str, str] = os.environ) -> Language:
    """Chinese where the locale is Chinese, English elsewhere."""
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if named.startswith("zh") else "en"


def language(ctx: click.Context | None = None) -> Language:
    """The language of the running command."""
    ctx = ctx or click.get_current_context(silent=True)
    chosen = ctx.find_root().meta.get(LANGUAGE) if ctx else None
    return cast("Language", chosen) if chosen else language_of_environment()


def say(zh: str, en: str, *, err: bool = False) -> None:
    """Print a line in the running command's language."""
    click.echo(Texts(zh, en).choose(language()), err=err)


class BilingualOption(click.Option):
    """An option whose help is in both languages."""

    def __init__(self, *args: Any, texts: Texts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = texts

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = self.texts.choose(language(ctx))
        return super().get_help_record(ctx)


class BilingualCommand(click.Command):
    """A command with its description and examples in both languages."""

    def __init__(self, *args: Any, texts: Texts, examples: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = texts
        self.examples = examples

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = SHOW_HELP.choose(language(ctx))
        return option

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.help = self.texts.choose(language(ctx))
        super().format_help_text(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(EXAMPLES.choose(language(ctx))):
            for line in self.examples.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")


class BilingualGroup(BilingualCommand, click.Group):
    """A group of such commands."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section(Texts("命令", "Commands").choose(language(ctx))):
            formatter.write_dl(rows)

    def summary(self, ctx: click.Context, name: str) -> str:
        """One line on a command."""
        found = self.get_command(ctx, name)
        assert isinstance(found, BilingualCommand)  # noqa: S101 -- a group of these holds nothing else
        return found.texts.choose(language(ctx)).partition("\n")[0]


def option(*names: str, zh: str, en: str, **kwargs: Any) -> Callable[[Any], Any]:
    """As ``click.option``, with help in both languages."""
    return click.option(*names, cls=BilingualOption, texts=Texts(zh, en), **kwargs)


def command(name: str, *, zh: str, en: str, examples: str) -> Callable[[Callable[..., Any]], BilingualCommand]:
    """As ``click.command``, with description and examples."""
    return click.command(name, cls=BilingualCommand, texts=Texts(zh, en), examples=examples)


def group(name: str, *, zh: str, en: str, examples: str) -> Callable[[Callable[..., Any]], BilingualGroup]:
    """As ``click.group``, with description and examples."""
    return click.group(name, cls=BilingualGroup, texts=Texts(zh, en), examples=examples)
