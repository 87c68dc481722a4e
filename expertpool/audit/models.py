"""By what the public entries can be found. Derived from their bytes alone, and can be made anew at any time."""

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from expertpool.core.rows import OperationalRow


class LedgerTerm(OperationalRow):
    """That an entry can be found by a term (see ``audit.terms``): bytes, so that both databases order them alike."""

    __tablename__ = "ledger_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    term: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
