"""``[[watch]]``: which trials are followed, and who hears of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tracker.config.addresses import web_problem
from tracker.config.sections import check_channel
from tracker.config.table import Table
from tracker.config.trials import followed_trial
from tracker.config.trials_file import TrialsFile, read_trials_file
from tracker.model import ids
from tracker.model.source import Search, SearchReading, SourceInfo
from tracker.model.vocabulary import SEVERITIES, When
from tracker.model.watch import About, Near, Page, Registrations, Send, Watch
from tracker.text.about import about_of, about_word
from tracker.text.suggest import did_you_mean

PageOf = Callable[[str, Mapping[str, str]], Page | None]
"""Recognises the address of a trial page. Takes the address and each source's base address; None if no source reads it."""

ReadSearch = Callable[[Search, Sequence[str]], SearchReading]
"""How the registries that a search is for read it."""


def unread(_search: Search, _registries: Sequence[str] = ()) -> SearchReading:
    """For those who have no source at hand: nothing is said of the search."""
    return SearchReading()


REGISTRATIONS: tuple[Registrations, ...] = ("own", "all")
WHENS: tuple[When, ...] = ("immediate", "daily", "weekly")
_FOLLOWS = ("trials", "trials_file", "pages", "search", "query", "everything")


class ValidationContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a watch is checked against: the sources, kinds and channels there are, and the folder of the file."""

    sources: Mapping[str, SourceInfo]
    kinds: Mapping[str, frozenset[str]]
    channels: frozenset[str]
    base_urls: Mapping[str, str]
    page_of: PageOf
    read_search: ReadSearch
    folder: Path


def read_watches(tables: list[Table], context: ValidationContext) -> tuple[Watch, ...]:
    """Every ``[[watch]]``; a watch is its name, so no two share one."""
    names: set[str] = set()
    found = []
    for table in tables:
        watch = _read_watch(table, context)
        if watch.name in names:
            table.wrong("name", f"Another watch is called {table.quoted('name')} too. Give each one its own name.")
        elif watch.name:
            names.add(watch.name)
        found.append(watch)
    return tuple(found)


def _read_watch(table: Table, context: ValidationContext) -> Watch:
    name = table.text("name")
    table.missing("name", 'A watch needs a name: its history hangs on it. Add name = "lupus".')
    file = _read_file(table, context)
    trials, labels = _read_trials(table, context, file)
    own = {row.trial: row for row in file.rows}
    exclude = _read_exclude(table, context.sources, trials)
    if not any(key in table for key in _FOLLOWS):
        table.wrong("", f"This watch follows nothing. Give it one of {', '.join(_FOLLOWS)}, or delete it.")
    search, query = _read_search(table, context.sources), _read_query(table, context.sources)
    near = _read_near(table.table("near", "watch.near")) if "near" in table else None
    registries = _read_registries(table, context.sources)
    everything = table.flag("everything", default=False)
    reading = SearchReading()
    if search or query:
        reading = _check_search(table, Search(url=search, fields=query, near=near), registries, context)
    return Watch(
        name=name or "",
        trials=tuple(trials),
        rows={trial: place for trial, place in trials.items() if not place.startswith("trials[")},
        pages=_read_pages(table, context),
        search=search,
        query=query,
        everything=everything,
        registries=registries or (_usual(context.sources) if query and not search else ()),
        registrations=table.choice("registrations", REGISTRATIONS, "own"),
        left_out=reading.left_out,
        near=near or reading.near,
        circle_in_search=reading.near is not None and "near" not in table,
        exclude=exclude,
        kinds=_read_kinds(table, context.kinds),
        labels=labels,
        columns=tuple(file.columns),
        own={trial: row.own for trial, row in own.items() if row.own},
        groups={trial: group for trial, row in own.items() if (group := row.said("group"))},
        notes={trial: note for trial, row in own.items() if (note := row.said("note"))},
        about=_read_about(table),
        send=tuple(_read_send(send, context.channels) for send in table.tables("send", "watch.send")),
    )


def _read_file(table: Table, context: ValidationContext) -> TrialsFile:
    """The ``trials_file``, empty where none is named; its mistakes are noted."""
    name = table.text("trials_file")
    if name is None:
        return TrialsFile()
    file = read_trials_file(context.folder / name, context.sources)
    for mistake in file.mistakes:
        table.wrong("trials_file", mistake)
    return file


def _read_trials(table: Table, context: ValidationContext, file: TrialsFile) -> tuple[dict[str, str], dict[str, str]]:
    """The keys of all listed trials, each with the place it was first named in; and the labels people gave them."""
    places: dict[str, str] = {}
    labels: dict[str, str] = {}
    for index, value in table.entries("trials"):
        label, shown = None, table.quoted("trials", index)
        if inline := table.inline("trials", index, value, "watch.trials"):
            text, label, shown = inline.text("id"), inline.text("label"), inline.quoted("id")
            inline.missing("id", 'The trial\'s number is missing. Write { id = "NCT07177911", label = "…" }.')
        else:
            text = table.entry("trials", index, value)
        if text is None:
            continue
        found = followed_trial(text, context.sources)
        if isinstance(found, str):
            table.wrong("trials", f"{shown}: {found}", index)
        elif found.key in places:
            table.wrong("trials", f"{found.number} is listed twice, first at {places[found.key]}. Delete one.", index)
        else:
            places[found.key] = f"trials[{index}]"
            if label:
                labels[found.key] = label
    _add_rows(table, file, places, labels)
    return places, labels


def _add_rows(table: Table, file: TrialsFile, places: dict[str, str], labels: dict[str, str]) -> None:
    """Add the rows of ``trials_file`` to the listed trials."""
    for row in file.rows:
        if row.trial in places:
            number = ids.split_key(row.trial).number
            table.wrong("trials_file", f"{row.place}: {number} is listed twice, first at {places[row.trial]}. Delete one.")
            continue
        places[row.trial] = row.place
        if row.label:
            labels[row.trial] = row.label


def _read_exclude(table: Table, sources: Mapping[str, SourceInfo], trials: Mapping[str, str]) -> frozenset[str]:
    excluded = set()
    for index, text in table.texts("exclude"):
        found = followed_trial(text, sources)
        if isinstance(found, str):
            table.wrong("exclude", f"{table.quoted('exclude', index)}: {found}", index)
        elif found.key in trials:
            place = trials[found.key]
            table.wrong("exclude", f"{found.number} is excluded and also listed at {place}. Delete one of the two.", index)
        else:
            excluded.add(found.key)
    return frozenset(excluded)


def _read_pages(table: Table, context: ValidationContext) -> tuple[Page, ...]:
    found: dict[str, Page] = {}
    for index, url in table.texts("pages"):
        page = None if web_problem(url) else context.page_of(url, context.base_urls)
        if page is None:
            table.wrong(
                "pages", f"{table.quoted('pages', index)}: {web_problem(url) or _unread_page(url, context.sources)}", index
            )
        elif page.trial in found:
            table.wrong("pages", f"This is the same page as {found[page.trial].url}. Delete one.", index)
        else:
            found[page.trial] = page
    return tuple(found.values())


def _unread_page(url: str, sources: Mapping[str, SourceInfo]) -> str:
    host = urlsplit(url).hostname
    number = ids.NCT.search(url)
    for info in sources.values():
        if info.kind == "registry" and host in (*info.hosts, *info.search_hosts):
            hint = f'Write "{number[0]}" under trials.' if number else "Write a trial's number under trials."
            return f"{info.title} is followed by its numbers, not by its pages. {hint}"
    titles = ", ".join(sorted(info.title for info in sources.values() if info.kind == "page"))
    return f"No source of this version reads this page. Trial pages are read of: {titles or 'no site yet'}."


def _read_search(table: Table, sources: Mapping[str, SourceInfo]) -> str | None:
    url = table.text("search")
    if url is None:
        return None
    if wrong := web_problem(url):
        table.wrong("search", wrong)
        return None
    parts = urlsplit(url)
    info = next((info for info in sources.values() if parts.hostname in info.search_hosts), None)
    if info is None:
        hosts = ", ".join(sorted(host for info in sources.values() for host in info.search_hosts))
        table.wrong("search", f"Searches of {parts.hostname} are not understood. Copy the address of a search from {hosts}.")
        return None
    return url


def _read_registries(table: Table, sources: Mapping[str, SourceInfo]) -> tuple[str, ...]:
    """The registries that ``query`` is asked of; none named means the usual one."""
    known = sorted(key for key, info in sources.items() if info.query_fields)
    found: dict[str, None] = {}
    if "registries" in table:
        if "search" in table:
            table.wrong("registries", "An address is asked of its own registry. Write the search as a query instead.")
        elif "query" not in table:
            table.wrong("registries", "This says of which registries a query is asked, and there is none. Add one.")
        elif not table.entries("registries"):
            table.wrong("registries", f"This list is empty. Name some of {', '.join(known)}, or leave it out.")
    for index, key in table.texts("registries"):
        if key not in known:
            hint = did_you_mean(key, known) or f"Registries: {', '.join(known)}."
            table.wrong("registries", f"{table.quoted('registries', index)} cannot be asked by a query. {hint}", index)
        elif key in found:
            table.wrong("registries", f"{table.quoted('registries', index)} is named twice. Delete one.", index)
        found[key] = None
    return tuple(found)


def _usual(sources: Mapping[str, SourceInfo]) -> tuple[str, ...]:
    """The registries that a query is asked of where its watch names none."""
    return tuple(key for key, info in sources.items() if info.asked_by_default)


def _check_search(table: Table, search: Search, registries: tuple[str, ...], context: ValidationContext) -> SearchReading:
    """How its registries read a search; what they find wrong with it is noted."""
    key = "search" if search.url else "query"
    if registries and not search.url:
        reading = context.read_search(search, registries)
        for problem in reading.problems:
            table.fails_alone(key, problem)
        return reading
    if not any(info.understands(search) for info in context.sources.values()):
        table.fails_alone(key, "No registry of this version answers all of this. Give a search or a query of one registry.")
        return SearchReading()
    reading = context.read_search(search, ())
    for problem in reading.problems:
        table.fails_alone(key, problem)
    return reading


def _read_query(table: Table, sources: Mapping[str, SourceInfo]) -> dict[str, str]:
    query = table.table("query", "query")
    fields = sorted({field for info in sources.values() for field in info.query_fields})
    found = {}
    for key in query.keys:
        if key not in fields:
            query.wrong(key, f'There is no field "{key}". {did_you_mean(key, fields) or "Fields: " + ", ".join(fields) + "."}')
        elif text := query.text(key):
            found[key] = text
    return found


def _read_near(table: Table) -> Near:
    place, country = table.text("place"), table.text("country")
    latitude = table.number("latitude", least=-90, most=90)
    longitude = table.number("longitude", least=-180, most=180)
    km = table.number("km", above=0, most=20_000)
    for given, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if given in table:
            table.missing(other, f"A {given} is given without a {other}. Give both, or a place alone.")
    if country and not _is_country(country):
        from tracker.geo.countries import country_codes, country_name

        hint = did_you_mean(country, map(country_name, country_codes())) or "Write its English name or two-letter code."
        table.wrong("country", f"{table.quoted('country')} is not a country known here. {hint}")
    elif "latitude" not in table and "longitude" not in table:
        table.missing("place", 'Give a place, such as place = "80331 München", or latitude and longitude.')
        if place:
            latitude, longitude = _coordinates(table, place, country)
    return Near(
        place=place or f"{latitude}, {longitude}",
        country=country,
        km=100.0 if km is None else km,
        latitude=latitude,
        longitude=longitude,
    )


def _is_country(name: str) -> bool:
    from tracker.geo.countries import country_code  # few watches name one

    return country_code(name) is not None


def _coordinates(table: Table, place: str, country: str | None) -> tuple[float | None, float | None]:
    from tracker.geo.places import (  # the gazetteer takes a while to load and few watches need it
        described,
        find_places,
        is_postcode,
    )

    found = find_places(place, country)
    if not found:
        where = f"{table.quoted('place')}, {country}," if country else table.quoted("place")
        hint = "Give latitude and longitude in degrees instead"
        if is_postcode(place):
            hint = "Give its town instead, or latitude and longitude" if country else "Give its country too"
        table.wrong("place", f"{where} is not in the list of places. {hint}.")
        return None, None
    if len(found) > 1:
        towns = "; ".join(map(described, found[:6])) + ("; …" if len(found) > 6 else "")
        table.wrong(
            "place",
            f"{table.quoted('place')} can mean several towns: {towns}. Write which, or give latitude and longitude.",
        )
        return None, None
    return found[0].latitude, found[0].longitude


def _read_kinds(table: Table, kinds: Mapping[str, frozenset[str]]) -> frozenset[str]:
    given = table.texts("kinds")
    if "kinds" in table and not table.entries("kinds"):
        table.wrong("kinds", "This list is empty, so nothing would be told. Leave it out to hear of every kind.")
    for index, kind in given:
        if kind not in kinds:
            hint = did_you_mean(kind, kinds) or f"Kinds: {', '.join(sorted(kinds))}."
            table.wrong("kinds", f"There is no change kind {table.quoted('kinds', index)}. {hint}", index)
    return frozenset(kind for _, kind in given)


def _read_about(table: Table) -> About:
    """``about``: plain words are wanted, those with a minus in front unwanted."""
    found = []
    if "about" in table and not table.entries("about"):
        table.wrong("about", "This list is empty. Name words, or leave it out to hear of everything.")
    for index, text in table.texts("about"):
        word = about_word(text)
        if isinstance(word, str):
            table.wrong("about", f"{table.quoted('about', index)}: {word}", index)
        else:
            found.append((index, word))
    read = about_of(word for _, word in found)
    for index, word in found:
        if word.unwanted and word.text in read.words:
            table.wrong(
                "about", f"{table.quoted('about', index)} is wanted and unwanted at once. Delete one of the two.", index
            )
    return read


def _read_send(table: Table, channels: frozenset[str]) -> Send:
    to = table.text("to")
    table.missing("to", 'Say to which channel. Add to = "me".')
    if to:
        check_channel(table, "to", to, channels)
    return Send(
        to=to or "",
        when=table.choice("when", WHENS, "daily"),
        min_severity=table.choice("min_severity", SEVERITIES, "notable"),
        separate=table.flag("separate", default=False),
    )
