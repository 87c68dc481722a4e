"""Makes the preflight once an evening, records what it found, and tells the duty officer."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.errors import ExpertpoolError
from expertpool.core.transaction import Transaction, Transactions
from expertpool.draws.parts import VAULT
from expertpool.invitations.events import PreflightMade
from expertpool.invitations.gateway import Channel, GatewayFailed, GatewayRefused, Message
from expertpool.invitations.models import Preflight
from expertpool.invitations.preflight import Finding, Patient, examine, tomorrow
from policies.facts import CHINA

AGAIN: Final = timedelta(minutes=5)
"""When an officer who could not be told is told again; until midnight."""
TEXT: Final = 300
"""Characters of a text message at most."""

LOOK_S: Final = 30.0

log = structlog.get_logger("preflight")


class Evening:
    """One vault's evenings. Several vaults may run: the first to record one has made it."""

    def __init__(self, patient: Patient, transactions: Transactions) -> None:
        self._patient = patient
        self._transactions = transactions
        self._look_again = patient.clock.now()

    def run_due(self) -> bool:
        """Make tomorrow's preflight if it is time, or tell the officer what was found; returns whether it did."""
        now = self._patient.clock.now()
        if now < self._look_again:
            return False
        begins, ends = _evening(now, self._patient.settings.preflight.at)
        if now < begins:
            self._look_again = begins
            return False
        if self._known() is None:
            self._make()
        kept = self._known()
        if kept is None or kept.told is not None or self._tell(kept):
            self._look_again = ends
        else:
            self._look_again = now + AGAIN
        return True

    def _known(self) -> Preflight | None:
        day = tomorrow(self._patient.clock.now())
        with Session(self._patient.engine.execution_options(**READ_ONLY)) as session:
            return session.scalar(select(Preflight).where(Preflight.day == day))

    def _make(self) -> None:
        """Look first, outside any transaction: gateways may take their time."""
        findings = examine(self._patient)
        try:
            with self._transactions.begin(VAULT) as tx:
                _record(tx, findings)
        except IntegrityError:
            return  # another vault was first
        for finding in findings:
            log.warning("preflight.amiss", finding=finding.code)

    def _tell(self, kept: Preflight) -> bool:
        """Send what was found on each of the officer's channels; the same message again is sent once."""
        findings = [Finding(**each) for each in json.loads(kept.findings)]
        told = [self._send(message) for message in self._messages(kept, findings)] if findings else []
        if not all(told):
            return False
        with self._transactions.begin(VAULT) as tx:
            tx.session.get_one(Preflight, kept.day, with_for_update=True).told = tx.now
        return True

    def _messages(self, kept: Preflight, findings: Sequence[Finding]) -> list[Message]:
        settings = self._patient.settings.preflight
        key, day = f"preflight-{kept.day.isoformat()}", kept.day.strftime("%m-%d")
        found = []
        if settings.officer_phone:
            text = "；".join(finding.zh for finding in findings)
            short = f"【专家抽取】{day} 场次检查发现 {len(findings)} 个问题：{text}"[:TEXT]
            found.append(Message(f"{key}-sms", Channel.SMS, settings.officer_phone, short))
        if settings.officer_email:
            lines = [f"{finding.zh}\n{finding.en}\n({finding.code})\n" for finding in findings]
            long = "\n".join([f"{day}：{len(findings)}\n", *lines])
            found.append(Message(f"{key}-email", Channel.EMAIL, settings.officer_email, long))
        return found

    def _send(self, message: Message) -> bool:
        for gateway in self._patient.gateways.of(message.channel):
            try:
                gateway.send(message)
            except (GatewayFailed, GatewayRefused):
                continue
            return True
        log.warning("preflight.officer-not-told", channel=message.channel.value)
        return False


@contextmanager
def watching(evening: Evening, pause_s: float = LOOK_S) -> Iterator[None]:
    """Have it run in a thread of its own for as long as the block lasts: a slow gateway holds up no draw."""
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            try:
                evening.run_due()
            except Exception as error:  # noqa: BLE001 -- whatever it is, the next evening comes
                reason = error.code if isinstance(error, ExpertpoolError) else type(error).__name__
                log.warning("preflight.failed", reason=reason)
            done.wait(pause_s)

    thread = threading.Thread(target=watch, name="preflight")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _evening(now: datetime, at: str) -> tuple[datetime, datetime]:
    """When the present day's preflight is due, and when the day ends."""
    today = now.astimezone(CHINA).date()
    ends = datetime.combine(today, time(), CHINA) + timedelta(days=1)
    return datetime.combine(today, time.fromisoformat(at), CHINA), ends


def _record(tx: Transaction, findings: Sequence[Finding]) -> None:
    day = tomorrow(tx.now)
    plain = [finding.plain() for finding in findings]
    tx.session.add(Preflight(day=day, made=tx.now, findings=json.dumps(plain, ensure_ascii=False)))
    tx.session.flush()
    tx.record(PreflightMade(day=day.isoformat(), amiss=len(findings), findings=plain))
