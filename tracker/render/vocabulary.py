"""The field's vocabularies in words for people: statuses, names of fields, values of enumerations. One table each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.model.dates import RegistryDate
from tracker.model.vocabulary import DESIGN_FIELDS
from tracker.render import times
from tracker.render.safe_text import one_line

STATUS = {
    "NOT_YET_RECRUITING": "Not yet recruiting",
    "RECRUITING": "Recruiting",
    "ENROLLING_BY_INVITATION": "Enrolling by invitation",
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "COMPLETED": "Completed",
    "SUSPENDED": "Suspended",
    "TERMINATED": "Terminated",
    "WITHDRAWN": "Withdrawn",
    "UNKNOWN": "Unknown",
    "WITHHELD": "Withheld",
    "AVAILABLE": "Available",
    "NO_LONGER_AVAILABLE": "No longer available",
    "TEMPORARILY_NOT_AVAILABLE": "Temporarily not available",
    "APPROVED_FOR_MARKETING": "Approved for marketing",
    "NOT_RECRUITING_UNSPECIFIED": "Not recruiting",
    "OTHER": "Other",
}

STATUS_BEFORE = {
    "NOT_YET_RECRUITING": "not yet",
    "ENROLLING_BY_INVITATION": "by invitation",
    "UNKNOWN": "status unknown",
    "OTHER": "a status of its own",
}
"""Shorter words for a former status; without one here, that of `STATUS` in lower case."""

FIELD = {
    "start_date": "start",
    "primary_completion_date": "primary completion",
    "completion_date": "completion",
    "delay_certified_on": "delay certified",
    "nct_number": "NCT number",
    "std_ages": "age groups",
    "phases": "phase",
    "intervention_model_description": "description of the intervention model",
    "masking_description": "description of the masking",
    "who_masked": "who is masked",
    "recruitment_status": "status",
    "results_state": "results",
    "ipd_sharing": "data sharing",
    "fda_drug": "FDA-regulated drug",
    "fda_device": "FDA-regulated device",
    "us_export": "export from the US",
    "dmc": "data monitoring committee",
    "more_info": "further information",
    "posting_date": "date of posting",
}
"""Names of fields and their parts inside a sentence; without one here, the field's own with blanks for underscores."""

VALUE = {
    "NA": "not applicable",
    "ANTICIPATED": "estimated",
    "EARLY_PHASE1": "early phase 1",
    "PHASE1": "phase 1",
    "PHASE2": "phase 2",
    "PHASE3": "phase 3",
    "PHASE4": "phase 4",
    "CSR": "clinical study report",
    "SAP": "statistical analysis plan",
    "ICF": "consent form",
    "NIH": "NIH",
    "FDA": "FDA",
    "VA": "VA",
    "CDC": "CDC",
    "AHRQ": "AHRQ",
    "SAMHSA": "SAMHSA",
    "CTIS": "CTIS",
    "EUDRACT_NUMBER": "EudraCT",
    "RESULT": "results",
    "DERIVED": "found by the registry",
    "VIOLATION_IDENTIFIED": "FDA notice of noncompliance",
    "CORRECTION_CONFIRMED": "FDA confirmed the correction",
    "PENALTY_IMPOSED": "civil penalty imposed",
    "ISSUES_IN_LETTER_ADDRESSED_CONFIRMED": "issues of the letter confirmed as addressed",
}
"""Words of enumerations; without one here, the word in lower case with blanks for underscores."""

ENUMERATED = frozenset(
    {
        "type",
        "class",
        "role",
        "plan",
        "info_types",
        "who_masked",
        "phases",
        "sampling_method",
        "std_ages",
        *DESIGN_FIELDS,
        "results_state",
        "sex",
    }
)
"""Fields and parts of fields whose values are words of an enumeration."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def status(word: str | None) -> str:
    """A recruitment status for people; a word that the table does not know is read as it stands."""
    return STATUS.get(word or "", _plain(word or "OTHER").capitalize())


def status_before(word: str | None) -> str:
    """A former status, in brackets behind the news."""
    return STATUS_BEFORE.get(word or "OTHER", status(word).lower())


def date(value: RegistryDate) -> str:
    """A registry's date, with its type where the registry states one: ``Sep 2026 (estimated)``."""
    day = times.registry_day(value.date)
    return f"{day} ({enumerated(value.type)})" if value.type else day


def field_word(field: str, titles: Mapping[str, str] | None = None) -> str:
    """A field's name inside a sentence. A source's own path is named by its last step, in the source's ``titles`` first.

    A step that is a text of the record (it has blanks) stands as it is.
    """
    if any(letter.isspace() for letter in field):
        return one_line(field, 60)
    step = field.rstrip(".[]").rsplit(".", 1)[-1].removesuffix("[]")
    return (titles or {}).get(step) or FIELD.get(step) or _plain(_CAMEL.sub(" ", step))


def field_title(field: str, titles: Mapping[str, str] | None = None) -> str:
    """A field's name at the start of a line."""
    return first_capital(field_word(field, titles))


def enumerated(word: str) -> str:
    """A word of an enumeration inside a sentence: ``NO_INTERVENTION`` -> ``no intervention``."""
    return VALUE.get(word, _plain(word))


def regulatory_words(given: str) -> str:
    """What an authority or sponsor did: a word of an enumeration, or words with names such as SM-2 that keep their case."""
    return first_capital(enumerated(given) if given.isupper() else one_line(given, 100))


def first_capital(text: str) -> str:
    """The text with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def _plain(word: str) -> str:
    return one_line(word.replace("_", " ").lower(), 60)
