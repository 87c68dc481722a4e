"""The verbs of identity: what they record, and what they refuse whoever asks."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertpool.core.ledger_store import SqlLog
from expertpool.core.ledger_tables import LedgerEntry
from expertpool.core.reconcile import reconcile
from expertpool.core.transaction import DISCLOSURE_KEY, disclosures_context
from expertpool.identity import errors, service
from expertpool.identity.models import Actor, Centre, CentreKind
from expertpool.identity.roles import ADMINISTRATORS, Role
from ledger.disclosure import parse_disclosure
from tests.website import Website

NAMES = {"name_zh": "岳麓分中心", "name_en": "Yuelu branch"}


def open_branch(site: Website, *, code: str = "yuelu", by: str | None = None, parent: str | None = None) -> Centre:
    with site.service.transactions.begin(by or site.actors[Role.SYSTEM_ADMINISTRATOR].id) as tx:
        return service.open_centre(
            tx, code=code, **NAMES, kind=CentreKind.COUNTY_BRANCH, parent_id=parent or site.centre.id
        )


def register(
    site: Website,
    *,
    by: str | None = None,
    code: str = "wang",
    role: Role = Role.CENTRE_STAFF,
    centre: str | None = None,
) -> Actor:
    with site.service.transactions.begin(by or site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        return service.register_actor(tx, code=code, role=role, centre_id=centre or site.centre.id)


def bodies(site: Website) -> list[tuple[str, dict[str, object]]]:
    entries = [json.loads(data) for data in SqlLog(site.service.engine).entries(0, 100)]
    return [(entry["kind"], entry["body"]) for entry in entries]


def test_founding_opens_a_centre_with_three_administrators(either_site: Website) -> None:
    recorded = bodies(either_site)
    assert [kind for kind, _ in recorded] == ["centre.opened", *3 * ["actor.registered"], *3 * ["token.issued"]]
    assert [body["role"] for kind, body in recorded if kind == "actor.registered"] == [
        role.value for role in ADMINISTRATORS
    ]
    assert reconcile(either_site.service.engine) == []


def test_founding_happens_once(site: Website) -> None:
    with pytest.raises(errors.AlreadyFounded), site.service.transactions.begin("svc:init") as tx:
        service.found(tx, code="again", **NAMES)


def test_entries_show_identifiers_and_hide_names(either_site: Website) -> None:
    branch = open_branch(either_site)
    actor = register(either_site, code="zhang-san")
    with either_site.service.transactions.begin(either_site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx:
        service.retire_actor(tx, actor.id, reason="moved to 长沙")
    entries = SqlLog(either_site.service.engine).entries(0, 100)
    everything = b"".join(entries).decode()
    assert branch.id in everything
    assert actor.id in everything
    for hidden in ("岳麓", "Yuelu", "yuelu", "zhang-san", "csggzy", "长沙", "moved"):
        assert hidden not in everything


def test_what_is_hidden_can_be_opened_with_the_key(site: Website) -> None:
    open_branch(site)
    with Session(site.service.engine) as session:
        entry = session.scalars(select(LedgerEntry).order_by(LedgerEntry.index.desc())).first()
    assert entry is not None
    assert entry.sealed is not None
    opened = json.loads(site.service.keys.open(DISCLOSURE_KEY, entry.sealed, disclosures_context(entry.index)))
    shown = {(found := parse_disclosure(text)).name: found.value for text in opened}
    assert shown == {"code": "yuelu", **NAMES}


@pytest.mark.parametrize(
    ("kind", "parent_kind"),
    [
        (CentreKind.PREFECTURE, CentreKind.PREFECTURE),
        (CentreKind.COUNTY_BRANCH, CentreKind.COUNTY_BRANCH),
        (CentreKind.COUNTY_BRANCH, CentreKind.SUB_SITE),
        (CentreKind.SUB_SITE, CentreKind.SUB_SITE),
    ],
)
def test_a_centre_has_its_place(site: Website, kind: CentreKind, parent_kind: CentreKind) -> None:
    system = site.actors[Role.SYSTEM_ADMINISTRATOR].id
    parent = site.centre.id
    if parent_kind is not CentreKind.PREFECTURE:
        with site.service.transactions.begin(system) as tx:
            parent = service.open_centre(tx, code="parent", **NAMES, kind=parent_kind, parent_id=site.centre.id).id
    with pytest.raises(errors.WrongPlace), site.service.transactions.begin(system) as tx:
        service.open_centre(tx, code="child", **NAMES, kind=kind, parent_id=parent)


def test_a_sub_site_stands_below_either(site: Website) -> None:
    branch = open_branch(site)
    for code, parent in (("one", site.centre.id), ("two", branch.id)):
        with site.service.transactions.begin(site.actors[Role.SYSTEM_ADMINISTRATOR].id) as tx:
            opened = service.open_centre(tx, code=code, **NAMES, kind=CentreKind.SUB_SITE, parent_id=parent)
        assert opened.parent_id == parent


def test_a_code_is_taken_once(either_site: Website) -> None:
    register(either_site)
    with pytest.raises(errors.CodeTaken) as refused:
        register(either_site)
    assert refused.value.field == "code"
    assert reconcile(either_site.service.engine) == []


def test_of_two_at_once_one_gets_the_code(either_site: Website) -> None:
    def attempt(_: int) -> bool:
        try:
            register(either_site)
        except errors.CodeTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SECURITY_ADMINISTRATOR])
def test_only_the_security_administrator_grants_roles(site: Website, role: Role) -> None:
    if role is not Role.EXPERT:
        site.token(role)
        with pytest.raises(errors.NotPermitted):
            register(site, by=site.actors[role].id)
    for nobody in ("svc:init", "svc:worker", "act_nobody"):
        with pytest.raises(errors.NotPermitted):
            register(site, by=nobody)


def test_nobody_retires_themselves(site: Website) -> None:
    security = site.actors[Role.SECURITY_ADMINISTRATOR].id
    with pytest.raises(errors.NotPermitted), site.service.transactions.begin(security) as tx:
        service.retire_actor(tx, security, reason="holiday")


def test_a_retired_account_stays_retired_and_does_nothing(site: Website) -> None:
    security = site.actors[Role.SECURITY_ADMINISTRATOR].id
    system = site.actors[Role.SYSTEM_ADMINISTRATOR].id
    with site.service.transactions.begin(security) as tx:
        retired = service.retire_actor(tx, system, reason="left")
    assert (retired.active, retired.token_hash) == (False, None)
    with pytest.raises(errors.NotPermitted):
        open_branch(site)
    for again in (
        lambda tx: service.retire_actor(tx, system, reason="left"),
        lambda tx: service.issue_token(tx, system),
    ):
        with pytest.raises(errors.AlreadyRetired), site.service.transactions.begin(security) as tx:
            again(tx)


def test_a_branch_looks_after_itself_and_not_after_its_parent(site: Website) -> None:
    branch = open_branch(site)
    theirs = register(site, code="branch-security", role=Role.SECURITY_ADMINISTRATOR, centre=branch.id)
    assert register(site, by=theirs.id, code="li", centre=branch.id).centre_id == branch.id
    with pytest.raises(errors.NotPermitted):
        register(site, by=theirs.id, code="zhao")
    with pytest.raises(errors.NotPermitted), site.service.transactions.begin(theirs.id) as tx:
        service.issue_token(tx, site.actors[Role.SECURITY_ADMINISTRATOR].id)


def test_what_does_not_exist_is_refused_like_what_is_out_of_reach(site: Website) -> None:
    with pytest.raises(errors.NotPermitted):
        open_branch(site, parent="ctr_nowhere")
    with (
        pytest.raises(errors.NotPermitted),
        site.service.transactions.begin(site.actors[Role.SECURITY_ADMINISTRATOR].id) as tx,
    ):
        service.issue_token(tx, "act_nobody")


def test_experts_have_no_account_here(site: Website) -> None:
    with pytest.raises(errors.ExpertsElsewhere):
        register(site, role=Role.EXPERT)


def test_one_may_renew_ones_own_token_and_no_others(site: Website) -> None:
    one, other = register(site, code="one"), register(site, code="other")
    with site.service.transactions.begin(one.id) as tx:
        token = service.issue_token(tx, one.id)
    assert base64.urlsafe_b64decode(token.secret + "=")
    with pytest.raises(errors.NotPermitted), site.service.transactions.begin(one.id) as tx:
        service.issue_token(tx, other.id)
