"""``expertpool-custodian``: the agent's commands as a program of their own, as an office installs it."""

from copy import copy
from typing import Final

import click

from expertpool.cli.bilingual import BilingualCommand, Texts
from expertpool.cli.custodian_command import command
from expertpool.cli.program import TellingGroup, lang_option

NAME: Final = "expertpool-custodian"


@click.group(
    NAME,
    cls=TellingGroup,
    texts=Texts(*command.texts),
    examples=command.examples.replace("expertpool custodian", NAME),
)
@lang_option
def main() -> None:
    pass


for name, shared in command.commands.items():
    assert isinstance(shared, BilingualCommand)  # noqa: S101 -- the group holds nothing else
    alone = copy(shared)
    alone.examples = shared.examples.replace("expertpool custodian", NAME)
    main.add_command(alone, name)
