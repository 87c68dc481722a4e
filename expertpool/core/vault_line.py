"""The line to the vault: one question and one answer over a Unix socket (docs/spec/vault-line.md).

Here are its form and the asking side; ``expertpool.vault.listener`` answers. A capability says what it may ask as
`Verb` values, so both sides know what is taken and what may be refused. Every answer has the same length.
"""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from expertpool.core.database import DatabaseBusy, DatabaseDown
from expertpool.core.errors import ExpertpoolError, Unavailable

QUESTION_BYTES: Final = 4 * 1024
ANSWER_BYTES: Final = 64 * 1024
_LONGEST_ADDRESS: Final = 100  # bytes of a socket's path that every system takes (sun_path)

Takes = Mapping[str, int | range]
"""What a verb takes, by name: the longest text in characters, or the whole numbers that are allowed."""


class VaultSilent(Unavailable):
    """Nobody answered in time. Whether the act was done is unknown: ask only for what may be done twice."""

    code = "vault.silent"
    zh = "保险库暂时没有应答，请稍后重试；如持续出现请联系系统管理员。"
    en = "The vault does not answer at present; try again shortly. If it persists, tell an administrator."


class VaultFailed(Unavailable):
    code = "vault.failed"
    zh = "保险库处理时出错，没有生效。请联系系统管理员查看保险库日志。"
    en = "The vault met an error and changed nothing. An administrator should look at its log."


class NotAPeer(Unavailable):
    code = "vault.not-a-peer"
    zh = "保险库不接受该系统用户的连接，请系统管理员核对 vault.peers 设置。"
    en = "The vault takes no questions from this system user; an administrator must check vault.peers."


class UnknownVerb(Unavailable):
    code = "vault.unknown-verb"
    zh = "保险库不认识这一请求，网页进程与保险库的版本可能不一致，请联系系统管理员。"
    en = "The vault does not know this question; web and vault may be of different versions. Tell an administrator."


class QuestionMalformed(Unavailable):
    code = "vault.question-malformed"
    zh = "发给保险库的请求格式不符，没有生效，请联系系统管理员。"
    en = "The question to the vault has not the form that is agreed; nothing was changed. Tell an administrator."


class QuestionTooLong(Unavailable):
    code = "vault.question-too-long"
    zh = "发给保险库的请求过长，没有生效。"
    en = "The question to the vault is too long; nothing was changed."


OF_THE_LINE: Final[tuple[type[ExpertpoolError], ...]] = (
    VaultFailed,
    NotAPeer,
    UnknownVerb,
    QuestionMalformed,
    QuestionTooLong,
    DatabaseBusy,
    DatabaseDown,
)
"""What may be answered to any question."""


@dataclass(frozen=True, slots=True, eq=False)
class Verb:
    """Something that the vault can be asked: what it says in a line, what it takes, and what it refuses with."""

    name: str
    says: str
    takes: Takes
    refuses: tuple[type[ExpertpoolError], ...] = ()

    def check(self, given: object) -> dict[str, Any]:
        """What was given, if it is exactly what is taken. Raises `QuestionMalformed`."""
        if not isinstance(given, dict) or given.keys() != self.takes.keys():
            raise QuestionMalformed
        if not all(_fits(given[name], most) for name, most in self.takes.items()):
            raise QuestionMalformed
        return given


class VaultLine:
    """The asking side. Holds nothing open: each question has a connection of its own."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def ask(self, verb: Verb, **given: str | int) -> dict[str, Any]:
        """The vault's answer. Raises what the verb refuses with, `VaultSilent`, and the other errors of the line."""
        question = write_line({"verb": verb.name, "given": verb.check(given)})
        if len(question) > QUESTION_BYTES:
            raise QuestionTooLong
        deadline = time.monotonic() + self._timeout_s
        try:
            with short_address(self._path) as address, socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(self._timeout_s)
                connection.connect(address)
                with suppress(BrokenPipeError):  # refused unread: the answer says why
                    connection.sendall(question)
                answer = json.loads(read_line(connection, ANSWER_BYTES, deadline))
        except (OSError, ValueError, QuestionTooLong):
            raise VaultSilent from None
        return _opened(answer, verb)


def write_line(value: Mapping[str, Any]) -> bytes:
    """A question or an answer as it goes over the line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write_answer(value: Mapping[str, Any]) -> bytes:
    """An answer at the one length of all answers. Raises ValueError when it is longer, which is our mistake."""
    line = write_line(value)
    if len(line) > ANSWER_BYTES:
        raise ValueError(f"{len(line)} bytes do not fit into an answer")
    return line[:-1].ljust(ANSWER_BYTES - 1) + b"\n"


def refusal(error: ExpertpoolError) -> bytes:
    """The answer that tells an error: its code and what its texts mention, never a text of an exception."""
    return write_answer({"refused": error.code, "params": error.params})


def read_line(connection: socket.socket, most: int, deadline: float) -> bytes:
    """One line of at most so many bytes, by a moment of ``time.monotonic``.

    Raises `QuestionTooLong`, and OSError when the other side is too slow or hangs up.
    """
    received = bytearray()
    while b"\n" not in received:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(min(65_536, most + 1 - len(received)))
        if not part:
            raise ConnectionError
        received += part
        if len(received) > most:
            raise QuestionTooLong
    return bytes(received[: received.index(b"\n")])


@contextmanager
def short_address(path: Path) -> Iterator[str]:
    """A socket's path as an address: by its folder's descriptor where the path is longer than an address may be."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _fits(value: object, most: int | range) -> bool:
    if isinstance(most, range):
        return isinstance(value, int) and not isinstance(value, bool) and value in most
    return isinstance(value, str) and len(value) <= most


def _opened(answer: object, verb: Verb) -> dict[str, Any]:
    """The content of an answer, or what it refuses. Only errors that were agreed on are made of it."""
    if isinstance(answer, dict) and isinstance(answer.get("done"), dict):
        done: dict[str, Any] = answer["done"]
        return done
    if isinstance(answer, dict) and "refused" in answer:
        for kind in (*verb.refuses, *OF_THE_LINE):
            if kind.code == answer["refused"] and answer.get("params", {}).keys() == kind.placeholders():
                raise kind(**answer["params"])
    raise VaultFailed
