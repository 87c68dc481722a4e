"""An installation with a centre, its people and keys, and made-up experts, for tests of the pool."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from stdnum.cn import ric, uscc

from expertpool.core.clock import FixedClock
from expertpool.core.keyrings import EXPERTS_INDEX_KEY, EXPERTS_KEY
from expertpool.core.keystore import EnvironmentKeyStore, KeyStore
from expertpool.core.ledger_store import SqlLog
from expertpool.core.transaction import DISCLOSURE_KEY, Transaction, Transactions
from expertpool.experts import service
from expertpool.experts.lifecycle import Origin, Pool, Verb
from expertpool.experts.protection import Identity, Protector
from expertpool.identity import service as identity_service
from expertpool.identity.models import CentreKind
from expertpool.identity.roles import Role
from policies.facts import Claim, Degree, Employment, Expert, Title, Unit
from tests.core.ledgered import make_office

START = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
TODAY = date(2026, 11, 21)
CODES = ("A010101", "A010102", "A010103", "B0101")


def made_keys(*names: str) -> KeyStore:
    """A key store with secret keys of these names, the same in every run."""
    seeds = {name: base64.b64encode(hashlib.sha256(name.encode()).digest()).decode() for name in names}
    return EnvironmentKeyStore(
        {f"EXPERTPOOL_KEY_{name.upper().replace('-', '_')}": f"secret-32:test:{seed}" for name, seed in seeds.items()}
    )


def id_number(serial: int, born: date = date(1970, 3, 5), district: str = "430121") -> str:
    """A well-formed identity number of nobody."""
    digits = f"{district}{born:%Y%m%d}{serial:03}"
    return digits + ric.calc_check_digit(digits + "0")


def credit_code(serial: int) -> str:
    """A well-formed unified social credit code of nobody."""
    body = f"91430100MA4L{serial:05}"
    return body + uscc.calc_check_digit(body)


def person(serial: int = 1, **values: Any) -> Identity:
    """A made-up person; equal serials are the same person."""
    given = {
        "name": f"张三{serial}",
        "id_number": id_number(serial % 1000, date(1960, 1, 1) + timedelta(days=serial // 1000)),
        "phone": f"138{serial:08}",
        "account": f"62220212{serial:011}",
    }
    return Identity(**{**given, **values})


def known_facts(serial: int = 1, **values: Any) -> Expert:
    """What is known of a made-up expert."""
    employer = Unit(f"湖南第{serial % 50}设计院", credit_code(serial % 50))
    facts = Expert(
        practice_since=date(2000, 1, 1),
        title=Title.SENIOR,
        degree=Degree.MASTER,
        area="430100",
        claims=(Claim("A010101"),),
        penalties=(),
        employments=(Employment(employer, date(2001, 1, 1)),),
        directorships=(),
        shareholdings=(),
        kinships=(),
        interests=(),
    )
    return facts._replace(**values)


@dataclass
class PoolOffice:
    """One installation: a prefecture's centre, a second one beside it, an account for each role that matters."""

    engine: Engine
    transactions: Transactions
    clock: FixedClock
    keys: KeyStore
    centre: str = ""
    branch: str = ""
    actors: dict[str, str] = field(default_factory=dict)

    @property
    def protector(self) -> Protector:
        return Protector(self.keys)

    @property
    def pool(self) -> Pool:
        return Pool(self.centre, Origin.OWN)

    @property
    def log(self) -> SqlLog:
        return SqlLog(self.engine)

    @property
    def size(self) -> int:
        return self.log.head().size

    @contextmanager
    def act(self, who: str = "pool-manager") -> Iterator[Transaction]:
        with self.transactions.begin(self.actors.get(who, who)) as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            yield session

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span))

    def apply(self, serial: int = 1, *, identity: Identity | None = None, facts: Expert | None = None) -> str:
        with self.act() as tx:
            return service.apply(
                tx,
                self.protector,
                pool=self.pool,
                identity=identity or person(serial),
                facts=facts or known_facts(serial),
                ground="申请表",
            ).expert_id

    def step(self, expert_id: str, verb: Verb, who: str = "competent-department", until: date | None = None) -> None:
        with self.act(who) as tx:
            service.take_step(tx, self.protector, expert_id, verb, ground=f"文号 {verb}", until=until)

    def enrol(self, serial: int = 1, **values: Any) -> str:
        expert_id = self.apply(serial, **values)
        self.step(expert_id, Verb.REVIEW, "pool-manager")
        self.step(expert_id, Verb.ENROL)
        return expert_id


def make_pool(url: str, directory: Path, keys: Callable[..., KeyStore] = made_keys) -> PoolOffice:
    """A fresh installation on an empty database."""
    clock = FixedClock(START)
    made = make_office(url, directory, clock)
    store = keys(DISCLOSURE_KEY, EXPERTS_KEY, EXPERTS_INDEX_KEY)
    office = PoolOffice(made.engine, Transactions(made.engine, clock, store), clock, store)
    with office.act("svc:setup") as tx:
        founding = identity_service.found(tx, code="cs", name_zh="长沙市中心", name_en="Changsha")
    office.centre = founding.centre.id
    office.actors = {actor.role.value: actor.id for actor, _ in founding.administrators}
    with office.act(Role.SYSTEM_ADMINISTRATOR) as tx:
        branch = identity_service.open_centre(
            tx,
            code="ly",
            name_zh="浏阳分中心",
            name_en="Liuyang",
            kind=CentreKind.COUNTY_BRANCH,
            parent_id=office.centre,
        )
        office.branch = branch.id
    with office.act(Role.SECURITY_ADMINISTRATOR) as tx:
        for role in (Role.POOL_MANAGER, Role.COMPETENT_DEPARTMENT, Role.CENTRE_STAFF, Role.SUPERVISOR):
            actor = identity_service.register_actor(tx, code=role.value, role=role, centre_id=office.centre)
            office.actors[role.value] = actor.id
        for code, centre in (("second-manager", office.centre), ("branch-manager", office.branch)):
            role = Role.POOL_MANAGER
            office.actors[code] = identity_service.register_actor(tx, code=code, role=role, centre_id=centre).id
    return office
