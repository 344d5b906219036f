"""An archive over a migrated SQLite database without rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.builders import DAY_0
from tracker import sources
from tracker.archive import Archive
from tracker.store import Store, migrate


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/tracker.db"
    migrate(url, now=DAY_0)
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def archive(store: Store) -> Archive:
    return Archive(store=store, sources=sources.load())
