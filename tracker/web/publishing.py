"""The same pages as files: written from one link to the next, so that whatever is linked is there. Links are relative."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from urllib.parse import parse_qs, quote, unquote, urlsplit

from starlette.routing import compile_path

from tracker import __version__
from tracker.archive import Archive, RememberingSources
from tracker.errors import UsageError
from tracker.export.publish import Files, slug
from tracker.web import pages
from tracker.web.answers import Answer
from tracker.web.app import ROUTES
from tracker.web.asked import Context
from tracker.web.pages import Frame, Page
from tracker.web.reading import Reading
from tracker.web.refusals import Refusal, title_of
from tracker.web.standing import Standings

ROOTS = ("/", "/watches", "/deadlines", "/health", "/deadlines.ics", *(f"/static/{name}" for name in pages.STATIC))
PATTERNS = ("latest/*.html", "stories/*.html", "trials/*.html", "trials/*/*.html", "watches/*.html", "calendars/*/*.ics")
"""Where pages stand, whose place is given up when nothing leads to them any more."""

REMEMBERED = 40
"""Versions that are remembered as records while the pages of their trials are made."""

_ROUTES = [(compile_path(path)[0], view) for path, view in ROUTES.items()]


class FileLinks:
    """Links from one file to others; what is linked is noted, to be written too."""

    published = True

    def __init__(self, queue: deque[str], seen: dict[str, str]) -> None:
        self._queue, self._seen = queue, seen
        self.file = ""

    def to(self, path: str) -> str:
        """The relative address of a page's file; empty when the page is none of those that are published."""
        file = self.note(path)
        return quote(pages.relative(self.file, file)) if file else ""

    def note(self, path: str) -> str:
        """The file of a page, which is written in its turn."""
        file = file_of(path)
        if file and file not in self._seen:
            self._seen[file] = path
            self._queue.append(path)
        return file


def file_of(path: str) -> str:
    """The file that a page or a form of it is published as; empty for what is not."""
    parts = urlsplit(path)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    names = [unquote(part) for part in parts.path.strip("/").split("/")]
    match names:
        case [""]:
            return _log(query)
        case ["latest.atom"]:
            return (
                f"feeds/watches/{slug(query['watch'])}.atom" if query.keys() == {"watch"} else "" if query else "feeds/all.atom"
            )
        case ["watches" | "deadlines" | "health" as name] if not query:
            return f"{name}.html"
        case ["deadlines.ics"] if not query:
            return "deadlines.ics"
        case ["static", name]:
            return f"static/{name}"
        case ["stories", name] if not query:
            return f"stories/{slug(name)}.html"
        case ["trials", trial]:
            return _trial(trial, query)
        case ["trials", trial, "compare"]:
            side = "-side" if query.get("layout") == "side" else ""
            return f"trials/{slug(trial)}/{query['old']}-{query['new']}{side}.html" if {"old", "new"} <= query.keys() else ""
        case ["watches", name] if not query:
            return _watch(name)
    return ""


def _log(query: Mapping[str, str]) -> str:
    if query.keys() - {"watch", "after"}:
        return ""
    parts = [slug(query["watch"]) if "watch" in query else "", query.get("after", "")]
    named = "-".join(part for part in parts if part)
    return f"latest/{named}.html" if named else "index.html"


def _trial(name: str, query: Mapping[str, str]) -> str:
    for ending, file in ((".atom", "feeds/trials/{}.atom"), (".ics", "calendars/trials/{}.ics")):
        if name.endswith(ending):
            return file.format(slug(name.removesuffix(ending)))
    if query.keys() == {"version"}:
        return f"trials/{slug(name)}/version-{query['version']}.html"
    return "" if query else f"trials/{slug(name)}.html"


def _watch(name: str) -> str:
    for ending, file in (
        (".atom", "feeds/watches/{}.atom"),
        (".ics", "calendars/watches/{}.ics"),
        (".csv", "watches/{}.csv"),
        (".json", "watches/{}.json"),
    ):
        if name.endswith(ending):
            return file.format(slug(name.removesuffix(ending)))
    return "" if name.endswith(".xlsx") else f"watches/{slug(name)}.html"


def publish_pages(archive: Archive, files: Files, now: datetime, timezone: tzinfo, *, public: bool) -> None:
    """All pages, and the feeds, calendars and tables that they lead to."""
    archive = replace(archive, sources=RememberingSources(archive.sources, most=REMEMBERED))
    names = tuple(watch.name for watch in archive.watches)
    context = Context(watches=names, sources=tuple(sorted(archive.sources)), timezone=timezone, now=now)
    reading = Reading(archive=archive, standings=Standings(), context=context, published=True)
    frame = Frame(watches=names, timezone=timezone, public=public, now="", version=__version__)
    queue = deque[str]()
    links = FileLinks(queue, {})
    for path in (*ROOTS, *map(pages.watch_path, names), *(pages.trial_path(mark.trial) for mark in archive.trial_marks())):
        links.note(path)
    while queue:
        path = queue.pop()  # the latest first: a trial, then what it leads to, while its versions are remembered
        links.file = file_of(path)
        if not files.has(links.file):  # the feeds and the calendar of the published log
            files.put(links.file, _body(reading, path, frame, links))
    if not public:
        files.put("robots.txt", b"User-agent: *\nDisallow: /\n")
    for pattern in PATTERNS:
        files.forget_others(pattern)


def _body(reading: Reading, path: str, frame: Frame, links: FileLinks) -> bytes:
    try:
        found = _found(reading, path)
    except Refusal as refusal:
        values = {"detail": refusal.detail}
        found = Page(template="error.html.j2", title=title_of(refusal.status), path="", values=values)
    return found.body if isinstance(found, Answer) else pages.drawn(found, frame, links)


def _found(reading: Reading, path: str) -> Page | Answer:
    """What the page's own view gives."""
    parts = urlsplit(path)
    for pattern, view in _ROUTES:
        if matched := pattern.match(unquote(parts.path)):
            try:
                return view(reading, matched.groupdict(), parse_qs(parts.query))
            except UsageError as error:
                raise Refusal(404, error.message) from None
    raise Refusal(404, "Nothing is at this address.")
