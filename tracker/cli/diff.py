"""The ``diff`` command: two versions compared."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.cli import arguments
from tracker.cli.app import App
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.events import Detected
    from tracker.model.snapshot import SnapshotMeta


@click.command("diff")
@click.argument("trial", required=False)
@click.option(
    "--from",
    "old",
    metavar="WHEN",
    help="first, start, primary_completion, results (the last before them), a DATE or the number of a version; "
    "the one before the latest by default.",
)
@click.option("--to", "new", metavar="WHEN", help="The same; the latest by default.")
@click.option("--files", nargs=2, type=click.Path(path_type=Path), metavar="OLD NEW", help="Compare two saved files instead.")
@click.option("--source", metavar="SOURCE", help="Whose files they are, when that is not recognised.")
@shared_options
def diff_command(
    shared: Shared, trial: str | None, old: str | None, new: str | None, files: tuple[Path, Path] | None, source: str | None
) -> None:
    """What changed between two stored versions of a trial, or two saved files."""
    from tracker.model.ids import split_key
    from tracker.render import machine, record_view

    app = App(shared)
    if (trial is None) == (files is None):
        raise UsageError(
            "diff compares either versions of a trial or two files.", remedy="tracker diff TRIAL, or --files OLD NEW."
        )
    if (files and (old or new)) or (trial and source):
        raise UsageError("--from and --to go with a trial, --source with --files.", remedy="See `tracker diff --help`.")
    if files:
        key, found = _compare_files(app, files, source)
        timezone: tzinfo = UTC  # in which files know when they were saved
    else:
        assert trial is not None
        key = arguments.trial_key(app, trial)
        found = _compare_versions(app, key, old, new)
        timezone = app.timezone
    if shared.json:
        app.write([machine.diff_json(found.story, found.events, key)])
    else:
        title = app.sources[split_key(key).source].info.title
        app.show(record_view.diff_view(found.story, found.events, timezone=timezone, source_title=title))


def _compare_files(app: App, files: tuple[Path, Path], source: str | None) -> tuple[str, Detected]:
    """The trial of two saved files, and what changed between them."""
    from tracker.archive.versions import compare_documents

    (reader, before), (other, after) = (arguments.saved(app, file, source) for file in files)
    if (reader.info.key, before.trial) != (other.info.key, after.trial):
        raise UsageError(
            f"{files[0]} is of {before.trial}, {files[1]} of {after.trial}.", remedy="Name two files of one trial."
        )
    return after.trial, compare_documents(reader, before, after)


def _compare_versions(app: App, trial: str, old: str | None, new: str | None) -> Detected:
    with app.archive() as archive:
        first = _version(app, archive, trial, "--from", old) if old else archive.version_before_latest(trial)
        second = _version(app, archive, trial, "--to", new) if new else archive.version(trial)
        places = [meta.id for meta in archive.timeline(trial)]
        if places.index(second.id) < places.index(first.id):
            raise UsageError("The version of --from is newer than that of --to.", remedy="Exchange them.")
        return archive.compare(first, second)


def _version(app: App, archive: Archive, trial: str, option: str, given: str) -> SnapshotMeta:
    """A version as typed; which one a word means is said."""
    from tracker.archive.moments import WORDS

    word = next((word for word in WORDS if word == given.lower().replace("-", "_")), None)
    if word is None:
        return archive.version(trial, arguments.version(app, given))
    found = archive.named_version(trial, word)
    meta = found.version
    numbered = "" if meta.registry_version is None else f"registry version {meta.registry_version}, "
    dated = f"valid from {meta.valid_from:%Y-%m-%d}, seen {meta.first_seen_at.astimezone(app.timezone):%Y-%m-%d}"
    app.say(f"{option} {given}: {numbered}{dated}: {found.why}.")
    return meta
