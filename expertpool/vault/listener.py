"""The answering side of the line to the vault: whoever may ask, what is on the list, one answer of one length.

Nothing that is asked or answered is logged, only which verb was refused and by which code.
"""

import json
import os
import pwd
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Self

import structlog

from expertpool.core.errors import Conflict, ExpertpoolError
from expertpool.core.vault_line import (
    QUESTION_BYTES,
    NotAPeer,
    QuestionMalformed,
    QuestionTooLong,
    UnknownVerb,
    VaultFailed,
    Verb,
    read_line,
    refusal,
    short_address,
    write_answer,
)

FOLDER_MODE: Final = 0o750
SOCKET_MODE: Final = 0o660
THREADS: Final = 4
WAITING: Final = 64
ASKING_S: Final = 2.0
"""How long a peer may take over its question: it has it ready, so slower is not meant well."""

_UCRED: Final = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED

Handler = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What a verb does with what was given, checked; raises what the verb refuses with."""

log = structlog.get_logger("vault")


class UnknownPeer(Conflict):
    code = "vault.unknown-peer"
    zh = "vault.peers 中的系统用户 {user} 在本机不存在，请更正设置或建立该用户。"
    en = "There is no system user {user} on this machine; correct vault.peers or make the user."
    user: str


class Listener:
    """Answers until it is closed. Use as a context manager; the last one that opens on a path is the one asked."""

    def __init__(
        self,
        path: Path,
        handlers: Mapping[Verb, Handler],
        peers: Iterable[str] = (),
        *,
        asking_s: float = ASKING_S,
    ) -> None:
        self._path = path
        self._verbs = {verb.name: (verb, handler) for verb, handler in handlers.items()}
        self._peers = frozenset({os.getuid(), *(_uid(user) for user in peers)})
        self._asking_s = asking_s
        self._threads = [threading.Thread(target=self._answer_all, name=f"listener-{n}") for n in range(THREADS)]

    def __enter__(self) -> Self:
        if not self._path.parent.exists():
            self._path.parent.mkdir(mode=FOLDER_MODE, parents=True)
        self._listener = socket.socket(socket.AF_UNIX)
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with short_address(fresh) as address:
            self._listener.bind(address)
        fresh.chmod(SOCKET_MODE)
        self._listener.listen(WAITING)
        self._own = fresh.stat().st_ino
        fresh.replace(self._path)  # at once, so there is no moment without a vault, and none with a dead one's socket
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._path.exists() and self._path.stat().st_ino == self._own:
            self._path.unlink()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _answer_all(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._attend(connection)
                except OSError:
                    log.info("vault.hung-up")  # too slow, or gone before its answer

    def _attend(self, connection: socket.socket) -> None:
        uid = peer_uid(connection)
        if uid not in self._peers:
            log.warning("vault.not-a-peer", uid=uid)
            connection.sendall(refusal(NotAPeer()))
            return
        try:
            answer = self._answered(read_line(connection, QUESTION_BYTES, time.monotonic() + self._asking_s))
        except QuestionTooLong as error:
            answer = refusal(error)
        connection.settimeout(self._asking_s)
        connection.sendall(answer)

    def _answered(self, question: bytes) -> bytes:
        """What is answered to a question, whatever happens. An error tells its code and no more."""
        name = None
        try:
            verb, handler, given = self._read(question)
            name = verb.name
            return write_answer({"done": handler(given)})
        except ExpertpoolError as error:
            log.info("vault.refused", verb=name, code=error.code)
            return refusal(error)
        except Exception as error:  # noqa: BLE001 -- a message might hold what must not be logged
            log.critical("vault.failed", verb=name, reason=type(error).__name__)
            return refusal(VaultFailed())

    def _read(self, question: bytes) -> tuple[Verb, Handler, Mapping[str, Any]]:
        """Which verb is asked with what. Raises `QuestionMalformed`, `UnknownVerb`."""
        try:
            asked = json.loads(question)
        except (ValueError, RecursionError):
            raise QuestionMalformed from None
        if not isinstance(asked, dict) or asked.keys() != {"verb", "given"} or not isinstance(asked["verb"], str):
            raise QuestionMalformed
        if asked["verb"] not in self._verbs:
            raise UnknownVerb
        verb, handler = self._verbs[asked["verb"]]
        return verb, handler, verb.check(asked["given"])


def peer_uid(connection: socket.socket) -> int:
    """The system user of the process at the other end, as the kernel knows it."""
    _, uid, _ = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return int(uid)


def _uid(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise UnknownPeer(user) from None
