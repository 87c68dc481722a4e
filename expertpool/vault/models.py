"""The tables of experts' sign-ins and wishes, for the vault alone; no column tells whose a row is."""

from datetime import date, datetime
from functools import partial

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.ids import new_id
from expertpool.core.rows import OperationalRow

ID_LENGTH = 40


class OneTimeCode(OperationalRow):
    """A one-time code that somebody asked for, known to the pool or not: number, code and tries, sealed at one size."""

    __tablename__ = "vault_one_time_codes"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "otc"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    asked: Mapped[datetime]


class SignIn(OperationalRow):
    """An expert's sign-in: SHA-256 of its token; who it is and which invitations were opened, sealed at one size."""

    __tablename__ = "vault_sign_ins"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires: Mapped[datetime]


class Attempt(OperationalRow):
    """A wrong code, or a one-time code asked for, from a source: its keyed digest, another one each hour."""

    __tablename__ = "vault_attempts"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "att"))
    source: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]


class Wish(OperationalRow):
    """What an expert wants of the own record: who and what, sealed at one size; it is done after its day."""

    __tablename__ = "vault_wishes"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, default=partial(new_id, "wsh"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    day: Mapped[date]
