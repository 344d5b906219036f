"""What users of general page watchers complain about, and what was seen when some were pointed at trial records.

False alerts after error pages, silence about failures or hundreds of mails about one, checks that stop unseen, watch lists
that are suddenly empty, histories pushed out by errors, and answers of the cache taken for answers of the site.
"""

from __future__ import annotations

import gc
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import httpx
import pytest

from tests.cli.program import command, environment, inside
from tests.daemon.test_process import until
from tests.failure_modes.conftest import LISTED, SEARCHED, A, B, studies, texts
from tests.fetch.clients import BASE_URL, FakeTime, make_fetcher, make_info
from tests.fetch.loopback_tls import tls_server
from tests.lab import Reply, Request, days
from tests.world import SENDS, World, study
from tracker import sources
from tracker.daemon import Daemon
from tracker.errors import ConfigError
from tracker.fetch import Fetcher
from tracker.model.event import EventFilter
from tracker.store import Store
from tracker.sync import sync

JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html; charset=utf-8"}
PAGE = "NCT07177911"
PATH = f"/meddatax/clinical-trials/{PAGE}"
PAGED = f'[[watch]]\nname = "page"\npages = ["{{url}}/clinical-trials/{PAGE}"]\n'
LOGIN = b'<!doctype html><title>Sign in</title><form><input type="password" name="p"></form>'
MAINTENANCE = b"<!doctype html><title>Maintenance</title><p>We are back soon."


@pytest.fixture
def paged(world: World) -> World:
    """A world in which a trial is followed at its registry and another one on a page of another site."""
    world.pages = {PATH: days()[0].pages[PATH]}
    world.configure(LISTED + PAGED.format(url=world.registry.meddatax_url) + SENDS.replace('"notable"', '"minor"'))
    return world


def records(world: World, reply: Callable[[Request], Reply]) -> Callable[[Request], Reply | None]:
    """A fault of everything that holds a trial; the data version and robots.txt are served as ever."""
    return lambda request: reply(request) if "/studies" in request.path or request.path == PATH else None


# --- false alerts ---------------------------------------------------------------------------------------------------


def spoilt(change: Callable[[bytes], bytes]) -> Callable[[World, Request], Reply]:
    """What the site would answer to whoever asks for the first time, with its body changed."""

    def reply(world: World, request: Request) -> Reply:
        answer = world.registry.answer(replace(request, headers={}))
        return replace(answer, body=change(answer.body))

    return reply


@pytest.mark.parametrize(
    "reply",
    [
        lambda world, request: Reply(200, HTML, MAINTENANCE),
        lambda world, request: Reply(200, HTML, LOGIN),
        lambda world, request: Reply(302, {"Location": "/login?next=/"}),
        lambda world, request: Reply(200, JSON, b"{}"),
        lambda world, request: Reply(200, JSON, b'{"error": {"code": 17, "message": "try later"}}'),
        lambda world, request: Reply(200, HTML, b""),
        lambda world, request: Reply(403, HTML | {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>"),
        lambda world, request: Reply(503, HTML, MAINTENANCE),
        lambda world, request: Reply(reset=True),
        spoilt(lambda body: body[: len(body) // 2]),
        spoilt(lambda body: body.replace(b"overallStatus", b"overallState").replace(PAGE.encode(), b"a trial")),
    ],
    ids=[
        "maintenance",
        "login",
        "login redirect",
        "{}",
        "error object",
        "empty",
        "challenge",
        "503",
        "reset",
        "cut",
        "renamed",
    ],
)
def test_an_error_is_not_content_neither_when_it_comes_nor_when_it_goes(
    paged: World, reply: Callable[[World, Request], Reply]
) -> None:
    """No "content gone", no "content back", no version of the error page, and one word to the operator for each site."""
    paged.day()
    paged.registry.fault = records(paged, lambda request: reply(paged, request))
    for _ in range(2):
        assert paged.day().state == "failed"
    paged.registry.fault = None
    assert paged.day().state == "done"
    paged.day()
    assert paged.kinds() == []
    assert paged.store.size().snapshots == 3
    assert all("Now following" in subject for subject in paged.subjects())
    began = [subject for subject in paged.subjects("operator@example.org") if "Over:" not in subject]
    assert len(began) == 2
    assert len(paged.subjects("operator@example.org")) == 4


def test_a_field_that_is_renamed_everywhere_is_a_change_of_the_site_and_of_no_trial(world: World) -> None:
    """Not an anchor whose loss makes an answer unreadable, but one that every healthy answer has."""
    world.studies = studies(20)
    world.configure(SEARCHED)
    world.day()
    world.registry.fault = records(
        world, lambda request: spoilt(lambda body: body.replace(b'"conditionsModule"', b'"conditionModule"'))(world, request)
    )
    assert world.day().sources[0].state == "held"
    world.registry.fault = None
    assert world.day().state == "done"
    assert world.kinds() == []


# --- failures: told once, and told ----------------------------------------------------------------------------------


def test_a_net_that_is_down_for_days_is_one_mail_and_one_when_it_is_back(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.registry.fault = lambda request: Reply(reset=True)
    for _ in range(12):
        assert world.day(after=timedelta(hours=6)).state == "failed"
    assert len(world.subjects("operator@example.org")) == 1
    world.registry.fault = None
    for _ in range(5):
        world.day(after=timedelta(hours=2))
    assert len(world.subjects("operator@example.org")) == 2
    assert world.subjects("operator@example.org")[1].startswith("Trial tracker: Over: ")


def test_a_block_is_called_a_block_and_not_an_error_of_reading(paged: World) -> None:
    paged.day()
    challenge = Reply(403, HTML | {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>")
    paged.registry.fault = lambda request: challenge if request.path == PATH else None
    assert paged.day().state == "partly"
    [told] = texts(paged, "operator")
    assert "Cloudflare" in told
    assert "challenge" in told


def test_trouble_that_passes_within_a_run_is_told_to_nobody(world: World) -> None:
    refused = iter([503, 429, 502])

    def fault(request: Request) -> Reply | None:
        status = next(refused, None) if request.path.endswith("/studies") else None
        return Reply(status) if status else None

    world.configure(LISTED)
    world.registry.fault = fault
    assert world.day().state == "done"
    assert next(refused, None) is None
    assert world.subjects("operator@example.org") == []


def test_a_single_trial_that_fails_is_named_to_the_operator_once(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.studies[A] = {"protocolSection": {"identificationModule": {"nctId": A}}, "hasResults": False}
    for _ in range(5):
        assert world.day().state == "partly"
    [told] = texts(world, "operator")
    assert f"ctgov:{A}" in told


def test_the_exit_code_tells_that_every_check_failed_and_that_one_did(world: World) -> None:
    world.configure(LISTED)
    world.day()
    publish(world, 1)
    world.registry.fault = lambda request: Reply(200, JSON, b"{}") if request.path.endswith("/studies") else None
    assert inside("--config", world.config, "sync", "--no-deliver").code == 1
    world.registry.fault = None
    world.studies[A] = {"protocolSection": {"identificationModule": {"nctId": A}}, "hasResults": False}
    publish(world, 1)
    assert inside("--config", world.config, "sync", "--no-deliver").code == 3
    world.studies[A] = study(A)
    publish(world, 1)
    assert inside("--config", world.config, "sync", "--no-deliver").code == 0


def publish(world: World, later: int) -> None:
    """The registry shows the world's studies, so many days later."""
    world.now += timedelta(days=later)
    world.show()


# --- checks that stop -----------------------------------------------------------------------------------------------


def test_every_followed_trial_is_checked_at_every_new_version_of_the_data(world: World) -> None:
    """A ticker that queued nothing left 134 watches unchecked for 23 days."""
    world.studies = studies(134)
    world.configure(SEARCHED)
    for _ in range(4):
        counts = world.day().counts
        assert (counts.checked, counts.failed) == (134, 0)
    assert {known.checked_data_timestamp for known in world.store.followed("ctgov")} == {world.registry.day.data_timestamp}


@pytest.fixture
def daemon(world: World) -> Iterator[Daemon]:
    world.configure(LISTED, extra='\n[schedule]\nsync = "6h"\n')
    world.store.size()  # the database is there
    world.show()
    made = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    yield made
    made.store.close()


def tick(world: World, daemon: Daemon, after: timedelta) -> None:
    world.now += after
    world.show()
    daemon.tick()


def test_a_daemon_whose_checks_all_fail_goes_on_and_says_that_it_is_stale(world: World, daemon: Daemon) -> None:
    tick(world, daemon, timedelta(0))
    assert daemon.health().status == "ok"
    world.registry.fault = lambda request: Reply(404, {}, b"moved")
    for _ in range(12):
        tick(world, daemon, timedelta(hours=6))
    assert daemon.health().status == "stale"
    assert daemon.health().conditions
    world.registry.fault = None
    tick(world, daemon, timedelta(hours=6))
    assert daemon.health().status == "ok"


def test_a_daemon_that_finds_its_source_taken_comes_back_to_it(world: World, daemon: Daemon) -> None:
    tick(world, daemon, timedelta(0))
    lease = world.store.acquire_lease("source:ctgov", "elsewhere:1", world.now + timedelta(hours=6), timedelta(minutes=10))
    tick(world, daemon, timedelta(hours=6))
    runs = len(world.store.runs(99))
    world.store.release_lease(lease, world.now)
    tick(world, daemon, timedelta(hours=6))
    assert len(world.store.runs(99)) == runs + 1


def test_what_is_due_outlives_a_daemon_that_is_killed(world: World, daemon: Daemon) -> None:
    """Due-ness is in the database: no queue is lost with a process."""
    tick(world, daemon, timedelta(0))
    later = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    later._holder = "elsewhere:2"
    try:
        runs = len(world.store.runs(99))
        tick(world, later, timedelta(hours=1))
        assert len(world.store.runs(99)) == runs, "not due yet"
        tick(world, later, timedelta(hours=5))
        assert len(world.store.runs(99)) == runs + 1
    finally:
        later.store.close()


# --- lists and histories that are lost ------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["[[watch]\n", "", "trials_fil = 1\n"], ids=["no TOML", "cut off", "unknown key"])
def test_a_wrong_configuration_never_empties_the_list_of_trials(world: World, wrong: str) -> None:
    """Told and refused; and the list of one that was emptied by accident is as it was once the file is back."""
    world.configure(LISTED)
    world.day()
    text = world.config.read_text("utf-8")
    followed = world.store.followed("ctgov")
    world.config.write_text(wrong, "utf-8")
    publish(world, 1)
    if wrong:
        with pytest.raises(ConfigError):
            _ = world.settings
    inside("--config", world.config, "sync")
    world.config.write_text(text, "utf-8")
    assert [known.key for known in world.store.followed("ctgov")] == [known.key for known in followed]
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert sum("Completed" in text for text in texts(world)) == 1


def test_a_list_of_trials_that_cannot_be_read_stops_the_sync_and_ends_nothing(world: World) -> None:
    table = world.folder / "lupus.csv"
    table.write_text(f"id\n{A}\n{B}\n", "utf-8")
    world.configure('[[watch]]\nname = "mine"\ntrials_file = "lupus.csv"\n')
    world.day()
    table.unlink()
    ended = inside("--config", world.config, "sync")
    assert ended.code == 2
    assert "lupus.csv" in ended.err
    assert len(world.store.memberships()) == 2


def test_a_watch_that_comes_back_after_an_accident_tells_what_happened_meanwhile(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.configure("")
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert world.store.memberships() == []
    world.configure(LISTED)
    world.day()
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert sum("Completed" in text for text in texts(world)) == 1


def test_nothing_but_add_and_remove_writes_the_configuration(world: World) -> None:
    world.configure(LISTED)
    before = world.config.read_bytes(), world.config.stat().st_mtime_ns
    world.show()
    for arguments in (("check",), ("sync",), ("list",), ("doctor",), ("outbox",), ("migrate",)):
        inside("--config", world.config, *arguments)
    assert (world.config.read_bytes(), world.config.stat().st_mtime_ns) == before
    assert inside("--config", world.config, "add", "NCT00000103").code == 0
    assert b"NCT00000103" in world.config.read_bytes()


def test_a_reader_never_sees_half_a_configuration_while_a_trial_is_added(world: World) -> None:
    """Nor would a process that is killed leave half a one: the new file takes the place of the old one whole."""
    world.configure(LISTED)
    adding = subprocess.Popen(command(["--config", world.config, "add", "NCT00000103"]), env=environment(), cwd=world.folder)
    before = 0
    while adding.poll() is None:
        listed = world.settings.watches[0].trials
        assert listed[:2] == (f"ctgov:{A}", f"ctgov:{B}")
        before += len(listed) == 2
    assert adding.returncode == 0
    assert before
    assert len(world.settings.watches[0].trials) == 3


def test_failing_runs_push_no_version_out_of_the_history(world: World) -> None:
    world.configure(LISTED)
    world.day()
    for status in ("SUSPENDED", "RECRUITING", "TERMINATED"):
        world.day(change=lambda status=status: world.amend(A, statusModule__overallStatus=status))
    kept = [meta.sha256 for meta in world.store.timeline(f"ctgov:{A}")]
    world.registry.fault = lambda request: Reply(200, HTML, MAINTENANCE) if request.path.endswith("/studies") else None
    for _ in range(8):
        assert world.day().state == "failed"
    world.store.housekeep(world.now + timedelta(days=400))
    assert [meta.sha256 for meta in world.store.timeline(f"ctgov:{A}")] == kept
    assert len(kept) == 4


def test_a_backup_holds_the_latest_version_and_is_a_plain_database(world: World, tmp_path: Path) -> None:
    """Restoring is putting one file back: nothing is unpacked."""
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    world.store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes().startswith(b"SQLite format 3\0")
    with Store.open(f"sqlite:///{tmp_path / 'copy.db'}") as copy:
        latest = copy.timeline(f"ctgov:{A}")[-1]
        assert copy.document(latest.id).body == world.registry.day.body(A)
        assert [event.kind for event in copy.events(EventFilter())] == ["recruitment_status_changed"]


def test_quiet_days_neither_grow_the_database_nor_write_it_anew(world: World) -> None:
    world.studies = studies(60)
    world.configure(SEARCHED)
    world.day()
    world.day()
    before = world.store.size()
    for _ in range(10):
        world.day()
    world.store.housekeep(world.now)
    after = world.store.size()
    assert (after.snapshots, after.snapshot_bytes) == (before.snapshots, before.snapshot_bytes)
    assert after.size < before.size * 2


# --- caches ---------------------------------------------------------------------------------------------------------


def test_a_trial_added_today_is_read_today_though_the_registry_has_no_newer_data(world: World) -> None:
    world.configure(LISTED.replace(f', "{B}"', ""))
    world.day()
    world.configure(LISTED)
    assert world.sync().counts.baseline == 1


def test_not_modified_hides_no_page_that_was_not_kept(paged: World) -> None:
    """The validators of a page belong to the version that was kept: one whose run came to nothing is asked for again."""
    paged.configure(PAGED.format(url=paged.registry.meddatax_url))
    paged.day()
    paged.now += timedelta(days=1)
    paged.pages = {PATH: days()[2].pages[PATH]}
    paged.show()
    asked_to_stop = chain([False], repeat(True))
    with Fetcher(user_agent="tracker-tests/1") as fetcher:
        sync(paged.settings, paged.store, paged.sources, fetcher, paged.clock, stop=lambda: next(asked_to_stop))
    [left, _] = paged.store.runs(9)
    assert (left.state, paged.store.staged_totals(left.id).counts.changed) == ("open", 1)
    paged.now += timedelta(days=1)
    assert paged.sync_shown().counts.changed == 1
    assert [run.state for run in paged.store.runs(99) if run.id == left.id] == ["superseded"]
    assert {kind for _, kind in paged.kinds()} == {"recruitment_status_changed", "start_date_changed"}


def test_an_edited_watch_hears_of_a_page_that_is_not_modified(paged: World) -> None:
    """A second watch of the same page, while the site answers 304 for ever: it is welcomed with the record that is kept."""
    paged.day()
    page = PAGED.format(url=paged.registry.meddatax_url)
    paged.configure(LISTED + page + page.replace('"page"', '"late"'))
    assert paged.day().state == "done"
    assert [asked.headers.get("if-none-match") for asked in paged.registry.requests if asked.path == PATH][-1]
    listed = inside("--config", paged.config, "list", "--watch", "late", "--json").json["trials"]
    assert [row["trial"] for row in listed] == [f"meddatax:{PAGE}"]
    assert listed[0]["recruitment_status"]


# --- two at once, and cut off ---------------------------------------------------------------------------------------


def test_two_runs_at_once_double_neither_rows_nor_mails(world: World) -> None:
    world.configure(LISTED)
    world.day()
    publish(world, 1)
    world.amend(A, statusModule__overallStatus="COMPLETED")
    publish(world, 0)
    world.registry.fault = records(world, lambda request: Reply(200, JSON, world.registry.answer(request).body, delay=0.5))
    both = [
        subprocess.Popen(command(["--config", world.config, "sync"]), env=environment(), stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert {ended.wait() for ended in both} <= {0, 1}, "1: the other was at work on the only source"
    inside("--config", world.config, "sync")
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert len(world.store.timeline(f"ctgov:{A}")) == 2
    assert sum("Completed" in text for text in texts(world)) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_killed_before_it_could_send_loses_no_change(world: World, number: signal.Signals) -> None:
    """The change is recorded, the mail server does not answer, the process dies: the next one sends it, once."""
    world.configure(LISTED)
    world.day()
    world.amend(A, statusModule__overallStatus="COMPLETED")
    publish(world, 1)
    with_silence = world.config.read_text("utf-8")
    with silent_port() as port:
        world.config.write_text(with_silence.replace(f"port = {world.mailbox.port}", f"port = {port}"), "utf-8")
        started = subprocess.Popen(command(["--config", world.config, "sync"]), env=environment(), stdout=subprocess.DEVNULL)
        try:
            until(lambda: bool(world.kinds()), "the run is accepted")
            until(lambda: bool(world.store.outbox().messages), "the message is cut")
        finally:
            started.send_signal(number)
            started.wait()
    world.config.write_text(with_silence, "utf-8")
    world.now += timedelta(hours=2)
    world.deliver()
    world.day()
    assert sum("Completed" in text for text in texts(world)) == 1


def test_the_work_of_a_killed_process_is_not_done_again(world: World) -> None:
    """Saved only at the end, all of it was to be done anew; saved before it was told, it was never told."""
    world.studies = studies(600)
    world.configure(f'[[watch]]\nname = "many"\ntrials = {list(world.studies)}\n')
    world.store.size()  # the database is there
    world.show()

    def stalled(request: Request) -> Reply | None:
        return Reply(delay=60) if len(batches(world)) > 1 else None

    world.registry.fault = stalled
    started = subprocess.Popen(command(["--config", world.config, "sync"]), env=environment(), stdout=subprocess.DEVNULL)
    try:
        until(lambda: len(batches(world)) > 1, "the second batch is asked for")
    finally:
        started.kill()
        started.wait()
    world.registry.fault = None
    [run] = world.store.runs(9)
    staged = world.store.staged_totals(run.id).counts.checked
    assert (run.state, staged) == ("open", 400)
    world.now += timedelta(minutes=11)  # the lease of a killed process runs out
    assert world.sync_shown().counts.baseline == 600
    assert batches(world)[-1].count("NCT") == 600 - staged
    assert world.store.runs(9)[0].id == run.id


def batches(world: World) -> list[str]:
    """The numbers of each request for records."""
    return [dict(request.params)["filter.ids"] for request in world.registry.requests if request.path.endswith("/studies")]


@contextmanager
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


# --- manners and costs ----------------------------------------------------------------------------------------------


def test_requests_to_one_site_keep_its_pace_whoever_asks() -> None:
    time = FakeTime()
    with make_fetcher(lambda request: httpx.Response(200, json={}), time=time) as fetcher:
        first, second = (fetcher.bind(make_info(key), base_url=BASE_URL, pace=0.5) for key in ("one", "other"))
        for number in range(3):
            first.get(f"/{number}")
            second.get(f"/{number}")
    assert time.seconds >= 5 * 2


def test_a_client_is_made_once_and_not_for_each_address(trusted: Path) -> None:
    """A TLS context costs more than the answer that it is made for."""
    with tls_server(trusted) as server, make_fetcher() as fetcher:
        source = fetcher.bind(make_info(hosts=(server.host,)), base_url=server.url, pace=1000)
        before = contexts()
        for number in range(10):
            source.get(f"/{number}")
        assert len(server.heads) == 10
        assert contexts() == before + 1


def contexts() -> int:
    return sum(isinstance(found, ssl.SSLContext) for found in gc.get_objects())
