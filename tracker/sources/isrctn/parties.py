"""Sponsors, funders and contacts: they stand beside the study and are tied to it by numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker.extract.xml_reader import XmlReader
from tracker.model.record import Contact, Organisation
from tracker.sources.isrctn import words

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""


def organisations(reader: XmlReader, order: Sequence[str]) -> Values:
    """The sponsors, the first of the study's own ``order`` as the lead, and the funders."""
    sponsors: dict[str, Organisation] = {}
    for index, one in enumerate(reader.children("sponsor")):
        number, made = one.text("@id") or f"#{index}", _sponsor(one)
        if made:
            sponsors[number] = made
    ranked = [sponsors[number] for number in order if number in sponsors]
    ranked += [made for number, made in sponsors.items() if number not in order]
    funders: list[Organisation] = []
    for one in reader.children("funder"):
        name = words.said(one.text("name"))
        one.close(name)
        funders += [Organisation(name=name)] if name else []
    return {
        "lead_sponsor": ranked[0] if ranked else None,
        "collaborators": tuple(ranked[1:]) if ranked else None,
        "funders": tuple(funders) or None,
    }


def _sponsor(sponsor: XmlReader) -> Organisation | None:
    name = words.said(sponsor.text("organisation"))
    kind = sponsor.coded("sponsorType", words.SPONSORS)
    commercial = sponsor.coded("commercialStatus", words.COMMERCIAL)
    sponsor.close(name)
    return (
        Organisation(name=name, organisation_class="INDUSTRY" if commercial == "INDUSTRY" else kind or commercial)
        if name
        else None
    )


def contacts(reader: XmlReader) -> tuple[Contact, ...] | None:
    """Contacts that the registry shows. What it calls protected is left where it is."""
    found: list[Contact] = []
    for one in reader.children("contact"):
        made, shown = _contact(one)
        one.close(made.role)
        if shown and (made.name or made.email or made.phone):
            found.append(made)
    return tuple(found) or None


def _contact(contact: XmlReader) -> tuple[Contact, bool]:
    names = [words.said(contact.text(key)) for key in ("title", "forename", "surname")]
    roles: tuple[str, ...] = ()
    if types := contact.child("contactTypes"):
        roles = types.texts("contactType")
        types.close()
    phone = email = None
    if details := contact.child("contactDetails"):
        phone, email = words.said(details.text("telephone")), words.said(details.text("email"))
        details.close()
    shown = contact.text("privacy") != "Protected"
    name = " ".join(filter(None, names)) or None
    return Contact(name=name, role=", ".join(sorted(roles)) or None, phone=phone, email=email), shown
