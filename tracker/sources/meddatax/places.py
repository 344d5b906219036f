"""Where a MedDataX page says the trial runs, and whom it names there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tracker.extract.labels import Entry, Page
from tracker.extract.pages import listed, word_of
from tracker.model import vocabulary
from tracker.model.record import Contact, Site
from tracker.sources.meddatax import words
from tracker.text.clean import clean


def read_sites(page: Page) -> tuple[Site, ...] | None:
    """Places: a facility, "City, State, Country", and the place's own status where the registry gives one."""
    countries = [entry.text for entry in page.texts("Countries")]
    sites: list[dict[str, Any]] = []
    lines: list[Entry] = []
    for entry in page.all("Locations"):
        if entry.label is None:
            lines.append(entry)
            continue
        found = _places(page, lines, countries)
        if found:
            found[-1]["recruitment_status"] = word_of(page, entry.text, vocabulary.REGISTRY_STATUSES, "Locations / Site Status")
        else:
            page.unplaced(entry)
        sites += found
        lines = []
    sites += _places(page, lines, countries)
    return tuple(Site(**values) for values in sites) or None


def _places(page: Page, lines: Sequence[Entry], countries: Sequence[str]) -> list[dict[str, Any]]:
    """Facilities and their places in turn. A place ends in one of the trial's countries, so a missing line is noticed."""
    if len(lines) % 2 == 0 and all(_is_place(line.text, countries) for line in lines[1::2]):
        return [
            {"facility": clean(facility.text), **_place(place.text, countries)}
            for facility, place in zip(lines[::2], lines[1::2], strict=True)
        ]
    sites: list[dict[str, Any]] = []
    facility: Entry | None = None
    for line in lines:
        if _is_place(line.text, countries):
            sites.append({"facility": facility and clean(facility.text), **_place(line.text, countries)})
            facility = None
            continue
        if facility is not None:
            page.unplaced(facility)
        facility = line
    if facility is not None and not sites and len(lines) == 1:
        return [{"facility": clean(facility.text)}]
    if facility is not None:
        page.unplaced(facility)
    return sites


def _is_place(text: str, countries: Sequence[str]) -> bool:
    tail = text.rpartition(", ")[2]
    if not countries:  # a saved opening that ends before that section
        return ", " in text
    return any(text == country or text.endswith(f", {country}") for country in countries) or (
        ", " in text and f" {tail} " in f" {' '.join(countries)} "
    )


def _place(text: str, countries: Sequence[str]) -> dict[str, Any]:
    named = (
        country for country in sorted(countries, key=len, reverse=True) if text == country or text.endswith(f", {country}")
    )
    country = next(named, text.rpartition(", ")[2])
    city, _, state = text[: len(text) - len(country)].removesuffix(", ").partition(", ")
    return {"city": clean(city) or None, "state": clean(state) or None, "country": clean(country)}


def read_countries(page: Page, sites: Sequence[Site] | None) -> tuple[str, ...] | None:
    """The countries; where several run together on one line, the sites' own countries tell them apart."""
    known = {site.country for site in sites or () if site.country}
    names: list[str] = []
    for name in listed(page, "Countries") or ():
        names += [name] if name in known else _run_together(name, known) or [name]
    return tuple(names) or None


def _run_together(text: str, names: set[str]) -> list[str]:
    """The names that make up the whole text, or none; each stands there once, and the longest that fits comes first."""
    if len(text) > sum(len(name) + 1 for name in names):
        return []
    longest_first = sorted(names, key=len, reverse=True)
    end = len(text) + 1
    begins: dict[int, str] = {}  # where the rest of the text is made up of names -> the first of them
    for start in (0, *(match.end() for match in re.finditer(" ", text)))[::-1]:
        for name in longest_first:
            after = start + len(name) + 1
            if (after == end or after in begins) and f"{text} ".startswith(f"{name} ", start):
                begins[start] = name
                break
    found: list[str] = []
    start = 0
    while start in begins:
        found.append(begins[start])
        start += len(begins[start]) + 1
    return found


def read_contacts(page: Page, sites: tuple[Site, ...] | None) -> dict[str, Any]:
    """Contact persons. The page does not say whose facility contact is whose: only a single site can keep its own."""
    central, local = _people(page, "Central Contacts"), _people(page, "Facility Contacts")
    if sites and len(sites) == 1 and local:
        return {"central_contacts": central or None, "sites": (msgspec.structs.replace(sites[0], contacts=local),)}
    return {"central_contacts": (*central, *local) or None, "sites": sites}


def _people(page: Page, section: str) -> tuple[Contact, ...]:
    """A name, the role that marks it, and then telephone and e-mail, known by their shape."""
    people: list[dict[str, str | None]] = []
    between: list[Entry] = []

    def details(entries: Sequence[Entry]) -> None:
        for entry in entries:
            kind = "email" if words.EMAIL.fullmatch(entry.text) else "phone" if words.PHONE.fullmatch(entry.text) else None
            if kind and people and kind not in people[-1]:
                people[-1][kind] = clean(entry.text)
            else:
                page.unplaced(entry, personal=True)

    for entry in page.all(section):
        if entry.label is None:
            between.append(entry)
            continue
        details(between[:-1])
        people.append({"name": clean(between[-1].text) if between else None, "role": clean(entry.text).upper() or None})
        between = []
    details(between)
    return tuple(Contact(**person) for person in people)
