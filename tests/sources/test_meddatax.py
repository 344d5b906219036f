"""MedDataX pages: the record whatever the mark-up, nothing lost, nothing guessed, nothing taken from other trials."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import ScriptedFetch
from tests.pages import AT, FIXTURES, HTML, TEXT, document, lost_lines, shuffled_page
from tests.renderings import STYLES, model
from tracker.errors import AnswerError, BlockedError, LayoutError, StatusError, TransientFetchError
from tracker.extract.labels import Vocabulary
from tracker.model.dates import RegistryDate
from tracker.model.source import (
    Absent,
    Answer,
    Asked,
    Document,
    Failed,
    Found,
    Issue,
    NotModified,
    PageSource,
    Response,
    Searchable,
    Validators,
    Versioned,
)
from tracker.sources.meddatax import SOURCE
from tracker.sources.meddatax.words import RECORD_PAGE, RESULTS_PAGE

FOLDER = FIXTURES / "meddatax"
TRIALS = {"record": "NCT90000001", "label_less": "NCT90000002", "ended_early": "NCT90000003", "results": "NCT90000003"}
WITH_HEAD = ("record", "ended_early", "results")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def saved(name: str, text: str | None = None) -> Document:
    return document(f"meddatax:{TRIALS[name]}", text or text_of(name))


def served(name: str, html: str | bytes, content_type: str = HTML) -> Document:
    return document(f"meddatax:{TRIALS[name]}", html, content_type, f"https://meddatax.com/clinical-trials/{TRIALS[name]}")


def vocabulary(name: str) -> Vocabulary:
    return RESULTS_PAGE if name == "results" else RECORD_PAGE


def same_page(name: str, html: str) -> Document:
    return document(f"meddatax:{TRIALS[name]}", html, HTML)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", WITH_HEAD)
def test_every_mark_up_gives_the_record_and_the_digest_of_the_text(name: str, style: str) -> None:
    html = same_page(name, STYLES[style](model(text_of(name), vocabulary(name))))
    assert SOURCE.parse(html) == SOURCE.parse(saved(name))
    assert SOURCE.digest(html) == SOURCE.digest(saved(name))


@given(seed=st.integers(0, 10**9), name=st.sampled_from(WITH_HEAD))
@settings(max_examples=40, deadline=None)
def test_nesting_and_white_space_do_not_change_the_record(seed: int, name: str) -> None:
    html = same_page(name, shuffled_page(text_of(name), vocabulary(name), seed))
    assert SOURCE.parse(html) == SOURCE.parse(saved(name))


@pytest.mark.parametrize("name", TRIALS)
def test_no_line_is_lost(name: str) -> None:
    record, page = SOURCE.read(saved(name))
    parsed = SOURCE.parse(saved(name))
    assert lost_lines(text_of(name), record, page, parsed) == []


def test_a_line_of_the_page_that_nobody_reads_is_an_issue() -> None:
    text = text_of("record").replace("Total Enrollment", "Sponsor's mood\n\nGood\n\nTotal Enrollment")
    issues = SOURCE.parse(saved("record", text)).issues
    assert [(issue.code, issue.value) for issue in issues] == [("unplaced_text", "Sponsor's mood"), ("unplaced_text", "Good")]


def test_related_trials_never_leak_wherever_they_stand() -> None:
    """Numbers, statuses and phases of other trials stay out of the record, the issues and the digest."""
    parsed = SOURCE.parse(saved("record"))
    assert "NCT9000077" not in str(parsed)
    assert (parsed.record.recruitment_status, parsed.record.phases) == ("RECRUITING", ("PHASE1", "PHASE2"))
    others = text_of("record").replace("NCT90000778 NOT_YET_RECRUITING NA", "NCT90000555 WITHDRAWN PHASE4")
    assert SOURCE.digest(saved("record", others)) == SOURCE.digest(saved("record"))


def test_related_trials_in_pieces_do_not_leak_either() -> None:
    text = text_of("record").replace("NCT90000779 TERMINATED PHASE4", "NCT90000779\n\nTERMINATED\n\nPHASE4")
    assert SOURCE.parse(saved("record", text)) == SOURCE.parse(saved("record"))


def test_text_after_related_trials_is_told_and_not_taken() -> None:
    text = text_of("record") + "\nSomething else entirely\n"
    issues = SOURCE.parse(saved("record", text)).issues
    assert issues == (Issue(code="unplaced_text", path="More Related Trials", value="Something else entirely"),)


def test_a_places_status_is_not_the_trials() -> None:
    text = text_of("record").replace("Recruitment Status\n\nRECRUITING", "Recruitment Status\n\nSUSPENDED")
    record = SOURCE.parse(saved("record", text)).record
    assert record.recruitment_status == "SUSPENDED"
    assert [place.recruitment_status for place in record.sites or ()] == ["RECRUITING", "NOT_YET_RECRUITING"]


def test_places_without_status_are_told_apart_by_their_countries() -> None:
    text = text_of("record").replace("Site Status RECRUITING\n\n", "").replace("Site Status NOT_YET_RECRUITING\n\n", "")
    record = SOURCE.parse(saved("record", text)).record
    assert [(place.facility, place.city, place.country) for place in record.sites or ()] == [
        ("St. Nobody's Hospital, Ward 3", "Springfield", "United States"),
        ("Klinik Nirgendwo", "Musterstadt", "Germany"),
    ]


def test_a_single_place_keeps_its_contacts() -> None:
    start, end = text_of("record").index("Klinik Nirgendwo"), text_of("record").index("Countries\n")
    text = text_of("record")[:start] + text_of("record")[end:]
    record = SOURCE.parse(saved("record", text)).record
    assert [contact.role for place in record.sites or () for contact in place.contacts or ()] == ["PRIMARY"]
    assert [contact.role for contact in record.central_contacts or ()] == ["CONTACT"]


def test_contact_details_never_reach_an_issue() -> None:
    text = text_of("record").replace("+00-000-0000001", "Office hours of Contact Person One")
    issues = SOURCE.parse(saved("record", text)).issues
    assert issues == (Issue(code="unplaced_text", path="Central Contacts"),)


def test_an_unknown_status_word_is_kept_and_told() -> None:
    parsed = SOURCE.parse(saved("ended_early"))
    assert (parsed.record.recruitment_status, parsed.record.recruitment_status_as_given) == ("OTHER", "PAUSED")
    assert Issue(code="unknown_word", path="Basic Information / Recruitment Status", value="PAUSED") in parsed.issues


def test_a_date_that_is_none_is_kept_verbatim_and_told() -> None:
    parsed = SOURCE.parse(saved("ended_early"))
    assert parsed.record.completion_date == RegistryDate("Spring 2026")
    assert parsed.record.completion_date.precision == "none"
    assert Issue(code="unreadable_date", path="Study Completion Date", value="Spring 2026") in parsed.issues


def test_label_less_values_are_placed_by_position_only_where_nothing_is_left_open() -> None:
    """Two dates for two labels fit; one date for two could be either, so it is told and not taken."""
    assert SOURCE.parse(saved("label_less")).record.start_date == RegistryDate("2024-02-01")
    parsed = SOURCE.parse(saved("label_less", text_of("label_less").replace("Spring 2026\n", "")))
    assert parsed.record.start_date is None
    assert Issue(code="unplaced_text", path="Basic Information", value="2024-02-01") in parsed.issues


def test_head_less_text_is_read_but_a_head_less_page_is_not() -> None:
    """An extraction may lose title and number; a page that was served without them cannot be known to be the trial's."""
    page = same_page("label_less", STYLES["div_pairs"](model(text_of("label_less"), RECORD_PAGE)))
    assert SOURCE.parse(page).record.recruitment_status is not None
    with pytest.raises(LayoutError, match="NCT ID"):
        SOURCE.parse(msgspec.structs.replace(page, url="https://meddatax.com/clinical-trials/NCT90000001"))


MAINTENANCE = "<html><head><title>Soon</title></head><body><h1>We are down for maintenance</h1></body></html>"
REDESIGN = "<html><body><h1>Light Therapy</h1><p>NCT90000001</p><p>Now enrolling!</p><h2>About</h2><p>Words.</p></body></html>"
LOGIN = "<html><body><form><label>E-mail</label><input><button>Log in</button></form></body></html>"


@pytest.mark.parametrize("html", [MAINTENANCE, REDESIGN, LOGIN, "<html></html>", "<p>Just a moment...</p>"])
def test_a_page_without_its_anchors_is_a_layout_error(html: str) -> None:
    with pytest.raises(LayoutError) as caught:
        SOURCE.parse(served("record", html))
    assert caught.value.trial == "meddatax:NCT90000001"
    assert "https://meddatax.com/clinical-trials/NCT90000001" in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("body", [b"", b"  \n "])
def test_an_empty_page_is_an_answer_error(body: bytes) -> None:
    with pytest.raises(AnswerError, match="empty"):
        SOURCE.parse(served("record", body))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_page_cut_off_on_its_way_is_an_answer_error(share: float) -> None:
    html = STYLES["headings"](model(text_of("record"), RECORD_PAGE))
    with pytest.raises(AnswerError, match="cut off"):
        SOURCE.parse(served("record", html[: int(len(html) * share)]))


@given(lines=st.lists(st.sampled_from(text_of("record").splitlines()) | st.text(max_size=30), max_size=60), html=st.booleans())
@settings(deadline=None)
def test_pages_in_pieces_are_read_or_refused_and_never_break(lines: list[str], html: bool) -> None:
    page = "<br>".join(lines) if html else "\n".join(lines)
    with contextlib.suppress(AnswerError):
        SOURCE.parse(document("meddatax:NCT90000001", page, HTML if html else TEXT))


def test_another_trials_page_is_an_answer_error() -> None:
    with pytest.raises(AnswerError, match="NCT90000003"):
        SOURCE.parse(saved("record", text_of("ended_early")))


def test_bytes_that_do_not_fit_their_character_set_are_told() -> None:
    html = STYLES["table"](model(text_of("record"), RECORD_PAGE)).encode().replace("≥".encode(), b"\xff")
    assert [issue.code for issue in SOURCE.parse(served("record", html)).issues] == ["unreadable_value"]


def test_a_latin_1_page_reads_as_its_charset_says() -> None:
    text = text_of("record").replace("≥", "more than ").replace("apnoea", "apnœa et fièvre")
    html = STYLES["div_pairs"](model(text, RECORD_PAGE)).replace('charset="utf-8"', 'charset="iso-8859-1"').encode("cp1252")
    document_ = document("meddatax:NCT90000001", html, "text/html")
    assert SOURCE.parse(document_) == SOURCE.parse(saved("record", text))


def test_recognises_its_pages_served_and_saved() -> None:
    html = STYLES["spans"](model(text_of("record"), RECORD_PAGE)).encode()
    assert SOURCE.sniff(html) == SOURCE.sniff(text_of("record").encode()) == "meddatax:NCT90000001"
    assert SOURCE.sniff(text_of("results").encode()) == "meddatax:NCT90000003"


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\xff\xfe", MAINTENANCE.encode(), b"NCT ID: NCT90000001"])
def test_does_not_recognise_anything_else(body: bytes) -> None:
    assert SOURCE.sniff(body) is None


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://meddatax.com/clinical-trials/NCT90000001", "meddatax:NCT90000001"),
        ("https://www.meddatax.com/clinical-trials/nct90000001/results/?from=x#top", "meddatax:NCT90000001"),
        ("meddatax.com/clinical-trials/NCT90000001", "meddatax:NCT90000001"),
        ("https://meddatax.com/news/NCT90000001", None),
        ("https://elsewhere.example/clinical-trials/NCT90000001", None),
        ("https://[broken", None),
    ],
)
def test_key_from_an_address(url: str, key: str | None) -> None:
    assert SOURCE.key_from_url(url) == key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1:81/mirror/clinical-trials/NCT90000001", "meddatax:NCT90000001"),
        ("http://127.0.0.1:81/other/clinical-trials/NCT90000001", None),
        ("http://127.0.0.1:82/mirror/clinical-trials/NCT90000001", None),
        ("https://meddatax.com/clinical-trials/NCT90000001", "meddatax:NCT90000001"),
    ],
)
def test_key_from_an_address_below_a_stand_in(url: str, key: str | None) -> None:
    assert SOURCE.key_from_url(url, "http://127.0.0.1:81/mirror") == key


def page(number: int, status: int = 200) -> tuple[str, Response]:
    url = f"https://meddatax.com/clinical-trials/NCT9000000{number}"
    headers = {"content-type": HTML, "etag": '"7"'}
    return url, Response(url=url, status=status, headers=headers, body=b"<p>", fetched_at=AT)


def gone(status: int) -> StatusError:
    return StatusError(f"answered {status}", status=status)


def test_each_page_asked_for_gets_one_answer() -> None:
    (first, found), (second, same) = page(1), page(2, 304)
    urls = [f"https://meddatax.com/clinical-trials/NCT9000000{n}" for n in range(1, 7)]
    fetch = ScriptedFetch(
        {
            first: found,
            second: same,
            urls[2]: gone(410),
            urls[3]: gone(404),
            urls[4]: gone(400),
            urls[5]: TransientFetchError("x"),
        },
        base_url="https://meddatax.com",
    )
    asked = [Asked(trial=f"meddatax:NCT9000000{n}", validators=Validators(etag='"6"')) for n in range(1, 7)]
    answers: list[Answer] = list(SOURCE.retrieve(asked, fetch, None))
    assert [type(answer) for answer in answers] == [Found, NotModified, Absent, Absent, Failed, Failed]
    assert [answer.trial for answer in answers] == [one.trial for one in asked]
    assert set(fetch.options) == {("text/html", Validators(etag='"6"'))}
    assert isinstance(answers[0], Found)
    assert (answers[0].document.body, answers[0].document.as_of, answers[0].validators) == (b"<p>", AT, Validators(etag='"7"'))


def test_a_block_ends_the_source() -> None:
    fetch = ScriptedFetch({page(1)[0]: BlockedError("refused")}, base_url="https://meddatax.com")
    with pytest.raises(BlockedError):
        list(SOURCE.retrieve([Asked(trial="meddatax:NCT90000001")], fetch, None))


def test_the_site_has_no_search_and_no_data_version() -> None:
    assert not isinstance(SOURCE, Searchable | Versioned)
    assert isinstance(SOURCE, PageSource)


def observational(groups: str, interventions: str = "") -> Document:
    """The observational page with other groups; without ``interventions`` it ends before that section."""
    page = (FOLDER / "ended_early.txt").read_text(encoding="utf-8")
    before, _, after = page.partition("Wing 1\n")
    rest = after.partition("\nEligibility Criteria\n")[2]
    intro = after.partition("\nInterventions\n\n")[2].partition("\n")[0]
    listed = f"\nInterventions\n\n{intro}\n\n{interventions}\n" if interventions else ""
    return document("meddatax:NCT90000003", f"{before}{groups}\n{listed}\nEligibility Criteria\n{rest}".encode())


def groups_of(page: Document) -> tuple[list[tuple[str, str | None, tuple[str, ...]]], list[str]]:
    parsed = SOURCE.parse(page)
    arms = [(arm.label, arm.description, tuple(arm.interventions or ())) for arm in parsed.record.arms or ()]
    return arms, [issue.value for issue in parsed.issues if issue.path.startswith("Study Groups")]


def test_untyped_groups_are_known_by_counting_on_where_the_list_of_interventions_is_cut_off() -> None:
    page = observational("Cohort A\nWell.\nBlood draw\nIntervention Type PROCEDURE\nOne tube.\nCohort B\nIll.\nFor long.")
    assert groups_of(page) == (
        [("Cohort A", "Well.", ("Procedure: Blood draw",)), ("Cohort B", "Ill.\nFor long.", ())],
        [],
    )
    assert SOURCE.parse(page).record.interventions[0].description == "One tube."  # type: ignore[index]


def test_untyped_groups_are_known_by_what_describes_the_intervention_before_them() -> None:
    groups = "Nurses\nAt night.\nDiary\nIntervention Type OTHER\nOn paper.\nDoctors\nDiary\nIntervention Type OTHER\nOn paper."
    assert groups_of(observational(groups, "Diary\nOn paper.\nIntervention Type OTHER")) == (
        [("Nurses", "At night.", ("Other: Diary",)), ("Doctors", None, ("Other: Diary",))],
        [],
    )


def test_an_untyped_group_that_nothing_tells_from_a_description_is_an_issue() -> None:
    arms, issues = groups_of(observational("Nurses\nAt night.\nDiary\nIntervention Type OTHER\nOn paper.\nDoctors"))
    assert arms == [("Nurses", "At night.", ("Other: Diary",))]
    assert issues == ["On paper.", "Doctors"]
    assert groups_of(observational("Nurses\nAt night.\nDoctors")) == ([("Nurses", "At night.", ())], ["Doctors"])
