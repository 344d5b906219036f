"""TrialX listings: lines without labels, read by shape, then by position, and never by a guess."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import ScriptedFetch
from tests.pages import FIXTURES, HTML, TEXT, document, lost_lines, shuffled_page
from tests.renderings import STYLES, model
from tracker.errors import AnswerError, LayoutError, StatusError
from tracker.model.dates import RegistryDate
from tracker.model.source import Absent, Asked, Document, Failed, Issue, PageSource, Searchable, Versioned
from tracker.sources.trialx import SOURCE
from tracker.sources.trialx.read import VOCABULARY

FOLDER = FIXTURES / "trialx"
NAMES = ("listing", "odd", "no_header")
WITH_HEAD = ("listing", "odd")
ADDRESS = "https://www.trialx.com/clinical-trials/listings/900001/light-therapy/?radius=50"


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def saved(text: str) -> Document:
    return document("trialx:900001", text, TEXT)


def served(html: str | bytes, url: str = ADDRESS) -> Document:
    return document("trialx:900001", html, HTML, url)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", WITH_HEAD)
def test_every_mark_up_gives_the_record_and_the_digest_of_the_text(name: str, style: str) -> None:
    html = served(STYLES[style](model(text_of(name), VOCABULARY)), url="")
    assert SOURCE.parse(html) == SOURCE.parse(saved(text_of(name)))
    assert SOURCE.digest(html) == SOURCE.digest(saved(text_of(name)))


@given(seed=st.integers(0, 10**9), name=st.sampled_from(WITH_HEAD))
@settings(max_examples=40, deadline=None)
def test_nesting_and_white_space_do_not_change_the_record(seed: int, name: str) -> None:
    html = served(shuffled_page(text_of(name), VOCABULARY, seed), url="")
    assert SOURCE.parse(html) == SOURCE.parse(saved(text_of(name)))


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_lost(name: str) -> None:
    record, page = SOURCE.read(saved(text_of(name)))
    assert lost_lines(text_of(name), record, page, SOURCE.parse(saved(text_of(name)))) == []


def test_the_number_is_the_one_alone_on_its_line() -> None:
    """Another trial's number in the sponsor's text is not this trial's."""
    assert SOURCE.parse(saved(text_of("listing"))).record.nct_number == "NCT90000001"


def test_an_unknown_status_word_is_placed_by_position_kept_and_told() -> None:
    parsed = SOURCE.parse(saved(text_of("odd")))
    assert (parsed.record.recruitment_status, parsed.record.recruitment_status_as_given) == ("OTHER", "Waiting for approval")
    assert Issue(code="unknown_word", path="head / recruitment status", value="Waiting for approval") in parsed.issues


def test_a_date_that_is_none_is_kept_verbatim_and_told() -> None:
    parsed = SOURCE.parse(saved(text_of("odd")))
    assert parsed.record.page_date == RegistryDate("Spring 2026")
    assert Issue(code="unreadable_date", path="Study details / date shown by the site", value="Spring 2026") in parsed.issues


def test_the_sponsor_is_the_line_between_number_and_date_and_else_nobody() -> None:
    text = text_of("listing").replace("14 January 2026\n", "")
    parsed = SOURCE.parse(saved(text))
    assert parsed.record.lead_sponsor is None
    assert Issue(code="unplaced_text", path="Study details", value="Invented University of Sleep") in parsed.issues
    assert Issue(code="missing_shape", path="Study details / date shown by the site") in parsed.issues


def test_without_the_number_neither_conditions_nor_sponsor_are_guessed() -> None:
    parsed = SOURCE.parse(saved(text_of("listing").replace("\nNCT90000001\n", "\n")))
    assert (parsed.record.nct_number, parsed.record.conditions, parsed.record.lead_sponsor) == (None, None, None)
    assert Issue(code="missing_shape", path="Study details / registry number") in parsed.issues


@pytest.mark.parametrize("shape", ["Recruiting", "18-67 years", "Female", "Phase 1/2"])
def test_a_missing_header_line_is_an_issue_and_moves_no_other(shape: str) -> None:
    whole = SOURCE.parse(saved(text_of("listing"))).record
    parsed = SOURCE.parse(saved(text_of("listing").replace(f"{shape}\n", "", 1)))
    assert [issue.code for issue in parsed.issues] == ["missing_shape"]
    kept = (parsed.record.recruitment_status, parsed.record.phases, parsed.record.brief_title)
    assert sum(a != b for a, b in zip(kept, (whole.recruitment_status, whole.phases, whole.brief_title), strict=True)) <= 1


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [
        ("18-67 years", "18 Years", "67 Years"),
        ("6 months - 17 years", "6 Months", "17 Years"),
        ("18+ years", "18 Years", None),
        ("18 years and older", "18 Years", None),
        ("Up to 1 year", None, "1 Year"),
        ("All ages", None, None),
    ],
)
def test_ages_as_the_registry_writes_them(given: str, low: str | None, high: str | None) -> None:
    eligibility = SOURCE.parse(saved(text_of("listing").replace("18-67 years", given))).record.eligibility
    assert eligibility
    assert (eligibility.minimum_age, eligibility.maximum_age) == (low, high)


@pytest.mark.parametrize(
    ("given", "phases"),
    [
        ("Phase N/A", ("NA",)),
        ("Phase 3", ("PHASE3",)),
        ("Phase 2/Phase 3", ("PHASE2", "PHASE3")),
        ("Early Phase 1", ("EARLY_PHASE1",)),
        ("Phase II", ("PHASE2",)),
    ],
)
def test_phases_as_the_registry_writes_them(given: str, phases: tuple[str, ...]) -> None:
    assert SOURCE.parse(saved(text_of("listing").replace("Phase 1/2", given))).record.phases == phases


def test_contact_persons_and_boilerplate_stay_out_of_everything() -> None:
    parsed = SOURCE.parse(saved(text_of("listing")))
    assert parsed.issues == ()
    assert "Contact Person" not in str(parsed)
    assert "SITE_NAME" not in str(parsed)
    other = text_of("listing").replace("Contact Person One", "Contact Person Two").replace("{{SITE_NAME}}", "A Clinic")
    assert SOURCE.digest(saved(other)) == SOURCE.digest(saved(text_of("listing")))


def test_a_new_line_in_the_contact_form_is_told_without_its_words() -> None:
    text = text_of("listing").replace("First name*", "A clinic, its street\nFirst name*")
    assert SOURCE.parse(saved(text)).issues == (Issue(code="unplaced_text", path="Contact form"),)


def test_a_menu_above_the_title_does_not_become_the_title() -> None:
    html = STYLES["framework"](model(text_of("listing"), VOCABULARY)).replace('<div id="root">', '<div id="root"><p>Menu</p>')
    parsed = SOURCE.parse(served(html))
    assert parsed.record.brief_title == "Light Therapy and Melatonin for Sleep in Night-Shift Nurses"
    assert parsed.issues == (Issue(code="unplaced_text", path="head", value="Menu"),)


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><h1>We will be back soon</h1></body></html>",
        "<html><body><h1>Light Therapy</h1><h2>Overview</h2><p>Words</p><h2>Eligibility</h2><p>Words</p></body></html>",
        "<html><body><h2>Overview</h2><p>x</p><h2>Eligibility</h2><h2>Study details</h2><p>NCT90000001</p></body></html>",
        "<html><body></body></html>",
    ],
)
def test_a_page_without_its_anchors_is_a_layout_error(html: str) -> None:
    with pytest.raises(LayoutError) as caught:
        SOURCE.parse(served(html))
    assert "trialx:900001" in str(caught.value)
    assert ADDRESS in str(caught.value)


def test_empty_and_cut_off_pages_are_answer_errors() -> None:
    html = STYLES["headings"](model(text_of("listing"), VOCABULARY))
    for body in ("", html[: len(html) // 2]):
        with pytest.raises(AnswerError):
            SOURCE.parse(served(body))


def test_another_listings_page_is_an_answer_error() -> None:
    html = STYLES["headings"](model(text_of("listing"), VOCABULARY))
    with pytest.raises(AnswerError, match="900002"):
        SOURCE.parse(served(html, ADDRESS.replace("900001", "900002")))


def test_recognises_listings_served_and_saved() -> None:
    """A saved text does not know its listing number; the trial's own number stands in."""
    html = STYLES["div_pairs"](model(text_of("listing"), VOCABULARY))
    linked = html.replace("<title>", f'<link rel="canonical" href="{ADDRESS}"><title>')
    assert SOURCE.sniff(linked.encode()) == "trialx:900001"
    assert SOURCE.sniff(html.encode()) == SOURCE.sniff(text_of("listing").encode()) == "trialx:NCT90000001"
    for other in (b"", b"{}", b"Overview\nEligibility\n", (FIXTURES / "meddatax" / "record.txt").read_bytes()):
        assert SOURCE.sniff(other) is None


def test_key_from_an_address_ignores_slug_and_query() -> None:
    assert (
        SOURCE.key_from_url(ADDRESS)
        == SOURCE.key_from_url("https://trialx.com/clinical-trials/listings/900001/")
        == "trialx:900001"
    )
    assert SOURCE.key_from_url("https://www.trialx.com/clinical-trials/listings/NCT90000001/x") is None
    assert SOURCE.key_from_url("https://centerwatch.example/clinical-trials/listings/900001/x") is None


def test_a_listing_without_address_fails_with_a_remedy_and_a_gone_one_is_absent() -> None:
    gone = StatusError("gone", status=410)
    asked = [Asked(trial="trialx:900001"), Asked(trial="trialx:900002", url=ADDRESS)]
    first, second = SOURCE.retrieve(asked, ScriptedFetch({ADDRESS: gone}), None)
    assert isinstance(first, Failed)
    assert "pages" in first.error
    assert isinstance(second, Absent)


def test_the_site_has_no_search_and_no_data_version() -> None:
    assert not isinstance(SOURCE, Searchable | Versioned)
    assert isinstance(SOURCE, PageSource)
