"""``expertpool preflight``: what it finds in both languages, and its exit codes."""

import json

from expertpool.core.ledger_store import SqlLog
from tests.cli.conftest import Installation
from tests.cli.test_doctor import write_policy


def test_without_cosigners_it_says_so_and_exits_with_1(signed: Installation) -> None:
    english, chinese = signed.run("preflight"), signed.run("--lang", "zh", "preflight")
    assert (english.exit_code, chinese.exit_code) == (1, 1)
    assert "There is no witness policy" in english.output
    assert "没有共签方规则" in chinese.output


def test_json_has_code_and_both_languages(signed: Installation) -> None:
    result = signed.run("preflight", "--json")
    assert result.exit_code == 1
    [found] = [one for one in json.loads(result.stdout) if one["code"] == "preflight.no-policy"]
    assert found.keys() == {"code", "zh", "en"}


def test_when_all_is_well_it_exits_with_0(signed: Installation) -> None:
    """The entries are young: a quorum has half an hour."""
    write_policy(signed)
    result = signed.run("preflight")
    assert (result.exit_code, result.output) == (0, "Everything that tomorrow's sessions need is there.\n")


def test_it_records_nothing_and_tells_nobody(signed: Installation) -> None:
    before = SqlLog(signed.engine).head().size
    signed.run("preflight", EXPERTPOOL_PREFLIGHT__OFFICER_PHONE="13900000009")
    assert SqlLog(signed.engine).head().size == before
    assert not signed.settings.draws.messages.exists()


def test_a_gateway_without_its_secret_is_refused_with_the_variable(signed: Installation) -> None:
    result = signed.run("preflight", EXPERTPOOL_GATEWAY_FIRST__URL="https://gateway.example")
    assert result.exit_code == 1
    assert "EXPERTPOOL_GATEWAY_FIRST_SECRET" in result.output


def test_a_gateway_that_is_not_there_is_told_and_its_secret_is_not(signed: Installation) -> None:
    secret = "s" * 32
    result = signed.run(
        "preflight",
        EXPERTPOOL_GATEWAY_FIRST__URL="http://127.0.0.1:9",
        EXPERTPOOL_GATEWAY_FIRST_SECRET=secret,
    )
    assert result.exit_code == 1
    assert "“first” does not answer" in result.output
    assert secret not in result.output
