"""What the vault does when it is asked over its line: one handler for each verb of `invitations.verbs`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from expertpool.core.database import READ_ONLY
from expertpool.core.vault_line import QuestionMalformed, Verb
from expertpool.core.vault_settings import VaultSettings
from expertpool.draws.parts import VAULT, Parts
from expertpool.experts.errors import PhoneInvalid
from expertpool.experts.validation import check_phone
from expertpool.invitations import arriving, verbs
from expertpool.invitations.desk_errors import ArrivalRefused, SignInRefused
from expertpool.vault import one_time_codes, sign_ins
from expertpool.vault.attempts import Attempts
from expertpool.vault.listener import Handler

Given = Mapping[str, Any]


class Handlers:
    """The handlers of a vault's desk. Each refuses with what its verb declares, after whatever is to be kept of it."""

    def __init__(self, parts: Parts, settings: VaultSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._attempts = Attempts(parts, settings.attempts_per_hour)

    def by_verb(self) -> dict[Verb, Handler]:
        """The list: what is not on it cannot be asked."""
        return {
            verbs.MATCH: self.match,
            verbs.ASK_CODE: self.ask_code,
            verbs.SIGN_IN: self.sign_in,
            verbs.SIGN_OUT: self.sign_out,
        }

    def match(self, given: Given) -> dict[str, Any]:
        """The yes or the no of a sign-in desk, in the clerk's name."""
        asked = {name: given[name] for name in ("session", "site", "id_number", "code")}
        with self._parts.transactions.begin(given["actor"]) as tx:
            admitted = arriving.arrive(tx, self._parts, **asked)
        if admitted is None:
            raise ArrivalRefused
        return admitted._asdict()

    def ask_code(self, given: Given) -> dict[str, Any]:
        """Nothing, whoever asks."""
        phone = _phone(given["phone"])
        self._attempts.count(given["source"])
        with self._parts.transactions.begin(VAULT) as tx:
            one_time_codes.ask(tx, self._parts, self._settings, phone)
        return {}

    def sign_in(self, given: Given) -> dict[str, Any]:
        """A token."""
        phone, lasts = _phone(given["phone"]), timedelta(hours=self._settings.sign_in_hours)
        with self._attempts.watched(given["source"]):
            with self._parts.transactions.begin(VAULT) as tx:
                right = one_time_codes.spend(tx, self._parts, self._settings, phone, given["code"].strip())
                experts = one_time_codes.known(tx.session, self._parts, phone) if right else []
                token = sign_ins.sign_in(tx, self._parts.keys, experts, lasts) if experts else None
            if token is None:
                raise SignInRefused
        return {"token": token, "hours": self._settings.sign_in_hours}

    def sign_out(self, given: Given) -> dict[str, Any]:
        """Nothing."""
        with self._parts.transactions.begin(VAULT) as tx:
            sign_ins.sign_out(tx, given["token"])
        return {}

    def _reading(self) -> Session:
        return Session(self._parts.engine.execution_options(**READ_ONLY))


def _phone(text: str) -> str:
    """A number in normal form, as the web process has checked it. Raises `QuestionMalformed`."""
    try:
        return check_phone(text)
    except PhoneInvalid:
        raise QuestionMalformed from None
