"""What several commands print for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from tracker.cli.app import App
from tracker.model.event import Event, EventFilter

if TYPE_CHECKING:
    from tracker.archive import Archive
    from tracker.deliver import DeliveryReport
    from tracker.detect.tally import Failure
    from tracker.model.staging import NewIssue
    from tracker.sync import SyncReport

_MOST_NOTICED = 3
"""Places of one kind of issue in one trial that have a line each."""


def counted(number: int, one: str, many: str = "") -> str:
    """``1 trial``, ``2 trials``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def print_changes(app: App, archive: Archive, runs: Iterable[int]) -> None:
    """The table of what these runs changed, story by story; nothing when there is nothing."""
    found = chain.from_iterable(archive.changes(EventFilter(run=run)) for run in runs)
    for first in found:
        print_log(app, chain([first], found))


def print_log(app: App, events: Iterable[Event]) -> None:
    """A change log as a table, in the order given."""
    from tracker.render import tables

    app.show_rows(tables.ChangesTable(events, app.timezone, grouped=True), whole="tracker changes | less")


def print_source_reports(app: App, report: SyncReport) -> None:
    """One line per source, and below it what could not be read."""
    for source_report in report.sources:
        counts = source_report.counts
        parts = [counted(counts.checked, "trial") + " checked"]
        parts += [
            f"{value:,} {name}"
            for name, value in (
                ("new", counts.baseline),
                ("changed", counts.changed),
                ("absent", counts.absent),
                ("removed", counts.removed),
                ("not believed yet", counts.doubted),
                ("failed", counts.failed),
            )
            if value
        ]
        parts.append(counted(source_report.events, "event"))
        match source_report.state:
            case "accepted":
                data = f", data of {source_report.data_version[:10]}" if source_report.data_version else ""
                app.print(f"{source_report.title}: {', '.join(parts)}{data}.", *source_report.empty_searches)
                if source_report.cut_short:
                    app.print(f"  cut short: {source_report.cut_short}")
            case "held":
                app.print(
                    f"{source_report.title}: run {source_report.run} is HELD. {source_report.error}",
                    f"  Nothing of it counts yet. If it is true: tracker release {source_report.run}; if not: add --discard.",
                )
            case "stopped":
                app.print(f"{source_report.title}: stopped. What was read is kept; the next sync goes on from there.")
            case _:
                said = {"busy": "busy", "older": "NOT READ"}.get(source_report.state, "FAILED")
                app.print(f"{source_report.title}: {said}. {source_report.error}")
        for older in source_report.outdated[:3] if source_report.state != "older" else ():
            app.print(f"  not compared: {older.subject}: {older.error}")
        for error, subjects in _by_error(source_report.failures).items():
            shown = ", ".join(subjects[:3])
            more = f" and {len(subjects) - 3:,} more" if len(subjects) > 3 else ""
            app.print(f"  failed: {shown}{more}: {error}")
        for line in _noticed(source_report.issues):
            app.print(f"  noticed: {line}")
    if not report.sources:
        app.print("Nothing is followed yet. Put in trials with `tracker add NCT…`.")


def _noticed(issues: Sequence[NewIssue]) -> Iterator[str]:
    """A line for each issue; one for all of a kind in a trial with many, as a cut text has one of each field behind the cut."""
    alike: dict[tuple[str, str], list[NewIssue]] = {}
    for new in issues:
        alike.setdefault((new.trial, new.issue.code), []).append(new)
    for (trial, code), found in alike.items():
        said = f"{trial}: {code.replace('_', ' ')} at "
        if len(found) > _MOST_NOTICED:
            named = ", ".join(new.issue.path for new in found[:_MOST_NOTICED])
            first = f"; the first: {found[0].issue.value!r}" if found[0].issue.value else ""
            yield f"{said}{named} and {len(found) - _MOST_NOTICED:,} more places{first}"
        else:
            for new in found:
                value = f" = {new.issue.value!r}" if new.issue.value else ""
                often = f" ({new.count} times)" if new.count > 1 else ""
                yield f"{said}{new.issue.path}{value}{often}"


def _by_error(failures: Sequence[Failure]) -> dict[str, list[str]]:
    """Failures by their reason, so that each reason is printed once: one bad answer may fail a hundred trials."""
    found: dict[str, list[str]] = {}
    for failure in failures:
        found.setdefault(failure.error.removeprefix(f"{failure.subject}: "), []).append(failure.subject)
    return found


def print_delivery(app: App, report: DeliveryReport) -> None:
    """One line per message that was tried."""
    if report.busy:
        app.print(f"Delivery: {report.busy}")
    for item in report.tried:
        if item.error:
            app.print(f"NOT sent to {item.channel}: {item.subject}", f"  {item.error}")
        else:
            app.print(f"Sent to {item.channel}: {item.subject}", *(f"  {refusal}" for refusal in item.refused))
