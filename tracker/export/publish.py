"""The change log as files that git shows well: stable order, one change a line, nothing that moves without news.

A file that says what it said before is not written again. Contact persons, channels, notes and readers stay out.
"""

from __future__ import annotations

import filecmp
import hashlib
import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from itertools import groupby
from pathlib import Path
from typing import IO

import msgspec

from tracker.archive import Archive
from tracker.errors import UsageError
from tracker.export import formats, news, tables
from tracker.export.markdown import NOTE, change_lines, text
from tracker.model.event import EventFilter
from tracker.model.ids import split_key
from tracker.model.views import StoryChanges
from tracker.render import feed, ics, times
from tracker.render.machine import event_json
from tracker.render.safe_text import one_line

FEED_ENTRIES = 100
"""Entries of a feed: the latest."""

_LATEST = 30
_TITLE = "Trial registry changes"
_WORD = re.compile(r"[a-z0-9]+")


class Files:
    """A folder whose files are written only where their content is new, and forgotten ones are taken away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = 0
        self._kept: set[Path] = set()

    def require_own(self) -> None:
        """Raise UsageError where the folder's README.md is somebody else's: it would be overwritten."""
        there = self.folder / "README.md"
        if there.is_file() and not there.read_bytes().startswith(f"# {_TITLE}\n".encode()):
            raise UsageError(
                f"{there} is not of a published log and would be overwritten.",
                remedy="Name a folder of the log's own, such as --out log.",
            )

    def put(self, name: str, body: bytes) -> None:
        """A file of that content."""
        with self.opened(name) as out:
            out.write(body)

    def has(self, name: str) -> bool:
        """Whether the file was put this time."""
        return self.folder / name in self._kept

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write, for what is too long to hold."""
        path = self.folder / name
        self._kept.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as out:
                yield out
            if not path.is_file() or not filecmp.cmp(part, path, shallow=False):
                part.replace(path)
                self.written += 1
        finally:
            part.unlink(missing_ok=True)

    def forget_others(self, pattern: str) -> None:
        """Take away what matches and was not put this time: the days and watches of before."""
        for path in self.folder.glob(pattern):
            if path not in self._kept:
                path.unlink()
                self.written += 1


def publish_log(archive: Archive, files: Files, now: datetime, timezone: tzinfo) -> None:
    """The whole log: by day and by watch, as JSON Lines and CSV, with feeds and the calendar of what is ahead."""
    files.require_own()
    _days(archive, files, timezone)
    for watch in archive.watches:
        found = archive.story_changes(EventFilter(watch=watch.name))
        files.put(f"watches/{slug(watch.name)}.md", _page(f"Watch: {watch.name}", _newest_day_first(found, timezone)))
    files.forget_others("watches/*.md")
    with files.opened("changes.jsonl") as out:
        out.writelines(msgspec.json.encode(event_json(event), enc_hook=str) + b"\n" for event in archive.changes())
    with files.opened("changes.csv") as out:
        formats.write_csv(tables.changes(archive, tables.Wanted()), out)
    latest = _latest_news(archive, now)
    due = [row for row in archive.deadlines(latest) if row.deadline.due >= latest]
    files.put("deadlines.ics", ics.calendar(due, stamp=None))
    publish_feeds(archive, files, "feeds/")
    files.put("README.md", _index(archive, timezone))


def news_since(archive: Archive, folder: Path, timezone: tzinfo) -> str:
    """What the log in the folder does not tell yet; the trials as they stand where it holds none. Ask before it is written."""
    before = folder / "changes.jsonl"
    if not before.is_file():
        return news.welcome(archive)
    with before.open("rb") as lines:
        told = {msgspec.json.decode(line, type=_Told).id for line in lines if line.strip()}
    return news.news(archive, told, timezone)


class _Told(msgspec.Struct):
    """A line of the published log, as far as it is read back."""

    id: str


def _latest_news(archive: Archive, now: datetime) -> date:
    """The day of the latest change or of the trial followed last: the calendar begins there, so that no day moves it."""
    changed = max((event.effective_at for event in archive.changes()), default=None)
    begun = max((found.trial.first_seen_at for found in archive.current()), default=None)
    return max((at for at in (changed, begun) if at), default=now).date()


def publish_feeds(archive: Archive, files: Files, prefix: str = "") -> None:
    """A feed of everything, of each watch and of each trial that changed."""
    files.put(
        f"{prefix}all.atom", feed.atom(feed.Feed(key="all", title="Trial registry changes"), _latest(archive, EventFilter()))
    )
    for watch in archive.watches:
        about = feed.Feed(key=f"watch {watch.name}", title=f"Trial registry changes: {watch.name}")
        files.put(f"{prefix}watches/{slug(watch.name)}.atom", feed.atom(about, _latest(archive, EventFilter(watch=watch.name))))
    for found in archive.current():
        key = found.trial.key
        about = feed.Feed(key=f"trial {key}", title=f"{archive.name(found.record)} ({split_key(key).number})")
        changes = _latest(archive, EventFilter(trials=frozenset({key})))
        files.put(f"{prefix}trials/{slug(key)}.atom", feed.atom(about, changes))
    for folder in ("watches", "trials"):
        files.forget_others(f"{prefix}{folder}/*.atom")


def slug(name: str) -> str:
    """A name as part of a file's name, different for different names."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    plain = "-".join(_WORD.findall(letters))[:60]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}".lstrip("-")


def _latest(archive: Archive, wanted: EventFilter) -> Iterable[StoryChanges]:
    return reversed(deque(archive.story_changes(wanted), maxlen=FEED_ENTRIES))


def _days(archive: Archive, files: Files, timezone: tzinfo) -> None:
    for name, stories in _by_day(archive.story_changes(), timezone):
        lines = [line for found in stories for line in change_lines(found, timezone, dated=False)]
        files.put(f"days/{name[:4]}/{name}.md", _page(f"Changes of {times.registry_day(name)}", lines))
    files.forget_others("days/*/*.md")


def _by_day(stories: Iterable[StoryChanges], timezone: tzinfo) -> Iterator[tuple[str, Iterator[StoryChanges]]]:
    """The stories of each day of the reader; the log is in the order of time, so they stand together."""
    return groupby(stories, lambda found: found.events[0].effective_at.astimezone(timezone).date().isoformat())


def _newest_day_first(stories: Iterable[StoryChanges], timezone: tzinfo) -> list[str]:
    """A line for each event: the latest day on top, within a day the weightiest first."""
    days = [[line for found in day for line in change_lines(found, timezone)] for _, day in _by_day(stories, timezone)]
    return [line for day in reversed(days) for line in day]


def _page(title: str, lines: Iterable[str]) -> bytes:
    body = "\n".join(lines) or "No changes yet."
    return f"# {text(title)}\n\n{body}\n\n{NOTE}\n".encode()


def _index(archive: Archive, timezone: tzinfo) -> bytes:
    latest = deque(archive.story_changes(), maxlen=_LATEST)
    watches = [
        f"- [{text(watch.name)}](watches/{slug(watch.name)}.md) · [feed](feeds/watches/{slug(watch.name)}.atom)"
        for watch in archive.watches
    ]
    changes = _newest_day_first(latest, timezone)
    sources = sorted(
        {archive.source_title(source) for source in archive.followed_sources([watch.name for watch in archive.watches])}
    )
    page = "\n".join(
        [
            f"# {_TITLE}",
            "",
            "Everything: [feed](feeds/all.atom) · [CSV](changes.csv) · [JSON Lines](changes.jsonl) · [calendar](deadlines.ics)",
            "",
            "## Watches",
            "",
            *watches,
            "",
            "## Latest",
            "",
            *(changes or ["No changes yet."]),
            "",
            f"Sources: {', '.join(text(one_line(source)) for source in sources)}. {NOTE}",
            "",
        ]
    )
    return page.encode()
