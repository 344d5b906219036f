"""Welcome, operator and test messages."""

from __future__ import annotations

import re
from typing import Any

from tests.render import golden
from tests.render.samples import SEEN, make_record, make_row
from tracker.model.record import Enrollment, TrialRecord
from tracker.model.views import Nearest
from tracker.render import notices
from tracker.render.notices import WELCOME_ROWS, Standing, WelcomeInput, operator, standing, welcome
from tracker.render.numbered import MAIL
from tracker.render.tables import present_line

LUPUS = "ctgov:NCT07177911"
MUNICH = Nearest(place="Munich, Germany", km=11.7, recruitment_status="RECRUITING")


def make_standing(record: TrialRecord, **given: Any) -> Standing:
    row = make_row(record, **given)
    return standing(row, present_line(row))


def make_welcome(count: int = 3, **given: Any) -> WelcomeInput:
    records = [make_record(trial=f"ctgov:NCT0000{number:04}") for number in range(count)]
    records[0] = make_record(recruitment_status="TERMINATED", enrollment=Enrollment(count=12, type="ACTUAL"))
    fields: dict[str, Any] = {
        "watch": "lupus",
        "channel": "me",
        "rows": tuple(
            make_standing(record, label="CC312 in SLE", nearest=MUNICH) if record.trial == LUPUS else make_standing(record)
            for record in records
        ),
        "recruiting": count - 1,
        "near": "100 km of 80331 München",
        "nearby": 1,
        "hears": ("Major changes: at once.", "Notable and major changes: in the digest, every day at 07:30 (Europe/Berlin)."),
        "already": ("Results of NCT07177911 were due on 1 Feb 2026 and are not posted.",),
        "attributions": ("ClinicalTrials.gov, data of 11 Feb 2026",),
        "contact": "you@example.org",
        "at": SEEN,
        "timezone": "Europe/Berlin",
    } | given
    return WelcomeInput(**fields)


def test_golden_welcome() -> None:
    content = welcome(make_welcome())
    golden.check("welcome.txt", f"Subject: {content.subject}\n\n{content.text}")
    golden.check("welcome.html", content.html)


def test_welcome_counts_trials_recruiting_and_nearby() -> None:
    content = welcome(make_welcome())
    assert content.subject == "Now following “lupus”: 3 trials, 2 recruiting, 1 within 100 km of 80331 München"
    assert "What you will hear, and when" in content.html
    assert "NCT07177911" in content.html


def test_welcome_without_a_place_names_none() -> None:
    rows = (make_standing(make_record()),)
    content = welcome(make_welcome(rows=rows, near=""))
    assert "within" not in content.subject
    assert "km" not in content.text


def test_welcome_of_a_large_watch_is_cut_and_says_where_the_rest_is() -> None:
    content = welcome(make_welcome(count=1000))
    for part in (content.text, content.html):
        assert f"and {1000 - WELCOME_ROWS} more: tracker list" in re.sub(r"</?code[^>]*>|`", "", part)
        assert part.count("clinicaltrials.gov/study/") == WELCOME_ROWS
    assert len(content.html.encode()) <= 100_000
    assert "write “unsubscribe” to you@example.org" in content.html


def test_a_welcome_of_nothing_still_reads() -> None:
    content = welcome(make_welcome(rows=(), recruiting=0, near="", already=()))
    assert content.subject == "Now following “lupus”: 0 trials, 0 recruiting"
    assert "THE TRIALS TODAY" not in content.text


def test_welcome_says_first_what_will_be_heard_and_when_then_lists_recruiting_and_near_trials_first() -> None:
    far = Nearest(place="Hamburg, Germany", km=600, recruitment_status="RECRUITING", within=False)
    rows = (
        make_standing(make_record(trial="ctgov:NCT00000001", recruitment_status="COMPLETED"), label="Done"),
        make_standing(make_record(trial="ctgov:NCT00000002"), label="Open far away", nearest=far),
        make_standing(
            make_record(trial="ctgov:NCT00000003", recruitment_status="COMPLETED"), label="Done here", nearest=MUNICH
        ),
        make_standing(make_record(trial="ctgov:NCT00000004"), label="Open here", nearest=MUNICH),
    )
    text = welcome(make_welcome(rows=rows)).text
    order = ["What you will hear", "What the words mean", "Already so today", "Open here", "Open far", "Done here", "Done ("]
    assert sorted(order, key=text.index) == order
    for word in ("Major:", "Notable:", "Minor:", "07:30"):
        assert word in text


def test_every_trial_of_a_welcome_leads_to_its_record() -> None:
    content = welcome(make_welcome())
    for part in (content.text, content.html):
        assert part.count("https://clinicaltrials.gov/study/NCT") == 3


def test_an_operator_mail_says_what_it_means_for_the_readers_and_gives_one_command() -> None:
    content = operator(
        subject="s", sentences=("It broke.",), readers="they wait.", command=("Look:", "tracker doctor"), channel="o", at=SEEN
    )
    assert content.subject == "Trial tracker: s"
    assert "For the readers: they wait." in content.text
    assert content.text.count("    tracker ") == 1


def test_what_the_heading_of_an_operator_mail_says_is_not_said_again() -> None:
    content = operator(subject="NCT1 is unknown.", sentences=("NCT1 is unknown.", "Typed by hand."), channel="o", at=SEEN)
    assert content.text.lower().count("nct1 is unknown") == 1
    assert "Typed by hand." in content.text


def test_operator_texts_are_escaped_and_their_subject_is_one_line() -> None:
    content = operator(subject="a\r\nBcc: x <b>", sentences=("<script>1</script>",), channel="ops", at=SEEN)
    assert content.subject == "Trial tracker: a Bcc: x <b>"
    assert "<script>" not in content.html
    assert "&lt;script&gt;" in content.html


def test_the_channel_test_says_that_no_trial_changed() -> None:
    content = notices.test_message("me", at=SEEN, timezone="UTC", form=MAIL)
    assert content.subject == "Trial tracker: test of channel “me”"
    assert "No trial changed." in content.text
    assert not content.text.rstrip().endswith("--")
