"""Details of the kinds for a record's fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import UNSET, UnsetType, field

from tracker.model.dates import RegistryDate
from tracker.model.details.parts import (
    ArmLinks,
    CriteriaEdit,
    Details,
    DocumentEntry,
    DutyLaw,
    DutyMove,
    Edit,
    MeasureRewording,
    NamesEdit,
    NearbySite,
    OutcomeEntry,
    OutcomesRegrouped,
    Redefinition,
    ReferenceEntry,
    RegulatoryEntry,
    SiteCounts,
    SubmissionStep,
    TermsEdit,
    TimeFrameEdit,
)
from tracker.model.record import RegistryNotice
from tracker.model.vocabulary import DutyStanding


class RecruitmentStatusDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """``old_as_given`` and ``new_as_given`` are the source's own words, set only when the status itself is the same.

    ``last_known_status`` is the one before a status unknown. ``unknown_since`` is the day on which a trial whose status was
    unknown came to be shown so: as it was seen, else as it follows from the registry's rule.
    """

    old: str | None = field(name="from")
    new: str | None = field(name="to")
    old_as_given: str | UnsetType | None = field(name="from_as_given", default=UNSET)
    new_as_given: str | UnsetType | None = field(name="to_as_given", default=UNSET)
    last_known_status: str | None = None
    unknown_since: str | None = None
    why_stopped: str | None = None
    sites_open: int | None = None
    sites_total: int | None = None


class RecordUpdatedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The dates that moved, each before and now; one that did not is left out."""

    last_update_posted: Edit[str] | None = None
    verified_on: Edit[str] | None = None


class WhyStoppedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The reason before and now, and the status it belongs to."""

    old: str | None = field(name="from")
    new: str | None = field(name="to")
    recruitment_status: str | None


class DateDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """``days`` is the smallest move that is certain, later positive; the rest says how far the date moved before.

    ``nth`` counts moves in this direction, ``coverage`` says since when.
    """

    field: str
    old: RegistryDate | None
    new: RegistryDate | None
    days: int | None = None
    days_at_most: int | None = None
    cumulative_days: int | None = None
    nth: int | None = None
    coverage: str | None = None


class EnrollmentDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The number before and now; ``percent`` is the change in relation to the number before, to one decimal place.

    ``planned`` is the number that was planned, where the actual one is now known to be far below it.
    """

    old: int | None = field(name="from")
    new: int | None = field(name="to")
    old_type: str | None = field(name="from_type")
    new_type: str | None = field(name="to_type")
    percent: float | None = None
    planned: int | None = None


class ResultsPostedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """``old`` and ``new`` are posting dates that were stated or cleared while no results are posted, else unset."""

    posted_on: str | None
    days_after_primary_completion: int | None = None
    old: str | UnsetType | None = field(name="from", default=UNSET)
    new: str | UnsetType | None = field(name="to", default=UNSET)


class ResultsAmendedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The parts of the results that were amended; None when the results are gone."""

    parts: tuple[str, ...] | None = None


class ResultsSubmissionDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The new steps of the quality control, and where the results stand now."""

    steps: tuple[SubmissionStep, ...]
    state: str | None


class DelayCertifiedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The date of the certification before and now."""

    old: str | None = field(name="from")
    new: str | None = field(name="to")


class ResultsDutyDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """How the duty to post results stood before and stands now, by when, and the ``reasons`` of the estimate.

    ``law`` is None in what was stored before laws were named. ``also`` are further duties that the update moved.
    """

    old: DutyStanding = field(name="from")
    new: DutyStanding = field(name="to")
    due: dt.date | None
    was_due: dt.date | None
    reasons: tuple[str, ...]
    estimate: bool
    law: DutyLaw | None = None
    also: tuple[DutyMove, ...] = ()


class ComplianceNoticeDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """All notices that stand on the record now."""

    notices: tuple[RegistryNotice, ...]


class DocumentsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Documents that came, went, and the keys of those that were replaced."""

    added: tuple[DocumentEntry, ...]
    removed: tuple[DocumentEntry, ...]
    replaced: tuple[str, ...]


class OutcomesDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """What happened to the outcomes of one level, by effect; ``also`` names other levels that the event covers.

    ``window`` is where in the trial's life the update falls; ``window_note`` says what makes that less than sure.
    """

    window: str
    window_note: str | None = None
    added: tuple[OutcomeEntry, ...] = ()
    removed: tuple[OutcomeEntry, ...] = ()
    promoted: tuple[str, ...] = ()
    demoted: tuple[str, ...] = ()
    measure_reworded: tuple[MeasureRewording, ...] = ()
    regrouped: tuple[OutcomesRegrouped, ...] = ()
    time_frame: tuple[TimeFrameEdit, ...] = ()
    description: tuple[str, ...] = ()
    redefined: tuple[Redefinition, ...] = ()
    also: tuple[str, ...] = ()


class EligibilityDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Fields that changed; ``criteria`` is by heading (inclusion, exclusion, other)."""

    gender_based: Edit[bool | None] | None = None
    gender_description: Edit[str | None] | None = None
    healthy_volunteers: Edit[bool | None] | None = None
    maximum_age: Edit[str | None] | None = None
    minimum_age: Edit[str | None] | None = None
    sampling_method: Edit[str | None] | None = None
    sex: Edit[str | None] | None = None
    study_population: Edit[str | None] | None = None
    criteria: Mapping[str, CriteriaEdit] | None = None


class ArmsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Arms by label; ``assignment`` counts interventions that go to other arms now, ``unlinked`` says which went nowhere."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[Edit[str], ...] = ()
    type: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    assignment: int = 0
    unlinked: tuple[ArmLinks, ...] = ()


class InterventionsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Interventions by name."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[Edit[str], ...] = ()
    type: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class DesignDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Fields of the design that changed."""

    study_type: Edit[str | None] | None = None
    allocation: Edit[str | None] | None = None
    intervention_model: Edit[str | None] | None = None
    intervention_model_description: Edit[str | None] | None = None
    primary_purpose: Edit[str | None] | None = None
    masking: Edit[str | None] | None = None
    masking_description: Edit[str | None] | None = None
    observational_model: Edit[str | None] | None = None
    time_perspective: Edit[str | None] | None = None


class PhasesDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The phases before and now."""

    old: tuple[str, ...] = field(name="from")
    new: tuple[str, ...] = field(name="to")


class SitesDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """``status_to`` counts sites by the status they have now.

    Events of versions before countries had a kind of their own name those that opened or closed.
    """

    counts: SiteCounts
    sites_before: int
    sites_now: int
    status_to: Mapping[str, int]
    countries_opened: tuple[str, ...] = ()
    countries_closed: tuple[str, ...] = ()


class CountriesDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Countries by what happened to them; ``open_sites`` counts the recruiting sites of those that opened.

    ``watches`` are near an open site of one or name it: for them alone the event is as loud as it says.
    """

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    delisted: tuple[str, ...] = ()
    open_sites: Mapping[str, int] = {}
    watches: tuple[str, ...] = ()


class SponsorsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The names of the lead sponsor and of the organization that keeps the record, collaborators and funders, if changed."""

    lead: Edit[str | None] | None = None
    collaborators: NamesEdit | None = None
    funders: NamesEdit | None = None
    organization: Edit[str | None] | None = None


class ConditionsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Conditions and keywords, as far as they changed; ``new_diseases`` are conditions that the record named nowhere before."""

    conditions: TermsEdit | None = None
    keywords: TermsEdit | None = None
    new_diseases: tuple[str, ...] = ()


class TitlesDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Words of a title for diseases that the record named nowhere before."""

    new_diseases: tuple[str, ...] = ()


class ContactsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """At how many sites contact persons changed. Names are personal data and never stand here."""

    sites: int = 0


class ReferencesDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Publications that were linked and unlinked."""

    added: tuple[ReferenceEntry, ...]
    removed: tuple[ReferenceEntry, ...]


class OversightDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The parts of the oversight that changed."""

    fields: tuple[str, ...]


class CountryStatusDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The member states whose status changed."""

    countries: tuple[str, ...]


class RegulatoryDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Regulatory events that were stated and taken back."""

    added: tuple[RegulatoryEntry, ...]
    removed: tuple[RegulatoryEntry, ...]


class OtherFieldsDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The source's own paths of the fields that changed; ``titles`` names last steps as people do, where the source can."""

    fields: tuple[str, ...]
    titles: Mapping[str, str] = {}


class NearbyDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The sites near each watch, nearest first. Only those watches hear of the event.

    To the watches ``lesser_for`` it is at most notable: no major event has told them of the trial so far.
    """

    near: tuple[NearbySite, ...]
    lesser_for: tuple[str, ...] = ()
