"""Plays the three days: a server with the recorded answers, a mail server, and the real sync and delivery between them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from tracker import __version__, sources
from tracker.config import Settings
from tracker.deliver import DeliveryReport, deliver
from tracker.demo.days import DemoDay, config_text, days
from tracker.demo.mailbox import DemoMailbox, ReceivedMail
from tracker.demo.server import DemoServer
from tracker.fetch import Fetcher, user_agent
from tracker.store import Store, migrate
from tracker.sync import SyncReport, sync

ASKED_AFTER = timedelta(hours=1)
"""The demo asks an hour after the registry's daily load, in the middle of a European morning."""


class DayReport(msgspec.Struct, frozen=True, kw_only=True):
    """One day of the demo: when it was, what the sync did and what was sent."""

    number: int
    at: datetime
    synced: SyncReport
    delivered: DeliveryReport


class DemoReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where the demo left what it made; ``mails`` are HTML files in order of arrival."""

    folder: Path
    config: Path
    database: Path
    mails: tuple[Path, ...]


def run(
    folder: Path | None,
    *,
    load: Callable[[Path], Settings],
    show: Callable[[DayReport, Settings, Store], None],
) -> DemoReport:
    """Play the three days and show each as it ends.

    ``load`` reads a configuration. An older demo in ``folder`` is replaced.
    """
    folder = (folder or Path(tempfile.mkdtemp(prefix="tracker-demo-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("tracker.db*"), *folder.glob("mail-*.html")):
        old.unlink()
    config = folder / "config.toml"
    with DemoServer(days()[0]) as server, DemoMailbox() as mailbox:
        config.write_text(config_text(server.url, mailbox.port), encoding="utf-8")
        settings = load(config)
        migrate(settings.store_url, now=_asked_at(days()[0]))
        with Store.open(settings.store_url) as store:
            for number, day in enumerate(days(), start=1):
                server.day = day
                show(_one_day(number, day, settings, store), settings, store)
    mails = tuple(_keep(folder, number, mail) for number, mail in enumerate(mailbox.mails, start=1))
    return DemoReport(folder=folder, config=config, database=folder / "tracker.db", mails=mails)


def _one_day(number: int, day: DemoDay, settings: Settings, store: Store) -> DayReport:
    at = _asked_at(day)
    with Fetcher(user_agent=user_agent(settings.http.contact or "", __version__)) as fetcher:
        synced = sync(settings, store, sources.load(), fetcher, lambda: at)
    delivered = deliver(settings, store, sources.load(), lambda: at)
    return DayReport(number=number, at=at, synced=synced, delivered=delivered)


def _asked_at(day: DemoDay) -> datetime:
    return datetime.fromisoformat(day.data_timestamp).replace(tzinfo=UTC) + ASKED_AFTER


def _keep(folder: Path, number: int, mail: ReceivedMail) -> Path:
    """The HTML part of a mail as a file, to be opened in a browser."""
    page = folder / f"mail-{number}-{mail.recipient.partition('@')[0]}.html"
    part = mail.message.get_body(("html",))
    page.write_text(part.get_content() if part else "", encoding="utf-8")
    return page
