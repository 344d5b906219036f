"""The pages as a web application: addresses to views, and what goes wrong to plain pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tracker import __version__, log
from tracker.archive import RememberingSources
from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver.stop_links import PATH
from tracker.errors import SourceError, StoreError, TrackerError, UsageError
from tracker.model.page_site import PageSite
from tracker.model.source import Source
from tracker.render import times
from tracker.sources import load
from tracker.store import Store
from tracker.web import answers, api, log_pages, openapi, pages, present_pages, search_page, stop_page, trial_pages
from tracker.web.answers import Answer
from tracker.web.asked import BEGIN, LOG_KEYS, Context, LogFilter, Query, cursor, groups_of, log_filter, one, refuse_unknown
from tracker.web.guard import FEEDS, Guard, feed_key
from tracker.web.kept import Kept
from tracker.web.pages import Frame, Page
from tracker.web.reading import AnswersArchive, Reading, trial_key
from tracker.web.refusals import PROBLEM_TYPE, Refusal, is_api, problem, title_of
from tracker.web.standing import Standings

logger = log.get(__name__)

Path = Mapping[str, str]
View = Callable[[Reading, Path, Query], Page | Answer]

FOR_EVER = "max-age=31536000, immutable"


MOST_KEPT, LONGEST_KEPT = 24_000_000, 300_000
"""Bytes of the answers that are kept for a few minutes, and how many one of them may have."""
BESIDE = 1_000
"""Bytes that an answer takes beside its body."""
MOST_STORIES = 2_000
"""Stories whose HTML is kept: 2 to 4 kB each."""
MOST_LONG, LONGEST_LONG = 5, 4_000_000
"""The same of long ones, tables and calendars of thousands of trials: together at most 20 MB."""
FOR_MINUTES = 10
REMEMBERED = 200
"""Versions that are remembered as records."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An answer ready to be sent. ``name`` is that of the file it is saved as."""

    body: bytes
    media_type: str
    name: str = ""


class ServedLinks:
    """Links of served pages: every address is there. Feeds and calendars carry the key that opens them."""

    published = False

    def __init__(self, token: str | None) -> None:
        self._key = feed_key(token) if token else ""

    def to(self, path: str) -> str:
        """The address to link to."""
        parts = urlsplit(path)
        if self._key and parts.path.endswith(FEEDS):
            return f"{path}{'&' if parts.query else '?'}{urlencode({'key': self._key})}"
        return f"{path}?{pages.static_sign()}" if path.startswith("/static/") else path


def _read_by(settings: Settings) -> tuple[tuple[PageSite, ...], bool]:
    """What of the settings decides how records are read and judged."""
    return settings.page_sites, settings.good_practice


class Site:
    """What is served, as the settings are at each request. Nothing here writes."""

    def __init__(self, settings: Callable[[], Settings], sources: Mapping[str, Source], store: Store, now: Clock) -> None:
        self._settings, self.store, self.now = settings, store, now
        self._sources = RememberingSources(sources, most=REMEMBERED)
        self._read_by = _read_by(settings())
        self.standings = Standings()
        self._kept = Kept[Made](
            most=MOST_KEPT, fits=lambda made: len(made.body) <= LONGEST_KEPT, weigh=lambda made: len(made.body) + BESIDE
        )
        self._long = Kept[Made](most=MOST_LONG, fits=lambda made: LONGEST_KEPT < len(made.body) <= LONGEST_LONG)
        self._stories = Kept[Markup](most=MOST_STORIES)
        self._of: Settings | None = None
        self._changes = 0

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._settings()

    def reading(self) -> Reading:
        """What one answer is made from."""
        settings, now = self.settings, self.now()
        if _read_by(settings) != self._read_by:  # the configuration was read again
            self._read_by = _read_by(settings)
            known = load(settings.page_sites, good_practice=settings.good_practice)
            self._sources = RememberingSources(known, most=REMEMBERED)
        archive = AnswersArchive(
            store=self.store,
            sources=self._sources,
            watches=settings.watches,
            severities=settings.severities,
            links=settings.links,
        )
        context = Context(
            watches=tuple(watch.name for watch in settings.watches),
            groups=groups_of(settings.watches),
            sources=tuple(sorted(self._sources)),
            timezone=ZoneInfo(settings.digest.timezone),
            now=now.replace(minute=now.minute - now.minute % FOR_MINUTES, second=0, microsecond=0),
        )
        return Reading(archive=archive, standings=self.standings, context=context, url=settings.web.url)

    def drawn(self, page: Page) -> bytes:
        """A page as HTML."""
        settings = self.settings
        zone = ZoneInfo(settings.digest.timezone)
        frame = Frame(
            watches=tuple(watch.name for watch in settings.watches),
            timezone=zone,
            public=settings.web.public,
            now=times.day(self.now(), zone),
            version=__version__,
        )
        return pages.drawn(page, frame, ServedLinks(settings.web.token), self._stories)

    def answer(self, view: View, path: Path, query: Query, address: str) -> Made:
        """What a view gives, made once for some minutes and each state of the database and the configuration."""
        reading = self.reading()

        def make() -> Made:
            found = view(reading, path, query)
            if isinstance(found, Answer):
                return Made(body=found.body, media_type=found.media_type, name=found.name)
            return Made(body=self.drawn(found), media_type="text/html; charset=utf-8")

        if self.settings is not self._of:
            self._of, self._changes = self.settings, self._changes + 1
            self._stories = Kept[Markup](most=MOST_STORIES)
        key = (address, reading.archive.mark(), reading.context.now, self._changes)
        return self._kept.get(key, lambda: self._long.get(key, make))

    def error_page(self, status: int, detail: str) -> bytes:
        """A page that says why there is no answer, and where to go on."""
        return self.drawn(Page(template="error.html.j2", title=title_of(status), path="", values={"detail": detail}))

    def warm(self) -> None:
        """Read what is kept in memory once, so that the first readers need not wait for it."""
        try:
            log_pages.latest(self.reading(), LogFilter(), BEGIN)
            self.reading().due()
        except TrackerError as error:
            logger.warning(log.pairs("pages_not_ready", error=error))


def application_of(site: Site) -> ASGIApp:
    """The pages of a site behind its guard."""

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = "Nothing is at this address." if error.status_code == 404 else HTTPStatus(error.status_code).description
        return _refused(site, request, Refusal(error.status_code, detail or title_of(error.status_code)))

    routes = [Route(path, _endpoint(site, view)) for path, view in ROUTES.items()]
    stop = stop_page.endpoint(lambda: site.settings, site.store, site.now, site.drawn, partial(_refused, site))
    routes.append(Route(PATH, stop, methods=["GET", "POST"]))
    app = Starlette(routes=routes, exception_handlers={HTTPException: failed})
    app.router.redirect_slashes = False
    return Guard(app, lambda: site.settings.web, site.error_page)


def _endpoint(site: Site, view: View) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        try:
            return await run_in_threadpool(_answered, site, view, request)
        except Refusal as refusal:
            return await run_in_threadpool(_refused, site, request, refusal)

    return endpoint


def _answered(site: Site, view: View, request: Request) -> Response:
    query = {key: request.query_params.getlist(key) for key in request.query_params}
    try:
        made = site.answer(view, request.path_params, query, f"{request.url.path}?{request.url.query}")
    except UsageError as error:
        raise Refusal(404, str(error.message)) from None
    except SourceError as error:
        raise Refusal(500, f"This stored version cannot be read by this program: {error.message}") from None
    except StoreError as error:
        logger.error(log.pairs("page_failed", path=request.url.path, error=error))
        raise Refusal(503, "The database cannot be read at present. Try again in a moment.") from None
    except Refusal:
        raise
    except Exception:  # whatever it is: a reader gets a page, and the log the trace
        logger.exception(log.pairs("page_failed", path=request.url.path))
        raise Refusal(500, "Something went wrong here. It is in the tracker's log.") from None
    return _response(request, made)


def _response(request: Request, made: Made) -> Response:
    """The body, or 304 where the reader has it already."""
    sign = f'"{hashlib.sha256(made.body).hexdigest()[:32]}"'
    given = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if sign in given or given == ["*"]:
        return Response(status_code=304, headers={"etag": sign})
    headers = {"etag": sign, "content-type": made.media_type}
    if request.url.path.startswith("/static/"):
        headers["cache-control"] = FOR_EVER
    if made.name:
        headers["content-disposition"] = f'attachment; filename="{made.name}"'
    return Response(made.body, headers=headers)


def _refused(site: Site, request: Request, refusal: Refusal) -> Response:
    if is_api(request.url.path):
        return Response(problem(refusal.status, refusal.detail), refusal.status, media_type=PROBLEM_TYPE)
    body = site.error_page(refusal.status, refusal.detail)
    return Response(body, refusal.status, media_type="text/html")


# --- addresses --------------------------------------------------------------------------------------------------------


def _latest(reading: Reading, _path: Path, query: Query) -> Page:
    refuse_unknown(query, (*LOG_KEYS, "after"))
    return log_pages.latest(reading, log_filter(query, reading.context), cursor(query))


def _latest_feed(reading: Reading, _path: Path, query: Query) -> Answer:
    refuse_unknown(query, (*LOG_KEYS, "key"))
    asked = log_filter(query, reading.context)
    return answers.latest_feed(reading, asked, reading.url and f"{reading.url}/latest.atom{asked.query()}")


def _story(reading: Reading, path: Path, query: Query) -> Page:
    refuse_unknown(query, ())
    return log_pages.story(reading, path["story"])


def _find(reading: Reading, _path: Path, query: Query) -> Page:
    """The page of a trial whose number was typed."""
    refuse_unknown(query, ("number",))
    if not one(query, "number"):
        raise Refusal(400, "Type a trial's number, such as NCT07177911.")
    return trial_pages.trial(reading, trial_key(reading, one(query, "number").upper()), {})


def _search(reading: Reading, _path: Path, query: Query) -> Page:
    refuse_unknown(query, ("q", "watch", "after"))
    return search_page.search(reading, query)


def _trial(reading: Reading, path: Path, query: Query) -> Page:
    refuse_unknown(query, ("at", "version"))
    return trial_pages.trial(reading, trial_key(reading, path["trial"]), query)


def _compare(reading: Reading, path: Path, query: Query) -> Page:
    refuse_unknown(query, ("old", "new", "layout"))
    return trial_pages.compare(reading, trial_key(reading, path["trial"]), query)


def _trial_feed(reading: Reading, path: Path, query: Query) -> Answer:
    refuse_unknown(query, ("key",))
    key = trial_key(reading, path["trial"])
    return answers.trial_feed(reading, key, reading.url and f"{reading.url}{pages.trial_path(key)}.atom")


def _trial_calendar(reading: Reading, path: Path, query: Query) -> Answer:
    refuse_unknown(query, ("key",))
    return answers.calendar(reading, trial=trial_key(reading, path["trial"]))


def _watches(reading: Reading, _path: Path, query: Query) -> Page:
    refuse_unknown(query, ())
    return present_pages.watches(reading)


def _watch(reading: Reading, path: Path, query: Query) -> Page:
    refuse_unknown(query, ("sort", "order", "page"))
    return present_pages.watch(reading, path["watch"], query)


def _watch_feed(reading: Reading, path: Path, query: Query) -> Answer:
    refuse_unknown(query, ("key",))
    address = reading.url and f"{reading.url}{pages.watch_path(path['watch'])}.atom"
    return answers.watch_feed(reading, path["watch"], address)


def _watch_calendar(reading: Reading, path: Path, query: Query) -> Answer:
    refuse_unknown(query, ("key",))
    return answers.calendar(reading, watch=path["watch"])


def _watch_table(form: str) -> View:
    def view(reading: Reading, path: Path, query: Query) -> Answer:
        refuse_unknown(query, ())
        return answers.watch_table(reading, path["watch"], form)

    return view


def _deadlines(reading: Reading, _path: Path, query: Query) -> Page:
    refuse_unknown(query, ("watch", "page"))
    return present_pages.deadlines(reading, query)


def _calendar(reading: Reading, _path: Path, query: Query) -> Answer:
    refuse_unknown(query, ("watch", "key"))
    return answers.calendar(reading, watch=one(query, "watch"))


def _health(reading: Reading, _path: Path, query: Query) -> Page:
    refuse_unknown(query, ())
    return present_pages.health(reading, everything=not reading.published)


def _static(_reading: Reading, path: Path, _query: Query) -> Answer:
    if path["name"] not in pages.STATIC:
        raise Refusal(404, "Nothing is at this address.")
    return Answer(body=pages.static(path["name"]), media_type=pages.STATIC[path["name"]])


def _robots(_reading: Reading, _path: Path, _query: Query) -> Answer:
    return Answer(body=b"User-agent: *\nDisallow: /\n", media_type="text/plain; charset=utf-8")


def _openapi(_reading: Reading, _path: Path, query: Query) -> Answer:
    refuse_unknown(query, ())
    return Answer(body=openapi.document(), media_type=answers.JSON)


def _operation(operation: api.Operation) -> View:
    def view(reading: Reading, path: Path, query: Query) -> Answer:
        return Answer(body=api.answer(operation, reading, path, query), media_type=answers.JSON)

    return view


ROUTES: Mapping[str, View] = {
    "/": _latest,
    "/latest.atom": _latest_feed,
    "/stories/{story}": _story,
    "/search": _search,
    "/trials": _find,
    "/trials/{trial}.atom": _trial_feed,
    "/trials/{trial}.ics": _trial_calendar,
    "/trials/{trial}": _trial,
    "/trials/{trial}/compare": _compare,
    "/watches": _watches,
    "/watches/{watch}.atom": _watch_feed,
    "/watches/{watch}.ics": _watch_calendar,
    "/watches/{watch}.csv": _watch_table("csv"),
    "/watches/{watch}.json": _watch_table("json"),
    "/watches/{watch}.xlsx": _watch_table("xlsx"),
    "/watches/{watch}": _watch,
    "/deadlines": _deadlines,
    "/deadlines.ics": _calendar,
    "/health": _health,
    "/static/{name}": _static,
    "/robots.txt": _robots,
    f"{openapi.PREFIX}/openapi.json": _openapi,
    **{f"{openapi.PREFIX}{operation.path}": _operation(operation) for operation in api.OPERATIONS},
}
"""Every address and its view; what is more exact stands first."""
