"""The register's words and labels: what they mean, what is compared as it is, and what is left out on purpose."""

from __future__ import annotations

from typing import Final

from tracker.sources.euctr.parts import name_of

STATUSES: Final = {
    "Restarted": "RECRUITING",
    "Ongoing": "OTHER",  # says that the trial has not ended, and not whether it still recruits
    "Temporarily Halted": "SUSPENDED",
    "Suspended": "SUSPENDED",
    "Suspended by CA": "SUSPENDED",
    "Completed": "COMPLETED",
    "Prematurely Ended": "TERMINATED",
    "Prohibited by CA": "TERMINATED",
    "Withdrawn": "WITHDRAWN",
    "Not Authorised": "WITHDRAWN",
    "Trial now transitioned": "UNKNOWN",
    "GB - no longer in EU/EEA": "UNKNOWN",
}
OPENNESS: Final = tuple(dict.fromkeys(STATUSES.values()))
"""Of countries that disagree, the status that stands first here is the trial's."""

SPONSORS: Final = {"Commercial": "INDUSTRY", "Non-Commercial": "OTHER", "Non Commercial": "OTHER"}
AGES: Final = {
    "f1_1_trial_has_subjects_under_18": "CHILD",
    "f1_2_adults_18_64_years": "ADULT",
    "f1_3_elderly_65_years": "OLDER_ADULT",
}
PHASES: Final = {
    "e7_1_human_pharmacology_phase_i": "PHASE1",
    "e7_2_therapeutic_exploratory_phase_ii": "PHASE2",
    "e7_3_therapeutic_confirmatory_phase_iii": "PHASE3",
    "e7_4_therapeutic_use_phase_iv": "PHASE4",
}
PURPOSES: Final = {"e6_1_diagnosis": "DIAGNOSTIC", "e6_2_prophylaxis": "PREVENTION", "e6_3_therapy": "TREATMENT"}
MODELS: Final = {"e8_1_5_parallel_group": "PARALLEL", "e8_1_6_cross_over": "CROSSOVER"}
MASKINGS: Final = {"e8_1_2_open": "NONE", "e8_1_3_single_blind": "SINGLE", "e8_1_4_double_blind": "DOUBLE"}
NO_NUMBERS: Final = frozenset({"nct00000000", "isrctn00000000", "u0000-0000-0000", "-", "n/a", "na", "not applicable", "none"})

_KEPT = """
Clinical Trial Type
A.8 EMA Decision number of Paediatric Investigation Plan
E.1.1.1 Medical condition in easily understood language
E.1.1.2 Therapeutic area
E.1.3 Condition being studied is a rare disease
E.2.3 Trial contains a sub-study
E.2.3.1 Full title, date and version of each sub-study and their related objectives
E.6.4 Safety
E.6.5 Efficacy
E.6.6 Pharmacokinetic
E.6.7 Pharmacodynamic
E.6.8 Bioequivalence
E.6.9 Dose response
E.6.10 Pharmacogenetic
E.6.11 Pharmacogenomic
E.6.12 Pharmacoeconomic
E.6.13 Others
E.6.13.1 Other scope of the trial description
E.7.1.1 First administration to humans
E.7.1.2 Bioequivalence study
E.7.1.3 Other
E.7.1.3.1 Other trial type description
E.8.1 Controlled
E.8.1.7 Other
E.8.1.7.1 Other trial design description
E.8.2.1 Other medicinal product(s)
E.8.2.2 Placebo
E.8.2.3 Other
E.8.2.3.1 Comparator description
E.8.2.4 Number of treatment arms in the trial
E.8.3 Will this trial be conducted at a single site globally
E.8.4 Will this trial be conducted at multiple sites globally
E.8.5.1 Number of sites anticipated in the EEA
E.8.8 Definition of the end of the trial and justification where it is not the last visit of the last subject undergoing the trial
E.8.9.2 In all countries concerned by the trial years
E.8.9.2 In all countries concerned by the trial months
E.8.9.2 In all countries concerned by the trial days
E.8.9.3 In all countries concerned by the trial days
F.1.1 Number of subjects for this age range
F.1.1.1 In Utero
F.1.1.1.1 Number of subjects for this age range
F.1.1.2 Preterm newborn infants (up to gestational age < 37 weeks)
F.1.1.2.1 Number of subjects for this age range
F.1.1.3 Newborns (0-27 days)
F.1.1.3.1 Number of subjects for this age range
F.1.1.4 Infants and toddlers (28 days-23 months)
F.1.1.4.1 Number of subjects for this age range
F.1.1.5 Children (2-11years)
F.1.1.5.1 Number of subjects for this age range
F.1.1.6 Adolescents (12-17 years)
F.1.1.6.1 Number of subjects for this age range
F.1.2.1 Number of subjects for this age range
F.1.3.1 Number of subjects for this age range
F.3.2 Patients
F.3.3 Specific vulnerable populations
F.3.3.1 Women of childbearing potential not using contraception
F.3.3.2 Women of child-bearing potential using contraception
F.3.3.3 Pregnant women
F.3.3.4 Nursing women
F.3.3.5 Emergency situation
F.3.3.6 Subjects incapable of giving consent personally
F.3.3.6.1 Details of subjects incapable of giving consent
F.3.3.7 Others
F.3.3.7.1 Details of other specific vulnerable populations
F.4.2.1 In the EEA
F.5 Plans for treatment or care after the subject has ended the participation in the trial (if it is different from the expected normal treatment of that condition)
H.4.1 Third Country in which the trial was first authorised
"""  # noqa: E501 (labels as the register has them)

_OF_A_COUNTRY = """
E.8.3 The trial involves single site in the Member State concerned
E.8.4 The trial involves multiple sites in the Member State concerned
E.8.4.1 Number of sites anticipated in Member State concerned
E.8.9.1 In the Member State concerned years
E.8.9.1 In the Member State concerned months
E.8.9.1 In the Member State concerned days
F.4.1 In the member state
N. Competent Authority Decision
N. Date of Competent Authority Decision
N. Ethics Committee Opinion of the trial application
N. Ethics Committee Opinion
N. Date of Ethics Committee Opinion
"""

_HEADINGS = """
B.4 Source(s) of Monetary or Material Support for the clinical trial
B.5 Contact point designated by the sponsor for further information on the trial
B.5.3 Address
D.8 Information on Placebo
E.1 Medical condition or disease under investigation
E.2 Objective of the trial
E.5 End points
E.6 Scope of the Trial
E.6 and E.7 Scope of the trial
E.7 Trial type and phase
E.8 Design of the trial
E.8.2 Comparator of controlled trial
E.8.6 Trial involving sites outside the EEA
E.8.9 Initial estimate of the duration of the trial
F.1 Age Range
F.2 Gender
F.3 Group of trial subjects
F.4 Planned number of subjects to be included
F.4.2 For a multinational trial
G.4 Investigator Network to be involved in the Trial
"""

_ADDRESSES = ("B.5.3.1 Street Address", "B.5.3.2 Town/ city", "B.5.3.3 Post code", "B.5.3.4 Country", "B.5.5 Fax number")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


OF_A_COUNTRY: Final = frozenset(map(name_of, _lines(_OF_A_COUNTRY)))
"""Labels whose values are of one country by their nature."""

KEPT: Final = dict.fromkeys((name_of(label) for label in _lines(_KEPT + _OF_A_COUNTRY)), object)
"""Labels whose values are compared as they are."""

IGNORED: Final = {
    "eudract_number": "the trial's own number",
    "a2_eudract_number": "the trial's own number",
    "sponsors_protocol_code_number": "repeated in section A",
    "national_competent_authority": "read as the part's country",
    "a1_member_state_concerned": "read as the part's country",
    "link": "the address of the part",
    "date_on_which_this_record_was_first_entered_in_the_eudract_database": "read with the part",
    **{name_of(label): "a heading" for label in _lines(_HEADINGS)},
    **{f"sponsor[].{name_of(label)}": "a heading" for label in _lines(_HEADINGS) if label.startswith("B.")},
    **{f"sponsor[].{name_of(label)}": "the address of a contact" for label in _ADDRESSES},
    **{f"term[].e1_2_{name}": "the coding of a term" for name in ("version", "level", "classification_code")},
    "term[].e1_2_system_organ_class": "the coding of a term",
}
"""Labels that are left out on purpose -> why."""

NATIONAL: Final = "national_values"
"""Where values stand in which a country's part differs from the first one's."""


def _title(label: str) -> str:
    words = label.partition(" ")[2] if label[1:2] == "." else label
    return words[:1].lower() + words[1:]


REST_TITLES: Final = {
    **{name_of(label): _title(label) for label in _lines(_KEPT + _OF_A_COUNTRY)},
    "paediatric_investigation_plan": "part of a paediatric investigation plan",
    "products": "further facts of the products",
    "sponsor_countries": "countries of the sponsors",
    "investigator_networks": "investigator networks",
    "several_member_states": "runs in several member states",
    "within_and_outside_the_eea": "runs within and outside the EEA",
    "outside_the_eea": "runs outside the EEA only",
    "planned_regions": "regions of planned sites",
    NATIONAL: "what countries' records say otherwise",
    "results_version": "version of the results",
    "results_version_published": "date of this version of the results",
}
