"""Whether an agent contributes to a draw: the rules of docs/spec/agents.md, section 5, one function each.

Pure over what the agent remembers. A rule that does not hold raises its `Refusal`, which is final; one that time can
still make true raises `NotYet`, and the task is looked at again in the next round.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from expertpool.custodian import errors
from expertpool.custodian.me import Me
from expertpool.custodian.memory import OWNER_MUST_APPROVE, Kept, Memory
from expertpool.custodian.supervising import is_supervisors
from expertpool.protocol.agents import approval_key
from expertpool.protocol.beacon import CHAINS, round_due
from expertpool.protocol.commitments import KEY_BYTES, lot_code
from expertpool.protocol.encoding import from_hex
from expertpool.protocol.errors import ProtocolError
from expertpool.protocol.intent import KIND, Contributor, Intent, read_intent
from ledger.entry import Entry


class NotYet(Exception):
    """Something that the rule asks for may still come; ``code`` says what, ``entry`` about which entry."""

    def __init__(self, code: str, entry: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Asked:
    """What a `contribute` task says."""

    draw: str
    intent: int
    lot_key: bytes
    lots: tuple[str, ...]
    project: str
    approval: object


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules look at."""

    asked: Asked
    entry: Entry
    intent: Intent
    me: Me
    memory: Memory
    now: datetime
    settling: timedelta

    @property
    def index(self) -> int:
        return self.entry.index

    @property
    def named(self) -> tuple[Contributor, ...]:
        """Contributors and alternates."""
        return (*self.intent.contributors, *self.intent.alternates)


def read_task(task: Mapping[str, Any]) -> Asked:
    """Raises `TaskMalformed`."""
    try:
        asked = Asked(
            draw=task["draw"],
            intent=task["intent"],
            lot_key=from_hex(task["lot_key"], KEY_BYTES, "lot_key"),
            lots=tuple(task["lots"]),
            project=task["project"],
            approval=task["approval"],
        )
    except (KeyError, TypeError, ProtocolError):
        raise errors.TaskMalformed from None
    texts = all(type(text) is str and text for text in (asked.draw, asked.project, *asked.lots))
    if not texts or type(asked.intent) is not int or asked.intent < 0 or type(task["lots"]) is not list:
        raise errors.TaskMalformed
    if not asked.lots or len(set(asked.lots)) != len(asked.lots):
        raise errors.TaskMalformed
    return asked


def make_case(task: Mapping[str, Any], me: Me, memory: Memory, now: datetime, settling: timedelta) -> Case:
    """Find the intent in the log. Raises `TaskMalformed`, `NoIntent`, `IntentMalformed`, `NotYet`."""
    asked = read_task(task)
    if asked.intent >= memory.frontier().size:
        raise NotYet("intent-not-followed")
    kept = memory.entry(asked.intent)
    if kept is None or kept.entry.kind != KIND or kept.entry.body.get("draw") != asked.draw:
        raise errors.NoIntent(asked.intent)
    try:
        intent = read_intent(kept.entry)
    except ProtocolError:
        raise errors.IntentMalformed(asked.intent) from None
    return Case(asked, kept.entry, intent, me, memory, now, settling)


def judge(case: Case) -> None:
    """Return if every rule holds. Raises the first `Refusal`, else the first `NotYet`."""
    for rule in RULES:
        rule(case)


def it_is_in_time(case: Case) -> None:
    """By the agent's own clock the deadline has not passed."""
    if case.now > case.intent.deadline:
        raise errors.DeadlinePassed(case.index)


def the_beacon_is_not_due(case: Case) -> None:
    """A declared beacon round is of a known chain and not out yet, by the agent's own clock."""
    beacon = case.intent.beacon
    if beacon is None:
        return
    chain = CHAINS.get(beacon.chain.hex())
    if chain is None:
        raise errors.BeaconUnknown(case.index)
    if round_due(chain, beacon.round) <= case.now:
        raise errors.BeaconDue(case.index)


def it_names_me(case: Case) -> None:
    """The agent's own holder is named, with its own key."""
    if not any(each.organisation == case.me.id and each.vrf == case.me.vrf for each in case.named):
        raise errors.NotNamed(case.index)


def its_keys_are_approved_and_settled(case: Case) -> None:
    """Each named key was approved long enough before the request, and not retired before it."""
    requested = _request(case)
    for each in case.named:
        approved = _approval(case, each)
        if approved.entry.body.get("vrf") != each.vrf.hex() or _retired(case, each.organisation, requested.entry.index):
            raise errors.KeyNotApproved(case.index)
        settled = approved.earliest + case.settling.total_seconds() <= requested.latest
        if approved.entry.index > requested.entry.index or not settled:
            raise errors.KeyNotSettled(approved.entry.index)


def its_organisations_differ(case: Case) -> None:
    """No two named keys belong to one institution, and not all contributors are the centre's own."""
    bodies = [_approval(case, each).entry.body for each in case.named]
    if len({body.get("organisation") for body in bodies}) != len(bodies):
        raise errors.SameOrganisation(case.index)
    if not any(body.get("outside") is True for body in bodies[: len(case.intent.contributors)]):
        raise errors.NobodyOutside(case.index)


def its_key_holders_are_approved(case: Case) -> None:
    """Records will be sealed to approved keys, and each set that can open one has a body outside the centre."""
    approved = {holder: _in_force(case, holder) for holder in case.intent.holders.keys}
    for holder, key in case.intent.holders.keys.items():
        found = approved[holder]
        if found is None or found.body.get("share") != key.hex():
            raise errors.WrongShareKey(case.index)
    outside = {holder for holder, entry in approved.items() if entry is not None and entry.body.get("outside") is True}
    if not all(outside & set(each) for each in case.intent.holders.sets):
        raise errors.NobodyOutside(case.index)


def its_lots_are_these(case: Case) -> None:
    """The lot codes of the intent are those of the project and lots that the task names."""
    codes = sorted(lot_code(case.asked.lot_key, case.asked.project, lot) for lot in case.asked.lots)
    if list(case.intent.lots) != codes:
        raise errors.WrongLots(case.index)


def its_vault_is_the_logs(case: Case) -> None:
    """Contributions go to the vault key that the log shows, as of the intent."""
    shown = [kept.entry for kept in case.memory.entries("vault.registered") if kept.entry.index < case.index]
    if not shown or shown[-1].body.get("public") != case.intent.vault.hex():
        raise errors.WrongVault(case.index)


def its_lots_were_not_intended_before(case: Case) -> None:
    """No other intent was for one of these lots; or this one names the first and the supervisor signed a reason.

    By project and lot, whatever request, session or code: what was answered is remembered, and what shows the same lot
    codes stands in the log. After an abort, and for a third intent, the agent's owner has to approve as well.
    """
    others = case.memory.intents_answered(case.asked.project, case.asked.lots)
    others |= case.memory.intents_sharing(code.hex() for code in case.intent.lots)
    others.discard(case.index)
    if not others:
        return
    if max(others) > case.index:
        raise errors.Superseded(max(others))
    first = case.intent.first
    named = None if first is None else case.memory.entry(first)
    if first is None or first > min(others) or named is None or named.entry.kind != KIND:
        raise errors.SecondIntent(min(others))
    key = approval_key(case.asked.approval, case.intent.draw, first)
    if key is None or not is_supervisors(key, _request(case), case.memory, case.settling):
        raise errors.NotApproved(first)
    aborted = any(kept.entry.body.get("intent") in others for kept in case.memory.entries("draw.aborted"))
    if (aborted or len(others) > 1) and not case.memory.is_approved(case.index):
        raise NotYet(OWNER_MUST_APPROVE, case.index)


def it_is_my_turn(case: Case) -> None:
    """An alternate waits until it has stepped in, and whoever was replaced is not asked any more."""
    mine = case.me.id
    for kept in _of_intent(case, "draw.stepped-in"):
        if kept.entry.body.get("replaced") == mine:
            raise errors.Replaced(kept.entry.index)
    contributors = {each.organisation for each in case.intent.contributors}
    stepped_in = {kept.entry.body.get("alternate") for kept in _of_intent(case, "draw.stepped-in")}
    if mine not in contributors | stepped_in:
        raise NotYet("not-stepped-in")


def the_centre_has_contributed(case: Case) -> None:
    """Others come after the centre, once a quorum has cosigned that its contribution cannot be taken back."""
    centre = case.intent.contributors[0].organisation
    if case.me.id == centre and not case.me.outside:
        return
    given = [kept.entry for kept in _of_intent(case, "draw.contributed")]
    own = [entry.index for entry in given if entry.body.get("organisation") == centre]
    if not own:
        raise NotYet("centre-has-not-contributed")
    if case.memory.witnessed() <= own[0]:
        raise NotYet("no-quorum-yet")


RULES: Final[tuple[Callable[[Case], None], ...]] = (
    it_is_in_time,
    the_beacon_is_not_due,
    it_names_me,
    its_keys_are_approved_and_settled,
    its_organisations_differ,
    its_key_holders_are_approved,
    its_lots_are_these,
    its_vault_is_the_logs,
    its_lots_were_not_intended_before,
    it_is_my_turn,
    the_centre_has_contributed,
)
"""In this order; those that may have to wait come last."""


def _request(case: Case) -> Kept:
    """The draw's last request before its intent: one that was returned is submitted again."""
    requested = [
        kept for kept in case.memory.entries("draw.requested", case.intent.draw) if kept.entry.index < case.index
    ]
    if not requested:
        raise errors.NoRequest(case.index)
    return requested[-1]


def _approval(case: Case, named: Contributor) -> Kept:
    """The entry that the intent says approved a key. Raises `KeyNotApproved`."""
    kept = case.memory.entry(named.registered)
    right = kept is not None and kept.entry.kind == "holder.approved" and kept.entry.index < case.index
    if kept is None or not right or kept.entry.body.get("holder") != named.organisation:
        raise errors.KeyNotApproved(case.index)
    return kept


def _retired(case: Case, holder: str, before: int) -> bool:
    return any(kept.entry.index < before for kept in case.memory.entries("holder.retired", holder))


def _in_force(case: Case, holder: str) -> Entry | None:
    """The approval of a holder that was not retired when the intent was made."""
    approved = [kept.entry for kept in case.memory.entries("holder.approved", holder) if kept.entry.index < case.index]
    return None if not approved or _retired(case, holder, case.index) else approved[-1]


def _of_intent(case: Case, kind: str) -> list[Kept]:
    """Entries of the draw that name this intent, after it."""
    found = case.memory.entries(kind, case.intent.draw)
    return [kept for kept in found if kept.entry.body.get("intent") == case.index and kept.entry.index > case.index]
