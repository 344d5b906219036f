"""Every store test runs on SQLite and on PostgreSQL: ``url`` is an empty address, ``store`` an open database without rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests import postgres
from tests.store.builders import DAY_0
from tracker.store import Store, migrate

DATABASES = ("sqlite", "postgresql")


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
    migrate(f"sqlite:///{file}", now=DAY_0)
    return file


@pytest.fixture(scope="session")
def migrated_database(postgres_server: URL) -> Iterator[URL]:
    """A PostgreSQL database to copy."""
    with postgres.fresh_database(postgres_server) as url:
        migrate(url.render_as_string(hide_password=False), now=DAY_0)
        yield url


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/tracker.db"
        return
    with postgres.fresh_database(request.getfixturevalue("postgres_server")) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def url_beside(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[str]:
    """Another empty address, of the same kind as ``store_url``."""
    if store_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/beside.db"
        return
    with postgres.fresh_database(request.getfixturevalue("postgres_server")) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/tracker.db"


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "tracker.db")
        yield f"sqlite:///{tmp_path}/tracker.db"
        return
    template = request.getfixturevalue("migrated_database").database
    with postgres.fresh_database(request.getfixturevalue("postgres_server"), template) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened
