"""An archive over a database without rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tracker import sources
from tracker.archive import Archive
from tracker.store import Store


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with Store.open(database) as opened:
        yield opened


@pytest.fixture
def archive(store: Store) -> Archive:
    return Archive(store=store, sources=sources.load())
