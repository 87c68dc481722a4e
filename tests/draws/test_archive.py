"""At the close names go to the archive; then the vault destroys its copies, and nothing that needed them is lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from expertpool.core.reconcile import reconcile
from expertpool.draws import errors, exporting
from expertpool.draws.archiving import RETRY, has_archive, unarchived
from expertpool.draws.models import Release, ReleaseState, WorkingCopy
from expertpool.draws.releasing import releases_of
from expertpool.identity.errors import NotPermitted
from expertpool.identity.roles import Role
from expertpool.protocol.release import open_package
from expertpool.sealing.recipients import ARCHIVE, retire_recipient
from policies.facts import Audience
from tests.draws.dying_vault import LEASE, dies
from tests.draws.release_world import ReleaseWorld
from tests.draws.scenes import sits
from tests.draws.test_release import founded
from tests.sealing.world import private_opener


@pytest.fixture
def archived(sqlite_url: str, tmp_path: Path) -> Iterator[ReleaseWorld]:
    with founded(sqlite_url, tmp_path, special=(ARCHIVE,)) as world:
        yield world


def copies(world: ReleaseWorld) -> int:
    with world.world.session() as session:
        return session.scalar(select(func.count()).where(WorkingCopy.draw_id == world.draw.id)) or 0


def releases(world: ReleaseWorld) -> list[Release]:
    with world.world.session() as session:
        return releases_of(session, world.draw.id)


def test_history_is_read_with_the_archives_key_after_every_holder_lost_its_own(archived: ReleaseWorld) -> None:
    everyone = sits(archived.world, archived.draw)
    archived.close()
    archived.open()
    [release] = releases(archived)
    assert (release.audience, release.state, release.asked_by) == (ARCHIVE, ReleaseState.RELEASED, None)
    for holder in archived.holders:
        holder.agent.silent = True
    package = archived.package(release, Role.AUDITOR)
    found = open_package(package, private_opener(archived.private[ARCHIVE]))  # the archive's key, and nothing else
    assert {each["seat"]: each["expert"] for each in found} == everyone
    assert reconcile(archived.world.site.service.engine) == []


def test_the_vaults_copies_are_destroyed_once_the_archive_has_the_names(archived: ReleaseWorld) -> None:
    assert copies(archived) > 0
    archived.close()
    while archived.vault.step():
        pass
    assert copies(archived) > 0, "the archive does not have the names yet"
    archived.open()
    assert copies(archived) == 0
    assert [each.audience for each in releases(archived)] == [ARCHIVE]
    for _ in range(3):  # and nothing more is done about it
        archived.open()
    assert [each.audience for each in releases(archived)] == [ARCHIVE]


@pytest.mark.parametrize("audit", [False, True], ids=["public", "audit"])
def test_the_bundle_is_the_same_without_the_copies(
    sqlite_url: str,
    tmp_path: Path,
    audit: bool,  # noqa: FBT001 -- told by its name
) -> None:
    """Who took which row is computed again, vacancies too: this draw had one."""
    with founded(sqlite_url, tmp_path, special=(ARCHIVE,)) as world:
        world.close()
        parts = world.world.parts()
        before = exporting.export(parts, world.draw.id, audit=audit).openings
        assert copies(world) > 0
        world.open()
        assert copies(world) == 0
        assert exporting.export(parts, world.draw.id, audit=audit).openings == before


def test_other_audiences_are_served_after_the_copies_are_gone(archived: ReleaseWorld) -> None:
    everyone = sits(archived.world, archived.draw)
    archived.close()
    archived.open()
    release = archived.ask(Audience.SUPERVISOR)
    archived.open()
    assert archived.names(release, Audience.SUPERVISOR) == everyone


def test_without_an_archive_nothing_is_destroyed(sqlite_url: str, tmp_path: Path) -> None:
    with founded(sqlite_url, tmp_path) as world:
        world.close()
        world.open()
        assert (releases(world), copies(world) > 0) == ([], True)
        with world.world.session() as session:
            assert (unarchived(session), has_archive(session)) == ([world.draw.id], False)


def test_a_retired_archive_is_none(archived: ReleaseWorld) -> None:
    key = archived.keys[ARCHIVE]
    archived.world.sealing.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: retire_recipient(tx, key.id, reason="更换"))
    archived.close()
    archived.open()
    assert (releases(archived), copies(archived) > 0) == ([], True)


def test_where_no_holder_answers_it_is_asked_again_later_and_not_at_once(archived: ReleaseWorld) -> None:
    for holder in archived.holders:
        holder.agent.silent = True
    archived.close()
    step = timedelta(seconds=archived.world.site.service.settings.draws.step_seconds + 1)
    for _ in range(6):
        archived.open(rounds=2)
        archived.world.clock.advance(step)
    assert [each.state for each in releases(archived)] == [ReleaseState.UNANSWERED]
    assert copies(archived) > 0
    archived.world.clock.advance(RETRY)
    for holder in archived.holders:
        holder.agent.silent = False
    archived.open()
    assert [each.state for each in releases(archived)] == [ReleaseState.UNANSWERED, ReleaseState.RELEASED]
    assert copies(archived) == 0


def test_nobody_asks_for_the_archive_by_hand(archived: ReleaseWorld) -> None:
    archived.close()
    for role in set(Role) - {Role.EXPERT, Role.AUDITOR}:
        with pytest.raises(NotPermitted):
            archived.ask(ARCHIVE, role)
    with pytest.raises(errors.ReleaseNotRuled):
        archived.ask(ARCHIVE, Role.AUDITOR)


def test_only_the_archives_desk_downloads(archived: ReleaseWorld) -> None:
    archived.close()
    archived.open()
    [release] = releases(archived)
    for role in (Role.SUPERVISOR, Role.CENTRE_STAFF, Role.INITIATOR, Role.FINANCE, Role.AUDIT_ADMINISTRATOR):
        with pytest.raises(errors.NoSuchRelease):
            archived.package(release, role)


def test_a_vault_that_dies_while_it_destroys_the_copies_goes_on(archived: ReleaseWorld) -> None:
    archived.close()
    while not any("sealed" in each for holder in archived.holders for each in holder.given):
        archived.open(rounds=1)
    assert dies(archived.world, "release.copies-destroyed")
    assert copies(archived) > 0
    archived.world.clock.advance(2 * LEASE)
    archived.vault = archived.world.vault()
    archived.open()
    assert copies(archived) == 0
    assert reconcile(archived.world.site.service.engine) == []
