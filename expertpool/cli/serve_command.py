"""``expertpool serve``: pages and API, by gunicorn, which takes this process over."""

import os
import sys
from pathlib import Path

import click

from expertpool.cli import Invocation
from expertpool.cli.bilingual import command as bilingual_command
from expertpool.cli.bilingual import option
from expertpool.cli.opening import open_installation
from expertpool.cli.ports import refuse_used_port
from expertpool.core.keyrings import open_service_keys
from expertpool.core.witness_policy import load_witness_policy
from ledger.durable import make_directory

SOCKET_FOLDER = 0o750
ROOT = Path(__file__).resolve().parents[2]


@bilingual_command(
    "serve",
    zh="只启动网页与接口服务（gunicorn）。\n\n其余进程（signer、worker）须另行启动，否则操作得不到回执。",
    en="Serve pages and API (gunicorn).\n\nThe signer and a worker run apart; without them no act gets its receipt.",
    examples="""
        expertpool serve
        expertpool --config /etc/expertpool/expertpool.toml serve --port 8080
    """,
)
@option(
    "--port",
    default=8000,
    type=click.IntRange(1, 65535),
    show_default=True,
    zh="端口；设置了 service.socket 则不用。",
    en="The port, unless service.socket is set.",
)
@click.pass_obj
def command(invocation: Invocation, port: int) -> None:
    settings = invocation.settings()
    socket = settings.service.socket
    if socket is None:
        refuse_used_port(port)
    load_witness_policy(settings)
    open_installation(settings).dispose()
    open_service_keys(settings).close()
    if invocation.config is not None:
        os.environ["EXPERTPOOL_CONFIG"] = str(invocation.config)
    if socket is not None:
        _make_folder(socket.parent)
    arguments = gunicorn(f"127.0.0.1:{port}" if socket is None else f"unix:{socket}")
    os.execv(arguments[0], arguments)  # noqa: S606 -- our own interpreter, no shell


def gunicorn(address: str) -> list[str]:
    """The command that serves at an address: HOST:PORT, or unix:PATH."""
    config = ROOT / "config" / "gunicorn.conf.py"
    bind = ["--bind", address, "--pythonpath", str(ROOT), "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", "--config", str(config), *bind, "wsgi:app"]


def _make_folder(folder: Path) -> None:
    """Whoever may enter it may be the proxy: our own user and group, nobody else. One that is there stays as it is."""
    if not folder.is_dir():
        make_directory(folder)
        folder.chmod(SOCKET_FOLDER)
