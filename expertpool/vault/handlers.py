"""What the vault does when it is asked over its line: one handler for each verb of `invitations.verbs`.

Whatever would tell an asker more than may be told is one refusal here; why it was refused stays in the vault.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.transaction import Transaction
from expertpool.core.vault_line import QuestionMalformed, Verb
from expertpool.core.vault_settings import VaultSettings
from expertpool.draws.models import Draw
from expertpool.draws.parts import VAULT
from expertpool.draws.queries import target_of_draw
from expertpool.experts.errors import MirroredElsewhere, PhoneInvalid
from expertpool.experts.validation import check_phone
from expertpool.identity.permissions import Target, may
from expertpool.identity.queries import caller_by_id
from expertpool.identity.service import require
from expertpool.invitations import answering, arriving, verbs
from expertpool.invitations.answering import Invitation, Word
from expertpool.invitations.desk_errors import ArrivalRefused, CodeRefused, SignInRefused
from expertpool.invitations.errors import (
    CheckInTooSoon,
    CodeUnknown,
    InvitationOver,
    LeaveTooLate,
    NotAccepted,
    WrongStep,
)
from expertpool.invitations.lifecycle import HOLDING
from expertpool.invitations.messages import occupant_of
from expertpool.invitations.parts import Desk
from expertpool.payouts.pain001 import Debtor
from expertpool.sessions import inside
from expertpool.sessions import verbs as room
from expertpool.sessions.admitting import welcomer
from expertpool.sessions.steps import Cause
from expertpool.vault import one_time_codes, sign_ins, wishes
from expertpool.vault.assignments import assignments, receipt
from expertpool.vault.attempts import Attempts
from expertpool.vault.listener import Handler
from expertpool.vault.own_assessments import OwnAssessments
from expertpool.vault.own_payouts import OwnPayouts
from expertpool.vault.payment_files import PaymentFiles
from expertpool.vault.records import of_own_pools, records
from expertpool.vault.sign_ins import Holder
from expertpool.vault.wishes import Wished
from ledger.entry import format_time

Given = Mapping[str, Any]

Deliver = Callable[[str, str], None]
"""Has a one-time code sent to a number, if the pool knows it, and does not wait for it."""

BY_EXPERT: Final = frozenset({Word.ACCEPT, Word.DECLINE, Word.LEAVE, Word.CHECK_IN})
BY_DESK: Final = frozenset({Word.LATE, Word.LEAVE, Word.CHECK_IN})
REPLACED_FOR: Final = frozenset({Cause.DESERTION, Cause.HEALTH, Cause.ABSENT})
STAYS_AWAY: Final = frozenset({Word.DECLINE, Word.LEAVE})
NOT_TAKEN: Final = (CheckInTooSoon, CodeUnknown, InvitationOver, LeaveTooLate, NotAccepted, WrongStep)
"""Why an answer is not taken: over the line all of them are one refusal."""


class Handlers:
    """The handlers of a vault. Each refuses with what its verb declares, after whatever is to be kept of it."""

    def __init__(self, desk: Desk, settings: VaultSettings, deliver: Deliver, debtor: Debtor | None = None) -> None:
        """``debtor``: the account from which the centre pays fees for others, where it does."""
        self._debtor = debtor
        self._desk = desk
        self._parts = desk.parts
        self._settings = settings
        self._deliver = deliver
        self._attempts = Attempts(desk.parts, settings.attempts_per_hour)

    def by_verb(self) -> dict[Verb, Handler]:
        """The list: what is not on it cannot be asked."""
        return {
            verbs.LOOK: self.look,
            verbs.ANSWER: self.answer,
            verbs.NOTE: self.note,
            verbs.MATCH: self.match,
            room.BIDDERS: self.bidders,
            room.RECUSE: self.recuse,
            room.REPLACE: self.replace,
            verbs.ASK_CODE: self.ask_code,
            verbs.SIGN_IN: self.sign_in,
            verbs.OPEN: self.open,
            verbs.MINE: self.mine,
            verbs.RECEIPT: self.receipt,
            verbs.RECORD: self.record,
            verbs.BE_AWAY: self.be_away,
            verbs.CORRECT: self.correct,
            verbs.SIGN_OUT: self.sign_out,
            **OwnPayouts(self._desk, self._attempts).by_verb(),
            **PaymentFiles(self._parts, self._debtor).by_verb(),
            **OwnAssessments(self._desk).by_verb(),
        }

    def look(self, given: Given) -> dict[str, Any]:
        """An invitation, to whoever has its code."""
        with self._trying(given["source"]), self._reading() as session:
            return _shown(answering.look(session, self._desk, given["code"]))

    def answer(self, given: Given) -> dict[str, Any]:
        """How the invitation stands afterwards."""
        word = _word(given["word"], BY_EXPERT)
        with self._trying(given["source"]):
            with self._parts.transactions.begin(VAULT) as tx:
                self._take(tx, given["code"], word)
            with self._reading() as session:
                return _shown(answering.look(session, self._desk, given["code"]))

    def note(self, given: Given) -> dict[str, Any]:
        """Nothing: the clerk learns neither seat nor session, and the entry names the clerk."""
        word = _word(given["word"], BY_DESK)
        with self._trying(given["actor"]), self._parts.transactions.begin(given["actor"]) as tx:
            self._refuse_strangers(tx, given["code"])
            self._take(tx, given["code"], word, given["minutes"])
        return {}

    def match(self, given: Given) -> dict[str, Any]:
        """The yes or the no of a sign-in desk, in the clerk's name."""
        asked = {name: given[name] for name in ("session", "site", "id_number", "code")}
        with self._parts.transactions.begin(given["actor"]) as tx:
            welcome = welcomer(tx, self._parts, given["session"])
            admitted = arriving.arrive(tx, self._parts.keys, welcome, **asked)
        if admitted is None:
            raise ArrivalRefused
        with self._reading() as session:
            return {
                "seat": admitted.seat,
                "place": admitted.place,
                "number": admitted.welcome.number,
                "short_code": admitted.welcome.short_code,
                "entry": arriving.signed_in_at(session, admitted),
            }

    def bidders(self, given: Given) -> dict[str, Any]:
        """The bidders, to a member in the room."""
        with self._attempts.watched(given["session"]), self._parts.transactions.begin(VAULT) as tx:
            return inside.show_bidders(tx, self._parts, **given)

    def recuse(self, given: Given) -> dict[str, Any]:
        """Nothing: the seat is vacant now."""
        with self._attempts.watched(given["session"]), self._parts.transactions.begin(VAULT) as tx:
            inside.recuse(tx, self._desk, **given)
        return {}

    def replace(self, given: Given) -> dict[str, Any]:
        """The entry by which the seat is vacant now; it names the supervisor."""
        if given["cause"] not in REPLACED_FOR:
            raise QuestionMalformed
        asked = {name: given[name] for name in ("session", "draw", "seat", "vacancy", "reason")}
        with self._parts.transactions.begin(given["actor"]) as tx:
            inside.replace(tx, self._desk, **asked, cause=Cause(given["cause"]))
        with self._reading() as session:
            return {"entry": inside.entry_of_loss(session, given["draw"], given["seat"])}

    def ask_code(self, given: Given) -> dict[str, Any]:
        """How long a code lives, whoever asks, and whether one goes out or not."""
        phone = _phone(given["phone"])
        self._attempts.count(given["source"])
        with self._parts.transactions.begin(VAULT) as tx:
            code = one_time_codes.ask(tx, self._parts, self._settings, phone)
        if code is not None:
            self._deliver(phone, code)
        return {"minutes": self._settings.one_time_code_minutes}

    def sign_in(self, given: Given) -> dict[str, Any]:
        """A token."""
        phone, lasts = _phone(given["phone"]), timedelta(hours=self._settings.sign_in_hours)
        with self._trying(given["source"]):
            with self._parts.transactions.begin(VAULT) as tx:
                right = one_time_codes.spend(tx, self._parts, self._settings, phone, given["code"].strip())
            with self._reading() as session:  # the whole pool: no writer waits for it
                experts = one_time_codes.known(session, self._parts, phone) if right else []
            if not experts:
                raise SignInRefused
            with self._parts.transactions.begin(VAULT) as tx:
                token = sign_ins.sign_in(tx, self._parts.keys, experts, lasts)
        return {"token": token, "hours": self._settings.sign_in_hours}

    def open(self, given: Given) -> dict[str, Any]:
        """An invitation of one's own, remembered from now on. Somebody else's is refused like one that is not there."""
        with self._trying(given["source"]), self._parts.transactions.begin(VAULT) as tx:
            holder = sign_ins.holder(tx.session, self._parts.keys, given["token"], tx.now)
            seen = answering.look(tx.session, self._desk, given["code"])
            if occupant_of(tx.session, self._desk, seen.at).expert not in holder.experts:
                raise CodeRefused
            sign_ins.remember(tx, self._parts.keys, given["token"], given["code"].strip().upper())
        return _shown(seen)

    def mine(self, given: Given) -> dict[str, Any]:
        """What was opened in this sign-in, the newest first; and what is past, by identity."""
        now = self._desk.clock.now()
        with self._reading() as session:
            holder = sign_ins.holder(session, self._parts.keys, given["token"], now)
            return {
                "invitations": [_shown(seen) for code in holder.codes if (seen := self._seen(session, code))],
                "assignments": assignments(session, self._parts, holder.experts, now),
            }

    def receipt(self, given: Given) -> dict[str, Any]:
        """What opens the commitment to one's own seat."""
        now = self._desk.clock.now()
        with self._reading() as session:
            holder = sign_ins.holder(session, self._parts.keys, given["token"], now)
            return receipt(session, self._parts, holder.experts, now, (given["draw"], given["seat"]))

    def record(self, given: Given) -> dict[str, Any]:
        """What the pool has of whoever signed in, masked."""
        with self._reading() as session:
            experts = self._holder(session, given).experts
            return {"records": records(session, self._parts, experts, wishes.of(session, self._parts.keys, experts))}

    def be_away(self, given: Given) -> dict[str, Any]:
        """Nothing: it is done when the day is over."""
        kind, days = given["word"], {"start": given["start"], "until": given["until"]}
        if kind not in (wishes.AWAY, wishes.BACK):
            raise QuestionMalformed
        self._keep_wish(given, lambda experts: Wished(experts, kind, **days))
        return {}

    def correct(self, given: Given) -> dict[str, Any]:
        """Nothing: it is handed on when the day is over."""
        self._keep_wish(given, lambda experts: Wished(experts, wishes.CORRECT, text=given["text"]))
        return {}

    def sign_out(self, given: Given) -> dict[str, Any]:
        """Nothing."""
        with self._parts.transactions.begin(VAULT) as tx:
            sign_ins.sign_out(tx, given["token"])
        return {}

    def _keep_wish(self, given: Given, make: Callable[[tuple[str, ...]], Wished]) -> None:
        """Keep what one wants of the own record. Raises `MirroredElsewhere` where another pool has all of one's."""
        with self._reading() as session:
            experts = self._holder(session, given).experts
            own = of_own_pools(session, experts)
        if not own:
            raise MirroredElsewhere
        wished = make(own)
        if wished.kind == wishes.AWAY:
            wished.check(self._desk.clock.now())
        with self._parts.transactions.begin(VAULT) as tx:
            wishes.keep(tx, self._parts.keys, wished)

    def _holder(self, session: Session, given: Given) -> Holder:
        return sign_ins.holder(session, self._parts.keys, given["token"], self._desk.clock.now())

    def _take(self, tx: Transaction, code: str, word: Word, minutes: int = 0) -> None:
        """Take an answer. Who does not hold the seat any more may say again that they do not come."""
        try:
            answering.answer(tx, self._desk, code, word, minutes=minutes)
        except InvitationOver:
            stays_away = word in STAYS_AWAY and answering.look(tx.session, self._desk, code).state not in HOLDING
            if not stays_away:
                raise

    @contextmanager
    def _trying(self, source: str) -> Iterator[None]:
        """Something that needs a code: whatever is wrong with it is one refusal, and counts."""
        with self._attempts.watched(source):
            try:
                yield
            except NOT_TAKEN:
                raise CodeRefused from None

    def _refuse_strangers(self, tx: Transaction, code: str) -> None:
        """Refuse a clerk, and an invitation to another centre like one that is not there."""
        clerk = caller_by_id(tx.session, tx.actor)
        require(tx, verbs.NOTE.name, Target((clerk.centre,)) if clerk else Target())
        draw = tx.session.get_one(Draw, answering.look(tx.session, self._desk, code).at.draw)
        if clerk is None or not may(clerk, verbs.NOTE.name, target_of_draw(tx.session, draw)):
            raise CodeRefused

    def _seen(self, session: Session, code: str) -> Invitation | None:
        """An invitation that was opened; None once its draw is over."""
        try:
            return answering.look(session, self._desk, code)
        except CodeUnknown:
            return None

    def _reading(self) -> Session:
        return Session(self._parts.engine.execution_options(**READ_ONLY))


def _shown(seen: Invitation) -> dict[str, Any]:
    """What an expert sees: no project, no bidders, no seat, no name."""
    return {
        "starts": format_time(seen.starts),
        "place": seen.place,
        "expected_minutes": seen.expected_minutes,
        "state": seen.state.value,
        "answer_until": None if seen.answer_until is None else format_time(seen.answer_until),
        "may": [word.value for word in seen.may if word in BY_EXPERT],
    }


def _word(text: str, allowed: frozenset[Word]) -> Word:
    """Raises `QuestionMalformed`: the web process has checked it."""
    if text not in allowed:
        raise QuestionMalformed
    return Word(text)


def _phone(text: str) -> str:
    """A number in normal form, as the web process has checked it. Raises `QuestionMalformed`."""
    try:
        return check_phone(text)
    except PhoneInvalid:
        raise QuestionMalformed from None
