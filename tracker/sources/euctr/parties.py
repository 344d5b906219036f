"""Sponsors, those who pay, contacts, and the numbers of the trial elsewhere."""

from __future__ import annotations

import re
from typing import Any

from tracker.extract.read_log import ReadLog
from tracker.model.ids import recognise
from tracker.model.record import Contact, Organisation, SecondaryId
from tracker.sources.euctr import words
from tracker.sources.euctr.parts import PartReader

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_NUMBERS = (
    ("a4_1_sponsors_protocol_code_number", "ORG_STUDY_ID", None),
    ("a5_1_isrctn_international_standard_randomised_controlled_trial_number", "REGISTRY", "ISRCTN"),
    ("a5_2_us_nct_clinicaltrials_gov_registry_number", "REGISTRY", "ClinicalTrials.gov"),
    ("a5_3_who_universal_trial_reference_number_utrn", "OTHER", "WHO UTN"),
)
_NAMED = re.compile(r"Name:\s*(?P<name>.*?)\s*Number:\s*(?P<number>.+)\Z", re.IGNORECASE)


def sponsors(reader: PartReader, log: ReadLog) -> Values:
    """The first sponsor, the others, who pays for the trial, and the first sponsor's contact."""
    named: list[Organisation] = []
    funders: list[str] = []
    found: list[Contact] = []
    for one in reader.children("sponsor"):
        name = one.text("b1_1_name_of_sponsor")
        kind = one.coded("b3_1_and_b_3_2_status_of_the_sponsor", words.SPONSORS)
        country = one.text("b1_3_4_country")
        if name:
            named.append(Organisation(name=name, organisation_class=kind))
        if country:
            log.keep("sponsor_countries", country, name or "not named")
        funders += one.texts("b4_1_name_of_organisation_providing_support")
        one.texts("b4_2_country")
        found += contacts(one)
        one.close(name)
    return {
        "lead_sponsor": named[0] if named else None,
        "collaborators": tuple(named[1:]) or None,
        "funders": tuple(Organisation(name=name) for name in dict.fromkeys(funders)) or None,
        "contacts": tuple(found[:1]) or None,
    }


def contacts(one: PartReader) -> tuple[Contact, ...]:
    """The contact point of a sponsor."""
    organisation, role = one.text("b5_1_name_of_organisation"), one.text("b5_2_functional_name_of_contact_point")
    phone, email = one.text("b5_4_telephone_number"), one.text("b5_6_e_mail")
    name = ", ".join(filter(None, (role, organisation))) or None
    return (Contact(name=name, phone=phone, email=email),) if name or phone or email else ()


def secondary_ids(reader: PartReader) -> tuple[SecondaryId, ...]:
    """The sponsor's number and those of other registers; placeholders are no numbers."""
    found: list[SecondaryId] = []
    for key, kind, domain in _NUMBERS:
        found += [_number(text, kind, domain) for text in reader.texts(key)]
    for key in reader.beginning("a5_4_"):
        for line in (line for text in reader.texts(key) for line in text.split("\n")):
            named = _NAMED.match(line)
            found.append(_number(named["number"], "OTHER", named["name"] or None) if named else _number(line, "OTHER", None))
    return tuple(one for one in found if one.id.lower() not in words.NO_NUMBERS)


def _number(given: str, kind: str, domain: str | None) -> SecondaryId:
    """A number as it is written at its register, if it is one of a register."""
    known = recognise(given) if kind != "ORG_STUDY_ID" else None
    if known is None:
        return SecondaryId(id=given, type=kind, domain=domain)
    kinds = {"euctr": "EUDRACT_NUMBER", "ctis": "CTIS"}
    return SecondaryId(id=known.number, type=kinds.get(known.source, "REGISTRY"), domain=domain)
