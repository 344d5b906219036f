"""The JSON API: each answer a struct, each route with what may be asked of it; the OpenAPI document is made from both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from tracker.archive.search import LONGEST_QUESTION
from tracker.duties.registrations import RegistrationDuty
from tracker.errors import UsageError
from tracker.model.deadline import Deadline
from tracker.model.event import Event
from tracker.model.links import Registration
from tracker.model.record import TrialRecord
from tracker.model.run import Run, SourceState
from tracker.model.search import SearchAnswer
from tracker.model.snapshot import SnapshotMeta
from tracker.model.upkeep import Incident
from tracker.model.views import Nearest, PresentRow, StoryChanges
from tracker.model.vocabulary import KIND_NAMES, RECRUITMENT_STATUSES, SEVERITIES, Severity
from tracker.render import kinds, machine
from tracker.render.privacy import public_record
from tracker.web.asked import (
    EFFECTS,
    LOG_KEYS,
    MOST_ITEMS,
    LogFilter,
    Query,
    cursor,
    log_filter,
    one,
    place,
    refuse_unknown,
    whole,
)
from tracker.web.log_pages import events_of, stories_of, witnesses
from tracker.web.present_pages import require_watch
from tracker.web.reading import Reading, trial_key
from tracker.web.refusals import Refusal
from tracker.web.search_page import searched
from tracker.web.trial_pages import seen, versions_asked, which

PER_PAGE = 50


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A story with its headline and its events, weightiest first.

    A story asked for by itself names its ``witnesses``: the events by which linked registries said the same again.
    """

    id: str
    trial: str
    headline: str
    severity: Severity
    parts: tuple[str, ...]
    events: tuple[dict[str, Any], ...]
    witnesses: tuple[str, ...] = ()


class Stories(msgspec.Struct, frozen=True, kw_only=True):
    """Stories, the latest first; ``next`` is the ``after`` of the next page, empty on the last. A page may hold none."""

    stories: tuple[Told, ...]
    next: str = ""


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """Events, oldest first, as ``tracker changes --json``; ``next`` is the ``after`` of the next page."""

    events: tuple[dict[str, Any], ...]
    next: str = ""


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as it stands, as ``tracker list --json``."""

    trial: str
    label: str
    brief_title: str | None
    recruitment_status: str | None
    start_date: dict[str, str | None] | None
    primary_completion_date: dict[str, str | None] | None
    enrollment: dict[str, int | str | None] | None
    results_state: str | None
    last_update_posted: dict[str, str | None] | None
    nearest: Nearest | None
    removed_at: dt.datetime | None
    url: str | None
    registrations: tuple[Registration, ...] = ()
    followed_by_link: tuple[str, ...] = ()


class Trials(msgspec.Struct, frozen=True, kw_only=True):
    """Followed trials by key; ``next`` is the ``after`` of the next page."""

    trials: tuple[Present, ...]
    next: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial in one version: the ``number``-th of ``versions``. The current one has ``duties`` of today: estimates."""

    trial: str
    number: int
    versions: int
    version: SnapshotMeta
    watches: tuple[str, ...]
    record: TrialRecord
    duties: tuple[RegistrationDuty, ...]
    registrations: tuple[Registration, ...] = ()


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """The stored versions of a trial, oldest first."""

    trial: str
    versions: tuple[SnapshotMeta, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two versions, as ``tracker diff --json``; ``story`` is null when nothing did."""

    trial: str
    story: Told | None
    events: tuple[dict[str, Any], ...]


class WatchCount(msgspec.Struct, frozen=True, kw_only=True):
    """A watch and how many trials it follows."""

    name: str
    trials: int


class Watches(msgspec.Struct, frozen=True, kw_only=True):
    """All watches."""

    watches: tuple[WatchCount, ...]


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Days that matter, in their order, as ``tracker deadlines --json``; ``next`` is the ``after`` of the next page."""

    deadlines: tuple[Deadline, ...]
    next: str = ""


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the work goes."""

    sources: tuple[SourceState, ...]
    held_runs: tuple[Run, ...]
    incidents: tuple[Incident, ...]
    unsent: Mapping[str, int]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may be asked: by the query, or as a part of the path."""

    name: str
    text: str
    place: Literal["query", "path"] = "query"
    type: Literal["string", "integer"] = "string"
    least: int | None = None
    most: int | None = None
    longest: int = 200
    choices: tuple[str, ...] = ()
    pattern: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route of the API. ``answer`` makes what it gives, which is a ``gives``."""

    path: str
    name: str
    text: str
    gives: type[msgspec.Struct]
    answer: Callable[[Reading, Mapping[str, str], Query], msgspec.Struct]
    parameters: tuple[Parameter, ...] = ()

    @property
    def query_keys(self) -> frozenset[str]:
        """What its query may hold."""
        return frozenset(one_.name for one_ in self.parameters if one_.place == "query")


def answer(operation: Operation, reading: Reading, path: Mapping[str, str], query: Query) -> bytes:
    """The answer of a route as JSON."""
    refuse_unknown(query, operation.query_keys)
    return machine.document(operation.answer(reading, path, query)).encode()


# --- answers ----------------------------------------------------------------------------------------------------------


def _told(found: StoryChanges) -> Told:
    first = found.events[0]
    events = tuple(map(_event, found.events))
    return Told(
        id=found.story.id if found.story else first.id,
        trial=first.trial,
        headline=kinds.story_headline(found.events),
        severity=found.story.severity if found.story else first.severity,
        parts=found.story.parts if found.story else (first.id,),
        events=events,
    )


def _event(event: Event) -> dict[str, Any]:
    return machine.event_json(event)


def _log(query: Query, reading: Reading) -> LogFilter:
    return log_filter(query, reading.context)


def _limit(query: Query) -> int:
    return whole(query, "limit", default=PER_PAGE, least=1, most=MOST_ITEMS)


def _stories(reading: Reading, _path: Mapping[str, str], query: Query) -> Stories:
    try:
        found = stories_of(reading, _log(query, reading), cursor(query), _limit(query))
    except UsageError as error:
        raise Refusal(400, error.message) from None
    return Stories(stories=tuple(map(_told, found.items)), next=found.next)


def _story(reading: Reading, path: Mapping[str, str], _query: Query) -> Told:
    found = reading.archive.story(path["story"])
    if found is None:
        raise Refusal(404, "There is no such story.")
    again = tuple(one.id for one in witnesses(reading, found.events))
    return msgspec.structs.replace(_told(found), witnesses=again)


def _events(reading: Reading, _path: Mapping[str, str], query: Query) -> Events:
    try:
        found = events_of(reading, _log(query, reading), cursor(query), _limit(query))
    except UsageError as error:
        raise Refusal(400, error.message) from None
    return Events(events=tuple(map(_event, found.items)), next=found.next)


def _trials(reading: Reading, _path: Mapping[str, str], query: Query) -> Trials:
    limit, watch, after = _limit(query), one(query, "watch"), place(query)
    if watch:
        require_watch(reading, watch)
    status = _log(query, reading).status
    found = [
        each
        for each in reading.standing_of(watch)
        if each.row.trial > after and (not status or (each.row.recruitment_status == status and not each.row.removed_at))
    ]
    shown = reading.rows(found[:limit], watch)
    keys = [row.trial for row in shown]
    also, by_link = reading.archive.registrations(keys), reading.archive.followed_by_link(keys)
    shown = [
        msgspec.structs.replace(row, registrations=also.get(row.trial, ()), linked=by_link.get(row.trial, ())) for row in shown
    ]
    return Trials(trials=tuple(map(_present, shown)), next=shown[-1].trial if len(found) > limit else "")


def _present(row: PresentRow) -> Present:
    built = {name: msgspec.to_builtins(getattr(row, name)) for name in ("start_date", "primary_completion_date")}
    return Present(
        trial=row.trial,
        label=row.label,
        brief_title=row.brief_title,
        recruitment_status=row.recruitment_status,
        start_date=built["start_date"],
        primary_completion_date=built["primary_completion_date"],
        enrollment=msgspec.to_builtins(row.enrollment),
        results_state=row.results_state,
        last_update_posted=msgspec.to_builtins(row.last_update_posted),
        nearest=row.nearest,
        removed_at=row.removed_at,
        url=row.url,
        registrations=row.registrations,
        followed_by_link=row.linked,
    )


def _trial(reading: Reading, path: Mapping[str, str], query: Query) -> Trial:
    key = trial_key(reading, path["trial"])
    view = seen(reading, key, which(reading, query))
    also = reading.archive.registrations([key]).get(key, ())
    return Trial(
        trial=key,
        number=view.number,
        versions=view.versions,
        version=view.version,
        watches=reading.archive.watches_of([key])[key],
        record=public_record(view.record),
        registrations=also,
        duties=reading.archive.duties(view.record, reading.today, also).rows if view.number == view.versions else (),
    )


def _versions(reading: Reading, path: Mapping[str, str], _query: Query) -> Versions:
    key = trial_key(reading, path["trial"])
    return Versions(trial=key, versions=tuple(reading.archive.timeline(key)))


def _comparison(reading: Reading, path: Mapping[str, str], query: Query) -> Comparison:
    key = trial_key(reading, path["trial"])
    old, new = versions_asked(query, len(list(reading.archive.timeline(key))))
    found = reading.archive.compare(reading.archive.version(key, old), reading.archive.version(key, new))
    if old == new or not found.events:
        return Comparison(trial=key, story=None, events=())
    told = _told(StoryChanges(story=found.story, events=found.events))
    return Comparison(trial=key, story=told, events=told.events)


def _search(reading: Reading, _path: Mapping[str, str], query: Query) -> SearchAnswer:
    return searched(reading, query, _limit(query))


def _watches(reading: Reading, _path: Mapping[str, str], _query: Query) -> Watches:
    names = reading.context.watches
    return Watches(watches=tuple(WatchCount(name=name, trials=reading.archive.count_followed([name])) for name in names))


def _deadlines(reading: Reading, _path: Mapping[str, str], query: Query) -> Deadlines:
    limit, watch = _limit(query), one(query, "watch")
    if watch:
        require_watch(reading, watch)
    after = place(query)
    found = [row for row in reading.due(watch) if row.cursor > after][: limit + 1]
    shown = found[:limit]
    return Deadlines(deadlines=tuple(row.deadline for row in shown), next=shown[-1].cursor if len(found) > limit else "")


def _health(reading: Reading, _path: Mapping[str, str], _query: Query) -> HealthReport:
    found = reading.archive.health()
    return HealthReport(
        sources=tuple(state for _, state in sorted(reading.archive.source_states().items())),
        held_runs=found.held_runs,
        incidents=found.incidents,
        unsent={str(state): count for state, count in found.unsent.items()},
    )


# --- routes -----------------------------------------------------------------------------------------------------------

_TEXTS = {
    "watch": "Only what this watch follows.",
    "group": "Only trials of this group of a `trials_file`.",
    "kind": "Only changes of this kind.",
    "effect": "Only changes with this effect.",
    "min_severity": "Only changes of this severity or weightier: minor, notable, major.",
    "source": "Only this source.",
    "country": "Only trials with this country.",
    "status": "Only trials that have this recruitment status now.",
    "since": "Only from this day, or so far back (7d, 24h, 2w), on.",
    "until": "Only up to this day, or so far back.",
    "words": "Only what holds all of these words.",
    "trial": "Only this trial: its key or its registry number.",
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(sorted(KIND_NAMES)),
    "effect": EFFECTS,
    "min_severity": SEVERITIES,
    "status": RECRUITMENT_STATUSES,
}
_WHEN = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,4}[hdw])$"
_PATTERNS = {"since": _WHEN, "until": _WHEN}


def _filter(name: str) -> Parameter:
    return Parameter(name=name, text=_TEXTS[name], choices=_CHOICES.get(name, ()), pattern=_PATTERNS.get(name, ""))


_FILTERS = tuple(map(_filter, LOG_KEYS))
_PAGING = (
    Parameter(name="limit", text="How many at most.", type="integer", least=1, most=MOST_ITEMS),
    Parameter(name="after", text="The `next` of the page before."),
)
_TRIAL = Parameter(name="trial", text="A key such as ctgov:NCT07177911, or a registry's number.", place="path")
_WATCH = _filter("watch")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        path="/stories", name="stories", text="Stories, the latest first.", gives=Stories, answer=_stories,
        parameters=(*_FILTERS, *_PAGING),
    ),
    Operation(
        path="/stories/{story}", name="story", text="One story with its evidence.", gives=Told, answer=_story,
        parameters=(Parameter(name="story", text="Its id.", place="path"),),
    ),
    Operation(
        path="/changes", name="changes", text="The change log, oldest first.", gives=Events, answer=_events,
        parameters=(*_FILTERS, *_PAGING),
    ),
    Operation(
        path="/trials", name="trials", text="The present.", gives=Trials, answer=_trials,
        parameters=(_WATCH, _filter("status"), *_PAGING),
    ),
    Operation(
        path="/trials/{trial}", name="trial", text="A trial's record, now or as it stood.", gives=Trial, answer=_trial,
        parameters=(
            _TRIAL,
            Parameter(name="at", text="A day: the version that stood at its end.", pattern=_WHEN),
            Parameter(name="version", text="A version's number; -1 is the latest.", type="integer", least=-9_999, most=9_999),
        ),
    ),
    Operation(
        path="/trials/{trial}/versions", name="versions", text="A trial's stored versions.", gives=Versions,
        answer=_versions, parameters=(_TRIAL,),
    ),
    Operation(
        path="/trials/{trial}/compare", name="compare", text="What changed between two versions.", gives=Comparison,
        answer=_comparison,
        parameters=(
            _TRIAL,
            Parameter(name="old", text="A version's number.", type="integer", least=1, most=9_999),
            Parameter(name="new", text="A version's number.", type="integer", least=1, most=9_999),
        ),
    ),
    Operation(
        path="/search", name="search", text="Followed trials that hold words, the best first.", gives=SearchAnswer,
        answer=_search,
        parameters=(
            Parameter(name="q", text="The words; a phrase stands in quotation marks.", longest=LONGEST_QUESTION),
            _WATCH,
            *_PAGING,
        ),
    ),
    Operation(path="/watches", name="watches", text="All watches.", gives=Watches, answer=_watches),
    Operation(
        path="/deadlines", name="deadlines", text="Days that matter: estimates.", gives=Deadlines, answer=_deadlines,
        parameters=(_WATCH, *_PAGING),
    ),
    Operation(path="/health", name="health", text="How the work goes.", gives=HealthReport, answer=_health),
)  # fmt: skip
"""Every route of the API; the OpenAPI document is at /openapi.json beside them."""
