"""What holds for any two records: of every field, with empty names, repeated entries and all."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import changed, detected, detected_in, make_record, make_step, said
from tracker.compare import compare
from tracker.compare.keyed import canonical
from tracker.events import KINDS
from tracker.model.dates import RegistryDate
from tracker.model.event import Change
from tracker.model.record import (
    Arm,
    Contact,
    CountryStatus,
    Criteria,
    Eligibility,
    Enrollment,
    Intervention,
    IpdSharing,
    Link,
    Official,
    Organisation,
    OutcomeMeasure,
    Oversight,
    Reference,
    RegistryNotice,
    RegulatoryEvent,
    ResponsibleParty,
    ResultsDigests,
    ResultsSubmission,
    SecondaryId,
    Site,
    StudyDocument,
    TrialRecord,
)
from tracker.render import kinds

LONGEST_HEADLINE = 160
WORDS = st.sampled_from(
    ["", "A", "a", "B.", "B", "Pain at week 4", "pain at week 4", "Pain at week 8", "Hb > 9", "Hb < 9", "5"]
)
MAYBE = st.none() | WORDS
NAMES = st.lists(WORDS, max_size=3).map(tuple)
FLAG = st.sampled_from([None, True, False])
DATES = st.none() | st.builds(
    RegistryDate,
    st.sampled_from(["2026", "2026-03", "2026-03-31", "2025-01-01", "2027-06", "Spring"]),
    st.sampled_from([None, "ACTUAL", "ESTIMATED"]),
)
DAYS = st.sampled_from([None, "2026-01-01", "2026-02-01"])
STATUS = st.sampled_from([None, "RECRUITING", "NOT_YET_RECRUITING", "COMPLETED", "UNKNOWN", "TERMINATED"])


def listed(struct: Any, **fields: Any) -> Any:
    """None, or up to three entries of a kind."""
    return st.none() | st.lists(st.builds(struct, **fields), max_size=3).map(tuple)


MEASURES = listed(OutcomeMeasure, measure=WORDS, time_frame=MAYBE, description=MAYBE)
PEOPLE = listed(Contact, name=MAYBE, role=MAYBE, phone=MAYBE, email=MAYBE)
ORGANISATIONS = listed(Organisation, name=WORDS, organisation_class=MAYBE)

FIELDS: dict[str, Any] = {
    "brief_title": MAYBE,
    "official_title": MAYBE,
    "acronym": MAYBE,
    "brief_summary": MAYBE,
    "why_stopped": MAYBE,
    "conditions": st.none() | NAMES,
    "keywords": st.none() | NAMES,
    "aliases": st.none() | NAMES,
    "recruitment_status": STATUS,
    "recruitment_status_as_given": MAYBE,
    "last_known_status": STATUS,
    "start_date": DATES,
    "primary_completion_date": DATES,
    "completion_date": DATES,
    "first_posted": DATES,
    "delay_certified_on": DATES,
    "results_first_posted": DATES,
    "results_state": st.sampled_from([None, "NONE_POSTED", "SUBMITTED", "RETURNED", "POSTED"]),
    "results_waived": FLAG,
    "results_submissions": listed(ResultsSubmission, type=st.sampled_from(["", "RELEASE", "RESET", "UNRELEASE"]), date=DAYS),
    "results_digests": st.none() | st.builds(ResultsDigests, baseline=MAYBE, outcome_measures=MAYBE),
    "compliance_notices": listed(RegistryNotice, type=WORDS, description=MAYBE),
    "documents": listed(
        StudyDocument, type=st.sampled_from(["", "SAP", "PROTOCOL+SAP"]), date=DAYS, filename=MAYBE, label=MAYBE
    ),
    "regulatory_events": listed(RegulatoryEvent, type=WORDS, date=DAYS, country=MAYBE),
    "country_status": listed(CountryStatus, country=WORDS, status=STATUS, as_given=MAYBE),
    "secondary_ids": listed(SecondaryId, id=WORDS, type=MAYBE, domain=MAYBE),
    "lead_sponsor": st.none() | st.builds(Organisation, name=WORDS, organisation_class=MAYBE),
    "collaborators": ORGANISATIONS,
    "funders": ORGANISATIONS,
    "organization": st.none() | st.builds(Organisation, name=WORDS),
    "responsible_party": st.none() | st.builds(ResponsibleParty, type=MAYBE, name=MAYBE),
    "officials": listed(Official, name=WORDS, role=MAYBE),
    "central_contacts": PEOPLE,
    "study_type": MAYBE,
    "phases": st.none() | NAMES,
    "allocation": MAYBE,
    "masking": MAYBE,
    "masking_description": MAYBE,
    "who_masked": st.none() | NAMES,
    "enrollment": st.none() | st.builds(Enrollment, count=st.none() | st.integers(0, 200), type=MAYBE),
    "arms": listed(Arm, label=WORDS, type=MAYBE, description=MAYBE, interventions=st.none() | NAMES),
    "interventions": listed(
        Intervention, type=MAYBE, name=WORDS, description=MAYBE, other_names=st.none() | NAMES, arms=st.none() | NAMES
    ),
    "primary_outcomes": MEASURES,
    "secondary_outcomes": MEASURES,
    "other_outcomes": MEASURES,
    "eligibility": st.none()
    | st.builds(
        Eligibility,
        criteria=st.none() | st.builds(Criteria, inclusion=NAMES, exclusion=NAMES, other=NAMES),
        minimum_age=MAYBE,
        sex=st.sampled_from([None, "ALL", "FEMALE", "odd"]),
        healthy_volunteers=FLAG,
        std_ages=st.none() | NAMES,
        study_population=MAYBE,
    ),
    "sites": listed(Site, facility=MAYBE, city=MAYBE, country=MAYBE, zip=DAYS, recruitment_status=STATUS, contacts=PEOPLE),
    "countries": st.none() | NAMES,
    "references": listed(Reference, pmid=DAYS, type=st.sampled_from([None, "RESULT", "BACKGROUND"]), citation=MAYBE),
    "see_also_links": listed(Link, url=WORDS, label=MAYBE),
    "ipd_sharing": st.none() | st.builds(IpdSharing, plan=MAYBE, info_types=st.none() | NAMES, url=MAYBE),
    "oversight": st.none() | st.builds(Oversight, fda_drug=FLAG, dmc=FLAG),
    "rest": st.dictionaries(WORDS, WORDS | st.integers() | NAMES.map(list), max_size=2),
}


@st.composite
def updates(draw: Any) -> tuple[TrialRecord, TrialRecord]:
    """A record, and the same with a few of its fields otherwise."""
    names = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=5, unique=True))
    old = make_record(**{name: draw(FIELDS[name]) for name in names})
    return old, changed(old, **{name: draw(FIELDS[name]) for name in names})


def test_every_field_that_can_change_is_tried() -> None:
    owned = {field for kind in KINDS.values() for field in kind.owns}
    untried = {"nct_number", "detailed_description", "intervention_model", "intervention_model_description", "primary_purpose"}
    assert owned - set(FIELDS) == untried | {"observational_model", "time_perspective"}  # texts like others that are tried


@given(updates())
@settings(max_examples=80, deadline=None)
def test_nothing_differs_from_itself(update: tuple[TrialRecord, TrialRecord]) -> None:
    for record in update:
        assert compare(record, record) == ()
        assert compare(record, msgspec.json.decode(msgspec.json.encode(record), type=TrialRecord)) == ()


@given(updates(), st.integers())
@settings(max_examples=80, deadline=None)
def test_the_order_of_any_list_changes_nothing(update: tuple[TrialRecord, TrialRecord], seed: int) -> None:
    old, new = update
    turned = msgspec.convert(_shuffled(msgspec.to_builtins(new), random.Random(seed)), TrialRecord)
    assert compare(new, turned) == ()
    assert Counter(map(_sides, compare(old, turned))) == Counter(map(_sides, compare(old, new)))


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(part, chance) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [_shuffled(part, chance) for part in value]
        chance.shuffle(parts)
        return parts
    return value


@given(updates())
@settings(max_examples=120, deadline=None)
def test_backwards_every_change_is_the_same_with_its_sides_swapped(update: tuple[TrialRecord, TrialRecord]) -> None:
    """What was added is removed, what became B from A becomes A from B. Names in paths are those of the older side."""
    old, new = update
    there, back = (Counter(_sides(change) for change in compare(*pair)) for pair in ((old, new), (new, old)))
    assert there == Counter({(field, after, before): count for (field, before, after), count in back.items()})


def _sides(change: Change) -> tuple[str, str, str]:
    before, after = (canonical(side).decode() for side in (change.old, change.new))
    return change.path[0], before, after


@given(updates())
@settings(max_examples=120, deadline=None)
def test_every_leaf_that_differs_is_told_by_exactly_one_event(update: tuple[TrialRecord, TrialRecord]) -> None:
    step = make_step(*update)
    found = detected_in(step)
    told = [id(change) for event in found.events for change in event.changes]
    assert sorted(told) == sorted(map(id, step.changes))
    assert len({event.kind for event in found.events}) == len(found.events)
    for event in found.events:
        assert set(event.effects) <= set(KINDS[event.kind].effects)
        assert event.rule
        assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)).id == event.id


@given(updates())
@settings(max_examples=120, deadline=None)
def test_every_update_of_any_field_reads_in_one_line(update: tuple[TrialRecord, TrialRecord]) -> None:
    found = detected(*update)
    assert not found.events or 0 < len(kinds.story_headline(found.events)) <= LONGEST_HEADLINE
    for event in found.events:
        assert 0 < len(kinds.headline(event)) <= LONGEST_HEADLINE
        assert all(line and "\n" not in line for line in kinds.lines(event))


MOVES = {"added": "removed", "removed": "added", "promoted": "demoted", "demoted": "promoted"}
"""What an update undone is; everything else is the same backwards."""


@st.composite
def reworded(draw: Any) -> tuple[TrialRecord, TrialRecord]:
    """Outcomes and criteria of a few words each, so that many are alike and some are equal."""
    terms = st.sampled_from(["Pain", "pain", "Sleep", "fatigue", "scale", "at week 4", "overall survival", "OS", "PFS", "no"])
    texts = st.lists(terms, min_size=1, max_size=4).map(" ".join)
    measures = st.lists(st.builds(OutcomeMeasure, measure=texts, time_frame=MAYBE), max_size=4).map(tuple)
    lines = st.lists(texts, max_size=4).map(tuple)
    parts = st.fixed_dictionaries(
        {
            "primary_outcomes": measures,
            "secondary_outcomes": measures,
            "other_outcomes": measures,
            "eligibility": st.builds(Eligibility, criteria=st.builds(Criteria, inclusion=lines, exclusion=lines, other=lines)),
        }
    )
    old = make_record(**draw(parts))
    return old, changed(old, **draw(parts))


@given(reworded())
@settings(max_examples=100, deadline=None)
def test_an_update_undone_is_told_as_the_same_backwards(update: tuple[TrialRecord, TrialRecord]) -> None:
    """What was added is removed, what was promoted is demoted, what was reworded is reworded back."""
    old, new = update
    there, back = _tally(detected(old, new).events), _tally(detected(new, old).events)
    assert there == Counter({(kind, MOVES.get(part, part)): count for (kind, part), count in back.items()})


def _tally(found: Any) -> Counter[tuple[str, str]]:
    """How many measures, by what happened to them, and how many lines of the criteria."""
    tally: Counter[tuple[str, str]] = Counter()
    for event in found:
        if event.kind == "eligibility_changed":
            for parts in said(event)["criteria"].values():
                tally.update({(event.kind, part): len(lines) for part, lines in parts.items() if lines})
            continue
        for part in ("added", "removed", "promoted", "demoted", "measure_reworded"):
            if entries := said(event).get(part):
                tally[event.kind, part] += len(entries)
    return tally
