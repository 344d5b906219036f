"""Sites: come, gone, renamed, made anonymous, moved, open or closed; and places that are only spelt otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.geo.countries import country_key
from tracker.geo.same_place import Place, is_respelt
from tracker.model.details import SiteCounts, SitesDetails
from tracker.model.event import Change
from tracker.model.record import Site, TrialRecord
from tracker.text.normalize import fold
from tracker.text.site_names import is_anonymous, path_name

PLACE = Place._fields
_RESPELT = "only the spelling of places differs"


def _echoes(comparison: Comparison) -> Iterator[Change]:
    """What only repeats what the sites say: fields of the source, and a list of the same countries in another spelling."""
    if comparison.changes_of("sites"):
        yield from comparison.echoes_of("sites")
        before, after = ({country_key(name) for name in record.countries or ()} for record in (comparison.old, comparison.new))
        if before == after:
            yield from comparison.changes_of("countries")


@change_kind(
    "sites_changed",
    owns=("sites",),
    claims=_echoes,
    effects=("added", "removed", "renamed", "anonymised", "named", "address", "status", "respelt"),
    former_effects=("country_opened", "country_closed"),  # now `countries_changed`
    description="Sites came, went, were renamed, lost or got a name, moved, got a status of their own, or are respelt.",
    weight=40,
)
def _sites(context: Context) -> Finding | None:
    sites = context.changes_under("sites")
    whole = [change for change in sites if len(change.path) == 2]
    parts = [change for change in sites if len(change.path) > 2]
    found = Counter(_effects(parts, context.old))
    found.update("removed" if change.new is None else "added" for change in whole)
    statuses = [change for change in parts if change.path[2] == "recruitment_status"]
    found["status"] = len({change.path[1] for change in statuses})
    counts = SiteCounts(**{name: found[name] for name in SiteCounts.__struct_fields__})
    effects = tuple(name for name in SiteCounts.__struct_fields__ if getattr(counts, name))
    details = SitesDetails(
        counts=counts,
        sites_before=len(context.old.sites or ()),
        sites_now=len(context.new.sites or ()),
        status_to=dict(Counter(change.new or "" for change in statuses).most_common()),
    )
    if effects != ("respelt",) or context.changes_under("rest"):
        return Finding(severity="minor", rule="sites changed within the trial", effects=effects, details=details)
    if context.comparison.without_new_version:
        return None  # the registry tidied its places; kept and shown, and nobody's news
    details = msgspec.structs.replace(details, spelling_only=True)
    return Finding(severity="minor", rule=_RESPELT, effects=effects, details=details)


def _effects(parts: Sequence[Change], old: TrialRecord) -> Iterator[str]:
    """What happened to the name or the place of each site that stayed."""
    changed: dict[str, dict[str, Change]] = defaultdict(dict)
    for change in parts:
        if change.path[2] == "facility" or change.path[2] in PLACE:
            changed[change.path[1]][change.path[2]] = change
    renamings = {name: _renaming(fields["facility"]) if "facility" in fields else "respelt" for name, fields in changed.items()}
    sites: Mapping[str, Site] = {}
    if "respelt" in renamings.values():
        sites = {path_name((site.facility, *_place(site))): site for site in old.sites or ()}
    for name, fields in changed.items():
        if renamings[name] != "respelt":
            yield renamings[name]
        else:
            was = _place(sites[name.rpartition(" #")[0] or name] if name not in sites else sites[name])
            now = was._replace(**{field: change.new or "" for field, change in fields.items() if field in PLACE})
            yield "respelt" if is_respelt(was, now) else "address"


def _renaming(change: Change) -> str:
    before, after = change.old or "", change.new or ""
    if is_anonymous(before) != is_anonymous(after):
        return "named" if is_anonymous(before) else "anonymised"
    return "respelt" if is_anonymous(before) or fold(before) == fold(after) else "renamed"


def _place(site: Site) -> Place:
    return Place(*(getattr(site, name) or "" for name in PLACE))
