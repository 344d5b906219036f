"""ClinicalTrials.gov's model of a study (API 2.0.5) as far as it is read: each field once, with its type and its words.

Fields have the registry's own names and stand in the order in which issues are told. What is ignored or kept as it is
stands in the tables of ``fields``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from tracker.extract.json_shapes import Day, NeededDay, Served, Words
from tracker.model import vocabulary
from tracker.text.clean import cleaned

Name = str | None

_DateType = Annotated[str | None, Words(vocabulary.DATE_TYPES | {"ANTICIPATED"})]
_Status = Annotated[str | None, Words(vocabulary.REGISTRY_STATUSES)]
_Role = Annotated[str | None, Words(vocabulary.ROLES)]
_OrganisationClass = Annotated[str | None, Words(vocabulary.ORGANISATION_CLASSES)]


class OrgStudyIdInfo(Served, frozen=True):
    """The sponsor's own number."""

    id: str | None = None
    link: str | None = None


class SecondaryIdInfo(Served, frozen=True):
    """Another number."""

    id: str | None = None
    type: Annotated[str | None, Words(vocabulary.SECONDARY_ID_TYPES)] = None
    domain: str | None = None
    link: str | None = None

    def names(self) -> tuple[Name, ...]:
        """The number."""
        return (cleaned(self.id),)


class Organization(Served, frozen=True):
    """Who registered the study."""

    fullName: str | None = None
    organisation_class: _OrganisationClass = msgspec.field(name="class", default=None)


class IdentificationModule(Served, frozen=True):
    """Numbers and titles."""

    nctId: str | None = None
    orgStudyIdInfo: OrgStudyIdInfo = OrgStudyIdInfo()
    secondaryIdInfos: tuple[SecondaryIdInfo, ...] = ()
    nctIdAliases: tuple[str, ...] = ()
    briefTitle: str | None = None
    officialTitle: str | None = None
    acronym: str | None = None
    organization: Organization = Organization()


class DateStruct(Served, frozen=True):
    """A date and its kind."""

    type: _DateType = None
    date: NeededDay = None

    def homeless(self) -> dict[str, object]:
        """A kind without its date says something, if not much."""
        return {} if self.date or self.type is None else {"type": self.type}


class StatusModule(Served, frozen=True):
    """How the study stands, and its dates."""

    overallStatus: _Status = None
    lastKnownStatus: _Status = None
    whyStopped: str | None = None
    statusVerifiedDate: Day = None
    startDateStruct: DateStruct = DateStruct()
    primaryCompletionDateStruct: DateStruct = DateStruct()
    completionDateStruct: DateStruct = DateStruct()
    studyFirstPostDateStruct: DateStruct = DateStruct()
    lastUpdatePostDateStruct: DateStruct = DateStruct()
    resultsFirstPostDateStruct: DateStruct = DateStruct()
    resultsWaived: bool | None = None
    dispFirstSubmitDate: Day = None
    resultsFirstSubmitDate: Day = None


class ResponsibleParty(Served, frozen=True):
    """Who answers for the record. Records from before 2011 name the party in two fields of their own."""

    type: Annotated[str | None, Words(vocabulary.RESPONSIBLE_PARTY_TYPES)] = None
    investigatorFullName: str | None = None
    oldNameTitle: str | None = None
    investigatorTitle: str | None = None
    investigatorAffiliation: str | None = None
    oldOrganization: str | None = None


class Sponsor(Served, frozen=True):
    """A sponsor or collaborator."""

    name: str | None = None
    organisation_class: _OrganisationClass = msgspec.field(name="class", default=None)

    def names(self) -> tuple[Name, ...]:
        """Its name."""
        return (cleaned(self.name),)


class SponsorCollaboratorsModule(Served, frozen=True):
    """Sponsors."""

    responsibleParty: ResponsibleParty | None = None
    leadSponsor: Sponsor = Sponsor()
    collaborators: tuple[Sponsor, ...] = ()


class OversightModule(Served, frozen=True):
    """Regulators and monitoring."""

    isFdaRegulatedDrug: bool | None = None
    isFdaRegulatedDevice: bool | None = None
    isUnapprovedDevice: bool | None = None
    isUsExport: bool | None = None
    oversightHasDmc: bool | None = None


class DescriptionModule(Served, frozen=True):
    """What the study is about."""

    briefSummary: str | None = None
    detailedDescription: str | None = None


class ConditionsModule(Served, frozen=True):
    """What is studied."""

    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class EnrollmentInfo(Served, frozen=True):
    """How many take part."""

    count: int | None = None
    type: _DateType = None


class MaskingInfo(Served, frozen=True):
    """Who does not know which arm it is."""

    masking: Annotated[str | None, Words(vocabulary.MASKINGS)] = None
    maskingDescription: str | None = None
    whoMasked: Annotated[tuple[str, ...], Words(vocabulary.WHO_MASKED)] = ()


class DesignInfo(Served, frozen=True):
    """How the study is laid out."""

    allocation: Annotated[str | None, Words(vocabulary.ALLOCATIONS)] = None
    interventionModel: Annotated[str | None, Words(vocabulary.INTERVENTION_MODELS)] = None
    interventionModelDescription: str | None = None
    primaryPurpose: Annotated[str | None, Words(vocabulary.PRIMARY_PURPOSES)] = None
    observationalModel: Annotated[str | None, Words(vocabulary.OBSERVATIONAL_MODELS)] = None
    timePerspective: Annotated[str | None, Words(vocabulary.TIME_PERSPECTIVES)] = None
    maskingInfo: MaskingInfo = MaskingInfo()


class DesignModule(Served, frozen=True):
    """Type, phase, size and layout."""

    studyType: Annotated[str | None, Words(vocabulary.STUDY_TYPES)] = None
    phases: Annotated[tuple[str, ...], Words(vocabulary.PHASES)] = ()
    enrollmentInfo: EnrollmentInfo | None = None
    designInfo: DesignInfo = DesignInfo()


class ArmGroup(Served, frozen=True):
    """An arm."""

    label: str | None = None
    type: Annotated[str | None, Words(vocabulary.ARM_TYPES)] = None
    description: str | None = None
    interventionNames: tuple[str, ...] = ()

    def names(self) -> tuple[Name, ...]:
        """Its label."""
        return (cleaned(self.label),)


class Intervention(Served, frozen=True):
    """An intervention."""

    name: str | None = None
    type: Annotated[str | None, Words(vocabulary.INTERVENTION_TYPES)] = None
    description: str | None = None
    otherNames: tuple[str, ...] = ()
    armGroupLabels: tuple[str, ...] = ()

    def names(self) -> tuple[Name, ...]:
        """Its type and name."""
        return self.type, cleaned(self.name)


class ArmsInterventionsModule(Served, frozen=True):
    """Arms, and what they get."""

    armGroups: tuple[ArmGroup, ...] = ()
    interventions: tuple[Intervention, ...] = ()


class Outcome(Served, frozen=True):
    """An outcome measure."""

    measure: str | None = None
    timeFrame: str | None = None
    description: str | None = None

    def names(self) -> tuple[Name, ...]:
        """What is measured."""
        return (cleaned(self.measure),)


class OutcomesModule(Served, frozen=True):
    """What is measured."""

    primaryOutcomes: tuple[Outcome, ...] = ()
    secondaryOutcomes: tuple[Outcome, ...] = ()
    otherOutcomes: tuple[Outcome, ...] = ()


class EligibilityModule(Served, frozen=True):
    """Who can take part."""

    eligibilityCriteria: str | None = None
    minimumAge: str | None = None
    maximumAge: str | None = None
    sex: Annotated[str | None, Words(vocabulary.SEXES)] = None
    genderBased: bool | None = None
    genderDescription: str | None = None
    healthyVolunteers: bool | None = None
    stdAges: Annotated[tuple[str, ...], Words(vocabulary.STD_AGES)] = ()
    studyPopulation: str | None = None
    samplingMethod: Annotated[str | None, Words(vocabulary.SAMPLING_METHODS)] = None


class Contact(Served, frozen=True):
    """A contact person."""

    phone: str | None = None
    phoneExt: str | None = None
    name: str | None = None
    role: _Role = None
    email: str | None = None

    def names(self) -> tuple[Name, ...]:
        """Name or role."""
        return (cleaned(self.name) or self.role,)


class Official(Served, frozen=True):
    """An official of the study."""

    name: str | None = None
    role: _Role = None
    affiliation: str | None = None

    def names(self) -> tuple[Name, ...]:
        """The name."""
        return (cleaned(self.name),)


class GeoPoint(Served, frozen=True):
    """Where a place lies."""

    lat: float | None = None
    lon: float | None = None


class Location(Served, frozen=True):
    """A site."""

    facility: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    status: _Status = None
    geoPoint: GeoPoint | None = None
    contacts: tuple[Contact, ...] = ()

    def names(self) -> tuple[Name, ...]:
        """Its name and place."""
        return tuple(map(cleaned, (self.facility, self.city, self.state, self.zip, self.country)))


class ContactsLocationsModule(Served, frozen=True):
    """Where the study runs, and whom to ask."""

    centralContacts: tuple[Contact, ...] = ()
    overallOfficials: tuple[Official, ...] = ()
    locations: tuple[Location, ...] = ()


class Retraction(Served, frozen=True):
    """The retraction of a publication."""

    pmid: str | None = None
    source: str | None = None

    def names(self) -> tuple[Name, ...]:
        """Number and source."""
        return cleaned(self.pmid), cleaned(self.source)


class Reference(Served, frozen=True):
    """A publication."""

    retractions: tuple[Retraction, ...] = ()
    pmid: str | None = None
    type: Annotated[str | None, Words(vocabulary.REFERENCE_TYPES)] = None
    citation: str | None = None

    def names(self) -> tuple[Name, ...]:
        """Number or citation."""
        return (cleaned(self.pmid) or cleaned(self.citation),)


class SeeAlsoLink(Served, frozen=True):
    """A link."""

    url: str | None = None
    label: str | None = None

    def names(self) -> tuple[Name, ...]:
        """Its address."""
        return (cleaned(self.url),)


class ReferencesModule(Served, frozen=True):
    """Publications and links."""

    references: tuple[Reference, ...] = ()
    seeAlsoLinks: tuple[SeeAlsoLink, ...] = ()


class IpdSharingStatementModule(Served, frozen=True):
    """The plan to share individual data."""

    ipdSharing: Annotated[str | None, Words(vocabulary.IPD_PLANS)] = None
    description: str | None = None
    infoTypes: Annotated[tuple[str, ...], Words(vocabulary.IPD_INFO_TYPES)] = ()
    timeFrame: str | None = None
    accessCriteria: str | None = None
    url: str | None = None


class ProtocolSection(Served, frozen=True):
    """What the sponsor says."""

    identificationModule: IdentificationModule = IdentificationModule()
    statusModule: StatusModule = StatusModule()
    sponsorCollaboratorsModule: SponsorCollaboratorsModule = SponsorCollaboratorsModule()
    oversightModule: OversightModule = OversightModule()
    descriptionModule: DescriptionModule = DescriptionModule()
    conditionsModule: ConditionsModule = ConditionsModule()
    designModule: DesignModule = DesignModule()
    armsInterventionsModule: ArmsInterventionsModule = ArmsInterventionsModule()
    outcomesModule: OutcomesModule = OutcomesModule()
    eligibilityModule: EligibilityModule = EligibilityModule()
    contactsLocationsModule: ContactsLocationsModule = ContactsLocationsModule()
    referencesModule: ReferencesModule = ReferencesModule()
    ipdSharingStatementModule: IpdSharingStatementModule = IpdSharingStatementModule()


class SubmissionInfo(Served, frozen=True):
    """Steps of quality control: each date is one."""

    releaseDate: Day = None
    unreleaseDate: Day = None
    resetDate: Day = None
    unreleaseDateUnknown: bool | None = None

    def names(self) -> tuple[Name, ...]:
        """The day of the submission."""
        return (self.releaseDate,)


class PostDateStruct(Served, frozen=True):
    """When results were posted before they passed quality control."""


class FirstMcpInfo(Served, frozen=True):
    """Results that were posted before they passed quality control."""

    postDateStruct: PostDateStruct = PostDateStruct()


class SubmissionTracking(Served, frozen=True):
    """The quality control of results."""

    submissionInfos: tuple[SubmissionInfo, ...] = ()
    firstMcpInfo: FirstMcpInfo = FirstMcpInfo()


class MiscInfoModule(Served, frozen=True):
    """What the registry adds."""

    submissionTracking: SubmissionTracking = SubmissionTracking()


class DerivedSection(Served, frozen=True):
    """What the registry derives."""

    miscInfoModule: MiscInfoModule = MiscInfoModule()


class UnpostedEvent(Served, frozen=True):
    """A step of quality control, once results were returned."""

    type: Annotated[str | None, Words(vocabulary.SUBMISSION_TYPES)] = None
    date: Day = None

    def names(self) -> tuple[Name, ...]:
        """Step and day."""
        return self.type, self.date


class UnpostedAnnotation(Served, frozen=True):
    """Results that are not posted."""

    unpostedEvents: tuple[UnpostedEvent, ...] = ()


class ViolationEvent(Served, frozen=True):
    """A compliance notice."""

    type: Annotated[str | None, Words(vocabulary.NOTICE_TYPES)] = None
    creationDate: Day = None
    issuedDate: Day = None
    releaseDate: Day = None
    postedDate: Day = None
    description: str | None = None

    def names(self) -> tuple[Name, ...]:
        """Kind and days."""
        return self.type, self.creationDate, self.issuedDate, self.releaseDate, self.postedDate


class ViolationAnnotation(Served, frozen=True):
    """Compliance notices."""

    violationEvents: tuple[ViolationEvent, ...] = ()


class AnnotationModule(Served, frozen=True):
    """The registry's notes."""

    unpostedAnnotation: UnpostedAnnotation = UnpostedAnnotation()
    violationAnnotation: ViolationAnnotation = ViolationAnnotation()


class AnnotationSection(Served, frozen=True):
    """The registry's notes."""

    annotationModule: AnnotationModule = AnnotationModule()


class ResultsSection(Served, frozen=True):
    """Posted results: each module is digested as a whole."""

    participantFlowModule: object = None
    baselineCharacteristicsModule: object = None
    outcomeMeasuresModule: object = None
    adverseEventsModule: object = None
    moreInfoModule: object = None


class LargeDoc(Served, frozen=True):
    """A document."""

    hasProtocol: bool | None = None
    hasSap: bool | None = None
    hasIcf: bool | None = None
    date: Day = None
    filename: str | None = None
    label: str | None = None
    uploadDate: str | None = None
    size: int | None = None

    def names(self) -> tuple[Name, ...]:
        """Its file."""
        return (cleaned(self.filename),)


class LargeDocumentModule(Served, frozen=True):
    """Documents."""

    largeDocs: tuple[LargeDoc, ...] = ()


class DocumentSection(Served, frozen=True):
    """Documents."""

    largeDocumentModule: LargeDocumentModule = LargeDocumentModule()


class Study(Served, frozen=True):
    """One study."""

    hasResults: bool | None = None
    protocolSection: ProtocolSection = ProtocolSection()
    derivedSection: DerivedSection = DerivedSection()
    annotationSection: AnnotationSection = AnnotationSection()
    resultsSection: ResultsSection | None = None
    documentSection: DocumentSection = DocumentSection()
