"""The auditor's command line. Needs no account, no network for a local copy, and no trust in whoever made the log.

Exit codes everywhere: 0 proven, 1 broken, 2 unreadable (or wrongly called), 3 not proven (nobody whom the caller trusts
vouches for it). Answers go to standard output, errors and progress to standard error.
"""

import argparse
import json
import locale
import os
import sys
import time
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from ledger import report, witness_cli
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.disclosure import check_disclosure, parse_disclosure
from ledger.durable import replace_file
from ledger.entry import parse_entry
from ledger.errors import Lang, LedgerError, Refused, Unreadable, about, message, printable
from ledger.merkle import consistency_proof, leaf_hash, verify_consistency, verify_inclusion
from ledger.mirror import mirror
from ledger.note import COSIGNATURE_V1, ED25519, generate_key, parse_note, parse_verifier_key, verified_by
from ledger.policy import Policy, parse_policy
from ledger.receipt import make_receipt, parse_receipt
from ledger.sources import open_source
from ledger.store import nodes_of
from ledger.tiles import WIDTH, bundle, split_bundle
from ledger.verify import Known, verify

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse gives it no public name

PROVEN: Final = 0
BROKEN: Final = 1
UNREADABLE: Final = 2
NOT_PROVEN: Final = 3
BROKEN_PIPE: Final = 141  # as a shell reports it: 128 + SIGPIPE
_NOT_PROVEN_CODES: Final = frozenset(("policy.quorum", "note.no-known-signature"))

_EXAMPLES: Final = {
    "": """\
  ledger verify ./ledger --policy trust.policy            check everything, offline
  ledger proof receipt.tlog-proof --policy trust.policy   check one receipt
  ledger COMMAND --help                                   more about a command""",
    "verify": """\
  ledger verify ./ledger --policy trust.policy            check a directory
  ledger verify copy.zip --policy trust.policy --known last-year.checkpoint
                                                          it must also extend what you kept
  ledger verify https://centre.example/ledger --jobs 2    a served log, with two processes
  ledger verify ./ledger --policy trust.policy --json     for programs""",
    "note": "  ledger note checkpoint --key example.org/log+1a2b3c4d+AbCd...",
    "keygen": "  ledger keygen example.org/log --out log.key",
    "proof": """\
  ledger proof receipt.tlog-proof --policy trust.policy
  ledger proof receipt.tlog-proof --policy trust.policy > entry.json""",
    "receipt": "  ledger receipt ./ledger 17 --out 17.tlog-proof",
    "consistency": "  ledger consistency last-year.checkpoint ./ledger/checkpoint ./ledger --policy trust.policy",
    "disclose": "  ledger disclose entry.json WyJTYWx0...",
    "mirror": """\
  ledger mirror https://centre.example/ledger copy --policy trust.policy
  ledger mirror https://centre.example/ledger copy --policy trust.policy --every 60
                                                          go on until stopped
  ledger verify copy --policy trust.policy                then check all of it""",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character still shows the rest
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()  # here, where a reader that hung up is expected
    except LedgerError as error:
        print(error.text(options.lang), file=sys.stderr)
        return _code_of(error)
    except BrokenPipeError:  # whoever reads us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return 130
    return code


def _code_of(error: LedgerError) -> int:
    if error.code in _NOT_PROVEN_CODES:
        return NOT_PROVEN
    return BROKEN if isinstance(error, Refused) else UNREADABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ledger",
        description="Check a ledger, its receipts and notes. 核验账本、回执与签名文书。",
        epilog=f"examples:\n{_EXAMPLES['']}\n\nexit codes: 0 proven, 1 broken, 2 unreadable, 3 not proven",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=_language(), help="language of messages / 语言")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = _command(commands, "verify", _verify, "check a whole log / 核验整个账本")
    command.add_argument("place", help="directory, zip file or http(s) address")
    command.add_argument("--policy", type=Path, help="whom you trust (C2SP tlog-policy); without it nothing is proven")
    command.add_argument("--known", type=Path, action="append", default=[], help="a checkpoint you kept; repeatable")
    command.add_argument("--jobs", type=_jobs, default=1, help="processes to use (default 1)")
    command.add_argument("--json", action="store_true", help="machine-readable report")

    command = _command(commands, "note", _note, "check a signed note / 核验签名文书")
    command.add_argument("file", type=Path)
    command.add_argument("--key", action="append", required=True, metavar="VKEY", help="verifier key; repeatable")

    command = _command(commands, "keygen", _keygen, "make a note key pair / 生成密钥")
    command.add_argument("name", help="key name, for example example.org/log")
    command.add_argument("--cosigner", action="store_true", help="a cosigner's key, not a log's")
    command.add_argument("--out", type=Path, required=True, help="where the secret key goes (new file, mode 0600)")

    command = _command(commands, "proof", _proof, "check a receipt, print its entry / 核验回执")
    command.add_argument("file", type=Path, help="a .tlog-proof file")
    command.add_argument("--policy", type=Path, required=True, help="whom you trust (C2SP tlog-policy)")
    command.add_argument("--entry", type=Path, help="the entry's bytes, when the receipt does not carry them")

    command = _command(commands, "receipt", _receipt, "make a receipt from a log / 由账本制作回执")
    command.add_argument("place", help="directory, zip file or http(s) address")
    command.add_argument("index", type=int, help="index of the entry")
    command.add_argument("--out", type=Path, required=True, help="where the receipt goes")

    command = _command(commands, "consistency", _consistency, "check that a checkpoint extends another / 核验前后一致")
    command.add_argument("old", type=Path, help="the earlier checkpoint, which you kept")
    command.add_argument("new", type=Path, help="the later one")
    command.add_argument("place", help="where the log's tiles are")
    command.add_argument("--policy", type=Path, help="whom you trust; without it no signature is checked")

    command = _command(commands, "disclose", _disclose, "check one hidden field of an entry / 核验条目中的一个字段")
    command.add_argument("entry", type=Path, help="the entry's bytes")
    command.add_argument("disclosure", help="the disclosure string")

    command = _command(commands, "mirror", _mirror, "copy a log, checking it, and follow it / 跟随并复制账本")
    command.add_argument("place", help="http(s) address, directory or zip file")
    command.add_argument("folder", type=Path, help="where the copy is, or will be")
    command.add_argument("--policy", type=Path, required=True, help="whom you trust (C2SP tlog-policy)")
    command.add_argument("--every", type=_seconds, metavar="SECONDS", help="do it again after so long, until stopped")

    witness_cli.register(commands)
    return parser


def _command(
    commands: "Commands", name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog=f"examples:\n{_EXAMPLES[name]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="language of messages / 语言")
    command.set_defaults(run=run)
    return command


def _verify(options: argparse.Namespace) -> int:
    bar = Bar(sys.stderr)
    try:
        policy = _policy(options.policy) if options.policy else None
        known = [Known(str(path), _checkpoint(path)) for path in options.known]
        found = verify(options.place, policy=policy, known=known, jobs=options.jobs, progress=bar)
    except LedgerError as error:
        if options.json:
            print(_json(report.unreadable(error)))
        raise
    finally:
        bar.close()
    print(_json(report.as_json(found)) if options.json else report.as_text(found, options.lang))
    return report.exit_code(found)


def _note(options: argparse.Namespace) -> int:
    keys = [parse_verifier_key(text) for text in options.key]
    with about(options.file):
        note = parse_note(_read(options.file))
        by = verified_by(note, keys)
        if not by:
            raise Refused("note.no-known-signature")
    for line in note.text.splitlines():
        print(printable(line))
    _say(options, "note.signed", names=", ".join(key.name for key, _ in by))
    return PROVEN


def _keygen(options: argparse.Namespace) -> int:
    if options.out.exists():
        raise Unreadable("store.file-exists", path=options.out)
    secret, key = generate_key(options.name, COSIGNATURE_V1 if options.cosigner else ED25519)
    _write(options.out, secret.encode() + b"\n", mode=0o600)
    _say(options, "key.made", path=options.out)
    print(key)
    return PROVEN


def _proof(options: argparse.Namespace) -> int:
    policy = _policy(options.policy)
    with about(options.file):
        receipt = parse_receipt(_read(options.file))
        entry, trust = receipt.check(policy, _entry(options.entry) if options.entry else None)
    signed = receipt.signed
    names = ", ".join(sorted(trust.cosigners)) or "-"
    _say(options, "proof.proven", index=entry.index, origin=signed.checkpoint.origin, size=signed.size, names=names)
    print(entry.data.decode())
    return PROVEN


def _receipt(options: argparse.Namespace) -> int:
    source = open_source(options.place)
    with about(options.place):
        signed = parse_signed_checkpoint(source.checkpoint())
        if not 0 <= options.index < signed.size:
            raise Unreadable("proof.index", index=options.index, size=signed.size)
        number, offset = divmod(options.index, WIDTH)
        tile = bundle(number, min(WIDTH, signed.size - number * WIDTH))
        data = split_bundle(source.tile(tile), tile)[offset]
        receipt = make_receipt(data, options.index, signed, nodes_of(source, signed.size))
        verify_inclusion(options.index, signed.size, leaf_hash(data), receipt.proof, signed.root)
    _write(options.out, receipt.to_bytes())
    _say(options, "receipt.made", path=options.out)
    return PROVEN


def _consistency(options: argparse.Namespace) -> int:
    policy = _policy(options.policy) if options.policy else None
    old, new = _checkpoint(options.old), _checkpoint(options.new)
    if old.checkpoint.origin != new.checkpoint.origin:
        with about(options.old):
            raise Refused("checkpoint.origin", found=old.checkpoint.origin, expected=new.checkpoint.origin)
    for path, signed in ((options.old, old), (options.new, new)):
        if policy is not None:
            with about(path):
                policy.require(signed)
    source = open_source(options.place)
    with about(options.place):
        proof = consistency_proof(old.size, new.size, nodes_of(source, new.size))
        verify_consistency(old.size, new.size, proof, old.root, new.root)
    _say(options, "consistency.proven" if policy else "consistency.unsigned", old=old.size, new=new.size)
    return PROVEN if policy else NOT_PROVEN


def _disclose(options: argparse.Namespace) -> int:
    disclosure = parse_disclosure(options.disclosure)
    with about(options.entry):
        entry = parse_entry(_entry(options.entry))
        check_disclosure(entry.body, disclosure)
    _say(options, "disclosure.committed", index=entry.index)
    print(json.dumps({disclosure.name: disclosure.value}, ensure_ascii=False))
    return PROVEN


def _mirror(options: argparse.Namespace) -> int:
    policy = _policy(options.policy)
    while True:
        try:
            code = _copy(options, policy)
        except Unreadable as error:
            if options.every is None:
                raise
            print(error.text(options.lang), file=sys.stderr)  # a network that is down for a while
        else:
            if options.every is None:
                return code
        time.sleep(options.every)


def _copy(options: argparse.Namespace, policy: Policy) -> int:
    bar = Bar(sys.stderr)
    try:
        copied = mirror(options.place, options.folder, policy, bar)
    finally:
        bar.close()
    names = ", ".join(sorted(copied.trust.cosigners)) or "-"
    sizes = {"size": copied.signed.size, "before": copied.before}
    code = "mirror.copied" if copied.is_proven else "mirror.unproven"
    _say(options, code, path=options.folder, origin=copied.signed.checkpoint.origin, names=names, **sizes)
    return PROVEN if copied.is_proven else NOT_PROVEN


class Bar:
    """A progress bar on a terminal; silent elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown = out.isatty()
        self._started = time.monotonic()
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` entries are checked."""
        now = time.monotonic()
        if not self._shown or (now < self._next and done < total):
            return
        self._next = now + 0.1
        filled = 30 * done // max(total, 1)
        rate = done / max(now - self._started, 1e-6)
        self._out.write(f"\r[{'█' * filled}{'·' * (30 - filled)}] {done:,} / {total:,}  {rate:,.0f}/s ")
        self._out.flush()

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            self._out.write("\r\033[K")
            self._out.flush()


def _say(options: argparse.Namespace, code: str, **params: object) -> None:
    """Tell a person what was found; the answer itself goes to standard output, for a file or another program."""
    print(message(code, options.lang, **params), file=sys.stderr)


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _policy(path: Path) -> Policy:
    with about(path):
        return parse_policy(_read(path))


def _checkpoint(path: Path) -> SignedCheckpoint:
    with about(path):
        return parse_signed_checkpoint(_read(path))


def _entry(path: Path) -> bytes:
    return _read(path).removesuffix(b"\n")  # as editors and `ledger proof > file` end a file; an entry never does


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable("store.missing", path=path) from None
    except OSError as error:
        raise Unreadable("source.unreadable", path=path, why=error.strerror) from None


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    try:
        replace_file(path, data, mode)
    except OSError as error:
        raise Unreadable("store.unwritable", path=path, why=error.strerror) from None


def _jobs(text: str) -> int:
    jobs = int(text)
    if not 1 <= jobs <= 61:  # what Windows can wait for
        raise ValueError
    return jobs


def _seconds(text: str) -> int:
    seconds = int(text)
    if not 1 <= seconds <= 86_400:
        raise ValueError
    return seconds


def _language() -> Lang:
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if (named or locale.getlocale()[0] or "").startswith(("zh", "Chinese")) else "en"
