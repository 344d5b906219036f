"""The duties of other laws than FDAAA 801: told like it, each with its law, and what was stored before laws had names."""

from __future__ import annotations

import datetime as dt
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.builders import actual, changed, events, known, make_record, said
from tests.duties.test_worked_examples import CATEGORY, CHILDREN, EU, UK, US
from tracker import sources
from tracker.duties import GOOD_PRACTICE
from tracker.events import calendar_events, deadlines
from tracker.events.results_duty import standing
from tracker.model.details import read_details
from tracker.model.event import Event, Seen, Version
from tracker.model.record import CountryStatus, TrialRecord
from tracker.model.source import SourceInfo
from tracker.render import kinds

CTGOV, CTIS = sources.load()["ctgov"].info, sources.load()["ctis"].info
TODAY = datetime(2026, 6, 1, 6, tzinfo=UTC)
OVERDUE = make_record(**EU)
"""Results were due on 31 Jan 2026."""


def told(old: TrialRecord, new: TrialRecord, info: SourceInfo = CTIS, at: datetime = TODAY) -> Event | None:
    return events(old, new, at=at, source=info).get("results_duty_changed")


def on_day(record: TrialRecord, info: SourceInfo, day: dt.date) -> dict[str, Event]:
    """What a daily run tells on a day without any edit of the record."""
    now = datetime.combine(day, dt.time(6), UTC)
    seen = Seen(sha256="ab" * 32, first_seen_at=datetime(2016, 1, 1, tzinfo=UTC), last_seen_at=now)
    found = calendar_events(
        Version(record=record, seen=seen), since=now - dt.timedelta(days=1), at=now, known=known(source=info)
    )
    return {event.kind: event for event in found}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"results_state": "POSTED"}, "results_posted"),
        ({"recruitment_status": "WITHDRAWN"}, "withdrawn"),
        ({"rest": {CATEGORY: "1"}}, "category_changed"),
        ({"completion_date": actual("2026-02-28")}, "completion_date_changed"),
        ({"country_status": (CountryStatus(country="Germany", status="RECRUITING"),)}, "country_changed"),
    ],
)
def test_an_update_that_ends_a_duty_of_the_eu_says_why_and_by_which_law(change: dict[str, Any], reason: str) -> None:
    event = told(OVERDUE, changed(OVERDUE, **change))
    assert event is not None
    assert event.effects == ("left", reason)
    assert said(event)["law"]["rule"] == "eu_ctr"
    assert kinds.headline(event).startswith("Results no longer overdue")
    assert "(estimate, EU CTR Art. 37)" in kinds.headline(event)
    back = told(changed(OVERDUE, **change), OVERDUE)
    assert reason == "completion_date_changed" or (back is not None and back.effects[0] == "overdue")


def test_a_trial_that_children_can_take_part_in_from_now_on_is_due_sooner() -> None:
    adults = changed(OVERDUE, completion_date=actual("2025-09-30"))
    event = told(adults, changed(adults, eligibility=CHILDREN))
    assert event is not None
    assert event.effects == ("overdue", "ages_changed")
    assert kinds.headline(event) == "Results overdue since 30 Mar 2026 (estimate, EU CTR Art. 37): ages changed"


def test_what_a_law_does_not_read_is_no_reason() -> None:
    both = changed(OVERDUE, recruitment_status="WITHDRAWN", results_waived=True, primary_purpose="TREATMENT")
    event = told(OVERDUE, both)
    assert event is not None
    assert event.effects == ("left", "withdrawn")


def test_two_laws_that_an_update_moves_are_one_event() -> None:
    both = make_record(
        **US | UK | {"oversight": US["oversight"], "countries": ("United States", "United Kingdom")}, phases=("PHASE3",)
    )
    event = told(both, changed(both, results_state="POSTED"), CTGOV, datetime(2027, 7, 1, tzinfo=UTC))
    assert event is not None
    assert said(event)["law"]["rule"] == "fdaaa_801"
    assert kinds.headline(event) == "Results no longer overdue (estimate): posted"
    assert [one["law"]["rule"] for one in said(event)["also"]] == ["uk_clinical_trials"]
    assert "UK clinical trials regulations: no longer overdue" in kinds.lines(event)


@pytest.mark.parametrize(
    ("fields", "info", "soon", "overdue", "sentence"),
    [
        (
            EU,
            CTIS,
            dt.date(2026, 1, 1),
            dt.date(2026, 3, 3),
            "Results overdue since 31 Jan 2026, a year after completion 31 Jan 2025: estimated legal duty (EU CTR Art. 37)",
        ),
        (
            EU | {"eligibility": CHILDREN},
            CTIS,
            dt.date(2025, 7, 1),
            dt.date(2025, 8, 31),
            "Results overdue since 31 Jul 2025, six months after completion 31 Jan 2025: estimated legal duty (EU CTR Art. 37)",
        ),
        (
            UK,
            CTGOV,
            dt.date(2027, 4, 1),
            dt.date(2027, 6, 1),
            "Results overdue since 1 May 2027, a year after completion 1 May 2026: "
            "likely legal duty (UK clinical trials regulations)",
        ),
    ],
    ids=["EU", "EU, children", "UK"],
)
def test_a_day_that_comes_without_an_edit_is_told_for_every_law(
    fields: dict[str, Any], info: SourceInfo, soon: dt.date, overdue: dt.date, sentence: str
) -> None:
    record = make_record(**fields)
    assert set(on_day(record, info, soon)) >= {"results_due_soon"}
    event = on_day(record, info, overdue)["results_overdue"]
    assert (kinds.headline(event), event.severity, event.effects) == (sentence, "major", ("legal_duty",))
    assert "not a legal finding" in event.rule
    assert kinds.lines(event)[-1] == "An estimate from the public record, not a legal finding"
    for near in (-1, 1):
        assert "results_overdue" not in on_day(record, info, overdue + dt.timedelta(days=near))
    assert "results_overdue" not in on_day(changed(record, results_state="SUBMITTED"), info, overdue)


def test_the_duty_of_the_uk_says_what_is_not_public() -> None:
    event = on_day(make_record(**UK), CTGOV, dt.date(2027, 6, 1))["results_overdue"]
    why = kinds.lines(event)[0]
    for part in (
        "when the trial was applied for is not public",
        "a deferral or waiver would not be public",
        "offered to participants",
    ):
        assert part in why


def test_a_planned_end_in_the_eu_is_listed_as_a_projection_and_never_told() -> None:
    going_on = make_record(**EU | {"completion_date": "2026-12-31", "recruitment_status": "RECRUITING", "country_status": None})
    (row,) = [row for row in deadlines(going_on, CTIS, dt.date(2026, 6, 1)) if row.kind.startswith("results")]
    assert (row.state, row.effects, row.due) == ("projected", ("projected",), dt.date(2027, 12, 31))
    assert kinds.deadline(row) == ("Results projected to be due by 31 Dec 2027, if the trial ends as planned: EU CTR Art. 37")
    for day in (dt.date(2027, 12, 1), dt.date(2028, 2, 1)):
        assert not [kind for kind in on_day(going_on, CTIS, day) if kind.startswith("results")]
    late = deadlines(going_on, CTIS, dt.date(2028, 6, 1))
    assert not [row for row in late if row.kind.startswith("results")]


@pytest.mark.parametrize("rest", [{CATEGORY: "1"}, {}])
def test_category_1_is_never_called_due_or_overdue(rest: dict[str, str]) -> None:
    record = make_record(**EU | {"rest": rest, "phases": ("PHASE1",)})
    assert standing(record, CTIS, dt.date(2030, 1, 1)).state == "none"
    for day in (dt.date(2026, 1, 1), dt.date(2026, 3, 3), dt.date(2030, 1, 1)):
        assert on_day(record, CTIS, day) == {}
        assert deadlines(record, CTIS, day) == ()


def test_several_laws_of_one_day_are_one_deadline_that_names_them() -> None:
    both = make_record(
        **US
        | {"primary_completion_date": actual("2026-05-01")}
        | {key: UK[key] for key in ("completion_date", "interventions")},
    )
    both = changed(both, countries=("United States", "United Kingdom"))
    rows = [row for row in deadlines(both, CTGOV, dt.date(2027, 6, 1)) if row.kind.startswith("results")]
    assert [kinds.deadline(row) for row in rows] == [
        "Results overdue since 1 May 2027, a year after primary completion 1 May 2026: "
        "estimated legal duty (FDAAA 801 and UK clinical trials regulations)"
    ]


def test_laws_of_different_days_are_deadlines_of_their_own() -> None:
    both = make_record(**US | UK | {"countries": ("United States", "United Kingdom"), "oversight": US["oversight"]})
    rows = [row for row in deadlines(both, CTGOV, dt.date(2027, 4, 10)) if row.kind.startswith("results")]
    assert [(row.due.isoformat(), row.kind) for row in rows] == [
        ("2027-03-01", "results_overdue"),
        ("2027-05-01", "results_due_soon"),
    ]


def test_good_practice_is_named_where_it_is_asked_for_and_nowhere_else() -> None:
    record = make_record(**US | {"countries": ("Japan",)})
    asked = msgspec.structs.replace(CTGOV, duties=CTGOV.duties | GOOD_PRACTICE)
    day = dt.date(2026, 3, 13)
    event = on_day(record, asked, day)["results_overdue"]
    assert (event.effects, event.severity) == (("good_practice",), "notable")
    assert kinds.headline(event) == (
        "No results by 10 Feb 2026, a year after primary completion 10 Feb 2025 "
        "(estimate, by good practice: WHO joint statement)"
    )
    assert on_day(record, CTGOV, day)["results_overdue"].effects == ("registry_practice",)


def test_events_that_were_stored_before_laws_had_names_read_as_they_did() -> None:
    counted = {"field": "primary_completion_date", "date": "2025-02-10", "type": "ACTUAL", "years": 1}
    due = {"due": "2026-02-10", "days": -31, "reasons": ["phase 2"], "estimate": True}
    event = on_day(make_record(**US), CTGOV, dt.date(2026, 3, 13))["results_overdue"]
    old = msgspec.structs.replace(
        event, details=read_details("results_overdue", due | {"counted_from": counted, "results_state": "NONE_POSTED"})
    )
    assert kinds.headline(old) == kinds.headline(event)
    duty = {"from": "overdue", "to": "none", "due": None, "was_due": "2026-02-10", "reasons": ["phase 2"], "estimate": True}
    read = read_details("results_duty_changed", duty)
    left = told(make_record(**US), changed(make_record(**US), phases=("PHASE1",)), CTGOV)
    assert left is not None
    assert kinds.headline(msgspec.structs.replace(left, details=read)) == kinds.headline(left)
    assert msgspec.json.decode(msgspec.json.encode(read)) == duty
