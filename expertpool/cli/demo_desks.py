"""What a demonstration's desks have besides sessions: accounts of every role, an employer's other spelling that
waits for a second pair of eyes, a sheet that was sent and not confirmed, and an expert's letter.
"""

from datetime import timedelta
from itertools import islice
from typing import Final

from sqlalchemy import select

from expertpool.cli.demo_setting import Setting, credit_code
from expertpool.core.clock import SystemClock
from expertpool.core.transaction import Transaction
from expertpool.draws.parts import VAULT
from expertpool.experts import organisations, own, uploads
from expertpool.experts.demo_pool import demo_experts
from expertpool.experts.exporting import cells
from expertpool.experts.lifecycle import Origin, Status
from expertpool.experts.mapping import FIELDS
from expertpool.experts.models import Expert
from expertpool.experts.protection import Protector
from expertpool.experts.sheets import csv_text
from expertpool.identity import demo, service
from expertpool.identity.roles import Role
from policies.facts import day_of

EMPLOYER: Final = ("91439999DEM700001", "示范市政设计研究院有限公司")
ALIAS: Final = "示范市政院"
NEW: Final = 40
WRONG: Final = (7, 23)
"""How many are in the sheet, and which rows have a mistake."""
LETTER: Final = "自10月起调入示范市政设计研究院（单位证明 2026-15 号），请更正工作单位，以便回避。（演示）"


def register_accounts(setting: Setting) -> None:
    """An account of every role that signs in, so that no desk is empty-handed."""
    for role in demo.roles():
        if role not in setting.actors:
            setting.actors[role] = setting.act_as(
                Role.SECURITY_ADMINISTRATOR,
                setting.past,
                lambda tx, role=role: service.register_actor(  # type: ignore[misc]  # the role of this turn
                    tx, code=role.value, role=role, centre_id=setting.centre_id
                ),
            ).id


def sheet_of_newcomers(seed: str, after: int) -> bytes:
    """The seed's next experts as somebody would send them: two rows have a mistake, one a penalty."""
    rows = [cells(identity, facts) for identity, facts in islice(demo_experts(seed, after + NEW), after, None)]
    columns = list(FIELDS)
    rows[WRONG[0]][columns.index("claims")] = "A9999"
    rows[WRONG[1]][columns.index("area")] = "长沙"
    return csv_text([[titles[0] for titles in FIELDS.values()], *rows]).encode("utf-8-sig")


def leave_waiting(setting: Setting, sheet: bytes) -> None:
    """What waits for the pool's managers: another spelling to approve, a sheet to confirm, a letter of yesterday."""

    def spelling(tx: Transaction) -> None:
        code, name = EMPLOYER
        employer = organisations.register(tx, centre_id=setting.centre_id, code=credit_code(code[:17]), name=name)
        organisations.propose_alias(tx, employer.id, ALIAS)

    def letter(tx: Transaction) -> None:
        own_pool = (Expert.origin == Origin.OWN, Expert.status == Status.ENROLLED)
        expert = tx.session.scalars(select(Expert.id).where(*own_pool).order_by(Expert.id).limit(1)).one()
        yesterday = day_of(tx.now) - timedelta(days=1)
        own.ask_correction(tx, Protector(setting.keys), expert, LETTER, yesterday)

    def send(tx: Transaction) -> None:
        uploads.send(tx, setting.keys, setting.pool, suffix=".csv", data=sheet)

    setting.act_as(Role.POOL_MANAGER, SystemClock(), spelling)
    setting.act_as(Role.POOL_MANAGER, SystemClock(), send)
    setting.act(VAULT, SystemClock(), letter)
