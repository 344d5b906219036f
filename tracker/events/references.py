"""What the record links to and what it shares: publications, links, participant data."""

from __future__ import annotations

from tracker.events.entries import entries_added, entries_removed, entry_effects
from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.details import ReferenceEntry, ReferencesDetails
from tracker.model.event import Change

_OF_RESULTS = "RESULT"
"""The type of a publication of results, as the sponsor states it; DERIVED ones only name the trial's number somewhere."""


@change_kind(
    "references_changed",
    owns=("references",),
    effects=("added", "removed", "changed"),
    description="Publications linked to the record were added, removed or changed.",
    weight=35,
)
def _references(context: Context) -> Finding | None:
    details = ReferencesDetails(
        added=entries_added(context.changes, ReferenceEntry), removed=entries_removed(context.changes, ReferenceEntry)
    )
    effects = entry_effects(context.changes)
    of_results = any(reference.type == _OF_RESULTS for reference in (*details.added, *details.removed))
    if of_results or any(_became_results(change) for change in context.changes):
        return Finding(
            severity="notable", rule="a publication of results was linked or unlinked", effects=effects, details=details
        )
    return Finding(severity="minor", rule="linked publications changed", effects=effects, details=details)


def _became_results(change: Change) -> bool:
    """A reference whose type is now RESULT, or that was retracted."""
    if len(change.path) < 3:
        return False
    return (change.path[2] == "type" and change.new == _OF_RESULTS) or change.path[2] == "retractions"


@change_kind(
    "links_changed",
    owns=("see_also_links",),
    effects=("added", "removed", "changed"),
    description="Links given on the record were added, removed or changed.",
    weight=18,
)
def _links(context: Context) -> Finding | None:
    return Finding(severity="minor", rule="links on the record changed", effects=entry_effects(context.changes))


@change_kind(
    "ipd_sharing_changed",
    owns=("ipd_sharing",),
    effects=("plan", "terms"),
    description="The plan for sharing individual participant data changed.",
    weight=24,
)
def _ipd_sharing(context: Context) -> Finding | None:
    parts = {change.path[1] if len(change.path) > 1 else "plan" for change in context.changes}
    effects = (*(("plan",) if "plan" in parts else ()), *(("terms",) if parts - {"plan"} else ()))
    return Finding(severity="minor", rule="the plan for sharing participant data changed", effects=effects)
