"""The documented way to erase a trial leaves a whole database, the other trials' history, and nothing of the one that went."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.shipping.shipped import ROOT, Installed
from tracker.store import Store

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_a_trial_is_erased_as_documented(installed: Installed, wheel_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(wheel_demo, folder)
    [script] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    [number] = set(re.findall(r"ctgov:(NCT\d{8})", script))
    log = ("--config", "config.toml", "changes", "--format", "csv")
    before = installed.tracker(*log, cwd=folder).stdout.splitlines()
    assert any(number in line for line in before)

    database = folder / "tracker.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript(script)

    with Store.open(f"sqlite:///{database}") as store:
        assert store.integrity() == []
    assert installed.tracker(*log, cwd=folder).stdout.splitlines() == [line for line in before if number not in line]
    assert number.encode() not in database.read_bytes(), "not even in free pages"
    assert number.lower().encode() not in database.read_bytes(), "nor among the words of the search"
