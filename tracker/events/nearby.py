"""Whether a place nearby takes part, judged for each watch that names a place.

These kinds own no field: the same changes are reported in full by `sites_changed` and `recruitment_status_changed`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import msgspec

from tracker.events.kinds import Context, Finding, TrialContext, change_kind
from tracker.geo.countries import country_key
from tracker.geo.gazetteer import near_distance
from tracker.model.details import EnteredDetails, NearbyDetails, NearbySite
from tracker.model.event import Change, Event
from tracker.model.record import Site, TrialRecord
from tracker.model.vocabulary import OPEN_STATUSES, PUBLIC_STATUSES
from tracker.model.watch import Near
from tracker.text.normalize import fold

Same = Callable[[Site, Site], bool]


@change_kind(
    "nearby_site_opened",
    effects=("elsewhere_first",),
    description="A site within a watch's radius opened, or the trial opened while the nearby site has not.",
    weight=98,
)
def _opened(context: Context) -> Finding | None:
    if not context.comparison.known.near or not _places_changed(context):
        return None
    opened = _nearby(context, _open_sites(context.old), _open_sites(context.new))
    if opened:
        return _finding(opened, "a site within the watch's radius opened")
    if context.old.recruitment_status in OPEN_STATUSES or context.new.recruitment_status not in OPEN_STATUSES:
        return None
    waiting = _within(context, [site for site in context.new.sites or () if not _is_open(site, context.new)])
    if not waiting:
        return None
    return _finding(waiting, "the trial opened elsewhere, the site within the watch's radius has not yet", "elsewhere_first")


@change_kind(
    "nearby_site_closed",
    description="A site within a watch's radius closed or left the trial.",
    weight=97,
)
def _closed(context: Context) -> Finding | None:
    if not context.comparison.known.near or not _places_changed(context):
        return None
    closed = _nearby(context, _open_sites(context.new), _open_sites(context.old))
    if not closed:
        return None
    return _as_loud_as_announced(context, _finding(closed, "a site within the watch's radius closed"), closed)


def _as_loud_as_announced(context: Context, finding: Finding, closed: list[NearbySite]) -> Finding:
    """That a place closed is news only to those who heard that it was open: as loud as that was told, and no louder."""
    watches = sorted({site.watch for site in closed})
    lesser = tuple(watch for watch in watches if _entered_quietly(context.comparison.known, watch))
    if finding.severity != "major" or not lesser:
        return finding
    finding = msgspec.structs.replace(finding, details=NearbyDetails(near=tuple(closed), lesser_for=lesser))
    if len(lesser) < len(watches):
        return finding
    return msgspec.structs.replace(finding, severity="notable", rule=f"{finding.rule}; that it was open was never major")


def _entered_quietly(known: TrialContext, watch: str) -> bool:
    """Whether a trial came into the watch by an event or by an edit, and none that told the watch of it was major."""
    told = [event for event in known.past if _tells_of_it(event, watch)]
    entered = watch in known.silent or any(isinstance(event.details, EnteredDetails) for event in told)
    return entered and all(event.severity != "major" for event in told)


def _tells_of_it(event: Event, watch: str) -> bool:
    match event.details:
        case EnteredDetails(watch=name, returned=False):
            return name == watch
        case NearbyDetails(near=sites) if event.kind == "nearby_site_opened":
            return any(site.watch == watch for site in sites)
        case _:
            return False


def public_sites_near(record: TrialRecord, watch: str, near: Near) -> tuple[NearbySite, ...]:
    """The sites inside a watch's radius that are open to the public, nearest first; ones that cannot be placed come last."""
    return tuple(_entries(watch, near, [site for site in record.sites or () if record.status_at(site) in PUBLIC_STATUSES]))


def count_open_sites(record: TrialRecord) -> int:
    """How many sites are open; a site without a status of its own is when the trial is."""
    return len(_open_sites(record))


def _finding(places: list[NearbySite], rule: str, *effects: str) -> Finding:
    """Loud when a place is known to be near; a place that cannot be put on the map may be."""
    if all(entry.km is None for entry in places):
        return Finding(
            severity="notable",
            rule=f"{rule}, if it is within: it could not be placed",
            effects=effects,
            details=NearbyDetails(near=tuple(places)),
        )
    return Finding(severity="major", rule=rule, effects=effects, details=NearbyDetails(near=tuple(places)))


def _places_changed(context: Context) -> bool:
    return bool(context.comparison.changes_of("sites", "recruitment_status"))


def _is_open(site: Site, record: TrialRecord) -> bool:
    return record.status_at(site) in OPEN_STATUSES


def _open_sites(record: TrialRecord) -> list[Site]:
    return [site for site in record.sites or () if _is_open(site, record)]


def _nearby(context: Context, before: list[Site], after: list[Site]) -> list[NearbySite]:
    """Open sites in ``after`` near a watch that are in ``before`` under no name.

    Only a site that was near itself can be the same under another name: one that left elsewhere says nothing here.
    """
    before, after = _unlike(before, after, _same_place)
    one_site = _one_and_the_same(context.comparison.changes_of("sites"))
    found = []
    for watch, near in sorted(context.comparison.known.near.items()):
        was = [site for site in before if _entry(watch, site, near)]
        now = [site for site in after if _entry(watch, site, near)]
        found += _entries(watch, near, _unlike(was, now, one_site)[1])
    return found


def _unlike(before: list[Site], after: list[Site], same: Same) -> tuple[list[Site], list[Site]]:
    """Both lists without the sites that are the same in them, one for one."""
    before, left = list(before), []
    for site in after:
        found = next((index for index, other in enumerate(before) if same(site, other)), None)
        if found is None:
            left.append(site)
        else:
            del before[found]
    return before, left


def _same_place(one: Site, other: Site) -> bool:
    return _place(one) == _place(other)


def _place(site: Site) -> tuple[str, str, str]:
    return fold(site.facility or ""), fold(site.city or ""), country_key(site.country)


def _one_and_the_same(changes: tuple[Change, ...]) -> Same:
    """Whether two sites are one that has another name, or one name in a city spelt otherwise, as the comparison found."""
    names, cities = _respelt(changes, "facility"), _respelt(changes, "city")

    def same(one: Site, other: Site) -> bool:
        name, before = fold(one.facility or ""), fold(other.facility or "")
        if frozenset((name, before)) in names:
            return True
        stayed = bool(one.zip and one.zip == other.zip) or frozenset((fold(one.city or ""), fold(other.city or ""))) in cities
        return bool(name) and name == before and stayed

    return same


def _respelt(changes: tuple[Change, ...], part: str) -> set[frozenset[str]]:
    """Old and new spellings of a part of the sites that stayed."""
    return {
        frozenset((fold(change.old or ""), fold(change.new or "")))
        for change in changes
        if len(change.path) == 3 and change.path[2] == part
    }


def _within(context: Context, sites: list[Site]) -> list[NearbySite]:
    """The sites inside each watch's radius, nearest first."""
    return [entry for watch, near in sorted(context.comparison.known.near.items()) for entry in _entries(watch, near, sites)]


def _entries(watch: str, near: Near, sites: list[Site]) -> list[NearbySite]:
    """The sites inside one watch's radius, nearest first."""
    found = [entry for site in sites if (entry := _entry(watch, site, near)) is not None]
    return sorted(found, key=lambda entry: (entry.km if entry.km is not None else inf, entry.facility or ""))


def _entry(watch: str, site: Site, near: Near) -> NearbySite | None:
    distance = near_distance(site, near)
    if not distance.within:
        return None
    return NearbySite(
        watch=watch,
        facility=site.facility,
        city=site.city,
        country=site.country,
        km=distance.km,
        how=distance.how,
        in_city=distance.in_city,
    )
