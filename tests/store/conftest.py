"""Every store test runs on SQLite and on PostgreSQL: ``url`` is a fresh address, ``store`` an open, empty database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests import postgres
from tests.store.make import DAY_0
from tracker.store import Store, migrate


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """One server for all tests, started by the first that asks for it."""
    if postgres.address() == "skip":
        pytest.skip("TRACKER_TEST_POSTGRES=skip")
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/tracker.db"
        return
    with postgres.fresh_database(request.getfixturevalue("postgres_server")) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/tracker.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    migrate(url, now=DAY_0)
    with Store.open(url) as opened:
        yield opened
