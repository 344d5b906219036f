"""A record whose dates alone moved: no news, but a sign that somebody still looks after it."""

from __future__ import annotations

from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.dates import RegistryDate
from tracker.model.details import Edit, RecordUpdatedDetails


@change_kind(
    "record_updated",
    description="The registry's last-update or verification date moved and nothing else did; made only where a watch names it.",
    weight=1,
)
def _updated(context: Context) -> Finding | None:
    comparison = context.comparison
    if context.kind not in comparison.known.named or comparison.changes:
        return None
    details = RecordUpdatedDetails(
        last_update_posted=_moved(context.old.last_update_posted, context.new.last_update_posted),
        verified_on=_moved(context.old.verified_on, context.new.verified_on),
    )
    if details.last_update_posted is None and details.verified_on is None:
        return None
    return Finding(severity="minor", rule="only the dates of the record's last update or verification moved", details=details)


def _moved(old: RegistryDate | None, new: RegistryDate | None) -> Edit[str] | None:
    """The two dates where they differ in what both of them state: "2026-02" and "2026-02-11" do not."""
    if old is None or new is None or old.date is None or new.date is None:
        return None
    common = min(len(old.date), len(new.date))
    return Edit(old=old.date, new=new.date) if old.date[:common] != new.date[:common] else None
