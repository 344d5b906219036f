"""The ``backfill`` command: the past of trials, by their registry's own history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from tracker import clock
from tracker.cli.app import App
from tracker.cli.arguments import trial_key
from tracker.cli.options import Shared, shared_options
from tracker.errors import PassEndedError, UsageError
from tracker.render.safe_text import plural

if TYPE_CHECKING:
    from tracker.backfill import Asked, Backfilled, Versions
    from tracker.backfill.keeping import PastSource
    from tracker.model.source import Fetch
    from tracker.replay import ReplayJob
    from tracker.stopping import Stop
    from tracker.store import Store

EVERY = 25
"""Requests after which it is said how far a backfill is."""

SHOWN = 20
"""Versions and trials in trouble that are named to a person; --json names all."""


@click.command("backfill")
@click.argument("trials", nargs=-1, metavar="[TRIAL…]")
@click.option("--watch", metavar="WATCH", help="Every trial that this watch follows.")
@click.option(
    "--versions",
    type=click.Choice(["index", "needed", "all"]),
    default="index",
    help="What is asked for: the index alone (one request a trial), the records that questions need, or all records.",
)
@click.option("--max", "most", type=click.IntRange(1), metavar="N", help="At most so many records of a trial; by default 200.")
@click.option(
    "--from", "place", type=click.Path(path_type=Path), metavar="PATH", help="Versions in a file or folder; nobody is asked."
)
@shared_options
def backfill_command(
    shared: Shared, trials: tuple[str, ...], watch: str | None, versions: Versions, most: int | None, place: Path | None
) -> int:
    """The past of trials: when each version of a record was submitted, its status, and what it touched.

    The index takes one request a trial. `--versions needed` adds the records at registration, at start, at primary completion
    and before results, and those that touched what a watch's `kinds` are about; `--versions all` adds every record, the
    newest first.
    What changed between versions goes into the change log as of the past, and nobody is alerted. A backfill that was cut off
    goes on where it was.

    Exit codes: 0 done, 1 nothing could be read, 3 some trials or versions could not, 130 and 143 when stopped.
    """
    from tracker.cli import say_stopped
    from tracker.signals import heeded
    from tracker.stopping import Stop

    app = App(shared)
    app.require_watches([watch] if watch else [])
    if not trials and not watch and place is None:
        raise UsageError("Which trials?", remedy="Name trials, a watch (--watch), or a folder of versions (--from).")
    stop = Stop()
    with heeded(stop, orderly=True, words=say_stopped) as heard, app.fresh_store() as store:
        command = _Command(app, store, stop)
        try:
            if place is not None:
                from tracker.cli.backfill_files import from_files

                return from_files(command.app, store, place, frozenset(command.keys(trials, watch)))
            return command.run(command.keys(trials, watch), versions, most)
        except PassEndedError:
            heard.said = True
            say_stopped()
            return heard.code or 1


class _Command:
    """What the command works with, and what came of each trial."""

    def __init__(self, app: App, store: Store, stop: Stop) -> None:
        self.app, self.store, self.stop = app, store, stop
        self.found: list[Backfilled] = []
        self.troubles: list[str] = []

    def keys(self, trials: tuple[str, ...], watch: str | None) -> tuple[str, ...]:
        """The trials that were named and those that a watch follows, by key."""
        named = {trial_key(self.app, text) for text in trials}
        if watch:
            from tracker.backfill.keeping import followed

            named |= followed(self.store, watch)
        return tuple(sorted(named))

    def run(self, trials: tuple[str, ...], versions: Versions, most: int | None) -> int:
        """Ask for these trials, source by source, and say what came of it; gives the exit code."""
        from tracker.replay import job_of

        settings = self.app.settings
        job = job_of(settings.store_url, settings.watches, settings.severities)
        for key in sorted({trial.partition(":")[0] for trial in trials}):
            self._source(key, tuple(trial for trial in trials if trial.startswith(f"{key}:")), job, versions, most)
        self._emit(versions) if self.app.shared.json else self._print()
        if not any(one.history for one in self.found):
            return 1 if trials else 0
        return 3 if self.troubles or any(one.error or one.failed for one in self.found) else 0

    def _source(self, key: str, trials: tuple[str, ...], job: ReplayJob, versions: Versions, most: int | None) -> None:
        from tracker.backfill import MOST, Asked
        from tracker.backfill.keeping import named_kinds
        from tracker.model.source import Historic

        source = self.app.sources.get(key)
        if source is None or not isinstance(source, Historic):
            title = source.info.title if source else key
            self.troubles.append(f"{title} shows no history that the tracker reads; its trials were left out.")
            return
        its = self.app.settings.sources[key]
        if not its.enabled:
            self.troubles.append(f"[sources.{key}] is not enabled, so nothing was asked.")
            return
        kinds = named_kinds(self.store, self.app.settings.watches, trials)
        asked = Asked(trials=trials, versions=versions, most=most or MOST, kinds=kinds)
        with self._fetch(key) as fetch:
            self._ask(cast("PastSource", source), fetch, job, asked)

    @contextmanager
    def _fetch(self, key: str) -> Iterator[Fetch]:
        from tracker.passes import fetcher_for
        from tracker.stopping import Ending

        its = self.app.settings.sources[key]
        with fetcher_for(self.app.settings, self.store, clock.now, ending=Ending(self.stop)) as fetcher:
            info = self.app.sources[key].info
            yield fetcher.bind(info, base_url=its.base_url, pace=its.pace, tls=its.tls, user_agent=its.user_agent)

    def _ask(self, source: PastSource, fetch: Fetch, job: ReplayJob, asked: Asked) -> None:
        from tracker.backfill import Backfilling
        from tracker.backfill.keeping import keeping

        pace = self.app.settings.sources[source.info.key].pace
        with keeping(self.store, source, job, clock.now) as keeper:
            backfilling = Backfilling(keeper, fetch, asked, self._told)
            to_read = backfilling.to_read()
            self._announce(len(to_read), "request", "for the index of versions, one a trial", pace)
            backfilling.read_indexes(to_read)
            wanted = backfilling.to_ask()
            if records := sum(map(len, wanted.values())):
                again = sum(1 for numbers in wanted.values() if numbers)
                words = f"for {records:,} records, and {again:,} to see that each index is still the same"
                self._announce(records + again, "request", words, pace)
            self.found += backfilling.read_versions(wanted)
            if backfilling.over:
                self.troubles.append(f"{backfilling.over} Nothing else suffers; the next backfill tries again.")

    def _announce(self, number: int, what: str, words: str, pace: float) -> None:
        from tracker.backfill import how_long

        if number:
            self.app.say(
                f"{number:,} {what}{'s' if number > 1 else ''} {words}: {how_long(number, pace)} at {pace:g} a second."
            )

    def _told(self, what: str, done: int, total: int) -> None:
        if done % EVERY == 0 and done < total:
            self.app.say(f"{'Indexes' if what == 'index' else 'Records'}: {done:,} of {total:,}.")

    def _print(self) -> None:
        read = [one for one in self.found if one.history]
        listed = sum(len(one.history.versions) for one in read if one.history)
        counts = {name: sum(getattr(one, name) for one in self.found) for name in ("stored", "seen", "events", "left")}
        self.app.print(
            f"Read the index of {len(read):,} of {plural(len(self.found), 'trial')}: {plural(listed, 'version')}.",
            *([f"Versions added: {counts['stored']:,}."] if counts["stored"] else []),
            *([f"Seen before, now with the registry's number: {plural(counts['seen'], 'version')}."] if counts["seen"] else []),
            *(added_events(counts["events"]) if counts["events"] else []),
            *([f"Still wanted: {plural(counts['left'], 'version')}; the same command goes on."] if counts["left"] else []),
        )
        said = [line for one in self.found for line in _failures(one)]
        for line in [
            *said[:SHOWN],
            *([f"and {len(said) - SHOWN:,} more; --json names them all."] if len(said) > SHOWN else []),
        ]:
            self.app.print(line)
        unasked = sum(1 for one in self.found if one.unasked)
        if unasked:
            self.app.print(f"Not asked for: {plural(unasked, 'trial')}.")
        for trouble in self.troubles:
            self.app.print(trouble)

    def _emit(self, versions: Versions) -> None:
        self.app.emit(
            {
                "versions": versions,
                "trials": [as_json(one) for one in self.found],
                "counts": {
                    "read": sum(1 for one in self.found if one.history),
                    "stored": sum(one.stored for one in self.found),
                    "seen": sum(one.seen for one in self.found),
                    "failed": sum(len(one.failed) for one in self.found),
                    "left": sum(one.left for one in self.found),
                    "events": sum(one.events for one in self.found),
                },
                "troubles": self.troubles,
            }
        )


def added_events(count: int) -> list[str]:
    """How many changes of the past came to the change log."""
    return [f"Added to the change log: {plural(count, 'change')} of the past; nobody is alerted of them."]


def as_json(one: Backfilled) -> dict[str, object]:
    """What came of a trial, for programs."""
    versions = one.history.versions if one.history else ()
    return {
        "trial": one.trial,
        "versions": len(versions),
        "first": versions[0].date.isoformat() if versions else None,
        "last": versions[-1].date.isoformat() if versions else None,
        "stored": one.stored,
        "seen": one.seen,
        "failed": [{"version": number, "error": error} for number, error in sorted(one.failed.items())],
        "left": one.left,
        "events": one.events,
        "error": one.error,
    }


def _failures(one: Backfilled) -> Iterator[str]:
    if one.error and not one.unasked:
        yield one.error
    for number, error in sorted(one.failed.items()):
        yield f"{one.trial}: version {number} could not be read: {error}"
