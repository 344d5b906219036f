"""``backfill --from``: versions that somebody fetched otherwise."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from tracker import clock
from tracker.cli.app import App
from tracker.cli.backfill import added_events
from tracker.render.safe_text import plural

if TYPE_CHECKING:
    from tracker.backfill.files import Imported
    from tracker.store import Store

SHOWN = 20
"""Troubles that are named to a person; --json names all."""


def from_files(app: App, store: Store, place: Path, trials: Collection[str]) -> int:
    """Import what a file or folder holds of these trials, of all that are followed where none are named; the exit code."""
    from tracker.backfill import reading
    from tracker.backfill.files import import_versions
    from tracker.backfill.keeping import followed
    from tracker.replay import job_of

    settings = app.settings
    job = job_of(settings.store_url, settings.watches, settings.severities)
    wanted = trials or followed(store)
    imported = import_versions(store, app.sources, job, clock.now, reading.read(place), wanted)
    _emit(app, imported) if app.shared.json else _print(app, imported)
    if imported.troubles:
        return 3 if imported.stored or imported.known else 1
    return 0


def _print(app: App, imported: Imported) -> None:
    trials = sum(1 for one in imported.trials.values() if one)
    app.print(f"Added {plural(imported.stored, 'version')} of {plural(trials, 'trial')}.")
    if imported.known:
        app.print(f"Kept already: {plural(imported.known, 'version')}.")
    if imported.events:
        app.print(*added_events(imported.events))
    app.print(*(f"{one.name}: {one.what}" for one in imported.troubles[:SHOWN]))
    if len(imported.troubles) > SHOWN:
        app.print(f"and {len(imported.troubles) - SHOWN:,} more; --json names them all.")


def _emit(app: App, imported: Imported) -> None:
    app.emit(
        {
            "trials": [{"trial": trial, "stored": stored} for trial, stored in sorted(imported.trials.items())],
            "counts": {"stored": imported.stored, "known": imported.known, "events": imported.events},
            "troubles": [{"name": one.name, "what": one.what} for one in imported.troubles],
        }
    )
