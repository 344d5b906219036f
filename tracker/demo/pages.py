"""Trial pages as two sites that copy the registry lay them out, made from a study: what a page source has to read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

Study = Mapping[str, Any]

# The fixed sentence under each heading is how a reader knows the site's sections apart.
_SECTIONS = {
    "Basic Information": (
        "Get a concise snapshot of the trial, including recruitment status, study phase, enrollment targets, "
        "and key timeline milestones."
    ),
    "Brief Summary": (
        "Review the sponsor-provided synopsis that highlights what the study is about and why it is being conducted."
    ),
    "Detailed Description": (
        "Dive into the extended narrative that explains the scientific background, objectives, and procedures in greater depth."
    ),
    "Conditions": "See the medical conditions and disease areas that this research is targeting or investigating.",
    "Study Design": (
        "Understand how the trial is structured, including allocation methods, masking strategies, primary purpose, "
        "and other design elements."
    ),
    "Study Groups": (
        "Review each arm or cohort in the study, along with the interventions and objectives associated with them."
    ),
    "Interventions": (
        "Learn about the drugs, procedures, or behavioral strategies being tested and how they are applied within this trial."
    ),
    "Eligibility Criteria": (
        "Check the participation requirements, including inclusion and exclusion rules, age limits, "
        "and whether healthy volunteers are accepted."
    ),
    "Sponsors": "Meet the organizations funding or collaborating on the study and learn about their roles.",
    "Responsible Party": (
        "Identify the individual or organization who holds primary responsibility for the study information "
        "submitted to regulators."
    ),
    "Locations": "Explore where the study is taking place and check the recruitment status at each participating site.",
    "Countries": "Review the countries where the study has at least one active or historical site.",
    "Other Identifiers": "Review additional registry numbers or institutional identifiers associated with this trial.",
    "More Related Trials": "Additional clinical trials that may be relevant based on similarity analysis.",
}
_PENDING = (
    "The study team has not published outcome measurements, participant flow, or safety data for this trial yet. "
    "Check back later for updates."
)
_MASKED = {
    "PARTICIPANT": "Participants",
    "CARE_PROVIDER": "Caregivers",
    "INVESTIGATOR": "Investigators",
    "OUTCOMES_ASSESSOR": "Outcome Assessors",
}


def meddatax_page(study: Study, related: tuple[str, str, str, str]) -> str:
    """The record page of a study without results; ``related`` is another trial: title, number, status, phase."""
    protocol = study["protocolSection"]
    nct, title = protocol["identificationModule"]["nctId"], protocol["identificationModule"]["briefTitle"]
    parts = [
        _element("h1", title),
        _row("NCT ID:", nct),
        _row("Last Updated:", protocol["statusModule"]["lastUpdatePostDateStruct"]["date"]),
        f"<section><h2>Study Results</h2><p>Results pending</p><p>{_PENDING}</p></section>",
    ]
    bodies = {
        "Basic Information": _basics(protocol),
        "Brief Summary": _paragraphs(protocol["descriptionModule"]["briefSummary"]),
        "Detailed Description": _paragraphs(protocol["descriptionModule"].get("detailedDescription", "")),
        "Conditions": "<p>"
        + " ".join(f"<span>{escape(name)}</span>" for name in protocol["conditionsModule"]["conditions"])
        + "</p>",
        "Study Design": _design(protocol["designModule"]["designInfo"]),
        "Study Groups": "".join(_groups(protocol["armsInterventionsModule"])),
        "Interventions": "".join(_interventions(protocol["armsInterventionsModule"])),
        "Eligibility Criteria": _criteria(protocol["eligibilityModule"]),
        "Sponsors": "".join(_sponsors(protocol["sponsorCollaboratorsModule"])),
        "Responsible Party": _inline("Responsibility Role", protocol["sponsorCollaboratorsModule"]["responsibleParty"]["type"]),
        "Locations": "".join(_locations(protocol["contactsLocationsModule"]["locations"])),
        "Countries": "".join(_element("p", name) for name in _countries(protocol["contactsLocationsModule"]["locations"])),
        "Other Identifiers": (
            _element("p", protocol["identificationModule"]["orgStudyIdInfo"]["id"])
            + _inline("Identifier Type:", "-")
            + _inline("Identifier Source:", "org_study_id")
        ),
        "More Related Trials": _element("h3", related[0]) + _element("p", " ".join(related[1:])),
    }
    parts += [_section(name, body) for name, body in bodies.items()]
    return _document(f"{title} | {nct}", "\n".join(parts))


def _basics(protocol: Mapping[str, Any]) -> str:
    dates, design = protocol["statusModule"], protocol["designModule"]
    return "".join(
        [
            _row("Recruitment Status", dates["overallStatus"]),
            _row("Clinical Phase", "/".join(design["phases"])),
            _row("Total Enrollment", f"{design['enrollmentInfo']['count']} participants"),
            _row("Study Classification", design["studyType"]),
            _row("Study Start Date", _last_day(dates["startDateStruct"]["date"])),
            _row("Study Completion Date", _last_day(dates["completionDateStruct"]["date"])),
        ]
    )


def _last_day(date: str) -> str:
    """The site turns a month into its last day."""
    if len(date) != 7:
        return date
    year, month = int(date[:4]), int(date[5:])
    return (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).isoformat()


def _design(design: Mapping[str, Any]) -> str:
    masking = design["maskingInfo"]
    rows = [
        _row("Allocation Method", design["allocation"]),
        _row("Intervention Model", design["interventionModel"]),
        _row("Primary Study Purpose", design["primaryPurpose"]),
        _row("Blinding Strategy", masking["masking"]),
    ]
    if "whoMasked" in masking:
        rows.append("<p>" + " ".join(f"<span>{_MASKED[who]}</span>" for who in masking["whoMasked"]) + "</p>")
    return "".join(rows)


def _groups(arms: Mapping[str, Any]) -> Iterator[str]:
    interventions = {f"{_kind(item['type'])}: {item['name']}": item for item in arms["interventions"]}
    for arm in arms["armGroups"]:
        yield _element("h3", arm["label"]) + _inline("Group Type", arm["type"]) + _element("p", arm.get("description", ""))
        for name in arm.get("interventionNames", []):
            item = interventions[name]
            yield _element("h4", item["name"]) + _inline("Intervention Type", item["type"]) + _element("p", item["description"])


def _kind(enumeration: str) -> str:
    return enumeration.replace("_", " ").capitalize()


def _interventions(arms: Mapping[str, Any]) -> Iterator[str]:
    for item in arms["interventions"]:
        yield _element("h3", item["name"]) + _element("p", item["description"]) + _inline("Intervention Type", item["type"])


def _criteria(eligibility: Mapping[str, Any]) -> str:
    return _criteria_lists(eligibility["eligibilityCriteria"], "ul") + "".join(
        [
            _row("Minimum Eligible Age", eligibility.get("minimumAge", "-")),
            _row("Maximum Eligible Age", eligibility.get("maximumAge", "-")),
            _row("Eligible Sex", eligibility["sex"]),
            _row("Accepts Healthy Volunteers", "Yes" if eligibility["healthyVolunteers"] else "No"),
        ]
    )


def _criteria_lists(criteria: str, tag: str) -> str:
    parts = []
    for block in criteria.split("\n\n"):
        if block.startswith("* "):
            parts.append(f"<{tag}>{''.join(_element('li', line[2:]) for line in block.splitlines())}</{tag}>")
        else:
            parts.append(_element("h3", block if tag == "ol" else block.rstrip(":")))
    return "".join(parts)


def _sponsors(module: Mapping[str, Any]) -> Iterator[str]:
    everyone = [(module["leadSponsor"], "lead"), *((item, "collaborator") for item in module.get("collaborators", []))]
    for sponsor, role in everyone:
        yield _element("h3", sponsor["name"]) + _element("p", sponsor["class"]) + _inline("Sponsor Role", role)


def _locations(locations: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for place in locations:
        where = ", ".join(place[name] for name in ("city", "state", "country") if name in place)
        yield _element("h3", place["facility"]) + _element("p", where)
        if "status" in place:
            yield _inline("Site Status", place["status"])


def _countries(locations: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(place["country"] for place in locations))


def trialx_page(study: Study, shown_on: str) -> str:
    """The listing page of a recruiting study; ``shown_on`` is the site's own date, without a label (28 August 2025)."""
    protocol = study["protocolSection"]
    identification, eligibility = protocol["identificationModule"], protocol["eligibilityModule"]
    title = identification["briefTitle"]
    ages = f"{_years(eligibility['minimumAge'])}-{_years(eligibility['maximumAge'])} years"
    phases = ", ".join(
        "Phase " + ("N/A" if phase == "NA" else phase.removeprefix("PHASE")) for phase in protocol["designModule"]["phases"]
    )
    parts = [
        '<figure><img src="/static/trial.png" alt="Image"></figure>',
        _element("h1", title),
        f'<div class="listing-header">{_element("h2", title)}<ul class="facts">'
        + "".join(_element("li", text) for text in (_word(protocol["statusModule"]["overallStatus"]), ages, "All", phases))
        + "</ul></div>",
        _element("p", "Powered by AI"),
        _element("h2", "Overview") + _paragraphs(protocol["descriptionModule"]["briefSummary"]),
        _element("h2", "Eligibility") + _criteria_lists(eligibility["eligibilityCriteria"], "ol"),
        '<section class="study-details"><h2>Study details</h2><ul>'
        + "".join(_element("li", name) for name in protocol["conditionsModule"]["conditions"])
        + "</ul>"
        + _element("p", identification["nctId"])
        + _element("p", protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"])
        + _element("p", shown_on)
        + "</section>",
        _element("h2", "Step 1 Get in touch with the nearest study center"),
        _element("h2", "FAQs") + _element("p", "Learn more about clinical trials"),
    ]
    return _document(title, "\n".join(parts))


def _word(status: str) -> str:
    return status.replace("_", " ").capitalize()


def _years(age: str) -> str:
    return age.removesuffix(" Years")


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>\n"


def _paragraphs(text: str) -> str:
    return "".join(_element("p", part) for part in text.split("\n\n") if part)


def _row(label: str, value: str) -> str:
    return f'<div class="row"><div class="label">{escape(label)}</div><div class="value">{escape(value)}</div></div>\n'


def _inline(label: str, value: str) -> str:
    return f"<p><span>{escape(label)}</span> <span>{escape(value)}</span></p>\n"


def _section(name: str, body: str) -> str:
    return f"<section><h2>{name}</h2>\n<p>{escape(_SECTIONS[name])}</p>\n{body}</section>"


def _document(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f'<body>\n<nav><a href="/">Home</a> <a href="/clinical-trials">Clinical trials</a></nav>\n<main>\n{body}\n</main>\n'
        "<footer><p>All rights reserved.</p></footer>\n</body>\n</html>\n"
    )
