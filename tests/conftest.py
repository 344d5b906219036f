"""Shared fixtures: where the real records are, a database of either kind, and that what tests start hears Ctrl-C.

A test that asks for ``database`` runs on SQLite and on PostgreSQL. Outside tests/store a fixed part of them runs on PostgreSQL
by default, and all with ``TRACKER_POSTGRES=all`` (``make postgres``).
"""

from __future__ import annotations

import os
import shutil
import signal
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import URL

from tests import postgres
from tracker.store import migrate

# No deadline: machines differ. On CI the examples are the same in every run; elsewhere new ones are looked for.
settings.register_profile("searching", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")

DATABASES = ("sqlite", "postgresql")

ONE_IN = 20
"""Of so many tests that run on either database one runs on PostgreSQL too, unless all are asked for."""

MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave most tests on PostgreSQL out, the same ones in every run: the store's own stay."""
    if os.environ.get("TRACKER_POSTGRES") == "all":
        return
    left_out = [item for item in items if not _runs(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _runs(item)]


def _runs(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    if call is None or call.params.get("database") != "postgresql":
        return True
    return item.path.parent.name == "store" or zlib.crc32(item.nodeid.encode()) % ONE_IN == 0


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """One server for all tests, started by the first that asks for it."""
    if postgres.address() == "skip":
        pytest.skip("TRACKER_TEST_POSTGRES=skip")
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database to copy: the migrations are run once."""
    file = tmp_path_factory.mktemp("template") / "tracker.db"
    migrate(f"sqlite:///{file}", now=MADE_AT)
    return file


@pytest.fixture(scope="session")
def migrated_database(postgres_server: URL) -> Iterator[URL]:
    """A PostgreSQL database to copy."""
    with postgres.fresh_database(postgres_server) as url:
        migrate(url.render_as_string(hide_password=False), now=MADE_AT)
        yield url


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "tracker.db")
        yield f"sqlite:///{tmp_path / 'tracker.db'}"
        return
    template = request.getfixturevalue("migrated_database").database
    with postgres.fresh_database(request.getfixturevalue("postgres_server"), template) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture(scope="session", autouse=True)
def _heard_ctrl_c() -> Iterator[None]:
    """A shell's background job ignores Ctrl-C, and so would what it starts; tests may be run as one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real registry records; the test is skipped where TRACKER_REAL_DATA does not name one."""
    folder = os.environ.get("TRACKER_REAL_DATA", "")
    if not folder:
        pytest.skip("TRACKER_REAL_DATA does not name the folder of real records")
    path = Path(folder).resolve()
    if not (path / "ctgov" / "studies").is_dir():
        pytest.fail(f"TRACKER_REAL_DATA={folder} has no ctgov/studies")
    return path


@pytest.fixture(scope="session")
def cases(real_data: Path) -> Path:
    """The folder of inputs that once failed, beside the real records; the test is skipped where it is not there."""
    path = real_data.parent / "cases"
    if not path.is_dir():
        pytest.skip("no folder of cases lies beside the real records")
    return path


@pytest.fixture(scope="session")
def inputs(cases: Path) -> Path:
    """The folder of single inputs among the cases."""
    return cases / "inputs"
