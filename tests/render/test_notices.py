"""Welcome, operator and test messages."""

from __future__ import annotations

import re
from typing import Any

from tests.render import golden
from tests.render.samples import SEEN, make_record, make_row
from tracker.model.record import Enrollment
from tracker.model.views import Nearest
from tracker.render import notices
from tracker.render.notices import HTML_LIMIT, WELCOME_ROWS, WelcomeInput, operator, welcome
from tracker.render.tables import present_line

LUPUS = "ctgov:NCT07177911"
MUNICH = Nearest(place="Munich, Germany", km=11.7, recruitment_status="RECRUITING")


def make_welcome(count: int = 3, **given: Any) -> WelcomeInput:
    records = [make_record(trial=f"ctgov:NCT0000{number:04}") for number in range(count)]
    records[0] = make_record(recruitment_status="TERMINATED", enrollment=Enrollment(count=12, type="ACTUAL"))
    fields: dict[str, Any] = {
        "watch": "lupus",
        "channel": "me",
        "rows": tuple(
            present_line(make_row(record, label="CC312 in SLE", nearest=MUNICH) if record.trial == LUPUS else make_row(record))
            for record in records
        ),
        "recruiting": count - 1,
        "near": "100 km of 80331 München",
        "nearby": 1,
        "hears": ("major changes: at once", "notable and major changes: in the daily digest"),
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


def test_welcome_counts_trials_recruiting_and_nearby() -> None:
    content = welcome(make_welcome())
    assert content.subject == "Now following “lupus”: 3 trials, 2 recruiting, 1 within 100 km of 80331 München"
    assert "You will hear of" in content.html
    assert "NCT07177911" in content.html


def test_welcome_without_a_place_has_no_nearest_column() -> None:
    rows = (present_line(make_row(make_record())),)
    content = welcome(make_welcome(rows=rows, near=""))
    assert "within" not in content.subject
    assert "Nearest" not in content.text


def test_welcome_of_a_large_watch_is_cut_and_says_where_the_rest_is() -> None:
    content = welcome(make_welcome(count=1000))
    left = re.search(r"and (\d+) more; all of them: tracker list", " ".join(content.text.split()))
    assert left
    assert 1000 - WELCOME_ROWS <= int(left[1]) < 900
    assert len(content.html.encode()) <= HTML_LIMIT
    assert "write “unsubscribe” to you@example.org" in content.html


def test_a_welcome_of_nothing_still_reads() -> None:
    content = welcome(make_welcome(rows=(), recruiting=0, near="", already=()))
    assert content.subject == "Now following “lupus”: 0 trials, 0 recruiting"
    assert "THE PRESENT" not in content.text


def test_operator_texts_are_escaped_and_their_subject_is_one_line() -> None:
    content = operator(subject="a\r\nBcc: x <b>", sentences=("<script>1</script>",), channel="ops", at=SEEN)
    assert content.subject == "Tracker: a Bcc: x <b>"
    assert "<script>" not in content.html
    assert "&lt;script&gt;" in content.html


def test_the_channel_test_says_that_no_trial_changed() -> None:
    content = notices.test_message("me", at=SEEN, timezone="UTC")
    assert content.subject == "Tracker: test of channel “me”"
    assert "No trial changed." in content.text
    assert not content.text.rstrip().endswith("--")
