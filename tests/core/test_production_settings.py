"""What production refuses: the defaults of a demonstration, anything in the clear, an empty passphrase."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from expertpool.core.settings_loading import PassphraseMissing, read_passphrase, read_signer_passphrase
from tests.core.setting_files import PRODUCTION, from_toml, problems


def test_production_accepts_settings_of_its_own(tmp_path: Path) -> None:
    settings = from_toml(tmp_path, PRODUCTION)
    assert settings.service.mode == "production"
    assert settings.database.url.startswith("sqlite:///")


def test_production_refuses_what_is_only_for_demonstration(tmp_path: Path) -> None:
    found = problems(tmp_path, '[service]\nmode = "production"')
    assert {code for code, _, _ in found} == {"only-for-demonstration", "needed-in-production"}
    assert [name for _, _, name in found] == [
        "service.origin",
        "service.name_zh",
        "service.name_en",
        "service.base_url",
        "ledger.witness_policy",
        "draws.rulebook",
        "gateway_first.url",
        "preflight.officer_phone",
    ]


def test_production_refuses_an_empty_policy(tmp_path: Path) -> None:
    text = PRODUCTION.replace('"/etc/expertpool/witness-policy"', '""')
    assert problems(tmp_path, text) == [("only-for-demonstration", "", "ledger.witness_policy")]


def test_production_refuses_an_address_without_tls(tmp_path: Path) -> None:
    text = PRODUCTION.replace("https://", "http://")
    text += '[gateway_second]\nurl = "http://127.0.0.1:9"\n[payments]\nurl = "http://127.0.0.1:10"\n'
    names = ["service.base_url", "gateway_first.url", "gateway_second.url", "payments.url"]
    assert problems(tmp_path, text) == [("not-https", "", name) for name in names]


@pytest.mark.parametrize(
    ("smtp", "expected"),
    [
        ('host = "mail.example"\nsender = "a@example.cn"', []),
        ('host = "mail.example"', [("needed-in-production", "", "smtp.sender")]),
        (
            'host = "mail.example"\nsender = "a@example.cn"\nsecurity = "none"',
            [("only-for-demonstration", "", "smtp.security")],
        ),
        ('security = "none"', []),
    ],
    ids=["whole", "without-sender", "in-the-clear", "unused"],
)
def test_production_sends_no_mail_in_the_clear(tmp_path: Path, smtp: str, expected: list[tuple[str, str, str]]) -> None:
    text = f"{PRODUCTION}[smtp]\n{smtp}\n"
    if expected:
        assert problems(tmp_path, text) == expected
    else:
        assert from_toml(tmp_path, text).service.mode == "production"


@pytest.mark.parametrize("host", ["", "mail.example"])
def test_production_can_tell_the_duty_officer(tmp_path: Path, host: str) -> None:
    """An e-mail address is enough, where there is a mail server."""
    text = PRODUCTION.replace('officer_phone = "13800000000"', 'officer_email = "duty@example.cn"')
    text += f'[smtp]\nhost = "{host}"\nsender = "a@example.cn"\n'
    if host:
        assert from_toml(tmp_path, text).preflight.officer_email == "duty@example.cn"
    else:
        assert problems(tmp_path, text) == [("needed-in-production", "", "preflight.officer_phone")]


def test_single_sign_on_is_https_and_names_us(tmp_path: Path) -> None:
    text = f'{PRODUCTION}\n[oidc]\nissuer = "http://sso.example.cn/"\n'
    assert problems(tmp_path, text) == [
        ("not-https", "", "oidc.issuer"),
        ("needed-in-production", "", "oidc.client_id"),
    ]
    text = text.replace("http:", "https:") + 'client_id = "expertpool"\n'
    assert from_toml(tmp_path, text).oidc.issuer == "https://sso.example.cn/"


@pytest.mark.parametrize("mode", [PRODUCTION, "[service]"], ids=["production", "demonstration"])
def test_certificates_come_over_a_unix_socket_only(tmp_path: Path, mode: str) -> None:
    text = f'{mode}\n[certificates]\nauthorities = ["/etc/expertpool/ca.pem"]\n'
    assert problems(tmp_path, text) == [("certificates-need-socket", "", "")]
    settings = from_toml(tmp_path, text.replace("[service]", '[service]\nsocket = "web/socket"'))
    assert settings.service.socket == settings.paths.var / "web/socket"


@pytest.mark.parametrize("environ", [{}, {"EXPERTPOOL_PASSPHRASE": ""}, {"OTHER": "x"}])
def test_an_empty_passphrase_is_for_demonstrations_only(tmp_path: Path, environ: Mapping[str, str]) -> None:
    production = from_toml(tmp_path, PRODUCTION)
    demonstration = replace(production, service=replace(production.service, mode="demo"))
    assert read_passphrase(demonstration, environ) == b""
    with pytest.raises(PassphraseMissing) as refused:
        read_passphrase(production, environ)
    assert refused.value.params == {"variable": "EXPERTPOOL_PASSPHRASE"}


def test_the_signer_may_have_a_passphrase_of_its_own(tmp_path: Path) -> None:
    settings = from_toml(tmp_path, f"{PRODUCTION}[keystore]\nsigner_passphrase_env = 'OTHER'\n")
    assert read_signer_passphrase(settings, {"OTHER": "x", "EXPERTPOOL_PASSPHRASE": "y"}) == b"x"
    with pytest.raises(PassphraseMissing):
        read_signer_passphrase(settings, {"EXPERTPOOL_PASSPHRASE": "y"})


def test_the_passphrase_comes_from_the_variable_that_the_settings_name(tmp_path: Path) -> None:
    settings = from_toml(tmp_path, f"{PRODUCTION}[keystore]\npassphrase_env = 'OTHER'\n")
    assert read_passphrase(settings, {"OTHER": "口令", "EXPERTPOOL_PASSPHRASE": "x"}) == "口令".encode()
