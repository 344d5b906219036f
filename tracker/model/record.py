"""TrialRecord: one trial as one source states it, in ClinicalTrials.gov's terms. The field names are the public JSON.

``None`` means the source does not speak of it; an empty tuple means the source says there are none.
The parts of a record are closed to the garbage collector (``gc=False``): they are frozen and hold no cycles.
Texts are clean: Unicode NFC, entities and markdown escapes resolved, white space single (paragraphs kept as ``\\n``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.model.dates import RegistryDate


class SecondaryId(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another number of the trial. ``type`` ORG_STUDY_ID marks the sponsor's own study number."""

    id: str
    type: str | None = None
    domain: str | None = None
    link: str | None = None


class CountryStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Recruitment status in one member state."""

    country: str
    status: str | None = None
    as_given: str | None = None


class ResultsSubmission(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A step of the registry's quality control: RELEASE (submitted), RESET (returned), UNRELEASE (cancelled)."""

    type: str
    date: str | None = None


class RegistryNotice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A compliance notice posted on the record."""

    type: str
    description: str | None = None
    dates: dict[str, str] = {}


class StudyDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A document published with the record; ``type`` is made of PROTOCOL, SAP and ICF, joined by ``+``."""

    type: str
    date: str | None = None
    filename: str | None = None
    label: str | None = None
    uploaded_at: str | None = None
    size: int | None = None


class ResultsDigests(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """SHA-256 of each results module, so that an amendment is seen without keeping megabytes in memory."""

    participant_flow: str | None = None
    baseline: str | None = None
    outcome_measures: str | None = None
    adverse_events: str | None = None
    more_info: str | None = None


class RegulatoryEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A temporary halt, serious breach, urgent safety measure and the like."""

    type: str
    date: str | None = None
    country: str | None = None


class Organisation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A named organisation and the class the registry gives it (INDUSTRY, NIH, OTHER ...)."""

    name: str
    organisation_class: str | None = msgspec.field(name="class", default=None)


class ResponsibleParty(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who answers for the record."""

    type: str | None = None
    name: str | None = None
    title: str | None = None
    affiliation: str | None = None


class Official(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An overall official of the study."""

    name: str
    role: str | None = None
    affiliation: str | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A contact person: personal data, left out of everything that is sent or shown unless switched on."""

    name: str | None = None
    role: str | None = None
    phone: str | None = None
    email: str | None = None


class Enrollment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Number of participants; ACTUAL or ESTIMATED. A count of None is the registry's own "unknown"."""

    count: int | None = None
    type: str | None = None


class Arm(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An arm or cohort."""

    label: str
    type: str | None = None
    description: str | None = None
    interventions: tuple[str, ...] | None = None


class Intervention(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An intervention; ``arms`` are the labels of the arms that get it."""

    type: str | None = None
    name: str
    description: str | None = None
    other_names: tuple[str, ...] | None = None
    arms: tuple[str, ...] | None = None


class OutcomeMeasure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pre-specified outcome."""

    measure: str
    time_frame: str | None = None
    description: str | None = None


class Criteria(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Eligibility criteria line by line, without list marks; ``other`` holds lines under neither heading."""

    inclusion: tuple[str, ...] = ()
    exclusion: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


class Eligibility(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who can join. Ages as given ("18 Years"); sex ALL, FEMALE or MALE."""

    criteria: Criteria | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    sex: str | None = None
    gender_based: bool | None = None
    gender_description: str | None = None
    healthy_volunteers: bool | None = None
    std_ages: tuple[str, ...] | None = None
    study_population: str | None = None
    sampling_method: str | None = None


class GeoPoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Latitude and longitude in degrees; often a city's centre, and silently re-coded by the registry."""

    lat: float
    lon: float


class Site(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place where the trial runs. ``recruitment_status`` is the place's own, never the trial's."""

    facility: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    recruitment_status: str | None = None
    geo: GeoPoint | None = None
    contacts: tuple[Contact, ...] | None = None


class Reference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A publication; type BACKGROUND, RESULT or DERIVED (linked by the registry itself)."""

    pmid: str | None = None
    type: str | None = None
    citation: str | None = None
    retractions: tuple[str, ...] | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A link given on the record."""

    url: str
    label: str | None = None


class IpdSharing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The plan for sharing individual participant data."""

    plan: str | None = None
    description: str | None = None
    info_types: tuple[str, ...] | None = None
    time_frame: str | None = None
    access_criteria: str | None = None
    url: str | None = None


class Oversight(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Regulators and monitoring."""

    fda_drug: bool | None = None
    fda_device: bool | None = None
    unapproved_device: bool | None = None
    us_export: bool | None = None
    dmc: bool | None = None


class TrialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One trial as one source states it."""

    # identity
    trial: str
    nct_number: str | None = None
    secondary_ids: tuple[SecondaryId, ...] | None = None
    aliases: tuple[str, ...] | None = None
    url: str | None = None
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None
    organization: Organisation | None = None
    # status
    recruitment_status: str | None = None
    recruitment_status_as_given: str | None = None
    last_known_status: str | None = None
    why_stopped: str | None = None
    verified_on: RegistryDate | None = None
    start_date: RegistryDate | None = None
    primary_completion_date: RegistryDate | None = None
    completion_date: RegistryDate | None = None
    first_posted: RegistryDate | None = None
    last_update_posted: RegistryDate | None = None
    page_date: RegistryDate | None = None
    country_status: tuple[CountryStatus, ...] | None = None
    # results
    results_state: str | None = None
    results_first_posted: RegistryDate | None = None
    results_submissions: tuple[ResultsSubmission, ...] | None = None
    results_waived: bool | None = None
    delay_certified_on: RegistryDate | None = None
    compliance_notices: tuple[RegistryNotice, ...] | None = None
    documents: tuple[StudyDocument, ...] | None = None
    results_digests: ResultsDigests | None = None
    regulatory_events: tuple[RegulatoryEvent, ...] | None = None
    # people and money
    lead_sponsor: Organisation | None = None
    collaborators: tuple[Organisation, ...] | None = None
    responsible_party: ResponsibleParty | None = None
    officials: tuple[Official, ...] | None = None
    central_contacts: tuple[Contact, ...] | None = None
    funders: tuple[Organisation, ...] | None = None
    # what is studied
    brief_summary: str | None = None
    detailed_description: str | None = None
    conditions: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    study_type: str | None = None
    phases: tuple[str, ...] | None = None
    allocation: str | None = None
    intervention_model: str | None = None
    intervention_model_description: str | None = None
    primary_purpose: str | None = None
    masking: str | None = None
    masking_description: str | None = None
    who_masked: tuple[str, ...] | None = None
    observational_model: str | None = None
    time_perspective: str | None = None
    enrollment: Enrollment | None = None
    arms: tuple[Arm, ...] | None = None
    interventions: tuple[Intervention, ...] | None = None
    primary_outcomes: tuple[OutcomeMeasure, ...] | None = None
    secondary_outcomes: tuple[OutcomeMeasure, ...] | None = None
    other_outcomes: tuple[OutcomeMeasure, ...] | None = None
    # who can join
    eligibility: Eligibility | None = None
    # where
    sites: tuple[Site, ...] | None = None
    countries: tuple[str, ...] | None = None
    # links
    references: tuple[Reference, ...] | None = None
    see_also_links: tuple[Link, ...] | None = None
    ipd_sharing: IpdSharing | None = None
    oversight: Oversight | None = None
    # what the source sent and this record does not model, by its own path; compared as it is
    rest: dict[str, Any] = {}

    def status_at(self, site: Site) -> str | None:
        """A site's own recruitment status; where it has none, the trial's."""
        return site.recruitment_status or self.recruitment_status


QUIET_FIELDS = frozenset({"last_update_posted", "verified_on", "page_date"})
"""Fields whose change is stored and shown, and is no event. Inside other fields quiet are: the ``type`` of
``first_posted`` and ``results_first_posted``, and ``sites[].geo``."""

IDENTITY_FIELDS = frozenset({"trial", "url"})
"""Fields that name the record itself and cannot change within one history."""
