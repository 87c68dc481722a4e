"""How the API and the pages ask the vault: over its line, in the name of the address that asks."""

from typing import Any

from flask import request

from expertpool.core.vault_line import VaultLine, VaultSilent
from expertpool.invitations import verbs
from expertpool.invitations.answering import Word, hand_in
from expertpool.web.edge import edge

WEB = "svc:web"


def line() -> VaultLine:
    """The line to this installation's vault."""
    settings = edge().settings.vault
    return VaultLine(settings.socket, settings.timeout_s)


def source() -> str:
    """The address that asks, for the vault's limits."""
    return (request.remote_addr or "")[: verbs.SOURCE]


def give_answer(code: str, word: str) -> dict[str, Any] | None:
    """How the invitation stands after an answer; None while the vault is away: it is noted, and taken when it is back.

    Raises `CodeRefused`, `TooManyAttempts`, and `VaultKeyMissing` when it cannot even be noted.
    """
    try:
        return line().ask(verbs.ANSWER, code=code, word=word, source=source())
    except VaultSilent:
        with edge().transactions.begin(WEB) as tx:
            hand_in(tx, code=code, word=Word(word))
        return None
