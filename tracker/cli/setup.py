"""Commands that set things up: init, check, add, remove, migrate, backup."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tracker import clock
from tracker.cli import arguments
from tracker.cli.app import App, writing
from tracker.cli.options import Shared, shared_options
from tracker.cli.questions import PROVIDER_NAMES
from tracker.errors import ConfigError, UsageError
from tracker.model.ids import split_key

if TYPE_CHECKING:
    from tracker.cli.questions import Given
    from tracker.config import Settings
    from tracker.config.template import Answers


@click.command("init")
@click.option("--search", metavar="URL", help="A search pasted from the registry's page in the browser.")
@click.option("--trial", "trials", metavar="TRIAL", multiple=True, help="A trial to follow; can be given several times.")
@click.option("--near", metavar="PLACE", help='What a search is to be near: "80331 München, Germany".')
@click.option("--km", type=click.FloatRange(0, 20_000, min_open=True), help="How near, in km; 100 unless given.")
@click.option("--mail", metavar="ADDRESS", help="Where alerts and digests go.")
@click.option("--provider", type=click.Choice(PROVIDER_NAMES, case_sensitive=False), help="Whose server sends the mail.")
@click.option("--host", metavar="NAME", help="Your own mail server.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Its port; by its security unless given.")
@click.option("--security", type=click.Choice(["starttls", "tls", "none"]), help="How it is spoken to; starttls unless given.")
@click.option("--user", metavar="NAME", help="The user it knows; the address unless given.")
@click.option("--push", metavar="TOPIC", help="Push to a phone by ntfy; `new` makes up a topic that nobody guesses.")
@click.option("--second", metavar="URL", help="A second way to the operator: a channel's URL.")
@click.option("--new", is_flag=True, help="Begin a new database where the one that was used is missing.")
@shared_options
def init_command(shared: Shared, new: bool, **options: Any) -> None:
    """Write a commented config.toml that works, and make the database.

    On a terminal it asks for what no option said; every answer can be left out. The password of the mail server is read from
    SMTP_PASSWORD where that is set. An existing configuration is never overwritten; its database is brought up to date. One
    that is missing, though this configuration has used it, is made anew only with --new.
    """
    from tracker.cli import questions
    from tracker.config import template, whereabouts
    from tracker.store import schema_state

    app = App(shared)
    path = Path(shared.config or os.environ.get("TRACKER_CONFIG") or "config.toml").absolute()
    given = questions.Given(**options)
    written = not path.exists()
    if written:
        answers, settings = _written(app, path, given)
    else:
        if given.said:
            raise UsageError(
                f"{path} exists and is not overwritten.", remedy="Edit it, or use `tracker add`, or name another with --config."
            )
        answers, settings = template.Answers(), app.load(path)
    app.config_path, app.settings = path, settings
    if new and schema_state(settings.store_url) != "absent":
        raise UsageError(
            f"The database {settings.shown_store_url} is there: --new begins another only where it is missing.",
            remedy="To begin anew all the same, move it away first.",
        )
    report = app.migrate(settings.store_url, new=new)
    if shared.json:
        said = {"config": path, "written": written, "database": settings.shown_store_url, "schema": report.after}
        app.emit(said | ({"push": answers.push} if answers.push else {}))
        return
    app.print(f"{'Wrote' if written else 'Kept'} {path}", f"Database ready: {settings.shown_store_url}", *whereabouts(settings))
    if written:
        app.print(*questions.to_do(answers, path))


def _written(app: App, path: Path, given: Given) -> tuple[Answers, Settings]:
    """A new configuration, of what options and answers say; nothing is written when something in it is wrong."""
    from tracker.cli import questions
    from tracker.config import edit, template

    answers = questions.from_options(app, given)
    settings = _checked(app, template.template(answers), path, "was not written")
    if questions.on_terminal(app):
        answers = questions.ask(app, path, given, answers)
        settings = _checked(app, template.template(answers), path, "was not written")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        edit.write(path, template.template(msgspec.structs.replace(answers, secret=secrets.token_hex(32))))
    return answers, settings


@click.command("check")
@click.option("--online", is_flag=True, help="Ask the registries, too, how many trials each search holds.")
@shared_options
def check_command(shared: Shared, online: bool) -> int:
    """Validate the configuration and say all its mistakes at once (exit code 2)."""
    from tracker.cli.doctor import searches
    from tracker.cli.output import counted
    from tracker.config import edit, remarks, whereabouts

    app = App(shared)
    try:
        settings = app.check(edit.read(app.config_path), app.config_path)
    except ConfigError as error:
        if shared.json:
            app.emit({"config": error.path, "ok": False, "mistakes": error.mistakes})
            click.get_current_context().exit(2)
        raise
    notes, found = remarks(settings), list(searches(app)) if online else []
    code = 3 if any(finding.state == "problem" for finding in found) else 0
    if shared.json:
        said = {"config": settings.path, "ok": not code, "mistakes": [], "remarks": notes, "near": whereabouts(settings)}
        app.emit(said | ({"searches": found} if online else {}))
        return code
    trials = sum(len(watch.trials) + len(watch.pages) for watch in settings.watches)
    parts = (
        counted(len(settings.watches), "watch", "watches"),
        counted(trials, "trial or page", "trials and pages") + " listed by hand",
        *(("ClinicalTrials.gov as a whole",) if any(watch.everything for watch in settings.watches) else ()),
        counted(len(settings.channels), "channel"),
    )
    app.print(f"{settings.path} is in order: {', '.join(parts)}.")
    for place in whereabouts(settings):
        app.print(f"  {place}")
    for note in notes:
        app.print(f"  note: {note}")
    for finding in found:
        app.print(f"  {finding.subject}: {finding.text} {finding.remedy if finding.state != 'ok' else ''}".rstrip())
    return code


@click.command("add")
@click.argument("trials", nargs=-1, required=True, metavar="TRIAL…")
@click.option("--watch", metavar="WATCH", help="Which watch; the first one by default.")
@shared_options
def add_command(shared: Shared, trials: tuple[str, ...], watch: str | None) -> None:
    """Follow more trials (any registry's number) or trial pages (an address)."""
    from tracker.config import edit

    app = App(shared)
    wanted = arguments.as_written(app, trials)
    there = _already(app, watch, wanted)
    new = [trial for trial in wanted if trial not in there]
    _edit(app, lambda text: edit.add_trials(text, watch, new) if new or not there else text, new, "added", there)


@click.command("remove")
@click.argument("trials", nargs=-1, required=True, metavar="TRIAL…")
@click.option("--watch", metavar="WATCH", help="Only from this watch; from all by default.")
@shared_options
def remove_command(shared: Shared, trials: tuple[str, ...], watch: str | None) -> None:
    """Stop following trials. What was stored of them stays; one that a search brought in is put on its `exclude`."""
    from tracker.config import edit

    app = App(shared)
    wanted = arguments.as_written(app, trials)
    matched = _matched(app)
    _edit(app, lambda text: edit.remove_trials(text, watch, wanted, matched), wanted, "removed", {}, only=watch)


def _before(app: App) -> Settings | None:
    """The configuration as it is; None when it has mistakes, which the edit may mend."""
    try:
        return app.settings
    except ConfigError:
        return None


def _already(app: App, name: str | None, wanted: list[str]) -> dict[str, str]:
    """What of it the watch follows by hand already, and where that stands: in a list of the watch, or in a line of its file."""
    settings = _before(app)
    found: dict[str, str] = {}
    for watch in [one for one in settings.watches if name in (None, one.name)][:1] if settings else []:
        places = {split_key(key).number: watch.rows.get(key, f'watch "{watch.name}"') for key in watch.trials}
        places |= {page.url: f'watch "{watch.name}"' for page in watch.pages}
        found |= {trial: places[trial] for trial in wanted if trial in places}
    return found


def _matched(app: App) -> frozenset[tuple[str, str]]:
    """The watches that a search brought a trial into, with its number: it stays there until it is excluded."""
    from tracker.store import Store, schema_state

    settings = _before(app)
    if settings is None or schema_state(settings.store_url) != "current":
        return frozenset()
    with Store.open(settings.store_url) as store:
        return frozenset((watch, split_key(trial).number) for watch, trial in app.archive_of(store).brought_in())


def _edit(
    app: App,
    change: Callable[[str], str],
    trials: list[str],
    done: str,
    there: Mapping[str, str],
    *,
    only: str | None = None,
) -> None:
    from tracker.config import edit

    path = app.config_path
    before = edit.read(path)
    after = change(before)
    settings = _checked(app, after, path, "was not changed")
    if done == "removed":
        _refuse_rows(settings, trials, only)
    if after != before:
        with writing(path):
            edit.write(path, after)
    if app.shared.json:
        app.emit({"config": settings.path, "changed": after != before, "done": trials, "already": there})
        return
    if after != before:
        app.print(f"{path}: {done} {', '.join(trials)}. The next `tracker sync` goes by it.")
    for number, place in there.items():
        app.print(f"{number} was there already: {place}.")
    if after == before and not there:
        why = f": it does not name {', '.join(trials)}" if done == "removed" else ""
        app.print(f"{path} needed no change{why}.")


def _refuse_rows(settings: Settings, trials: list[str], only: str | None) -> None:
    """Raise UsageError for a trial that stays followed because it stands in a ``trials_file``, which is its owner's own."""
    lines = [
        f'{split_key(key).number} would stay followed by watch "{watch.name}": it stands in {place}.'
        for watch in settings.watches
        if only in (None, watch.name)
        for key, place in watch.rows.items()
        if split_key(key).number in trials
    ]
    if lines:
        raise UsageError(f"{settings.path} was not changed. {' '.join(lines)}", remedy="Delete that line of the file.")


def _checked(app: App, text: str, path: Path, kept: str) -> Settings:
    """The settings of a text before it is written: its mistakes are not in the file, and their lines are of the new text."""
    try:
        return app.check(text, path)
    except ConfigError as error:
        mistakes = "\n".join(f"  - {mistake}" for mistake in error.mistakes)
        raise UsageError(f"{path} {kept}: it would be wrong.\n{mistakes}") from error


@click.command("migrate")
@shared_options
def migrate_command(shared: Shared) -> None:
    """Bring the database schema up to date, after an automatic backup."""
    app = App(shared)
    report = app.migrate(app.settings.store_url)
    if shared.json:
        app.emit(report)
        return
    if report.before == report.after:
        app.print(f"The schema is up to date ({report.after}).")
    else:
        app.print(f"The schema went from {report.before or 'nothing'} to {report.after}.")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
def backup_command(shared: Shared, file: Path) -> None:
    """Write a consistent copy of the database to FILE, also while the tracker runs."""
    app = App(shared)
    with app.store() as store:
        store.backup(file)
    if shared.json:
        app.emit({"backup": file.absolute(), "bytes": file.stat().st_size, "at": clock.now()})
    else:
        app.print(f"Wrote {file} ({file.stat().st_size:,} bytes), checked and complete.")
