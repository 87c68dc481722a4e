"""``expertpool door``: messages of trading systems as files, for places that no network connects."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from expertpool.cli import Invocation
from expertpool.cli.bilingual import Texts, group, language, say
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.opening import open_installation
from expertpool.core.checkpoints import NotYetSigned, receipt_at
from expertpool.core.clock import SystemClock
from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError, Language, Several
from expertpool.core.keyrings import open_service_keys
from expertpool.core.transaction import Transactions
from expertpool.projects.door_schemas import AcceptedSchema
from expertpool.projects.envelope import Envelope, read_file
from expertpool.projects.models import DoorMessage
from expertpool.projects.queries import entry_of
from expertpool.projects.reception import OLDEST_IN_FILE, authenticate, receive
from expertpool.web.errors import InvalidInput

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@group(
    "door",
    zh="交易系统的消息：格式见 docs/spec/trading-door.md。",
    en="Messages of trading systems; docs/spec/trading-door.md has their form.",
    examples="expertpool door import 000001.json",
)
def command() -> None:
    pass


@bilingual_command(
    "import",
    zh="按序导入消息文件，每条输出一行回执（JSON），可带回发送方。\n\n遇到第一条被拒绝的即停止，其前各条已生效；重复导入不会重复生效。",
    en="Take in message files in their order and print an answer for each, as a line of JSON for its sender.\n\n"
    "It stops at the first one refused; those before it stand. What is taken in again changes nothing.",
    examples="""
        expertpool door import 000001.json
        expertpool door import messages/*.json > answers.jsonl
    """,
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def import_command(ctx: click.Context, files: tuple[Path, ...]) -> None:
    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    engine = open_installation(settings)
    with ExitStack() as stack, open_service_keys(settings) as keys:
        stack.callback(engine.dispose)
        transactions = Transactions(engine, SystemClock(), keys)
        for file in files:
            try:
                accepted = _take_in(transactions, read_file(file.read_bytes()))
            except ExpertpoolError as error:
                _tell(file, error)
                ctx.exit(1)
            click.echo(json.dumps(_answer(engine, accepted, settings.ledger.ack_timeout_s), ensure_ascii=False))


def _take_in(transactions: Transactions, envelope: Envelope) -> DoorMessage:
    with Session(transactions.engine.execution_options(**READ_ONLY)) as session:
        sender = authenticate(session, envelope).sender_id
    with transactions.begin(sender) as tx:
        return receive(tx, envelope, oldest=OLDEST_IN_FILE)


def _answer(engine: Engine, accepted: DoorMessage, timeout_s: float) -> dict[str, Any]:
    """What the API would answer; the receipt is null while the signer is late."""
    with Session(engine.execution_options(**READ_ONLY)) as session:
        entry = entry_of(session, accepted)
    try:
        receipt = receipt_at(engine, entry, timeout_s).to_bytes().decode()
    except NotYetSigned:
        receipt = None
    return {**AcceptedSchema().dump(accepted), "entry": entry, "receipt": receipt}


def _tell(file: Path, error: ExpertpoolError) -> None:
    zh, en = (error.message(spoken).splitlines()[0] for spoken in LANGUAGES)
    say(f"{file}：{zh}", f"{file}: {en}", err=True)
    for field, texts in _blamed(error):
        click.echo(f"  - {field}: {texts.choose(language())}", err=True)


def _blamed(error: ExpertpoolError) -> list[tuple[str, Texts]]:
    if isinstance(error, InvalidInput):
        return [(one["field"], Texts(one["zh"], one["en"])) for one in error.fields]
    problems = error.problems if isinstance(error, Several) else (error,)
    return [(one.field, Texts(one.message("zh"), one.message("en"))) for one in problems if one.field is not None]


command.add_command(import_command)
