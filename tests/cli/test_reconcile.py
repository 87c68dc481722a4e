"""`reconcile` shows what was changed behind the ledger's back."""

import json

from sqlalchemy import text

from expertpool.cli.reconcile_command import WHAT
from expertpool.core import reconcile
from tests.cli.conftest import Installation, call


def change(installation: Installation, statement: str) -> None:
    with installation.engine.begin() as connection:
        connection.execute(text(statement))


def test_what_agrees_is_exit_0(installation: Installation) -> None:
    result = installation.run("reconcile")
    assert (result.exit_code, result.stdout) == (0, "The business rows agree with the ledger.\n")
    assert json.loads(installation.run("reconcile", "--json").stdout) == []


def test_a_changed_column_is_shown_with_both_values(installation: Installation) -> None:
    change(installation, "UPDATE centres SET name_en = 'Elsewhere'")
    english, chinese = installation.run("reconcile"), installation.run("--lang", "zh", "reconcile")
    assert english.exit_code == chinese.exit_code == 1
    assert "a row was changed" in english.stdout
    assert "name_en: ledger 'Demonstration Trading Centre' -> found 'Elsewhere'" in english.stdout
    assert "行被改动" in chinese.stdout
    found = installation.run("reconcile", "--json")
    assert found.exit_code == 1
    [one] = json.loads(found.stdout)
    assert (one["what"], one["table"]) == ("changed", "centres")
    assert one["columns"] == {"name_en": {"ledger": "Demonstration Trading Centre", "found": "Elsewhere"}}


def test_a_removed_row_and_an_altered_entry_are_shown(installation: Installation) -> None:
    change(installation, "DELETE FROM actors WHERE code = 'audit-administrator'")
    change(installation, "UPDATE ledger_entries SET data = CAST('{}' AS BLOB) WHERE idx = 0")
    found = {one["what"] for one in json.loads(installation.run("reconcile", "--json").stdout)}
    assert {"removed", "entry-altered", "head-altered"} <= found


def test_a_database_that_was_cut_short_is_still_compared(signed: Installation) -> None:
    """Who investigates needs the differences most when the service refuses to start."""
    change(signed, "DELETE FROM ledger_entries WHERE idx = 7")
    result = signed.run("reconcile")
    assert result.exit_code == 1
    assert "the tree head does not fit the entries" in result.stdout


def test_every_kind_of_difference_has_a_text() -> None:
    assert set(WHAT) == set(reconcile.What.__args__)  # type: ignore[attr-defined]


def test_without_a_database_it_says_so(tmp_path: object) -> None:
    result = call("reconcile", EXPERTPOOL_PATHS__VAR=str(tmp_path))
    assert result.exit_code == 1
    assert "expertpool init" in result.output
