"""Invented trials, events and digests that the tests of this folder show around. No real records, no real people."""

from __future__ import annotations

import datetime as dt
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tracker.archive import Nearest, PresentRow
from tracker.model.alert import Content
from tracker.model.dates import RegistryDate
from tracker.model.details import (
    CountedFrom,
    DateDetails,
    EnrollmentDetails,
    NearbyDetails,
    NearbySite,
    OutcomesDetails,
    RecruitmentStatusDetails,
    ResultsDueDetails,
    SiteCounts,
    SitesDetails,
    TimeFrameEdit,
    WhyStoppedDetails,
    read_details,
)
from tracker.model.event import Change, Event, Evidence, Story
from tracker.model.labels import trial_label
from tracker.model.record import (
    Arm,
    Contact,
    Criteria,
    Eligibility,
    Enrollment,
    GeoPoint,
    Intervention,
    Official,
    Organisation,
    OutcomeMeasure,
    Site,
    TrialRecord,
)
from tracker.model.vocabulary import rank
from tracker.render import digest as pages
from tracker.render.digest import DigestInput, Entry

BEFORE = datetime(2026, 2, 11, 6, 0, 11, tzinfo=UTC)
SEEN = datetime(2026, 2, 12, 6, 0, 9, tzinfo=UTC)

STARTED = RecruitmentStatusDetails(old="NOT_YET_RECRUITING", new="RECRUITING")
DUE = ResultsDueDetails(
    due=dt.date(2026, 3, 14),
    days=30,
    reasons=("primary completion 2025-03-14 (actual) plus one year",),
    estimate=True,
    counted_from=CountedFrom(field="primary_completion_date", date="2025-03-14", type="ACTUAL", years=1),
    results_state="NONE_POSTED",
)


def make_event(kind: str = "recruitment_status_changed", **given: Any) -> Event:
    """An event of NCT07177911, seen changed on 12 February; everything can be replaced."""
    fields: dict[str, Any] = {
        "trial": "ctgov:NCT07177911",
        "label": "CC312 in SLE",
        "severity": "notable",
        "rule": f"{kind.replace('_', ' ')} is notable",
        "detected_at": SEEN,
        "seen_between": (BEFORE, SEEN),
        "effective_at": SEEN,
        "updated_on": "2026-02-11",
        "data_version": "2026-02-11",
    }
    if kind == "recruitment_status_changed":
        fields |= {"effects": ("started",), "details": STARTED}
    fields.setdefault("details", read_details(kind, {}))
    fields |= given
    number = fields["trial"].partition(":")[2]
    telling = msgspec.json.encode((number, kind, fields["details"], fields.get("changes")))
    fields.setdefault("id", hashlib.sha256(telling).hexdigest()[:16])
    fields.setdefault(
        "evidence",
        Evidence(
            old="sha256:" + "a" * 64,
            new="sha256:" + "b" * 64,
            links=(
                f"https://clinicaltrials.gov/study/{number}",
                f"https://clinicaltrials.gov/study/{number}?tab=history",
            ),
        ),
    )
    return Event(kind=kind, **fields)


def make_quoting(text: str, **given: Any) -> Event:
    """An event whose headline quotes a text of the registry."""
    return make_event("why_stopped_changed", details=WhyStoppedDetails(old=None, new=text, recruitment_status=None), **given)


def make_story(*events: Event) -> Story:
    """The story of these events, weightiest first."""
    return Story(
        id=f"story-{events[0].id}",
        trial=events[0].trial,
        severity=max((event.severity for event in events), key=rank),
        parts=tuple(event.id for event in events),
    )


def make_entry(*events: Event, record: TrialRecord | None = None, **given: Any) -> Entry:
    """An entry of a digest for these events."""
    fields = {"watches": ("lupus",), "source_title": "ClinicalTrials.gov"} | given
    return Entry(story=make_story(*events), events=events, record=record, **fields)


def make_record(**given: Any) -> TrialRecord:
    """An invented lupus trial; everything can be replaced."""
    fields: dict[str, Any] = {
        "trial": "ctgov:NCT07177911",
        "nct_number": "NCT07177911",
        "url": "https://clinicaltrials.gov/study/NCT07177911",
        "brief_title": "An Invented Trial of CC312 in Adults With Systemic Lupus Erythematosus",
        "recruitment_status": "RECRUITING",
        "start_date": RegistryDate("2026-02-09", "ACTUAL"),
        "primary_completion_date": RegistryDate("2027-03", "ESTIMATED"),
        "completion_date": RegistryDate("2027-12", "ESTIMATED"),
        "last_update_posted": RegistryDate("2026-02-11", "ACTUAL"),
        "results_state": "NONE_POSTED",
        "lead_sponsor": Organisation(name="Example Therapeutics", organisation_class="INDUSTRY"),
        "enrollment": Enrollment(count=48, type="ESTIMATED"),
        "phases": ("PHASE1", "PHASE2"),
        "conditions": ("Systemic Lupus Erythematosus",),
        "brief_summary": "The first paragraph says what is tried.\nThe second one says for whom.",
        "arms": (Arm(label="Dose A", type="EXPERIMENTAL", description="CC312, low dose"),),
        "interventions": (Intervention(type="BIOLOGICAL", name="CC312"),),
        "primary_outcomes": (OutcomeMeasure(measure="Adverse events", time_frame="Week 24"),),
        "eligibility": Eligibility(
            minimum_age="18 Years",
            maximum_age="70 Years",
            sex="ALL",
            criteria=Criteria(inclusion=("Diagnosis for six months",), exclusion=("Pregnancy",)),
        ),
        "sites": (
            Site(
                facility="Example University Hospital",
                city="Munich",
                country="Germany",
                recruitment_status="RECRUITING",
                geo=GeoPoint(lat=48.1, lon=11.6),
                contacts=(Contact(name="Petra Private", phone="+00 555 0100", email="petra@private.example"),),
            ),
        ),
        "central_contacts": (Contact(name="Petra Private", phone="+00 555 0100", email="petra@private.example"),),
        "officials": (Official(name="Paul Personal", role="PRINCIPAL_INVESTIGATOR"),),
    } | given
    return TrialRecord(**fields)


def make_row(
    record: TrialRecord, *, label: str = "", nearest: Nearest | None = None, removed_at: datetime | None = None
) -> PresentRow:
    """A record as a row of the present."""
    facts = {name: getattr(record, name) for name in PresentRow.__struct_fields__ if hasattr(record, name)}
    name = trial_label(record.trial, record, own=label)
    return PresentRow(**facts, name=name, label=label, nearest=nearest, removed_at=removed_at)


def many_kinds() -> tuple[Entry, ...]:
    """Five stories of four trials with many kinds of change, as a busy day brings them."""
    opened = make_event(
        severity="major",
        rule="a trial that starts recruiting is major",
        changes=(Change(path=("recruitment_status",), old="NOT_YET_RECRUITING", new="RECRUITING"),),
    )
    hospital = NearbySite(
        watch="lupus near Munich",
        facility="Example University Hospital",
        city="Munich",
        country="Germany",
        km=11.7,
        how="city",
    )
    nearby = make_event("nearby_site_opened", severity="major", details=NearbyDetails(near=(hospital,)))
    slipped = make_event(
        "primary_completion_date_changed",
        effects=("slipped",),
        severity="major",
        rule="slipped 90 days or more since the last major",
        details=DateDetails(
            field="primary_completion_date",
            old=RegistryDate("2026-09", "ESTIMATED"),
            new=RegistryDate("2027-03", "ESTIMATED"),
            days=181,
            cumulative_days=181,
            nth=1,
            coverage="since tracking began 2026-01-05",
        ),
        changes=(
            Change(
                path=("primary_completion_date",),
                old={"date": "2026-09", "type": "ESTIMATED"},
                new={"date": "2027-03", "type": "ESTIMATED"},
            ),
        ),
    )
    contacts = make_event(
        "contacts_changed",
        effects=("central_contacts", "officials"),
        severity="minor",
        changes=(
            Change(path=("central_contacts", "Petra Private", "phone"), old="+00 555 0100", new="+00 555 0199"),
            Change(path=("officials", "Paul Personal"), old=None, new={"name": "Paul Personal", "role": "STUDY_CHAIR"}),
        ),
    )
    reason = "Too few participants could be found in the planned time; not for reasons of safety."
    stopped = make_event(
        effects=("terminated",),
        trial="ctgov:NCT06801119",
        label="Example-Mab for nephritis",
        severity="major",
        rule="a trial that is stopped is major",
        details=RecruitmentStatusDetails(old="RECRUITING", new="TERMINATED", why_stopped=reason),
        changes=(Change(path=("recruitment_status",), old="RECRUITING", new="TERMINATED"),),
    )
    why = make_quoting(
        reason,
        trial="ctgov:NCT06801119",
        label="Example-Mab for nephritis",
        changes=(Change(path=("why_stopped",), old=None, new=reason),),
    )
    fewer = make_event(
        "enrollment_changed",
        effects=("actual_reported", "lowered"),
        trial="ctgov:NCT06801119",
        label="Example-Mab for nephritis",
        severity="major",
        details=EnrollmentDetails(old=120, new=47, old_type="ESTIMATED", new_type="ACTUAL", percent=-60.8),
        changes=(
            Change(
                path=("enrollment",),
                old={"count": 120, "type": "ESTIMATED"},
                new={"count": 47, "type": "ACTUAL"},
            ),
        ),
    )
    frame = TimeFrameEdit(
        old="Week 52",
        new="Week 76",
        count=1,
        measures=("Complete renal response",),
        fields={"primary_outcomes": 1},
        days=168,
        redefined=True,
    )
    outcomes = make_event(
        "primary_outcomes_changed",
        effects=("time_frame",),
        trial="isrctn:ISRCTN12345674",
        label="EXAMPLE-LN",
        changes=(Change(path=("primary_outcomes", "Complete renal response", "time_frame"), old="Week 52", new="Week 76"),),
        details=OutcomesDetails(window="ongoing", time_frame=(frame,)),
        evidence=Evidence(links=("https://www.isrctn.com/ISRCTN12345674",)),
    )
    sites = make_event(
        "sites_changed",
        effects=("added", "removed"),
        trial="isrctn:ISRCTN12345674",
        label="EXAMPLE-LN",
        severity="minor",
        details=SitesDetails(
            counts=SiteCounts(added=2, removed=1),
            sites_before=11,
            sites_now=12,
            status_to={},
            countries_opened=(),
            countries_closed=(),
        ),
        changes=(
            Change(path=("sites", "a"), new={"facility": "Clinica Esempio", "city": "Turin", "country": "Italy"}),
            Change(path=("sites", "b"), new={"facility": "Hôpital Exemple", "city": "Lyon", "country": "France"}),
            Change(path=("sites", "c"), old={"facility": "Beispielspital", "city": "Bern", "country": "Switzerland"}),
        ),
        evidence=Evidence(links=("https://www.isrctn.com/ISRCTN12345674",)),
    )
    due = make_event(
        "results_due_soon",
        trial="ctgov:NCT05550001",
        label="NCT05550001",
        cause="calendar",
        details=DUE,
        updated_on=None,
        data_version=None,
    )
    titles = make_event(
        "titles_changed",
        effects=("brief_title",),
        severity="minor",
        rule="titles are minor",
        changes=(
            Change(
                path=("brief_title",),
                old="An Invented Trial of CC312 in Lupus",
                new="An Invented Trial of CC312 in Adults With Systemic Lupus Erythematosus",
            ),
        ),
        seen_between=(BEFORE - timedelta(days=1), BEFORE),
    )
    nephritis = make_record(
        trial="ctgov:NCT06801119",
        url="https://clinicaltrials.gov/study/NCT06801119",
        brief_title="Example-Mab Against Placebo in Lupus Nephritis, an Invented Study",
    )
    return (
        make_entry(opened, nearby, slipped, contacts, record=make_record(), watches=("lupus", "lupus near Munich")),
        make_entry(stopped, fewer, why, record=nephritis),
        make_entry(outcomes, sites, watches=("nephritis",), source_title="ISRCTN"),
        make_entry(due, record=make_record(trial="ctgov:NCT05550001", url=None, brief_title="Invented Registry Cohort")),
        make_entry(titles, record=make_record()),
    )


def make_digest(*entries: Entry, **given: Any) -> DigestInput:
    """What a daily digest to the channel ``me`` is made from."""
    fields: dict[str, Any] = {
        "title": "Trial changes",
        "channel": "me",
        "entries": entries,
        "followed": 34,
        "since": BEFORE,
        "until": SEEN,
        "timezone": "Europe/Berlin",
        "attributions": ("ClinicalTrials.gov, data of 11 Feb 2026",),
        "why": ("Watch “lupus” sends notable and major changes in the daily digest to “me”.",),
        "contact": "you@example.org",
    } | given
    return DigestInput(**fields)


def digest(given: DigestInput) -> Content:
    """The only message of a digest."""
    [part] = pages.digest(given)
    return part.content


def alert(given: DigestInput) -> Content:
    """The only message of an alert."""
    [part] = pages.alert(given)
    return part.content
