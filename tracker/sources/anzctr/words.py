"""The words of ANZCTR, and the labels of its pages in their order."""

from __future__ import annotations

from typing import Final

from tracker.extract.sheet import HEADING, Label

STATUSES: Final = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "Completed": "COMPLETED",
    "Stopped early": "TERMINATED",
    "Withdrawn": "WITHDRAWN",
    "Suspended": "SUSPENDED",
}
"""All words of the registry, by a table of its 17,510 trials of 2020."""

PURPOSES: Final = {"Prevention": "PREVENTION", "Treatment": "TREATMENT"}
ALLOCATIONS: Final = {"Randomised controlled trial": "RANDOMIZED", "Non-randomised trial": "NON_RANDOMIZED"}
ASSIGNMENTS: Final = {
    "Parallel": "PARALLEL",
    "Crossover": "CROSSOVER",
    "Factorial": "FACTORIAL",
    "Single group": "SINGLE_GROUP",
}
MASKINGS: Final = {"Open (masking not used)": "NONE"}
"""How many are blinded, “Blinded (masking used)” does not say: it is kept as it is."""

LABELS: Final = (
    Label("Registration number"),
    Label("Ethics application status"),
    Label("Date submitted"),
    Label("Date registered"),
    Label("Date last updated"),
    Label("Date data sharing statement initially provided"),
    Label("Date results information initially provided"),
    Label("Date results provided"),
    Label("Type of registration"),
    Label("Titles & IDs", ignored=HEADING),
    Label("Public title"),
    Label("Scientific title"),
    Label("Secondary ID", many=True),
    Label("Universal Trial Number (UTN)"),
    Label("Trial acronym"),
    Label("Linked study record"),
    Label("Health condition", ignored=HEADING),
    Label("Health condition(s) or problem(s) studied"),
    Label("Condition category", ignored="the head of a column"),
    Label("Condition code"),
    Label("Intervention/exposure", ignored=HEADING),
    Label("Study type"),
    Label("Description of intervention(s) / exposure"),
    Label("Intervention code", many=True),
    Label("Comparator / control treatment"),
    Label("Control group"),
    Label("Outcomes", ignored=HEADING),
    Label("Primary outcome", many=True),
    Label("Secondary outcome", many=True),
    Label("Eligibility", ignored=HEADING),
    Label("Key inclusion criteria"),
    Label("Minimum age"),
    Label("Maximum age"),
    Label("Sex", ("Sex", "Gender")),
    Label("Can healthy volunteers participate?"),
    Label("Key exclusion criteria"),
    Label("Study design", ignored=HEADING),
    Label("Purpose of the study"),
    Label("Allocation to intervention"),
    Label("Masking / blinding"),
    Label("Who is / are masked / blinded?"),
    Label("Intervention assignment"),
    Label("Other design features"),
    Label("Phase"),
    Label("Type of endpoint/s"),
    Label("Statistical methods / analysis"),
    Label("Recruitment", ignored=HEADING),
    Label("Recruitment status"),
    Label("Date of first participant enrolment"),
    Label("Date of last participant enrolment"),
    Label("Date of last data collection"),
    Label("Sample size"),
    Label("Recruitment in Australia"),
    Label("Recruitment outside Australia"),
    Label("Funding & Sponsors"),
    Label("Ethics approval"),
    Label("Summary"),
    Label("Contacts", ignored="persons, whom the registry's own page names"),
    Label("Data sharing statement"),
)
"""Up to the study type they stand on a page at hand; of the others only words that cannot be mistaken are read."""

END: Final = "Summary"
"""The label from which on a text counts as whole."""

EXPECTED: Final = {
    "first_posted": "Date registered",
    "last_update_posted": "Date last updated",
    "brief_title": "Public title",
    "official_title": "Scientific title",
    "conditions": "Health condition(s) or problem(s) studied",
    "study_type": "Study type",
    "phases": "Phase",
    "recruitment_status": "Recruitment status",
}
"""Fields of the record that every page has, and the label of each."""
