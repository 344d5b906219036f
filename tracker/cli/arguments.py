"""What users type, turned into values: trials, dates and time spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import clock
from tracker.archive.asked import moment, require_order
from tracker.cli.app import App
from tracker.errors import TrackerError, UsageError
from tracker.model.event import EventFilter
from tracker.model.ids import recognise
from tracker.model.source import Document, Source
from tracker.model.vocabulary import KIND_NAMES, RECRUITMENT_STATUSES, Severity
from tracker.model.watch import About

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.text.about import Word


def as_written(app: App, trials: Iterable[str]) -> list[str]:
    """What was typed as a configuration writes it; the address of a study at its registry is its number."""
    from tracker.config import edit
    from tracker.config.trials import study_number

    infos = {key: source.info for key, source in app.sources.items()}
    return edit.written(study_number(text, infos) or text for text in trials)


def trial_key(app: App, text: str) -> str:
    """The key of a trial given as a registry's number, a key (``meddatax:NCT…``) or a page's address."""
    if text.startswith(("http://", "https://")):
        from tracker import sources

        page = sources.page_of(text, {key: its.base_url for key, its in app.settings.sources.items()}, app.page_sites)
        if page:
            return page.trial
    source, _, number = text.partition(":")
    if source in app.sources and number:
        return f"{source}:{number}"
    found = recognise(text)
    if found is None and number and _is_kept(app, text):
        return text  # of a site that the configuration describes no longer
    if found is None:
        raise UsageError(
            f"{text} is not a number of a known registry.",
            remedy="Give a number such as NCT07177911, or source:number as `tracker list --format csv` shows it.",
        )
    return found.key


def _is_kept(app: App, key: str) -> bool:
    try:
        with app.archive() as archive:
            return archive.is_kept(key)
    except TrackerError:
        return False  # what is wrong with the database or the configuration is said by whoever needs it


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that narrow the change log; it hands them to `event_filter`."""
    severities = click.Choice(["minor", "notable", "major"])
    for option in (
        click.option("--min-severity", type=severities, default="minor", help="Only changes of this severity or weightier."),
        click.option("--kind", "kinds", metavar="KIND", multiple=True, help="Only changes of this kind; may be repeated."),
        click.option(
            "--about",
            metavar="WORD",
            multiple=True,
            help="Only what holds this word in the trial or in what changed (with a minus: lacks it); may be repeated.",
        ),
        click.option("--until", metavar="DATE", help="Only changes up to this day, or so far back."),
        click.option("--since", metavar="7d|DATE", help="Only changes from this day, or so far back, on."),
    ):
        command = option(command)
    return command


def event_filter(
    app: App,
    *,
    watch: str | None,
    trials: Iterable[str],
    since: str | None,
    until: str | None,
    kinds: Sequence[str],
    min_severity: Severity,
    about: Sequence[str] = (),
) -> EventFilter:
    """The changes that are asked for; ``trials`` are as typed. Raises UsageError for a kind there is not."""
    if unknown := set(kinds) - KIND_NAMES:
        raise UsageError(f"There is no kind {', '.join(sorted(unknown))}.", remedy="docs/changes.md lists them all.")
    now = clock.now()
    begin = moment(since, timezone=app.timezone, now=now) if since else None
    end = moment(until, timezone=app.timezone, now=now, end_of_day=True) if until else None
    require_order(begin, end)
    return EventFilter(
        since=begin,
        until=end,
        watch=watch,
        trials=frozenset(trial_key(app, trial) for trial in trials),
        kinds=frozenset(kinds),
        min_severity=min_severity,
        about=_about(about) if about else About(),
    )


def group_members(archive: Archive, group: str) -> frozenset[str]:
    """The trials of a group. Raises UsageError, naming those there are, for one that no watch knows."""
    groups = {given.casefold(): given for watch in archive.watches for given in watch.groups.values()}
    if group.casefold() not in groups:
        there = ", ".join(sorted(groups.values())) or "none; the column group of a trials_file names them"
        raise UsageError(f"There is no group {group}.", remedy=f"Groups: {there}.")
    return archive.in_group(group)


def _about(words: Iterable[str]) -> About:
    from tracker.text.about import about_of

    return about_of(map(_about_word, words))


def _about_word(text: str) -> Word:
    from tracker.text.about import about_word

    word = about_word(text)
    if isinstance(word, str):
        raise UsageError(f"--about {text!r}: {word}", remedy="Write --about pembrolizumab, or --about=-paediatric.")
    return word


def recruitment_status(text: str) -> str:
    """A recruitment status as typed (``recruiting``, ``"Active, not recruiting"``), in the registry's word."""
    word = "_".join(re.findall(r"[A-Z]+", text.upper()))
    if word not in RECRUITMENT_STATUSES:
        raise UsageError(f"{text} is not a recruitment status.", remedy=f"They are {', '.join(RECRUITMENT_STATUSES)}.")
    return word


def version(app: App, text: str) -> int | datetime:
    """A stored version as typed: its number (1 is the first, -1 the latest), or the end of a day in the reader's time zone."""
    if re.fullmatch(r"-?\d{1,3}", text):
        return int(text)
    return moment(text, timezone=app.timezone, now=clock.now(), end_of_day=True).astimezone(app.timezone)


def saved(app: App, path: Path, source_key: str | None) -> tuple[Source, Document]:
    """A saved payload or page as a document; the source is recognised when it is not named."""
    from tracker.extract.saved import opened, what_it_is

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", remedy="Name a saved payload or page.") from error
    if source_key is not None and source_key not in app.sources:
        raise UsageError(f"There is no source {source_key}.", remedy=f"Sources: {', '.join(app.sources)}.")
    body = opened(data)
    candidates = [app.sources[source_key]] if source_key else list(app.sources.values())
    for source in candidates:
        key = source.sniff(body)
        if key or source_key:
            return source, _document(source, key or f"{source.info.key}:?", path, body)
    looks = what_it_is(data)
    raise UsageError(
        f"{path} is not recognised as a payload or page of any source ({', '.join(app.sources)}).{looks and f' {looks}.'}",
        remedy="Save one record by itself, as UTF-8, and try again."
        if looks
        else "Name the source with --source to see why it cannot be read.",
    )


def _document(source: Source, key: str, path: Path, body: bytes) -> Document:
    from tracker.extract.decoding import opens_with_tag

    is_json = body.lstrip()[:1] in (b"{", b"[")
    kind = "text/html" if opens_with_tag(body) else "application/json" if is_json else "text/plain"
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)  # not the present: what is read off a file stays the same
    return Document(
        source=source.info.key,
        trial=key,
        url=path.absolute().as_uri(),
        body=body,
        content_type=kind,
        fetched_at=saved_at,
        as_of=saved_at,
    )
