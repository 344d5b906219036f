"""What an address gives beside pages: feeds, calendars and tables of what it shows."""

from __future__ import annotations

import io

import msgspec

from tracker.errors import UsageError
from tracker.export import formats
from tracker.export import tables as exports
from tracker.model.ids import split_key
from tracker.model.views import DeadlineRow
from tracker.render import feed, ics, machine, tables
from tracker.web.asked import BEGIN, LogFilter
from tracker.web.log_pages import stories_of
from tracker.web.present_pages import require_watch
from tracker.web.reading import Reading
from tracker.web.refusals import Refusal

FEED_ENTRIES = 100
"""Entries of a feed: the latest."""

ATOM = "application/atom+xml; charset=utf-8"
ICS = "text/calendar; charset=utf-8"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A body with its media type; ``name`` is that of the file it is saved as."""

    body: bytes
    media_type: str
    name: str = ""


def latest_feed(reading: Reading, asked: LogFilter, address: str) -> Answer:
    """The log as a feed, narrowed like the page. Its id is that of the published feed where nothing, or a watch, is asked."""
    query = asked.query()
    if query and asked == LogFilter(watch=asked.watch):
        key, title = f"watch {asked.watch}", f"Trial registry changes: {asked.watch}"
    else:
        key, title = f"latest {query}" if query else "all", "Trial registry changes"
    return _feed(reading, feed.Feed(key=key, title=title, address=address), asked)


def _feed(reading: Reading, about: feed.Feed, asked: LogFilter) -> Answer:
    return Answer(body=feed.atom(about, stories_of(reading, asked, BEGIN, FEED_ENTRIES).items), media_type=ATOM)


def watch_feed(reading: Reading, name: str, address: str) -> Answer:
    """The changes of a watch as a feed."""
    require_watch(reading, name)
    return latest_feed(reading, LogFilter(watch=name), address)


def trial_feed(reading: Reading, key: str, address: str) -> Answer:
    """The changes of a trial as a feed."""
    found = next(reading.archive.records([key]), None)
    name = reading.archive.name(found.record) if found else key
    about = feed.Feed(key=f"trial {key}", title=f"{name} ({split_key(key).number})", address=address)
    return _feed(reading, about, LogFilter(trial=key))


def calendar(reading: Reading, *, watch: str = "", trial: str = "") -> Answer:
    """What is ahead, of all trials, of a watch or of one trial; nothing in it says when it was made."""
    if watch:
        require_watch(reading, watch)
    rows = _of_trial(reading, trial) if trial else reading.due(watch)
    return Answer(body=ics.calendar([row for row in rows if row.deadline.due >= reading.today], stamp=None), media_type=ICS)


def _of_trial(reading: Reading, trial: str) -> list[DeadlineRow]:
    found = next(reading.archive.records([trial]), None)
    if found is None or found.trial.removed_at:
        return []
    return sorted(reading.archive.deadline_rows(found.record, reading.today), key=lambda row: row.cursor)


def watch_table(reading: Reading, name: str, form: str) -> Answer:
    """The table of a watch, as `tracker list` and `tracker export` write it."""
    require_watch(reading, name)
    rows = reading.rows(reading.standing_of(name), name)
    match form:
        case "csv":
            near = any(one.near for one in reading.archive.watches if one.name == name)
            text = "".join(tables.present_csv(rows, near=near))
            return Answer(body=text.encode(), media_type=CSV, name="trials.csv")
        case "json":
            return Answer(body="".join(machine.present_json(rows)).encode(), media_type=JSON)
    try:
        out = io.BytesIO()
        formats.FORMATS["xlsx"](exports.trials(reading.archive, exports.Wanted(watch=name)), out)
    except UsageError as error:  # the extra `export` is not installed
        raise Refusal(501, str(error)) from None
    return Answer(body=out.getvalue(), media_type=XLSX, name="trials.xlsx")
