"""Sites and countries: come, gone, renamed, open or closed."""

from __future__ import annotations

import re

from tracker.events.kinds import Context, Finding, change_kind
from tracker.model.record import TrialRecord

_PLACE = frozenset({"facility", "city", "state", "zip", "country"})
_BRACKETS = re.compile(r"\s*\([^)]*\)")


@change_kind(
    "sites_changed",
    owns=("sites", "countries"),
    effects=("added", "removed", "renamed", "status", "country_opened", "country_closed"),
    description="Sites were added, removed or renamed, or their own recruitment status changed; countries opened or closed.",
    weight=40,
)
def _sites(context: Context) -> Finding | None:
    sites = context.under("sites")
    whole = [change for change in sites if len(change.path) == 2]
    parts = [change for change in sites if len(change.path) > 2]
    counts = {
        "added": sum(change.old is None for change in whole),
        "removed": sum(change.new is None for change in whole),
        "renamed": len({change.path[1] for change in parts if change.path[2] in _PLACE}),
        "status": len({change.path[1] for change in parts if change.path[2] == "recruitment_status"}),
    }
    before, after = countries(context.old), countries(context.new)
    opened = sorted(name for key, name in after.items() if key not in before)
    closed = sorted(name for key, name in before.items() if key not in after)
    effects = [name for name, count in counts.items() if count]
    effects += ["country_opened"] if opened else []
    effects += ["country_closed"] if closed else []
    details = {
        "counts": counts,
        "sites_before": len(context.old.sites or ()),
        "sites_now": len(context.new.sites or ()),
        "countries_opened": opened,
        "countries_closed": closed,
    }
    if opened or closed:
        return Finding(severity="notable", rule="a country opened or closed", effects=tuple(effects), details=details)
    return Finding(severity="minor", rule="sites changed within the same countries", effects=tuple(effects), details=details)


def countries(record: TrialRecord) -> dict[str, str]:
    """The trial's countries by a folded name, so that "Turkey" and "Turkey (Türkiye)" are one."""
    names = [*(record.countries or ()), *(site.country for site in record.sites or () if site.country)]
    return {_BRACKETS.sub("", name).casefold(): name for name in reversed(names)}
