"""A broken chain starts again only when somebody says so; whoever comes late stops."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from expertpool.core.reconcile import reconcile
from expertpool.experts import mirror, mirror_changes, queries
from expertpool.experts import mirror_errors as errors
from expertpool.experts.errors import GroundMissing
from expertpool.experts.mirror_format import HeadKind
from expertpool.experts.mirror_queries import mirror_head
from expertpool.identity.errors import NotPermitted
from ledger.canonical import parse
from tests.experts.pool import TODAY, PoolOffice
from tests.experts.province import Province, apply, member, mirrored, refused, register, signed, signer

DAY = timedelta(days=1)


@pytest.fixture
def office(sqlite_office: PoolOffice) -> PoolOffice:
    return sqlite_office


@pytest.fixture
def province(office: PoolOffice) -> Province:
    """A province two of whose files are applied."""
    register(office)
    province = Province()
    province.put(*(member(serial) for serial in range(1, 5)))
    apply(office, province.next())
    province.put(member(5))
    apply(office, province.next())
    return province


def restart(office: PoolOffice, who: str = "competent-department", reason: str = "省库丢失第 3 号") -> None:
    with office.act(who) as tx:
        mirror.restart(tx, office.centre, reason=reason)


def test_a_broken_chain_starts_again_only_when_somebody_says_so(office: PoolOffice, province: Province) -> None:
    province.put(member(6))
    province.next()  # lost
    province.drop(1)
    full = province.next(full=True)
    refused(office, full, errors.SequenceMissing)
    restart(office)
    with office.reading() as session:
        assert mirror_head(session, office.centre) is None  # nobody is drawn meanwhile
    refused(office, signed(full, kind=HeadKind.INCREMENTAL), errors.FullNeeded)
    refused(office, signed(full, day=TODAY - DAY), errors.DayBack)
    refused(office, province.sent[0], errors.DeltaRepeated)
    apply(office, full)
    with office.reading() as session:
        head = mirror_head(session, office.centre)
        assert head is not None
        assert (head.sequence, head.position) == (4, 3)
        assert len(queries.live_roster(session, mirrored(office))) == 5
    refused(office, signed(full, sequence=3), errors.DeltaStale)
    apply(office, province.next())


def test_a_restart_may_change_the_source_and_begin_to_count_anew(office: PoolOffice, province: Province) -> None:
    other = Province(signer(9, "other-province"))
    register(office, other.signer)
    other.roster = dict(province.roster)
    restart(office)
    assert apply(office, other.next()).sequence == 1
    refused(office, province.next(full=True), errors.OtherSource)


def test_who_may_end_a_chain_and_with_what_reason(office: PoolOffice, province: Province) -> None:
    for role in ("pool-manager", "centre-staff", "supervisor", "act_nobody"):
        with pytest.raises(NotPermitted):
            restart(office, role)
    with pytest.raises(GroundMissing):
        restart(office, reason="")
    restart(office)
    with pytest.raises(errors.NothingMirrored):
        restart(office)
    body = parse(office.log.entries(office.size - 1, office.size)[0])["body"]
    assert (body["centre"], body["sequence"]) == (office.centre, 2)
    assert "省库丢失第 3 号" not in str(body)


def test_where_nothing_is_mirrored_nothing_ends(office: PoolOffice) -> None:
    with pytest.raises(errors.NothingMirrored):
        restart(office)
    with office.act("competent-department") as tx, pytest.raises(NotPermitted):
        mirror.restart(tx, "ctr_none", reason="x")


def test_a_process_that_comes_late_stops(
    office: PoolOffice, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process applies the same file and the next one while this one is between two acts."""
    province.put(member(1, area="430200"), member(2, area="430200"))
    third = province.next()
    province.put(member(1))
    fourth = province.next()
    prepare: Callable[..., Any] = mirror_changes.prepare_changes

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        prepared = prepare(*args, **kwargs)
        monkeypatch.setattr(mirror, "prepare_changes", prepare)
        apply(office, third)
        apply(office, fourth)
        return prepared

    monkeypatch.setattr(mirror, "prepare_changes", overtaken)
    with pytest.raises(errors.MirrorMoved):
        apply(office, third)
    with office.reading() as session:
        head = mirror_head(session, office.centre)
        assert head is not None
        assert head.sequence == 4
    assert reconcile(office.engine) == []
