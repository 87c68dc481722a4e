"""``witness`` on the command line: for an office that runs a witness of a log, or several, and nothing else."""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.errors import Unreadable, message
from ledger.note import VerifierKey
from ledger.witness import open_witness
from ledger.witness_server import WitnessServer, serve_until_signal
from ledger.witness_state import StateDirectory, add_log, init

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse gives it no public name

_EXAMPLES: Final = {
    "": """examples:
  ledger witness init --dir /var/lib/witness --name witness.example.org/w1
  ledger witness add-log --dir /var/lib/witness example.org/log+1a2b3c4d+AbCd...
  ledger witness serve --dir /var/lib/witness --listen 127.0.0.1:8080
  ledger witness show --dir /var/lib/witness""",
    "init": "example:\n  ledger witness init --dir /var/lib/witness --name witness.example.org/w1",
    "add-log": "example:\n  ledger witness add-log --dir /var/lib/witness example.org/log+1a2b3c4d+AbCd...",
    "serve": "example:\n  ledger witness serve --dir /var/lib/witness --listen 127.0.0.1:8080",
    "show": "example:\n  ledger witness show --dir /var/lib/witness --lang zh",
}


def register(subparsers: "SubParsers") -> None:
    """Add ``witness`` and its commands; each sets ``run``, which takes the options and returns the exit code.

    ``options.lang`` is the caller's, unless ``--lang`` stands after the command. Refusals are raised (LedgerError).
    """
    witness = _parser(subparsers, "witness", "", "cosign other people's logs (共签方)")
    commands = witness.add_subparsers(required=True, metavar="COMMAND")
    parser = _command(commands, "init", _init, "make a witness: its key and an empty state (建立共签方)")
    parser.add_argument("--name", required=True, help="schema-less address of the witness, e.g. example.org/w1")
    parser = _command(commands, "add-log", _add_log, "trust a log from now on (登记账本)")
    parser.add_argument("vkey", metavar="VKEY", help="the log's verifier key; its name is the log's origin")
    parser = _command(commands, "serve", _serve, "answer requests until stopped (运行)")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="HOST:PORT", help="default: %(default)s")
    _command(commands, "show", _show, "the witness's key, and each log's size and last time (查看)")


def _init(options: argparse.Namespace) -> int:
    key = init(options.dir, options.name)
    _say(options, "witness.made", path=options.dir / "key")
    _write(_policy_line(key))
    return 0


def _add_log(options: argparse.Namespace) -> int:
    _say(options, "witness.added", origin=add_log(options.dir, options.vkey).name)
    return 0


def _serve(options: argparse.Namespace) -> int:
    host, _, port = options.listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise Unreadable("witness.listen", address=options.listen, why="host-port")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    with open_witness(options.dir, lambda: int(time.time())) as witness:
        server = WitnessServer(host.removeprefix("[").removesuffix("]"), int(port), witness)
        _say(options, "witness.serving", name=witness.name, url=server.url)
        serve_until_signal(server)
    return 0


def _show(options: argparse.Namespace) -> int:
    directory = StateDirectory(options.dir)
    key = directory.signer().key
    _write(_policy_line(key))
    for origin in directory.logs():
        known = directory.load(origin, key)
        if known is None:
            _say(options, "witness.never", origin=origin)
        else:
            moment = datetime.fromtimestamp(known.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            _say(options, "witness.row", origin=origin, size=known.signed.size, time=moment)
    return 0


def _policy_line(key: VerifierKey) -> str:
    return f"witness {key.name} {key}"


def _parser(subparsers: "SubParsers", name: str, examples: str, text: str) -> argparse.ArgumentParser:
    return subparsers.add_parser(
        name,
        help=text,
        description=text,
        epilog=_EXAMPLES[examples],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _command(
    subparsers: "SubParsers", name: str, act: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    parser = _parser(subparsers, name, name, text)
    parser.add_argument("--dir", required=True, type=Path, help="the witness's own directory, on a local disk")
    parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="language of messages")

    parser.set_defaults(run=act)
    return parser


def _say(options: argparse.Namespace, code: str, **params: object) -> None:
    _write(message(code, options.lang, **params))


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
