"""Messages that go on in numbered ones: each holds what it tells, and what has no room anywhere is told by none."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.samples import SEEN, make_digest, make_entry, make_event
from tracker.model.alert import Message
from tracker.model.event import Change, Event
from tracker.model.vocabulary import Severity
from tracker.render import digest as pages
from tracker.render import mail, numbered
from tracker.render.lists import change_lists, zipped
from tracker.render.numbered import CHAT, DATA, MAIL, WHOLE, Entry, Form, Part

NCT = re.compile(r"NCT\d{8}")


def change(number: int, severity: Severity = "major", **given: object) -> Event:
    fields: dict[str, object] = {
        "trial": f"ctgov:NCT{number:08}",
        "label": f"Trial of examplumab {number}",
        "severity": severity,
        "id": f"e{number:05}",
        "story": f"s{number}",
    }
    return make_event(**(fields | given))  # type: ignore[arg-type]


def entries(*events: Event) -> list[Entry]:
    return [make_entry(event, record=None) for event in events]


def trials_in(part: Part) -> set[str]:
    """The trials named in the body and in the lists of a message: in both forms of each."""
    text, html = (set(NCT.findall(form)) for form in (part.content.text, part.content.html or part.content.text))
    lists = [set(NCT.findall(one.body.decode())) for one in part.attachments]
    return (text & html).union(set.intersection(*lists) if lists else set())


def wire_size(part: Part) -> int:
    """What the body of a message takes on the wire."""
    message = Message(
        key="k",
        channel="me",
        kind="digest",
        subject=part.content.subject,
        text=part.content.text,
        html=part.content.html,
        message_id=mail.message_id("k", "example.org"),
        created_at=SEEN,
    )
    letter = mail.email(
        message, sender="a@b.example", recipients=["c@d.example"], list_name="me", unsubscribe_address="a@b.example", date=SEEN
    )
    return len(letter.as_bytes())


@pytest.mark.parametrize("count", [1, 15, 60, 99, 2000])
@pytest.mark.parametrize("severity", ["major", "minor"])
@pytest.mark.parametrize("form", [MAIL, CHAT, DATA], ids=["mail", "chat", "data"])
def test_each_message_names_every_trial_that_it_tells_of_and_no_change_is_told_twice(
    count: int, severity: Severity, form: Form
) -> None:
    parts = pages.digest(make_digest(*entries(*(change(number, severity) for number in range(count)))), form)
    told = [key for part in parts for key in part.events]
    assert len(told) == len(set(told)) <= count
    assert len(parts) <= form.messages
    for part in parts:
        assert {f"NCT000{key[1:]}" for key in part.events} <= trials_in(part)
    if form is not CHAT or count < 200:
        assert len(told) == count


@pytest.mark.parametrize("count", [60, 2000])
def test_every_major_change_has_its_headline_in_a_body(count: int) -> None:
    parts = pages.alert(make_digest(*entries(*(change(number) for number in range(count)))))
    named = set(NCT.findall(" ".join(part.content.text for part in parts)))
    assert len(named) == count


def test_a_major_change_is_never_told_by_a_list_alone_and_a_lesser_one_may_be() -> None:
    events = [change(number, "major" if number < 6000 else "minor") for number in range(9000)]
    parts = pages.digest(make_digest(*entries(*events)))
    bodies = set(NCT.findall(" ".join(part.content.text for part in parts)))
    told = {key for part in parts for key in part.events}
    assert len(parts) == MAIL.messages
    assert all(event.trial.partition(":")[2] in bodies for event in events if event.severity == "major" and event.id in told)
    assert {event.id for event in events if event.severity == "minor"} <= told
    left = len(events) - len(told)
    assert left > 0
    assert f"{left:,} more changes did not fit" in " ".join(parts[-1].content.text.split())


@pytest.mark.parametrize("count", [40, 99, 3000])
def test_a_body_is_at_most_100_kb_as_it_is_sent(count: int) -> None:
    """Umlauts take six bytes each in quoted-printable, and signs of other scripts nine."""
    events = [change(number, label=f"Größe 試驗 für Sjögren-Syndrom {number}") for number in range(count)]
    for part in pages.alert(make_digest(*entries(*events))):
        assert wire_size(part) <= 100_000 + 2_500, "headers and boundaries besides"


def test_lists_are_bounded_and_what_is_not_in_them_waits() -> None:
    parts = pages.digest(make_digest(*entries(*(change(number, "minor") for number in range(20_000)))))
    size = sum(len(one.body) for one in parts[0].attachments)
    assert size <= MAIL.lists + 10
    told = {key for part in parts for key in part.events}
    assert 5_000 < len(told) < 20_000
    listed = {row["Trial"] for row in csv.DictReader(io.StringIO(parts[0].attachments[0].body.decode("utf-8-sig")))}
    assert {f"NCT000{key[1:]}" for key in told} == listed


def test_the_numbers_of_messages_stand_in_their_subjects_and_bodies() -> None:
    parts = pages.alert(make_digest(*entries(*(change(number) for number in range(99)))))
    assert [part.content.subject[-6:] for part in parts] == [" (1/3)", " (2/3)", " (3/3)"]
    assert all(len(part.content.subject) <= pages.LONGEST_SUBJECT for part in parts)
    assert "This goes on in message 2 of 3." in parts[0].content.text
    assert "The list attached holds 99 changes" in parts[0].content.text
    assert [bool(part.attachments) for part in parts] == [True, False, False]


def test_a_message_that_fits_has_no_number_and_no_list() -> None:
    [part] = pages.alert(make_digest(*entries(*(change(number) for number in range(15)))))
    assert not part.content.subject.endswith(")") or part.content.subject.endswith("(and 14 more)")
    assert part.attachments == ()


@pytest.mark.parametrize("count", [21, 300])
def test_a_story_of_many_changes_is_told_whole(count: int) -> None:
    changes = tuple(Change(path=("brief_title",), old="o" * 150, new=f"{number}" + "n" * 140) for number in range(30))
    events = [
        make_event("titles_changed", effects=("brief_title",), changes=changes, id=f"{number}", severity="notable")
        for number in range(count)
    ]
    parts = pages.digest(make_digest(make_entry(*events)))
    assert {key for part in parts for key in part.events} == {event.id for event in events}
    assert all(wire_size(part) <= 102_500 for part in parts)


def test_formulas_in_the_list_are_text() -> None:
    event = change(1, label='=HYPERLINK("http://x.example","click")')
    csv_file, html_file = change_lists("News", [(event, ["@watch"])], SEEN.tzinfo or make_digest().until.tzinfo).attachments  # type: ignore[arg-type]
    row = next(csv.DictReader(io.StringIO(csv_file.body.decode("utf-8-sig"))))
    assert row["Name"].startswith("'=")
    assert row["Watches"] == "'@watch"
    assert b"<a href=" in html_file.body
    assert b'"http://x.example"' not in html_file.body


def test_a_zipped_list_is_the_same_bytes_each_time() -> None:
    [csv_file, _] = change_lists("News", [(change(1), ["lupus"])], make_digest().until.tzinfo).attachments  # type: ignore[arg-type]
    assert zipped(csv_file) == zipped(csv_file)


def test_a_file_holds_everything_in_one_message() -> None:
    [part] = pages.digest(make_digest(*entries(*(change(number, "minor") for number in range(1000)))), WHOLE)
    assert len(part.events) == 1000 == len(trials_in(part))


@given(st.lists(st.tuples(st.sampled_from(["major", "notable", "minor"]), st.integers(1, 45)), min_size=1, max_size=60))
@settings(max_examples=15, deadline=timedelta(seconds=60))
def test_whatever_waits_each_change_is_in_one_message_or_in_none(stories: list[tuple[Severity, int]]) -> None:
    made = []
    for number, (severity, count) in enumerate(stories):
        events = [change(number, severity, id=f"{number}-{part}") for part in range(count)]
        made.append(make_entry(*events, record=None))
    small = msgspec.structs.replace(MAIL, body=30_000, messages=4, lists=20_000)
    parts = pages.digest(make_digest(*made), small)
    told = [key for part in parts for key in part.events]
    assert len(told) == len(set(told))
    assert told, "something is told each time"
    assert len(parts) <= small.messages
    for part in parts:
        assert numbered.quoted_size(part.content.text) + numbered.quoted_size(part.content.html) <= 30_000
        assert {f"NCT{int(key.partition('-')[0]):08}" for key in part.events} <= trials_in(part)
