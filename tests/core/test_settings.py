"""Settings: later sources win, every mistake is told at once with its place, nothing secret is repeated."""

import tomllib
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expertpool.core.settings import DatabaseSettings, LedgerSettings, ServiceSettings, Settings, settings_table
from expertpool.core.settings_loading import BadSettings, CertificatesNeedSocket, load_settings
from tests.core.setting_files import from_toml, problems

ROOT = Path(__file__).parents[2]
NAMES = {f"{section.name}.{entry.name}" for section in fields(Settings) for entry in fields(section.default)}  # type: ignore[arg-type]

# Sources


def test_without_file_and_environment_the_defaults_hold_under_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings.service == ServiceSettings()
    assert settings.paths.var == tmp_path / "var"
    assert settings.database.url == f"sqlite:///{tmp_path}/var/expertpool.db"
    assert settings.keystore.directory == tmp_path / "var" / "keys"
    assert settings.ledger.signer_mark == tmp_path / "var" / "signer" / "mark"
    assert settings.ledger.signer_keys == tmp_path / "var" / "signer" / "keys"
    assert settings.ledger.witness_policy == tmp_path / "var" / "witness.policy"
    assert settings.draws.messages == tmp_path / "var" / "vault" / "messages"


def test_a_file_goes_before_the_defaults_and_the_environment_before_the_file(tmp_path: Path) -> None:
    text = "[outbox]\nlease_s = 7\npoll_ms = 8\n"
    settings = from_toml(tmp_path, text, {"EXPERTPOOL_OUTBOX__POLL_MS": "9"})
    assert (settings.outbox.lease_s, settings.outbox.poll_ms) == (7, 9)
    assert settings.database.pool_size == DatabaseSettings().pool_size


def test_the_file_is_named_by_the_argument_or_else_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[outbox]\nlease_s = 1\n")
    (tmp_path / "b.toml").write_text("[outbox]\nlease_s = 2\n")
    environ = {"EXPERTPOOL_CONFIG": str(tmp_path / "a.toml")}
    assert load_settings(environ=environ).outbox.lease_s == 1
    assert load_settings(tmp_path / "b.toml", environ).outbox.lease_s == 2
    assert load_settings(environ={"EXPERTPOOL_CONFIG": ""}).outbox.lease_s == 60


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert from_toml(tmp_path, "\ufeff[outbox]\r\nlease_s = 7\r\n").outbox.lease_s == 7


def test_every_type_can_come_from_either_source(tmp_path: Path) -> None:
    witnesses = ("https://a.example/w", "https://b.example")
    text = f"""
[service]
mode = "demo"
[ledger]
witness_policy = "policy"
witnesses = {list(witnesses)}
cosigned = "/elsewhere/cosigned"
ack_timeout_s = 3
[paths]
var = "{tmp_path}"
"""
    environ = {
        "EXPERTPOOL_SERVICE__MODE": "demo",
        "EXPERTPOOL_LEDGER__WITNESS_POLICY": "policy",
        "EXPERTPOOL_LEDGER__WITNESSES": " https://a.example/w, https://b.example,",
        "EXPERTPOOL_LEDGER__COSIGNED": "/elsewhere/cosigned",
        "EXPERTPOOL_LEDGER__ACK_TIMEOUT_S": "3",
        "EXPERTPOOL_PATHS__VAR": str(tmp_path),
    }
    expected = LedgerSettings(
        witness_policy=tmp_path / "policy",
        witnesses=witnesses,
        signer_mark=tmp_path / "signer" / "mark",
        signer_keys=tmp_path / "signer" / "keys",
        cosigned=Path("/elsewhere/cosigned"),
        ack_timeout_s=3,
    )
    assert from_toml(tmp_path, text).ledger == expected
    assert load_settings(environ=environ) == from_toml(tmp_path, text)


def test_an_empty_policy_means_none(tmp_path: Path) -> None:
    environ = {"EXPERTPOOL_LEDGER__WITNESS_POLICY": ""}
    settings = from_toml(tmp_path, '[ledger]\nwitness_policy = "p"\n', environ)
    assert settings.ledger.witness_policy is None


def test_no_relative_path_is_left_in_any_section(tmp_path: Path) -> None:
    settings = load_settings(environ={"EXPERTPOOL_PATHS__VAR": str(tmp_path)})
    sections = [getattr(settings, each.name) for each in fields(settings)]
    paths = [
        value for each in sections for entry in fields(each) if isinstance(value := getattr(each, entry.name), Path)
    ]
    assert settings.vault.socket == tmp_path / "line" / "vault"
    assert len(paths) >= 8
    assert [path for path in paths if not path.is_relative_to(tmp_path)] == []


def test_an_absolute_sqlite_file_stays_where_it_is(tmp_path: Path) -> None:
    settings = load_settings(environ={"EXPERTPOOL_DATABASE__URL": "sqlite:////srv/x.db"})
    assert settings.database.url == "sqlite:////srv/x.db"


def test_settings_are_frozen_and_keep_passwords_out_of_their_repr() -> None:
    settings = load_settings(environ={"EXPERTPOOL_DATABASE__URL": "postgresql+psycopg://u:geheim@h/n"})
    assert "geheim" in settings.database.url
    assert "geheim" not in repr(settings)
    with pytest.raises(FrozenInstanceError):
        settings.database.url = ""  # type: ignore[misc]


# Mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[service]\norigins = 'x'", ("misspelt", "x.toml:2", "service.origins")),
        ("[service]\nzzzzzz = 'x'", ("unknown", "x.toml:2", "service.zzzzzz")),
        ("\n[servce]\norigin = 'x'", ("misspelt", "x.toml:2", "servce")),
        ("[zzzzzz]\n", ("unknown", "x.toml:1", "zzzzzz")),
        ("origin = 'x'", ("misspelt", "x.toml:1", "origin")),
        ("service = 'x'", ("wrong-type", "x.toml:1", "service")),
        ("[[service]]\norigin = 'x'", ("wrong-type", "x.toml:1", "service")),
        ("[service.origin]\nx = 1", ("wrong-type", "x.toml:1", "service.origin")),
        ("[service]\norigin = 1", ("wrong-type", "x.toml:2", "service.origin")),
        ("[service]\nmode = 'test'", ("wrong-type", "x.toml:2", "service.mode")),
        ("[service]\norigin = ''", ("wrong-form", "x.toml:2", "service.origin")),
        ("[service]\norigin = 'a b'", ("wrong-form", "x.toml:2", "service.origin")),
        ("[service]\norigin = 'a+b'", ("wrong-form", "x.toml:2", "service.origin")),
        ("[service]\norigin = 'a\u3000b'", ("wrong-form", "x.toml:2", "service.origin")),
        ("[service]\nname_zh = '  '", ("wrong-form", "x.toml:2", "service.name_zh")),
        ('[service]\nname_zh = "a\\nb"', ("wrong-form", "x.toml:2", "service.name_zh")),
        ("[service]\nbase_url = 'ftp://x'", ("wrong-form", "x.toml:2", "service.base_url")),
        ("[service]\nbase_url = 'https://x/'", ("wrong-form", "x.toml:2", "service.base_url")),
        ("[service]\nbase_url = 'https://u:p@x'", ("wrong-form", "x.toml:2", "service.base_url")),
        ("[database]\nurl = 'mysql://x'", ("wrong-form", "x.toml:2", "database.url")),
        ("[database]\nurl = 'sqlite:///'", ("wrong-form", "x.toml:2", "database.url")),
        ("[database]\npool_size = true", ("wrong-type", "x.toml:2", "database.pool_size")),
        ("[database]\npool_size = 5.0", ("wrong-type", "x.toml:2", "database.pool_size")),
        ("[database]\npool_size = '5'", ("wrong-type", "x.toml:2", "database.pool_size")),
        ("[database]\npool_size = 0", ("out-of-bounds", "x.toml:2", "database.pool_size")),
        ("[database]\npool_size = 201", ("out-of-bounds", "x.toml:2", "database.pool_size")),
        ("[paths]\nvar = ''", ("wrong-type", "x.toml:2", "paths.var")),
        ('[paths]\nvar = "a\\u0000b"', ("wrong-type", "x.toml:2", "paths.var")),
        ("[ledger]\nwitnesses = 'https://x'", ("wrong-type", "x.toml:2", "ledger.witnesses")),
        ("[ledger]\nwitnesses = ['https://x', 1]", ("wrong-type", "x.toml:2", "ledger.witnesses")),
        ("[ledger]\nwitnesses = ['https://x', 'y']", ("wrong-form", "x.toml:2", "ledger.witnesses")),
        ("[keystore]\npassphrase_env = 'my pass'", ("wrong-form", "x.toml:2", "keystore.passphrase_env")),
        ("[gateway_first]\nurl = 'x'", ("wrong-form", "x.toml:2", "gateway_first.url")),
        ("[gateway_first]\nchannels = ['voice', 'fax']", ("wrong-form", "x.toml:2", "gateway_first.channels")),
        ("[smtp]\nsecurity = 'ssl'", ("wrong-type", "x.toml:2", "smtp.security")),
        ("[preflight]\nat = '24:00'", ("wrong-form", "x.toml:2", "preflight.at")),
        ("[preflight]\nat = '20:60'", ("wrong-form", "x.toml:2", "preflight.at")),
        ("[service]\norigin = ", ("not-toml", "x.toml:2", "")),
        ("[service]\n[service]\n", ("not-toml", "x.toml:2", "")),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, expected: tuple[str, str, str]) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    ("variable", "text", "code"),
    [
        ("EXPERTPOOL_OUTBOX__LEASE_S", "", "wrong-type"),
        ("EXPERTPOOL_OUTBOX__LEASE_S", "1.5", "wrong-type"),
        ("EXPERTPOOL_OUTBOX__LEASE_S", "1_0", "wrong-type"),
        ("EXPERTPOOL_OUTBOX__LEASE_S", "-1", "out-of-bounds"),
        ("EXPERTPOOL_OUTBOX__LEASE_S", "86401", "out-of-bounds"),
        ("EXPERTPOOL_OUTBOX__LEASE_S", "9" * 10_000, "wrong-type"),
        ("EXPERTPOOL_SERVICE__MODE", "Production", "wrong-type"),
        ("EXPERTPOOL_PATHS__VAR", "", "wrong-type"),
        ("EXPERTPOOL_OUTBOX__LEASE", "1", "misspelt"),
        ("EXPERTPOOL_outbox__lease_s", "1", "misspelt"),
        ("EXPERTPOOL_DATABASE_URL", "sqlite:///x.db", "misspelt"),
        ("EXPERTPOOL_Q__Q", "1", "unknown"),
    ],
)
def test_a_mistake_in_the_environment_is_told_with_its_variable(
    tmp_path: Path, variable: str, text: str, code: str
) -> None:
    [(found, place, _)] = problems(tmp_path, environ={variable: text})
    assert (found, place) == (code, variable)


def test_other_variables_are_none_of_ours() -> None:
    environ = {"EXPERTPOOL_PASSPHRASE": "x", "EXPERTPOOL_REQUIRE_ALL": "1", "SERVICE__MODE": "x", "PATH": "/bin"}
    assert load_settings(environ=environ) == load_settings(environ={})


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = """
# a comment
[service]
origin = '''
two lines''' # the value ends here
mode = "demo"
name = "x"

[outbox]
lease_s = [
  1,
]
"""
    environ = {"EXPERTPOOL_OUTBOX__POLL_MS": "0"}
    assert problems(tmp_path, text, environ) == [
        ("wrong-form", "x.toml:4", "service.origin"),
        ("misspelt", "x.toml:7", "service.name"),
        ("wrong-type", "x.toml:10", "outbox.lease_s"),
        ("out-of-bounds", "EXPERTPOOL_OUTBOX__POLL_MS", "outbox.poll_ms"),
    ]


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("[service]\norgin = 'x'", "service.origin"),
        ("[service]\nurl = 'x'", "database.url"),
        ("[servise]\n", "service"),
        ("pool_size = 1", "database.pool_size"),
    ],
)
def test_the_nearest_setting_is_suggested_in_both_languages(tmp_path: Path, written: str, nearest: str) -> None:
    with pytest.raises(BadSettings) as refused:
        from_toml(tmp_path, written)
    assert f"是否应为 {nearest}？" in refused.value.message("zh")
    assert f"did you mean {nearest}?" in refused.value.message("en")


def test_no_message_repeats_a_value(tmp_path: Path) -> None:
    text = "[database]\nurl = 'mysql://u:geheim@h/n'\n[service]\nmode = 'geheim'\norigin = 'ge heim'\n"
    with pytest.raises(BadSettings) as refused:
        from_toml(tmp_path, text, {"EXPERTPOOL_OUTBOX__LEASE_S": "geheim"})
    assert len(refused.value.problems) == 4
    shown = repr(refused.value.as_dict()) + str(refused.value)
    assert "geheim" not in shown
    assert "ge heim" not in shown


def test_a_file_that_is_not_there_or_not_a_file_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(BadSettings) as refused:
            load_settings(path, {})
        assert [problem.code for problem in refused.value.problems] == ["settings.unreadable-file"]


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes("[service]\nname_zh = '中心'\n".encode("gb18030"))
    with pytest.raises(BadSettings) as refused:
        load_settings(tmp_path / "x.toml", {})
    assert [problem.code for problem in refused.value.problems] == ["settings.not-toml"]


@given(text=st.text())
def test_any_environment_text_gives_settings_or_a_list_of_problems(text: str) -> None:
    for variable in (f"EXPERTPOOL_{name.replace('.', '__').upper()}" for name in NAMES):
        try:
            load_settings(environ={variable: text})
        except BadSettings as refused:
            mistaken = [problem for problem in refused.problems if not isinstance(problem, CertificatesNeedSocket)]
            assert {problem.params["place"] for problem in mistaken} <= {variable}


@given(st.lists(st.sampled_from(["[service]", "origin = 'x'", "mode = 3", "x = '''", "'''", "# x", "a = [", "]", ""])))
def test_any_file_gives_settings_or_problems_within_its_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        from_toml(folder, "\n".join(lines))
    except BadSettings as refused:
        for problem in refused.problems:
            _, _, line = problem.params["place"].rpartition("x.toml:")
            assert not line.isdigit() or 1 <= int(line) <= len(lines)


# Documents


def test_every_setting_says_what_it_means_and_every_number_has_bounds() -> None:
    for section in fields(Settings):
        assert type(section.default).__doc__
        for entry in fields(section.default):  # type: ignore[arg-type]
            assert entry.metadata["zh"].endswith("。"), entry.name
            assert entry.metadata["en"].endswith("."), entry.name
            assert (entry.metadata["bounds"] is not None) == isinstance(entry.default, int), entry.name


def test_the_reference_is_up_to_date() -> None:
    """If not, write what `settings_table()` returns to docs/settings.md."""
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == settings_table()


def test_the_reference_names_every_setting() -> None:
    table = settings_table()
    assert [name for name in NAMES if f"| `{name}` |" not in table] == []


def test_the_file_of_defaults_shows_every_default() -> None:
    file = ROOT / "config" / "default.toml"
    written = tomllib.loads(file.read_text("utf-8"))
    assert {f"{section}.{key}" for section, keys in written.items() for key in keys} == NAMES
    assert load_settings(file, {}) == load_settings(environ={})


def test_the_example_for_production_is_accepted() -> None:
    settings = load_settings(ROOT / "config" / "production.example.toml", {})
    assert settings.service.mode == "production"
