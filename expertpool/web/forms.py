"""What pages take from browsers: forms that show they come from one of our pages, read by the API's own schemas.

The token of a form is a keyed hash of the cookie's secret (OWASP's HMAC-based pattern): nothing is stored, no other
site can make one, and it changes whenever somebody signs in or out. Browsers say besides where a request comes from
(Sec-Fetch-Site); what comes from elsewhere is refused whatever it shows.
"""

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlsplit

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError

from expertpool.core.errors import ExpertpoolError, Several
from expertpool.core.keyrings import ACCOUNTS_KEY
from expertpool.web.cookies import secret_for_forms, secret_of_visitor
from expertpool.web.edge import edge, language
from expertpool.web.errors import FormExpired, InvalidInput
from expertpool.web.validation import complaints

TOKEN_FIELD: Final = "form_token"  # noqa: S105 -- the name of a field


@dataclass(slots=True)
class Filled:
    """A form as a page shows it: what was typed, and what is wrong with it by field; ``""`` is the form as a whole."""

    values: dict[str, Any] = field(default_factory=dict)
    complaints: dict[str, list[str]] = field(default_factory=dict)

    def blame(self, error: ExpertpoolError) -> None:
        """Take an error over, to the fields that it blames."""
        if isinstance(error, InvalidInput):
            for wrong in error.fields:
                self.complaints.setdefault(wrong["field"], []).append(wrong[language()])
            return
        for each in error.problems if isinstance(error, Several) else (error,):
            self.complaints.setdefault(each.field or "", []).append(each.message(language()))


def form_token() -> str:
    """The token that a form on this page shows."""
    return _token(secret_for_forms())


def check_form_token() -> None:
    """Raise `FormExpired` unless the present request is a form of ours, from a page of ours."""
    secret, given = secret_of_visitor(), request.form.get(TOKEN_FIELD, "")
    from_here = request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    right = compare_digest(_token(secret or "").encode(), given.encode())
    if secret is None or not right or not from_here:
        raise FormExpired


def load(schema: type[Schema], sent: dict[str, Any]) -> Any:
    """What the schema makes of a form. Raises `InvalidInput`."""
    try:
        return schema(unknown=EXCLUDE).load(sent)
    except ValidationError as error:
        raise InvalidInput(list(complaints(error.messages))) from None


def local_path(text: str, otherwise: str) -> str:
    """An address on this site to go on to, such as a page asked for before signing in; else ``otherwise``.

    Browsers take "//host" and "/\\\\host" for other sites, and leave out control characters.
    """
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if plain and not parts.scheme and not parts.netloc else otherwise


def _token(secret: str) -> str:
    return edge().keys.hmac_sha256(ACCOUNTS_KEY, f"form token\0{secret}".encode()).hex()
