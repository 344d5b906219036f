"""Changed wordings of outcomes, invented, each with the verdict and the reason of a careful reader."""

from __future__ import annotations

SAME = (
    ("Change in Grip Strength", "Mean Change in Grip Strength From Baseline"),
    ("Patients who experience a fall", "Participants Who Experienced a Fall"),
    ("Patients who discontinue the inhaler", "Number of Participants Who Discontinued the Inhaler"),
    ("Number of surviving lambs at discharge", "Percentage of lambs who survived at discharge"),
    ("Percent of participants hospitalised for asthma", "Number of Participants Hospitalized for Asthma"),
    ("Proportion of subjects with an itch", "Percentage of Patients With Itch"),
    ("Tumour shrinkage in the paediatric ward", "Tumor Shrinkage in the Pediatric Ward"),
    ("Rate of knee re-operation", "The Rate of Knee Re-operations"),
    ("PFS", "Progression-Free Survival (PFS)"),
    ("VWAS total score", "Vienna Winter Ache Scale (VWAS) Total Score"),
    ("To determine the risk of ankle sprain", "Risk of Ankle Sprain"),
    ("Teaes", "Treatment Emergent Adverse Events"),
)
REFINED = (
    ("Wart count, for noninferiority of one balm to another", "Wart Count: Non-Inferiority of One Balm to Another"),
    ("Understanding", "Understanding of the Leaflet by Readers"),
    ("Body composition by a scan", "Change in body composition by a scan of the whole trunk"),
    ("Quality of sleep", "Quality of Sleep by a Wrist Recorder"),
    ("Two tests a minimum of 6 months or 1 year apart", "Two tests a minimum of 1 year apart"),
    ("Grip strength at the end of training", "Grip strength at week 6, the end of training"),
    ("Grip strength over the duration of the study", "Grip strength over 6 weeks from enrolment to the end of the study"),
    ("The primary efficacy endpoint is grip strength by dynamometer", "Grip Strength by Dynamometer, Right After Training"),
)
DIFFERENT = (
    ("Clearance of warts", "Complete clearance of warts at or before week 12", "qualifier"),
    ("Clearance of warts", "Clearance of warts by week 12", "time_point"),
    ("Clearance of warts", "Clearance of warts at week 12", "time_point"),
    ("Change in Grip Strength", "Mean Change in Grip Strength From Baseline at Week 6", "time_point"),
    ("Time to rash resolution", "Time to rash resolution, defined as a score < 3", "threshold"),
    ("Participants with at least 30% improvement of gait", "Participants with at least 50% improvement of gait", "threshold"),
    ("ACR20 response", "ACR50 response", "threshold"),
    ("Toxicity of grade 2 or higher", "Toxicity of grade 3 or higher", "threshold"),
    ("Ferritin above 30", "Ferritin below 30", "threshold"),
    ("Mean pain score", "Median pain score", "aggregation"),
    ("Time to relapse of gout", "Number of participants with relapse of gout", "aggregation"),
    ("Change in walking speed", "Mean walking speed", "aggregation"),
    ("Peak zinc level", "Trough zinc level", "opposite"),
    ("Patients with cough", "Patients without cough", "negation"),
    ("Composite of fever and wheeze", "Composite of fever, wheeze and pallor", "members"),
    ("Consent to blood and/or saliva sampling", "Consent to blood sampling", "members"),
    ("Main study: wart count", "Main study: Cohort A: wart count Cohort B: wart length", "members"),
    ("Overall survival", "Overall survival in Arms A and B", "population"),
    ("Overall survival", "Overall survival in women with marker-positive disease", "population"),
    ("Grip strength at week 6", "Grip strength at week 24", "time_point"),
    ("Hospital admission for gout", "Unplanned hospital admission for gout", "qualifier"),
    ("Peak flow in the morning", "Peak flow in the morning in 5-11 year old readers", "population"),
    ("Zinc in blood during a mixed meal tolerance test", "Zinc in blood during a glucagon stimulation test", "instrument"),
    ("To count warts on both feet. To measure ferritin in blood.", "Count of Warts on Both Feet", "members"),
    ("Overall survival", "Progression-free survival (PFS)", "event"),
    ("Disease-free survival", "Overall survival", "event"),
    ("Effects on both 1) zinc levels and 2) grip strength", "Zinc Levels", "members"),
)
UNCLEAR = (("Primary outcome measure", "Change in Grip Strength"), ("To be determined", "Wound Length"))
