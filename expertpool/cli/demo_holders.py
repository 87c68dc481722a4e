"""The three key holders of a demonstration: each with a folder, keys and a passphrase of its own, as agents have them.

They are registered, prove their keys and are approved some days ago, by the demonstration's clock; from then on each
agent is a process of its own (``expertpool custodian run``).
"""

import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select

from expertpool.cli.demo_setting import Setting, credit_code
from expertpool.cli.supervisor import Program
from expertpool.cli.vault_parts import open_desk
from expertpool.core.clock import FixedClock
from expertpool.core.jobs import Outbox
from expertpool.core.keyfile import FileKeyStore
from expertpool.core.keystore import KeyStore
from expertpool.custodian.directory import SHARE, Config, Directory, cosigner, set_up
from expertpool.draws.models import SealedRecord
from expertpool.draws.parts import VAULT
from expertpool.draws.queries import seats_of
from expertpool.identity.roles import Role
from expertpool.protocol.agents import open_task, seal_answer
from expertpool.protocol.envelope import Envelope, Open, parse_envelope
from expertpool.sealing import mailbox, service
from expertpool.sealing.models import KeyHolder
from expertpool.sealing.queries import vault_key
from expertpool.vault.process import collect_handlers
from ledger.canonical import parse
from ledger.durable import replace_file
from ledger.note import VerifierKey

LEASE: Final = timedelta(minutes=1)
PASSPHRASE: Final = "EXPERTPOOL_CUSTODIAN_PASSPHRASE"  # noqa: S105 -- the variable's name


@dataclass(slots=True)
class Holder:
    """A key holder: a word for its folder, its names, whether it is outside the centre."""

    word: str
    zh: str
    en: str
    outside: bool
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    id: str = ""

    def directory(self, setting: Setting) -> Directory:
        return Directory(setting.places.holder(self.word))

    def keys(self, setting: Setting) -> FileKeyStore:
        return self.directory(setting).keys(self.passphrase.encode())

    def program(self, folder: Path, environ: Mapping[str, str], log: Path, *, pause: str) -> Program:
        """The process of its agent, which looks every ``pause`` seconds."""
        run = ("custodian", "run", "--dir", str(folder), "--pause", pause)
        own = {**environ, PASSPHRASE: self.passphrase}
        return Program(self.word, (sys.executable, "-m", "expertpool.cli", *run), own, log)


class Opened(NamedTuple):
    """What a sealed record says of who sits there."""

    name: str
    phone: str


def three_holders() -> tuple[Holder, ...]:
    """The centre itself, and two from outside."""
    return (
        Holder("centre", "交易中心", "the trading centre", outside=False),
        Holder("inspection", "派驻纪检监察组", "the inspection office", outside=True),
        Holder("data-bureau", "数据局", "the data bureau", outside=True),
    )


def settle(setting: Setting, holders: Sequence[Holder]) -> None:
    """Make the agents' folders and bring their keys into force, ten days ago; writes the policy that all agree on."""
    keys = [_make_folder(setting, number, holder) for number, holder in enumerate(holders, 1)]
    policy = _policy(setting.log, [(holder, key) for holder, key in zip(holders, keys, strict=True) if holder.outside])
    replace_file(setting.places.policy, policy)
    past = setting.past
    for holder in holders:
        replace_file(holder.directory(setting).path / "policy", policy)
        holder.id = _register(setting, holder, past)
        _prove(setting, holder, past)
    with open_desk(setting.settings, past) as desk:
        outbox = Outbox(desk.parts.transactions, collect_handlers(desk), LEASE, VAULT)
        while outbox.run_one():
            pass
    for holder in holders:
        _approve(setting, holder, past)


def open_records(setting: Setting, draw_id: str, holders: Sequence[Holder]) -> dict[str, Opened]:
    """Who sits on which seat, by seat code: two outside holders open the sealed records together.

    Both folders are on this machine and this process knows both passphrases: only a demonstration has that.
    """
    outside = [holder for holder in holders if holder.outside]
    names = {}
    with ExitStack() as stack:
        openers = {holder.id: _opener(stack.enter_context(holder.keys(setting))) for holder in outside}
        for code, envelope in _records(setting, draw_id).items():
            names[code] = _opened(envelope, openers)
    return names


def _make_folder(setting: Setting, number: int, holder: Holder) -> VerifierKey:
    """A folder as ``expertpool custodian init`` makes it; gives the key with which the agent cosigns."""
    config = Config(
        name=f"{holder.word}.invalid/demo",
        organisation=credit_code(f"11439999DEM{number:06}"),
        origin=setting.settings.service.origin,
        log_key=str(setting.log),
        url=setting.settings.service.base_url,
    )
    first = f"log {setting.log}\nquorum none\n".encode()  # until the others' keys are known
    set_up(setting.places.holder(holder.word), config, first, holder.passphrase.encode())
    with holder.keys(setting) as keys:
        return cosigner(keys, config).key


def _policy(log: VerifierKey, outside: Sequence[tuple[Holder, VerifierKey]]) -> bytes:
    lines = [f"log {log}"]
    lines += [f"witness {holder.word} {key}" for holder, key in outside]
    lines += [f"group outsiders all {' '.join(holder.word for holder, _ in outside)}", "quorum outsiders"]
    return ("\n".join(lines) + "\n").encode()


def _register(setting: Setting, holder: Holder, past: FixedClock) -> str:
    file = holder.directory(setting).registration.read_bytes()
    row = setting.act_as(
        Role.SECURITY_ADMINISTRATOR,
        past,
        lambda tx: service.register_holder(
            tx, centre_id=setting.centre_id, name=holder.zh, outside=holder.outside, registration=file
        ),
    )
    return row.id


def _prove(setting: Setting, holder: Holder, past: FixedClock) -> None:
    """Answer the centre's challenge with the agent's own key, as its process would have done that day."""
    with setting.reading() as session:
        [task] = mailbox.tasks_for(session, holder.id, past.now())
        vault = vault_key(session)
    if vault is None:
        raise LookupError("an installation has a vault key")
    with holder.keys(setting) as keys:
        asked = open_task(_opener(keys), holder.id, task.id, task.sealed)
    sealed = seal_answer(vault, holder.id, task.id, {"nonce": asked["nonce"]})
    setting.act(holder.id, past, lambda tx: mailbox.take_answers(tx, holder.id, {task.id: sealed}))


def _approve(setting: Setting, holder: Holder, past: FixedClock) -> KeyHolder:
    return setting.act_as(Role.SUPERVISOR, past, lambda tx: service.approve_holder(tx, holder.id))


def _opener(keys: KeyStore) -> Open:
    return lambda ciphertext, info: keys.open_hpke(SHARE, ciphertext, info)


def _records(setting: Setting, draw_id: str) -> dict[str, Envelope]:
    """The sealed record of whoever sits on each seat now."""
    with setting.reading() as session:
        now = {(seat.code, seat.vacancy) for seat in seats_of(session, draw_id)}
        rows = session.scalars(select(SealedRecord).where(SealedRecord.draw_id == draw_id))
        return {row.seat: parse_envelope(row.envelope) for row in rows if (row.seat, row.vacancy) in now}


def _opened(envelope: Envelope, openers: dict[str, Open]) -> Opened:
    number = next(number for number, each in enumerate(envelope.sets) if set(each) == openers.keys())
    share = None
    for position, holder in enumerate(envelope.sets[number]):
        share = envelope.peel(number, share, position, openers[holder])
    content = parse(envelope.content(share or b""))
    return Opened(content["name"], content["phone"])
