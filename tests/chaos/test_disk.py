"""A disk that is full: a clear error, a whole database, nothing lost, and above all nothing sent over and over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos import part
from tests.chaos.limits import fill, full_after, refusing, small_disk
from tests.cli.program import inside
from tests.world import SENDS, World, study
from tracker import sources
from tracker.daemon import Daemon
from tracker.deliver import plan
from tracker.errors import LeaseHeldError, StoreError
from tracker.passes import PassReport, one_pass
from tracker.store import Store

TRIALS = [f"NCT000005{number:02}" for number in range(12)]
CHANGED = TRIALS[:5]
LISTED = f'[[watch]]\nname = "mine"\ntrials = {TRIALS}\n' + SENDS
PAGES = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 100]
LEASES = ("INSERT ON leases", "UPDATE ON leases")
FREE = [0, 4, 16, 40, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360, 400, 450, 500, 600]
"""kB left on the disk: from where nothing can be written to where all can."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        begin(made)
        yield made


def begin(world: World) -> None:
    """The baseline was taken; a day later some trials have changed, and nobody has looked yet."""
    world.studies = {nct: study(nct) for nct in TRIALS}
    world.configure(LISTED)
    world.day()
    world.mailbox.letters.clear()
    world.now += timedelta(days=1)
    for nct in CHANGED:
        world.amend(nct, statusModule__overallStatus="COMPLETED", descriptionModule__briefSummary="Other words. " * 200)
    world.show()


def passed(world: World, *, after: timedelta = timedelta(minutes=10)) -> PassReport:
    world.now += after
    return one_pass(world.settings, world.store, world.sources, world.clock)


def refused(world: World, *, after: timedelta = timedelta(minutes=10)) -> str:
    """What a pass says for which there is no room; empty when there was room enough."""
    try:
        assert passed(world, after=after).clean
    except StoreError as error:
        return str(error)
    return ""


def copies(world: World) -> Counter[str]:
    return Counter(str(letter.message["Message-ID"]) for letter in world.mailbox.letters)


def events(world: World) -> Counter[tuple[str, str]]:
    return Counter(world.kinds())


def assert_told_in_full(world: World) -> None:
    """As in a world in which nothing went wrong."""
    assert world.store.integrity() == []
    assert events(world) == {
        (f"ctgov:{nct}", kind): 1 for nct in CHANGED for kind in ("recruitment_status_changed", "description_changed")
    }
    alerts = [subject for subject in world.subjects() if "Completed" in subject]
    assert len(set(alerts)) == 1
    assert world.store.outbox().messages == ()
    assert [tally for tally in world.store.outbox().alerts if tally.when == "immediate"] == []


@pytest.mark.parametrize("pages", part(PAGES, 4))
def test_a_pass_for_which_there_is_no_room_loses_and_doubles_nothing(world: World, pages: int) -> None:
    with full_after(world.store, pages):
        for _ in range(3):
            said = refused(world)
            if said:
                assert "tracker.db refused: database or disk is full. Free some disk space" in said
        assert world.store.integrity() == []
    for _ in range(2):
        assert passed(world).clean
    assert_told_in_full(world)
    assert set(copies(world).values()) == {1}


@pytest.mark.parametrize("free", part(FREE, 2))
def test_on_a_disk_that_is_full_nothing_is_lost_and_no_message_is_sent_by_every_pass(tmp_path: Path, free: int) -> None:
    """A message may be doubled, under its own id, where the disk filled up between its acceptance and our record of it."""
    with small_disk(tmp_path / "disk", "24m") as disk, World(disk) as world:
        begin(world)
        filler = fill(disk, free * 1024)
        for _ in range(4):
            said = refused(world)
            if said:
                assert "Free some disk space" in said
        filler.unlink()
        for _ in range(2):
            assert passed(world, after=timedelta(hours=1)).clean
        assert_told_in_full(world)
        assert max(copies(world).values()) <= 2


def test_where_nothing_can_be_written_nothing_is_sent(world: World) -> None:
    """Otherwise every pass would send it anew: that it was sent could not be remembered."""
    world.sync()
    with refusing(world.store, *LEASES):
        for _ in range(3):
            with pytest.raises(StoreError, match="disk is full"):
                world.deliver()
    assert world.mailbox.letters == []
    assert passed(world).clean
    assert_told_in_full(world)
    assert set(copies(world).values()) == {1}


def test_a_backup_for_which_there_is_no_room_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "256k") as disk:
        ended = inside("--config", world.config, "backup", disk / "copy.db")
        assert ended.code == 1
        assert ended.err.startswith(f"error: {world.folder / 'tracker.db'} could not be copied to {disk / 'copy.db'}: ")
        assert list(disk.iterdir()) == []


def test_a_command_says_in_one_sentence_that_the_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "24m") as disk, World(disk) as world:
        begin(world)
        fill(disk, 0)
        ended = inside("--config", world.config, "sync")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.count("\n") == 1
        assert "Free some disk space" in ended.err
        assert inside("--config", world.config, "list").code == 0, "what was stored can still be read"


# --- the daemon -----------------------------------------------------------------------------------------------------


@pytest.fixture
def daemon(world: World) -> Iterator[Daemon]:
    made = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    yield made
    made.store.close()


def tick(world: World, daemon: Daemon, after: timedelta = timedelta(seconds=5)) -> None:
    world.now += after
    daemon.tick()


def test_a_daemon_on_a_full_disk_says_so_once_and_goes_on_when_there_is_room(
    world: World, daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing(world.store, *LEASES):
        for _ in range(20):
            tick(world, daemon)
    told = [record for record in caplog.records if "disk is full" in record.getMessage()]
    assert len(told) == 1
    assert "Free some disk space" in daemon.health().last_error
    tick(world, daemon)
    assert daemon.health().last_error == ""
    tick(world, daemon, timedelta(minutes=10))  # the operator hears that it is over
    assert_told_in_full(world)
    assert set(copies(world).values()) == {1}


def test_a_daemon_that_cannot_note_what_it_did_rests_all_the_same(world: World, daemon: Daemon) -> None:
    """Or it would ask the registry again every five seconds."""
    world.store.set_due("daemon:sync", None, None)
    world.store.set_due("daemon:deliver", None, None)
    with refusing(world.store, "UPDATE ON schedule WHEN NEW.name LIKE 'daemon:%'"):
        tick(world, daemon)
        asked = len(world.registry.requests)
        assert asked
        for _ in range(12):
            tick(world, daemon)
        assert len(world.registry.requests) == asked
        tick(world, daemon, timedelta(minutes=10))
        assert len(world.registry.requests) > asked
    tick(world, daemon, timedelta(minutes=10))
    assert daemon.health().last_error == ""
    assert_told_in_full(world)


def test_a_lease_that_could_not_be_given_back_is_taken_again_at_once_by_its_process_and_no_other(world: World) -> None:
    """Or a delivery that a full disk ended would wait for itself for a quarter of an hour."""
    now = world.now
    lease = world.store.acquire_lease("delivery", "me", now, timedelta(minutes=15))
    with refusing(world.store, *LEASES), pytest.raises(StoreError):
        world.store.release_lease(lease, now)
    with Store.open(f"sqlite:///{world.folder / 'tracker.db'}") as other, pytest.raises(LeaseHeldError):
        other.acquire_lease("delivery", "other", now, timedelta(minutes=15))
    again = world.store.acquire_lease("delivery", "me", now, timedelta(minutes=15))
    assert again.token > lease.token
    world.store.release_lease(again, now)


def test_a_daemon_that_cannot_give_its_lease_back_ends_all_the_same(world: World, daemon: Daemon) -> None:
    tick(world, daemon)
    with refusing(world.store, *LEASES):
        daemon.stop()
        daemon.run()
    assert daemon.state.mode == "stopping"


# --- sent, and no room to say so ------------------------------------------------------------------------------------

UNRECORDED = "UPDATE ON messages WHEN NEW.state = 'sent'"


def test_a_message_whose_sending_cannot_be_recorded_waits_as_after_a_failure(world: World) -> None:
    """A delivery each minute for ten days: never by every pass, and given up in the end, unless it is the operator's."""
    world.sync()
    with refusing(world.store, UNRECORDED):
        for _ in range(20):
            world.now += timedelta(minutes=1)
            with suppress(StoreError):
                world.deliver()
        assert set(copies(world).values()) <= {3}, "at once, after one minute and after five; fifteen more are not over"
        for _ in range(10 * 24):
            world.now += timedelta(hours=1)
            with suppress(StoreError):
                world.deliver()
    of_alerts = Counter(str(letter.message["Message-ID"]) for letter in world.mailbox.to("me@example.org"))
    assert max(of_alerts.values()) == len(plan.BACK_OFF) + 1
    assert max(copies(world).values()) < 2 * len(plan.BACK_OFF), "the operator's are tried on, at the longest interval"
    assert {message.state for message in world.store.outbox().messages if message.kind == "alert"} == {"failed"}


def test_a_message_whose_sending_could_not_be_recorded_is_doubled_once_when_there_is_room(world: World) -> None:
    world.sync()
    with refusing(world.store, UNRECORDED), pytest.raises(StoreError, match="disk is full"):
        world.deliver()
    assert len(world.mailbox.letters) == 1
    for _ in range(3):
        world.now += timedelta(hours=1)
        assert world.deliver().clean
    assert_told_in_full(world)
    [first, *others] = sorted(copies(world).values(), reverse=True)
    assert first == 2
    assert set(others) <= {1}


def test_alerts_that_could_not_be_settled_never_have_their_message_sent_again(world: World) -> None:
    """A digest may settle thousands: that it was sent needs one row, and the rest follows when there is room."""
    world.sync()
    with refusing(world.store, "UPDATE ON alerts WHEN NEW.state = 'sent'"):
        for _ in range(3):
            world.now += timedelta(hours=1)
            with pytest.raises(StoreError, match="disk is full"):
                world.deliver()
    assert set(copies(world).values()) == {1}
    assert world.deliver().clean
    assert_told_in_full(world)
