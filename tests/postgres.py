"""A throw-away PostgreSQL cluster for tests and benchmarks.

It is durable as a real one (`fsync` on), listens on a Unix socket only, and goes away with the process that started
it however that process ends: a keeper holds the reading end of a pipe and stops the server when the pipe closes.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

NOT_INSTALLED = "PostgreSQL's server programs are not installed (deploy/system-packages.sh postgresql)"
SUPERUSER = "expertpool"
SERVER_OPTIONS = "-c listen_addresses= -c max_connections=200 -c log_statement=none -k"

KEEPER = """
set -eu
bin=$1; home=$2
export PGDATA="$home/data"
"$bin/initdb" --username "$3" --auth trust --encoding UTF8 --no-locale --no-sync >"$home/initdb.log" 2>&1
"$bin/pg_ctl" --log "$home/server.log" --wait --options "$4 $home" start >"$home/start.log" 2>&1
echo ready
cat >/dev/null
"$bin/pg_ctl" --mode immediate stop >/dev/null
rm -rf "$home"
"""


def find_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server programs here; Debian keeps them off the PATH."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(debian, key=lambda path: int(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def unprivileged_user() -> str | None:
    """Return whom to run the server as: PostgreSQL refuses root. None means ourselves."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class Cluster:
    """A running cluster, as a context manager. Raises RuntimeError, with the server's log, if it does not start."""

    def __init__(self, binaries: Path) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="expertpool-pg-"))
        user = unprivileged_user()
        if user:
            shutil.chown(self._home, user)
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", str(binaries), str(self._home), SUPERUSER, SERVER_OPTIONS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._home,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self._keeper.stdout
        if self._keeper.stdout.readline() != "ready\n":
            logs = "\n".join(log.read_text() for log in sorted(self._home.glob("*.log")))
            self.close()
            shutil.rmtree(self._home, ignore_errors=True)
            raise RuntimeError(f"PostgreSQL did not start:\n{logs}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and remove its files."""
        self._keeper.communicate()

    def create_database(self, template: str = "template1") -> str:
        """Create a database, empty or a copy of `template`, and return its name."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database together with the connections still open to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of one of the cluster's databases."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self._home}"

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(host=str(self._home), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
