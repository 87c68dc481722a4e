"""docs/spec/vault-line.md says what the code does."""

from pathlib import Path

from expertpool.assessments.verbs import VERBS as OF_ASSESSMENTS
from expertpool.core.errors import ExpertpoolError
from expertpool.core.vault_line import ANSWER_BYTES, OF_THE_LINE, QUESTION_BYTES, VaultSilent, Verb
from expertpool.invitations.rules import Door
from expertpool.invitations.verbs import VERBS
from expertpool.payouts.verbs import VERBS as OF_FEES
from expertpool.sessions.verbs import VERBS as OF_THE_ROOM
from expertpool.vault import listener, one_time_codes

SPEC = (Path(__file__).parents[2] / "docs" / "spec" / "vault-line.md").read_text()


def row(verb: Verb) -> str:
    takes = [
        f"`{name}` {most[0]} to {most[-1]}" if isinstance(most, range) else f"`{name}` ≤ {most}"
        for name, most in verb.takes.items()
    ]
    refuses = ", ".join(f"`{kind.code}`" for kind in verb.refuses)
    return f"| `{verb.name}` | {verb.says} | {', '.join(takes)} | {refuses} |"


def test_the_table_is_the_list() -> None:
    rows = [line for line in SPEC.splitlines() if line.startswith("| `")]
    assert rows == [row(verb) for verb in (*VERBS, *OF_THE_ROOM, *OF_FEES, *OF_ASSESSMENTS)]


def test_the_figures_are_those_of_the_code() -> None:
    assert f"at most {QUESTION_BYTES:,} bytes" in SPEC
    assert f"exactly {ANSWER_BYTES:,} bytes" in SPEC
    assert f"within {listener.ASKING_S:g} s" in SPEC
    assert f"{Door().failures} for each seat" in SPEC
    assert f"tries of a one-time code | {one_time_codes.TRIES} |" in SPEC
    assert f"mode 0{listener.SOCKET_MODE:o}" in SPEC
    assert f"mode 0{listener.FOLDER_MODE:o}" in SPEC


def test_the_refusals_of_the_line_are_all_there() -> None:
    kinds: tuple[type[ExpertpoolError], ...] = (*OF_THE_LINE, VaultSilent)
    assert [kind.code for kind in kinds if f"`{kind.code}`" not in SPEC] == []
