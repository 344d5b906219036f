"""Trial pages of any site: what a label is, what its value is, whose page it is, and what is rather left unread."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pages import HTML, document
from tracker import sources
from tracker.errors import AnswerError, LayoutError
from tracker.model.page_site import PageSite
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Labelled, Source
from tracker.sources.page import SOURCE, TrialPage, site_source

FIXTURES = Path(__file__).parent.parent / "fixtures" / "page"
A = "NCT90000031"
ADDRESS = f"https://greenfield.example/trials/{A}"
HEAD = f"<p>NCT ID: {A}</p><p>Overall Status: Recruiting</p>"
SITE = PageSite(key="greenfield", title="Greenfield", address="https://greenfield.example/trials/{number}")


def mapped(fields: Mapping[str, tuple[str, ...]] | None = None, **more: object) -> Source:
    """The source of a site with this map."""
    return site_source(msgspec.structs.replace(SITE, fields=fields or {}, **more))


def served(body: str, source: Source | None = None) -> Document:
    key = (source or mapped()).info.key
    return document(f"{key}:{A}", f"<html><body>{body}</body></html>", HTML, url=ADDRESS)


def read(body: str, source: Source | None = None) -> TrialRecord:
    source = source or mapped()
    return source.parse(served(body, source)).record


def issues(body: str, source: Source | None = None) -> list[tuple[str, str]]:
    source = source or mapped()
    return [(issue.code, issue.path) for issue in source.parse(served(body, source)).issues]


LAYOUTS = {
    "one line": "<p>{label}: {value}</p>",
    "two lines": "<div>{label}</div><div>{value}</div><div>Keywords</div>",
    "headings": "<h3>{label}</h3><p>{value}</p><h3>More</h3>",
    "bold": "<p><b>{label}</b> {value}</p>",
    "spans": "<div><span>{label}</span><span>{value}</span></div>",
    "table row": "<table><tr><th>{label}</th><td>{value}</td></tr></table>",
    "plain cells": "<table><tr><td>{label}</td><td>{value}</td></tr></table>",
    "row of heads": "<table><tr><th>Allocation</th><th>{label}</th></tr><tr><td>Random</td><td>{value}</td></tr></table>",
    "definition list": "<dl><dt>{label}</dt><dd>{value}</dd></dl>",
    "list": "<ul><li><strong>{label}:</strong> {value}</li></ul>",
    "other case": "<p>{upper} : {value}</p>",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("label", "value", "path", "expected"),
    [
        ("Phase", "Phase 1/Phase 2", "phases", ("PHASE1", "PHASE2")),
        ("Enrollment", "1,240 participants", "enrollment.count", 1240),
        ("Start Date", "14 April 2025", "start_date.date", "2025-04-14"),
        ("Last Updated", "2026-01-09", "last_update_posted.date", "2026-01-09"),
        ("Lead Sponsor", "Hedgerow Institute", "lead_sponsor.name", "Hedgerow Institute"),
        ("Study Results", "No results posted", "results_state", "NONE_POSTED"),
    ],
)
def test_a_value_is_found_by_its_label_in_any_layout(layout: str, label: str, value: str, path: str, expected: object) -> None:
    found: object = read(HEAD + LAYOUTS[layout].format(label=label, upper=label.upper(), value=value))
    for step in path.split("."):
        found = getattr(found, step)
    assert found == expected


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><th>Sponsor</th><td></td></tr><tr><th>Grant giver</th><td>A fund</td></tr></table>",
        "<dl><dt>Sponsor</dt><dd></dd><dt>Grant giver</dt><dd>A fund</dd></dl>",
        "<p><b>Sponsor</b></p><p><b>Collaborators</b> A fund</p>",
        "<p>Sponsor: N/A</p>",
        "<table><tr><th>Sponsor</th><th>Country</th></tr><tr><td>A</td><td>Peru</td></tr><tr><td>B</td><td>Chad</td></tr></table>",
        "<h2>Similar trials</h2><p>Sponsor: Somebody Else</p>",
        "<footer>Sponsor: the people of this site</footer>",
        "<p>Sponsor: One</p><p>Sponsor: Another</p>",
        "<p>The sponsor Hedgerow Institute pays.</p>",
    ],
)
def test_what_is_not_plainly_a_labels_value_is_not_read(body: str) -> None:
    assert read(HEAD + body).lead_sponsor is None


@pytest.mark.parametrize(
    ("text", "dates", "expected"),
    [
        ("9/29/2017", None, "2017-09-29"),
        ("29/9/2017", None, "2017-09-29"),
        ("3/4/2026", "day first", "2026-04-03"),
        ("3/4/2026", "month first", "2026-03-04"),
        ("4/4/2026", None, "2026-04-04"),
        ("03.04.2026", None, "2026-04-03"),
        ("2026/04/03", None, "2026-04-03"),
        ("April 2026 (Estimated)", None, "2026-04"),
        ("3/4/2026", None, None),
        ("13/13/2026", None, None),
        ("soon", None, None),
    ],
)
def test_a_date_is_read_only_where_it_means_one_day(text: str, dates: str | None, expected: str | None) -> None:
    source = mapped(dates=dates)
    found = read(f"{HEAD}<p>Start date: {text}</p>", source).start_date
    assert (found and found.date) == expected
    said = issues(f"{HEAD}<p>Start date: {text}</p>", source)
    assert said == ([] if expected else [("unreadable_date", "start date / Start date")])


@pytest.mark.parametrize("text", ["Open", "Closed", "Ongoing", "Not recruiting", "Authorised-recruitment may be ongoing"])
def test_a_status_word_of_several_meanings_is_other_and_kept_as_given(text: str) -> None:
    body = f"<p>NCT ID: {A}</p><p>Status: {text}</p>"
    record = read(body)
    assert (record.recruitment_status, record.recruitment_status_as_given) == ("OTHER", text)
    assert issues(body) == [("unknown_word", "recruitment status / Status")]
    assert read(body, mapped(statuses={text: "RECRUITING"})).recruitment_status == "RECRUITING"


def test_a_withheld_record_is_read_as_withheld_without_its_blackened_values() -> None:
    record = read(f"<p>NCT ID: {A}</p><p>Overall Status: Withheld</p><p>Sponsor: [Redacted]</p><p>Phase: N/A</p>")
    assert record.recruitment_status == "WITHHELD"
    assert (record.lead_sponsor, record.phases) == (None, None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<h1>Down for maintenance</h1>", "trial number"),
        (f"<p>NCT ID: {A}</p><p>Recruiting</p>", "recruitment status"),
        (f"<p>NCT ID: {A}</p><p>Status: </p><p>Phase: 1</p>", "recruitment status"),
        (f"<p>NCT ID: {A}</p><p>Status: Completed</p><p>Status: Recruiting</p>", "recruitment status"),
        ("<p>Overall Status: Recruiting</p>", "trial number"),
        ("<p>Overall Status: Recruiting</p><p>See NCT90000032 and NCT90000033</p>", "trial number"),
    ],
)
def test_a_served_page_without_number_or_status_is_a_layout_error_that_names_what_is_missing(body: str, said: str) -> None:
    with pytest.raises(LayoutError, match=said) as caught:
        read(body)
    assert "[[page]]" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    "body",
    [
        "<p>NCT ID: NCT90000032</p><p>Overall Status: Recruiting</p>",
        f"<h1>Mint (NCT90000032)</h1><p>Overall Status: Recruiting</p><p>Compare {A}</p>",
        f"<p>Identifiers</p><p>NCT90000032</p><p>Overall Status: Recruiting</p><h2>Similar trials</h2><p>NCT ID: {A}</p>",
    ],
)
def test_a_page_of_another_trial_is_refused(body: str) -> None:
    with pytest.raises(AnswerError, match="the page is of NCT90000032"):
        read(body)


def test_the_page_is_known_by_its_own_address_where_its_text_has_several_numbers() -> None:
    body = f'<link rel="canonical" href="{ADDRESS.lower()}"><p>Overall Status: Recruiting</p><p>NCT90000032, {A}</p>'
    assert mapped().parse(document(f"greenfield:{A}", f"<html><head>{body}</html>", HTML, url=ADDRESS)).record.nct_number == A


MAPPED_PAGE = f"""<p>Study code {A}</p><div class="top"><i class="badge">Recruiting</i></div><p>Refreshed on: 5/6/2026</p>
<p>Funded by Hedgerow Institute</p><p>Overall Status: Completed</p><p>Last Updated: 2020-01-01</p>
<ul class="c"><li>Gout</li></ul>"""
MAP = {
    "recruitment_status": ("css: .top .badge",),
    "last_update_posted": ("Refreshed on",),
    "lead_sponsor": ("Funded by",),
    "conditions": ("css: ul.c li",),
}


def test_a_map_takes_the_place_of_the_usual_labels() -> None:
    record = read(MAPPED_PAGE, mapped(MAP, dates="month first"))
    assert record.recruitment_status == "RECRUITING"
    assert record.last_update_posted is not None
    assert record.last_update_posted.date == "2026-05-06"
    assert record.lead_sponsor is not None
    assert record.lead_sponsor.name == "Hedgerow Institute"
    assert record.conditions == ("Gout",)


def test_a_mapped_label_that_is_gone_is_said_and_a_selector_that_finds_two_values_is_not_believed() -> None:
    gone = MAPPED_PAGE.replace("Refreshed", "Renewed")
    assert issues(gone, mapped(MAP)) == [("missing_shape", "last update posted")]
    with pytest.raises(LayoutError, match="recruitment status"):
        read(MAPPED_PAGE + '<div class="top"><i class="badge">Completed</i></div>', mapped(MAP))


def test_of_several_places_the_first_that_is_on_the_page_counts() -> None:
    source = mapped({"recruitment_status": ("Stand of affairs", "css: .badge", "Overall Status")})
    assert read(MAPPED_PAGE, source).recruitment_status == "RECRUITING"
    assert read(MAPPED_PAGE.replace("badge", "b"), source).recruitment_status == "COMPLETED"
    assert read(MAPPED_PAGE + "<p>Stand of affairs: Suspended</p>", source).recruitment_status == "SUSPENDED"


def test_the_labels_that_were_found_are_listed_for_people_who_make_a_map() -> None:
    source = mapped(MAP, dates="month first")
    assert isinstance(source, Labelled)
    found = {one.field: (one.label, one.value) for one in source.labels(served(MAPPED_PAGE))[0]}
    assert found["recruitment_status"] == ("css: .top .badge", "Recruiting")
    assert found["last_update_posted"] == ("Refreshed on", "5/6/2026")


def test_a_saved_page_is_its_sites_by_the_address_in_its_head() -> None:
    page = (FIXTURES / "table.html").read_bytes()
    site = PageSite(key="greenfield", title="G", address="https://greenfield.example/trials/{number}/*")
    assert site_source(site).sniff(page) == "greenfield:NCT90000021"
    assert mapped().sniff(page) is None
    assert SOURCE.sniff(page) is None


def test_numbers_of_other_registries_are_read_for_a_site_of_that_home() -> None:
    source = mapped(home="isrctn")
    body = "<p>Registry number: ISRCTN90000031</p><p>Status: Completed</p><p>Related: NCT90000032</p>"
    page = document("greenfield:ISRCTN90000031", f"<html>{body}</html>", HTML, url=ADDRESS)
    record = source.parse(page).record
    assert record.nct_number is None
    assert [one.id for one in record.secondary_ids or ()] == ["ISRCTN90000031"]
    assert source.info.home_keys(record.trial, record.nct_number) == ("isrctn:ISRCTN90000031",)
    with pytest.raises(AnswerError, match="ISRCTN90000031"):
        source.parse(msgspec.structs.replace(page, trial="greenfield:ISRCTN90000032"))


def test_what_is_kept_of_a_site_that_is_no_longer_described_stays_readable() -> None:
    known = sources.load((SITE,))
    assert "greenfield" in known
    assert "greenfield" not in sources.load()
    assert sources.load()["greenfield"].parse(served(HEAD)).record == known["greenfield"].parse(served(HEAD)).record


@given(noise=st.lists(st.sampled_from(["Home", "About us", "12 views", "Share", "© 2026", "Read more"]), max_size=6))
def test_lines_without_a_label_change_neither_the_record_nor_the_digest(noise: list[str]) -> None:
    page = (FIXTURES / "table.html").read_text(encoding="utf-8")
    more = page.replace("<h2>Summary</h2>", "".join(f"<p>{line}</p>" for line in noise) + "<h2>Summary</h2>")
    reader = TrialPage()
    plain, other = (document("page:NCT90000021", text, HTML) for text in (page, more))
    assert reader.parse(plain) == reader.parse(other)
    assert reader.digest(plain) == reader.digest(other)


@given(text=st.text(max_size=300))
def test_any_text_under_any_label_is_read_or_said_and_never_breaks(text: str) -> None:
    body = HEAD + "".join(f"<p>{label}: {text.replace('<', '')}</p>" for label in ("Phase", "Enrollment", "Start date"))
    record = read(body)
    assert record.recruitment_status == "RECRUITING"


@pytest.mark.parametrize(
    "heading", ["Clinical Trials", "Clinical trials for 2015-000590-12", "Greenfield", "Study record NCT90000031"]
)
def test_a_main_heading_that_names_the_site_or_the_kind_of_page_is_no_title(heading: str) -> None:
    assert read(f"{HEAD}<h1>{heading}</h1>").brief_title is None
    assert read(f"{HEAD}<h1>{heading} of tea</h1>").brief_title == f"{heading} of tea"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("See what this trial is about in the list.", "Gout", "Sore Feet", "Interventions"), ("Gout", "Sore Feet")),
        (("Gout; Sore Feet", "Interventions"), ("Gout", "Sore Feet")),
        (("Lupus Erythematosus, Systemic", "Interventions"), ("Lupus Erythematosus, Systemic")),
        (("Condition Gout", "Interventions"), None),
        (("Gout Disease: Version: 19.0", "Interventions"), None),
        (("Gout", "Sore Feet", "and so on"), None),
        (("Interventions", "Gout"), None),
    ],
)
def test_conditions_are_a_list_whose_end_is_known(lines: tuple[str, ...], expected: object) -> None:
    found = read(f"{HEAD}<div>Conditions</div>" + "".join(f"<div>{line}</div>" for line in lines)).conditions
    assert found == ((expected,) if isinstance(expected, str) else expected)


def test_a_label_of_two_parts_is_not_its_first_part() -> None:
    assert read(f"{HEAD}<p>Scientific Title:Acronym Mint</p>").official_title is None
    assert read(f"{HEAD}<p>Scientific Title: Type of Mint</p>").official_title == "Type of Mint"


def test_a_value_under_a_heading_is_not_the_row_of_another_label() -> None:
    assert read(f"{HEAD}<h3>Primary Sponsor</h3><p>Name Hedgerow Institute</p>").lead_sponsor is None
    found = read(f"{HEAD}<h3>Primary Sponsor</h3><p>Hedgerow Institute</p>").lead_sponsor
    assert found is not None
    assert found.name == "Hedgerow Institute"
