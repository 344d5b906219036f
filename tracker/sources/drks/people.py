"""Who runs a study, who pays for it, and where people join it."""

from __future__ import annotations

import re
from typing import Any

from tracker.extract.json_reader import JsonReader
from tracker.geo.countries import country_name
from tracker.model.record import Contact, Official, Organisation, Site
from tracker.sources.drks import words

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_POSTCODE = re.compile(r"(?:DE?-)?(\d{5})\s+(\D.*)\Z")


def parties(reader: JsonReader) -> Values:
    """Sponsors, officials, contacts and funders, each by the part that the registry gives it."""
    leads: list[Organisation] = []
    others: list[Organisation] = []
    officials: list[Official] = []
    contacts: list[Contact] = []
    for one in reader.children("trialContacts"):
        part = _part(one)
        person, organisation, reach = _who(one)
        match part:
            case "lead" | "collaborator" if name := organisation or person:
                (leads if part == "lead" else others).append(Organisation(name=name))
            case "official" if name := person or organisation:
                officials.append(Official(name=name, role="PRINCIPAL_INVESTIGATOR", affiliation=organisation))
            case "Scientific" | "Public" if person or organisation or reach != (None, None):
                contacts.append(Contact(name=person or organisation, role=part, phone=reach[0], email=reach[1]))
            case None if name := organisation or person:
                one.keep("contact", name, [name])
        one.close(person, organisation)
    lead = leads[0] if leads else None
    rest = dict.fromkeys(other for other in (*leads[1:], *others) if other != lead)
    return {
        "lead_sponsor": lead,
        "collaborators": tuple(rest) if lead else tuple(rest) or None,
        "officials": tuple(dict.fromkeys(officials)) or None,
        "central_contacts": tuple(dict.fromkeys(contacts)) or None,
        "funders": _funders(reader),
    }


def _part(one: JsonReader) -> str | None:
    """What somebody is to the study; the type of a further address says more than that it is one."""
    kind: str | None = None
    if named := one.child("idContactIdType"):
        kind = named.coded("type", words.CONTACTS)
        named.close()
    other = one.coded("otherType", words.OTHER_CONTACTS)
    known = {*words.CONTACTS.values(), *words.OTHER_CONTACTS.values()}
    return next((part for part in (other, kind) if part in known), None)


def _who(one: JsonReader) -> tuple[str | None, str | None, tuple[str | None, str | None]]:
    """Person, organisation, and telephone and e-mail of one address."""
    contact = one.child("contact")
    if contact is None:
        return None, None, (None, None)
    names = [words.said(contact.text(key)) for key in ("title", "firstName", "lastName")]
    person = " ".join(filter(None, names)) if any(names[1:]) else None
    organisation = words.said(contact.text("affiliation"))
    reach = words.said(contact.text("phone")), words.said(contact.text("email"))
    contact.close(person, organisation)
    return person, organisation, reach


def _funders(reader: JsonReader) -> tuple[Organisation, ...] | None:
    found: list[Organisation] = []
    for support in reader.children("materialSupports"):
        kind, name = support.coded("type", words.SUPPORTS), None
        if contact := support.child("contact"):
            name = words.said(contact.text("affiliation"))
            contact.close(name)
        support.close(name)
        found += [Organisation(name=name, organisation_class=kind)] if name else []
    return tuple(dict.fromkeys(found)) or None


def committees(reader: JsonReader) -> None:
    """The votes of ethics committees are kept under the committees' names."""
    ethics = reader.child("ethicsCommittee")
    if ethics is None:
        return
    for vote in ethics.children("ethicVotes"):
        name = None
        if contact := vote.child("contact"):
            name = contact.text("affiliation")
            contact.close(name)
        said = vote.word("vote", words.VOTES), vote.day("dateOfVote")
        vote.keep("vote", ", ".join(filter(None, (said[0] and words.plain(said[0]), said[1]))), [name])
        vote.close(name)
    ethics.close()


def places(recruitment: JsonReader) -> Values:
    """The countries, and the places where people join: their country is stated only where the study has one."""
    codes: list[str] = []
    for country in recruitment.children("countries"):
        if named := country.child("idCountry"):
            codes += filter(None, [named.text("code")])
            named.close()
        country.close()
    countries = tuple(dict.fromkeys(map(country_name, codes)))
    alone = countries[0] if len(countries) == 1 else None
    sites: dict[Site, None] = {}
    for place in recruitment.children("institutes"):
        kind = place.word("type", words.PLACES)
        name, city = words.said(place.text("name")), words.said(place.text("city"))
        place.close(name, city)
        match = _POSTCODE.match(city or "") if alone in (None, "Germany") else None
        facility = name or (words.PLACES.get(kind, kind) if kind else None)
        if name or city:
            site = Site(facility=facility, city=match[2] if match else city, zip=match[1] if match else None, country=alone)
            sites[site] = None
    return {"countries": countries or None, "sites": tuple(sites) or None}
