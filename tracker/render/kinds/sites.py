"""Sites and countries, near and far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tracker.model.details import CountriesDetails, NearbyDetails, NearbySite, SitesDetails
from tracker.model.event import Change, Event
from tracker.render.kinds.kind_words import headline_of, inside, kind_words
from tracker.render.phrases import listed, quote, whereabouts
from tracker.render.safe_text import plural
from tracker.render.values import NOT_STATED
from tracker.render.vocabulary import status


def _sites_headline(event: Event, details: SitesDetails) -> str:
    counts = details.counts
    match event.effects:
        case ("respelt",):
            return f"Places of {counts.respelt} sites respelt" if counts.respelt > 1 else "Place of a site respelt"
        case ("anonymised",):
            return f"{counts.anonymised} sites no longer named" if counts.anonymised > 1 else "A site is no longer named"
        case ("named",):
            return f"{counts.named} sites now named" if counts.named > 1 else "A site is now named"
    parts = [*_former_countries(details)]
    if counted := ", ".join(_counts(details)):
        moved = details.counts.added or details.counts.removed
        parts.append(f"Sites: {counted} (now {details.sites_now})" if moved else f"Sites: {counted}")
    return "; ".join(parts) or "Sites changed"


def _former_countries(details: SitesDetails) -> Iterator[str]:
    """Countries in events of versions before they had a kind of their own."""
    if details.countries_opened:
        opened = listed(details.countries_opened)
        yield f"Now also in {opened}" if details.sites_before else f"First sites listed: {opened}"
    if details.countries_closed:
        yield f"No longer in {listed(details.countries_closed)}"


def _counts(details: SitesDetails) -> Iterator[str]:
    counts = details.counts
    for count, effect in (
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.renamed, "renamed"),
        (counts.anonymised, "no longer named"),
        (counts.named, "now named"),
        (counts.address, "with a new address"),
    ):
        if count:
            yield f"{count} {effect}"
    for word, count in details.status_to.items():
        yield f"{count} now {status(word).lower() if word else NOT_STATED}"
    if counts.respelt:
        yield f"{counts.respelt} respelt"


def _sites_short(event: Event, details: SitesDetails) -> str:
    """A country first, else how many sites came and went."""
    counts = details.counts
    if details.countries_opened or details.countries_closed:
        return inside(event, headline_of(event).split(";")[0])
    if counts.added:
        return f"{plural(counts.added, 'site')} added" + (f", {counts.removed:,} removed" if counts.removed else "")
    return f"{plural(counts.removed, 'site')} removed" if counts.removed else "sites changed"


def _sites_lines(event: Event, details: SitesDetails) -> Iterator[str]:
    parts: dict[str, list[Change]] = defaultdict(list)
    for change in event.changes:
        if change.path[0] != "sites":
            continue
        if len(change.path) == 2:
            yield f"{'Added' if change.old is None else 'Removed'}: {_site(change.new or change.old)}"
        else:
            parts[change.path[1]].append(change)
    for name, changes in parts.items():
        yield from _site_lines(name, changes, "Respelt" if details.spelling_only else "Address")


def _site_lines(name: str, changes: list[Change], moved_as: str) -> Iterator[str]:
    """What changed of a site that stayed: its status, then its name or address."""
    for change in changes:
        if change.path[2] == "recruitment_status":
            new, old = (status(value) if value else NOT_STATED for value in (change.new, change.old))
            yield f"{quote(name)}: {new} (before: {old.lower()})"
    moved = [change for change in changes if change.path[2] not in {"recruitment_status", "contacts"}]
    edits = ", ".join(f"{quote(change.old, 60) or NOT_STATED} → {quote(change.new, 60) or NOT_STATED}" for change in moved)
    if any(change.path[2] == "facility" for change in moved):
        yield f"Renamed: {edits}"
    elif moved:
        yield f"{moved_as}: {quote(name, 80)}: {edits}"


def _site(entry: object) -> str:
    given = entry if isinstance(entry, dict) else {}
    names = [quote(given.get(name), 80) for name in ("facility", "city", "state", "country")]
    own = f" ({status(str(given['recruitment_status'])).lower()})" if given.get("recruitment_status") else ""
    return ", ".join(name for name in names if name) + own


def _countries_headline(_event: Event, details: CountriesDetails) -> str:
    parts = (
        ("Now recruiting in", details.opened),
        ("No longer recruiting in", details.closed),
        ("Now also in", details.listed),
        ("No longer in", details.delisted),
    )
    return "; ".join(f"{words} {listed(names)}" for words, names in parts if names) or "Countries respelt"


def _countries_short(event: Event, details: CountriesDetails) -> str:
    return inside(event, _countries_headline(event, details).split(";")[0])


def _countries_lines(_event: Event, details: CountriesDetails) -> Iterator[str]:
    for country, count in details.open_sites.items():
        yield f"{quote(country, 60)}: {plural(count, 'site')} recruiting"


def _nearby_headline(event: Event, details: NearbyDetails) -> str:
    if event.kind == "nearby_site_closed":
        news = "No longer open near you"
    elif "elsewhere_first" in event.effects:
        news = "Recruiting elsewhere; near you not yet"
    else:
        news = "Now open near you"
    places = list(dict.fromkeys(_place(site) for site in details.near))
    text = f"{news}: {places[0] if places else 'a site'}"
    if all(site.km is None for site in details.near):
        text += " (place unsure)"
    return f"{text} and {len(places) - 1} more" if len(places) > 1 else text


def _place(site: NearbySite) -> str:
    """A nearby site: its name, city and distance."""
    return f"{quote(site.facility, 60) or 'unnamed site'}, {whereabouts(site.city, site.km, in_city=site.in_city)}"


def _nearby_news(event: Event, details: NearbyDetails) -> str:
    if event.kind == "nearby_site_closed":
        return f"No longer open {nearness(details)}"
    return _nearby_headline(event, details).partition(":")[0] if event.effects else f"Now open {nearness(details)}"


def nearness(details: NearbyDetails) -> str:
    """``near Munich``: the city of the nearest site of a nearby event."""
    return f"near {quote(details.near[0].city, 40)}" if details.near and details.near[0].city else "near you"


def _nearby_tally(event: Event, _details: NearbyDetails) -> str:
    return "closed near you" if event.kind == "nearby_site_closed" else "open near you"


def _nearby_lines(_event: Event, details: NearbyDetails) -> Iterator[str]:
    """Each site with its watch; a single site stands in the headline."""
    if len(details.near) > 1:
        yield from (f"{_place(site)}, for “{quote(site.watch, 60)}”" for site in details.near)


kind_words(
    "sites_changed",
    SitesDetails,
    title="Sites",
    headline=_sites_headline,
    short=_sites_short,
    lines=_sites_lines,
    own_spelling=True,
    from_details=True,
)
kind_words(
    "countries_changed",
    CountriesDetails,
    title="Countries",
    headline=_countries_headline,
    short=_countries_short,
    lines=_countries_lines,
    own_spelling=True,
)
kind_words(
    "nearby_site_opened",
    NearbyDetails,
    title="Nearby site opened",
    headline=_nearby_headline,
    lines=_nearby_lines,
    news=_nearby_news,
    tally=_nearby_tally,
)
kind_words(
    "nearby_site_closed",
    NearbyDetails,
    title="Nearby site closed",
    headline=_nearby_headline,
    lines=_nearby_lines,
    news=_nearby_news,
    tally=_nearby_tally,
)
