"""The auditor's command line. Needs no account, no network for a local copy, and no trust in whoever made the log.

Exit codes everywhere: 0 proven, 1 broken, 2 unreadable, 3 not proven (no quorum of cosigners under the policy given).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

from ledger import report
from ledger.checkpoint import parse_signed_checkpoint
from ledger.disclosure import check_disclosure, parse_disclosure
from ledger.durable import replace_file
from ledger.entry import parse_entry
from ledger.errors import Lang, LedgerError, Refused, Unreadable
from ledger.merkle import consistency_proof, verify_consistency
from ledger.note import COSIGNATURE_V1, ED25519, generate_key, parse_note, parse_verifier_key, verified_by
from ledger.policy import Policy, parse_policy
from ledger.receipt import make_receipt, parse_receipt
from ledger.sources import open_source
from ledger.store import nodes_of
from ledger.tiles import WIDTH, bundle, split_bundle
from ledger.verify import Known, verify

PROVEN: Final = 0
BROKEN: Final = 1
UNREADABLE: Final = 2
NOT_PROVEN: Final = 3

EXAMPLES: Final = """\
examples:
  ledger verify ./ledger --policy trust.policy          check everything, offline
  ledger verify https://centre.example/ledger --jobs 2  check a served log
  ledger verify copy.zip --known last-year.checkpoint   must extend what you kept
  ledger proof receipt.tlog-proof --policy trust.policy one receipt
  ledger disclose entry.json WyJ...                     one hidden field of an entry
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = _parser().parse_args(arguments)
    lang: Lang = options.lang
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except LedgerError as error:
        print(error.text(lang), file=sys.stderr)
        return _code_of(error)
    except KeyboardInterrupt:
        return 130


def _code_of(error: LedgerError) -> int:
    if error.code == "policy.quorum":
        return NOT_PROVEN
    return BROKEN if isinstance(error, Refused) else UNREADABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ledger",
        description="Check a ledger, its receipts and notes. 核验账本、回执与签名文书。",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=_language(), help="language of messages / 语言")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("verify", help="check a whole log / 核验整个账本")
    command.add_argument("place", help="directory, zip file or http(s) address")
    command.add_argument("--policy", type=Path, help="whom you trust (C2SP tlog-policy); without it nothing is proven")
    command.add_argument("--known", type=Path, action="append", default=[], help="a checkpoint you kept; repeatable")
    command.add_argument("--jobs", type=int, default=1, help="processes to use (default 1)")
    command.add_argument("--json", action="store_true", help="machine-readable report")
    command.set_defaults(run=_verify)

    command = commands.add_parser("note", help="check a signed note / 核验签名文书")
    command.add_argument("file", type=Path)
    command.add_argument("--key", action="append", required=True, metavar="VKEY", help="verifier key; repeatable")
    command.set_defaults(run=_note)

    command = commands.add_parser("keygen", help="make a note key pair / 生成密钥")
    command.add_argument("name", help="key name, for example example.org/log")
    command.add_argument("--cosigner", action="store_true", help="a cosigner's key, not a log's")
    command.add_argument("--out", type=Path, required=True, help="where the secret key goes (new file, mode 0600)")
    command.set_defaults(run=_keygen)

    command = commands.add_parser("proof", help="check a receipt / 核验回执")
    command.add_argument("file", type=Path, help="a .tlog-proof file")
    command.add_argument("--policy", type=Path, required=True)
    command.add_argument("--entry", type=Path, help="the entry's bytes, when the receipt does not carry them")
    command.set_defaults(run=_proof)

    command = commands.add_parser("receipt", help="make a receipt from a log / 由账本制作回执")
    command.add_argument("place")
    command.add_argument("index", type=int)
    command.add_argument("--out", type=Path, required=True)
    command.set_defaults(run=_receipt)

    command = commands.add_parser("consistency", help="check that one checkpoint extends another / 核验前后一致")
    command.add_argument("old", type=Path)
    command.add_argument("new", type=Path)
    command.add_argument("place", help="where the log's tiles are")
    command.set_defaults(run=_consistency)

    command = commands.add_parser("disclose", help="check one hidden field of an entry / 核验条目中的一个字段")
    command.add_argument("entry", type=Path, help="the entry's bytes")
    command.add_argument("disclosure", help="the disclosure string")
    command.set_defaults(run=_disclose)

    return parser


def _verify(options: argparse.Namespace) -> int:
    policy = _policy(options.policy) if options.policy else None
    known = [Known(str(path), parse_signed_checkpoint(_read(path))) for path in options.known]
    bar = Bar(sys.stderr)
    found = verify(options.place, policy=policy, known=known, jobs=options.jobs, progress=bar)
    bar.close()
    if options.json:
        print(json.dumps(report.as_json(found), ensure_ascii=False, indent=2))
    else:
        print(report.as_text(found, options.lang))
    return report.exit_code(found)


def _note(options: argparse.Namespace) -> int:
    note = parse_note(_read(options.file))
    by = verified_by(note, [parse_verifier_key(text) for text in options.key])
    if not by:
        raise Unreadable("note.no-known-signature")
    print(note.text, end="")
    print("\n".join(f"✓ {key.name}" for key, _ in by))
    return PROVEN


def _keygen(options: argparse.Namespace) -> int:
    if options.out.exists():
        raise Unreadable("store.file-exists", path=options.out)
    secret, key = generate_key(options.name, COSIGNATURE_V1 if options.cosigner else ED25519)
    replace_file(options.out, secret.encode() + b"\n", mode=0o600)
    print(key)
    return PROVEN


def _proof(options: argparse.Namespace) -> int:
    receipt = parse_receipt(_read(options.file))
    entry, trust = receipt.check(_policy(options.policy), _read(options.entry) if options.entry else None)
    print(entry.data.decode())
    print(f"✓ {receipt.index} < {receipt.signed.size}  {', '.join(sorted(trust.cosigners))}")
    return PROVEN


def _receipt(options: argparse.Namespace) -> int:
    source = open_source(options.place)
    signed = parse_signed_checkpoint(source.checkpoint())
    node = nodes_of(source, signed.size)
    if not 0 <= options.index < signed.size:
        raise Unreadable("proof.index", index=options.index, size=signed.size)
    number, offset = divmod(options.index, WIDTH)
    tile = bundle(number, min(WIDTH, signed.size - number * WIDTH))
    data = split_bundle(source.tile(tile), tile)[offset]
    replace_file(options.out, make_receipt(data, options.index, signed, node).to_bytes())
    return PROVEN


def _consistency(options: argparse.Namespace) -> int:
    old, new = (parse_signed_checkpoint(_read(path)) for path in (options.old, options.new))
    source = open_source(options.place)
    proof = consistency_proof(old.size, new.size, nodes_of(source, new.size))
    verify_consistency(old.size, new.size, proof, old.root, new.root)
    print(f"✓ {old.size} → {new.size}")
    return PROVEN


def _disclose(options: argparse.Namespace) -> int:
    entry = parse_entry(_read(options.entry))
    disclosure = parse_disclosure(options.disclosure)
    check_disclosure(entry.body, disclosure)
    print(json.dumps({disclosure.name: disclosure.value}, ensure_ascii=False))
    return PROVEN


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


def _policy(path: Path) -> Policy:
    return parse_policy(_read(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable("store.missing", path=path) from None
    except OSError as error:
        raise Unreadable("source.unreadable", path=path, why=error.strerror) from None


def _language() -> Lang:
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if named.startswith("zh") else "en"
