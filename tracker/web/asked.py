"""What an address asks for, checked: a filter that is not understood is refused, never silently left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlencode

import msgspec

from tracker.archive.asked import moment as archive_moment
from tracker.errors import UsageError
from tracker.events import KINDS
from tracker.model.event import EventFilter
from tracker.model.vocabulary import KIND_NAMES, RECRUITMENT_STATUSES, SEVERITIES, Severity
from tracker.model.watch import Watch
from tracker.web.refusals import Refusal

Query = Mapping[str, Sequence[str]]
"""The values of each key of a query."""

LONGEST_WORDS = 200
MOST_ITEMS = 200
"""Items of one page of the API."""

_CURSOR = re.compile(r"[0-9a-f]{8,64}\Z|t[0-9]{10,17}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_BACK = re.compile(r"\d{1,4}[hdw]\Z")
EFFECTS = tuple(sorted({effect for kind in KINDS.values() for effect in kind.effects}))
"""What effects there are, of all kinds."""

LOG_KEYS = (
    "watch",
    "group",
    "kind",
    "effect",
    "min_severity",
    "source",
    "country",
    "status",
    "since",
    "until",
    "words",
    "trial",
)
"""Filters of the change log."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What filters are checked against."""

    watches: tuple[str, ...]
    groups: tuple[str, ...] = ()
    sources: tuple[str, ...]
    timezone: tzinfo
    now: datetime


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of the change log as they stand in an address, empty where they are not given."""

    watch: str = ""
    group: str = ""
    kind: str = ""
    effect: str = ""
    min_severity: str = ""
    source: str = ""
    country: str = ""
    status: str = ""
    since: str = ""
    until: str = ""
    words: str = ""
    trial: str = ""

    def query(self, **changes: str) -> str:
        """The query of an address with these filters and ``changes``, with its question mark; nothing without any."""
        values = {name: getattr(self, name) for name in self.__struct_fields__} | changes
        encoded = urlencode({key: value for key, value in values.items() if value})
        return f"?{encoded}" if encoded else ""

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return bool(self.query())


def groups_of(watches: Sequence[Watch]) -> tuple[str, ...]:
    """The groups that watches put their trials into, each in its first spelling."""
    spelled: dict[str, str] = {}
    for watch in watches:
        for group in watch.groups.values():
            spelled.setdefault(group.casefold(), group)
    return tuple(spelled[folded] for folded in sorted(spelled))


def refuse_unknown(query: Query, known: Collection[str]) -> None:
    """Raise Refusal for a key that is not known here, or is given twice."""
    for key, values in query.items():
        if key not in known:
            raise Refusal(400, f"There is nothing to ask for by “{key[:40]}” here. Known are: {', '.join(sorted(known))}.")
        if len(values) > 1:
            raise Refusal(400, f"“{key}” is given more than once.")


def one(query: Query, key: str) -> str:
    """The value of a key, without blanks around it; empty when it is not given."""
    return query[key][0].strip(" ") if query.get(key) else ""


def log_filter(query: Query, context: Context) -> LogFilter:
    """The filters of the change log. Raises Refusal for one that has no such value."""
    asked = LogFilter(**{key: one(query, key) for key in LOG_KEYS})
    _among("watch", asked.watch, context.watches, status=404)
    _among("group", asked.group, context.groups, status=404)
    _among("kind", asked.kind, sorted(KIND_NAMES))
    _among("min_severity", asked.min_severity, SEVERITIES)
    _among("source", asked.source, context.sources, status=404)
    _among("status", asked.status, RECRUITMENT_STATUSES)
    _among("effect", asked.effect, EFFECTS)
    if max(len(asked.words), len(asked.country), len(asked.trial)) > LONGEST_WORDS:
        raise Refusal(400, f"A filter has at most {LONGEST_WORDS} characters.")
    for value in (asked.since, asked.until):
        moment(value, context)
    return asked


def event_filter(asked: LogFilter, context: Context) -> EventFilter:
    """The same for the read layer, but for the trials that country and status choose."""
    severity: Severity = next((one for one in SEVERITIES if one == asked.min_severity), "minor")
    return EventFilter(
        since=moment(asked.since, context),
        until=moment(asked.until, context, end_of_day=True),
        watch=asked.watch or None,
        trials=frozenset({asked.trial} if asked.trial else ()),
        kinds=frozenset({asked.kind} if asked.kind else ()),
        effects=frozenset({asked.effect} if asked.effect else ()),
        sources=frozenset({asked.source} if asked.source else ()),
        words=tuple(asked.words.casefold().split()[:10]),
        min_severity=severity,
    )


def moment(text: str, context: Context, *, end_of_day: bool = False) -> datetime | None:
    """A day (2026-02-11) or a time back from now (7d, 24h, 2w); None for nothing. Of a day, its end where that is asked for."""
    if not text:
        return None
    if not (_DAY.match(text) or _BACK.match(text)):
        raise Refusal(400, f"“{text[:40]}” is neither a day nor a time span. Write 2026-02-11, or 7d, 24h, 2w.")
    try:
        return archive_moment(text, timezone=context.timezone, now=context.now, end_of_day=end_of_day)
    except UsageError as error:
        raise Refusal(400, str(error)) from None


def place(query: Query) -> str:
    """Where the page before ended, by a text."""
    after = one(query, "after")
    if len(after) > LONGEST_WORDS:
        raise Refusal(400, "This is no place in the list. Begin again without “after”.")
    return after


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page of the log begins: behind an event, or at a moment up to which nothing was found."""

    event: str | None = None
    moment: datetime | None = None


BEGIN = Cursor()


def cursor(query: Query) -> Cursor:
    """Where the page before ended. Raises Refusal for what cannot be a place."""
    given = one(query, "after")
    if not given:
        return BEGIN
    if not _CURSOR.match(given):
        raise Refusal(400, "This is no place in the list. Begin again without “after”.")
    if not given.startswith("t"):
        return Cursor(event=given)
    try:
        return Cursor(moment=_EPOCH + timedelta(microseconds=int(given[1:])))
    except OverflowError:
        raise Refusal(400, "This is no place in the list. Begin again without “after”.") from None


def moment_cursor(moment: datetime) -> str:
    """A moment as a place in the list."""
    return f"t{(moment - _EPOCH) // timedelta(microseconds=1)}"


def whole(query: Query, key: str, *, default: int, least: int, most: int) -> int:
    """A whole number. Raises Refusal for anything else, and for one that is out of range."""
    given = one(query, key)
    if not given:
        return default
    if not re.fullmatch(r"-?[0-9]{1,6}", given) or not least <= int(given) <= most:
        raise Refusal(400, f"“{key}” is a whole number from {least} to {most}.")
    return int(given)


def _among(key: str, given: str, known: Sequence[str], status: int = 400) -> None:
    if given and given not in known:
        raise Refusal(status, f"There is no {key} “{given[:60]}”. Known are: {', '.join(known) or 'none'}.")


def choice(query: Query, key: str, known: Sequence[str], default: str) -> str:
    """One of a few words. Raises Refusal for any other."""
    given = one(query, key) or default
    _among(key, given, known)
    return given
