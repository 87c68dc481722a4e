"""Reads the settings: built-in defaults, then a TOML file, then the environment; later ones win.

Whoever starts the service learns of every mistake at once. No message repeats a value, which may be a password.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from expertpool.core.errors import ExpertpoolError, Invalid, Several
from expertpool.core.settings import Settings


class BadSettings(Several):
    code = "settings.invalid"
    zh = "设置有误，未启动："
    en = "The settings have errors; nothing was started:"


class UnreadableFile(Invalid):
    code = "settings.unreadable-file"
    zh = "无法读取设置文件 {place}，请检查路径和权限。"
    en = "The settings file {place} cannot be read; check its path and permissions."
    place: str


class NotToml(Invalid):
    code = "settings.not-toml"
    zh = "{place}：不是合法的 TOML（UTF-8）。"
    en = "{place}: this is not valid TOML in UTF-8."
    place: str


class UnknownSetting(Invalid):
    code = "settings.unknown"
    zh = "{place}：没有 {name} 这项设置。"
    en = "{place}: there is no setting {name}."
    place: str
    name: str


class MisspeltSetting(Invalid):
    code = "settings.misspelt"
    zh = "{place}：没有 {name} 这项设置，是否应为 {nearest}？"
    en = "{place}: there is no setting {name}; did you mean {nearest}?"
    place: str
    name: str
    nearest: str


class WrongType(Invalid):
    code = "settings.wrong-type"
    zh = "{place}：{name} 应为：{expected_zh}。"
    en = "{place}: {name} must be {expected_en}."
    place: str
    name: str
    expected_zh: str
    expected_en: str


class OutOfBounds(Invalid):
    code = "settings.out-of-bounds"
    zh = "{place}：{name} 必须在 {least} 和 {most} 之间。"
    en = "{place}: {name} must be between {least} and {most}."
    place: str
    name: str
    least: int
    most: int


class WrongForm(Invalid):
    code = "settings.wrong-form"
    zh = "{place}：{name} 的值{rule_zh}。"
    en = "{place}: the value of {name} {rule_en}."
    place: str
    name: str
    rule_zh: str
    rule_en: str


class OnlyForDemonstration(Invalid):
    code = "settings.only-for-demonstration"
    zh = "正式运行必须设置 {name}：目前是演示用的默认值。"
    en = "Production must set {name}: it still has the default of the demonstration."
    name: str


class NeededInProduction(Invalid):
    code = "settings.needed-in-production"
    zh = "正式运行必须设置 {name}。"
    en = "Production must set {name}."
    name: str


class NotHttps(Invalid):
    code = "settings.not-https"
    zh = "正式运行时 {name} 必须以 https:// 开头。"
    en = "In production {name} must begin with https://."
    name: str


class CertificatesNeedSocket(Invalid):
    code = "settings.certificates-need-socket"
    zh = "设置了 certificates.authorities，就必须设置 service.socket：经 TCP 转来的证书任何人都能伪造。"
    en = "certificates.authorities wants service.socket: a certificate that comes over TCP anybody can forge."


class PassphraseMissing(Invalid):
    code = "settings.passphrase-missing"
    zh = "正式运行时密钥口令不能为空，请设置环境变量 {variable}。"
    en = "In production the passphrase of the keys may not be empty; set the environment variable {variable}."
    variable: str


def load_settings(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; `path`, if given, goes before the file that EXPERTPOOL_CONFIG names.

    Raises `BadSettings` with every problem found.
    """
    if path is None and environ.get("EXPERTPOOL_CONFIG"):
        path = Path(environ["EXPERTPOOL_CONFIG"])
    given: list[_Given] = []
    problems: list[ExpertpoolError] = []
    if path:
        try:
            given += _from_file(path)
        except Invalid as problem:
            problems.append(problem)
    settings = _merge([*given, *_from_environment(environ)], problems)
    problems += _contradictions(settings)
    if settings.service.mode == "production":
        problems += _unfit_for_production(settings)
    if problems:
        raise BadSettings(tuple(problems))
    return _under_var(settings)


def read_passphrase(settings: Settings, environ: Mapping[str, str] = os.environ) -> bytes:
    """The passphrase of the key files, empty only in a demonstration. Raises `PassphraseMissing`."""
    return _passphrase(settings, settings.keystore.passphrase_env, environ)


def read_signer_passphrase(settings: Settings, environ: Mapping[str, str] = os.environ) -> bytes:
    """The passphrase of the signer's key file; as `read_passphrase`."""
    return _passphrase(settings, settings.keystore.signer_passphrase_env, environ)


def read_vault_passphrase(settings: Settings, environ: Mapping[str, str] = os.environ) -> bytes:
    """The passphrase of the vault's key file; as `read_passphrase`."""
    return _passphrase(settings, settings.keystore.vault_passphrase_env, environ)


def _passphrase(settings: Settings, variable: str, environ: Mapping[str, str]) -> bytes:
    passphrase = environ.get(variable, "")
    if not passphrase and settings.service.mode == "production":
        raise PassphraseMissing(variable)
    return passphrase.encode()


class _Setting(NamedTuple):
    kind: Any
    metadata: Mapping[str, Any]


class _Given(NamedTuple):
    """What somebody wrote: ``section.key`` (or whatever stands there instead), and where: file:line or variable."""

    name: str
    value: object
    place: str


_PREFIX = "EXPERTPOOL_"
_SECTIONS: dict[str, Any] = {section.name: section.default for section in fields(Settings)}
_SETTINGS = {
    f"{section}.{entry.name}": _Setting(get_type_hints(type(defaults))[entry.name], entry.metadata)
    for section, defaults in _SECTIONS.items()
    for entry in fields(defaults)
}
_VARIABLES = {f"{_PREFIX}{name.replace('.', '__').upper()}": name for name in _SETTINGS}


def _from_file(path: Path) -> Iterator[_Given]:
    try:
        text = path.read_text("utf-8-sig")
    except OSError:
        raise UnreadableFile(str(path)) from None
    except UnicodeDecodeError:
        raise NotToml(str(path)) from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        last_line = text.count("\n") + 1
        raise NotToml(f"{path}:{line[1] if line else last_line}") from None
    for section, table in tables.items():
        if section in _SECTIONS and isinstance(table, dict):
            for key, value in table.items():
                yield _Given(f"{section}.{key}", value, f"{path}:{_line(text, section, key)}")
        else:
            yield _Given(section, table, f"{path}:{_line(text, section)}")


def _line(text: str, section: str, key: str | None = None) -> int:
    """Where an entry begins: just after the longest beginning of the file that is TOML and does not have it."""
    lines = text.split("\n")
    begins = 1
    for count in range(1, len(lines) + 1):
        try:
            table = tomllib.loads("\n".join(lines[:count])).get(section)
        except tomllib.TOMLDecodeError:
            continue
        if table is not None and (key is None or key in table):
            break
        begins = count + 1
    return begins


def _from_environment(environ: Mapping[str, str]) -> Iterator[_Given]:
    one_underscore = {variable.replace("__", "_") for variable in _VARIABLES}
    for variable, text in sorted(environ.items()):
        if variable in _VARIABLES:
            name = _VARIABLES[variable]
            yield _Given(name, _from_text(_SETTINGS[name].kind, text), variable)
        elif variable.startswith(_PREFIX) and ("__" in variable or variable in one_underscore):
            yield _Given(variable, text, variable)


def _from_text(kind: Any, text: str) -> object:
    """What the text of an environment variable would be in TOML; left alone where it is nothing of the kind."""
    if kind is int and re.fullmatch("-?[0-9]{1,18}", text):
        return int(text)
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _merge(given: list[_Given], problems: list[ExpertpoolError]) -> Settings:
    """Lay what was given over the defaults, later over earlier; what is refused is added to `problems`."""
    settings = Settings()
    for one in given:
        try:
            value = _accept(one)
        except Invalid as problem:
            problems.append(problem)
        else:
            section, key = one.name.split(".")
            settings = replace(settings, **{section: replace(getattr(settings, section), **{key: value})})
    return settings


def _accept(given: _Given) -> object:
    """The value in the setting's own type. Raises the `Invalid` that says what is wrong with it."""
    name, value, place = given
    if name in _SECTIONS:
        raise WrongType(place, name, f"一节，写作 [{name}]", f"a section, written [{name}]")
    if name not in _SETTINGS:
        nearest = _nearest(name)
        raise MisspeltSetting(place, name, nearest) if nearest else UnknownSetting(place, name)
    kind, metadata = _SETTINGS[name]
    converted = _convert(kind, value)
    if converted is _MISMATCH:
        raise WrongType(place, name, *_expected(kind))
    if (bounds := metadata["bounds"]) and not bounds[0] <= converted <= bounds[1]:
        raise OutOfBounds(place, name, *bounds)
    if form := metadata["form"]:
        texts = converted if isinstance(converted, tuple) else (converted,)
        if not all(form.pattern.fullmatch(text) for text in texts):
            raise WrongForm(place, name, form.zh, form.en)
    return converted


def _nearest(name: str) -> str | None:
    """The setting, section or variable that was probably meant."""
    if name.startswith(_PREFIX):
        nearest = _nearest(name.removeprefix(_PREFIX).lower().replace("__", "."))
        return next((variable for variable, meant in _VARIABLES.items() if meant == nearest), None)
    same_key = [known for known in _SETTINGS if known.partition(".")[2] == name.rpartition(".")[2]]
    alike = difflib.get_close_matches(name, [*_SETTINGS, *_SECTIONS], n=1, cutoff=0.75)
    return next(iter(same_key + alike), None)


_MISMATCH: Any = object()


def _convert(kind: Any, value: object) -> Any:
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == tuple[str, ...] and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if not isinstance(value, str):
        return _MISMATCH
    if kind == Path | None and not value:
        return None
    if kind in (Path, Path | None) and value and "\0" not in value:
        return Path(value)
    if kind is str or value in get_args(kind):
        return value
    return _MISMATCH


def _expected(kind: Any) -> tuple[str, str]:
    if kind is int:
        return "整数", "a whole number"
    if kind is str:
        return "文本（加引号）", "text in quotes"
    if kind == tuple[str, ...]:
        return "文本列表", "a list of texts"
    if kind in (Path, Path | None):
        return "文件路径（加引号）", "a path in quotes"
    choices = get_args(kind)
    return " 或 ".join(choices), " or ".join(choices)


def _contradictions(settings: Settings) -> Iterator[ExpertpoolError]:
    """What does not go together, in a demonstration either."""
    if settings.certificates.authorities and settings.service.socket is None:
        yield CertificatesNeedSocket()


def _unfit_for_production(settings: Settings) -> Iterator[ExpertpoolError]:
    for name, (_, metadata) in _SETTINGS.items():
        section, key = name.split(".")
        value = getattr(getattr(settings, section), key)
        if metadata["demo_only"] and value in (None, getattr(_SECTIONS[section], key)):
            yield OnlyForDemonstration(name)
    address = settings.service.base_url
    if address != _SECTIONS["service"].base_url and not address.startswith("https://"):
        yield NotHttps("service.base_url")
    if settings.oidc.issuer.startswith("http://"):
        yield NotHttps("oidc.issuer")
    if settings.oidc.issuer and not settings.oidc.client_id:
        yield NeededInProduction("oidc.client_id")
    yield from _unfit_gateways(settings)


def _unfit_gateways(settings: Settings) -> Iterator[ExpertpoolError]:
    """Production reaches people and pays over links of its own, never in the clear, and has a duty officer to tell."""
    if not settings.gateway_first.url:
        yield OnlyForDemonstration("gateway_first.url")
    for name in ("gateway_first", "gateway_second", "payments"):
        if getattr(settings, name).url.startswith("http://"):
            yield NotHttps(f"{name}.url")
    if settings.smtp.host and not settings.smtp.sender:
        yield NeededInProduction("smtp.sender")
    if settings.smtp.host and settings.smtp.security == "none":
        yield OnlyForDemonstration("smtp.security")
    if not settings.preflight.officer_phone and not (settings.preflight.officer_email and settings.smtp.host):
        yield NeededInProduction("preflight.officer_phone")


def _under_var(settings: Settings) -> Settings:
    """Relative paths lie under ``paths.var``, and that one under the folder in which the process starts."""
    var = settings.paths.var.absolute()

    def placed(section: Any) -> Any:
        values = {entry.name: getattr(section, entry.name) for entry in fields(section)}
        return replace(section, **{key: var / path for key, path in values.items() if isinstance(path, Path)})

    database = settings.database
    if database.url.startswith("sqlite:///"):
        file = var / database.url.removeprefix("sqlite:///")
        database = replace(database, url=f"sqlite:///{file}")
    return replace(
        settings,
        database=database,
        paths=replace(settings.paths, var=var),
        service=placed(settings.service),
        ledger=placed(settings.ledger),
        keystore=placed(settings.keystore),
        draws=placed(settings.draws),
        vault=placed(settings.vault),
        webhooks=placed(settings.webhooks),
    )
