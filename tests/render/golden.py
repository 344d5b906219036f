"""Golden files: a missing one is written and the test fails, so that somebody reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"


def check(name: str, given: str) -> None:
    """Compare with the golden file of that name, line by line; delete the file to have it written anew."""
    path = FOLDER / name
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        path.write_text(given, encoding="utf-8")
        pytest.fail(f"{path} was missing and has been written: read it, then run again")
    assert given.splitlines() == path.read_text(encoding="utf-8").splitlines()
