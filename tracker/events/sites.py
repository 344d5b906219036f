"""Sites and countries: come, gone, renamed, open or closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.geo.countries import country_key
from tracker.model.details import SiteCounts, SitesDetails
from tracker.model.event import Change
from tracker.model.record import TrialRecord

_ADDRESS = frozenset({"city", "state", "zip", "country"})


def _echoes(comparison: Comparison) -> Iterator[Change]:
    """Fields of the source that only repeat what the sites say, where the sites say it."""
    if comparison.changes_of("sites", "countries"):
        yield from comparison.echoes_of("sites")


@change_kind(
    "sites_changed",
    owns=("sites", "countries"),
    claims=_echoes,
    effects=("added", "removed", "renamed", "address", "status", "country_opened", "country_closed"),
    description="Sites came, went, were renamed, got another address or status of their own; countries opened or closed.",
    weight=40,
)
def _sites(context: Context) -> Finding | None:
    sites = context.changes_under("sites")
    whole = [change for change in sites if len(change.path) == 2]
    parts = [change for change in sites if len(change.path) > 2]
    renamed = {change.path[1] for change in parts if change.path[2] == "facility"}
    counts = SiteCounts(
        added=sum(change.old is None for change in whole),
        removed=sum(change.new is None for change in whole),
        renamed=len(renamed),
        address=len({change.path[1] for change in parts if change.path[2] in _ADDRESS} - renamed),
        status=len({change.path[1] for change in parts if change.path[2] == "recruitment_status"}),
    )
    before, after = countries(context.old), countries(context.new)
    # A site that stayed while its country's name changed: the registry respelt the country.
    respelt = {country_key(value) for change in parts if change.path[2] == "country" for value in (change.old, change.new)}
    opened = sorted(name for key, name in after.items() if key not in before and key not in respelt)
    closed = sorted(name for key, name in before.items() if key not in after and key not in respelt)
    effects = [name for name in SiteCounts.__struct_fields__ if getattr(counts, name)]
    effects += ["country_opened"] if opened else []
    effects += ["country_closed"] if closed else []
    details = SitesDetails(
        counts=counts,
        sites_before=len(context.old.sites or ()),
        sites_now=len(context.new.sites or ()),
        status_to=dict(Counter(change.new or "" for change in parts if change.path[2] == "recruitment_status").most_common()),
        countries_opened=tuple(opened),
        countries_closed=tuple(closed),
    )
    if opened or closed:
        return Finding(severity="notable", rule="a country opened or closed", effects=tuple(effects), details=details)
    if parts and not whole and all(_is_country_respelt(change) for change in parts):
        details = msgspec.structs.replace(details, spelling_only=True)
        return Finding(severity="minor", rule="only the spelling of a country differs", effects=tuple(effects), details=details)
    return Finding(severity="minor", rule="sites changed within the same countries", effects=tuple(effects), details=details)


def _is_country_respelt(change: Change) -> bool:
    return change.path[2] == "country" and country_key(change.old) == country_key(change.new)


def countries(record: TrialRecord) -> dict[str, str]:
    """The trial's countries by a folded name, so that "Turkey" and "Turkey (Türkiye)" are one."""
    names = dict.fromkeys([*(record.countries or ()), *(site.country for site in record.sites or () if site.country)])
    return {country_key(name): name for name in reversed(names)}
