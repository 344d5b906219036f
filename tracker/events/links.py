"""References, links, data sharing, oversight, member states, and whatever no other kind tells."""

from __future__ import annotations

from tracker.events.kinds import Context, Finding, change_kind
from tracker.events.results import added_removed_changed
from tracker.model.event import Change

_OF_RESULTS = frozenset({"RESULT", "DERIVED"})
_GRAVE = ("halt", "breach", "urgent", "safety")


@change_kind(
    "references_changed",
    owns=("references",),
    effects=("added", "removed", "changed"),
    description="Publications linked to the record were added, removed or changed.",
    weight=35,
)
def _references(context: Context) -> Finding | None:
    added = [change.new for change in context.changes if len(change.path) == 2 and change.old is None]
    removed = [change.old for change in context.changes if len(change.path) == 2 and change.new is None]
    details = {"added": added, "removed": removed}
    effects = added_removed_changed(context.changes)
    of_results = any(reference.get("type") in _OF_RESULTS for reference in (*added, *removed))
    if of_results or any(_became_results(change) for change in context.changes):
        return Finding(
            severity="notable", rule="a publication of results was linked or unlinked", effects=effects, details=details
        )
    return Finding(severity="minor", rule="linked publications changed", effects=effects, details=details)


def _became_results(change: Change) -> bool:
    """A reference whose type is now RESULT or DERIVED, or that was retracted."""
    if len(change.path) < 3:
        return False
    return (change.path[2] == "type" and change.new in _OF_RESULTS) or change.path[2] == "retractions"


@change_kind(
    "links_changed",
    owns=("see_also_links",),
    effects=("added", "removed", "changed"),
    description="Links given on the record were added, removed or changed.",
    weight=18,
)
def _links(context: Context) -> Finding | None:
    return Finding(severity="minor", rule="links on the record changed", effects=added_removed_changed(context.changes))


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
        details={"fields": sorted({change.path[1] for change in context.changes if len(change.path) > 1})},
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
        effects=added_removed_changed(context.changes),
        details={"countries": sorted({change.path[1] for change in context.changes})},
    )


@change_kind(
    "regulatory_events_changed",
    owns=("regulatory_events",),
    effects=("added", "removed", "changed"),
    description="A temporary halt, serious breach, urgent safety measure or lay summary was stated or taken back.",
    weight=88,
)
def _regulatory_events(context: Context) -> Finding | None:
    added = [change.new for change in context.changes if len(change.path) == 2 and change.old is None]
    removed = [change.old for change in context.changes if len(change.path) == 2 and change.new is None]
    grave = any(word in str(event.get("type", "")).lower() for event in added for word in _GRAVE)
    return Finding(
        severity="major" if grave else "notable",
        rule="a halt, breach or safety measure was stated" if grave else "a regulatory event was stated or changed",
        effects=added_removed_changed(context.changes),
        details={"added": added, "removed": removed},
    )


@change_kind(
    "other_fields_changed",
    owns=("rest", "first_posted"),
    description="Something changed that no other kind tells: what the source sent and the record does not model.",
    weight=1,
)
def _other_fields(context: Context) -> Finding | None:
    names = [
        change.path[1] if change.path[0] == "rest" and len(change.path) > 1 else change.path[0] for change in context.changes
    ]
    return Finding(
        severity="minor",
        rule="a field changed that no other kind tells",
        details={"fields": list(dict.fromkeys(names))},
    )
