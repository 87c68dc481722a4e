"""``expertpool run``: a whole installation for a demonstration, in one terminal."""

import sys
import time
from pathlib import Path

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

START_S = 60.0


class OnlyDemonstration(Conflict):
    code = "run.only-demonstration"
    zh = "run 只用于演示。正式运行请分别启动 signer、worker 和 serve（见 deploy/），各用各的系统用户。"
    en = (
        "run is for demonstrations. In production start signer, worker and serve apart (see deploy/), each as its user."
    )


class ProcessEnded(Unavailable):
    code = "run.process-ended"
    zh = "进程 {name} 意外结束（{how}），其余进程已全部停止。原因见上方该进程的输出。"
    en = "Process {name} ended unexpectedly ({how}); everything was stopped. Its own output above says why."
    name: str
    how: str


class NotServing(Unavailable):
    code = "run.not-serving"
    zh = "网页服务在 {seconds} 秒内没有应答，已全部停止。请查看上方输出。"
    en = "The web process did not answer within {seconds} s; everything was stopped. See its output above."
    seconds: int


@bilingual_command(
    "run",
    zh="启动演示：签名进程、后台进程、演示用共签方和网页服务，必要时先建立安装。Ctrl-C 全部停止。\n\n"
    "演示用共签方由本机运行，只是替身：真正的共签方必须由外部机构运行，否则什么也证明不了。",
    en="Start a demonstration: signer, worker, a demonstration witness and the web process; makes the installation "
    "first if there is none. Ctrl-C stops everything.\n\n"
    "The demonstration witness runs on this machine and is a stand-in: a real one must be run by an outsider, or it "
    "proves nothing.",
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
    settings = invocation.settings()
    if settings.service.mode != "demo":
        raise OnlyDemonstration
    refuse_used_port(port)
    refuse_used_port(witness_port or port + 1)
    made = None if is_initialised(settings) else initialise(settings, SystemClock(), centre="demo")
    open_installation(settings).dispose()
    open_service_keys(settings).close()
    witness = prepare_demo_witness(settings, witness_port or port + 1)
    if made is not None:
        show_made(settings, made)
    with Supervisor(_programs(invocation.config, settings, port, witness)) as supervisor:
        ended = _wait_until_serving(supervisor, port)
        if ended == "serving":
            _show_where(settings, port, witness, time.monotonic() - started)
            ended = supervisor.wait()
    if isinstance(ended, Ended):
        raise ProcessEnded(ended.name, f"signal {-ended.code}" if ended.code < 0 else f"exit {ended.code}")
    say("已全部停止。", "Everything is stopped.")


def _programs(config: Path | None, settings: Settings, port: int, witness: DemoWitness | None) -> list[Program]:
    environ = {"EXPERTPOOL_PATHS__VAR": str(settings.paths.var), "PYTHONUNBUFFERED": "1"}
    if config is not None:
        environ["EXPERTPOOL_CONFIG"] = str(config.absolute())
    web = {**environ, "EXPERTPOOL_SERVICE__BASE_URL": f"http://127.0.0.1:{port}"}
    own = [sys.executable, "-m", "expertpool.cli"]
    programs = [Program("signer", [*own, "signer"], environ)]
    if witness is not None:
        programs.append(Program("demo witness", witness.arguments(), environ))
    programs += [Program(name, [*own, name], environ) for name in ("vault", "worker")]
    return [*programs, Program("web", gunicorn(port), web)]


def _wait_until_serving(supervisor: Supervisor, port: int) -> Ended | str | None:
    """Whatever comes first: "serving", a process that ended, or None when told to stop. Raises `NotServing`."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            return supervisor.wait(0.05)
        except TimeoutError:
            if answers(port):
                return "serving"
    raise NotServing(int(START_S))


def _show_where(settings: Settings, port: int, witness: DemoWitness | None, seconds: float) -> None:
    url = f"http://127.0.0.1:{port}"
    say(f"已就绪（{seconds:.1f} 秒）：{url}", f"Ready after {seconds:.1f} s: {url}")
    say(f"  一键登录  {url}/sign-in", f"  sign in   {url}/sign-in")
    say(f"  接口说明  {url}/api/v1/openapi.json", f"  API       {url}/api/v1/openapi.json")
    say(f"  账本      {url}/ledger", f"  ledger    {url}/ledger")
    policy = settings.ledger.witness_policy
    if policy is not None and policy.exists():
        verify = f"{sys.executable} -m ledger verify {url}/ledger --policy {policy}"
        say(f"  自行核验  {verify}", f"  verify    {verify}")
    if witness is not None:
        say(
            "  注意：共签方由本机演示进程充当，只是替身；真正的共签方必须由外部机构运行。",
            "  Mind: the witness is a demonstration process on this machine, a stand-in; real ones are outsiders'.",
        )
    say("按 Ctrl-C 停止。", "Ctrl-C stops everything.")
