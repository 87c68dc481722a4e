"""What an auditor sees: rows left out, doubled, made up or decided otherwise, and facts that came too late."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest

from expertpool.protocol.bundle import Audit, Kept, decision_line, roster_head
from expertpool.protocol.replay import Report, Step, as_json, as_text, replay
from expertpool.protocol.request import DrawRequest
from ledger.canonical import canonical, parse
from ledger.merkle import leaf_hash
from policies.facts import Claim, Expert
from tests.protocol.simulation import CENTRE, Candidate, Setup, Simulation, rulebook, to_bytes


def checked(draw: Simulation, audit: Audit | None = None) -> Report:
    bundle = draw.bundle(audit=True)
    if audit is not None:
        bundle = replace(bundle, audit=audit)
    return replay(BytesIO(to_bytes(bundle)), draw.trust)


def refusal(report: Report) -> Step:
    assert report.verdict == "refuted"
    assert json.loads(json.dumps(as_json(report)))["verdict"] == "refuted"
    assert {as_text(report, "zh")[:5], as_text(report, "en")[:8]} == {"不能成立：", "REFUTED:"}
    return next(step for step in report.steps if step.outcome == "differs")


# -- the table, made by a centre that lies from the beginning


class LeavesOut(Simulation):
    """A candidate who matches has no row."""

    def candidates(self) -> list[Candidate]:
        return super().candidates()[1:]


class LeavesOutExcluded(Simulation):
    """Somebody who is excluded has no row: that too is seen."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        found.remove(next(each for each in found if not each.decided.lines))
        return found


class Doubles(Simulation):
    """A candidate has two rows, the second under another decision."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        twice = next(each for each in found if each.decided.lines == (0, 1))
        other = {**twice.decided.plain, "lines": [0]}
        return [*found, twice._replace(decided=replace(twice.decided, plain=other, lines=(0,)))]


class MakesUp(Simulation):
    """There is a row for somebody who is not on the roster."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        member = found[0].member
        stranger = member._replace(line=member.line._replace(expert="exp_stranger", salt=bytes(16)))
        return [*found, found[0]._replace(member=stranger)]


class TakesWhoDoesNotMatch(Simulation):
    """Somebody of another specialty has a row."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        member = next(each for each in self.members.values() if each.facts.claims == (Claim("B010101", self.known),))
        return [*found, found[0]._replace(member=member)]

    @property
    def known(self) -> Any:
        return next(iter(self.members.values())).facts.recorded


class Excludes(Simulation):
    """An eligible candidate is excluded."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        place, out = next((place, each) for place, each in enumerate(found) if each.decided.lines)
        plain = {**out.decided.plain, "groups": [], "lines": [], "outcome": "refused"}
        found[place] = out._replace(decided=replace(out.decided, plain=plain, lines=(), groups=()))
        return found


class Admits(Simulation):
    """An excluded candidate may be drawn."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        place = next(place for place, each in enumerate(found) if not each.decided.lines)
        allowed = next(each for each in found if each.decided.lines)
        found[place] = found[place]._replace(decided=allowed.decided)
        return found


class OtherEmployer(Simulation):
    """A candidate's employer is another in the decision, so that two of one can sit together."""

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        place, one = next((place, each) for place, each in enumerate(found) if each.decided.groups)
        groups = ((1, "other"),)
        plain = {**one.decided.plain, "groups": [[1, "other"]]}
        found[place] = one._replace(decided=replace(one.decided, plain=plain, groups=groups))
        return found


class FactsTooLate(Simulation):
    """The table was made from facts that were ledgered only after the roster that the intent names."""

    def intent(self) -> Any:
        return replace(super().intent(), roster_size=self.roster_entries[-1][0].index)

    def bundle(self, *, audit: bool = False) -> Any:
        self.roster_entries, whole = self.roster_entries[:-1], self.roster_entries
        try:
            return super().bundle(audit=audit)
        finally:
            self.roster_entries = whole


class Unsettled(Simulation):
    """A claim that was ledgered yesterday counts as if it had settled."""

    def person(self, number: int) -> Expert:
        known = super().person(number)
        if number != 5:
            return known
        claims = tuple(claim._replace(recorded=self.now.date()) for claim in known.claims or ())
        return known._replace(claims=claims)

    def candidates(self) -> list[Candidate]:
        found = super().candidates()
        late = next(place for place, each in enumerate(found) if each.member.line.expert.endswith("05"))
        assert found[late].decided.lines == ()
        allowed = next(each for each in found if each.decided.lines)
        found[late] = found[late]._replace(decided=allowed.decided)
        return found


@pytest.mark.parametrize(
    "attack",
    [
        LeavesOut,
        LeavesOutExcluded,
        Doubles,
        MakesUp,
        TakesWhoDoesNotMatch,
        Excludes,
        Admits,
        OtherEmployer,
        FactsTooLate,
        Unsettled,
    ],
)
def test_a_false_table_is_seen_by_the_auditor_alone(attack: type[Simulation]) -> None:
    draw = attack(Setup()).run()
    assert refusal(checked(draw)).name == "decisions"
    public = replay(BytesIO(to_bytes(draw.bundle())), draw.trust)
    assert public.verdict == "proven"


# -- the request and the rulebook


class OtherSeats(Simulation):
    """The intent has more seats than the request."""

    def intent(self) -> Any:
        made = super().intent()
        return replace(made, seats=(made.seats[0] - 1, *made.seats[1:]))

    def draw(self) -> None:
        first, *others = self.request.lines
        self.request = replace(self.request, lines=(replace(first, seats=first.seats - 1), *others))
        super().draw()

    def audit(self) -> Audit:
        return replace(super().audit(), request=self.asked.plain())

    def ask(self) -> None:
        super().ask()
        self.asked: DrawRequest = self.request


class OtherRulebook(Simulation):
    """The intent names another rulebook than the one that decided."""

    def intent(self) -> Any:
        return replace(super().intent(), rulebook=bytes(32))


class OtherCentre(Simulation):
    def intent(self) -> Any:
        return replace(super().intent(), centre="ctr_other")


@pytest.mark.parametrize("attack", [OtherSeats, OtherRulebook, OtherCentre])
def test_the_intent_is_that_of_the_request(attack: type[Simulation]) -> None:
    assert refusal(checked(attack(Setup()).run())).name == "request"


DRAW = Simulation(Setup()).run()


@pytest.mark.parametrize(
    "change",
    [
        lambda audit: replace(audit, salt=bytes(16)),
        lambda audit: replace(audit, request={**audit.request, "recused": []}),
        lambda audit: replace(audit, request={}),
        lambda audit: replace(audit, rulebook=audit.rulebook + b" "),
        lambda audit: replace(audit, rulebook=b"{}"),
    ],
    ids=range(5),
)
def test_another_request_or_rulebook_is_refuted(change: Callable[[Audit], Audit]) -> None:
    assert refusal(checked(DRAW, change(DRAW.audit()))).name == "request"


class StrangeRulebook(Simulation):
    """The intent names bytes that are no rulebook."""

    def intent(self) -> Any:
        return replace(super().intent(), rulebook=sha256(b"{}").digest())

    def audit(self) -> Audit:
        return replace(super().audit(), rulebook=b"{}")


def test_a_rulebook_that_is_none_is_refuted() -> None:
    assert refusal(checked(StrangeRulebook(Setup()).run())).name == "request"
    assert rulebook().digest


# -- the roster


def with_roster(change: Callable[[list[list[bytes]]], Any]) -> Audit:
    """The auditor's roster with the parts of each entry (head, then lines) altered."""
    parts = [[roster_head(DRAW.proven(entry), len(lines)), *lines] for entry, lines in DRAW.roster_entries]
    change(parts)
    return replace(DRAW.audit(), roster=Kept([line for part in parts for line in part]))


def head(part: list[bytes], **members: Any) -> bytes:
    return canonical({**parse(part[0]), **members})


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.clear(),
        lambda parts: parts.pop(0),
        lambda parts: parts.reverse(),
        lambda parts: parts.append(parts[-1]),
        lambda parts: parts[0].pop(),
        lambda parts: parts[0].append(parts[0][1]),
        lambda parts: parts[0].__setitem__(1, parts[0][2]),
        lambda parts: parts[0].__setitem__(0, head(parts[0], lines=-1)),
        lambda parts: parts[0].__setitem__(0, head(parts[0], lines=10**9)),
        lambda parts: parts[0].__setitem__(0, head(parts[0], lines="1")),
        lambda parts: parts[0].__setitem__(0, head(parts[0], erased=["00" * 32])),
        lambda parts: parts[0].__setitem__(0, head(parts[0], erased=["00"])),
        lambda parts: parts[0].__setitem__(0, head(parts[0], erased={})),
        lambda parts: parts[0].__setitem__(0, head(parts[0], more=1)),
        lambda parts: parts[0].__setitem__(0, head(parts[0], proof=[])),
        lambda parts: parts[0].__setitem__(0, head(parts[0], entry="")),
        lambda parts: parts[0].__setitem__(0, b"[]"),
        lambda parts: parts[0].__setitem__(1, parts[0][1].replace(b"master", b"doctor")),
    ],
    ids=range(18),
)
def test_a_roster_that_is_not_what_the_entries_say_is_refuted(change: Callable[[list[list[bytes]]], Any]) -> None:
    step = refusal(checked(DRAW, with_roster(change)))
    assert step.name in ("roster", "decisions")
    assert step.zh
    assert step.en


def test_the_last_change_of_the_roster_cannot_be_left_out_where_somebody_changed() -> None:
    """Who left is on the roster again when that entry is not shown: then there is no row for them."""
    assert refusal(checked(DRAW, with_roster(lambda parts: parts.pop()))).name == "decisions"


def test_lines_that_were_erased_are_shown_by_their_leaves() -> None:
    """Whoever has gone may be erased; the roster is the same without their lines."""
    gone = f'"exp_{1:026}"'.encode()

    def erase(parts: list[list[bytes]]) -> None:
        for part in parts:
            leaves = [leaf_hash(line).hex() for line in part[1:] if gone in line]
            part[1:] = [line for line in part[1:] if gone not in line]
            part[0] = head(part, erased=leaves, lines=len(part) - 1)

    report = checked(DRAW, with_roster(erase))
    assert report.verdict == "proven"
    assert report.step("roster").details["erased"] == 3


class OtherPool(Simulation):
    """The roster that is shown is that of another pool."""

    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Any:
        return super().record(kind, {**body, "centre": "ctr_other"} if "roster" in body else body, minutes)

    def intent(self) -> Any:
        return replace(super().intent(), roster_centre=CENTRE)


def test_the_roster_of_another_pool_is_refuted() -> None:
    assert refusal(checked(OtherPool(Setup()).run())).name == "roster"


# -- the decisions


def with_decisions(change: Callable[[list[bytes]], Any]) -> Audit:
    lines = list(DRAW.audit().decisions.lines())
    change(lines)
    return replace(DRAW.audit(), decisions=Kept(lines))


def redone(line: bytes, **members: Any) -> bytes:
    value = parse(line)
    return decision_line(bytes.fromhex(value["roster_leaf"]), canonical({**value["decision"], **members}))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines.clear(),
        lambda lines: lines.pop(),
        lambda lines: lines.append(lines[0]),
        lambda lines: lines.reverse(),
        lambda lines: lines.__setitem__(0, lines[1]),
        lambda lines: lines.__setitem__(0, lines[0] + b" "),
        lambda lines: lines.__setitem__(0, b"[]"),
        lambda lines: lines.__setitem__(0, b"{}"),
        lambda lines: lines.__setitem__(0, b'{"decision":null,"roster_leaf":"' + b"00" * 32 + b'"}'),
        lambda lines: lines.__setitem__(0, redone(lines[0], lines=[2**50])),
        lambda lines: lines.__setitem__(0, redone(lines[0], lines=[-1])),
        lambda lines: lines.__setitem__(0, redone(lines[0], lines=[True])),
        lambda lines: lines.__setitem__(0, redone(lines[0], groups=[[300, "x"]])),
        lambda lines: lines.__setitem__(0, redone(lines[0], groups=[[1, 2]])),
        lambda lines: lines.__setitem__(0, redone(lines[0], groups=5)),
        lambda lines: lines.__setitem__(0, redone(lines[0], facts=None)),
        lambda lines: lines.__setitem__(0, redone(lines[0], facts={"engagements": [["2026-02-30", []]]})),
        lambda lines: lines.__setitem__(0, redone(lines[0], outcome="allowed", findings=[])),
    ],
    ids=range(18),
)
def test_decisions_that_are_not_those_of_the_table_are_refuted(change: Callable[[list[bytes]], Any]) -> None:
    assert refusal(checked(DRAW, with_decisions(change))).name == "decisions"


def test_another_table_key_is_refuted() -> None:
    assert refusal(checked(DRAW, replace(DRAW.audit(), table_key=bytes(32)))).name == "decisions"
