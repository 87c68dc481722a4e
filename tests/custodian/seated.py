"""A draw of a village that is filled: its records are sealed to all three holders, any two of whom may open them."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

from expertpool.protocol.committee import Meeting
from expertpool.protocol.envelope import About, Envelope, Holders, quorums, seal_to_holders
from expertpool.sealing import mailbox
from ledger.canonical import canonical
from ledger.entry import format_time
from tests.custodian.village import TAKE, Neighbour, Village

DRAW = "drw_1"
NAMES = {"AB12": "甲一", "CD34": "乙二"}


class Seated:
    """``holders`` are the neighbours in the order of the sets."""

    def __init__(self, village: Village, draw: str = DRAW) -> None:
        self.village = village
        self.draw = draw
        self.holders = sorted(village.neighbours, key=lambda each: each.holder.id)
        ids = {each.holder.id: each for each in self.holders}
        outside = frozenset(name for name, each in ids.items() if each.outside)
        sealed_to = Holders({name: each.holder.share for name, each in ids.items()}, quorums([*ids], 2, outside))
        self.sealed_to = sealed_to
        self.starts = village.world.clock.now() + timedelta(days=2)
        self.intent = village.intend(self.draw, lots=(draw,), sealed_to=sealed_to, not_before=self.starts)
        self.records = {seat: self.seal(seat) for seat in NAMES}
        shown = [{"seat": seat, "record": record.digest.hex()} for seat, record in self.records.items()]
        village.record("draw.completed", draw=self.draw, intent=self.intent, attempts=1, seed="", seats=shown)
        self.filled = self.fill()

    def seal(self, seat: str, name: str | None = None, purpose: str = "record", **changes: Any) -> Envelope:
        stated: dict[str, Any] = {
            "draw": self.draw,
            "intent": self.village.world.entry_hash(self.intent),
            "purpose": purpose,
            "subject": seat,
            "rulebook": bytes(32),
            "not_before": format_time(self.starts),
            **changes,
        }
        content = {"line": 0, "name": name or NAMES[seat], "phone": "13800000000", "seat": seat}
        return seal_to_holders(canonical(content), About(**stated), self.sealed_to)

    def fill(self) -> int:
        return self.village.record("draw.filled", draw=self.draw, intent=self.intent, seat="AB12")

    def refill(self, seat: str, vacancy: int = 1) -> Envelope:
        """Somebody else takes a seat."""
        self.vacate(seat, vacancy)
        record = self.seal(seat, "丙三")
        body: dict[str, Any] = {"draw": self.draw, "intent": self.intent, "vacancy": vacancy, "attempts": 1}
        digest = record.digest.hex()
        self.village.record("draw.refilled", seat=seat, record=digest, member="", answer="", **body)
        self.records[seat] = record
        return record

    def vacate(self, seat: str, vacancy: int) -> int:
        return self.village.record("draw.vacated", draw=self.draw, intent=self.intent, vacancy=vacancy, seat=seat)

    def close(self) -> int:
        return self.village.record("draw.closed", draw=self.draw, intent=self.intent)

    def give(self, neighbour: Neighbour, envelope: Envelope, /, **changes: Any) -> str:
        """Leave a task to keep a record."""
        plain = {
            "kind": "keep",
            "draw": self.draw,
            "envelope": b64encode(envelope.to_bytes()).decode(),
            "filled": self.filled,
            "meeting": Meeting(format_time(self.starts), ("三楼评标室",)).plain(),
            **changes,
        }
        with self.village.world.site.service.transactions.begin("svc:vault") as tx:
            return mailbox.post_task(tx, neighbour.holder, plain, then=TAKE, args={})

    def give_all(self) -> None:
        """Every holder gets every record, and keeps it."""
        tasks = [self.give(each, record) for each in self.holders for record in self.records.values()]
        self.village.round()
        self.village.round()
        assert all(self.village.answers[task] == {"kept": True} for task in tasks)

    def answer(self, neighbour: Neighbour, envelope: Envelope, /, **changes: Any) -> dict[str, Any]:
        task = self.give(neighbour, envelope, **changes)
        self.village.round()
        self.village.round()
        return self.village.answers[task]
