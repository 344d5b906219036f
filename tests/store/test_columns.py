"""Column types read what was written, by this program or by others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.dialects import sqlite

from tracker.store.columns import UtcDateTime


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05 06:00:00.000000",
        "2026-01-05T06:00:00.000000",
        "2026-01-05 06:00:00",
        "2026-01-05 06:00:00+00:00",
        "2026-01-05 07:00:00.000000+01:00",
    ],
)
def test_a_time_is_read_as_utc_whether_an_offset_was_written_or_not(text: str) -> None:
    read = UtcDateTime().result_processor(sqlite.dialect(), None)
    assert read is not None
    found = read(text)
    assert found == datetime(2026, 1, 5, 6, tzinfo=UTC)
    assert found.tzinfo is UTC
    assert read(None) is None
