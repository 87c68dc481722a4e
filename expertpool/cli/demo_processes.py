"""The processes of a demonstration: signer, web, vault, and an agent for each key holder; each says what it has to say
into a log file of its own.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from expertpool.cli.demo_holders import Holder
from expertpool.cli.demo_setting import Setting
from expertpool.cli.ports import answers
from expertpool.cli.serve_command import gunicorn
from expertpool.cli.supervisor import Ended, Program, Supervisor
from expertpool.core.errors import Conflict, Unavailable

OWN: Final = (sys.executable, "-m", "expertpool.cli")
LOOK_S: Final = 0.1
START_S: Final = 60.0
AGENT_PAUSE_S: Final = "0.2"


class ProcessEnded(Unavailable):
    code = "demo.process-ended"
    zh = "进程 {name} 意外结束（{how}），演示已停止。原因见 {log}。"
    en = "Process {name} ended unexpectedly ({how}); the demonstration was stopped. {log} says why."
    name: str
    how: str
    log: str


class ToldToStop(Conflict):
    code = "demo.stopped"
    zh = "演示已按要求停止，全部进程已结束。"
    en = "Stopped as you asked; every process has ended."


class TookTooLong(Unavailable):
    code = "demo.took-too-long"
    zh = "等待“{what}”超过 {seconds} 秒，演示已停止。各进程的输出在 {logs}。"
    en = "Waited more than {seconds} s for: {what_en}. Everything was stopped; the processes' words are in {logs}."
    what: str
    what_en: str
    seconds: int
    logs: str


class Crew:
    """The processes while they run; use within a `Supervisor`. ``look_s``: how often is looked what they have done."""

    def __init__(
        self, setting: Setting, holders: Sequence[Holder], supervisor: Supervisor, look_s: float = LOOK_S
    ) -> None:
        self._setting = setting
        self._holders = holders
        self._supervisor = supervisor
        self._look_s = look_s

    def start(self) -> None:
        """Start the centre's processes, the vault excepted, then, once the web answers, the agents."""
        port = urlsplit(self._setting.settings.service.base_url).port or 0
        self._supervisor.start(self._program("signer", [*OWN, "signer"]))
        self._supervisor.start(self._program("web", gunicorn(f"127.0.0.1:{port}"), GUNICORN_CMD_ARGS="--workers 1"))
        self.until(lambda: answers(port), ("网页进程应答", "the web process to answer"), START_S)
        for holder in self._holders:
            folder = holder.directory(self._setting).path
            self._supervisor.start(holder.program(folder, self._environ, self._log(holder.word), pause=AGENT_PAUSE_S))

    def start_vault(self) -> None:
        self._supervisor.start(self._program("vault", [*OWN, "vault"]))

    def kill_vault(self) -> None:
        """As a power cut would: kill -9."""
        self._supervisor.kill("vault")

    def until(self, done: Callable[[], bool], what: tuple[str, str], seconds: float) -> None:
        """Wait for something. Raises `ProcessEnded`, `ToldToStop`, `TookTooLong`."""
        deadline = time.monotonic() + seconds
        while not done():
            try:
                news = self._supervisor.wait(self._look_s)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise TookTooLong(*what, int(seconds), str(self._setting.places.logs)) from None
                continue
            if isinstance(news, Ended):
                how = f"signal {-news.code}" if news.code < 0 else f"exit {news.code}"
                raise ProcessEnded(news.name, how, str(self._log(news.name)))
            raise ToldToStop

    def _program(self, name: str, arguments: Sequence[str], **environ: str) -> Program:
        return Program(name, arguments, {**self._environ, **environ}, self._log(name))

    @property
    def _environ(self) -> dict[str, str]:
        return {"EXPERTPOOL_CONFIG": str(self._setting.places.config), "PYTHONUNBUFFERED": "1"}

    def _log(self, name: str) -> Path:
        return self._setting.places.logs / f"{name}.log"
