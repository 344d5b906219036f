"""The contactsLocationsModule: sites, contacts, officials, and the countries that follow from the sites."""

from __future__ import annotations

from typing import Any

from tracker.model.record import Contact, GeoPoint, Official, Site
from tracker.sources.ctgov import served
from tracker.text.clean import cleaned


def read(module: served.ContactsLocationsModule) -> dict[str, Any]:
    """Where the study runs and who may be asked; countries in order of first appearance."""
    sites = tuple(map(_site, module.locations))
    return {
        "central_contacts": _contacts(module.centralContacts),
        "officials": tuple(
            Official(name=cleaned(entry.name) or "", role=entry.role, affiliation=cleaned(entry.affiliation))
            for entry in module.overallOfficials
        ),
        "sites": sites,
        "countries": tuple(dict.fromkeys(site.country for site in sites if site.country)),
    }


def _site(entry: served.Location) -> Site:
    return Site(
        facility=cleaned(entry.facility),
        city=cleaned(entry.city),
        state=cleaned(entry.state),
        zip=cleaned(entry.zip),
        country=cleaned(entry.country),
        recruitment_status=entry.status,
        geo=_geo_point(entry.geoPoint),
        contacts=_contacts(entry.contacts),
    )


def _geo_point(point: served.GeoPoint | None) -> GeoPoint | None:
    if point is None or point.lat is None or point.lon is None:
        return None
    return GeoPoint(lat=point.lat, lon=point.lon)


def _contacts(entries: tuple[served.Contact, ...]) -> tuple[Contact, ...]:
    return tuple(map(_contact, entries)) if entries else ()


def _contact(entry: served.Contact) -> Contact:
    phone, extension = cleaned(entry.phone), cleaned(entry.phoneExt)
    return Contact(
        name=cleaned(entry.name),
        role=entry.role,
        phone=f"{phone or ''} ext. {extension}".strip() if extension else phone,
        email=cleaned(entry.email),
    )
