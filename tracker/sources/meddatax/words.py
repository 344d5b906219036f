"""MedDataX's words: headings with their fixed sentences, labels, and ClinicalTrials.gov's enumerations as it writes them.

A section's fixed sentence tells the site's own heading from a like line in the sponsor's text; all together they are the
site's fingerprint. When the site rewords something, this is the file to edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracker.extract.labels import HEAD, Label, Section, Vocabulary
from tracker.model import vocabulary


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first)))


DESIGN: dict[str, tuple[str, frozenset[str]]] = {
    "allocation": ("Allocation Method", vocabulary.ALLOCATIONS),
    "intervention_model": ("Intervention Model", vocabulary.INTERVENTION_MODELS),
    "observational_model": ("Observational Model Type", vocabulary.OBSERVATIONAL_MODELS),
    "time_perspective": ("Study Time Perspective", vocabulary.TIME_PERSPECTIVES),
    "primary_purpose": ("Primary Study Purpose", vocabulary.PRIMARY_PURPOSES),
    "masking": ("Blinding Strategy", vocabulary.MASKINGS),
}
"""Record field -> the site's label and ClinicalTrials.gov's words."""
_ALSO = {"Observational Model Type": ("Observational Model",), "Study Time Perspective": ("Time Perspective",)}
MASKED = {
    "Participant": "PARTICIPANT",
    "Participants": "PARTICIPANT",
    "Care Provider": "CARE_PROVIDER",
    "Care Providers": "CARE_PROVIDER",
    "Caregiver": "CARE_PROVIDER",
    "Caregivers": "CARE_PROVIDER",
    "Investigator": "INVESTIGATOR",
    "Investigators": "INVESTIGATOR",
    "Outcome Assessor": "OUTCOMES_ASSESSOR",
    "Outcome Assessors": "OUTCOMES_ASSESSOR",
    "Outcomes Assessor": "OUTCOMES_ASSESSOR",
    "Outcomes Assessors": "OUTCOMES_ASSESSOR",
}
MASKED_WORD = "|".join(sorted(map(re.escape, MASKED), key=len, reverse=True))
PENDING = (
    "The study team has not published outcome measurements, participant flow, or safety data for this trial yet. "
    "Check back later for updates."
)
AVAILABLE = (
    "Outcome measurements, participant flow, baseline characteristics, and adverse events have been published for this study."
)
RESULTS = {
    "Results pending": "NONE_POSTED",
    "Results available": "POSTED",
    PENDING: "NONE_POSTED",
    AVAILABLE: "POSTED",
}

NCT = re.compile(r"NCT\d{8}")
_DAY = re.compile(r"\d{4}(?:-\d\d){0,2}")
_STATUS = _any_of(vocabulary.REGISTRY_STATUSES)
_PHASE = re.compile(r"(?:NA|(?:EARLY_)?PHASE[1-4](?:\s*/\s*PHASE[1-4])*)")
COUNT = re.compile(r"(\d[\d,]*) participants?", re.IGNORECASE)
AGE = re.compile(r"\d+ (?:Year|Month|Week|Day|Hour|Minute)s?", re.IGNORECASE)
CLASS = _any_of(vocabulary.ORGANISATION_CLASSES)
PHONE = re.compile(r"[+(]?\d[\d\s().+/x,-]{4,}(?:ext\.? ?\d+)?", re.IGNORECASE)
EMAIL = re.compile(r"\S+@\S+")
RELATED_ITEM = re.compile(
    rf"(?:{NCT.pattern}|{_STATUS.pattern}|{_PHASE.pattern})(?:\s+(?:{_STATUS.pattern}|{_PHASE.pattern}))*"
)

_HEAD = Section(
    HEAD,
    labels=(Label("NCT ID", shape=re.compile(r"(?:NCT )?NCT\d{8}")), Label("Last Updated", shape=_DAY)),
)


def _design_label(name: str, words: frozenset[str]) -> Label:
    return Label(name, shape=_any_of(words), also=_ALSO.get(name, ()))


RECORD_PAGE = Vocabulary(
    head=_HEAD,
    boilerplate=frozenset({"View full results", "View on PubMed", "(View on PubMed)"}),
    sections=(
        Section(
            "Study Results",
            labels=(
                Label("Results", shape=re.compile(r"Results (?:pending|available)", re.IGNORECASE), written=False),
                Label("Results note", shape=re.compile(f"{re.escape(PENDING)}|{re.escape(AVAILABLE)}"), written=False),
            ),
        ),
        Section(
            "Basic Information",
            intros=(
                "Get a concise snapshot of the trial, including recruitment status, study phase, enrollment targets, "
                "and key timeline milestones.",
            ),
            positional=True,
            labels=(
                Label("Recruitment Status", shape=_STATUS),
                Label("Clinical Phase", shape=_PHASE),
                Label("Total Enrollment", shape=COUNT),
                Label("Study Classification", shape=_any_of(vocabulary.STUDY_TYPES)),
                Label("Study Start Date", shape=_DAY),
                Label("Study Completion Date", shape=_DAY),
            ),
        ),
        Section(
            "Brief Summary",
            intros=(
                "Review the sponsor-provided synopsis that highlights what the study is about and why it is being conducted.",
            ),
        ),
        Section(
            "Detailed Description",
            intros=(
                "Dive into the extended narrative that explains the scientific background, objectives, and procedures "
                "in greater depth.",
            ),
        ),
        Section(
            "Conditions",
            intros=("See the medical conditions and disease areas that this research is targeting or investigating.",),
        ),
        Section(
            "Study Design",
            intros=(
                "Understand how the trial is structured, including allocation methods, masking strategies, primary purpose, "
                "and other design elements.",
            ),
            labels=(
                *(_design_label(*label) for label in DESIGN.values()),
                Label("Who is masked", shape=re.compile(f"(?:(?:{MASKED_WORD})[ ,]*)+"), repeats=True, written=False),
            ),
        ),
        Section(
            "Study Groups",
            intros=(
                "Review each arm or cohort in the study, along with the interventions and objectives associated with them.",
            ),
            prose=True,
            labels=(
                Label("Group Type", shape=_any_of(vocabulary.ARM_TYPES), repeats=True),
                Label("Intervention Type", shape=_any_of(vocabulary.INTERVENTION_TYPES), repeats=True),
            ),
        ),
        Section(
            "Interventions",
            intros=(
                "Learn about the drugs, procedures, or behavioral strategies being tested and how they are applied within "
                "this trial.",
            ),
            prose=True,
            labels=(Label("Intervention Type", shape=_any_of(vocabulary.INTERVENTION_TYPES), repeats=True),),
        ),
        Section(
            "Eligibility Criteria",
            intros=(
                "Check the participation requirements, including inclusion and exclusion rules, age limits, and whether "
                "healthy volunteers are accepted.",
            ),
            prose=True,
            labels=(
                Label("Minimum Eligible Age", shape=AGE),
                Label("Maximum Eligible Age", shape=AGE),
                Label("Eligible Sex", shape=_any_of(vocabulary.SEXES)),
                Label("Accepts Healthy Volunteers", shape=_any_of(("Yes", "No", "true", "false"))),
            ),
        ),
        Section(
            "Sponsors",
            intros=("Meet the organizations funding or collaborating on the study and learn about their roles.",),
            prose=True,
            labels=(Label("Sponsor Role", shape=_any_of(("lead", "collaborator")), repeats=True),),
        ),
        Section(
            "Responsible Party",
            intros=(
                "Identify the individual or organization who holds primary responsibility for the study information submitted "
                "to regulators.",
            ),
            prose=True,
            labels=(Label("Responsibility Role", shape=_any_of(vocabulary.RESPONSIBLE_PARTY_TYPES)),),
        ),
        Section(
            "Locations",
            intros=("Explore where the study is taking place and check the recruitment status at each participating site.",),
            prose=True,
            labels=(Label("Site Status", shape=_STATUS, repeats=True),),
        ),
        Section("Countries", intros=("Review the countries where the study has at least one active or historical site.",)),
        Section(
            "Central Contacts",
            intros=("Reach out to these primary contacts for questions about participation or study logistics.",),
            prose=True,
            labels=(Label("Role", repeats=True),),
        ),
        Section(
            "Facility Contacts",
            intros=("Find local site contact details for specific facilities participating in the trial.",),
            prose=True,
            labels=(Label("Role", repeats=True),),
        ),
        Section(
            "References",
            intros=("Explore related publications, articles, or registry entries linked to this study.",),
            prose=True,
            labels=(
                Label("Reference Type", shape=_any_of(vocabulary.REFERENCE_TYPES), repeats=True),
                Label("PMID", shape=re.compile(r"\d{4,9}(?: \(View on PubMed\))?"), repeats=True),
            ),
        ),
        Section(
            "Other Identifiers",
            intros=("Review additional registry numbers or institutional identifiers associated with this trial.",),
            prose=True,
            labels=(Label("Identifier Type", repeats=True), Label("Identifier Source", repeats=True)),
        ),
        Section(
            "More Related Trials",
            also=("Related Clinical Trials", "Related Trials"),
            intros=(
                "Additional clinical trials that may be relevant based on similarity analysis.",
                "Explore similar clinical trials based on study characteristics and research focus.",
            ),
            ignored="other trials, with numbers, statuses and phases of their own",
        ),
    ),
)

RESULTS_TITLE = re.compile(r"Trial Outcomes & Findings for (?P<title>.+?)(?: \((?:NCT )?(?P<nct>NCT\d{8})\))?\Z", re.IGNORECASE)
DIGESTED = {
    "Participant Flow": "participant_flow",
    "Baseline Characteristics": "baseline",
    "Primary Outcomes": "outcome_measures",
    "Secondary Outcomes": "outcome_measures",
    "Other Outcomes": "outcome_measures",
    "Adverse Events": "adverse_events",
    "Additional Information": "more_info",
}
"""Long tables of the results page -> the digest that tells when one of them changed."""

RESULTS_PAGE = Vocabulary(
    head=_HEAD,
    boilerplate=RECORD_PAGE.boilerplate,
    sections=(
        Section(
            "Results Overview",
            positional=True,
            labels=(
                Label("Recruitment status", shape=_STATUS),
                Label("Study phase", shape=_PHASE),
                Label("Target enrollment", shape=COUNT),
                Label("Primary outcome timeframe"),
                Label("Results posted on", shape=_DAY),
            ),
        ),
        *(Section(name) for name in DIGESTED),
        RECORD_PAGE.sections[-1],
    ),
)
