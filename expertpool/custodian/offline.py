"""Opening a committee without the centre: each holder of a set takes its turn, with its own directory alone.

What the log showed, as far as the holder followed it, decides what is opened; the moment before which nothing may be
opened is that of the holder's own clock. Every turn is signed and remembered before anything of it leaves the holder,
and told to the centre when there is one again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from expertpool.core.faults import crash_point
from expertpool.core.keystore import KeyStore
from expertpool.custodian import errors
from expertpool.custodian.directory import Directory
from expertpool.custodian.keysets import KeySet, key_sets
from expertpool.custodian.me import Me, find_me
from expertpool.custodian.memory import Memory
from expertpool.custodian.offline_errors import (
    CommitteeUnknown,
    NotMyTurn,
    NotRegistered,
    SeatForeign,
    SharesUnreadable,
    WrongDraw,
)
from expertpool.custodian.records import intent_of, is_of_whoever_sits, is_within_the_cap
from expertpool.protocol.committee import Committee, Shares, parse_shares, peel
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.release import PURPOSE
from expertpool.protocol.statements import opening_statement, sign_opening
from ledger.entry import format_time


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a holder's turn: the file for the next of ``waits_for``, or the records by seat."""

    shares: Shares
    names: Mapping[str, Mapping[str, Any]]
    waits_for: tuple[str, ...]


def take_turn(
    directory: Directory, keys: KeyStore, now: datetime, *, draw: str, shares: bytes | None, reason: str
) -> Turn:
    """Open what this holder can: of its own committee file, or going on from another holder's file.

    Raises `ClockWentBack`, `NotRegistered`, `CommitteeUnknown`, `SharesUnreadable`, `WrongDraw`, `SeatForeign`,
    `TooEarly`, `VacancyPastCap`, `NotMyTurn`.
    """
    memory = directory.memory()
    try:
        memory.refuse_the_past(now)
        begun = _begun(directory, draw, shares)
        me, own = _as_whom(begun.committee, memory, key_sets(keys, directory.config()))
        for seat in begun.committee.records:
            _check(begun.committee, seat, memory, now)
        return _turn(begun, me, own, memory, now=now, reason=reason)
    finally:
        memory.close()


def _as_whom(committee: Committee, memory: Memory, sets: Sequence[KeySet]) -> tuple[Me, KeySet]:
    """The keys in force to which the records are sealed: after a change of keys these may be the former ones."""
    sealed_to = {holder for record in committee.records.values() for each in record.sets for holder in each}
    acting = [(me, each) for each in sets if (me := find_me(memory, each.public)) is not None]
    if not acting:
        raise NotRegistered
    return next((each for each in acting if each[0].id in sealed_to), acting[0])


def _begun(directory: Directory, draw: str, shares: bytes | None) -> Shares:
    if shares is None:
        committee = directory.committees.read(draw)
        if committee is None:
            raise CommitteeUnknown(draw, str(directory.committees.folder))
        return Shares(committee)
    try:
        begun = parse_shares(shares)
    except ProtocolError:
        raise SharesUnreadable from None
    if begun.committee.draw != draw:
        raise WrongDraw(draw, begun.committee.draw)
    return begun


def _check(committee: Committee, seat: str, memory: Memory, now: datetime) -> None:
    """The log shows this very record for the seat, and its moment has come."""
    record = committee.records[seat]
    try:
        entry, intent = intent_of(record, committee.draw, memory)
        is_of_whoever_sits(record, entry, memory)
    except errors.EnvelopeForeign:
        raise SeatForeign(seat) from None
    here = (entry.index, seat, PURPOSE)
    if (committee.intent, record.info.get("subject"), record.info.get("purpose")) != here:
        raise SeatForeign(seat)
    is_within_the_cap(record, entry, intent, memory)
    if now < intent.not_before:
        raise errors.TooEarly(entry.index)


def _turn(begun: Shares, me: Me, own: KeySet, memory: Memory, *, now: datetime, reason: str) -> Turn:
    try:
        peeled = peel(begun, me.id, own.open)
    except ProtocolError:
        raise SharesUnreadable from None
    if peeled.shares.given == begun.given and not peeled.names:
        raise NotMyTurn(", ".join(_names(begun, memory)))
    committee = begun.committee
    statement = opening_statement(
        at=format_time(now),
        draw=committee.draw,
        holder=me.id,
        intent=committee.intent,
        names=bool(peeled.names),
        reason=reason,
        seats=list(committee.records),
    )
    memory.note_opening(statement, sign_opening(own.sign, statement))
    crash_point("custodian.opening-kept")
    return Turn(peeled.shares, peeled.names, () if peeled.names else _names(peeled.shares, memory))


def _names(shares: Shares, memory: Memory) -> tuple[str, ...]:
    """The institutions that can go on, by credit code, as the log shows them."""
    found = []
    for holder in sorted(shares.next_ones()):
        approved = memory.entries("holder.approved", holder)
        found.append(str(approved[-1].entry.body.get("organisation")) if approved else holder)
    return tuple(found)
