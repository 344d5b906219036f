"""The ``replay`` command: today's rules over all stored versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING

import click

from tracker import clock
from tracker.archive.asked import moment
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options

if TYPE_CHECKING:
    from tracker.model.event import Event
    from tracker.replay import Replayed, ReplayJob, Workers
    from tracker.store import Store

SHOWN = 20
"""Trials that are named to a person; --json names all."""


class Tally:
    """What all trials come to: counted as they go by, by kind of change."""

    def __init__(self) -> None:
        self.trials = self.pairs = self.unreadable = 0
        self.said: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.unsaid: Counter[str] = Counter()

    def count(self, found: Iterable[Replayed]) -> Iterator[Replayed]:
        """The same trials, counted."""
        for one in found:
            self.trials += 1
            self.pairs += one.pairs
            self.unreadable += one.unreadable
            self.said.update(one.said)
            self.missing.update(staged.event.kind for staged in one.missing)
            self.unsaid.update(event.kind for event in one.unsaid)
            yield one

    def kinds(self) -> dict[str, dict[str, int]]:
        """By kind: what today's rules say, what of it the log lacks, and what only the log says."""
        names = sorted({*self.said, *self.missing, *self.unsaid})
        return {name: {"said": self.said[name], "missing": self.missing[name], "unsaid": self.unsaid[name]} for name in names}


@click.command("replay")
@click.option("--watch", metavar="WATCH", help="Only the trials that this watch follows.")
@click.option("--since", metavar="7d|DATE", help="Only versions that the registry showed from this day, or so far back, on.")
@click.option(
    "--store", "keep", is_flag=True, help="Write what the change log lacks into it, as of the past; nobody is alerted."
)
@click.option(
    "--cluster", metavar="URL", help="The Dask scheduler whose workers do it (tls://HOST:8786); else this machine's cores."
)
@shared_options
def replay_command(shared: Shared, watch: str | None, since: str | None, keep: bool, cluster: str | None) -> None:
    """Run today's rules over all stored versions, and compare with the change log.

    Says what would have been told, by kind and trial: events that the log lacks, as of a kind that is newer than the versions,
    and events of the log that today's rules would not make. Nothing is sent, and without --store nothing is written.
    """
    from tracker import replay as replaying

    app = App(shared)
    app.require_watches([watch] if watch else [])
    url = app.settings.store_url
    begin = moment(since, timezone=app.timezone, now=clock.now()) if since else None
    job = replaying.job_of(url, app.settings.watches, app.settings.severities, begin, app.settings.page_sites)
    made: AbstractContextManager[Workers] = replaying.cluster(cluster, url) if cluster else replaying.processes()
    tally = Tally()
    with app.store() as store, made as workers, closing(_found(app, store, workers, job, watch, keep)) as found:
        counted = tally.count(found)
        if shared.json:
            _emit(app, counted, tally, {"watch": watch, "since": job.since, "stored": keep})
        else:
            _print(app, counted, tally, keep)


def _found(
    app: App, store: Store, workers: Workers, job: ReplayJob, watch: str | None, keep: bool
) -> Generator[Replayed, None, None]:
    from tracker import replay as replaying

    for source in app.sources:
        if next(store.trials_with_history(source, watch=watch), None) is None:
            continue
        if keep:
            yield from replaying.replay_and_store(store, workers, job, source, clock.now, watch=watch)
        else:
            yield from replaying.replay(store, workers, job, source, watch=watch)


def _differing(found: Iterable[Replayed]) -> Iterator[Replayed]:
    return (one for one in found if one.missing or one.unsaid)


def _emit(app: App, found: Iterator[Replayed], tally: Tally, head: dict[str, object]) -> None:
    from tracker.render import machine

    counts: dict[str, object] = {}

    def trials() -> Iterator[object]:
        for one in _differing(found):
            missing = (staged.event for staged in one.missing)
            yield {"trial": one.trial, "missing": _shown(app, missing), "unsaid": _shown(app, one.unsaid)}
        counts.update(trials=tally.trials, steps=tally.pairs, unreadable=tally.unreadable, kinds=tally.kinds())

    app.write(machine.with_list(head, "differing", trials(), counts))  # the counts are known when the list has ended


def _shown(app: App, events: Iterable[Event]) -> list[object]:
    from tracker.render import machine

    return [machine.event_json(event, contacts=app.settings.contacts) for event in events]


def _print(app: App, found: Iterator[Replayed], tally: Tally, keep: bool) -> None:
    differing = 0
    for one in _differing(found):
        differing += 1
        if differing <= SHOWN:
            app.print(one.trial, *_lines(one))
    if differing > SHOWN:
        app.print(f"and {differing - SHOWN:,} more trials; --json names them all.")
    app.print(
        f"{tally.pairs:,} steps from one version to the next of {tally.trials:,} trials"
        + (f"; {tally.unreadable:,} versions cannot be read any more." if tally.unreadable else ".")
    )
    for kind, counts in tally.kinds().items():
        parts = [f"{counts['said']:,} by today's rules"]
        parts += [f"{counts['missing']:,} not in the log"] if counts["missing"] else []
        parts += [f"{counts['unsaid']:,} in the log alone"] if counts["unsaid"] else []
        app.print(f"  {kind}: {', '.join(parts)}")
    missing = tally.missing.total()
    if keep:
        app.print(f"{missing:,} events were added to the change log; nobody is alerted of them.")
    elif missing:
        app.print(
            f"{missing:,} events are not in the change log. `tracker replay --store` adds them; nobody is alerted of them."
        )
    elif not differing:
        app.print("The change log says what today's rules say.")


def _lines(one: Replayed) -> Iterator[str]:
    for staged in one.missing:
        yield f"  not in the log: {staged.event.effective_at:%Y-%m-%d} {_named(staged.event.kind, staged.event.effects)}"
    for event in one.unsaid:
        yield f"  in the log alone: {event.effective_at:%Y-%m-%d} {_named(event.kind, event.effects)}"


def _named(kind: str, effects: tuple[str, ...]) -> str:
    return f"{kind} ({', '.join(effects)})" if effects else kind
