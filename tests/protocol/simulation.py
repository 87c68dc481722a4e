"""A whole draw in memory, from the specification: a log, key holders, a roster, and everything up to the bundle.

    draw = Simulation(Setup(vacancies=("declined", "no-answer"))).run()
    data = to_bytes(draw.bundle(audit=True))
    report = replay(BytesIO(data), draw.trust)

Every step is a method, so that an attack is a subclass that does one of them otherwise. Equal set-ups give equal bytes.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

from expertpool.protocol.beacon import verify_round
from expertpool.protocol.bidders import Late, struck_digest, struck_salt
from expertpool.protocol.bundle import (
    Bundle,
    write_bundle,
)
from expertpool.protocol.commitments import (
    answer_digest,
    contribution_digest,
    delivery_digest,
    lot_code,
    member_digest,
    request_digest,
    retained_digest,
    seed_digest,
)
from expertpool.protocol.decisions import Decider, Extra
from expertpool.protocol.envelope import Holders
from expertpool.protocol.intent import Beacon, Constraint, Contributor, Intent
from expertpool.protocol.matching import Matching
from expertpool.protocol.openings import (
    AnswerOpened,
    RetainedOpened,
    StruckOpened,
)
from expertpool.protocol.panel import Candidates, Search, Seating, search
from expertpool.protocol.seed import BeaconValue, Contribution, Seeds
from expertpool.protocol.table import RowMaker, Token, make_table
from expertpool.protocol.vrf import prove, public_key, verify
from ledger.canonical import canonical
from ledger.disclosure import make_disclosure
from ledger.entry import Draft
from ledger.memory import MemoryLog
from policies.facts import Engagement
from tests.ledger.signers import seed_of
from tests.protocol.simulated_bundle import Bundling, policy
from tests.protocol.simulated_world import (
    CENTRE,
    HOLDERS,
    LOG,
    ORIGIN,
    REGIME,
    WITNESSES,
    Candidate,
    Member,
    Seat,
    Setup,
    rulebook,
)

__all__ = [
    "CENTRE",
    "HOLDERS",
    "LOG",
    "ORIGIN",
    "WITNESSES",
    "Candidate",
    "Member",
    "Setup",
    "Simulation",
    "policy",
    "rulebook",
    "to_bytes",
]


@dataclass
class Simulation(Bundling):
    """One draw. With ``first`` it goes on in the log of an earlier draw for the same lots."""

    def run(self) -> "Simulation":
        if self.setup.retained and self.first is None:
            self.first = Simulation(replace(self.setup, retained=0, vacancies=("declined",))).run()
            self.__post_init__()
        self.register()
        self.enrol()
        self.ask()
        self.intend()
        self.contribute()
        self.draw()
        for number, cause in enumerate(self.setup.vacancies, 1):
            if self.setup.opened_after == number - 1:
                self.open_bidders()
            self.vacate(number, cause)
        if self.setup.opened_after == len(self.setup.vacancies):
            self.open_bidders()
        for seat in self.seats[: self.setup.lost]:
            self.lose(seat, "declined")
        self.record("draw.closed", {"draw": self.draw_id, "intent": self.intent_entry.index})
        return self

    # -- the intent

    def candidates(self) -> list[Candidate]:
        """Everyone on the roster who matches, decided."""
        known = None if self.request.bidders is None else self.bidders().units
        rules = self.request.for_rules(rulebook(), known)
        matches, decider = Matching(rulebook(), REGIME, rules), Decider(rulebook(), REGIME, rules)
        found = []
        for name, member in self.members.items():
            extra = self.extra(name)
            if matches(member.facts):
                found.append(Candidate(member, decider.decide(member.facts, extra), extra))
        return found

    def extra(self, expert: str) -> Extra:
        """Some sat on committees before, some were named for recusal; whoever the first draw seated is passed over."""
        day = self.request.starts.date()
        if self.first is not None and expert in {self.first.chosen[row].member.line.expert for row in self.first.sat}:
            return Extra(former=True)
        if int(expert[4:]) % 5 == 0:
            return Extra((Engagement(day - timedelta(days=30), ("91430000000009002X",)),))
        return Extra(named=True) if int(expert[4:]) % 17 == 4 else Extra(engagements=())

    def retained_members(self) -> list[Member]:
        if self.first is None:
            return []
        return [self.first.chosen[seat.row].member for seat in self.first.seats[: self.setup.retained]]

    def make_table(self) -> None:
        maker, rows = RowMaker(self.table_key), {}
        for each in self.candidates():
            made = maker.row(each.member.line.leaf, each.decided.document, each.decided.lines, each.decided.groups)
            rows[made] = each
        self.table = make_table(list(rows))
        self.chosen = [rows[row] for row in self.table]
        self.retained = []
        for member, seat in zip(self.retained_members(), self.first.seats if self.first else [], strict=False):
            employer = (member.facts.employments or ())[0].unit.code or ""
            opened = maker.open_groups(member.line.leaf, [(1, employer)])
            self.retained.append(RetainedOpened(bytes.fromhex(seat.member), opened))
        self.retained.sort(key=lambda each: retained_digest(each.member, each.groups.commitment()))

    def intend(self) -> None:
        self.make_table()
        self.record("draw.intended", self.intent().shown() | {"_sd": []})
        self.intent_entry = self.entries[-1]
        self.alpha = self.intent_entry.hash

    def intent(self) -> Intent:
        keyed = [Contributor(name, self.registered[name].index, public_key(seed_of(name))) for name in HOLDERS]
        real = self.setup.beacon
        return Intent(
            draw=self.draw_id,
            centre=CENTRE,
            request=request_digest(self.request_salt, self.request.plain()),
            lots=tuple(sorted(lot_code(self.lot_key, self.request.project, lot) for lot in self.request.lots)),
            first=None if self.first is None else self.first.intent_entry.index,
            rulebook=bytes.fromhex(rulebook().digest),
            roster_centre=CENTRE,
            roster_origin=ORIGIN,
            roster_size=self.roster_entries[-1][0].index + 1,
            table=self.table.root(),
            seats=self.request.seats,
            constraints=(Constraint(1, 1),),
            retained=tuple(retained_digest(each.member, each.groups.commitment()) for each in self.retained),
            contributors=tuple(keyed[:2]),
            alternates=tuple(keyed[2:]),
            required=2,
            step_seconds=300,
            deadline=self.now + timedelta(hours=1),
            max_attempts=self.setup.max_attempts,
            vacancies=self.setup.cap,
            vault=bytes(31) + b"\x09",
            holders=Holders(dict.fromkeys(HOLDERS, bytes(31) + b"\x09"), ((HOLDERS[1], HOLDERS[0]),)),
            not_before=self.request.starts,
            beacon=None if real is None else Beacon(bytes.fromhex(real.chain_hash), real.round),
        )

    # -- contributions and result

    def about(self, **more: Any) -> dict[str, Any]:
        return {"draw": self.draw_id, "intent": self.intent_entry.index, **more}

    def prove(self, name: str) -> bytes:
        return prove(seed_of(name), self.alpha)

    def contribute(self) -> None:
        """The centre first, then the others; an alternate for whoever is silent."""
        self.answer(HOLDERS[0], escrow=bytes(32).hex())
        alternates = list(HOLDERS[2:])
        waiting = [HOLDERS[1]]
        while waiting:
            name = waiting.pop()
            if name not in self.setup.silent:
                self.answer(name, escrow=None)
                continue
            waiting.append(alternates.pop(0))
            self.record("draw.stepped-in", self.about(alternate=waiting[0], replaced=name), minutes=6)

    def answer(self, name: str, escrow: str | None) -> None:
        self.proofs[name] = self.prove(name)
        digest = contribution_digest(self.alpha, name, self.proofs[name]).hex()
        self.record("draw.contributed", self.about(organisation=name, digest=digest, escrow=escrow))

    def outputs(self) -> list[Contribution]:
        keys = {name: public_key(seed_of(name)) for name in HOLDERS}
        ordered = [name for name in HOLDERS if name in self.proofs]
        return [Contribution(name, verify(keys[name], self.alpha, self.proofs[name])) for name in ordered]

    def derive(self) -> Seeds:
        real = self.setup.beacon
        value = None if real is None else BeaconValue(bytes.fromhex(real.chain_hash), real.round, verify_round(real))
        return Seeds.derive(self.alpha, self.outputs(), value)

    def draw(self) -> None:
        """The panel, or that there is none."""
        self.seeds = self.derive()
        if self.setup.beacon is not None:
            self.now = self._beginning() + timedelta(minutes=50)
        found = self.search(self.request.seats, self.seeds.panel)
        common = self.about(attempts=len(found.attempts), seed=seed_digest(self.seeds.panel).hex())
        if found.panel is None:
            self.record("draw.exhausted", common)
            return
        taken = [(line, row) for line, rows in enumerate(found.panel) for row in rows]
        for number, (code, (line, row)) in enumerate(zip(self.seeds.seat_codes(len(taken)), taken, strict=True)):
            self.seats.append(self.seat(code, line, row, self.seeds.member_salt(0, number)))
        shown = [self.shown(seat) | {"line": seat.line} for seat in sorted(self.seats, key=lambda each: each.code)]
        self.record("draw.completed", common | {"seats": shown})
        self.sat = {seat.row for seat in self.seats}

    def seat(self, code: str, line: int, row: int, salt: bytes) -> Seat:
        member = member_digest(salt, self.table.leaf(row)).hex()
        return Seat(code, line, row, self.fresh(16), self.fresh(4).hex(), member)

    def shown(self, seat: Seat) -> dict[str, Any]:
        return {
            "answer": answer_digest(seat.answer, seat.answer_code).hex(),
            "member": seat.member,
            "record": sha256(seat.code.encode()).hexdigest(),
            "seat": seat.code,
        }

    def tokens(self, row: int) -> tuple[Token, ...]:
        each = self.chosen[row]
        return RowMaker(self.table_key).open_groups(each.member.line.leaf, each.decided.groups).tokens

    def search(
        self, wanted: Sequence[int], seed: bytes, seated: Sequence[int] = (), struck: Sequence[int] = ()
    ) -> Search:
        seating = Seating(
            Candidates(self.table.leaves, self.table.lines, self.tokens),
            wanted,
            {each.kind: each.cap for each in self.intent().constraints},
            seated=seated,
            struck=struck,
            beside=[each.groups.tokens for each in self.retained],
        )
        found = search(seating, seed, self.setup.max_attempts)
        self.selected |= {row for attempt in found.attempts for line in attempt for row in line}
        return found

    def vacate(self, number: int, cause: str) -> None:
        """A seat falls vacant, and is drawn anew."""
        place = self.setup.vacated[number - 1] if self.setup.vacated else (number - 1) % len(self.seats)
        seat = self.seats[place]
        if cause == "declined":
            self.answers.append(AnswerOpened(self.vacancies + 1, seat.answer_code, seat.answer))
        self.refill(seat, self.log_vacancy(seat, cause))

    def log_vacancy(self, seat: Seat, cause: str) -> int:
        self.vacancies += 1
        hidden = self.hide(self.evidence_of(seat, cause))
        self.record("draw.vacated", self.about(seat=seat.code, vacancy=self.vacancies) | hidden)
        return self.vacancies

    def lose(self, seat: Seat, cause: str) -> None:
        """A seat falls vacant past the cap, and stays empty."""
        self.record("draw.seat-lost", self.about(seat=seat.code) | self.hide(self.evidence_of(seat, cause)))

    def hide(self, evidence: dict[str, Any]) -> dict[str, Any]:
        text = b64encode(canonical(evidence).ljust(4092)).decode()
        salt = sha256(f"evidence {len(self.evidence) + 1}".encode()).digest()
        disclosure = make_disclosure("evidence", text, salt)
        self.evidence.append(disclosure.encoded)
        return {"_sd": [disclosure.digest]}

    def evidence_of(self, seat: Seat, cause: str) -> dict[str, Any]:
        """What shows that a seat fell vacant for this cause."""
        if cause == "declined":
            return {"cause": cause, "answer": {"code": seat.answer_code, "salt": seat.answer.hex()}}
        if cause == "no-answer":
            tried = [(channel, delivery_digest(bytes(16), {"channel": channel})) for channel in ("sms", "voice")]
            return {"cause": cause, "deliveries": [{"channel": each, "digest": digest.hex()} for each, digest in tried]}
        return {"cause": cause, "finding": {"rule": "recusal.declared"}}

    def refill(self, seat: Seat, number: int) -> None:
        seated = [other.row for other in self.seats if other is not seat]
        wanted = [int(line == seat.line) for line in range(len(self.request.seats))]
        struck = sorted((self.sat | self.struck) - set(seated))
        found = self.search(wanted, self.seeds.vacancy(number), seated, struck)
        common = self.about(seat=seat.code, vacancy=number, attempts=len(found.attempts))
        if found.panel is None:
            self.seats.remove(seat)
            self.record("draw.vacancy-exhausted", common)
            return
        [row] = found.panel[seat.line]
        filled = self.seat(seat.code, seat.line, row, self.seeds.member_salt(number, 0))
        self.seats[self.seats.index(seat)] = filled
        self.sat.add(row)
        self.record("draw.refilled", common | self.shown(filled))

    def strikes(self) -> list[int]:
        """The rows that the bidders strike."""
        late = Late(rulebook(), self.request, self.bidders())
        return [
            row
            for row, each in enumerate(self.chosen)
            if late.strikes(each.member.line.leaf, each.member.facts, each.extra, each.decided)
        ]

    def open_bidders(self) -> None:
        """The list is opened: rows are struck, and the seats of those on them fall vacant at once."""
        rows = self.strikes()
        leaves = [self.table.leaf(row) for row in rows]
        shown = {
            "bidders": self.bidders().digest(self.table_key).hex(),
            "list": bytes(32).hex(),
            "struck": struck_digest(struck_salt(self.table_key), leaves).hex(),
            "vacancies": self.vacancies,
        }
        self.record("draw.bidders-opened", self.about(**shown))
        self.struck = set(rows)
        self.opened = StruckOpened(struck_salt(self.table_key), tuple(leaves))
        emptied, left = self.emptied(), max(0, self.setup.cap - self.vacancies)
        vacated = [(seat, self.log_vacancy(seat, "recused")) for seat in emptied[:left]]
        for seat in emptied[left:]:
            self.lose(seat, "recused")
        for seat, number in vacated:
            self.refill(seat, number)

    def emptied(self) -> list[Seat]:
        """Whose seats fall vacant by that, in the order of their codes."""
        return sorted((seat for seat in self.seats if seat.row in self.struck), key=lambda each: each.code)

    def relogged(self, edit: Callable[[list[Draft]], list[Draft]]) -> "Simulation":
        """The same draw with other entries after the intent: as a centre would write them that lies in the log."""
        after = self.intent_entry.index + 1
        drafts = [
            Draft(entry.kind, entry.actor, datetime.fromisoformat(entry.time), dict(entry.body))
            for entry in self.log.entries[after:]
        ]
        kept = [entry for entry in self.entries if entry.index < after]
        before, self.log = self.log, MemoryLog()
        self.log.append(
            [
                Draft(entry.kind, entry.actor, datetime.fromisoformat(entry.time), entry.body)
                for entry in before.entries[:after]
            ]
        )
        assert self.log.entries[-1].hash == self.alpha
        self.entries = [*kept, *self.log.append(edit(drafts))]
        return self


def to_bytes(bundle: Bundle) -> bytes:
    file = BytesIO()
    write_bundle(file, bundle)
    return file.getvalue()
