"""What the web process may ask the vault for an expert about the own assessments; docs/spec/vault-line.md.

Whose seat it was the vault alone knows, from the sign-in; so nothing here takes the name of a person.
"""

from typing import Final

from expertpool.assessments.case_errors import (
    AppealEmpty,
    AppealThere,
    AppealTooLate,
    ExplainedAlready,
    NoSuchExplanation,
    NoSuchFile,
    NoSuchResult,
    NotReceived,
)
from expertpool.assessments.errors import WrongStep
from expertpool.core.vault_line import Verb
from expertpool.invitations.desk_errors import SignedOut
from expertpool.invitations.verbs import ID, TOKEN

SUBJECTS: Final = range(1, 1_001)
TEXT: Final = 1_000
FILES: Final = 250
"""Characters of the names of attachments, with commas between."""

OWN: Final = Verb(
    "assessment.own",
    "lists one's own results; what is not signed for yet is shown without its content",
    {"token": TOKEN},
    (SignedOut,),
)
RECEIVE: Final = Verb(
    "assessment.receive",
    "signs for a result, or for the decision of a case or an appeal: from that day on the time for an appeal runs",
    {"token": TOKEN, "session": ID, "subject": SUBJECTS, "about": ID},
    (SignedOut, NoSuchResult),
)
APPEAL: Final = Verb(
    "assessment.appeal",
    "files an appeal against one's own result, with attachments that were uploaded before",
    {"token": TOKEN, "session": ID, "subject": SUBJECTS, "text": TEXT, "files": FILES},
    (SignedOut, NoSuchResult, NotReceived, AppealEmpty, AppealThere, AppealTooLate, NoSuchFile, WrongStep),
)
DISCLOSE: Final = Verb(
    "assessment.disclose",
    "hands out what opens the ledger's commitments to one's own result and to what followed from it",
    {"token": TOKEN, "session": ID, "subject": SUBJECTS},
    (SignedOut, NoSuchResult, NotReceived),
)

EXPLAIN: Final = Verb(
    "assessment.explain",
    "answers the supervisor's question about one's own scoring, once",
    {"token": TOKEN, "session": ID, "subject": SUBJECTS, "explanation": ID, "text": TEXT},
    (SignedOut, NoSuchResult, NoSuchExplanation, ExplainedAlready),
)

VERBS: Final = (OWN, RECEIVE, APPEAL, DISCLOSE, EXPLAIN)
"""All of them."""
