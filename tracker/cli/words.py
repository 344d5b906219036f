"""What several commands print for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tracker.cli.app import App
from tracker.model.event import Event, Story

if TYPE_CHECKING:
    from tracker.deliver import DeliveryReport
    from tracker.sync import SyncReport
    from tracker.sync.desk import Failure


def counted(number: int, one: str, many: str = "") -> str:
    """``1 trial``, ``2 trials``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def print_changes(app: App, events: Sequence[Event], stories: Mapping[str, Story]) -> None:
    """The table of changes, story by story; nothing when there are none."""
    from tracker.render import tables

    if events:
        app.show(tables.changes_grid(tables.in_story_order(events, stories), app.timezone, grouped=True))


def print_lanes(app: App, report: SyncReport) -> None:
    """One line a source, and below it what could not be read."""
    for lane in report.lanes:
        counts = lane.counts
        told = [counted(counts.checked, "trial") + " checked"]
        told += [
            f"{value:,} {name}"
            for name, value in (
                ("new", counts.baseline),
                ("changed", counts.changed),
                ("absent", counts.absent),
                ("removed", counts.removed),
                ("failed", counts.failed),
            )
            if value
        ]
        told.append(counted(len(lane.events), "event"))
        match lane.state:
            case "accepted":
                data = f", data of {lane.data_version[:10]}" if lane.data_version else ""
                app.print(f"{lane.title}: {', '.join(told)}{data}.")
            case "held":
                app.print(
                    f"{lane.title}: run {lane.run} is HELD. {lane.error}",
                    f"  Nothing of it counts yet. If it is true: tracker release {lane.run}; if not: add --discard.",
                )
            case _:
                app.print(f"{lane.title}: {'busy' if lane.state == 'busy' else 'FAILED'}. {lane.error}")
        for error, subjects in _by_error(lane.failures).items():
            shown = ", ".join(subjects[:3])
            more = f" and {len(subjects) - 3:,} more" if len(subjects) > 3 else ""
            app.print(f"  failed: {shown}{more}: {error}")
        for new in lane.issues:
            value = f" = {new.issue.value!r}" if new.issue.value else ""
            often = f" ({new.count} times)" if new.count > 1 else ""
            app.print(f"  noticed: {new.trial}: {new.issue.code.replace('_', ' ')} at {new.issue.path}{value}{often}")
    if not report.lanes:
        app.print("Nothing is followed yet. Put in trials with `tracker add NCT…`.")


def _by_error(failures: Sequence[Failure]) -> dict[str, list[str]]:
    """What failed for the same reason, which is told once: one bad answer fails some hundred trials."""
    found: dict[str, list[str]] = {}
    for failure in failures:
        found.setdefault(failure.error.removeprefix(f"{failure.subject}: "), []).append(failure.subject)
    return found


def print_delivery(app: App, report: DeliveryReport) -> None:
    """One line a message that was tried."""
    if report.busy:
        app.print(f"Delivery: {report.busy}")
    for item in report.tried:
        if item.error:
            app.print(f"NOT sent to {item.channel}: {item.subject}", f"  {item.error}")
        else:
            app.print(f"Sent to {item.channel}: {item.subject}", *(f"  {refusal}" for refusal in item.refused))
