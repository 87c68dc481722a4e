"""Makes a new installation: key files, the signer's mark, database, empty ledger, first centre with administrators.

Everything that stands in the way is found before anything is made, and the database, which alone can be elsewhere,
comes last and in one piece.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect

from expertpool import migrations
from expertpool.cli.opening import sqlite_file
from expertpool.core.clock import Clock
from expertpool.core.database import READ_ONLY, open_engine
from expertpool.core.errors import Conflict
from expertpool.core.keyrings import (
    create_service_keys,
    create_signer_keys,
    create_vault_keys,
    open_service_keys,
    service_keys_path,
)
from expertpool.core.ledger_store import create_ledger
from expertpool.core.ledger_tables import LedgerHead
from expertpool.core.mark import create_mark
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import read_passphrase, read_signer_passphrase, read_vault_passphrase
from expertpool.core.transaction import Transactions
from expertpool.identity.service import Founding, found
from expertpool.sealing.service import found_vault
from ledger.note import VerifierKey

INIT: Final = "svc:init"
_SECRET_FOLDER: Final = 0o700
_DATA_FOLDER: Final = 0o750


class AlreadyInitialised(Conflict):
    code = "init.already"
    zh = "此处已有安装，未作任何改动：{found}。如确需重建，请先另存并移走它们。"
    en = "There is an installation here already, nothing was changed: {found}. To start anew, move these away first."
    found: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was made. The tokens of ``founding`` are shown once and cannot be had again."""

    log: VerifierKey
    founding: Founding
    files: tuple[Path, ...]


def initialise(settings: Settings, clock: Clock, *, centre: str) -> Made:
    """Make the installation that the settings describe; ``centre`` is the first centre's code.

    Raises `AlreadyInitialised`, `DatabaseDown`, `PassphraseMissing`, `KeyFileUnusable`, OSError.
    """
    for path in sqlite_file(settings):
        _make_folder(path.parent, _DATA_FOLDER)
    engine = open_engine(settings.database)
    try:
        _refuse_what_is_there(settings, engine)
        read_passphrase(settings)
        read_signer_passphrase(settings)
        read_vault_passphrase(settings)
        return _make(settings, engine, clock, centre)
    finally:
        engine.dispose()


def is_initialised(settings: Settings) -> bool:
    """Whether anything of an installation is there."""
    return bool(_files_there(settings))


def policy_skeleton(log: VerifierKey) -> str:
    """A witness policy to be completed: it trusts the log and nobody else, so nothing is proven yet."""
    return (
        f"log {log}\n"
        "# witness NAME VKEY https://ADDRESS   (one line for each outside body; they print it with `witness init`)\n"
        "# group outsiders 2 NAME1 NAME2 NAME3   (more than half of them; of two, both)\n"
        "# quorum outsiders\n"
        "quorum none\n"
    )


def _make(settings: Settings, engine: Engine, clock: Clock, centre: str) -> Made:
    ledger, service = settings.ledger, settings.service
    _make_folder(settings.keystore.directory, _SECRET_FOLDER)
    _make_folder(settings.keystore.vault_keys.parent, _SECRET_FOLDER)
    for path in (ledger.signer_keys, ledger.signer_mark, ledger.cosigned):
        _make_folder(path.parent, _DATA_FOLDER)
    create_service_keys(settings)
    log = create_signer_keys(settings)
    box = create_vault_keys(settings)
    create_mark(ledger.signer_mark)
    migrations.upgrade(engine)
    with engine.begin() as connection:
        create_ledger(connection)
    with (
        open_service_keys(settings) as keys,
        Transactions(engine, clock, keys).begin(INIT) as tx,
    ):
        founding = found(tx, code=centre, name_zh=service.name_zh, name_en=service.name_en)
        found_vault(tx, public=box)
    return Made(log, founding, (*_files(settings), *sqlite_file(settings)))


def add_vault(settings: Settings, engine: Engine, clock: Clock) -> bool:
    """Give an installation of an older version its vault's keys; returns whether it had none.

    Raises `PassphraseMissing`, `KeyFileUnusable`.
    """
    if settings.keystore.vault_keys.exists():
        return False
    _make_folder(settings.keystore.vault_keys.parent, _SECRET_FOLDER)
    box = create_vault_keys(settings)
    with open_service_keys(settings) as keys, Transactions(engine, clock, keys).begin(INIT) as tx:
        found_vault(tx, public=box)
    return True


def _refuse_what_is_there(settings: Settings, engine: Engine) -> None:
    there = [str(path) for path in _files_there(settings)]
    with engine.execution_options(**READ_ONLY).connect() as connection:
        if inspect(connection).has_table(LedgerHead.__tablename__):
            there.append(engine.url.render_as_string(hide_password=True))
    if there:
        raise AlreadyInitialised(", ".join(there))


def _files(settings: Settings) -> tuple[Path, ...]:
    ledger, keystore = settings.ledger, settings.keystore
    return service_keys_path(settings), keystore.vault_keys, ledger.signer_keys, ledger.signer_mark


def _files_there(settings: Settings) -> list[Path]:
    return [path for path in (*_files(settings), settings.ledger.cosigned) if path.exists()]


def _make_folder(path: Path, mode: int) -> None:
    """Make a folder and those above it; what exists keeps its mode."""
    if not path.exists():
        _make_folder(path.parent, _DATA_FOLDER)
        path.mkdir(mode=mode)
