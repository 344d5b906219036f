"""Exports of WHO ICTRP as tests write them: rows in the XML of the portal, or in its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from xml.sax.saxutils import escape

Row = Mapping[str, str]

PLAIN = {
    "Export_date": "02/27/2026 04:51:51",
    "TrialID": "NCT90000001",
    "Last_Refreshed_on": "12 January 2026",
    "Public_title": "An invented study",
    "Scientific_title": "An invented study in invented adults",
    "Primary_sponsor": "Invented Institute",
    "Date_registration3": "20260102",
    "Date_registration": "02/01/2026",
    "Source_Register": "ClinicalTrials.gov",
    "web_address": "https://clinicaltrials.gov/study/NCT90000001",
    "Recruitment_Status": "Not recruiting",
    "Inclusion_agemin": "18 Years",
    "Inclusion_gender": "All",
    "Date_enrollement": "June 2026",
    "Target_size": "100",
    "Study_type": "Interventional",
    "Phase": "Phase 2",
    "Countries": "Germany;France",
    "Inclusion_Criteria": "Inclusion criteria: 1. Adults",
    "Condition": "Testitis",
    "Intervention": "Drug: Test pill",
    "Primary_outcome": "Pain;Mood",
}


def row(number: str = "NCT90000001", **changes: str) -> dict[str, str]:
    """A row of an export; an empty text leaves a field out."""
    made = {**PLAIN, "TrialID": number, **changes}
    return {name: text for name, text in made.items() if text}


def as_xml(*rows: Row, pad: str = "\n    ") -> bytes:
    """The portal's XML."""
    trials = "".join(
        "<Trial>" + "".join(f"<{name}>{escape(text)}{pad}</{name}>" for name, text in one.items()) + "</Trial>\n"
        for one in rows
    )
    head = "<?xml version='1.0' encoding='UTF-8' ?>\n<Trials_downloaded_from_ICTRP>\n"
    return (head + trials + "</Trials_downloaded_from_ICTRP>\n").encode()


def as_csv(*rows: Row, names: Mapping[str, str] | None = None) -> bytes:
    """The portal's CSV, or another one where ``names`` maps the names of fields."""
    header = list(dict.fromkeys(name for one in rows for name in one))
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow([(names or {}).get(name, name.replace("_", " ")) for name in header])
    writer.writerows([one.get(name, "") for name in header] for one in rows)
    return made.getvalue().encode()
