"""The contactsLocationsModule: sites, contacts, officials, and the countries that follow from the sites."""

from __future__ import annotations

from typing import Any

from tracker.extract.json_reader import JsonReader
from tracker.model import vocabulary
from tracker.model.record import Contact, GeoPoint, Official, Site


def read(module: JsonReader) -> dict[str, Any]:
    """Where the study runs and who may be asked; countries in order of first appearance."""
    central = _contacts(module, "centralContacts")
    officials = []
    for entry in module.children("overallOfficials"):
        official = Official(
            name=entry.text("name") or "", role=entry.word("role", vocabulary.ROLES), affiliation=entry.text("affiliation")
        )
        entry.close(official.name)
        officials.append(official)
    sites = tuple(_site(entry) for entry in module.children("locations"))
    module.close()
    return {
        "central_contacts": central,
        "officials": tuple(officials),
        "sites": sites,
        "countries": tuple(dict.fromkeys(site.country for site in sites if site.country)),
    }


def _site(entry: JsonReader) -> Site:
    site = Site(
        facility=entry.text("facility"),
        city=entry.text("city"),
        state=entry.text("state"),
        zip=entry.text("zip"),
        country=entry.text("country"),
        recruitment_status=entry.word("status", vocabulary.REGISTRY_STATUSES),
        geo=_geo_point(entry.child("geoPoint")),
        contacts=_contacts(entry, "contacts"),
    )
    entry.close(site.facility, site.city, site.state, site.zip, site.country)
    return site


def _geo_point(reader: JsonReader | None) -> GeoPoint | None:
    if reader is None:
        return None
    latitude, longitude = reader.degrees("lat"), reader.degrees("lon")
    reader.close()
    return None if latitude is None or longitude is None else GeoPoint(lat=latitude, lon=longitude)


def _contacts(parent: JsonReader, key: str) -> tuple[Contact, ...]:
    contacts = []
    for entry in parent.children(key):
        phone, extension = entry.text("phone"), entry.text("phoneExt")
        contact = Contact(
            name=entry.text("name"),
            role=entry.word("role", vocabulary.ROLES),
            phone=f"{phone or ''} ext. {extension}".strip() if extension else phone,
            email=entry.text("email"),
        )
        entry.close(contact.name or contact.role)
        contacts.append(contact)
    return tuple(contacts)
