"""Attacks that a bundle shows: a centre that lies in its log or in the bundle is refuted, by the step that saw it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from expertpool.protocol.bundle import Bundle
from expertpool.protocol.openings import ContributionOpened, Openings
from expertpool.protocol.replay import Report, as_json, as_text, replay
from expertpool.protocol.vrf import prove, public_key, verify
from ledger.entry import Draft, Entry
from tests.ledger.signers import seed_of
from tests.protocol import plain_curve
from tests.protocol.plain_curve import BASE, L, encode
from tests.protocol.simulation import HOLDERS, Setup, Simulation, to_bytes

PLAIN = Setup(vacancies=("declined", "no-answer"))
Edit = Callable[[list[Draft]], Any]


def checked(draw: Simulation, bundle: Bundle | None = None) -> Report:
    return replay(BytesIO(to_bytes(bundle or draw.bundle(audit=True))), draw.trust)


def refuted_by(report: Report) -> str:
    """The first step that differs; nothing is refuted without one."""
    assert report.verdict == "refuted"
    assert json.loads(json.dumps(as_json(report)))["verdict"] == "refuted"
    assert as_text(report, "zh").startswith("不能成立：")
    assert as_text(report, "en").startswith("REFUTED: ")
    return next(step.name for step in report.steps if step.outcome == "differs")


def body(drafts: list[Draft], kind: str) -> dict[str, Any]:
    """The body of the first entry of a kind, to be altered."""
    found = next(draft.body for draft in drafts if draft.kind == kind)
    assert isinstance(found, dict)
    return found


def drop(kind: str) -> Edit:
    return lambda drafts: drafts.remove(next(draft for draft in drafts if draft.kind == kind))


def swap(first: int, second: int) -> Edit:
    def edit(drafts: list[Draft]) -> None:
        drafts[first], drafts[second] = drafts[second], drafts[first]

    return edit


def alter(kind: str, **members: Any) -> Edit:
    return lambda drafts: body(drafts, kind).update(members)


def again(kind: str) -> Edit:
    return lambda drafts: drafts.insert(2, next(draft for draft in drafts if draft.kind == kind))


def reseat(drafts: list[Draft]) -> None:
    """Let two seats of the result change their members."""
    first, second, *_ = body(drafts, "draw.completed")["seats"]
    first["member"], second["member"] = second["member"], first["member"]


def one_attempt_more(drafts: list[Draft]) -> None:
    body(drafts, "draw.completed")["attempts"] += 1


def recode(drafts: list[Draft]) -> None:
    first, second, *_ = body(drafts, "draw.completed")["seats"]
    first["seat"], second["seat"] = second["seat"], first["seat"]


# After the intent come: 0 and 1 contributions, 2 the result, 3 vacated, 4 refilled, 5 vacated, 6 refilled, 7 closed.
LIES_IN_THE_LOG: dict[str, tuple[Edit, str]] = {
    "no contribution of the centre": (drop("draw.contributed"), "order"),
    "the others before the centre": (swap(0, 1), "order"),
    "result before the last contribution": (swap(1, 2), "order"),
    "no result": (drop("draw.completed"), "order"),
    "two results": (again("draw.completed"), "order"),
    "a contribution twice": (again("draw.contributed"), "order"),
    "a vacancy drawn before it is logged": (swap(3, 4), "order"),
    "a vacancy before the result": (swap(2, 3), "order"),
    "vacancies out of order": (swap(4, 6), "order"),
    "a vacancy without its end": (drop("draw.refilled"), "order"),
    "an end without its vacancy": (drop("draw.vacated"), "order"),
    "a vacancy numbered otherwise": (alter("draw.vacated", vacancy=3), "order"),
    "a contribution by a stranger": (
        lambda drafts: drafts.insert(2, replace(drafts[1], body={**drafts[1].body, "organisation": "khd_stranger"})),
        "order",
    ),
    "a contribution by an alternate who was not called": (
        lambda drafts: drafts.insert(2, replace(drafts[1], body={**drafts[1].body, "organisation": HOLDERS[2]})),
        "order",
    ),
    "a contribution after the deadline": (
        lambda drafts: drafts.__setitem__(1, replace(drafts[1], time=drafts[1].time + timedelta(hours=2))),
        "order",
    ),
    "another digest of a contribution": (alter("draw.contributed", digest="00" * 32), "contributions"),
    "another seed": (alter("draw.completed", seed="00" * 32), "seed"),
    "seats exchanged": (reseat, "panel"),
    "seat codes exchanged": (recode, "panel"),
    "another count of attempts": (one_attempt_more, "panel"),
    "no attempt at all": (alter("draw.completed", attempts=0), "panel"),
    "a seat too few": (lambda drafts: body(drafts, "draw.completed")["seats"].pop(), "panel"),
    "seats out of order": (lambda drafts: body(drafts, "draw.completed")["seats"].reverse(), "panel"),
    "a seat's line": (lambda drafts: body(drafts, "draw.completed")["seats"][0].update(line=7), "panel"),
    "a seat with more": (lambda drafts: body(drafts, "draw.completed")["seats"][0].update(name="x"), "panel"),
    "a seat without a record": (lambda drafts: body(drafts, "draw.completed")["seats"][0].update(record=""), "panel"),
    "seats that are none": (alter("draw.completed", seats=[1, 2, 3, 4, 5]), "panel"),
    "a drawn panel called exhausted": (
        lambda drafts: drafts.__setitem__(2, replace(drafts[2], kind="draw.exhausted")),
        "panel",
    ),
    "another member in a vacancy": (alter("draw.refilled", member="00" * 32), "vacancies"),
    "another seat filled": (alter("draw.refilled", seat="ZZZZ"), "vacancies"),
    "a vacancy of no seat": (alter("draw.vacated", seat="ZZZZ"), "vacancies"),
    "another count of attempts in a vacancy": (alter("draw.refilled", attempts=150), "vacancies"),
    "a filled vacancy called exhausted": (
        lambda drafts: drafts.__setitem__(4, replace(drafts[4], kind="draw.vacancy-exhausted")),
        "vacancies",
    ),
    "a body without its members": (
        lambda drafts: drafts.__setitem__(2, replace(drafts[2], body={"draw": "drw_1a", "intent": 9})),
        "seed",
    ),
}


@pytest.mark.parametrize("name", LIES_IN_THE_LOG)
def test_a_lie_in_the_log_is_refuted(name: str) -> None:
    edit, step = LIES_IN_THE_LOG[name]
    draw = Simulation(PLAIN).run()

    def edited(drafts: list[Draft]) -> list[Draft]:
        edit(drafts)
        return drafts

    assert refuted_by(checked(draw.relogged(edited))) == step


def test_an_honest_draw_that_is_logged_again_is_proven() -> None:
    """So that the tests above refute the lie, not the logging."""
    assert checked(Simulation(PLAIN).run().relogged(lambda drafts: drafts)).verdict == "proven"


# -- who contributes


class Withheld(Simulation):
    """An outside contributor is left out, and the seed made without it."""

    def contribute(self) -> None:
        self.answer(HOLDERS[0], escrow=None)


class SteppedInTooEarly(Simulation):
    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Entry:
        return super().record(kind, body, 1 if kind == "draw.stepped-in" else minutes)


class SteppedInBefore(Simulation):
    """The alternate is called in the log before the centre has contributed; the times stated are fair."""

    def contribute(self) -> None:
        self.now += timedelta(minutes=8)
        self.record("draw.stepped-in", self.about(alternate=HOLDERS[2], replaced=HOLDERS[1]))
        self.now -= timedelta(minutes=8)
        self.answer(HOLDERS[0], escrow=None)
        self.answer(HOLDERS[2], escrow=None)


class OutOfTurn(Simulation):
    """The second alternate is called before the first."""

    def contribute(self) -> None:
        self.answer(HOLDERS[0], escrow=None)
        self.record("draw.stepped-in", self.about(alternate=HOLDERS[3], replaced=HOLDERS[1]), minutes=6)
        self.answer(HOLDERS[3], escrow=None)


class ChosenAfterwards(Simulation):
    """Both the contributor and its alternate answered; the centre lets the one count that it likes better."""

    def contribute(self) -> None:
        self.answer(HOLDERS[0], escrow=None)
        self.answer(HOLDERS[1], escrow=None)
        self.record("draw.stepped-in", self.about(alternate=HOLDERS[2], replaced=HOLDERS[1]), minutes=6)
        self.answer(HOLDERS[2], escrow=None)
        del self.proofs[HOLDERS[1]]


class ForAnotherIntent(Simulation):
    """A contribution to another intent is replayed."""

    def prove(self, name: str) -> bytes:
        return super().prove(name) if name == HOLDERS[0] else prove(seed_of(name), bytes(32))

    def derive(self) -> Any:
        self.alpha, alpha = bytes(32), self.alpha
        proofs = dict(self.proofs)
        self.proofs[HOLDERS[0]] = prove(seed_of(HOLDERS[0]), self.alpha)
        try:
            return super().derive()
        finally:
            self.alpha, self.proofs = alpha, proofs


class OwnKey(Simulation):
    """The centre proves with a key of its own in another's name."""

    def prove(self, name: str) -> bytes:
        return prove(seed_of("attacker"), self.alpha)

    def derive(self) -> Any:
        for name in self.proofs:
            self.proofs[name] = prove(seed_of(name), self.alpha)
        seeds = super().derive()
        for name in self.proofs:
            self.proofs[name] = self.prove(name)
        return seeds


@pytest.mark.parametrize(
    ("attack", "setup", "step"),
    [
        (Withheld, Setup(), "order"),
        (SteppedInTooEarly, Setup(silent=(HOLDERS[1],)), "order"),
        (SteppedInBefore, Setup(), "order"),
        (OutOfTurn, Setup(), "order"),
        (ChosenAfterwards, Setup(), "order"),
        (ForAnotherIntent, Setup(), "contributions"),
        (OwnKey, Setup(), "contributions"),
    ],
)
def test_a_contribution_cannot_be_chosen(attack: type[Simulation], setup: Setup, step: str) -> None:
    draw = attack(setup).run()
    assert refuted_by(checked(draw)) == step


def test_a_contribution_cannot_be_swapped() -> None:
    draw = Simulation(Setup()).run()
    bundle = draw.bundle()
    first, second = bundle.openings.contributions
    for opened in (
        (second, first),
        (first,),
        (first, second, second),
        (replace(first, proof=second.proof), second),
        (first, ContributionOpened("khd_stranger", second.proof)),
    ):
        lied = replace(bundle, openings=replace(bundle.openings, contributions=opened))
        assert refuted_by(checked(draw, lied)) == "contributions"


def openings(draw: Simulation, change: Callable[[Openings], Openings]) -> Report:
    bundle = draw.bundle()
    return checked(draw, replace(bundle, openings=change(bundle.openings)))


def second_proof(seed: bytes, alpha: bytes) -> bytes:
    """Another proof of the same output, with a nonce of the key owner's choice."""
    x, public, nonce = plain_curve.secret_scalar(seed), public_key(seed), 7
    h, gamma = plain_curve.hash_to_curve(public, alpha), prove(seed, alpha)[:32]
    c = plain_curve.challenge(public, h, gamma, plain_curve.multiply(nonce, BASE), plain_curve.multiply(nonce, h))
    return gamma + c + encode((nonce + int.from_bytes(c, "little") * x) % L)


def test_a_second_proof_of_the_same_output_is_not_the_one_that_was_logged() -> None:
    draw = Simulation(Setup()).run()
    other = second_proof(seed_of(HOLDERS[1]), draw.alpha)
    assert verify(public_key(seed_of(HOLDERS[1])), draw.alpha, other)
    first, second = draw.bundle().openings.contributions
    report = openings(draw, lambda opened: replace(opened, contributions=(first, replace(second, proof=other))))
    assert refuted_by(report) == "contributions"


# -- keys


class RegisteredLate(Simulation):
    """A contributor's key is approved only after the draw was asked for."""

    def ask(self) -> None:
        super().ask()
        body = {**self.registered[HOLDERS[1]].body}
        self.registered[HOLDERS[1]] = self.record("holder.approved", body)


class OneOrganisation(Simulation):
    """Two keys of one organisation."""

    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Entry:
        if kind == "holder.approved":
            body["organisation"] = "one"
        return super().record(kind, body, minutes)


class AllInside(OneOrganisation):
    """No contributor is from outside."""

    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Entry:
        if kind == "holder.approved":
            body["outside"] = False
        return Simulation.record(self, kind, body, minutes)


class NotApproved(Simulation):
    """The key of the intent is not the one that was approved."""

    def record(self, kind: str, body: dict[str, Any], minutes: float = 1.0) -> Entry:
        if kind == "holder.approved" and body["holder"] == HOLDERS[1]:
            body["vrf"] = public_key(seed_of("attacker")).hex()
        return super().record(kind, body, minutes)


@pytest.mark.parametrize("attack", [RegisteredLate, OneOrganisation, AllInside, NotApproved])
def test_keys_are_those_that_were_registered_before(attack: type[Simulation]) -> None:
    assert refuted_by(checked(attack(Setup()).run())) == "intent"


# -- what the bundle leaves out


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("draw.intended", "intent"),
        ("draw.requested", "intent"),
        ("holder.approved", "intent"),
        ("draw.accepted", "order"),
        ("draw.contributed", "order"),
        ("draw.completed", "order"),
        ("draw.vacated", "order"),
        ("draw.refilled", "order"),
    ],
)
def test_no_entry_can_be_left_out_of_the_bundle(kind: str, step: str) -> None:
    draw = Simulation(PLAIN).run()
    bundle = draw.bundle()
    left = list(bundle.entries)
    left.remove(next(proven for proven in left if proven.entry.kind == kind))
    assert refuted_by(checked(draw, replace(bundle, entries=tuple(left)))) == step


def test_no_other_entry_can_be_slipped_in() -> None:
    draw = Simulation(PLAIN).run()
    bundle = draw.bundle()
    stranger = next(entry for entry in draw.log.entries if entry.kind == "expert.bulk-enrolled")
    entries = sorted((*bundle.entries, draw.proven(stranger)), key=lambda each: each.entry.index)
    assert refuted_by(checked(draw, replace(bundle, entries=tuple(entries)))) == "order"


def test_the_bundle_is_of_the_draw_that_it_names() -> None:
    draw = Simulation(Setup()).run()
    assert refuted_by(checked(draw, replace(draw.bundle(), draw="drw_other"))) == "intent"
    assert refuted_by(checked(draw, replace(draw.bundle(), intent=3))) == "intent"
