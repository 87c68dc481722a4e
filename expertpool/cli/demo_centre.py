"""A demonstration's centre that stays: made when ``expertpool run`` starts the first time, found when it starts again.

Beside the installation lie its key holders: var/demo/holders, with a passphrase file each. In earnest a holder's folder
and passphrase are on the holder's own machine and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from expertpool.cli.demo_case import fill_pool
from expertpool.cli.demo_desks import register_accounts
from expertpool.cli.demo_holders import Holder, settle, three_holders
from expertpool.cli.demo_setting import AGO, CENTRE, Places, Setting, staffed
from expertpool.cli.demo_telling import Story
from expertpool.cli.installation import Made, initialise
from expertpool.cli.supervisor import Program
from expertpool.core.clock import FixedClock
from expertpool.core.settings import Settings
from expertpool.custodian.directory import Directory
from ledger.durable import replace_file

SEED: Final = "demo"
EXPERTS: Final = 2_000
PAUSE_S: Final = "1"
SECRET: Final = 0o600


def takes_demo_data(settings: Settings) -> bool:
    """Whether key holders can be made up here: not where the operator has a policy that names others already."""
    policy = settings.ledger.witness_policy
    return policy is not None and not policy.exists()


@contextmanager
def make_centre(settings: Settings, today: datetime, show: Callable[[Made], None]) -> Iterator[Setting]:
    """Make installation, key holders and pool, dated some days ago. Raises what `initialise` raises."""
    made, story, places = initialise(settings, FixedClock(today - AGO), centre=CENTRE), Story(), _places(settings)
    holders = three_holders()
    with staffed(places, settings, made, today=today) as setting:
        story.tell("建立三家密钥保管单位……", "Making three key holders ...")
        settle(setting, holders)
        show(made)
        story.tell(f"写入 {EXPERTS} 位虚构专家……", f"Enrolling {EXPERTS} experts who do not exist ...")
        fill_pool(setting, seed=SEED, experts=EXPERTS, bar=story.bar)
        register_accounts(setting)
        for holder in holders:
            replace_file(_passphrase(places, holder), holder.passphrase.encode(), SECRET)
        yield setting


def agents(settings: Settings, environ: Mapping[str, str], log: Callable[[str], Path]) -> list[Program]:
    """The agents of the key holders that were made here, none where none were; they ask at the web's address of now."""
    places = _places(settings)
    found = []
    for holder in three_holders():
        file = _passphrase(places, holder)
        if file.is_file():
            directory = Directory(places.holder(holder.word))
            directory.write_config(replace(directory.config(), url=settings.service.base_url))
            holder.passphrase = file.read_text()
            found.append(holder.program(directory.path, environ, log(holder.word), pause=PAUSE_S))
    return found


def _places(settings: Settings) -> Places:
    folder = settings.paths.var.absolute() / "demo"
    return Places(folder, settings.ledger.witness_policy or folder / "trust.policy")


def _passphrase(places: Places, holder: Holder) -> Path:
    return places.holders / f"{holder.word}.passphrase"
