"""The power fails: what was written and not synced is gone, or half there; nothing is lost for the reader."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.attack.records import nct, study
from tests.attack.scene import Scene, until, wait

PAGE = 4096


class Disk(NamedTuple):
    """The folder as the program sees it, and what of it a disk without power still holds."""

    seen: Path
    durable: Path

    def fail(self, chance: random.Random, torn: float) -> None:
        """Leave what the disk holds; of what was never synced, each page with the likelihood ``torn``."""
        for file in list(self.seen.glob("tracker.db*")):
            kept = self.durable / file.name
            new, old = file.read_bytes(), kept.read_bytes() if kept.exists() else b""
            if not kept.exists() and not torn:
                file.unlink()
                continue
            left = bytearray(new if torn and chance.random() < 0.7 else old)  # a length is written apart from the pages
            for at in range(0, len(left), PAGE):
                page = (new if chance.random() < torn else old)[at : at + PAGE].ljust(PAGE, b"\0")
                left[at : at + PAGE] = page[: len(left) - at]
            file.write_bytes(bytes(left))
        for kept in self.durable.glob("tracker.db*"):
            if not (self.seen / kept.name).exists():
                shutil.copy(kept, self.seen / kept.name)
        (self.seen / "tracker.db-shm").unlink(missing_ok=True)


def powered(scene: Scene, shim: Path, tmp_path: Path) -> Disk:
    """The installation on a disk whose power can fail."""
    durable = tmp_path / "durable"
    durable.mkdir(exist_ok=True)
    scene.environ = {
        "LD_PRELOAD": str(shim),
        "ATTACK_DISK": str(scene.folder.resolve()),
        "ATTACK_DURABLE": str(durable),
        "ATTACK_COUNT": str(tmp_path / "count"),
    }
    return Disk(scene.folder, durable)


def settled(disk: Disk) -> None:
    """All that was written has long been on the disk."""
    for file in disk.durable.glob("*"):
        file.unlink()
    for file in disk.seen.glob("tracker.db*"):
        shutil.copy(file, disk.durable / file.name)


def whole(file: Path) -> None:
    """A database that SQLite finds no fault with."""
    if file.exists():
        with closing(sqlite3.connect(file)) as looked:
            assert looked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def nothing_is_lost(scene: Scene) -> None:
    """A third change comes after the power, and the reader sees all three, whatever his mail program takes for the same."""
    whole(scene.folder / "tracker.db")
    before = len(scene.mail.to("me"))
    scene.set_clock(scene.ahead + timedelta(minutes=20))
    scene.amend(3, statusModule__overallStatus="WITHDRAWN", statusModule__whyStopped="Nobody came")
    scene.registry.stamp = scene.registry.stamp.replace("T00:00", "T00:30")
    for _ in range(3):
        scene.sync(expect=(0, 3))
        scene.set_clock(scene.ahead + timedelta(minutes=20))
    scene.next_day()  # a digest that was recorded as sent leaves the third change to the next day's
    scene.sync(expect=(0, 3))
    whole(scene.folder / "tracker.db")
    letters = scene.mail.to("me")
    seen: dict[str, str] = {}
    for letter in letters:  # a mail program may show one letter of each Message-ID: the first
        seen.setdefault(str(letter.message["Message-ID"]), letter.text)
    shown = "\n".join(seen.values())
    for number in (1, 2, 3):
        assert nct(number) in shown, f"{nct(number)} is lost, or hidden behind a Message-ID that was used before"
    assert len(letters) - before <= 4


@pytest.mark.cost(9)
@pytest.mark.parametrize("torn", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.85, 0.97, 1.0])
def test_a_power_failure_loses_nothing_and_never_hides_news_behind_an_old_message(
    scene: Scene, shims: dict[str, Path], tmp_path: Path, part: float, torn: float
) -> None:
    """In a pass with two changes, at this part of its writes and syncs (1.0: after its end); then a third change comes."""
    scene.hold(*(study(number) for number in range(1, 13)))
    scene.configure(trials=12)
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.amend(2, statusModule__overallStatus="SUSPENDED", statusModule__whyStopped="Supply")
    disk = powered(scene, shims["power"], tmp_path)
    for file in scene.folder.glob("tracker.db*"):
        shutil.copy(file, tmp_path / file.name)
    settled(disk)
    ahead = scene.ahead
    scene.sync()
    writes = int((tmp_path / "count").read_text())
    assert writes > 10
    if part < 1:
        for file in scene.folder.glob("tracker.db*"):
            file.unlink()
        for file in tmp_path.glob("tracker.db*"):
            shutil.copy(file, scene.folder / file.name)
        settled(disk)
        scene.mail.letters.clear()
        scene.set_clock(ahead)
        scene.environ["ATTACK_POWER"] = str(max(1, int(writes * part)))
        scene.run("sync")
    disk.fail(random.Random(f"{part} {torn}"), torn)
    scene.environ = {}
    nothing_is_lost(scene)


@pytest.mark.cost(9)
@pytest.mark.parametrize("torn", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("later", [0, 0.05, 0.2, 5])
@pytest.mark.parametrize("when", ["immediate", "daily"])
def test_a_power_failure_after_a_daemons_mail_hides_no_news(
    scene: Scene, shims: dict[str, Path], tmp_path: Path, when: str, later: float, torn: float
) -> None:
    """The daemon has told of two changes and keeps its database open; then the power fails."""
    scene.hold(*(study(number) for number in range(1, 13)))
    sends = f'[[watch.send]]\nto = "me"\nwhen = "{when}"\nmin_severity = "minor"\n'
    scene.configure(trials=12, sends=sends, extra='[digest]\nat = "00:00"\n')
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.amend(2, statusModule__overallStatus="SUSPENDED", statusModule__whyStopped="Supply")
    disk = powered(scene, shims["power"], tmp_path)
    settled(disk)
    process = scene.start("run")
    assert until(lambda: scene.mail.to("me"), 90), process.said()
    wait(later)
    process.kill()
    disk.fail(random.Random(f"{torn}"), torn)
    scene.environ = {}
    nothing_is_lost(scene)
