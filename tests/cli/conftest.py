"""An installation as the operator has it: made by ``expertpool init``, used by its commands."""

import logging
import shutil
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from expertpool.cli import main
from expertpool.cli.installation import initialise
from expertpool.core.clock import SystemClock
from expertpool.core.database import Base, open_engine
from expertpool.core.keyrings import log_signer, open_service_keys, open_signer_keys
from expertpool.core.rooms import load_rooms
from expertpool.core.settings import Settings
from expertpool.core.settings_loading import load_settings
from expertpool.core.signer import Signer
from expertpool.core.transaction import Transactions
from expertpool.identity.models import Centre, CentreKind

DATABASE = "sqlite:///expertpool.db"


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder, its settings as an environment, and the database's engine."""

    var: Path
    environ: Mapping[str, str]
    settings: Settings
    engine: Engine

    def run(self, *arguments: str, **environ: str) -> Result:
        """Call ``expertpool`` in this process; English unless said otherwise."""
        return call(*arguments, **{**self.environ, **environ})

    def sign(self) -> None:
        """Do what the signer does, once."""
        with open_signer_keys(self.settings, self.environ) as keys:
            key = log_signer(keys, self.settings.service.origin)
            signer = Signer(self.engine, SystemClock(), key, self.settings.ledger.signer_mark)
            signer.check()
            signer.step()

    def act(self, code: str = "branch") -> None:
        """Add entries: open a branch, as the system administrator would."""
        from expertpool.identity.service import _open

        with open_service_keys(self.settings, self.environ) as keys:
            transactions = Transactions(self.engine, SystemClock(), keys)
            with transactions.begin("svc:test") as tx:
                top = tx.session.query(Centre).first()
                assert top is not None
                names = {"name_zh": "县", "name_en": "County"}
                _open(tx, Centre(code=code, kind=CentreKind.COUNTY_BRANCH, parent_id=top.id, **names))

    def session(self) -> Session:
        return Session(self.engine)


def call(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "", **environ})


def open_installation(var: Path, url: str) -> Installation:
    environ = {"EXPERTPOOL_PATHS__VAR": str(var), "EXPERTPOOL_DATABASE__URL": url}
    settings = load_settings(environ=environ)
    return Installation(var, environ, settings, open_engine(settings.database))


def make_installation(var: Path, url: str = DATABASE) -> Installation:
    installation = open_installation(var, url)
    initialise(installation.settings, SystemClock(), centre="test")
    return installation


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation to be copied: deriving keys from passphrases takes its time by design."""
    installation = make_installation(tmp_path_factory.mktemp("template") / "var")
    installation.engine.dispose()
    return installation.var


@pytest.fixture(scope="session")
def signed_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after the signer has run once."""
    installation = copy_installation(template, tmp_path_factory.mktemp("signed") / "var")
    installation.sign()
    installation.engine.dispose()
    return installation.var


def copy_installation(template: Path, var: Path) -> Installation:
    """A copy, with the tables of other tests too: their models are known in this process, so commands look for them."""
    copy = open_installation(Path(shutil.copytree(template, var)), DATABASE)
    load_rooms("models")
    Base.metadata.create_all(copy.engine)
    return copy


@pytest.fixture
def installation(template: Path, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation on SQLite, in a folder of its own."""
    made = copy_installation(template, tmp_path / "var")
    yield made
    made.engine.dispose()


@pytest.fixture
def signed(signed_template: Path, tmp_path: Path) -> Iterator[Installation]:
    """The same, its seven entries covered by a checkpoint."""
    made = copy_installation(signed_template, tmp_path / "var")
    yield made
    made.engine.dispose()


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was() -> Iterator[None]:
    """Commands that become processes set up signals and logs."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
