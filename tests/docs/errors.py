"""Writes ``docs/errors.md``: ``python -m tests.docs.errors > docs/errors.md``."""

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from expertpool import protocol
from expertpool.protocol.errors import ProtocolError
from expertpool.web.problems import status_of
from ledger.texts import MESSAGES
from tests.core.test_errors import catalogue

_INTRODUCTION: Final = """\
# 错误代码 · Error codes

由代码生成，请勿手工修改。代码是稳定的，程序和文档据此引用；文字可能改进。花括号中为参数。

Generated from the code; do not edit. Codes are stable: programs and documentation refer to them; the words may
improve. What stands in braces is filled in. Over HTTP an error is `application/problem+json` with `code`, `zh`, `en`
and `params`.

## 服务 · The service

| code | HTTP | 中文 | English |
|---|---|---|---|
"""
_OF_THE_PROTOCOL: Final = """
## 抽取协议与证明包 · The draw's protocol and bundles

| code | 中文 | English |
|---|---|---|
"""
_OF_THE_LEDGER: Final = """
## 账本与共签方 · The ledger and witnesses

`python -m ledger` 的结论、提示与错误。 Findings, notices and errors of `python -m ledger`.

| code | 中文 | English |
|---|---|---|
"""


def error_table() -> str:
    """Every code of the product with its texts."""
    kinds = sorted((kind for kind in catalogue() if "code" in vars(kind)), key=lambda kind: kind.code)
    service = (_row(f"`{kind.code}`", str(status_of(kind.__new__(kind))), kind.zh, kind.en) for kind in kinds)
    drawn = (_row(f"`{kind.code}`", kind.zh, kind.en) for kind in sorted(_protocol(), key=lambda kind: kind.code))
    ledger = (_row(f"`{code}`", *MESSAGES[code]) for code in sorted(MESSAGES))
    return "".join((_INTRODUCTION, *service, _OF_THE_PROTOCOL, *drawn, _OF_THE_LEDGER, *ledger))


def _protocol(kind: type[ProtocolError] = ProtocolError) -> Iterator[type[ProtocolError]]:
    """Every error of the protocol, wherever it is raised."""
    for module in pkgutil.walk_packages(protocol.__path__, f"{protocol.__name__}."):
        import_module(module.name)
    for child in kind.__subclasses__():
        yield child
        yield from _protocol(child)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.stdout.write(error_table())
