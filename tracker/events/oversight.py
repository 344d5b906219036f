"""What authorities do: oversight, the status in each member state, halts, breaches and safety measures."""

from __future__ import annotations

from tracker.events.entries import entries_added, entries_removed, entry_effects
from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.details import CountryStatusDetails, OversightDetails, RegulatoryDetails, RegulatoryEntry

_GRAVE = ("halt", "breach", "urgent", "safety")


@change_kind(
    "oversight_changed",
    owns=("oversight",),
    description="Regulators or monitoring of the trial changed.",
    weight=20,
)
def _oversight(context: Context) -> Finding | None:
    return Finding(
        severity="minor",
        rule="oversight of the trial changed",
        details=OversightDetails(fields=tuple(sorted({change.path[1] for change in context.changes if len(change.path) > 1}))),
    )


@change_kind(
    "country_status_changed",
    owns=("country_status",),
    effects=("added", "removed", "changed"),
    description="The recruitment status in one member state changed.",
    weight=55,
)
def _country_status(context: Context) -> Finding | None:
    statuses = {change.path[1] for change in context.changes if len(change.path) == 2 or change.path[2] == "status"}
    return Finding(
        severity="notable" if statuses else "minor",
        rule="the status in a member state changed" if statuses else "only the source's own word for a status changed",
        effects=entry_effects(context.changes),
        details=CountryStatusDetails(countries=tuple(sorted({change.path[1] for change in context.changes}))),
    )


@change_kind(
    "regulatory_events_changed",
    owns=("regulatory_events",),
    effects=("added", "removed", "changed"),
    description="A halt, breach, safety measure, application, or start or end in a member state was stated or taken back.",
    weight=88,
)
def _regulatory_events(context: Context) -> Finding | None:
    added = entries_added(context.changes, RegulatoryEntry)
    grave = any(word in entry.type.lower() for entry in added for word in _GRAVE)
    return Finding(
        severity="major" if grave else "notable",
        rule="a halt, breach or safety measure was stated" if grave else "a regulatory event was stated or changed",
        effects=entry_effects(context.changes),
        details=RegulatoryDetails(added=added, removed=entries_removed(context.changes, RegulatoryEntry)),
    )
