"""A batch of answers: look at each, say what of the store is needed to judge it, then decide on all of them. Pure.

`look` reads what was served, `wanted` names what is to be loaded, `decide` gives what is to be staged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from traceback import extract_tb

import msgspec

from tracker import alerts, log
from tracker.detect import age, mirrors, served, verdict
from tracker.detect.verdict import CheckContext, CheckResult
from tracker.errors import SourceError, printable
from tracker.events import Detected
from tracker.model.alert import Alert
from tracker.model.details import EnteredDetails, NewRegistrationDetails, WatchDetails
from tracker.model.event import Event, Story
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import (
    Absent,
    Answer,
    DataVersion,
    Document,
    Failed,
    FollowsCalendar,
    Found,
    Issue,
    NotModified,
    Parsed,
    Source,
)
from tracker.model.staging import Batch, StagedEvent
from tracker.model.vocabulary import Severity
from tracker.model.watch import Membership, SearchEntry, SearchMove, Watch
from tracker.text.search import search_texts

_LOG = log.get(__name__)

_REPORT = "Please report it; the trial is asked for again."


class RunContext(msgspec.Struct, frozen=True, kw_only=True):
    """What some trials of a run are judged by: the source and its data, the trials, and who follows them or is about to.

    ``joined`` says since when each watch follows a trial, ``entering`` which watches' searches it enters in this run,
    ``silent`` which watches it joined without being told of, ``by_link`` names those that are followed by a link alone.
    ``calendar_at`` is when the calendar's rules last ran over all trials.
    """

    source: Source
    data: DataVersion | None
    followed: Mapping[str, TrackedTrial]
    watches: Mapping[str, Watch] = {}
    joined: Mapping[str, Mapping[str, datetime]] = {}
    entering: Mapping[str, Sequence[tuple[str, SearchEntry]]] = {}
    silent: Mapping[str, frozenset[str]] = {}
    by_link: frozenset[str] = frozenset()
    overrides: Mapping[str, Severity] = {}
    calendar_at: datetime | None = None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and what was read of it; ``parsed`` is None where nothing differs from the stored version.

    ``data_version`` is the registry's date of its data that the document itself states. ``older`` says in what it is older
    than what was accepted before: then nothing more was read. ``fingerprint`` is what its bytes are to be known by, if it is
    a new one.
    """

    answer: Answer
    digest: str = ""
    parsed: Parsed | None = None
    data_version: str | None = None
    older: str = ""
    fingerprint: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What of the store is needed to judge a batch.

    ``documents`` are ids of stored versions, ``moved`` the trials whose past is asked for. ``homes`` maps the registry's
    record that a page repeats to the time after which a version of it is news for one of the pages. ``believed`` names the
    versions that a trial's stored one is read from where it is not believed itself.
    """

    documents: tuple[int, ...] = ()
    moved: tuple[str, ...] = ()
    homes: Mapping[str, datetime] = {}
    believed: Mapping[str, tuple[int, ...]] = {}


class BatchInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What was loaded to judge a batch, by trial; ``homes`` by the key of the registry's record, ``believed`` by version.

    ``alerts`` are those of recent past events that were sent or are about to be, by the event; None where nobody looked.
    """

    documents: Mapping[str, Document] = {}
    past: Mapping[str, tuple[Event, ...]] = {}
    alerts: Mapping[str, tuple[Alert, ...]] | None = None
    tracking_since: Mapping[str, datetime] = {}
    registered_at: Mapping[str, datetime] = {}
    homes: Mapping[str, mirrors.Home] = {}
    believed: Mapping[str, Mapping[int, Document]] = {}


class BatchDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch comes to: the result of each check, and all that is to be staged."""

    results: tuple[CheckResult, ...]
    batch: Batch


def joined_by(members: Iterable[Membership]) -> dict[str, dict[str, datetime]]:
    """Since when each watch follows each trial."""
    joined: dict[str, dict[str, datetime]] = {}
    for member in members:
        joined.setdefault(member.trial, {})[member.watch] = member.joined_at
    return joined


def silent_by(members: Iterable[Membership]) -> dict[str, frozenset[str]]:
    """The watches that each trial joined without being told of."""
    silent: dict[str, frozenset[str]] = {}
    for member in members:
        if member.silent:
            silent[member.trial] = silent.get(member.trial, frozenset()) | {member.watch}
    return silent


def followed_by_link(members: Iterable[Membership]) -> frozenset[str]:
    """The trials that are followed by a link alone."""
    linked: dict[str, bool] = {}
    for member in members:
        linked[member.trial] = linked.get(member.trial, True) and member.how == "linked"
    return frozenset(trial for trial, alone in linked.items() if alone)


def look(run: RunContext, answer: Answer) -> Looked:
    """Read an answer as far as it differs from what is stored; one that cannot be read has failed."""
    if not isinstance(answer, Found) or answer.canonical is not None:
        return Looked(answer=answer)
    known, document = run.followed[answer.trial], answer.document
    try:
        known_by = served.known_by(run.source, document, known)
        digest, stated = known_by.digest, known_by.data_version
        if stated and age.is_older_data(stated, known.data_version, document.fetched_at):
            return Looked(answer=answer, older=f"its data are of {stated}, and of {known.data_version} in what we have")
        if known.current and known.current.digest == digest and not known.current.doubted:
            return Looked(answer=answer, digest=digest, data_version=stated, fingerprint=known_by.fingerprint)
        parsed = run.source.parse(document)
        return Looked(answer=answer, digest=digest, parsed=parsed, data_version=stated, fingerprint=known_by.fingerprint)
    except SourceError as error:
        return Looked(answer=_failed(known, error))
    except Exception as error:
        return Looked(answer=broken(known.key, error))


def wanted(run: RunContext, looks: Iterable[Looked], now: datetime) -> Wanted:
    """What of the store these answers must be judged against."""
    documents: list[int] = []
    moved: list[str] = []
    homes: dict[str, datetime] = {}
    believed: dict[str, tuple[int, ...]] = {}
    for looked in looks:
        known = run.followed[looked.answer.trial]
        if looked.parsed is not None and known.current and known.current.kept:
            believed[known.key] = tuple(sorted({field.snapshot for field in known.current.kept}))
        if looked.parsed is not None:
            moved.append(known.key)
        if known.current and not looked.older and _needs_stored(run, known, looked, now):
            documents.append(known.current.id)
        for key in _home_keys(run, known, looked):
            homes[key] = min(known.first_seen_at, homes.get(key, known.first_seen_at))
    return Wanted(documents=tuple(documents), moved=tuple(moved), homes=homes, believed=believed)


def decide(run: RunContext, looks: Iterable[Looked], inputs: BatchInputs, now: datetime) -> BatchDecision:
    """Judge each answer by itself, and say what the calendar, the searches and the registries of pages make of it.

    What goes wrong in judging one fails that trial alone, and its operator hears why: a mistake of ours must not end the
    following of every other trial.
    """
    found = [_decided(run, looked, inputs, now) for looked in looks]
    results = [result for result, _ in found]
    batch = Batch(
        checks=tuple(result.staged for result in results),
        snapshots=tuple(result.snapshot for result in results if result.snapshot),
        events=tuple(event for _, batch in found for event in batch.events),
        stories=tuple(story for _, batch in found for story in batch.stories),
        alerts=tuple(alert for _, batch in found for alert in batch.alerts),
        issues=tuple((result.staged.check.trial, _noted(issue)) for result in results for issue in result.issues),
    )
    return BatchDecision(results=tuple(results), batch=batch)


def _decided(run: RunContext, looked: Looked, inputs: BatchInputs, now: datetime) -> tuple[CheckResult, Batch]:
    """The result for one answer, with its events, stories and alerts."""
    known = run.followed[looked.answer.trial]
    try:
        result = _known_by(_searchable(_result(run, looked, inputs, now)), looked.fingerprint)
        return result, _told(run, looked, result, inputs, now)
    except Exception as error:
        return verdict.failed(known, broken(known.key, error), check_context(run, known.key, now)), Batch()


def _searchable(result: CheckResult) -> CheckResult:
    """The result, its new version with the words by which it is found."""
    if result.snapshot is None or result.record is None:
        return result
    return msgspec.structs.replace(result, snapshot=msgspec.structs.replace(result.snapshot, texts=search_texts(result.record)))


def _known_by(result: CheckResult, fingerprint: str | None) -> CheckResult:
    """The result, with what the served bytes are known by from now on."""
    if fingerprint is None:
        return result
    return msgspec.structs.replace(result, staged=msgspec.structs.replace(result.staged, fingerprint=fingerprint))


def _told(run: RunContext, looked: Looked, result: CheckResult, inputs: BatchInputs, now: datetime) -> Batch:
    """The events of one check, with the stories they belong to and the alerts they make."""
    trial = result.staged.check.trial
    joined = run.joined.get(trial, {})
    events, stories = [*result.events], [*result.stories]
    record = _record_of(run, looked, result, inputs.documents.get(trial))
    made = routed(run, (staged.event for staged in result.events), joined, record)
    of_changes = tuple(made)
    for staged in result.events:
        made += alerts.follow(staged.event, of_changes, inputs.alerts or {}, run.watches)
    others = (*_lagging(run, result, inputs, now), *_came_true(run, result, now))
    made += routed(run, others, joined, record)
    for watch, event in _entered(run, result, now):
        others = (*others, event)
        made += routed(run, (event,), {watch: now}, record)
    for event in others:
        staged, story = alone(event, run.followed[trial], result)
        events.append(staged)
        stories.append(story)
    return Batch(events=tuple(events), stories=tuple(stories), alerts=tuple(made))


def check_context(
    run: RunContext, trial: str, now: datetime, *, inputs: BatchInputs | None = None, entering: Sequence[str] = ()
) -> CheckContext:
    """What an answer for one trial is judged with; ``entering`` are watches that it is about to join."""
    inputs = inputs or BatchInputs()
    info, number = run.source.info, run.followed[trial].nct_number
    watches = [run.watches[name] for name in (*entering, *run.joined.get(trial, {})) if name in run.watches]
    home_keys = info.home_keys(trial, number)
    labels = [next((watch.labels[key] for key in (trial, *home_keys) if watch.labels.get(key)), "") for watch in watches]
    home = next((inputs.homes[key] for key in home_keys if key in inputs.homes), None)
    return CheckContext(
        source=info,
        data=run.data,
        now=now,
        label=next((label for label in labels if label), ""),
        home=home.record if home else None,
        tracking_since=inputs.tracking_since.get(trial),
        registered_at=inputs.registered_at.get(trial),
        past=inputs.past.get(trial, ()),
        told=None if inputs.alerts is None else alerts.told(inputs.alerts),
        watches=tuple(watches),
        silent=run.silent.get(trial, frozenset()),
        by_link=trial in run.by_link,
        overrides=run.overrides,
    )


def _needs_stored(run: RunContext, known: TrackedTrial, looked: Looked, now: datetime) -> bool:
    """Whether the stored version is compared, read for a page's sake, or the last that is known of a trial now gone."""
    match looked.answer:
        case Absent():
            return verdict.is_gone(known, check_context(run, known.key, now))
        case Found(canonical=None) | NotModified():
            return looked.parsed is not None or run.source.info.repeats
        case _:
            return False


def _home_keys(run: RunContext, known: TrackedTrial, looked: Looked) -> set[str]:
    """The registry's records that a page repeats: by the number that it is known by, and by the one that it now carries."""
    numbers = (known.nct_number, looked.parsed.record.nct_number if looked.parsed else None)
    return set(run.source.info.home_keys(known.key, *numbers)) if known.current else set()


def _result(run: RunContext, looked: Looked, inputs: BatchInputs, now: datetime) -> CheckResult:
    known = run.followed[looked.answer.trial]
    context = check_context(run, known.key, now, inputs=inputs)
    stored = _as_told(run, known, inputs.documents.get(known.key))
    match looked.answer:
        case Found(canonical=str(canonical)):
            return verdict.merged(known, canonical, context)
        case Found() if looked.older:
            return verdict.older(known, looked.older, context)
        case Found() as answer if looked.parsed is not None:
            try:
                believed, stated = inputs.believed.get(known.key, {}), looked.data_version
                return verdict.moved(run.source, known, answer, looked.digest, looked.parsed, stored, context, stated, believed)
            except SourceError as error:
                return verdict.failed(known, _failed(known, error), context)
        case Found() as answer:
            return verdict.unchanged(known, context, answer.validators, looked.data_version)
        case NotModified():
            return verdict.unchanged(known, context)
        case Absent() as answer:
            return verdict.absent(known, answer, _read(run, stored), context)
        case Failed() as answer:
            return verdict.failed(known, answer, context)


def _as_told(run: RunContext, known: TrackedTrial, stored: Document | None) -> Document | None:
    """The stored version as it was last told of: one that follows the calendar turns with days, and these are told of daily."""
    if stored is None or known.current is None or FollowsCalendar not in type(run.source).__mro__:
        return stored
    return msgspec.structs.replace(stored, as_of=known.current.told_until(run.calendar_at))


def _read(run: RunContext, document: Document | None) -> TrialRecord | None:
    """The record of a stored version; None for one that today's parser refuses, which nothing here depends on."""
    try:
        return run.source.parse(document).record if document else None
    except SourceError:
        return None


def _lagging(run: RunContext, result: CheckResult, inputs: BatchInputs, now: datetime) -> Iterator[Event]:
    """A page that still shows what the registry has moved on from since the page was first read."""
    check = result.staged.check
    known = run.followed[check.trial]
    if not run.source.info.repeats or known.current is None or check.status not in ("unchanged", "changed", "quiet"):
        return
    record = result.record or _read(run, inputs.documents.get(check.trial))
    keys = run.source.info.home_keys(check.trial, record.nct_number) if record else ()
    home = next((inputs.homes[key] for key in keys if key in inputs.homes), None)
    if record is None or home is None or home.current.first_seen_at <= known.first_seen_at:
        return
    event = verdict.lagging(check.trial, record, home, check_context(run, check.trial, now))
    if event is not None:
        yield event


def _came_true(run: RunContext, result: CheckResult, now: datetime) -> tuple[Event, ...]:
    """What the calendar says of a trial that changed. Pages repeat their registry and have no calendar of their own."""
    known = run.followed[result.staged.check.trial]
    if run.source.info.kind != "registry" or result.record is None or result.before is None or known.removed_at:
        return ()
    if age.is_clock_ahead(run.data, now):
        return ()
    context = check_context(run, known.key, now)
    return verdict.came_true(known, result.record, run.calendar_at, context, before=result.before, snapshot=result.snapshot)


def _entered(run: RunContext, result: CheckResult, now: datetime) -> Iterator[tuple[str, Event]]:
    """The events, each with its watch, of a trial that was read for the first time because a search now holds it."""
    trial = result.staged.check.trial
    if result.staged.check.status != "baseline" or result.record is None:
        return
    for watch, entry in run.entering.get(trial, ()):
        if entry.kind:
            context = check_context(run, trial, now, entering=(watch,))
            move = SearchMove(trial=trial, watch=watch, kind=entry.kind, reason=entry.reason, returned=entry.returned)
            yield watch, entered_or_left(move, result.record, context)


def entered_or_left(move: SearchMove, record: TrialRecord, context: CheckContext) -> Event:
    """The event of a trial that a watch's search now holds, holds again or holds no more."""
    details = WatchDetails(watch=move.watch, reason=move.reason or None)
    if move.kind != "left_watch":
        made: type[EnteredDetails] = NewRegistrationDetails if move.kind == "new_registration" else EnteredDetails
        details = made(watch=move.watch, reason=move.reason or None, returned=move.returned)
    return verdict.entered_or_left(move.kind, move.trial, record, details, context)


def alone(event: Event, known: TrackedTrial, result: CheckResult | None = None) -> tuple[StagedEvent, Story]:
    """An event that is a story of its own."""
    (story,) = verdict.stories_of((event,))
    old, new = verdict.versions(known, result.snapshot if result else None)
    return StagedEvent(event=event, old=old, new=new), story


def told_of(run: RunContext, known: TrackedTrial, detected: Detected, record: TrialRecord) -> Batch:
    """What is to be staged of the events of one trial that stand in one story."""
    old, new = verdict.versions(known)
    return Batch(
        events=tuple(StagedEvent(event=event, old=old, new=new) for event in detected.events),
        stories=(detected.story,) if detected.story else (),
        alerts=tuple(routed(run, detected.events, run.joined.get(known.key, {}), record)),
    )


def routed(run: RunContext, events: Iterable[Event], joined: Mapping[str, datetime], record: TrialRecord | None) -> list[Alert]:
    """The alerts of events; ``joined`` says since when each watch follows their trial, ``record`` is that trial's."""
    return [alert for event in events for alert in alerts.route(event, run.watches, joined, record)]


def _record_of(run: RunContext, looked: Looked, result: CheckResult, stored: Document | None) -> TrialRecord | None:
    """The record that an event of a check is about: the one just read, else the last one known; None where nobody asks."""
    if not any(run.watches[name].about for name in run.joined.get(result.staged.check.trial, {}) if name in run.watches):
        return result.record
    answer = looked.answer
    served = answer.document if isinstance(answer, Found) and answer.canonical is None else None
    return result.record or _read(run, served if result.events else None) or _read(run, stored)


def _noted(issue: Issue) -> Issue:
    """A field never met before is one piece of news whatever each trial says in it; the trial named with it is the example."""
    return msgspec.structs.replace(issue, value="") if issue.code == "unknown_field" else issue


def _failed(known: TrackedTrial, error: SourceError) -> Failed:
    return Failed(trial=known.key, error=str(error))


def broken(trial: str, error: Exception) -> Failed:
    """A trial that a mistake of this program keeps from being judged."""
    return Failed(trial=trial, error=mistake(trial, error))


def mistake(what: str, error: Exception) -> str:
    """A sentence about a mistake of this program in reading or comparing something.

    Its place is named, but no traceback is logged: an error may quote a registry's text, of any length and character.
    """
    place = extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {' '.join(str(error)[:300].split())}"
    _LOG.error(log.pairs("trial_not_judged", trial=what, error=said))
    return f"{what}: this program made a mistake in reading or comparing it ({printable(said)}). {_REPORT}"
