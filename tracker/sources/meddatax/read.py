"""From a placed MedDataX page to the values of a TrialRecord, in ClinicalTrials.gov's terms.

A section that is not there or says nothing gives None: the site leaves headings standing over empty sections.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tracker.extract.criteria import criteria
from tracker.extract.labels import Entry, Page
from tracker.extract.pages import date_of, known_word, listed, paragraphs, word_of
from tracker.model import vocabulary
from tracker.model.record import (
    Arm,
    Eligibility,
    Enrollment,
    Intervention,
    Organisation,
    Reference,
    ResponsibleParty,
    ResultsDigests,
    SecondaryId,
)
from tracker.sources.meddatax import words
from tracker.sources.meddatax.groups import untyped_groups
from tracker.sources.meddatax.places import read_contacts, read_countries, read_sites
from tracker.text.clean import clean
from tracker.text.numbers import whole_number

Values = dict[str, Any]


def read_record(page: Page) -> Values:
    """Every field of a record page."""
    related(page)
    sites = read_sites(page)
    study_type = _word(page, "Basic Information", "Study Classification", vocabulary.STUDY_TYPES)
    values: Values = {
        "results_state": _results_state(page),
        **_basics(page, "Basic Information", ("Recruitment Status", "Clinical Phase", "Total Enrollment")),
        "study_type": study_type,
        "start_date": date_of(page, page.value("Basic Information", "Study Start Date"), "Study Start Date"),
        "completion_date": date_of(page, page.value("Basic Information", "Study Completion Date"), "Study Completion Date"),
        "brief_summary": _text(page, "Brief Summary"),
        "detailed_description": _text(page, "Detailed Description"),
        "conditions": listed(page, "Conditions"),
        **_design(page),
        **_arms_and_interventions(page, untyped=study_type == "OBSERVATIONAL"),
        "eligibility": _eligibility(page),
        **_sponsors(page),
        "responsible_party": _responsible_party(page),
        "references": _references(page),
        "secondary_ids": _other_identifiers(page),
        "countries": read_countries(page, sites),
        **read_contacts(page, sites),
    }
    for section in ("Conditions", "Sponsors", "Eligibility Criteria"):
        if not page.has(section) or (section == "Conditions" and values["conditions"] is None):
            page.issue("missing_shape", section)
    return values


def read_results(page: Page) -> Values:
    """Every field of a results page; its tables are known by their digests alone."""
    related(page)
    overview = "Results Overview"
    rest: Values = {}
    for key, text in (
        ("results_overview", paragraphs(entry.marked for entry in page.texts(overview))),
        ("primary_outcome_time_frame", page.value(overview, "Primary outcome timeframe")),
    ):
        if text:
            rest[key] = clean(text)
    tables: dict[str, list[str]] = {}
    for section, field in words.DIGESTED.items():
        tables.setdefault(field, []).extend(word for entry in page.all(section) for word in entry.text.split())
    return {
        "results_state": "POSTED",
        **_basics(page, overview, ("Recruitment status", "Study phase", "Target enrollment")),
        "results_first_posted": date_of(page, page.value(overview, "Results posted on"), "Results posted on"),
        "results_digests": ResultsDigests(**{field: _sha256(said) for field, said in tables.items() if said}),
        "rest": rest,
    }


def related(page: Page) -> None:
    """Leaves other trials out by name; what does not look like one of them is told, never taken for this trial's."""
    entries = page.all("More Related Trials")
    is_item = [bool(words.RELATED_ITEM.fullmatch(entry.text)) for entry in entries]
    for number, entry in enumerate(entries):
        is_title = number + 1 < len(entries) and is_item[number + 1] and entries[number + 1].text.startswith("NCT")
        if is_item[number] or is_title:
            page.ignore(entry, "related trial")
        else:
            page.unplaced(entry)


def _results_state(page: Page) -> str | None:
    said = [*page.values("Study Results", "Results"), *page.values("Study Results", "Results note")]
    states = {known_word(text, words.RESULTS) for text in said}
    if len(states) == 1:
        return states.pop()
    page.issue("missing_shape", "Study Results", " / ".join(said))
    return None


def _basics(page: Page, section: str, labels: tuple[str, str, str]) -> Values:
    """Status, phases and number of participants, which both kinds of page have under labels of their own."""
    status, phase, enrolled = labels
    given = page.value(section, status, expected=True)
    known = known_word(given, vocabulary.REGISTRY_STATUSES) if given else None
    if given and not known:
        page.issue("unknown_word", f"{section} / {status}", given)
    return {
        "recruitment_status": known or (given and "OTHER"),
        "recruitment_status_as_given": given and clean(given),
        "phases": _phases(page, page.value(section, phase), f"{section} / {phase}"),
        "enrollment": _enrollment(page, page.value(section, enrolled), f"{section} / {enrolled}"),
    }


def _phases(page: Page, text: str | None, path: str) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(word_of(page, part.strip(), vocabulary.PHASES, path) or "" for part in text.split("/") if part.strip())


def _enrollment(page: Page, text: str | None, path: str) -> Enrollment | None:
    if text is None:
        return None
    count = whole_number(re.sub(r"\s*participants?\s*\Z", "", text, flags=re.IGNORECASE))
    if count is None:
        page.issue("unreadable_value", path, text)
        return None
    return Enrollment(count=count)


def _design(page: Page) -> Values:
    section = "Study Design"
    values: Values = {field: _word(page, section, label, known) for field, (label, known) in words.DESIGN.items()}
    masked = [
        words.MASKED[match[0]]
        for text in page.values(section, "Who is masked")
        for match in re.finditer(words.MASKED_WORD, text)
    ]
    return {**values, "who_masked": tuple(masked) or None}


def _arms_and_interventions(page: Page, *, untyped: bool) -> Values:
    """``untyped`` groups have no type of their own: those of an observational study."""
    listed = _listed_interventions(page)
    arms, given = _untyped_groups(page, listed) if untyped else _study_groups(page)
    if not page.has("Interventions"):  # a saved opening may end before that section
        listed = list(dict.fromkeys(given))
    for one in given:
        if one not in listed and listed:
            page.issue("unplaced_text", "Study Groups / Intervention Type", f"{one.name}: {one.description or ''}")
    names = {(one.type, one.name): [arm.label for arm in arms if _listing(one) in (arm.interventions or ())] for one in listed}
    interventions = tuple(
        Intervention(type=one.type, name=one.name, description=one.description, arms=tuple(names[one.type, one.name]) or None)
        for one in listed
    )
    return {"arms": tuple(arms) or None, "interventions": interventions or None}


def _listing(one: Intervention) -> str:
    """An intervention as an arm lists it at the registry: "Dietary Supplement: Vitamin D"."""
    return f"{(one.type or '').replace('_', ' ').title()}: {one.name}"


def _study_groups(page: Page) -> tuple[list[Arm], list[Intervention]]:
    """Arms and the interventions under each: a name, its type marker, its description, then the next name."""
    arms: list[Arm] = []
    given: list[Intervention] = []
    section = "Study Groups"
    for marker, name, kind, description in _name_then_marker(page, section):
        path = f"{section} / {marker}"
        known = vocabulary.ARM_TYPES if marker == "Group Type" else vocabulary.INTERVENTION_TYPES
        word = word_of(page, kind, known, path)
        if marker == "Group Type":
            arms.append(Arm(label=name, type=word, description=description))
            continue
        one = Intervention(type=word, name=name, description=description)
        given.append(one)
        if arms:
            last = arms[-1]
            interventions = (*(last.interventions or ()), _listing(one))
            arms[-1] = Arm(label=last.label, type=last.type, description=last.description, interventions=interventions)
    return arms, given


def _untyped_groups(page: Page, listed: Sequence[Intervention]) -> tuple[list[Arm], list[Intervention]]:
    """The groups of an observational study; where they have types all the same, as in any other."""
    if any(entry.label == "Group Type" for entry in page.entries if entry.section == "Study Groups"):
        return _study_groups(page)
    groups = untyped_groups(page, page.all("Study Groups"), listed)
    arms = [
        Arm(
            label=group.label,
            description=paragraphs(group.lines),
            interventions=tuple(map(_listing, group.interventions)) or None,
        )
        for group in groups
    ]
    return arms, [one for group in groups for one in group.interventions]


def _name_then_marker(page: Page, section: str) -> list[tuple[str, str, str, str | None]]:
    """(marker, name, its value, description) of each thing: the line before a marker is a name, what follows describes it."""
    things: list[tuple[str, str, str, list[str]]] = []
    between: list[Entry] = []
    for entry in page.all(section):
        if entry.label is None:
            between.append(entry)
            continue
        if not between:
            page.unplaced(entry)
            continue
        *description, name = between
        _describe(page, things, description)
        things.append((entry.label, clean(name.text), entry.text, []))
        between = []
    _describe(page, things, between)
    return [(marker, name, value, paragraphs(text)) for marker, name, value, text in things]


def _describe(page: Page, things: list[tuple[str, str, str, list[str]]], description: Sequence[Entry]) -> None:
    for entry in description:
        if things:
            things[-1][3].append(entry.marked)
        else:
            page.unplaced(entry)


def _listed_interventions(page: Page) -> list[Intervention]:
    """The section of its own: a name, its description, then the type marker, which ends it."""
    found = []
    for lines, markers in _groups(page, "Interventions", ("Intervention Type",)):
        kind = word_of(page, markers["Intervention Type"], vocabulary.INTERVENTION_TYPES, "Interventions / Intervention Type")
        name, *description = lines
        found.append(
            Intervention(type=kind, name=clean(name.text), description=paragraphs(entry.marked for entry in description))
        )
    return found


def _groups(
    page: Page, section: str, required: tuple[str, ...], *, personal: bool = False
) -> list[tuple[list[Entry], dict[str, str]]]:
    """Lines and the labelled values that end them; lines without the required labels cannot be told apart and are Issues."""
    groups: list[tuple[list[Entry], dict[str, str]]] = [([], {})]
    for entry in page.all(section):
        lines, markers = groups[-1]
        if entry.label is None and not markers:
            lines.append(entry)
        elif entry.label is None:
            groups.append(([entry], {}))
        else:
            markers[entry.label] = entry.text
    whole = [group for group in groups if group[0] and group[1] and all(label in group[1] for label in required)]
    for lines, markers in groups:
        if (lines, markers) not in whole:
            for entry in lines:
                page.unplaced(entry, personal=personal)
            for label, text in markers.items():
                page.issue("unplaced_text", f"{section} / {label}", text)
    return whole


def _eligibility(page: Page) -> Eligibility | None:
    section = "Eligibility Criteria"
    text = paragraphs(entry.marked for entry in page.texts(section))
    healthy = page.value(section, "Accepts Healthy Volunteers")
    values: Values = {
        "criteria": criteria(text) if text else None,
        "minimum_age": _age(page, f"{section} / Minimum Eligible Age", page.value(section, "Minimum Eligible Age")),
        "maximum_age": _age(page, f"{section} / Maximum Eligible Age", page.value(section, "Maximum Eligible Age")),
        "sex": _word(page, section, "Eligible Sex", vocabulary.SEXES),
        "healthy_volunteers": {"yes": True, "true": True, "no": False, "false": False}.get((healthy or "").casefold()),
    }
    if healthy and values["healthy_volunteers"] is None:
        page.issue("unknown_word", f"{section} / Accepts Healthy Volunteers", healthy)
    return Eligibility(**values) if any(value is not None for value in values.values()) else None


def _age(page: Page, path: str, text: str | None) -> str | None:
    if text is None or text.casefold() in ("n/a", "na", "none"):
        return None
    if not words.AGE.fullmatch(text):
        page.issue("unreadable_value", path, text)
    return clean(text)


def _sponsors(page: Page) -> Values:
    lead: list[Organisation] = []
    collaborators: list[Organisation] = []
    for lines, markers in _groups(page, "Sponsors", ("Sponsor Role",)):
        kind = lines[-1].text if len(lines) > 1 and words.CLASS.fullmatch(lines[-1].text) else None
        name = paragraphs(entry.text for entry in (lines[:-1] if kind else lines)) or ""
        organisation = Organisation(name=name, organisation_class=kind)
        role = word_of(page, markers["Sponsor Role"], ("lead", "collaborator"), "Sponsors / Sponsor Role")
        (lead if role == "lead" and not lead else collaborators).append(organisation)
    return {"lead_sponsor": lead[0] if lead else None, "collaborators": tuple(collaborators) or None}


def _responsible_party(page: Page) -> ResponsibleParty | None:
    section = "Responsible Party"
    known = vocabulary.RESPONSIBLE_PARTY_TYPES
    kind = _word(page, section, "Responsibility Role", known)
    texts = page.texts(section)
    for entry in texts[1:]:
        page.unplaced(entry, personal=True)
    name = clean(texts[0].text) if texts else None
    return ResponsibleParty(type=kind, name=name) if kind or name else None


def _references(page: Page) -> tuple[Reference, ...] | None:
    found = []
    for lines, markers in _groups(page, "References", ()):
        kind = markers.get("Reference Type")
        number = re.match(r"\d+", markers.get("PMID", ""))
        found.append(
            Reference(
                citation=paragraphs(entry.text for entry in lines),
                type=word_of(page, kind, vocabulary.REFERENCE_TYPES, "References / Reference Type"),
                pmid=number[0] if number else None,
            )
        )
        if "PMID" in markers and not number:
            page.issue("unreadable_value", "References / PMID", markers["PMID"])
    return tuple(found) or None


def _other_identifiers(page: Page) -> tuple[SecondaryId, ...] | None:
    """Numbers elsewhere. The site's source word org_study_id marks the sponsor's own; a dash stands for no type."""
    found = []
    for lines, markers in _groups(page, "Other Identifiers", ()):
        source, kind = markers.get("Identifier Source", ""), markers.get("Identifier Type", "").strip("-–— ")
        own = source.casefold() == "org_study_id"
        domain = None if own or source.casefold() in ("", "-", "secondary_id") else clean(source)
        number = paragraphs(entry.text for entry in lines) or ""
        found.append(SecondaryId(id=number, type="ORG_STUDY_ID" if own else kind.upper() or None, domain=domain))
    return tuple(found) or None


def _word(page: Page, section: str, label: str, known: Iterable[str]) -> str | None:
    return word_of(page, page.value(section, label), known, f"{section} / {label}")


def _text(page: Page, section: str) -> str | None:
    return paragraphs(entry.marked for entry in page.texts(section))


def _sha256(said: list[str]) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
