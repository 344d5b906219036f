"""A backup made in the middle of a sync is whole, and restoring it brings the change log of that moment back."""

from __future__ import annotations

import shutil
import sys
import threading
from datetime import timedelta
from pathlib import Path

from tests.lab import Reply, Request
from tests.shipping.conftest import A, B
from tests.shipping.shipped import ROOT, run
from tests.world import World
from tracker.model.event import EventFilter
from tracker.render.kinds import headline
from tracker.store import Store

PATIENCE = 45.0


def change_log(url: str) -> list[tuple[str, str, str]]:
    """The change log of a database that is whole."""
    with Store.open(url) as store:
        assert store.integrity() == []
        return [(event.trial, event.kind, headline(event)) for event in store.events(EventFilter())]


def test_a_backup_during_a_sync_restores_to_the_same_change_log(world: World, tmp_path: Path) -> None:
    """Stop, put the copy in place, start: the log is that of the backup, and the next sync finds what came after it."""
    world.sync()
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    url = world.settings.store_url
    log = change_log(url)
    assert [trial for trial, _, _ in log] == [f"ctgov:{A}"]

    asked, answer = threading.Event(), threading.Event()

    def held(request: Request) -> Reply | None:
        if request.path.endswith("/studies"):
            asked.set()
            answer.wait(PATIENCE)
        return None

    world.now += timedelta(days=1)
    world.amend(B, statusModule__overallStatus="SUSPENDED")
    world.show()
    world.registry.fault = held
    syncing = threading.Thread(target=world.sync_shown)
    syncing.start()
    try:
        assert asked.wait(PATIENCE), "the sync is at work"
        copy = tmp_path / "copy.db"
        program = (sys.executable, "-m", "tracker", "--config", world.config, "backup", copy)
        done = run(*program, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
        assert "checked and complete" in done.stdout
    finally:
        answer.set()
        syncing.join(PATIENCE)
    later = change_log(url)
    assert len(later) > len(log), "the sync went on and found the second change"

    world.store.close()
    world._store = None
    database = tmp_path / "tracker.db"
    for rest in tmp_path.glob("tracker.db-*"):
        rest.unlink()
    shutil.copy(copy, database)
    assert change_log(url) == log

    world.day()
    assert change_log(url) == later
