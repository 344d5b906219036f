"""The running daemon: signals, the lease that makes it the only one, and the loop that does what is due."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import FrameType

import msgspec
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from tracker import log, sources
from tracker.archive import Archive
from tracker.clock import Clock
from tracker.config import Settings
from tracker.daemon import standby, systemd
from tracker.daemon.alarm import Every, set_anew
from tracker.daemon.jobs import JOBS, Job, due_now, name_of, next_at
from tracker.daemon.monitor import Health, LastReading, Monitor, health, metrics
from tracker.daemon.troubles import LASTING, Troubles
from tracker.deliver import deliver, direct, operator_messages
from tracker.errors import (
    ConfigError,
    DatabaseDamagedError,
    DatabaseReplacedError,
    LeaseHeldError,
    LeaseLostError,
    StoppedError,
    StoreError,
    TrackerError,
    UsageError,
)
from tracker.model.source import Source
from tracker.model.upkeep import Lease
from tracker.passes import one_pass, sending_until
from tracker.signals import heeded
from tracker.stopping import Stop
from tracker.store import Store
from tracker.store.processes import holder_name

LEASE_NAME = "daemon"
LEASE_FOR = timedelta(minutes=2)
RETRY_AFTER = timedelta(minutes=10)
TICK_SECONDS = 5
"""How often the alarm looks at what is due: also the longest that a jumping clock can delay anything."""

TICK, CONFIG = "tick", "config"
"""Whose errors are kept beside those of the jobs: the look at what is due, and the rereading of the configuration."""

WHAT: Mapping[str, str] = {
    "sync": "The tracker's pass over the registries fails",
    "deliver": "The tracker's delivery of messages fails",
    TICK: "The tracker can do nothing",
    CONFIG: "The new configuration is refused and the old one kept",
}
"""What the operator is told of each."""

logger = log.get(__name__)


class State(msgspec.Struct, kw_only=True):
    """What the daemon is doing, for ``/health``. ``mode`` is starting, standby, idle, a job's name or stopping."""

    mode: str = "starting"
    started_at: datetime
    last_pass_at: datetime | None = None
    last_pass_clean: bool | None = None


class Daemon:
    """One daemon process. ``load`` reads the configuration anew; ``untold`` keeps for the next start what nobody was told."""

    def __init__(
        self,
        settings: Settings,
        known: Mapping[str, Source],
        clock: Clock,
        load: Callable[[], Settings],
        untold: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.settings, self.sources, self.clock = settings, known, clock
        self.store = Store.open(settings.store_url)
        self.state = State(started_at=clock())
        self.troubles = Troubles(self.store, clock)
        self._archive = Archive(store=self.store, sources=known)
        self._kept, self._size = LastReading(self._archive.health), LastReading(self._archive.size)
        self._load, self._untold = load, untold
        self._lost: DatabaseReplacedError | None = None
        self._lease: Lease | None = None
        self._monitor: Monitor | None = None
        self._signed = False
        self._rests_until: dict[Job, datetime] = {}
        self._stop, self._reload = Stop(), threading.Event()
        self._holder = holder_name()
        self._holding = threading.Lock()

    @property
    def ending(self) -> Stop:
        """What `stop` asks."""
        return self._stop

    # --- from outside -------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End: whatever is waited for is given up, and what was staged is kept."""
        self._stop.ask()

    def reload(self) -> None:
        """Read the configuration again before the next job."""
        self._reload.set()

    def run(self) -> None:
        """Do what is due until asked to stop. Raises UsageError, with nothing synced or sent, when its port is in use.

        Raises DatabaseReplacedError when the database's file is no longer the one that it opened.
        """
        log.hush("apscheduler")
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        scheduler.add_job(self.tick, Every(TICK_SECONDS), id="tick")
        alive = systemd.watchdog_seconds()
        if alive:
            # On its own thread: a long pass is no reason to be killed, a stuck process is.
            scheduler.add_executor(ThreadPoolExecutor(1), "alive")
            scheduler.add_job(systemd.notify, Every(alive), args=["WATCHDOG=1"], executor="alive", id="alive")
        try:
            self._begin()
            scheduler.start()
            systemd.notify("READY=1")
            logger.info(log.pairs("daemon_started", config=self.settings.path))
            while not self._stop.wait(TICK_SECONDS):
                set_anew(scheduler, self.clock())
                self._keep_lease()
        finally:
            self.state.mode = "stopping"
            systemd.notify("STOPPING=1")
            if scheduler.running:
                scheduler.shutdown(wait=True)
            self._listen_no_more()
            self._show_standby()
            self._let_go()
            self.store.close()
            logger.info(log.pairs("daemon_stopped"))
        if self._lost is not None:
            raise self._lost

    def _begin(self) -> None:
        """Be the daemon of this database, or stand by, before the first tick: a port in use ends us with nothing done."""
        try:
            held = self._hold()
        except StoreError:
            return  # the ticks try again, and say why
        if held:
            self._listen()
        self._show_standby()

    def health(self) -> Health:
        """The daemon's health and the database's; waits for the database for a moment only."""
        kept, hindered = self._kept.read()
        return health(
            kept,
            self.clock(),
            mode=self.state.mode,
            started_at=self.state.started_at,
            last_pass_at=self.state.last_pass_at,
            last_pass_clean=self.state.last_pass_clean,
            last_error=" ".join(filter(None, (*self.troubles.errors(), hindered))),
        )

    def _listen(self) -> None:
        """Open the port asked for, once we are the daemon. One that stands by has none: it may have been given the same.

        Where another program took it meanwhile nothing is done: each tick tries again, and the log says why.
        """
        asked = self.settings.daemon
        if asked.port is None or self._monitor is not None:
            return
        try:
            self._monitor = Monitor(asked.port, self.health, self._metrics if asked.metrics else None)
        except OSError as error:
            raise UsageError(
                f"[daemon] port {asked.port} cannot be opened on 127.0.0.1: {error.strerror}.",
                remedy="Nothing was synced or sent. Stop the program that listens there, or give another port.",
            ) from error

    def _listen_no_more(self) -> None:
        monitor, self._monitor = self._monitor, None
        if monitor is not None:
            monitor.close()

    def _show_standby(self) -> None:
        """Leave a sign of life for the health check while we stand by, and none otherwise."""
        port = self.settings.daemon.port
        if port is None or not (self.state.mode == "standby" or self._signed):
            return
        self._signed = self.state.mode == "standby"
        try:
            if self._signed:
                standby.show(port)
            else:
                standby.clear(port)
        except OSError as error:
            logger.warning(log.pairs("standby_not_shown", why=error))

    def _metrics(self) -> bytes:
        size, hindered = self._size.read()
        if size is None:
            raise StoreError(hindered)
        return metrics(self.health(), size)

    # --- one tick of the alarm ----------------------------------------------------------------------------------

    def tick(self) -> None:
        """Hold the lease, reread the configuration if asked, and do what is due. No error ends the daemon."""
        try:
            if self._stop():
                return
            self.store.require_intact()
            if not self._hold():
                self._listen_no_more()
                self._show_standby()
                return
            self._listen()
            if self.state.mode == "standby":
                self._show("idle")
            self._show_standby()
            if self._reload.is_set():
                self._reread()
            now = self.clock()
            for job in due_now({job: self.store.due(name_of(job)) for job in JOBS}, now):
                if self._stop():
                    return
                if not self._rests(job, now):
                    self._do(job)
            self._show("idle")
            self.troubles.end(self.settings, TICK)
        except StoppedError:
            return
        except DatabaseReplacedError as error:
            self._end_with(error)
        except Exception as error:
            # What nobody foresaw is logged whole, and ends the daemon no more than the rest does.
            unforeseen = not isinstance(error, TrackerError | OSError)
            # A full disk fails every tick; a line every five seconds would fill what is left of it.
            if str(error) != self.troubles.error(TICK):
                logger.error(log.pairs("tick_failed", error=repr(error) if unforeseen else error), exc_info=unforeseen)
            lasting = timedelta(0) if isinstance(error, DatabaseDamagedError) else LASTING
            self.troubles.begin(self.settings, TICK, WHAT[TICK], str(error), after=lasting, directly=True)

    def _end_with(self, error: DatabaseReplacedError) -> None:
        """End the daemon: nobody would find what it did from here on. The operator hears now, or at the next start."""
        logger.error(log.pairs("database_lost", error=error))
        self._lost = error
        if self._lease is not None and not direct.tell(
            self.settings, operator_messages.stopped(str(error), self.clock()), self.clock()
        ):
            self._untold(str(error))
        self._stop.ask()

    def _keep_lease(self) -> None:
        """Renew the lease from the main thread, so that it does not run out while a pass waits for a host."""
        if self._lease is not None:
            try:
                self._hold()
            except StoreError as error:
                logger.warning(log.pairs("lease_not_renewed", why=error))

    def _hold(self) -> bool:
        """Whether we are the daemon of this database; if another is, stand by."""
        with self._holding:
            return self._hold_alone()

    def _hold_alone(self) -> bool:
        try:
            if self._lease is None:
                self._lease = self.store.acquire_lease(LEASE_NAME, self._holder, self.clock(), LEASE_FOR)
            else:
                self._lease = self.store.renew_lease(self._lease, self.clock(), LEASE_FOR)
        except LeaseHeldError as error:
            if self.state.mode != "standby":
                logger.info(log.pairs("standing_by", why=error))
            self._show("standby")
            return False
        except LeaseLostError:
            self._lease = None
            return False
        return True

    def _let_go(self) -> None:
        if self._lease is None:
            return
        try:
            self.store.release_lease(self._lease, self.clock())
        except StoreError as error:
            logger.warning(log.pairs("lease_kept", why=error))  # it runs out by itself

    def _do(self, job: Job) -> None:
        """Do a job and say when it is due next; one that fails is tried again after a while, not at the next tick."""
        self._show(job)
        done = False
        try:
            match job:
                case "sync":
                    failed = self._pass()
                    self.troubles.end(self.settings, job)
                    if failed:
                        self.troubles.note(job, failed)
                case "deliver":
                    deliver(self.settings, self.store, self.sources, self.clock, send=sending_until(self._stop))
                    self.troubles.end(self.settings, job)
            done = True
        except (DatabaseReplacedError, StoppedError):
            raise  # no error of the job
        except Exception as error:
            self.troubles.begin(self.settings, job, WHAT[job], str(error) or repr(error), directly=job == "deliver")
            raise
        finally:
            if not self._stop():  # what was cut short is due again at the next start
                self._set_due(job, done=done)

    def _set_due(self, job: Job, *, done: bool) -> None:
        """Remember when the job is due again; in memory where the database cannot, lest every tick repeats it."""
        now = self.clock()
        again = next_at(job, self.settings.schedule, now)
        soon = min(again, now + RETRY_AFTER)
        try:
            self.store.set_due(name_of(job), now, again if done else soon)
        except StoreError:
            self._rests_until[job] = soon
            raise

    def _rests(self, job: Job, now: datetime) -> bool:
        """Whether the job waits although the database says it is due. A clock that was put back cannot make the wait longer."""
        until = self._rests_until.get(job, now)
        return now < until <= now + RETRY_AFTER

    def _pass(self) -> str:
        """One pass in a sound database; says what of it failed as a whole: a source or a search."""
        self.store.check()
        limit = self.settings.http.pass_limit
        report = one_pass(self.settings, self.store, self.sources, self.clock, stop=self._stop, limit=limit)
        self.state.last_pass_at, self.state.last_pass_clean = self.clock(), report.clean
        return " ".join(report.synced.errors)

    def _reread(self) -> None:
        self._reload.clear()
        systemd.notify("RELOADING=1")
        try:
            settings = self._load()
        except ConfigError as error:
            self._keep_settings(str(error))
        else:
            if settings.store_url != self.settings.store_url:
                self._keep_settings("The [store] url changed: restart the daemon to work in another database.")
            else:
                asked = (settings.page_sites, settings.good_practice)
                if asked != (self.settings.page_sites, self.settings.good_practice):
                    self.sources = sources.load(settings.page_sites, good_practice=settings.good_practice)
                self.settings = settings
                logger.info(log.pairs("config_reread", config=settings.path))
                self.troubles.end(settings, CONFIG)
                self._reschedule()
        systemd.notify("READY=1")

    def _keep_settings(self, why: str) -> None:
        """The new configuration is refused, which is remembered until one is good."""
        logger.error(log.pairs("config_kept", why=why))
        self.troubles.begin(self.settings, CONFIG, WHAT[CONFIG], why)

    def _reschedule(self) -> None:
        """A schedule that became shorter counts from the last pass, not from the end of the old interval."""
        due = self.store.due(name_of("sync"))
        if due.last_at is not None:
            self.store.set_due(name_of("sync"), due.last_at, next_at("sync", self.settings.schedule, due.last_at))

    def _show(self, mode: str) -> None:
        if mode != self.state.mode:
            self.state.mode = mode
            systemd.notify(f"STATUS={mode}")


def serve(daemon: Daemon) -> None:
    """Run a daemon in this process until SIGTERM or SIGINT; SIGHUP rereads the configuration."""

    def on_reload(_number: int, _frame: FrameType | None) -> None:
        daemon.reload()

    def last_words() -> None:
        logger.warning(log.pairs("daemon_stopped", left="a wait that did not end"))

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, on_reload)
    with heeded(daemon.ending, orderly=True, daemon=True, words=last_words):
        daemon.run()
