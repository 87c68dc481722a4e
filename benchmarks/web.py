"""Every page and every read of the API, by somebody whom it is for, at a centre that has been at work for years.

50,000 experts, 2,000 projects, 200,000 ledger entries, on SQLite. Server time and statements are taken within the
process, one request after the other, and beside it the time that the processor was busy with a request, which other
work on the machine does not lengthen; requests a second over HTTP, under gunicorn as it is configured here, in turns
with a bare Flask route under the same. Bytes are those of a first visit, compressed as a proxy does: the page, its
styles, scripts and pictures, and the fonts that its styles name.

``EXPERTPOOL_BENCH_EXPERTS``, ``..._PROJECTS`` and ``..._ENTRIES`` set other sizes; ``..._PAGES``, a regular expression,
takes only the pages whose name it matches. Standard error tells each page, and what its time goes to.
"""

import gc
import gzip
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, perf_counter, thread_time
from typing import Any, Final

from flask import Flask, before_render_template, template_rendered
from sqlalchemy import Engine, event

from benchmarks import busy_centre
from benchmarks.busy_centre import Busy
from benchmarks.harness import Measurement
from expertpool.app import create_app
from expertpool.cli.demo_setting import Setting, free_port, set_up
from expertpool.cli.serve_command import gunicorn
from expertpool.identity.permissions import has_verb
from expertpool.identity.roles import Role
from expertpool.web.access import PUBLIC
from expertpool.web.cookies import WEAK
from tests.web.route import API, Route
from tests.web.routes import ROUTES

FOLDER: Final = Path(__file__).parent.parent / "var" / "benchmarks"
EXPERTS, PROJECTS, ENTRIES = (
    int(os.environ.get(f"EXPERTPOOL_BENCH_{name}", str(usual)))
    for name, usual in (("EXPERTS", 50_000), ("PROJECTS", 2_000), ("ENTRIES", 200_000))
)
PAGES: Final = re.compile(os.environ.get("EXPERTPOOL_BENCH_PAGES", ""))
UNLIMITED: Final = {f"EXPERTPOOL_API__{who}_PER_MINUTE": "0" for who in ("ACCOUNT", "SOURCE")}
REPEATS: Final = 20
TURNS: Final = 3
TURN_S: Final = 3.0
CLIENTS: Final = 8
LINKED: Final = re.compile(r"""(?:src|href)=["']?(/static/[^"'> ]+)""")
NAMED: Final = re.compile(r"""url\(["']?(?!data:)([^"')]+)""")


@dataclass(frozen=True, slots=True)
class Taken:
    """One page by one role: seconds of each request, those of them that the processor was busy with it; of the last
    request its statements, the seconds in the database and in the template; compressed bytes of a first visit."""

    name: str
    seconds: tuple[float, ...]
    busy: tuple[float, ...]
    statements: int
    in_database: float
    in_template: float
    transfer: int

    @property
    def p50_ms(self) -> float:
        return statistics.median(self.seconds) * 1000

    @property
    def p95_ms(self) -> float:
        return p95(self.seconds) * 1000

    @property
    def busy_p95_ms(self) -> float:
        return p95(self.busy) * 1000


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> Iterator[Measurement]:
    """Build, then take every page, then the throughput."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=FOLDER) as folder,
        set_up(Path(folder) / "demo", rulebook="demo-centre", today=datetime.now(UTC)) as setting,
    ):
        began = perf_counter()
        busy = busy_centre.build(setting, experts=EXPERTS, meetings=PROJECTS, entries=ENTRIES)
        yield Measurement("build_s", round(perf_counter() - began, 1), "s")
        app = create_app(setting.settings, engine=setting.engine, keys=setting.keys)
        gc.collect()
        gc.freeze()  # as wsgi.py does
        yield from told([take(app, setting.engine, busy, route, role) for route, role in asked()])
        yield from throughput(setting, busy)


def asked() -> Iterator[tuple[Route, Role | None]]:
    """Every route that reads, by every role that it is for, as far as they are wanted."""
    for route in ROUTES:
        roles: list[Role | None] = []
        if route.method == "GET" and route.who == PUBLIC:
            roles = [None]
        elif route.method == "GET" and route.has_verb:
            roles = [role for role in Role if role is not Role.EXPERT and has_verb(role, route.who)]
        yield from ((route, role) for role in roles if PAGES.search(_name(route, role)))


def _name(route: Route, role: Role | None) -> str:
    return f"{route.path} {role.value if role else 'public'}"


def take(app: Flask, engine: Engine, busy: Busy, route: Route, role: Role | None) -> Taken | None:
    """Ask for it often. None for what answers with no page of its own here: redirects, refusals, objects not made."""
    client = app.test_client()
    if role is not None:
        client.set_cookie(WEAK, busy.cookies[role])
    headers = {} if route.is_page or role is None else {"Authorization": f"Bearer {busy.tokens[role]}"}
    path, query = address(busy, route), {**route.sends, **questions(route)}
    seconds, processor = [], []
    while True:
        with counting(engine) as counted, rendering() as rendered:
            began, worked = perf_counter(), thread_time()
            with client.get(path, query_string=query, headers=headers) as answer:
                status, data = answer.status_code, answer.data
            seconds.append(perf_counter() - began)
            processor.append(thread_time() - worked)
        if status != 200:
            return None
        if len(seconds) > REPEATS:  # the first has loaded what comes once
            break
    transfer = first_visit(app, data) if answer.mimetype == "text/html" else len(gzip.compress(data))
    took = (int(counted[0]), counted[1], rendered[0])
    return Taken(_name(route, role), tuple(seconds[1:]), tuple(processor[1:]), *took, transfer)


def address(busy: Busy, route: Route) -> str:
    """With the centre's objects in it."""
    named = busy.ids.get("referred" if route.path.startswith("/supervision") else route.kind or "", "none")
    others = {"number": "1", "index": "1000", "site": "0", "path": "desk.css", "address": "entries/000"}
    others |= {"draw": busy.ids["draw"], "book": "national", "name": "index.html"}
    return re.sub(r"<(?:[^:>]*:)?([a-z_]+)>", lambda part: others.get(part[1], named), route.path)


def questions(route: Route) -> dict[str, str]:
    """What people ask a page that shows nothing unasked."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    asked: Mapping[str, dict[str, str]] = {
        "/today": {"day": tomorrow.date().isoformat()},
        "/ledger/search": {"q": "1000"},
        f"{API}/sessions": {"start": tomorrow.isoformat(), "until": (tomorrow + timedelta(days=1)).isoformat()},
        f"{API}/trail": {"day": tomorrow.date().isoformat()},
    }
    return asked.get(route.path, {})


@contextmanager
def counting(engine: Engine) -> Iterator[list[float]]:
    """How many statements, and the seconds that the database took over them."""
    counted, began = [0.0, 0.0], [0.0]

    def before(*_: object) -> None:
        began[0] = perf_counter()

    def after(*_: object) -> None:
        counted[0] += 1
        counted[1] += perf_counter() - began[0]

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield counted
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


@contextmanager
def rendering() -> Iterator[list[float]]:
    """The seconds that templates took."""
    took, began = [0.0], [0.0]

    def before(*_: object, **__: object) -> None:
        began[0] = perf_counter()

    def after(*_: object, **__: object) -> None:
        took[0] += perf_counter() - began[0]

    with before_render_template.connected_to(before), template_rendered.connected_to(after):
        yield took


def first_visit(app: Flask, html: bytes) -> int:
    """Compressed bytes of a page and of all that it names."""
    static = Path(str(app.static_folder))
    wanted = [static / path.removeprefix("/static/") for path in LINKED.findall(html.decode())]
    sizes: dict[Path, int] = {}
    while wanted:
        file = wanted.pop().resolve()
        if file in sizes or not file.is_file():
            continue
        data = file.read_bytes()
        sizes[file] = len(data) if file.suffix == ".woff2" else len(gzip.compress(data))
        if file.suffix == ".css":
            wanted += [file.parent / name.partition("#")[0] for name in NAMED.findall(data.decode())]
    return len(gzip.compress(html)) + sum(sizes.values())


def told(found: list[Taken | None]) -> Iterator[Measurement]:
    """The worst of each, and on standard error every page, the slowest first."""
    taken = sorted((each for each in found if each), key=lambda each: -each.p95_ms)
    for each in taken:
        print(
            f"{each.p95_ms:7.1f} ms p95 {each.p50_ms:7.1f} p50 {each.busy_p95_ms:7.1f} busy"
            f" {each.in_database * 1000:7.1f} in database {each.in_template * 1000:6.1f} in template"
            f" {each.statements:3d} statements {each.transfer / 1024:6.1f} KiB  {each.name}",
            file=sys.stderr,
        )
    yield Measurement("pages", len(taken), "pages")
    yield Measurement("page_p95_ms", round(taken[0].p95_ms, 1), "ms")
    yield Measurement("page_p50_ms", round(max(each.p50_ms for each in taken), 1), "ms")
    yield Measurement("page_busy_p95_ms", round(max(each.busy_p95_ms for each in taken), 1), "ms")
    yield Measurement("pages_over_150_ms", sum(each.p95_ms > 150 for each in taken), "pages")
    yield Measurement("statements_most", max(each.statements for each in taken), "statements")
    yield Measurement("first_visit_most", round(max(each.transfer for each in taken) / 1024, 1), "KiB")


def throughput(setting: Setting, busy: Busy) -> Iterator[Measurement]:
    """Requests a second of a page, of the API and of the public ledger, each in turns with the bare route."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    asked: Mapping[str, tuple[str, dict[str, str]]] = {
        "requests": (f"/today?day={tomorrow}", {"Cookie": f"{WEAK}={busy.cookies[Role.CENTRE_STAFF]}"}),
        "requests_api": (f"{API}/me", {"Authorization": f"Bearer {busy.tokens[Role.CENTRE_STAFF]}"}),
        "requests_ledger": ("/ledger", {}),
    }
    environ = {**os.environ, **UNLIMITED, "EXPERTPOOL_CONFIG": str(setting.places.config)}
    with served("wsgi:app", environ, "/healthz") as ours, served("benchmarks.bare:app", environ, "/") as bare:
        for metric, (path, headers) in asked.items():
            turns = [(per_second(ours, path, headers), per_second(bare, "/", {})) for _ in range(TURNS)]
            ratio = statistics.median(mine / theirs for mine, theirs in turns)
            mine = statistics.median(mine for mine, _ in turns)
            yield Measurement(metric, round(mine), "1/s", against="bare Flask", ratio=round(ratio, 3))


@contextmanager
def served(app: str, environ: Mapping[str, str], ready: str) -> Iterator[int]:
    """Gunicorn with this application; yields its port."""
    port = free_port()
    command = [*gunicorn(f"127.0.0.1:{port}")[:-1], app]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = monotonic() + 60
            while status(port, ready) != 200:
                if monotonic() > until or process.poll() is not None:
                    raise RuntimeError(f"{app} does not answer")
            yield port
        finally:
            process.terminate()


def status(port: int, path: str) -> int | None:
    """What is answered, if anything is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def per_second(port: int, path: str, headers: Mapping[str, str]) -> float:
    """Several clients ask one request after the other, each over its own connection."""
    until, answered = monotonic() + TURN_S, [0] * CLIENTS

    def ask(number: int) -> None:
        connection: Any = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while monotonic() < until:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            answered[number] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answered) / TURN_S
