"""Invented trial records in the registry's documented form."""

from __future__ import annotations

import copy
import random
import re
from typing import Any

Study = dict[str, Any]

WORDS = tuple(
    re.findall(
        "[a-z]+",
        """renal hepatic prior therapy within weeks of first dose known active infection measurable disease adequate organ
        function informed consent pregnancy lactation steroid dependent uncontrolled hypertension cardiac arrhythmia
        history of malignancy""",
    )
)


def nct(number: int) -> str:
    """A number in the registry's form."""
    return f"NCT{number:08d}"


def number_of(study: Study) -> str:
    """The number that a study bears."""
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def study(number: int, *, sponsor: str = "", status: str = "RECRUITING", updated: str = "2026-10-01") -> Study:
    """A plain interventional study; each number has a title, an organisation's number and, unless named, one of 9 sponsors."""
    lead = sponsor or f"Sponsor {'ABCDEFGHI'[number % 9]}"
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct(number),
                "orgStudyIdInfo": {"id": f"P-{number}"},
                "organization": {"fullName": lead, "class": "INDUSTRY"},
                "briefTitle": f"Attack trial number {number}",
            },
            "statusModule": {
                "statusVerifiedDate": updated[:7],
                "overallStatus": status,
                "startDateStruct": {"date": "2025-06-01", "type": "ACTUAL"},
                "primaryCompletionDateStruct": {"date": "2029-06", "type": "ESTIMATED"},
                "completionDateStruct": {"date": "2029-12", "type": "ESTIMATED"},
                "studyFirstSubmitDate": f"2025-0{1 + number % 5}-{10 + number % 15}",
                "studyFirstPostDateStruct": {"date": "2025-05-30", "type": "ACTUAL"},
                "lastUpdateSubmitDate": updated,
                "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": lead, "class": "INDUSTRY"}},
            "descriptionModule": {"briefSummary": "Invented to attack a program that reads it."},
            "conditionsModule": {"conditions": ["Testitis"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE2"],
                "enrollmentInfo": {"count": 100, "type": "ESTIMATED"},
            },
            "armsInterventionsModule": {
                "armGroups": [{"label": "Arm A", "type": "EXPERIMENTAL", "interventionNames": ["Drug: Examplinib"]}],
                "interventions": [{"type": "DRUG", "name": "Examplinib", "armGroupLabels": ["Arm A"]}],
            },
            "outcomesModule": {"primaryOutcomes": [{"measure": "Overall survival", "timeFrame": "2 years"}]},
            "eligibilityModule": {"sex": "ALL", "stdAges": ["ADULT"], "eligibilityCriteria": "Inclusion Criteria:\n\n* Adults"},
            "contactsLocationsModule": {"locations": [site(1), site(2), site(3)]},
        },
        "hasResults": False,
    }


def site(number: int) -> dict[str, str]:
    """A place where patients are seen."""
    return {"facility": f"Hospital {number}", "city": f"Town {number % 50}", "country": "Germany", "status": "RECRUITING"}


def changed(study: Study, *, on: str = "", **values: Any) -> Study:
    """A copy with other values; names are paths below protocolSection, with ``__`` between their steps.

    ``on`` is the day on which its sponsor submitted this; without one the record's own dates stay as they are.
    """
    made = copy.deepcopy(study)
    if on:
        values["statusModule__lastUpdateSubmitDate"] = on
        values["statusModule__lastUpdatePostDateStruct"] = {"date": on, "type": "ACTUAL"}
    for path, value in values.items():
        *steps, last = path.split("__")
        node = made["protocolSection"]
        for step in steps:
            node = node.setdefault(step, {})
        node[last] = value
    return made


def sentence(chance: random.Random, words: int = 9) -> str:
    """Some words of the trade."""
    return " ".join(chance.choice(WORDS) for _ in range(words))


def one_line(chance: random.Random, size: int) -> str:
    """A text of so many characters without any line break."""
    pieces: list[str] = []
    while sum(map(len, pieces[-1:])) + 10 * len(pieces) < size:
        pieces.append(chance.choice(WORDS) + str(chance.randrange(1000)))
    return " ".join(pieces)[:size]


def criteria(chance: random.Random, count: int) -> str:
    """Eligibility of so many criteria, each with a number of its own."""
    return "Inclusion Criteria:\n\n" + "\n".join(f"* {sentence(chance)} {number}" for number in range(count))
