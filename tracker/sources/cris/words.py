"""The words of CRIS, in English and, where a record has no English ones, in Korean."""

from __future__ import annotations

from typing import Final

STATUSES: Final = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "Completed": "COMPLETED",
    "Suspended": "SUSPENDED",
    "Terminated": "TERMINATED",
    "Withdrawn": "WITHDRAWN",
    "연구종결": "COMPLETED",
}
"""The registry writes ClinicalTrials.gov's words; of the Korean ones one was seen beside its English."""

DATE_TYPES: Final = {"Actual": "ACTUAL", "Anticipated": "ESTIMATED", "실제등록": "ACTUAL", "예정": "ESTIMATED"}
STUDY_TYPES: Final = {
    "Interventional Study": "INTERVENTIONAL",
    "Observational Study": "OBSERVATIONAL",
    "중재연구": "INTERVENTIONAL",
    "관찰연구": "OBSERVATIONAL",
}
PURPOSES: Final = {"Prevention": "PREVENTION", "Treatment": "TREATMENT", "기타": "OTHER"}
MODELS: Final = {"Parallel": "PARALLEL", "Cross-over": "CROSSOVER", "교차설계": "CROSSOVER"}
ALLOCATIONS: Final = {"RCT": "RANDOMIZED", "무작위배정": "RANDOMIZED"}
MASKINGS: Final = {"Open": "NONE", "사용안함": "NONE"}
ARM_TYPES: Final = {
    "Experimental": "EXPERIMENTAL",
    "Active comparator": "ACTIVE_COMPARATOR",
    "Placebo comparator": "PLACEBO_COMPARATOR",
    "Sham comparator": "SHAM_COMPARATOR",
    "No intervention": "NO_INTERVENTION",
}
SEXES: Final = {"Both": "ALL", "Male": "MALE", "Female": "FEMALE", "남성": "MALE"}
NO_PHASE: Final = "해당사항없음"
