"""A committee file opens for every authorised set of its holders, whatever else they do, and for nobody less."""

from collections.abc import Iterable, Mapping
from itertools import combinations, permutations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expertpool.protocol.committee import (
    Committee,
    Meeting,
    Place,
    Shares,
    parse_committee,
    parse_shares,
    peel,
    read_meeting,
)
from expertpool.protocol.envelope import About, Envelope, Holders, open_with, quorums, seal_to_holders
from expertpool.protocol.errors import EnvelopeBroken, Malformed
from ledger.canonical import canonical, parse

NAMES = {"AB12": "甲", "CD34": "乙"}
POLICIES: dict[str, tuple[int, int, frozenset[str]]] = {
    "2 of 3": (3, 2, frozenset({"khd_1", "khd_2"})),
    "3 of 5": (5, 3, frozenset({"khd_2", "khd_3", "khd_4"})),
    "2 of 5": (5, 2, frozenset({"khd_3", "khd_4"})),
    "3 of 3": (3, 3, frozenset({"khd_2"})),
}


class Case:
    """A committee of two seats, sealed by one of the policies."""

    def __init__(self, policy: str = "2 of 3") -> None:
        count, least, outside = POLICIES[policy]
        self.private = {f"khd_{number}": X25519PrivateKey.generate() for number in range(count)}
        self.sets = quorums(list(self.private), least, outside)
        keys = {name: private.public_key().public_bytes_raw() for name, private in self.private.items()}
        self.holders = Holders(keys, self.sets)
        records = {seat: self.seal(seat) for seat in NAMES}
        self.committee = Committee("drw_1", 7, Meeting("2026-11-22T01:00:00Z", ("三楼",)), records)

    def seal(self, seat: str, purpose: str = "record") -> Envelope:
        about = About("drw_1", bytes(32), purpose, seat, bytes(32), "2026-11-22T01:00:00Z")
        return seal_to_holders(canonical({"name": NAMES[seat], "seat": seat}), about, self.holders)

    def turn(self, shares: Shares, holder: str) -> tuple[Shares, Mapping[str, Any]]:
        """A holder's turn, over the bytes that it is handed."""
        done = peel(
            parse_shares(shares.to_bytes()), holder, lambda text, info: open_with(self.private[holder], text, info)
        )
        return done.shares, done.names

    def turns(self, holders: Iterable[str]) -> Mapping[str, Any]:
        """All of them after each other; the names, if they came out."""
        shares = Shares(self.committee)
        names: Mapping[str, Any] = {}
        for holder in holders:
            shares, names = self.turn(shares, holder)
            if names:
                break
        return names


@pytest.mark.parametrize("policy", POLICIES)
def test_every_authorised_set_opens_and_every_other_subset_fails(policy: str) -> None:
    case = Case(policy)
    everyone = list(case.private)
    assert case.sets
    for size in range(len(everyone) + 1):
        for some in combinations(everyone, size):
            opened = case.turns(some)
            authorised = any(set(each) <= set(some) for each in case.sets)
            assert bool(opened) == authorised, some
            if opened:
                assert {seat: record["name"] for seat, record in opened.items()} == NAMES


@pytest.mark.parametrize("policy", POLICIES)
def test_a_set_opens_in_its_own_order_only(policy: str) -> None:
    """Who comes too early finds nothing to open; once the order comes round, the names come out."""
    case = Case(policy)
    for members in case.sets:
        for order in permutations(members):
            assert bool(case.turns(order)) == (order == members)
        assert case.turns([*reversed(members)] * len(members))


@pytest.mark.parametrize("policy", POLICIES)
def test_no_subset_below_a_quorum_can_open_a_record_with_all_that_it_ever_saw(policy: str) -> None:
    """Not only by the file's rules: with every share that a subset has, no key of a record comes out."""
    case = Case(policy)
    for size in range(len(case.sets[0])):
        for some in combinations(case.private, size):
            shares = Shares(case.committee)
            for holder in some:
                shares, names = case.turn(shares, holder)
                assert names == {}
            for record in case.committee.records.values():
                for share in shares.given.values():
                    with pytest.raises(EnvelopeBroken):
                        record.content(share)


def test_it_says_who_can_go_on() -> None:
    case = Case()
    begun = Shares(case.committee)
    assert begun.next_ones() == {"khd_0", "khd_1"}  # of the sets 01, 02, 12
    shares, _ = case.turn(begun, "khd_0")
    assert shares.next_ones() == {"khd_1", "khd_2"}
    unchanged, names = case.turn(begun, "khd_2")
    assert (unchanged, names) == (begun, {})


def test_a_share_of_another_place_or_record_opens_nothing() -> None:
    case = Case()
    shares, _ = case.turn(Shares(case.committee), "khd_0")
    first, second = Place("AB12", 0, 0), Place("CD34", 0, 0)
    assert {first, second} <= shares.given.keys()
    swapped = {**shares.given, first: shares.given[second], second: shares.given[first]}
    with pytest.raises(EnvelopeBroken):
        case.turn(Shares(case.committee, swapped), "khd_1")
    resealed = Committee("drw_1", 7, case.committee.meeting, {seat: case.seal(seat) for seat in NAMES})
    with pytest.raises(EnvelopeBroken):
        case.turn(Shares(resealed, shares.given), "khd_1")


def test_a_record_under_another_seat_or_purpose_is_refused() -> None:
    case = Case()
    records = dict(case.committee.records)
    for changed in (
        {"AB12": records["CD34"], "CD34": records["AB12"]},
        {"AB12": case.seal("AB12", "escrow"), "CD34": records["CD34"]},
    ):
        shares = Shares(Committee("drw_1", 7, case.committee.meeting, changed))
        shares, _ = case.turn(shares, "khd_0")
        with pytest.raises(EnvelopeBroken):
            case.turn(shares, "khd_1")


def test_files_are_read_as_they_were_written_and_nothing_else() -> None:
    case = Case()
    file = case.committee.to_bytes()
    assert parse_committee(file) == case.committee
    assert not any(name.encode() in file for name in NAMES.values())
    shares, _ = case.turn(Shares(case.committee), "khd_0")
    assert parse_shares(shares.to_bytes()) == shares
    value = parse(file)
    for broken in (
        b"",
        b"{}",
        file + b" ",
        shares.to_bytes(),
        canonical({**value, "form": "x"}),
        canonical({**value, "intent": -1}),
        canonical({**value, "records": [*value["records"], *value["records"]]}),
        canonical({**value, "meeting": None}),
        canonical({**value, "more": 1}),
    ):
        with pytest.raises(Malformed):
            parse_committee(broken)


@pytest.mark.parametrize(
    "change",
    [{"seat": "ZZ99"}, {"set": 3}, {"set": -1}, {"position": 1}, {"position": "0"}, {"share": "?"}, {"share": None}],
    ids=str,
)
def test_a_share_that_fits_nowhere_is_refused(change: dict[str, Any]) -> None:
    case = Case()
    shares, _ = case.turn(Shares(case.committee), "khd_0")
    value = parse(shares.to_bytes())
    [first, *others] = value["shares"]
    with pytest.raises(Malformed):
        parse_shares(canonical({**value, "shares": [{**first, **change}, *others]}))


def test_a_meeting_is_a_time_and_places() -> None:
    meeting = Meeting("2026-11-22T01:00:00Z", ("三楼", "四楼"))
    assert read_meeting(meeting.plain()) == meeting
    for broken in (
        None,
        {},
        {"places": [], "starts": 1},
        {"places": "三楼", "starts": ""},
        {"places": [1], "starts": ""},
    ):
        with pytest.raises(Malformed):
            read_meeting(broken)
