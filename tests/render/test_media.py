"""The same changes in every medium beside mail: chat, a terminal, Markdown, a feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.render import golden
from tests.render.samples import alert, digest, make_digest, make_entry, make_event, make_record, many_kinds
from tests.render.test_notices import make_welcome
from tracker.model.dates import RegistryDate
from tracker.model.details import DateDetails, NewRegistrationDetails, RecruitmentStatusDetails
from tracker.model.event import Event
from tracker.model.views import StoryChanges
from tracker.model.vocabulary import KindName
from tracker.render import digest as pages
from tracker.render import tables
from tracker.render.feed import Feed, atom
from tracker.render.grid import grid_text
from tracker.render.notices import operator, welcome
from tracker.render.numbered import CHAT

BUSY = {"notes": ("3 trials joined your watch “lupus”.",), "held": ("Run 7 of ClinicalTrials.gov is held: too many changes",)}


def chat_digest() -> str:
    [part] = pages.digest(make_digest(*many_kinds(), **BUSY), CHAT)
    return part.content.text


def test_golden_chat() -> None:
    golden.check("digest.chat.txt", chat_digest())
    golden.check("welcome.chat.txt", welcome(make_welcome(), CHAT).text)


def test_golden_terminal_and_markdown() -> None:
    events = [event for entry in many_kinds() for event in entry.events]
    golden.check("changes.terminal.txt", grid_text(tables.changes_grid(events, UTC)))
    golden.check("changes.md", "\n".join(tables.changes_markdown(events, UTC)))


def test_golden_feed() -> None:
    stories = [StoryChanges(story=entry.story, events=entry.events) for entry in many_kinds()]
    feed = Feed(title="lupus", key="watch lupus", address="https://trials.example.org/feeds/lupus.xml")
    golden.check("feed.xml", atom(feed, stories).decode())


def test_a_chat_is_told_the_news_before_the_trial_and_has_no_columns() -> None:
    text = chat_digest()
    assert text.index("Now recruiting (before: not yet)") < text.index("CC312 in SLE")
    assert "What changed" not in text
    assert "===" not in text
    long = [line for line in text.splitlines() if len(line) > 90]
    assert long, "no line is broken where nobody knows the width"


def test_a_chat_gets_the_operators_command_on_a_line_of_its_own() -> None:
    at = datetime(2026, 2, 12, 6, 0, tzinfo=UTC)
    told = operator(
        subject="Held", sentences=("One.",), command=("Let it go:", "tracker release 7"), channel="me", at=at, form=CHAT
    )
    assert "\ntracker release 7\n" in told.text


# --- one fact once ---------------------------------------------------------------------------------------------------


def test_an_alerts_own_heading_is_its_news() -> None:
    started = make_event(severity="major")
    assert alert(make_digest(make_entry(started), cadence="immediate")).text.startswith("NOW RECRUITING\n")
    other = make_event(
        severity="major",
        trial="ctgov:NCT06801119",
        effects=("completed",),
        details=RecruitmentStatusDetails(old="RECRUITING", new="COMPLETED"),
    )
    both = alert(make_digest(make_entry(other), make_entry(started), cadence="immediate"))
    assert both.text.startswith("1 NOW RECRUITING, 1 COMPLETED\n"), "a trial that opens stands first"
    assert both.subject.startswith("Now recruiting: ")


def test_sites_of_a_trial_that_is_over_are_not_called_open() -> None:
    record = make_record(recruitment_status="TERMINATED")
    text = " ".join(alert(make_digest(make_entry(make_event(), record=record))).text.split())
    assert "· 1 site " in text
    assert "site open" not in text.partition("· 1 site ")[0]


def completion(kind: str, old: str, new: str, days: int, effect: str = "slipped", **given: Any) -> Event:
    field = kind.removesuffix("_changed")
    kinds = ("ESTIMATED", "ACTUAL" if effect == "happened" else "ESTIMATED")
    details = DateDetails(field=field, old=RegistryDate(old, kinds[0]), new=RegistryDate(new, kinds[1]), days=days)
    return make_event(kind, effects=(effect,), details=details, **given)


PRIMARY, STUDY = "primary_completion_date_changed", "completion_date_changed"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            completion(PRIMARY, "2026-09", "2027-03", 181),
            completion(STUDY, "2027-09", "2028-03", 181),
            "Both completion dates slip by 181 days: primary to Mar 2027 (was Sep 2026), study to Mar 2028 (was Sep 2027)",
        ),
        (
            completion(PRIMARY, "2026-09", "2026-08", -31, "advanced"),
            completion(STUDY, "2027-09", "2027-07", -62, "advanced"),
            "Primary completion moves 31 days earlier to Aug 2026 (was Sep 2026), "
            "completion 62 days earlier to Jul 2027 (was Sep 2027)",
        ),
        (
            completion(PRIMARY, "2026-02", "2026-02-03", 0, "happened"),
            completion(STUDY, "2026-06", "2026-02-03", -118, "happened"),
            "Primary completion and completion reached on 3 Feb 2026 (planned Feb 2026 and Jun 2026)",
        ),
    ],
)
def test_both_completion_dates_moved_by_one_update_are_one_line(first: Event, second: Event, told: str) -> None:
    started = make_event(severity="major")
    for events in ((first, second), (second, first), (started, second, first)):
        text = " ".join(alert(make_digest(make_entry(*events))).text.split())
        assert text.count(told) == 1
        assert text.count("ompletion ") <= told.count("ompletion ") + 1, "once in the card, once in the heading"


@pytest.mark.parametrize(
    "second",
    [
        completion(STUDY, "2027-09", "2027-07", -62, "advanced"),
        completion("start_date_changed", "2026-02", "2026-04", 59),
    ],
    ids=["the other way", "another date"],
)
def test_dates_to_which_not_the_same_happened_stay_apart(second: Event) -> None:
    first = completion(PRIMARY, "2026-09", "2027-03", 181)
    text = " ".join(alert(make_digest(make_entry(first, second))).text.split())
    assert "Primary completion slips by 181 days to Mar 2027 (was Sep 2026) " in text


def test_how_a_new_trial_stands_is_told_once_in_its_introduction() -> None:
    details = NewRegistrationDetails(
        watch="lupus",
        first_posted="2026-02-11",
        recruitment_status="RECRUITING",
        phases=("PHASE1", "PHASE2"),
        enrollment=48,
        enrollment_type="ESTIMATED",
    )
    event = make_event("new_registration", details=details)
    text = " ".join(alert(make_digest(make_entry(event, record=make_record()))).text.split())
    assert "> Newly registered on 11 Feb 2026 Seen" in text
    bare = " ".join(alert(make_digest(make_entry(event))).text.split())
    assert "Newly registered on 11 Feb 2026: recruiting, phase 1/2, 48 planned" in bare


@pytest.mark.parametrize(
    ("kinds", "subject"),
    [
        (("titles_changed",), "1 title change"),
        (("titles_changed", "titles_changed"), "2 title changes"),
        (("countries_changed", "countries_changed", "sites_changed"), "2 country changes, 1 site change"),
        (("new_registration", "new_registration"), "2 new registrations"),
        (("record_updated", "record_updated"), "2 record updates"),
    ],
)
def test_what_a_subject_counts_is_english(kinds: tuple[KindName, ...], subject: str) -> None:
    entries = [make_entry(make_event(kind, trial=f"ctgov:NCT0000000{place}")) for place, kind in enumerate(kinds)]
    assert digest(make_digest(*entries, watches=("lupus",))).subject == f"{subject}: lupus"
