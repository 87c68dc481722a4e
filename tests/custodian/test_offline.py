"""A set of holders opens a committee with nothing but their own directories; what they open is remembered and told."""

from datetime import timedelta
from typing import Any

import pytest

from expertpool.custodian import errors, offline_errors
from expertpool.custodian.offline import Turn, take_turn
from expertpool.custodian.status import status
from expertpool.protocol.committee import Shares, parse_shares
from tests.custodian.seated import DRAW, NAMES, Seated
from tests.custodian.village import DAY, PASSPHRASE, STEP, Neighbour, Village
from tests.sealing.world import World


@pytest.fixture
def seated(village: Village) -> Seated:
    """Everybody has the committee, and its moment has come."""
    seated = Seated(village)
    seated.give_all()
    village.world.clock.advance(seated.starts - village.world.clock.now())
    return seated


def turn(seated: Seated, holder: Neighbour, shares: bytes | None = None, **changes: Any) -> Turn:
    with holder.directory.keys(PASSPHRASE) as keys:
        return take_turn(
            holder.directory,
            keys,
            changes.get("now", seated.village.world.clock.now()),
            draw=changes.get("draw", DRAW),
            shares=shares,
            reason="中心断电",
        )


def openings(holder: Neighbour) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = status(holder.directory)["openings"]
    return found


@pytest.mark.parametrize("members", [(0, 1), (0, 2), (1, 2)], ids=str)
def test_every_set_opens_the_names(seated: Seated, members: tuple[int, int]) -> None:
    first, last = (seated.holders[number] for number in members)
    assert (first.holder.id, last.holder.id) in seated.sealed_to.sets
    begun = turn(seated, first)
    assert begun.names == {}
    assert last.organisation in begun.waits_for
    done = turn(seated, last, begun.shares.to_bytes())
    assert {seat: record["name"] for seat, record in done.names.items()} == NAMES
    assert done.waits_for == ()


def test_a_holder_that_has_no_file_of_its_own_can_go_on(seated: Seated) -> None:
    first, last, _ = seated.holders
    for file in last.directory.committees.folder.iterdir():
        file.unlink()
    with pytest.raises(offline_errors.CommitteeUnknown):
        turn(seated, last)
    assert turn(seated, last, turn(seated, first).shares.to_bytes()).names.keys() == NAMES.keys()


def test_nothing_is_opened_before_its_moment_by_the_holders_own_clock(seated: Seated) -> None:
    first, last, _ = seated.holders
    early = seated.starts - timedelta(microseconds=1)
    with pytest.raises(errors.TooEarly) as refused:
        turn(seated, first, now=early)
    assert refused.value.entry == seated.intent
    begun = turn(seated, first, now=seated.starts).shares.to_bytes()
    with pytest.raises(errors.TooEarly):  # each by its own clock
        turn(seated, last, begun, now=early)


def test_a_clock_that_was_set_back_opens_nothing(seated: Seated) -> None:
    first, seen = seated.holders[0], seated.village.world.clock.now()
    seated.village.round()  # the agent notes the time
    with pytest.raises(errors.ClockWentBack):
        turn(seated, first, now=seen - DAY)


def test_out_of_turn_it_says_who_can_begin(seated: Seated) -> None:
    first, second, last = seated.holders
    with pytest.raises(offline_errors.NotMyTurn) as refused:
        turn(seated, last)
    assert first.organisation in refused.value.next
    assert second.organisation in refused.value.next
    assert openings(last) == []


def test_one_holder_twice_is_no_set(seated: Seated) -> None:
    first = seated.holders[0]
    with pytest.raises(offline_errors.NotMyTurn):
        turn(seated, first, turn(seated, first).shares.to_bytes())


def test_a_file_of_another_draw_is_refused(seated: Seated) -> None:
    first, last, _ = seated.holders
    begun = turn(seated, first).shares.to_bytes()
    with pytest.raises(offline_errors.WrongDraw):
        turn(seated, last, begun, draw="drw_2")
    with pytest.raises(offline_errors.CommitteeUnknown):
        turn(seated, first, draw="drw_2")


def test_an_altered_file_is_refused(seated: Seated) -> None:
    first, last, _ = seated.holders
    begun = turn(seated, first).shares
    file = begun.to_bytes()
    for broken in (b"", file[:-1], file.replace(b'"position":0', b'"position":1', 1), b"[]"):
        with pytest.raises(offline_errors.SharesUnreadable):
            turn(seated, last, broken)
    at, share = next(iter(begun.given.items()))
    spoilt = Shares(begun.committee, {**begun.given, at: share[:-1] + bytes([share[-1] ^ 1])})
    with pytest.raises(offline_errors.SharesUnreadable):
        turn(seated, last, spoilt.to_bytes())
    assert openings(last) == []


def test_a_record_that_is_not_the_committees_is_refused(seated: Seated) -> None:
    """Another record under a seat, a seat that the draw does not have, a record whose member was replaced."""
    first, last, _ = seated.holders
    committee = seated.holders[0].directory.committees.read(DRAW)
    assert committee is not None
    records = dict(committee.records)
    foreign = [
        {**records, "AB12": seated.seal("AB12")},
        {**records, "ZZ99": seated.seal("ZZ99", "某人")},
        {"AB12": records["CD34"], "CD34": records["AB12"]},
    ]
    for each in foreign:
        altered = Shares(type(committee)(DRAW, committee.intent, committee.meeting, each))
        with pytest.raises(offline_errors.SeatForeign):
            turn(seated, first, altered.to_bytes())
    begun = turn(seated, first).shares.to_bytes()
    seated.refill("AB12")
    seated.village.round()
    seated.village.round()
    with pytest.raises(offline_errors.SeatForeign) as refused:
        turn(seated, last, begun)
    assert refused.value.seat == "AB12"


def test_a_false_vacancy_past_the_cap_opens_nothing_and_the_entry_is_named(seated: Seated) -> None:
    entry = seated.vacate("AB12", 21)
    seated.village.round()
    seated.village.round()
    with pytest.raises(errors.VacancyPastCap) as refused:
        turn(seated, seated.holders[0])
    assert refused.value.entry == entry


def test_retired_keys_open_nothing(seated: Seated) -> None:
    from expertpool.identity.roles import Role
    from expertpool.sealing.service import retire_holder

    world: World = seated.village.world
    holder = seated.holders[0]
    world.as_(Role.SECURITY_ADMINISTRATOR, lambda tx: retire_holder(tx, holder.holder.id, reason="密钥遗失"))
    seated.village.sign()
    world.clock.advance(STEP)
    holder.agent.round()
    with pytest.raises(offline_errors.NotRegistered):
        turn(seated, holder)


def test_an_opening_is_remembered_shown_and_recorded_once_the_centre_is_back(seated: Seated) -> None:
    first, last, _ = seated.holders
    turn(seated, last, turn(seated, first).shares.to_bytes())
    for holder, names in ((first, False), (last, True)):
        [opening] = openings(holder)
        assert (opening["told"], opening["names"], opening["draw"]) == (False, names, DRAW)
        assert opening["reason"] == "中心断电"
    seated.village.round()
    seated.village.round()
    recorded = [entry for entry in seated.village.world.entries() if entry["kind"] == "holder.opened-offline"]
    shown = {(each["body"]["holder"], each["body"]["names"], tuple(each["body"]["seats"])) for each in recorded}
    assert shown == {(first.holder.id, False, tuple(NAMES)), (last.holder.id, True, tuple(NAMES))}
    assert "中心断电" not in str(recorded)
    assert all(openings(holder)[0]["told"] for holder in (first, last))
    assert len(recorded) == 2  # told once each, though there were two rounds


def test_what_is_handed_on_is_what_was_remembered(seated: Seated) -> None:
    """A turn that fails is no opening; one that succeeds is on record before its file is written by anybody."""
    first = seated.holders[0]
    begun = turn(seated, first)
    assert parse_shares(begun.shares.to_bytes()).committee.records.keys() == NAMES.keys()
    assert len(openings(first)) == 1
