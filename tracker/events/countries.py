"""Countries open and close by the status of their sites; they are listed and delisted with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tracker.events.kinds import Comparison, Context, Finding, change_kind
from tracker.geo.countries import country_key
from tracker.geo.gazetteer import near_distance
from tracker.model.details import CountriesDetails
from tracker.model.event import Change
from tracker.model.record import Site, TrialRecord
from tracker.model.vocabulary import OPEN_STATUSES, Severity

_KIND = "countries_changed"
_FORMER = {"opened": "sites_changed.country_opened", "closed": "sites_changed.country_closed"}
"""What the configuration called these effects before countries had a kind of their own."""


class _Country(msgspec.Struct, frozen=True, kw_only=True):
    """A country of a record, by its name there and its sites."""

    name: str
    sites: tuple[Site, ...] = ()
    open: tuple[Site, ...] = ()


def _echoes(comparison: Comparison) -> Iterator[Change]:
    """Fields of the source that only repeat its list of countries, where no site says the same."""
    if comparison.changes_of("countries") and not comparison.changes_of("sites"):
        yield from comparison.echoes_of("sites")


@change_kind(
    "countries_changed",
    owns=("countries",),
    also_reads=("sites",),
    claims=_echoes,
    effects=("opened", "closed", "listed", "delisted"),
    description="The first site of a country began to recruit, its last one stopped, or a country came or went.",
    weight=45,
)
def _countries(context: Context) -> Finding | None:
    before, after = _of(context.old), _of(context.new)
    respelt = _respelt(context)
    come = [key for key in after if key not in before and key not in respelt]
    gone = [key for key in before if key not in after and key not in respelt]
    # When the trial as a whole opens or closes, so do its countries, and its status tells it.
    was, now = context.old.recruitment_status, context.new.recruitment_status
    moves = was != now and not {was, now} <= OPEN_STATUSES
    opened = [] if moves else [key for key in _opened(before, after) if key not in respelt]
    closed = [] if moves else [key for key in _opened(after, before) if key not in respelt]
    details = CountriesDetails(
        opened=_names(after, opened),
        closed=_names(before, closed),
        listed=_names(after, [key for key in come if key not in opened]),
        delisted=_names(before, [key for key in gone if key not in closed]),
        open_sites={after[key].name: len(after[key].open) for key in sorted(opened, key=lambda key: after[key].name)},
    )
    effects = tuple(name for name in ("opened", "closed", "listed", "delisted") if getattr(details, name))
    if not effects:
        return _spelling(context)
    if not (opened or closed or details.listed) and (moves or all(_withdrawn(before[key]) for key in gone)):
        return Finding(severity="minor", rule="only countries without a recruiting site left", effects=effects, details=details)
    severity, rule, watches = _loudness(context, opened, closed, before, after)
    details = msgspec.structs.replace(details, watches=watches)
    return Finding(severity=severity, rule=rule, effects=effects, details=details)


def _of(record: TrialRecord) -> Mapping[str, _Country]:
    """The record's countries by a key, so that "Turkey" and "Turkey (Türkiye)" are one."""
    sites: dict[str, list[Site]] = {}
    names: dict[str, str] = {}
    for site in record.sites or ():
        if site.country:
            sites.setdefault(country_key(site.country), []).append(site)
    for name in (*(record.countries or ()), *(site.country for site in record.sites or () if site.country)):
        names.setdefault(country_key(name), name)
    return {
        key: _Country(
            name=name,
            sites=tuple(sites.get(key, ())),
            open=tuple(site for site in sites.get(key, ()) if record.status_at(site) in OPEN_STATUSES),
        )
        for key, name in names.items()
    }


def _opened(before: Mapping[str, _Country], after: Mapping[str, _Country]) -> list[str]:
    """Countries with an open site that had none before; the other way round, those that lost their last one."""
    return [key for key, country in after.items() if country.open and not (key in before and before[key].open)]


def _names(countries: Mapping[str, _Country], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(countries[key].name for key in keys))


def _withdrawn(country: _Country) -> bool:
    return bool(country.sites) and all(site.recruitment_status == "WITHDRAWN" for site in country.sites)


def _respelt(context: Context) -> set[str]:
    """Both names of a country whose site stayed while the name changed."""
    changes = context.comparison.changes_of("sites")
    parts = [change for change in changes if len(change.path) == 3 and change.path[2] == "country"]
    return {country_key(value) for change in parts for value in (change.old, change.new)}


def _spelling(context: Context) -> Finding | None:
    """The list of countries in another spelling, or a repetition of what the sites say; without a new version it is quiet."""
    if not context.changes or context.comparison.without_new_version:
        return None
    details = CountriesDetails(spelling_only=True)
    return Finding(severity="minor", rule="only the spelling of a country differs", details=details)


def _loudness(
    context: Context,
    opened: Sequence[str],
    closed: Sequence[str],
    before: Mapping[str, _Country],
    after: Mapping[str, _Country],
) -> tuple[Severity, str, tuple[str, ...]]:
    """Severity, rule, and the watches for which alone it is that loud."""
    overrides = context.comparison.known.overrides
    for effect, keys in (("opened", opened), ("closed", closed)):
        if keys and (wanted := overrides.get(_FORMER[effect])):
            return wanted, f"a country {effect}; severity set in the configuration", ()
    if not opened and not closed:
        return "notable", "a country came or went", ()
    rule = "a country opened" if opened else "a country closed"
    sites = [*(site for key in opened for site in after[key].open), *(site for key in closed for site in before[key].open)]
    watches = _concerned(context, {*opened, *closed}, sites)
    if not watches:
        return "notable", rule, ()
    set_by_hand = any(key == _KIND or key.startswith(f"{_KIND}.") for key in overrides)
    return "major", f"{rule} that a watch names or is near", () if set_by_hand else watches


def _concerned(context: Context, countries: set[str], sites: Sequence[Site]) -> tuple[str, ...]:
    """The watches that name one of the countries, or whose place is near one of the sites."""
    known = context.comparison.known
    named = {watch for watch, names in known.countries.items() if names & countries}
    near = {
        watch
        for watch, place in known.near.items()
        if watch not in named and any((there := near_distance(site, place)).within and there.km is not None for site in sites)
    }
    return tuple(sorted(named | near))
