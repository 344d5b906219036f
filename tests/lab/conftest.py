"""A registry on its first day, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import LoopbackRegistry, days


@pytest.fixture
def registry() -> Iterator[LoopbackRegistry]:
    """The demo's registry as it stands on day 1."""
    with LoopbackRegistry(days()[0]) as running:
        yield running
