"""Digests and alerts: what they must say, what must never get into them, and how they are cut."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import msgspec
import pytest

from tests.render import golden
from tests.render.samples import (
    BEFORE,
    DUE,
    SEEN,
    alert,
    digest,
    make_digest,
    make_entry,
    make_event,
    make_quoting,
    make_record,
    many_kinds,
)
from tracker.model.details import DateDetails, InterventionsDetails, read_details
from tracker.model.event import Change, Evidence
from tracker.render import digest as pages
from tracker.render.digest import DigestInput
from tracker.render.introduction import Nearby, NearbySite

HOSTILE = "<script>alert('x')</script> \"quoted\" & <b>bold</b>\r\nBcc: a@b.example \x1b[31m\x00 \u202egnp.exe {{ 7*7 }}"
TOLD_AT_ONCE = [
    (
        1,
        "nothing beyond the change told at once",
        "Nothing beyond the change you were told of at once since 11 Feb 2026.",
    ),
    (
        9,
        "nothing beyond the 9 changes told at once",
        "Nothing beyond the 9 changes you were told of at once since 11 Feb 2026.",
    ),
    (
        1204,
        "nothing beyond the 1,204 changes told at once",
        "Nothing beyond the 1,204 changes you were told of at once since 11 Feb 2026.",
    ),
]
UNKNOWN = {"due": "2026-04-01", "days": 48, "reasons": (), "verified_on": "2024-04"}
HELD = "Run 41 of ClinicalTrials.gov is held: 131 of 140 checked trials changed."


class Tags(HTMLParser):
    """Collects elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def busy_digest() -> DigestInput:
    notes = ("3 trials joined your watch “lupus”.",)
    return make_digest(*many_kinds(), notes=notes, held=(HELD,))


def test_golden_digest_text_and_html() -> None:
    content = digest(busy_digest())
    golden.check("digest.txt", f"Subject: {content.subject}\n\n{content.text}")
    golden.check("digest.html", content.html)


def test_golden_alert_text_and_html() -> None:
    content = alert(make_digest(many_kinds()[0], cadence="immediate"))
    golden.check("alert.txt", f"Subject: {content.subject}\n\n{content.text}")
    golden.check("alert.html", content.html)


def test_a_digests_subject_counts_its_news_weightiest_first_and_ends_with_the_watch() -> None:
    opened = make_event(severity="major")
    titles = make_event("titles_changed", severity="minor")
    other = make_event("titles_changed", severity="minor", trial="ctgov:NCT06801119")
    given = make_digest(make_entry(other), make_entry(opened, titles), watches=("lupus",))
    assert digest(given).subject == "1 now recruiting, 1 title change: lupus"


def test_of_many_kinds_of_news_a_subject_counts_two_and_the_rest_together() -> None:
    kinds = ("enrollment_changed", "results_posted", "titles_changed", "recruitment_status_changed", "references_changed")
    entries = [
        make_entry(make_event(kind, trial=f"ctgov:NCT{number:08}", severity="major"))
        for number, kind in enumerate((*kinds, "recruitment_status_changed"))
    ]
    subject = digest(make_digest(*entries, watches=("lupus", "nephritis", "more"))).subject
    assert subject == "2 now recruiting, 1 results posted, 3 more: lupus and 2 more watches"


def test_within_a_severity_the_kinds_that_matter_most_come_first() -> None:
    """Status, results, near, outcomes, a dropped drug, and then everything else, whatever the order of stories."""
    dropped = InterventionsDetails(removed=("CC312",))
    order = (
        make_event("recruitment_status_changed", severity="major"),
        make_event("results_posted", severity="major"),
        make_event("nearby_site_opened", severity="major"),
        make_event("primary_outcomes_changed", severity="major"),
        make_event("interventions_changed", severity="major", details=dropped),
        make_event("enrollment_changed", severity="major"),
    )
    trials = [f"ctgov:NCT{number:08}" for number in range(len(order))]
    entries = [make_entry(msgspec.structs.replace(event, trial=trial)) for event, trial in zip(order, trials, strict=True)]
    text = digest(make_digest(*reversed(entries))).text.partition("MAJOR CHANGES")[2]
    places = [text.index(trial.partition(":")[2]) for trial in trials]
    assert places == sorted(places)


def test_alert_subject_is_the_news_and_then_the_trial() -> None:
    opened = make_entry(make_event(severity="major"))
    assert alert(make_digest(opened)).subject == "Now recruiting: CC312 in SLE (NCT07177911)"
    other = make_entry(make_event("titles_changed", trial="ctgov:NCT06801119"))
    assert alert(make_digest(opened, other)).subject == "Now recruiting: CC312 in SLE (NCT07177911) and 1 more"


def test_an_opening_near_the_reader_says_so_within_forty_characters() -> None:
    subject = alert(make_digest(many_kinds()[0])).subject
    assert subject == "Now recruiting near Munich: CC312 in SLE (NCT07177911)"
    assert digest(make_digest(many_kinds()[0], watches=("lupus",))).subject == "1 now recruiting near you: lupus"


def test_a_card_introduces_its_trial_in_one_line_with_near_sites_first() -> None:
    near = Nearby(sites=(NearbySite(city="Munich", km=3.0, in_city=True),), contact="https://registry.example/1#contacts")
    entry = msgspec.structs.replace(many_kinds()[0], nearby=near)
    content = digest(make_digest(entry))
    line = (
        "Recruiting · Phase 1/2 · Example Therapeutics · Systemic Lupus Erythematosus · 48 planned · "
        "open near you: in Munich; 1 of 1 site open"
    )
    assert line in " ".join(content.text.split())
    assert line in content.html
    assert "https://registry.example/1#contacts" in content.text


def test_a_card_tells_each_fact_once() -> None:
    content = digest(make_digest(many_kinds()[0]))
    _, _, card = content.text.partition("MAJOR CHANGES")
    for fact in ("Now recruiting", "not yet", "181 days", "Mar 2027", "Sep 2026", "Example University Hospital"):
        assert " ".join(card.split()).count(fact) == 1


def test_a_card_ends_with_the_command_that_mutes_the_trial() -> None:
    for part in (digest(make_digest(many_kinds()[0])).text, digest(make_digest(many_kinds()[0])).html):
        assert "tracker silence NCT07177911" in part


def test_evidence_is_one_short_line_unless_it_is_asked_for_in_full() -> None:
    entry = make_entry(make_event(rule="a start is notable"))
    line = "Seen 12 Feb (was unchanged 11 Feb) · why notable: a start is notable"
    short, full = (" ".join(digest(make_digest(entry, evidence=asked)).text.split()) for asked in (False, True))
    assert line in short
    assert line in full
    assert "data version" not in short
    assert "data version 11 Feb 2026. Watch: lupus." in full


def test_rows_of_the_overview_lead_to_their_cards() -> None:
    page = Tags(digest(busy_digest()).html)
    inside = [value[1:] for tag, name, value in page.attributes if (tag, name) == ("a", "href") and value.startswith("#")]
    ids = {value for _, name, value in page.attributes if name == "id"}
    assert len(inside) == 4
    assert set(inside) <= ids


def test_minor_edits_of_a_trial_are_one_line() -> None:
    titles = make_event("titles_changed", severity="minor", effects=("brief_title",))
    links = make_event("links_changed", severity="minor")
    text = digest(make_digest(make_entry(titles), make_entry(links), watches=("lupus",))).text
    assert "* CC312 in SLE (NCT07177911): Brief title changed; Links changed" in text


def test_a_completion_date_that_moves_is_one_row_and_one_card_with_what_follows_from_it() -> None:
    moved = [event for event in many_kinds()[0].events if event.kind == "primary_completion_date_changed"]
    due = make_event("results_due_soon", cause="calendar", details=DUE)
    passed = make_event("will_go_unknown", cause="calendar", severity="minor", details=read_details("will_go_unknown", UNKNOWN))
    other = make_entry(make_event("results_due_soon", cause="calendar", details=DUE, trial="ctgov:NCT06801119"))
    content = digest(make_digest(make_entry(due), make_entry(*moved), make_entry(passed), other))
    assert content.html.count('class="told"') == 2
    text = " ".join(content.text.split())
    for told in ("Primary completion slips by 181 days", "Results due in 30 days", "Will be shown as unknown"):
        assert told in text


def test_a_message_that_goes_on_has_its_own_news_first() -> None:
    entries = [
        make_entry(make_event(trial=f"ctgov:NCT{number:08}", id=f"e{number}", severity="major"), record=make_record())
        for number in range(60)
    ]
    first, second, *_ = (part.content.subject for part in pages.digest(make_digest(*entries, watches=("lupus",))))
    assert first.startswith("60 now recruiting: lupus (1/")
    assert second.endswith(f": lupus (2/{first.rpartition('/')[2]}")
    assert second.partition(" ")[2].startswith("now recruiting")


def test_a_subject_holds_no_line_break_or_control_character_and_is_not_endless() -> None:
    entry = make_entry(make_quoting(HOSTILE * 20, label="Line\nbreak\t\x07label"))
    for content in (digest(make_digest(entry)), alert(make_digest(entry))):
        assert content.subject.isprintable()
        assert len(content.subject) <= 150


def test_an_empty_digest_says_no_changes() -> None:
    content = digest(make_digest())
    assert content.subject == "No changes: Trial changes"
    assert "No changes in the 34 trials you follow since 11 Feb 2026." in content.text
    assert "No changes in the 34 trials" in content.html


@pytest.mark.parametrize(("count", "subject", "sentence"), TOLD_AT_ONCE)
def test_a_quiet_digest_does_not_deny_what_was_told_at_once(count: int, subject: str, sentence: str) -> None:
    content = digest(make_digest(sent_immediately=count))
    assert content.subject == f"N{subject[1:]}: Trial changes"
    for part in (content.subject, " ".join(content.text.split()), content.html):
        assert "no changes" not in part.lower()
    assert sentence in " ".join(content.text.split())
    assert sentence in content.html


def test_a_digest_with_changes_says_how_many_more_were_told_at_once() -> None:
    entry = make_entry(make_event())
    assert "9 more changes were told at once." in " ".join(digest(make_digest(entry, sent_immediately=9)).text.split())
    assert "1 more change was told at once." in digest(make_digest(entry, sent_immediately=1)).html
    assert "told at once" not in digest(make_digest(entry)).text


def test_a_held_run_does_not_hide_what_was_told_at_once() -> None:
    content = digest(make_digest(held=(HELD,), sent_immediately=9))
    assert content.subject == "1 held: Trial changes"
    assert "9 changes were told at once." in " ".join(content.text.split())
    assert "Nothing beyond" not in content.text


def test_a_held_run_never_reads_as_no_changes() -> None:
    content = digest(make_digest(held=(HELD,)))
    assert content.subject == "1 held: Trial changes"
    for part in (content.subject, content.text, content.html):
        assert "no changes" not in part.lower()
    assert "131 of 140 checked" in content.text
    assert HELD in content.html
    with_changes = digest(make_digest(make_entry(make_event()), held=(HELD,)))
    assert with_changes.subject.startswith("1 now recruiting (1 held)")


@pytest.mark.parametrize("place", ["headline", "label", "rule", "title", "watch", "note", "held", "why", "source", "value"])
def test_hostile_text_is_escaped_wherever_it_stands(place: str) -> None:
    event = make_quoting(
        HOSTILE if place == "headline" else "Something",
        label=HOSTILE if place == "label" else "CC312 in SLE",
        rule=HOSTILE if place == "rule" else "a rule",
        changes=(Change(path=("why_stopped",), old="OLD", new=HOSTILE if place == "value" else "NEW"),),
    )
    entry = make_entry(
        event,
        record=make_record(brief_title=HOSTILE if place == "title" else "A title"),
        watches=(HOSTILE if place == "watch" else "lupus",),
        source_title=HOSTILE if place == "source" else "ClinicalTrials.gov",
    )
    given = make_digest(
        entry,
        notes=(HOSTILE,) if place == "note" else (),
        held=(HOSTILE,) if place == "held" else (),
        why=(HOSTILE,) if place == "why" else (),
        evidence=True,
    )
    content = digest(given)
    page = Tags(content.html)
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "alert('x')" in page.text
    assert "{{ 7*7 }}" in page.text
    for part in (content.text, content.html):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", part)
    assert not re.search(r"^Bcc:", content.text, re.MULTILINE)


def test_right_to_left_titles_are_kept_and_take_their_own_direction() -> None:
    title = "تجربة سريرية لدواء CC312"
    content = digest(make_digest(make_entry(make_event(), record=make_record(brief_title=title))))
    assert title in content.text
    assert re.search(rf'<p class="title" dir="auto"[^>]*>{title}</p>', content.html)


def test_only_plain_web_addresses_become_links() -> None:
    links = ("javascript:alert(1)", "https://a.example/?q=1 2", "https://good.example/study?tab=history&x=<y>")
    entry = make_entry(
        make_event(evidence=Evidence(links=links)),
        record=make_record(url="data:text/html,hi"),
    )
    page = Tags(digest(make_digest(entry)).html)
    targets = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert targets == ["https://good.example/study?tab=history&x=<y>", "mailto:you@example.org?subject=unsubscribe"]


def test_the_html_fetches_nothing_and_is_accessible() -> None:
    html = digest(busy_digest()).html
    page = Tags(html)
    assert html.startswith("<!DOCTYPE html>")
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert ("html", "lang", "en") in page.attributes
    assert ("meta", "name", "color-scheme") in page.attributes
    assert html.count("<table") == html.count('role="presentation"') + 1, "all but the overview are layout tables"
    assert ("th", "scope", "col") in page.attributes
    assert {"h1", "h2", "h3"} <= set(page.tags)
    assert "@media (prefers-color-scheme: dark)" in html, "inlining must keep the rules that cannot be inlined"
    assert re.search(r'<h1[^>]*style="[^"]*font-size', html), "styles are inlined"


def test_severity_is_said_in_words_not_by_colour_alone() -> None:
    text = Tags(digest(busy_digest()).html).text
    for word in ("Major changes", "Notable changes", "Minor changes"):
        assert word in text


def test_personal_data_is_in_no_part_of_a_message() -> None:
    site = Change(path=("sites", "Example|Munich"), old=None, new={"facility": "X", "contacts": [{"name": "Petra Private"}]})
    entries = (*many_kinds(), make_entry(make_event("sites_changed", changes=(site,)), record=make_record()))
    content = digest(make_digest(*entries))
    for part in (content.subject, content.text, content.html):
        for secret in ("Petra", "Private", "555 01", "Paul", "Personal"):
            assert secret not in part
    assert "Contact persons changed" in content.text, "that they changed is told"


def test_stories_stand_by_severity_and_then_by_trial() -> None:
    first = make_entry(make_quoting("First of A", severity="minor"))
    other = make_entry(make_quoting("Major of B", severity="major", trial="ctgov:NCT06801119", label="B"))
    second = make_entry(make_quoting("Second of A", severity="minor"))
    between = make_entry(make_quoting("Minor of B", severity="minor", trial="ctgov:NCT06801119"))
    text = digest(make_digest(first, between, other, second)).text
    _, _, told = text.partition("MAJOR CHANGES")
    order = [told.index(headline) for headline in ("Major of B", "First of A", "Second of A", "Minor of B")]
    assert order == sorted(order)


def test_the_record_changed_and_nobody_is_said_to_have_done_it() -> None:
    text = " ".join(digest(make_digest(make_entry(make_event()), evidence=True)).text.split())
    assert "The record changed: first seen 12 Feb 2026, last seen unchanged 11 Feb 2026" in text
    assert "the registry's own update date is 11 Feb 2026" in text
    assert "its data version 11 Feb 2026." in text


def test_two_looks_on_one_day_are_told_to_the_minute() -> None:
    event = make_event(seen_between=(SEEN - timedelta(hours=3), SEEN))
    assert "Seen 12 Feb, 07:00 (was unchanged 12 Feb, 04:00)" in digest(make_digest(make_entry(event))).text
    text = " ".join(digest(make_digest(make_entry(event), evidence=True)).text.split())
    assert "first seen 12 Feb 2026, 07:00, last seen unchanged 12 Feb 2026, 04:00" in text


def test_a_passed_date_is_not_called_a_change_of_the_record() -> None:
    event = make_event("results_due_soon", cause="calendar", details=DUE)
    text = " ".join(digest(make_digest(make_entry(event), evidence=True)).text.split())
    assert "A date passed; the record itself did not change. Noticed 12 Feb 2026" in text
    assert "Compare:" not in text


def test_imported_history_is_called_the_registrys_own() -> None:
    event = make_event(origin="backfill", effective_at=BEFORE - timedelta(days=400), updated_on=None, data_version=None)
    text = " ".join(digest(make_digest(make_entry(event), evidence=True)).text.split())
    assert "From the registry's own history: the version of 7 Jan 2025." in text


def test_how_far_the_history_reaches_is_told_with_the_story() -> None:
    details = DateDetails(
        field="start_date", old=None, new=None, nth=2, cumulative_days=120, coverage="since tracking began 2026-01-05"
    )
    event = make_event("start_date_changed", effects=("slipped",), details=details)
    assert "since tracking began 5 Jan 2026" in " ".join(digest(make_digest(make_entry(event))).text.split())


def test_plain_text_keeps_to_72_columns_and_holds_no_markup() -> None:
    text = digest(busy_digest()).text
    too_long = [line for line in text.splitlines() if len(line) > 72 and "https://" not in line]
    assert too_long == []
    assert not re.search(r"</?\w+[^>]*>|&\w+;", text)
    assert not [line for line in text.splitlines() if line != line.rstrip() and line != "-- "]


def test_the_overview_stands_above_four_stories_and_more() -> None:
    entries = many_kinds()
    assert "What changed" in digest(make_digest(*entries[:4])).text
    assert "What changed" not in digest(make_digest(*entries[:3])).text


def test_the_footer_says_why_how_to_stop_and_that_nobody_endorses_it() -> None:
    content = digest(make_digest(make_entry(make_event())))
    for part in (" ".join(content.text.split()), " ".join(Tags(content.html).text.split())):
        assert "Watch “lupus” sends notable and major changes in the daily digest to “me”." in part
        assert "write “unsubscribe” to you@example.org, or take the channel “me” out of the watch in config.toml." in part
        assert "Source: ClinicalTrials.gov, data of 11 Feb 2026" in part
        assert "Not endorsed by the registry, not medical advice." in part


def test_an_unknown_time_zone_does_not_stop_a_message() -> None:
    assert "12 Feb 2026" in digest(make_digest(make_entry(make_event()), timezone="Nowhere/Land")).text
