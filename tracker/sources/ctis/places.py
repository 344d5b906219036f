"""Status and place of a trial: overall as the portal states it, by member state, and its sites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import ReadLog
from tracker.geo.countries import country_name
from tracker.model.record import Contact, CountryStatus, Site
from tracker.sources.ctis import words
from tracker.text.clean import clean

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_COUNTRY_WORDS = re.compile(r"([A-Z]{2}): ?(.+?)(?=, ?[A-Z]{2}:|\Z)", re.DOTALL)


def read_status(reader: JsonReader, log: ReadLog) -> Values:
    """The code decides; the word beside it is the application's. Before June 2024 there was only the word."""
    code, given = reader.raw("ctPublicStatusCode"), reader.raw("ctStatus")
    if code is None and isinstance(given, int):
        code = given
    if code is None:
        known = words.STATUS_WORDS.get(given) if isinstance(given, str) else None
        if known is None:
            log.note("unknown_word", "ctStatus", given)
        return {"recruitment_status": known or "OTHER", "recruitment_status_as_given": clean(str(given))}
    said, status = _coded(code, "ctPublicStatusCode", log)
    return {"recruitment_status": status, "recruitment_status_as_given": said}


def _coded(code: object, path: str, log: ReadLog) -> tuple[str, str]:
    """The portal's words for a status code, and the recruitment status."""
    known = words.PUBLIC_STATUSES.get(code) if isinstance(code, int) and not isinstance(code, bool) else None
    if known is None:
        log.note("unknown_word", path, code)
        return f"code {code}", "OTHER"
    return known


def read_places(reader: JsonReader, log: ReadLog) -> Values:
    """Status by member state, and the sites with the number of participants planned there."""
    states: dict[str, CountryStatus] = {}
    for state in reader.children("memberStatesConcerned"):
        name, code = state.text("mscName") or "", state.raw("mscPublicStatusCode")
        if code is not None:
            said, status = _coded(code, "memberStatesConcerned[].mscPublicStatusCode", log)
            states[name] = CountryStatus(country=name, status=status, as_given=said)
        state.close(name)
    given = reader.raw("trialCountries")
    if isinstance(given, str):
        states |= {one.country: one for one in _worded(given, log) if one.country not in states}
    elif given is not None and not states:
        states |= {one.country: one for one in _numbered(given, log)}
    sites: list[Site] = []
    counts: list[int | None] = []
    parts = reader.children("authorizedPartsII")
    for part in parts:
        country: str | None = None
        if msc := part.child("mscInfo"):
            country = msc.text("mscName")
            msc.close(country)
        counts.append(part.count("recruitmentSubjectCount"))
        stated = states.get(country or "")
        sites += [_site(site, country, stated.status if stated else None) for site in part.children("trialSites")]
        part.close(country)
    complete = parts and all(count is not None for count in counts)
    return {
        "country_status": tuple(states.values()) or None,
        "sites": tuple(sites) if parts else None,
        "eea": sum(count or 0 for count in counts) if complete else None,
    }


def _worded(given: str, log: ReadLog) -> Iterable[CountryStatus]:
    """``DE:Ongoing, recruiting, GR:Authorised, not started``."""
    for code, said in _COUNTRY_WORDS.findall(given):
        if said not in words.STATUS_WORDS:
            log.note("unknown_word", "trialCountries", said)
        yield CountryStatus(country=country_name(code), status=words.STATUS_WORDS.get(said, "OTHER"), as_given=said)


def _numbered(given: object, log: ReadLog) -> Iterable[CountryStatus]:
    """``["Spain:4", "Italy:4"]``."""
    for entry in given if isinstance(given, list) else [given]:
        name, _, code = str(entry).rpartition(":")
        said, status = _coded(int(code) if code.isdecimal() else code, "trialCountries[]", log)
        yield CountryStatus(country=name, status=status, as_given=said)


def _site(site: JsonReader, country: str | None, status: str | None) -> Site:
    """A site; the portal states who recruits by member state, and the trial as a whole may do otherwise."""
    facility = city = postcode = None
    if info := site.child("organisationAddressInfo"):
        if organisation := info.child("organisation"):
            facility = organisation.text("name")
            organisation.close(facility)
        if address := info.child("address"):
            city, postcode = address.text("city"), address.text("postcode")
            country = address.text("countryName") or country
            address.close(facility)
        info.close(facility)
    contacts: tuple[Contact, ...] | None = None
    if person := site.child("personInfo"):
        name = " ".join(filter(None, (person.text("firstName"), person.text("lastName"))))
        contacts = (Contact(name=name or None, phone=person.text("telephone"), email=person.text("email")),)
        person.close(facility)
    department = site.text("departmentName")
    site.close(facility, city)
    whole = ", ".join(filter(None, (facility, department))) or None
    return Site(facility=whole, city=city, zip=postcode, country=country, recruitment_status=status, contacts=contacts)


def countries(part: JsonReader, made: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The member states, and the countries elsewhere, each once."""
    named = [one.country for one in made["country_status"] or ()]
    named += [site.country for site in made["sites"] or () if site.country]
    for elsewhere in part.children("rowCountriesInfo"):
        name = elsewhere.text("name")
        named += [name] if name else []
        elsewhere.close(name)
    return tuple(dict.fromkeys(named)) or None
