"""``expertpool run``: a whole installation for a demonstration, in one terminal."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option, say
from expertpool.cli.demo_witness import DemoWitness, prepare_demo_witness
from expertpool.cli.init_command import show_made
from expertpool.cli.installation import initialise, is_initialised
from expertpool.cli.opening import open_installation
from expertpool.cli.ports import answers, refuse_used_port
from expertpool.cli.serve_command import gunicorn
from expertpool.cli.supervisor import Ended, Program, Supervisor
from expertpool.core.clock import SystemClock
from expertpool.core.errors import Conflict, Unavailable
from expertpool.core.keyrings import open_service_keys
from expertpool.core.settings import Settings
from ledger.durable import make_directory

if TYPE_CHECKING:
    from expertpool.cli.demo_setting import Setting

START_S = 180.0
DAY_S = 240.0
LOOK_S = 0.1


class OnlyDemonstration(Conflict):
    code = "run.only-demonstration"
    zh = "run 只用于演示。正式运行请分别启动 signer、worker 和 serve（见 deploy/），各用各的系统用户。"
    en = (
        "run is for demonstrations. In production start signer, worker and serve apart (see deploy/), each as its user."
    )


class ProcessEnded(Unavailable):
    code = "run.process-ended"
    zh = "进程 {name} 意外结束（{how}），其余进程已全部停止。原因见 {log}。"
    en = "Process {name} ended unexpectedly ({how}); everything was stopped. {log} says why."
    name: str
    how: str
    log: str


class DayTookTooLong(Unavailable):
    code = "run.day-took-too-long"
    zh = "演示数据在 {seconds} 秒内没有备好，请查看 {logs} 中的日志。服务照常运行，只是示例场次不全。"
    en = "The demo sessions were not ready within {seconds} s: see the logs in {logs}. The rest runs."
    seconds: int
    logs: str


class NotServing(Unavailable):
    code = "run.not-serving"
    zh = "网页服务在 {seconds} 秒内没有应答，已全部停止。请查看 {log}。"
    en = "The web process did not answer within {seconds} s; everything was stopped. See {log}."
    seconds: int
    log: str


@bilingual_command(
    "run",
    zh="启动演示：签名进程、保险库、后台进程、网页服务和三家密钥保管单位的程序。首次启动先建立安装、虚构专家库和各种状态的"
    "评标，约需四十秒；再次启动一切照旧。Ctrl-C 全部停止。\n\n"
    "保管单位由本机扮演，只是替身：真正的保管和共签必须由外部机构承担，否则什么也证明不了。",
    en="Start a demonstration: signer, vault, worker, the web process and the agents of three key holders. The first "
    "start makes the installation, a made-up pool and sessions in every state that lasts, in some forty seconds; "
    "the next finds all of it. Ctrl-C stops everything.\n\n"
    "The key holders are stand-ins on this machine: real ones, who also cosign, are outsiders, or nothing is proven.",
    examples="""
        expertpool run
        expertpool run --port 8080
        EXPERTPOOL_PATHS__VAR=/tmp/try expertpool run
    """,
)
@option("--port", default=8000, type=click.IntRange(1, 65534), show_default=True, zh="网页端口。", en="The web port.")
@option(
    "--witness-port",
    type=click.IntRange(1, 65535),
    zh="演示用共签方的端口，默认是网页端口加一。",
    en="The demonstration witness's port; by default the one after the web port.",
)
@click.pass_obj
def command(invocation: Invocation, port: int, witness_port: int | None) -> None:
    started = time.monotonic()
    settings = _at(invocation.settings(), port)
    if settings.service.mode != "demo":
        raise OnlyDemonstration
    refuse_used_port(port)
    refuse_used_port(witness_port or port + 1)
    with ExitStack() as stack:
        fresh = _make(settings, stack)
        open_installation(settings).dispose()
        open_service_keys(settings).close()
        witness = prepare_demo_witness(settings, witness_port or port + 1)
        supervisor = stack.enter_context(Supervisor(_programs(invocation.config, settings, port, witness)))
        ended = _wait_until_serving(settings, supervisor, port)
        if ended == "serving" and fresh is not None:
            ended = _play_day(fresh, supervisor)
        if ended == "serving":
            _show_where(settings, port, time.monotonic() - started)
            ended = supervisor.wait()
    if isinstance(ended, Ended):
        how = f"signal {-ended.code}" if ended.code < 0 else f"exit {ended.code}"
        raise ProcessEnded(ended.name, how, str(_log(settings, ended.name)))
    say("已全部停止。", "Everything is stopped.")


def _at(settings: Settings, port: int) -> Settings:
    return replace(settings, service=replace(settings.service, base_url=f"http://127.0.0.1:{port}"))


def _make(settings: Settings, stack: ExitStack) -> "Setting | None":
    """Make the installation if need be; gives a new one that has demo data, until the stack is left."""
    from expertpool.cli.demo_centre import make_centre, takes_demo_data

    if is_initialised(settings):
        return None
    now = SystemClock()
    if not takes_demo_data(settings):
        show_made(settings, initialise(settings, now, centre="demo"))
        return None
    say("首次启动，正在建立演示数据：", "First start, making the demo data:")
    return stack.enter_context(make_centre(settings, now.now(), lambda made: show_made(settings, made)))


class _Interrupted(Exception):
    """A child ended, or this process was told to stop (None), while the day was played."""

    def __init__(self, ended: Ended | None) -> None:
        self.ended = ended


def _play_day(setting: "Setting", supervisor: Supervisor) -> Ended | str | None:
    """Whatever comes first, as of `_wait_until_serving`. A day that takes too long is left as it is."""
    from expertpool.cli.demo_acts import NoCommittee
    from expertpool.cli.demo_day import Day

    deadline = time.monotonic() + DAY_S

    def until(done: Callable[[], bool]) -> None:
        while not done():
            if time.monotonic() > deadline:
                raise DayTookTooLong(int(DAY_S), str(_log(setting.settings, "web").parent))
            try:
                raise _Interrupted(supervisor.wait(LOOK_S))
            except TimeoutError:
                continue

    try:
        Day(setting, until).play()
    except _Interrupted as interrupted:
        return interrupted.ended
    except (DayTookTooLong, NoCommittee) as unfinished:
        say(unfinished.message("zh"), unfinished.message("en"))
    return "serving"


def _programs(config: Path | None, settings: Settings, port: int, witness: DemoWitness | None) -> list[Program]:
    from expertpool.cli.demo_centre import agents

    make_directory(_log(settings, "web").parent)
    environ = {
        "EXPERTPOOL_PATHS__VAR": str(settings.paths.var),
        "EXPERTPOOL_SERVICE__BASE_URL": settings.service.base_url,
        "PYTHONUNBUFFERED": "1",
    }
    if config is not None:
        environ["EXPERTPOOL_CONFIG"] = str(config.absolute())
    own = [sys.executable, "-m", "expertpool.cli"]
    calls = {"signer": [*own, "signer"]}
    if witness is not None:
        calls["witness"] = witness.arguments()
    calls |= {"vault": [*own, "vault"], "worker": [*own, "worker"], "web": gunicorn(f"127.0.0.1:{port}")}
    programs = [Program(name, call, environ, _log(settings, name)) for name, call in calls.items()]
    return [*programs, *agents(settings, environ, lambda name: _log(settings, name))]


def _wait_until_serving(settings: Settings, supervisor: Supervisor, port: int) -> Ended | str | None:
    """Whatever comes first: "serving", a process that ended, or None when told to stop. Raises `NotServing`."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            return supervisor.wait(0.05)
        except TimeoutError:
            if answers(port):
                return "serving"
    raise NotServing(int(START_S), str(_log(settings, "web")))


def _log(settings: Settings, name: str) -> Path:
    """Where a process says what it has to say."""
    return settings.paths.var / "logs" / f"{name}.log"


def _show_where(settings: Settings, port: int, seconds: float) -> None:
    url = f"http://127.0.0.1:{port}"
    say(f"已就绪（{seconds:.1f} 秒）：{url}", f"Ready after {seconds:.1f} s: {url}")
    say(f"  一键登录  {url}/sign-in", f"  sign in   {url}/sign-in")
    say(f"  接口说明  {url}/api/v1/openapi.json", f"  API       {url}/api/v1/openapi.json")
    say(f"  账本      {url}/ledger", f"  ledger    {url}/ledger")
    policy = settings.ledger.witness_policy
    if policy is not None and policy.exists():
        verify = f"{sys.executable} -m ledger verify {url}/ledger --policy {policy}"
        say(f"  自行核验  {verify}", f"  verify    {verify}")
    say(
        "  注意：保管单位和共签方都由本机进程充当，只是替身；真正的必须由外部机构运行。",
        "  Mind: key holders and witnesses are processes on this machine, stand-ins; real ones are outsiders'.",
    )
    say("按 Ctrl-C 停止。", "Ctrl-C stops everything.")
