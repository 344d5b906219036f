"""The portal's codes and words, each with the word of the tracker's vocabulary, and the values that are left out on purpose."""

from __future__ import annotations

from collections.abc import Mapping

PUBLIC_STATUSES: Mapping[int, tuple[str, str]] = {
    1: ("Under evaluation", "NOT_YET_RECRUITING"),
    2: ("Authorised, recruitment pending", "NOT_YET_RECRUITING"),
    3: ("Authorised, recruiting", "RECRUITING"),
    4: ("Ongoing, recruiting", "RECRUITING"),
    5: ("Ongoing, recruitment ended", "ACTIVE_NOT_RECRUITING"),
    6: ("Temporarily halted", "SUSPENDED"),
    7: ("Suspended", "SUSPENDED"),
    8: ("Ended", "COMPLETED"),
    9: ("Expired", "WITHDRAWN"),
    10: ("Revoked", "TERMINATED"),
    11: ("Not authorised", "WITHDRAWN"),
    12: ("Cancelled", "WITHDRAWN"),
}
"""The public status code of a trial or of a member state: its words at the portal, and the recruitment status.

Expired, not authorised and cancelled trials never enrolled anybody. "Ended" does not say whether it was early.
"""

STATUS_WORDS: Mapping[str, str] = dict(PUBLIC_STATUSES.values()) | {
    "Authorised, not started": "NOT_YET_RECRUITING",
}
"""The same by its words, with one of the portal before June 2024."""

PHASES: Mapping[str, tuple[str, ...]] = {
    "1": ("PHASE1",),
    "2": ("PHASE1",),
    "3": ("PHASE1",),
    "4": ("PHASE2",),
    "5": ("PHASE3",),
    "6": ("PHASE4",),
    "7": ("PHASE1", "PHASE2"),
    "8": ("PHASE1", "PHASE2"),
    "9": ("PHASE1", "PHASE2"),
    "10": ("PHASE2", "PHASE3"),
    "11": ("PHASE3", "PHASE4"),
}

AGE_RANGES: Mapping[str, str] = {"1": "CHILD", "2": "CHILD", "3": "ADULT", "4": "OLDER_ADULT"}
"""In utero, 0-17, 18-64, 65 and more years."""

SPONSOR_TYPES: Mapping[str, str] = {
    "Pharmaceutical company": "INDUSTRY",
    "Pharmaceutical association/federation": "INDUSTRY",
    "Hospital/Clinic/Other health care facility": "OTHER",
    "Educational Institution": "OTHER",
    "Health care": "OTHER",
    "Laboratory/Research/Testing facility": "OTHER",
    "Patient organisation/association": "OTHER",
    "Regulatory authority": "OTHER_GOV",
    "EU Institution/Body/Agency": "OTHER_GOV",
    "Member State Institution/Body/Agency": "OTHER_GOV",
}

GROUPS: Mapping[str, bool] = {"Healthy volunteers": True, "Patients": False}

NOTICES: Mapping[str, str] = {
    "START_OF_TRIAL": "START_OF_TRIAL",
    "START_OF_RECRUITMENT": "START_OF_RECRUITMENT",
    "END_OF_RECRUITMENT": "END_OF_RECRUITMENT",
    "RESTART_OF_RECRUITMENT": "RESTART_OF_RECRUITMENT",
    "RESTART_OF_TRIAL": "RESTART_OF_TRIAL",
    "END_OF_TRIAL": "END_OF_TRIAL",
    "GLOBAL_END_OF_TRIAL": "GLOBAL_END_OF_TRIAL",
    "TEMPORARY_HALT": "TEMPORARY_HALT",
    "Start of Trial": "START_OF_TRIAL",
    "Start of Recruitment": "START_OF_RECRUITMENT",
    "End of Recruitment": "END_OF_RECRUITMENT",
    "Restart of Recruitment": "RESTART_OF_RECRUITMENT",
    "Restart of Trial": "RESTART_OF_TRIAL",
    "End of Trial": "END_OF_TRIAL",
    "Temporary Halt": "TEMPORARY_HALT",
}
"""What a sponsor notifies in each member state, as the portal writes it today and before June 2024."""

APPLICATIONS: Mapping[str, str] = {
    "INITIAL": "Initial application",
    "SUBSTANTIAL MODIFICATION": "Substantial modification",
    "NON SUBSTANTIAL MODIFICATION": "Non-substantial modification",
    "SUBSEQUENT ADDITION OF MSC": "Addition of a member state",
}

SCOPES: Mapping[str, str] = {
    "PART_I": "of part I",
    "PART_II": "of part II",
    "PART_I_AND_PART_II": "of parts I and II",
}

DOCUMENTS: Mapping[str, str] = {
    "Protocol (for publication)": "PROTOCOL",
    "Subject information and informed consent form (for publication)": "ICF",
}
"""Documents that ClinicalTrials.gov has a word for; others are named by the portal's own label."""


def _within(path: str, names: str, why: str) -> dict[str, str]:
    return {f"{path}.{name}" if path else name: why for name in names.split()}


INTERNAL: Mapping[str, str] = {
    **_within(
        "",
        "id uuid party personId mscId applicationId part1Id part2Id clinicalTrialId ctId countryOrganisationId trialCategoryId "
        "trialScopeId associatedEntityId addressId eutctId partOneConclusionId partIIIinfoKey initialApplicationId productPk "
        "substancePk productRoleGroupId documentUuid termId mscExtendedId organClass partTwoConclusionId partTwoId",
        "a key inside the portal's database, made anew with each version",
    ),
    **_within(
        "",
        "isEditable isCreate isSave isBusinessKeyValidated businessKeyForDisplay versionNumber systemVersion submittedBy "
        "isPublished contentLabeling organisationLocationStatus",
        "about the portal's forms, not the trial",
    ),
    **_within(
        "",
        "fullTitleTranslations publicTitleTranslations medicalConditionTranslations mainObjectiveTranslations "
        "secondaryObjectiveTranslations principalInclusionCriteriaTranslations principalExclusionCriteriaTranslations "
        "endPointTranslations translatedNames",
        "translations of a text that is read",
    ),
    **_within("", "fromDate toDate", "when a row was written into the portal's database"),
    **_within("", "ctrname record_last_import", "added by a program that saved the record"),
}
"""Fields that are left out wherever they stand: name -> why."""

_SEARCH_ROW = "the row of a search, which repeats the record in other words"
_BEFORE_2024 = "the portal of before June 2024 repeated here what is read elsewhere"
_SAME = "says in other words what is read beside it"
_PART_I, _INFORMATION = "authorizedPartI", "authorizedPartI.trialDetails.trialInformation"
_ORGANISATION = "of the sponsor's organisation, beyond its name and type"
_ADDRESS = "of an address, beyond place and postcode"
_EVALUATION = "how member states came to their decisions"


IGNORED: Mapping[str, str] = {
    **_within(
        "",
        "recruitmentStatus sponsorType trialPhase ageGroup gender totalNumberEnrolled shortTitle therapeuticAreas "
        "ageRangeSecondary decisionDateOverall resultsFirstReceived decisionDate trialRegion trialRegionCode",
        _SEARCH_ROW,
    ),
    **_within(
        "",
        "authorizationDate hasDeferrallApplied hasAmendmentApplied title primarySponsor submissionDate eeaStartDate "
        "trialStartDate recruitmentStartDate isRmsTacitAssignment totalPartIISubjectCount publicEvaluation ctPublicStatus",
        _BEFORE_2024,
    ),
    **_within("memberStatesConcerned[]", "reportingStatusCode isProposedRms countryName organisationInfo trialStatus", _SAME),
    **_within(
        "memberStatesConcerned[]",
        "trialPeriod trialRecruitmentPeriod hasRecruitmentStarted activeTrialPeriod activeTrialRecruitmentPeriod "
        "clinicalTrialStatusHistory applicationTypeMsc recruitmentSubjectCount willingAtDayThreeView isWillingAtDayThreeView "
        "firstDecisionDate lastDecisionDate expressDecision",
        _SAME,
    ),
    **_within(
        _PART_I,
        "products rowCountries therapeuticAreas medicalConditions trialCategoryCode trialCategoryJustificationComment "
        "isLowIntervention includesPaediatricSubjects submissionDate applicationType",
        _SAME,
    ),
    **_within(_PART_I, "assessmentOutcome assessmentOutcomeDate conclusionDate", _EVALUATION),
    **_within(f"{_PART_I}.trialDetails", "isClockStopRemovalRequested", _EVALUATION),
    **_within(f"{_PART_I}.rowCountriesInfo[]", "isoNumber isoAlpha2Code isoAlpha3Code current", _SAME),
    **_within(
        f"{_PART_I}.sponsors[]",
        "thirdParties legalRepresentative contactPointForUnion legislationComplianceResp contactPointResp "
        "article77ComplianceResp addresses isCommercial commercial",
        _ORGANISATION,
    ),
    **_within(
        f"{_PART_I}.sponsors[].organisation",
        "typeCode acronym clinicalTrialSponsor commercial businessKey memberStateCountryCode",
        _ORGANISATION,
    ),
    **_within(f"{_PART_I}.sponsors[].publicContacts[]", "type organisation", _ORGANISATION),
    **_within(f"{_PART_I}.sponsors[].scientificContacts[]", "type organisation", _ORGANISATION),
    **_within(
        "coSponsors[]",
        "thirdParties legalRepresentative contactPointForUnion legislationComplianceResp contactPointResp "
        "article77ComplianceResp addresses isCommercial commercial primary publicContacts scientificContacts",
        _ORGANISATION,
    ),
    **_within("coSponsors[].organisation", "typeCode acronym clinicalTrialSponsor commercial businessKey", _ORGANISATION),
    **_within(f"{_INFORMATION}.trialCategory", "justificationForTrialCategory", "why the trial has its category"),
    **_within(f"{_INFORMATION}.medicalCondition.partIMedicalConditions[]", "isConditionRareDisease", _SAME),
    **_within(
        f"{_INFORMATION}.medicalCondition.meddraConditionTerms[]",
        "version level classificationCode active isActive",
        "of the dictionary of terms",
    ),
    **_within(f"{_INFORMATION}.trialDuration", "estimatedEndDate", "the end in the member states, where a global one is given"),
    **_within(
        f"{_INFORMATION}.populationOfTrialSubjects",
        "ageRangeSecondaryIds isVulnerablePopulationSelected recruitmentPopulationGroups",
        "finer groups of ages, and who is vulnerable, by codes without published words",
    ),
    **_within(f"{_INFORMATION}.populationOfTrialSubjects.ageRanges[]", "ageRangeCategoryCode", _SAME),
    **_within(f"{_INFORMATION}.populationOfTrialSubjects.clinicalTrialGroups[]", "code", _SAME),
    **_within(f"{_INFORMATION}.eligibilityCriteria.principalInclusionCriteria[]", "number", "the place in the list"),
    **_within(f"{_INFORMATION}.eligibilityCriteria.principalExclusionCriteria[]", "number", "the place in the list"),
    **_within(f"{_INFORMATION}.endPoint.primaryEndPoints[]", "number isPrimary", "the place in the list"),
    **_within(f"{_INFORMATION}.endPoint.secondaryEndPoints[]", "number isPrimary", "the place in the list"),
    **_within(f"{_INFORMATION}.trialObjective.secondaryObjectives[]", "number", "the place in the list"),
    **_within(
        f"{_PART_I}.productRoleGroupInfos[]",
        "comments miaNumber productRoleCode justificationNotImpdCode reasonNoAmp",
        "about the product's papers",
    ),
    **_within(
        f"{_PART_I}.productRoleGroupInfos[].products[]",
        "part1MpRoleTypeCode mpRoleInTrial startDate justificationForNoImpdUpload productChangedRelationMA "
        "otherMedicinalProduct evCode atcTermId atcTermLevel atcCode scientificProductEvCode scientificProductPharmEvCode "
        "evCodesOfProductsMatchingPlacebo allSubstancesChemicals isDraftUnauthProduct anAdvancedTherapyMedicinalProduct "
        "evCodeDisplay nameDisplay miaNumber characteristics orphanDrugEdit isPaediatricFormulation timeUnitCode hasDevice "
        "sponsorProductCodeEdit productEvVersion sponsorProductCode productDictionaryInfo reasonForNoAmpdUpload "
        "part1MedicinalProductRoleMscInfos",
        "of the dictionary of medicinal products",
    ),
    **_within(
        "authorizedPartsII[]", "applicationStatusCode decisionDate conclusionDate submissionDate outOfScope", _EVALUATION
    ),
    **_within("authorizedPartsII[]", "actualApplicationStatusCode applicationStatusDate", _EVALUATION),
    **_within(
        "authorizedPartsII[].mscInfo",
        "reportingStatusCode isProposedRms countryName organisationInfo firstDecisionDate trialStatus trialPeriod "
        "trialRecruitmentPeriod hasRecruitmentStarted activeTrialPeriod activeTrialRecruitmentPeriod willingAtDayThreeView "
        "isWillingAtDayThreeView clinicalTrialStatusHistory applicationTypeMsc assessmentOutcome assessmentOutcomeDate "
        "decision decisionDate expressDecision recruitmentSubjectCount",
        _SAME,
    ),
    **_within("authorizedPartsII[].trialSites[].organisationAddressInfo", "phone email businessKey intl ext", _ADDRESS),
    **_within(
        "authorizedPartsII[].trialSites[].organisationAddressInfo.organisation",
        "type typeCode commercial businessKey acronym clinicalTrialSponsor",
        _ORGANISATION,
    ),
    **_within(
        "authorizedPartsII[].trialSites[].organisationAddressInfo.address",
        "oneLine addressLine1 addressLine2 addressLine3 addressLine4 country",
        _ADDRESS,
    ),
    **_within("authorizedPartsII[].trialSites[].personInfo", "title preferredLanguage", "codes without published words"),
    **_within(
        "applicationInfo[]",
        "status ctNumber trialStatus partI partIIInfo ctMSCsByApplication allPartTwosOutOfScope applicationTrialDecisionByMsc "
        "decisions productRoleGroupDocument",
        _EVALUATION,
    ),
    **_within(
        "applications[]",
        "applicationType status statusType ctNumber trialStatus inComplete outOfScope tacitValidation validationConclusionDate "
        "partI partIIInfo ctMSCs ctMSCsByApplication fullTitle mscsEditable submissionAllowed validationConclusion "
        "substantialModDetails isDossierUpdate isMultiTrialSM publiclyDisclosed primarySponsor winterClockStopUsed msmChild "
        "allPartTwosOutOfScope totalSubjectsInEEA inputSource eudraCtInfo applicationTrialDecisionByMsc mscExtendedInfoList "
        "reportingDate nonSubstantialModDetails",
        _BEFORE_2024,
    ),
    **_within("mscTrialNotificationsInfoList[].mscNotificationsListInfo[]", "businessKey submitDate versions", _BEFORE_2024),
    **_within(
        "mscTrialNotificationsInfoList[].mscNotificationsListInfo[]", "isBenefitRisckBalanceChange description", _BEFORE_2024
    ),
    **_within("documents[]", "documentType fileType", _SAME),
}
"""Paths that are left out on purpose: path -> why. What lay in ``authorizedApplication`` is named without it."""

KEPT: Mapping[str, type[object]] = dict.fromkeys(
    (
        "trialGlobalEnd",
        "eudraCt.isTransitioned",
        f"{_PART_I}.partOneTherapeuticAreas",
        f"{_PART_I}.trialDetails.scientificAdviceAndPip",
        f"{_PART_I}.trialDetails.associatedClinicalTrials",
        f"{_PART_I}.trialDetails.references",
        f"{_PART_I}.trialDetails.pubmedCode",
        f"{_PART_I}.trialDetails.pubmedUrl",
        f"{_INFORMATION}.trialCategory.isLowIntervention",
        f"{_INFORMATION}.trialCategory.trialCategory",
        f"{_INFORMATION}.trialObjective.trialScopes",
        f"{_INFORMATION}.individualParticipantData",
        f"{_INFORMATION}.individualParticipantDataSharingStatement",
        f"{_PART_I}.trialDetails.protocolInformation.studyDesign",
        "results.summaryResults",
        "results.laypersonResults",
        "results.clinicalStudyReports",
        "events.temporaryHaltList",
        "events.unexpectedEvents",
        "events.seriousBreaches",
        "events.urgentSafetyMeasures",
        "correctiveMeasures",
    ),
    object,
)
"""Paths that are compared as they are."""

REST_TITLES: Mapping[str, str] = {
    "trialGlobalEnd": "Global end of the trial",
    "isTransitioned": "Transferred from EudraCT",
    "partOneTherapeuticAreas": "Therapeutic areas",
    "scientificAdviceAndPip": "Scientific advice and paediatric investigation plan",
    "associatedClinicalTrials": "Associated clinical trials",
    "isLowIntervention": "Low-intervention trial",
    "trialCategory": "Category of the trial",
    "trialScopes": "Scope of the trial",
    "individualParticipantData": "Individual participant data",
    "individualParticipantDataSharingStatement": "Individual participant data",
    "studyDesign": "Periods and arms",
    "summaryResults": "Summary of results",
    "laypersonResults": "Lay summary",
    "clinicalStudyReports": "Clinical study report",
    "temporaryHaltList": "Temporary halts",
    "unexpectedEvents": "Unexpected events",
    "seriousBreaches": "Serious breaches",
    "urgentSafetyMeasures": "Urgent safety measures",
    "correctiveMeasures": "Corrective measures",
    "associatedCtDocs": "Documents of associated trials",
}
