"""``doctor --live``: each registry and site is asked for a known record and a search, and a report is written to send back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tracker import __version__, clock
from tracker.cli.app import App
from tracker.errors import SourceError, StoreError, UsageError
from tracker.model.ids import split_key
from tracker.model.live import LiveCheck
from tracker.model.source import Absent, Asked, Failed, Found, Provable, Search, Searchable, Versioned
from tracker.sync.observed import ObservedFetch

if TYPE_CHECKING:
    from tracker.fetch import BoundFetch, Waiting
    from tracker.model.source import Source
    from tracker.render.tables import Finding

REPORT = "tracker-live-report.json"
"""The report's file, in the present folder, unless another one is named."""

ANY_SEARCH = Search(fields={"condition": "asthma"})
"""What a registry is asked for that no watch searches."""


def live_checks(app: App, waiting: Waiting) -> list[LiveCheck]:
    """Ask each enabled source, one after the other."""
    from tracker.fetch import Fetcher, Limits, user_agent

    agent = user_agent(app.settings.http.contact or "", __version__)
    with Fetcher(user_agent=agent, limits=Limits(attempts=1), waiting=waiting) as fetcher:
        made = []
        for key, source in app.sources.items():
            its = app.settings.sources[key]
            if its.enabled and source.info.hosts and not source.info.from_files:
                fetch = fetcher.bind(source.info, base_url=its.base_url, pace=its.pace, tls=its.tls, user_agent=its.user_agent)
                made.append(_checked(app, source, fetch))
        return made


def _checked(app: App, source: Source, bound: BoundFetch) -> LiveCheck:
    """Version, record and search of a source, each on its own: one that fails does not hide the others."""
    from tracker.sync.canaries import at_its_own_address

    fetch, info = ObservedFetch(bound), source.info
    found = LiveCheck(source=info.key, title=info.title, kind=info.kind, own_address=at_its_own_address(app.settings, info))
    found = _asked_record(_asked_version(found, source, fetch), app, source, fetch)
    found = _asked_search(found, app, source, fetch)
    ahead = None if bound.server_time is None else round((clock.now() - bound.server_time).total_seconds(), 1)
    return msgspec.structs.replace(
        found,
        profiles=tuple((attempt.profile, attempt.got) for attempt in bound.attempts()),
        exchanges=tuple(fetch.exchanges),
        clock_ahead=ahead,
    )


def _asked_version(found: LiveCheck, source: Source, fetch: ObservedFetch) -> LiveCheck:
    fetch.step = "version"
    if not isinstance(source, Versioned):
        return found
    try:
        return msgspec.structs.replace(found, version=source.data_version(fetch).date)
    except SourceError as error:
        return msgspec.structs.replace(found, why=error.message)


def _asked_record(found: LiveCheck, app: App, source: Source, fetch: ObservedFetch) -> LiveCheck:
    from tracker.sync.canaries import missing_anchors

    fetch.step = "record"
    asked = _known(app, source)
    try:
        if asked is None:
            return _greeted(found, source, fetch)
        answer = next(iter(source.retrieve([asked], fetch, None)), None)
        if isinstance(answer, Found):
            parsed = source.parse(answer.document)
            missing = missing_anchors(source.info, parsed.record)
            return msgspec.structs.replace(
                found,
                record="anchors missing" if missing else "ok",
                anchors_found=tuple(anchor for anchor in source.info.anchors if anchor not in missing),
                anchors_missing=missing,
                issues=parsed.issues,
                why=f"the known record lacks {', '.join(missing)}" if missing else found.why,
            )
        why = answer.why if isinstance(answer, Absent) else answer.error if isinstance(answer, Failed) else "no answer came"
        return msgspec.structs.replace(found, record=type(answer).__name__, why=why)
    except SourceError as error:
        return msgspec.structs.replace(found, record=type(error).__name__, why=error.message)


def _greeted(found: LiveCheck, source: Source, fetch: ObservedFetch) -> LiveCheck:
    """Whether a source answers at all, where no record of it is known; one that was asked for its version has answered."""
    if found.version or isinstance(source, Searchable):
        return found
    fetch.step = "front page"
    fetch.get(fetch.base_url, accept="text/html")
    return found


def _known(app: App, source: Source) -> Asked | None:
    """The source's canary; else one of the trials or pages that are followed of it."""
    from tracker.sync.canaries import known_trial

    asked = known_trial(app.settings, source)
    if asked is not None:
        return asked
    for watch in app.settings.watches:
        for page in watch.pages:
            if page.source == source.info.key:
                return Asked(trial=page.trial, url=page.url)
        for trial in watch.trials:
            if split_key(trial).source == source.info.key:
                return Asked(trial=trial)
    try:
        with app.store() as store:
            kept = sorted(trial for _, trial in app.archive_of(store).brought_in())
    except StoreError:
        kept = []
    return next((Asked(trial=trial) for trial in kept if split_key(trial).source == source.info.key), None)


def _asked_search(found: LiveCheck, app: App, source: Source, fetch: ObservedFetch) -> LiveCheck:
    """The first search that a watch asks of a registry, or a plain one."""
    from tracker.detect.listing import search_for

    fetch.step = "search"
    if not isinstance(source, Searchable):
        return found
    own = (search_for(watch, source.info) for watch in app.settings.watches)
    search = next((search for search in own if search is not None), ANY_SEARCH)
    try:
        names = tuple(name for name, _ in source.criteria(search)) if isinstance(source, Provable) else tuple(search.fields)
        counted = source.count(search, fetch)
    except SourceError as error:
        return msgspec.structs.replace(found, search=type(error).__name__, why=found.why or error.message)
    why = found.why or " ".join(counted.misread)
    return msgspec.structs.replace(
        found, search="ok", total=counted.total, criteria=names, misread=len(counted.misread), why=why
    )


def live_findings(checks: list[LiveCheck]) -> Iterator[Finding]:
    """A line for each source: what was asked, and how it went."""
    from tracker.render.tables import Finding

    for one in checks:
        said = [
            f"record {one.record}" + (f" ({len(one.anchors_found)} anchors)" if one.anchors_found else ""),
            f"search {one.search}" + (f" ({one.total:,} trials)" if one.total is not None else ""),
            f"{len(one.exchanges)} requests in {sum(exchange.seconds for exchange in one.exchanges):,.1f} s",
            *(f"{got} with {profile}" for profile, got in one.profiles),
        ]
        if one.issues:
            said.append(f"{len(one.issues)} values not read")
        ok, text = one.is_well, ", ".join(said)
        yield Finding(
            subject=one.title,
            state="ok" if ok else "problem",
            text=text if ok else f"{text}: {one.why.rstrip('.')}." if one.why else f"{text}.",
            remedy="" if ok else "Send the report: it holds no address, name or secret of yours.",
        )


def write_report(checks: list[LiveCheck], path: Path) -> None:
    """The report, in the place of an earlier one. Raises UsageError where it cannot be written."""
    from tracker.render import live_report

    try:
        path.write_bytes(live_report.report(checks, clock.now(), __version__))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"The report cannot be written to {path}: {reason}.", remedy="Name another: --report FILE.") from error
