"""The ``publish`` and ``feeds`` commands: what changed, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker import clock
from tracker.cli.app import App, writing
from tracker.cli.options import Shared, shared_options
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.export.publish import Files

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("publish")
@click.option("--out", "folder", metavar="DIR", type=_FOLDER, required=True, help="The folder to write into.")
@click.option("--news", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="What DIR did not tell yet.")
@click.option("--html", "with_pages", is_flag=True, help="Write the pages of `tracker serve` too, to be opened from anywhere.")
@shared_options
def publish_command(shared: Shared, folder: Path, news: Path | None, with_pages: bool) -> None:
    """The change log by day and by watch, feeds, calendar, CSV and JSON Lines, as files for git or any web host.

    With --news also a message in Markdown, its title in the first line: what changed since DIR was last written, or at first
    what is followed. There is no such file where nothing more than minor changed.

    With --html also the pages of `tracker serve`: open index.html. That needs the extra `web`.
    """
    from tracker.export import publish

    app = App(shared)
    with app.archive() as archive, writing(folder):
        files = publish.Files(folder)
        files.require_own()
        message = publish.news_since(archive, folder, app.timezone) if news else ""
        if news:
            with writing(news):
                news.unlink(missing_ok=True)
                if message:
                    news.write_text(message, "utf-8")
        publish.publish_log(archive, files, clock.now(), app.timezone)
        if with_pages:
            _publish_pages(app, archive, files)
    _say(app, files.written, folder)


@click.command("feeds")
@click.option("--out", "folder", metavar="DIR", type=_FOLDER, required=True, help="The folder to write into.")
@shared_options
def feeds_command(shared: Shared, folder: Path) -> None:
    """Atom feeds: of everything, of each watch and of each trial."""
    from tracker.export import publish

    app = App(shared)
    with app.archive() as archive, writing(folder):
        files = publish.Files(folder)
        publish.publish_feeds(archive, files)
    _say(app, files.written, folder)


def _publish_pages(app: App, archive: Archive, files: Files) -> None:
    try:
        from tracker.web.publishing import publish_pages
    except ImportError as error:
        raise UsageError(
            f"The pages need the package {error.name}, which is not installed.",
            remedy="Install the tracker with its extra: trial-registry-tracker[web].",
        ) from error
    publish_pages(archive, files, clock.now(), app.timezone, public=app.settings.web.public)


def _say(app: App, written: int, folder: Path) -> None:
    app.say(f"{written:,} files changed in {folder}." if written else f"Nothing new in {folder}.")
