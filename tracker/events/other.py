"""Whatever no other kind reports: what the source sent and the record does not model."""

from __future__ import annotations

from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.details import OtherFieldsDetails


@change_kind(
    "other_fields_changed",
    owns=("rest", "first_posted"),
    description="Something changed that no other kind reports: what the source sent and the record does not model.",
    weight=1,
)
def _other_fields(context: Context) -> Finding | None:
    names = [
        change.path[1] if change.path[0] == "rest" and len(change.path) > 1 else change.path[0] for change in context.changes
    ]
    return Finding(
        severity="minor",
        rule="a field changed that no other kind tells",
        details=OtherFieldsDetails(fields=tuple(dict.fromkeys(names)), titles=_titles(context)),
    )


def _titles(context: Context) -> dict[str, str]:
    """What people call the source's own fields that changed, by the last step of their paths."""
    titles = context.comparison.known.source.rest_titles
    steps = [last_step(step) for change in context.changes_under("rest") for step in change.path[1:]]
    return {step: titles[step] for step in dict.fromkeys(steps) if step in titles}


def last_step(path: str) -> str:
    """The last step of a source's own path: ``hasExpandedAccess`` of ``a.b.hasExpandedAccess``."""
    return path.rstrip(".[]").rsplit(".", 1)[-1].removesuffix("[]")
