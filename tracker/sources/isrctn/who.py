"""A study in the format of the WHO: it states the recruitment status, and says less of everything else."""

from __future__ import annotations

import re
from typing import Any

from tracker.extract.read_log import ReadLog
from tracker.extract.xml_reader import Element, XmlReader, reader_of
from tracker.model.dates import RegistryDate
from tracker.model.record import (
    Contact,
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Organisation,
    OutcomeMeasure,
    SecondaryId,
)
from tracker.model.source import Document
from tracker.sources.isrctn import words
from tracker.sources.isrctn.people import country, criteria_of, upper_age
from tracker.sources.isrctn.texts import numbered

Values = dict[str, Any]
"""Some of TrialRecord's fields, by name."""

_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})\Z", re.ASCII)

_ISSUERS = {
    "Integrated Research Application System (IRAS)": ("OTHER", "IRAS"),
    "Central Portfolio Management System (CPMS)": ("OTHER", "CPMS"),
    "Sponsor Protocol ID": ("ORG_STUDY_ID", None),
    "Protocol serial number": ("ORG_STUDY_ID", None),
}

IGNORED = {
    "main.trial_id": "the trial's own number",
    "main.reg_name": "the registry's own name",
    "ethics_reviews.ethics_review[].contact_address": "the address of a committee",
    "ethics_reviews.ethics_review[].contact_phone": "the address of a committee",
    "ethics_reviews.ethics_review[].contact_email": "the address of a committee",
    **{
        f"contacts.contact[].{name}": "the address of a person"
        for name in ("address", "city", "country1", "zip", "affiliation")
    },
}
"""Paths of the WHO format that are left out on purpose: path -> why."""

KEPT = dict.fromkeys(
    (
        *(f"main.results_{name}" for name in ("baseline_char", "participant_flow", "adverse_events", "outcome_measures")),
        "main.utrn",
        "main.results_url_protocol",
        "main.results_date_first_publication",
        "health_condition_code",
        "intervention_code",
    ),
    object,
)
"""Paths of the WHO format that are compared as they are."""


def read_who(document: Document, element: Element) -> tuple[Values, ReadLog]:
    """Some of the record's fields, and the account of what was read."""
    log = ReadLog(IGNORED, KEPT)
    reader = reader_of(element, log)
    main = reader.child("main")
    assert main is not None  # as payload.study has seen to
    made: Values = {"trial": document.trial, "url": main.text("url")}
    made |= _main(main, log)
    main.close()
    made["central_contacts"] = _contacts(reader)
    made["countries"] = tuple(dict.fromkeys(map(country, _each(reader, "countries", "country2"))))
    made["eligibility"] = _eligibility(reader)
    made["keywords"] = _each(reader, "health_condition_keyword", "hc_keyword") or None
    made["interventions"] = _interventions(reader, made.pop("intervention"))
    made["primary_outcomes"] = _outcomes(reader, "primary_outcome", "prim_outcome")
    made["secondary_outcomes"] = _outcomes(reader, "secondary_outcome", "sec_outcome")
    made["collaborators"] = _named(_each(reader, "secondary_sponsor", "sponsor_name"))
    made["funders"] = _named(_each(reader, "source_support", "source_name")) or None
    made["secondary_ids"] = _numbers(reader)
    _ethics(reader)
    reader.close()
    return made, log


def _main(main: XmlReader, log: ReadLog) -> Values:
    status, unknown = main.status("recruitment_status", words.STATED)
    made: Values = {"recruitment_status": status, "recruitment_status_as_given": unknown}
    if status == "NOT_RECRUITING_UNSPECIFIED":
        made["recruitment_status_as_given"] = "No longer recruiting"
    made["first_posted"] = _day(main, "date_registration", log)
    made["brief_title"], made["official_title"] = main.text("public_title"), main.text("scientific_title")
    made["acronym"] = words.said(main.text("acronym"))
    made["lead_sponsor"] = next(iter(_named((main.text("primary_sponsor"),))), None)
    made["start_date"] = _day(main, "date_enrolment", log, main.coded("type_enrolment", words.START_KINDS))
    target, final = main.count("target_size"), main.count("results_actual_enrolment")
    made["enrollment"] = (
        Enrollment(count=final, type="ACTUAL")
        if final
        else None
        if target is None
        else Enrollment(count=target, type="ESTIMATED")
    )
    made["study_type"] = main.coded("study_type", words.STUDY_TYPES)
    made["intervention_model_description"] = main.text("study_design")
    phase = main.word("phase", words.PHASES)
    made["phases"] = words.PHASES.get(phase, (phase,)) if phase else None
    conditions = main.text("hc_freetext")
    made["conditions"] = tuple(conditions.split("\n")) if conditions else ()
    made["intervention"] = main.text("i_freetext")
    made["completion_date"] = _day(main, "results_date_completed", log)
    made |= _results(main, log)
    return made


def _results(main: XmlReader, log: ReadLog) -> Values:
    """Results are posted once the registry says when, or links to them; the day of completion is none of results."""
    posted = _day(main, "results_date_posted", log)
    links = [main.text("results_url_link"), main.text("results_summary")]
    for key, link in zip(("results_url_link", "results_summary"), links, strict=True):
        if link:
            main.keep(key, link)
    plan, description = main.coded("results_IPD_plan", {"Yes": "YES", "No": "NO"}), main.text("results_IPD_description")
    return {
        "results_state": "POSTED" if posted or any(links) else "NONE_POSTED",
        "results_first_posted": posted,
        "ipd_sharing": IpdSharing(plan=plan, description=description) if plan or description else None,
    }


def _day(reader: XmlReader, key: str, log: ReadLog, kind: str | None = None) -> RegistryDate | None:
    """The day of ``10/08/2026``, which is the tenth of August."""
    given = reader.text(key)
    if not given:
        return None
    match = _DAY_FIRST.match(given)
    date = RegistryDate(f"{match[3]}-{match[2]}-{match[1]}" if match else given, kind)
    if date.precision == "none":
        log.note("unreadable_date", f"{reader.path}.{key}", given)
    return date


def _each(reader: XmlReader, key: str, inner: str) -> tuple[str, ...]:
    held = reader.child(key)
    if held is None:
        return ()
    found = tuple(text for text in held.texts(inner) if words.said(text))
    held.close()
    return found


def _named(names: tuple[str | None, ...]) -> tuple[Organisation, ...]:
    return tuple(Organisation(name=name) for name in names if name and words.said(name))


def _outcomes(reader: XmlReader, key: str, inner: str) -> tuple[OutcomeMeasure, ...] | None:
    return tuple(OutcomeMeasure(measure=text) for text in _each(reader, key, inner)) or None


def _interventions(reader: XmlReader, description: str | None) -> tuple[Intervention, ...]:
    kinds = _each(reader, "intervention_keyword", "i_keyword")
    name = ", ".join(kinds) or "not named"
    kind = words.INTERVENTIONS.get(kinds[0], kinds[0]) if kinds else None
    return (Intervention(type=kind, name=name, description=description),) if kinds or description else ()


def _numbers(reader: XmlReader) -> tuple[SecondaryId, ...] | None:
    held = reader.child("secondary_ids")
    if held is None:
        return None
    found: list[SecondaryId] = []
    for one in held.children("secondary_id"):
        number, issuer = words.said(one.text("sec_id")), one.text("issuing_authority")
        one.close(number)
        if number:
            kind, domain = _ISSUERS.get(issuer or "", ("OTHER", issuer))
            found.append(numbered(number, kind, domain))
    held.close()
    return tuple(found) or None


def _contacts(reader: XmlReader) -> tuple[Contact, ...] | None:
    held = reader.child("contacts")
    if held is None:
        return None
    found: list[Contact] = []
    for one in held.children("contact"):
        names = [words.said(one.text(key)) for key in ("firstname", "middlename", "lastname")]
        name, role = " ".join(filter(None, names)) or None, one.text("type")
        made = Contact(name=name, role=role, phone=words.said(one.text("telephone")), email=words.said(one.text("email")))
        one.close(role)
        if made.name or made.phone or made.email:
            found.append(made)
    held.close()
    return tuple(found) or None


def _eligibility(reader: XmlReader) -> Eligibility | None:
    held = reader.child("criteria")
    if held is None:
        return None
    made = Eligibility(
        criteria=criteria_of(held.verbatim("inclusion_criteria"), held.verbatim("exclusion_criteria")),
        minimum_age=words.said(held.text("agemin")),
        maximum_age=upper_age(words.said(held.text("agemax"))),
        sex=held.coded("gender", words.GENDERS),
    )
    held.close()
    return None if made == Eligibility() else made


def _ethics(reader: XmlReader) -> None:
    held = reader.child("ethics_reviews")
    if held is None:
        return
    for review in held.children("ethics_review"):
        name, status, day = review.text("contact_name"), review.text("status"), review.text("approval_date")
        review.keep("contact_name", ", ".join(filter(None, (status, day))), [name])
        review.close(name)
    held.close()
