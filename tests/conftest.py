"""Shared fixtures: where the real records are, and that what tests start hears Ctrl-C."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: machines differ. On CI the examples are the same in every run; elsewhere new ones are looked for.
settings.register_profile("searching", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")


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
