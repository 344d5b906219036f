"""The database is the one it was, and what is wrong with it is said: moved, deleted, damaged, full, frozen, read-only."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.attack.records import nct, study
from tests.attack.registry import for_records, silence
from tests.attack.scene import Process, Scene, attacked, until, wait

TICKS = 90
"""Seconds in which a daemon has long noticed what each of its ticks looks at."""


def free_port() -> int:
    """A port that nothing listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


def health(port: int, patience: float = 10) -> tuple[int, str, float]:
    """Status, body and seconds of one look at ``/health``; status 0 when it does not answer."""
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=patience) as answer:
            return answer.status, answer.read().decode(), time.monotonic() - begun
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), time.monotonic() - begun
    except OSError:
        return 0, "", time.monotonic() - begun


def daemon(scene: Scene, every: str = "1m") -> tuple[Process, int]:
    """A daemon on five trials that has made its first pass."""
    port = free_port()
    scene.hold(*(study(number) for number in range(1, 6)))
    scene.configure(trials=5, extra=f'[daemon]\nport = {port}\n[schedule]\nsync = "{every}"\n')
    scene.sync()
    scene.mail.letters.clear()
    process = scene.start("run")
    assert until(lambda: health(port)[0] == 200 and '"last_pass_at":"' in health(port)[1].replace(" ", ""), 90), process.said()
    return process, port


# --- the file under the program ---------------------------------------------------------------------------------------


def deleted(folder: Path) -> None:
    for file in folder.glob("tracker.db*"):
        file.unlink()


def moved(folder: Path) -> None:
    (folder / "away").mkdir()
    for file in folder.glob("tracker.db*"):
        file.rename(folder / "away" / file.name)


def replaced(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "new.db")) as new, closing(sqlite3.connect(folder / "tracker.db")) as old:
        old.backup(new)
    (folder / "new.db").rename(folder / "tracker.db")


def emptied_in_place(folder: Path) -> None:
    deleted(folder)
    (folder / "tracker.db").touch()


@pytest.mark.cost(25)
@pytest.mark.parametrize("happens", [deleted, moved, replaced, emptied_in_place])
def test_a_daemon_whose_database_is_another_ends_and_the_operator_hears(scene: Scene, happens: Any) -> None:
    process, _ = daemon(scene)
    happens(scene.folder)
    ended = process.ended(TICKS)
    assert ended.code not in (None, 0), ended.said[-500:]
    scene.longest = ended.seconds
    if not scene.mail.to("chief"):
        scene.run("sync")
    assert scene.mail.to("chief") or "database" in scene.run("sync").err
    assert not scene.mail.to("me")


@pytest.mark.cost(4)
@pytest.mark.parametrize("happens", [deleted, moved])
@pytest.mark.parametrize("command", [("sync",), ("run",), ("list",), ("changes",), ("digest", "--since", "7d")])
def test_a_missing_database_is_never_a_silent_new_baseline(scene: Scene, happens: Any, command: tuple[str, ...]) -> None:
    scene.hold(study(1))
    scene.configure(trials=1)
    scene.sync()
    scene.mail.letters.clear()
    happens(scene.folder)
    ended = scene.run(*command, limit=60)
    assert ended.code not in (None, 0)
    assert "init --new" in ended.err or "restore" in ended.err.lower()
    assert scene.mail.to("me") == []
    assert not (scene.folder / "tracker.db").exists()


@pytest.mark.cost(7)
def test_a_log_left_beside_a_restored_backup_harms_nothing(scene: Scene) -> None:
    scene.hold(*(study(number) for number in range(1, 40)))
    scene.configure(trials=39)
    scene.sync()
    assert scene.run("backup", "kept.db").code == 0
    with closing(sqlite3.connect(scene.folder / "tracker.db")) as holding:  # keeps the log from being folded in at the end
        holding.execute("SELECT count(*) FROM sqlite_master").fetchone()
        scene.next_day()
        for number in range(1, 12):
            scene.amend(number, statusModule__overallStatus="COMPLETED")
        scene.sync()
        log = (scene.folder / "tracker.db-wal").read_bytes()
    assert log
    told = len(scene.mail.to("me"))
    for file in scene.folder.glob("tracker.db*"):
        file.unlink()
    shutil.copy(scene.folder / "kept.db", scene.folder / "tracker.db")
    (scene.folder / "tracker.db-wal").write_bytes(log)
    scene.run("sync")
    scene.run("sync")
    damaged = faults(scene.folder, "tracker.db")
    ended = scene.run("list")
    assert not damaged or ended.code not in (None, 0), "damage is said by every command"
    if damaged:
        assert len(scene.mail.to("me")) == told


def faults(folder: Path, name: str) -> bool:
    """Whether SQLite finds fault with a database; a copy is looked at, with its log."""
    (folder / "copy").mkdir(exist_ok=True)
    for file in folder.glob(f"{name}*"):
        shutil.copy(file, folder / "copy")
    with closing(sqlite3.connect(folder / "copy" / name)) as looked:
        try:
            return bool(looked.execute("PRAGMA quick_check").fetchall() != [("ok",)])
        except sqlite3.DatabaseError:
            return True
        finally:
            shutil.rmtree(folder / "copy")


@pytest.mark.cost(9)
@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_database_is_said_by_every_command_and_nothing_is_written_to_it(scene: Scene, seed: int) -> None:
    """After an unclean end: pages are overwritten at random, and a log is left beside."""
    scene.hold(*(study(number) for number in range(1, 40)))
    scene.configure(trials=39)
    scene.sync()
    file, chance = scene.folder / "tracker.db", random.Random(seed)
    scene.next_day()
    with attacked(scene.registry, for_records(silence)):
        scene.registry.asked.clear()
        process = scene.start("sync")
        assert until(lambda: any("/studies" in asked.path for asked in scene.registry.asked), 60)
        process.kill()
    raw = bytearray(file.read_bytes())
    pages = range(1, len(raw) // 4096)
    for page in chance.sample(pages, max(3, len(pages) // 4)):
        raw[page * 4096 : page * 4096 + 64] = chance.randbytes(64)
    file.write_bytes(raw)
    assert faults(scene.folder, "tracker.db")
    kept = file.read_bytes()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    for command in (("sync",), ("list",), ("changes",), ("outbox",), ("doctor",)):
        ended = scene.run(*command, limit=60)
        assert ended.code not in (None, 0), command
        assert "damaged" in ended.said or "malformed" in ended.said or "integrity" in ended.said, (command, ended.said)
    assert file.read_bytes() == kept


# --- /health and the operator -----------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk is mounted by root on Linux")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def failing_disk(folder: Path) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """A file system of its own, and two calls: its disk fails, so that the kernel makes it read-only; it is mended."""
    image = folder.with_suffix(".img")
    folder.mkdir()
    image.write_bytes(b"")
    os.truncate(image, 32_000_000)
    mount = ["mount", "-o", "loop,errors=remount-ro", str(image), str(folder)]
    for command in (["mkfs.ext4", "-q", str(image)], mount):
        if (
            os.geteuid() != 0
            or not shutil.which(command[0])
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytest.skip("a disk that fails is a loop device, mounted by root on Linux")
    found = subprocess.run(["findmnt", "-no", "SOURCE", str(folder)], capture_output=True, text=True, check=True)
    switch = Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error"

    def fails() -> None:
        switch.write_text("disk")

    def mended() -> None:
        subprocess.run(["umount", str(folder)], check=True)
        subprocess.run(["fsck.ext4", "-fy", str(image)], check=False, capture_output=True)
        subprocess.run(mount, check=True)

    try:
        yield fails, mended
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Leave no room at all."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"\0" * 4096)


def on_disk(scene: Scene, disk: Path, every: str = "1m") -> tuple[Process, int]:
    """A daemon whose database alone lies on the disk."""
    port = free_port()
    scene.hold(*(study(number) for number in range(1, 6)))
    extra = f'[daemon]\nport = {port}\n[schedule]\nsync = "{every}"\n'
    scene.configure(trials=5, extra=extra, store=f"sqlite:///{disk}/tracker.db")
    scene.sync()
    scene.mail.letters.clear()
    process = scene.start("run")
    assert until(lambda: health(port)[0] == 200, 90), process.said()
    return process, port


@pytest.mark.cost(150)
def test_a_full_disk_is_said_by_health_and_to_the_operator_and_nothing_is_lost(scene: Scene, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk:
        process, port = on_disk(scene, disk)
        fill(disk)
        refused(scene, process, port)
        (disk / "filler").unlink()
        assert until(lambda: scene.mail.to("me"), 200)
        assert until(lambda: health(port)[0] == 200, 90), health(port)
        process.signal(signal.SIGTERM)
        assert process.ended(30).code == 0
        told_once_afterwards(scene)


@pytest.mark.cost(120)
def test_a_file_system_that_turns_read_only_under_a_daemon_is_said_and_nothing_is_lost(scene: Scene, tmp_path: Path) -> None:
    """As the kernel does with a disk that fails: files stay open for writing, and every write is refused."""
    disk = tmp_path / "disk"
    with failing_disk(disk) as (fails, mended):
        process, port = on_disk(scene, disk)
        fails()
        refused(scene, process, port)
        process.signal(signal.SIGTERM)
        assert process.ended(30).code in (0, 1)
        mended()
        told_once_afterwards(scene)


def refused(scene: Scene, process: Process, port: int) -> None:
    """A change comes that cannot be recorded: it is not sent, and the trouble is said."""
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    assert until(lambda: health(port)[0] == 503 or process.popen.poll() is not None, 180), health(port)
    assert until(lambda: scene.mail.to("chief"), 90), "the operator hears"
    assert not scene.mail.to("me"), "nothing is sent that cannot be recorded first"


def told_once_afterwards(scene: Scene) -> None:
    """What could not be recorded is told now, and once."""
    for _ in range(2):
        scene.sync()
        assert len([letter for letter in scene.mail.to("me") if nct(1) in letter.text]) == 1


@pytest.mark.cost(110)
def test_a_refused_reload_is_said_until_the_configuration_is_right_again(scene: Scene) -> None:
    process, port = daemon(scene)
    config = scene.folder / "config.toml"
    right = config.read_text()
    config.write_text(right + "\n[nonsense]\nx = 1\n")
    process.signal(signal.SIGHUP)
    assert until(lambda: health(port)[0] == 503, 30)
    wait(80)
    assert health(port)[0] == 503, "still refused, still said"
    config.write_text(right)
    process.signal(signal.SIGHUP)
    assert until(lambda: health(port)[0] == 200, 30)


# --- small things -----------------------------------------------------------------------------------------------------


@pytest.mark.cost(1)
@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_a_trials_file_that_is_no_file_is_refused(scene: Scene, kind: str) -> None:
    path = scene.folder / "trials.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/zero")
    scene.configure(f'[[watch]]\nname = "mine"\ntrials_file = "{path}"\n')
    ended = scene.run("check", limit=20)
    assert ended.code == 2, ended.said[-300:]


@pytest.mark.cost(1)
@pytest.mark.parametrize("pace", ["1e300", "inf", "nan", "1e-9", "0", "-1"])
def test_a_pace_without_sense_is_refused(scene: Scene, pace: str) -> None:
    scene.configure(trials=1)
    config = scene.folder / "config.toml"
    config.write_text(config.read_text().replace("pace = 20", f"pace = {pace}"))
    assert scene.run("check", limit=20).code == 2


@pytest.mark.cost(2)
def test_a_secret_that_others_can_read_is_warned_of(scene: Scene) -> None:
    mail = 'host = "mail.example.org"\nsecurity = "starttls"\nuser = "u"\npassword = "plain-secret"'
    scene.configure(trials=1, mail=mail)
    config = scene.folder / "config.toml"
    assert "chmod" not in scene.run("check").said
    config.chmod(0o644)
    ended = scene.run("check")
    assert ended.code == 0
    assert "chmod" in ended.said
    assert "plain-secret" not in ended.said


@pytest.mark.cost(2)
def test_a_password_in_clear_to_another_host_is_warned_of(scene: Scene) -> None:
    mail = 'host = "{}"\nsecurity = "none"\nuser = "u"\npassword = "p"'
    scene.configure(trials=1, mail=mail.format("127.0.0.1"))
    quiet = scene.run("check")
    scene.configure(trials=1, mail=mail.format("mail.example.org"))
    warned = scene.run("check")
    assert (quiet.code, warned.code) == (0, 0)
    assert "password" in warned.said.replace(str(scene.folder), "")
    assert "password" not in quiet.said.replace(str(scene.folder), "")
