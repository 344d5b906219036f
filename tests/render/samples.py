"""Invented trials, events and digests that the tests of this folder show around. No real records, no real people."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from tracker.archive import Nearest, PresentRow
from tracker.model.dates import RegistryDate
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
from tracker.render.digest import DigestInput, Entry

BEFORE = datetime(2026, 2, 11, 6, 0, 11, tzinfo=UTC)
SEEN = datetime(2026, 2, 12, 6, 0, 9, tzinfo=UTC)


def make_event(kind: str = "recruitment_status_changed", **given: Any) -> Event:
    """An event of NCT07177911, seen changed on 12 February; everything can be replaced."""
    fields: dict[str, Any] = {
        "trial": "ctgov:NCT07177911",
        "label": "CC312 in SLE",
        "severity": "notable",
        "rule": f"{kind.replace('_', ' ')} is notable",
        "headline": f"Something of kind {kind}",
        "detected_at": SEEN,
        "seen_between": (BEFORE, SEEN),
        "effective_at": SEEN,
        "updated_on": "2026-02-11",
        "data_version": "2026-02-11",
    } | given
    number = fields["trial"].partition(":")[2]
    fields.setdefault("id", hashlib.sha256(f"{number} {kind} {fields['headline']}".encode()).hexdigest()[:16])
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


def make_story(*events: Event) -> Story:
    """The story of these events, weightiest first."""
    return Story(
        id=f"story-{events[0].id}",
        trial=events[0].trial,
        headline=events[0].headline,
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
        effects=("started",),
        severity="major",
        rule="a trial that starts recruiting is major",
        headline="Now recruiting (before: not yet)",
        changes=(Change(path=("recruitment_status",), old="NOT_YET_RECRUITING", new="RECRUITING"),),
    )
    nearby = make_event(
        "nearby_site_opened",
        severity="major",
        headline="A place 12 km from 80331 München is recruiting: Example University Hospital, Munich",
        details={"place": "80331 München", "km": 12},
    )
    slipped = make_event(
        "primary_completion_date_changed",
        effects=("slipped",),
        severity="major",
        rule="slipped 90 days or more since the last major",
        headline="Primary completion slips by 184 days to Mar 2027 (was Sep 2026)",
        details={"days": 184, "cumulative_days": 184, "nth": 1, "coverage": "since tracking began 2026-01-05"},
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
        severity="minor",
        headline="Contacts changed",
        details={"added": ["Petra Private"]},
        changes=(
            Change(path=("central_contacts", "Petra Private", "phone"), old="+00 555 0100", new="+00 555 0199"),
            Change(path=("officials", "Paul Personal"), old=None, new={"name": "Paul Personal", "role": "STUDY_CHAIR"}),
        ),
    )
    stopped = make_event(
        effects=("terminated",),
        trial="ctgov:NCT06801119",
        label="Example-Mab for nephritis",
        severity="major",
        rule="a trial that is stopped is major",
        headline="Terminated (before: recruiting)",
        changes=(Change(path=("recruitment_status",), old="RECRUITING", new="TERMINATED"),),
    )
    why = make_event(
        "why_stopped_changed",
        trial="ctgov:NCT06801119",
        label="Example-Mab for nephritis",
        headline="Reason for stopping: “Too few participants could be found in the planned time; not for reasons of safety.”",
        changes=(
            Change(
                path=("why_stopped",),
                old=None,
                new="Too few participants could be found in the planned time; not for reasons of safety.",
            ),
        ),
    )
    fewer = make_event(
        "enrollment_changed",
        effects=("lowered",),
        trial="ctgov:NCT06801119",
        label="Example-Mab for nephritis",
        severity="major",
        headline="Enrollment lowered by 61 % to 47 (was 120)",
        changes=(
            Change(
                path=("enrollment",),
                old={"count": 120, "type": "ESTIMATED"},
                new={"count": 47, "type": "ACTUAL"},
            ),
        ),
    )
    outcomes = make_event(
        "primary_outcomes_changed",
        effects=("time_frame", "ongoing"),
        trial="isrctn:ISRCTN12345674",
        label="EXAMPLE-LN",
        headline="Time frame of a primary outcome changed while the trial is running",
        changes=(Change(path=("primary_outcomes", "Complete renal response", "time_frame"), old="Week 52", new="Week 76"),),
        details={
            "time_frame": [
                {
                    "fields": {"primary_outcomes": 1},
                    "count": 1,
                    "measures": ["Complete renal response"],
                    "from": "Week 52",
                    "to": "Week 76",
                }
            ]
        },
        evidence=Evidence(links=("https://www.isrctn.com/ISRCTN12345674",)),
    )
    sites = make_event(
        "sites_changed",
        effects=("added", "removed"),
        trial="isrctn:ISRCTN12345674",
        label="EXAMPLE-LN",
        severity="minor",
        headline="Sites: 2 added, 1 removed (now 12)",
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
        label="",
        cause="calendar",
        headline="Results are due on 14 Mar 2026, in 30 days",
        updated_on=None,
        data_version=None,
    )
    titles = make_event(
        "titles_changed",
        severity="minor",
        headline="Brief title reworded",
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
