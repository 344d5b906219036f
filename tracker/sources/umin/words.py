"""The labels of a page of UMIN-CTR in their order, and its words."""

from __future__ import annotations

from typing import Final

from tracker.extract.sheet import HEADING, Label

STATUSES: Final = {
    "Preinitiation": "NOT_YET_RECRUITING",
    "Open public recruiting": "RECRUITING",
    "Enrolling by invitation": "ENROLLING_BY_INVITATION",
    "No longer recruiting": "NOT_RECRUITING_UNSPECIFIED",
    "Suspended": "SUSPENDED",
    "Terminated": "TERMINATED",
    "Completed": "COMPLETED",
    "Main results already published": "OTHER",
}
"""The registry's words. Whether a trial that is no longer recruiting, or has published main results, has ended is not said."""

DESIGNS: Final = {
    "Single arm": "SINGLE_GROUP",
    "Parallel": "PARALLEL",
    "Cross-over": "CROSSOVER",
    "Factorial": "FACTORIAL",
}
RANDOMIZATIONS: Final = {"Randomized": "RANDOMIZED", "Non-randomized": "NON_RANDOMIZED"}
BLINDINGS: Final = {"Open -no one is blinded": "NONE"}

_PERSON = "a person, whom the registry's own page names"
_OWN = "the registry's own number of the page"
TOP: Final = "top"
"""The values over the first heading, which a page shows without one."""


def _section(name: str, *labels: str, ignored: str = "", also: tuple[str, ...] = ()) -> tuple[Label, ...]:
    """A heading and the labels under it, which stand under other headings as well."""
    heading = Label(f"{name} (heading)", (name, *also), ignored=HEADING)
    return heading, *(Label(f"{name} / {label}", (label,), ignored) for label in labels)


LABELS: Final = (
    Label("top / Recruitment status", ("Recruitment status",)),
    Label("top / Unique ID issued by UMIN", ("Unique ID issued by UMIN",)),
    Label("top / Receipt number", ("Receipt number", "Receipt No."), ignored=_OWN),
    Label("top / Scientific Title", ("Scientific Title",)),
    Label("top / Date of disclosure of the study information", ("Date of disclosure of the study information",)),
    Label("top / Last modified on", ("Last modified on",)),
    *_section("Basic information", "Public title", "Acronym", "Scientific Title", "Scientific Title:Acronym", "Region"),
    *_section("Condition", "Condition", "Classification by specialty", "Classification by malignancy", "Genomic information"),
    *_section(
        "Objectives", "Narrative objectives1", "Basic objectives2", "Basic objectives -Others", "Trial characteristics_1",
        "Trial characteristics_2", "Developmental phase",
    ),
    *_section("Assessment", "Primary outcomes", "Key secondary outcomes"),
    *_section("Base", "Study type"),
    *_section(
        "Study design", "Basic design", "Randomization", "Randomization unit", "Blinding", "Control", "Stratification",
        "Dynamic allocation", "Institution consideration", "Blocking", "Concealment",
    ),
    *_section(
        "Intervention", "No. of arms", "Purpose of intervention", "Type of intervention",
        *(f"Interventions/Control_{number}" for number in range(1, 11)),
    ),
    *_section(
        "Eligibility", "Age-lower limit", "Age-upper limit", "Gender", "Key inclusion criteria", "Key exclusion criteria",
        "Target sample size",
    ),
    *_section(
        "Research contact person", "Name of lead principal investigator", "Organization", "Division name", "Zip code",
        "Address", "TEL", "Email", ignored=_PERSON,
    ),
    *_section(
        "Public contact", "Name of contact person", "Organization", "Division name", "Zip code", "Address", "TEL",
        "Homepage URL", "Email", ignored=_PERSON,
    ),
    *_section("Sponsor", "Institute", "Department", also=("Sponsor or person",)),
    Label("Sponsor / Personal name", ("Personal name",), _PERSON),
    *_section(
        "Funding Source", "Organization", "Division", "Category of Funding Organization",
        "Nationality of Funding Organization",
    ),
    *_section("Other related organizations", "Co-sponsor", "Name of secondary funder(s)"),
    *_section("IRB Contact (For public release)", "Organization", "Address", "Tel", "Email", ignored=_PERSON),
    *_section(
        "Secondary IDs", "Secondary IDs", "Study ID_1", "Org. issuing International ID_1", "Study ID_2",
        "Org. issuing International ID_2", "IND to MHLW",
    ),
    *_section("Institutions", "Institutions"),
    *_section("Other administrative information", "Date of disclosure of the study information"),
    *_section("Related information", "URL releasing protocol", "Publication of results"),
    *_section(
        "Result", "URL related to results and publications", "Number of participants that the trial has enrolled", "Results",
        "Results date posted", "Results Delayed", "Results Delay Reason", "Date of the first journal publication of results",
        "Baseline Characteristics", "Participant flow", "Adverse events", "Outcome measures", "Plan to share IPD",
        "IPD sharing Plan description",
    ),
    *_section(
        "Progress", "Recruitment status", "Date of protocol fixation", "Date of IRB", "Anticipated trial start date",
        "Last follow-up date", "Date of closure to data entry", "Date trial data considered complete",
        "Date analysis concluded",
    ),
    *_section("Other", "Other related information"),
    *_section("Management information", "Registered date", "Last modified on"),
    *_section("Link to view the page", "URL(Japanese)", "URL(English)", ignored="the page's own address"),
)  # fmt: skip

KEPT_DAYS: Final = (
    "Progress / Date of protocol fixation",
    "Progress / Date of IRB",
    "Progress / Last follow-up date",
    "Progress / Date of closure to data entry",
    "Progress / Date trial data considered complete",
    "Progress / Date analysis concluded",
    "Management information / Registered date",
    "Result / Date of the first journal publication of results",
)
"""Dates that a record does not model, or that may be planned or past: kept."""

END: Final = "Management information / Last modified on"
"""The label from which on a text counts as whole."""

EXPECTED: Final = {
    "first_posted": "top / Date of disclosure of the study information",
    "last_update_posted": "top / Last modified on",
    "brief_title": "Basic information / Public title",
    "official_title": "top / Scientific Title",
    "phases": "Objectives / Developmental phase",
    "primary_outcomes": "Assessment / Primary outcomes",
    "secondary_outcomes": "Assessment / Key secondary outcomes",
    "study_type": "Base / Study type",
    "eligibility.minimum_age": "Eligibility / Age-lower limit",
    "eligibility.maximum_age": "Eligibility / Age-upper limit",
    "eligibility.sex": "Eligibility / Gender",
    "eligibility.criteria": "Eligibility / Key inclusion criteria",
    "enrollment": "Eligibility / Target sample size",
    "start_date": "Progress / Anticipated trial start date",
}
"""Fields of the record that every page has, and the label of each; where the status stands depends on the layout."""
