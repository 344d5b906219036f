"""The real pages, whole and opening: the record the page states, in any mark-up, with no line lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.pages import HTML, document, lost_lines, shuffled_page
from tests.renderings import STYLES, model
from tracker.errors import LayoutError
from tracker.extract.labels import Vocabulary
from tracker.model.dates import RegistryDate
from tracker.model.ids import NCT
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.meddatax import SOURCE as MEDDATAX
from tracker.sources.meddatax import MedDataX
from tracker.sources.meddatax.words import RECORD_PAGE, RESULTS_PAGE
from tracker.sources.trialx import SOURCE as TRIALX
from tracker.sources.trialx import TrialX
from tracker.sources.trialx.read import VOCABULARY

pytestmark = pytest.mark.real_data

WHOLE = ("pages/meddatax_NCT07177911.txt", "pages/trialx_NCT06801119.txt")
OPENINGS = (
    "meddatax/NCT01072682.txt",
    "meddatax/NCT06801119.txt",
    "meddatax/NCT03077919_results.txt",
    "meddatax/NCT01312675_results_label_less.txt",
    "trialx/302681_NCT06801119_opening.txt",
)
HEADLESS = ("meddatax/NCT05680480_label_less.txt", "trialx/337951_opening_no_header.txt")


def page(folder: Path, name: str, html: str | None = None) -> tuple[MedDataX | TrialX, Document, Vocabulary]:
    """The source, the page as text or as the given HTML, and the site's words."""
    if "trialx" in name:
        return TRIALX, _document(folder, name, "trialx:302681", html), VOCABULARY
    number = NCT.findall(name.replace("_", " "))[0]
    words = RESULTS_PAGE if "results" in name else RECORD_PAGE
    return MEDDATAX, _document(folder, name, f"meddatax:{number}", html), words


def _document(folder: Path, name: str, trial: str, html: str | None) -> Document:
    return document(trial, html, HTML) if html is not None else document(trial, (folder / name).read_bytes())


def parsed(folder: Path, name: str) -> Parsed:
    source, text, _ = page(folder, name)
    return source.parse(text)


def mark_ups(folder: Path, name: str) -> Iterator[str]:
    """Every style, and twenty mark-ups of chance."""
    text, words = (folder / name).read_text(encoding="utf-8"), page(folder, name)[2]
    yield from (style(model(text, words)) for style in STYLES.values())
    yield from (shuffled_page(text, words, seed) for seed in range(20))


@pytest.mark.parametrize("name", WHOLE + OPENINGS)
def test_every_mark_up_gives_the_record_of_the_text(real_data: Path, name: str) -> None:
    source, text, _ = page(real_data, name)
    for html in mark_ups(real_data, name):
        served = page(real_data, name, html)[1]
        assert source.parse(served) == source.parse(text)
        assert source.digest(served) == source.digest(text)


@pytest.mark.parametrize("name", HEADLESS)
def test_a_page_without_head_is_read_when_saved_and_refused_when_served(real_data: Path, name: str) -> None:
    """Served like that, nothing shows that it is the trial's page; saved, it is the person's own choice."""
    saved = parsed(real_data, name)
    assert saved.record.brief_title is None
    for html in mark_ups(real_data, name):
        source, served, _ = page(real_data, name, html)
        with pytest.raises(LayoutError):
            source.parse(msgspec.structs.replace(served, url=f"{source.info.base_url}/clinical-trials/page"))
        assert source.parse(served) == saved


@pytest.mark.parametrize("name", WHOLE + OPENINGS + HEADLESS)
def test_no_line_is_lost(real_data: Path, name: str) -> None:
    source, text, _ = page(real_data, name)
    record, placed = source.read(text)
    assert lost_lines((real_data / name).read_text(encoding="utf-8"), record, placed, source.parse(text)) == []


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_page_is_read_without_an_issue(real_data: Path, name: str) -> None:
    assert parsed(real_data, name).issues == ()


def test_the_meddatax_page(real_data: Path) -> None:
    record = parsed(real_data, WHOLE[0]).record
    assert (record.nct_number, record.recruitment_status, record.phases) == ("NCT07177911", "RECRUITING", ("PHASE1",))
    assert (record.results_state, record.last_update_posted) == ("NONE_POSTED", RegistryDate("2025-09-17"))
    assert (record.start_date, record.completion_date) == (RegistryDate("2025-09-11"), RegistryDate("2027-09-10"))
    assert record.enrollment
    assert (record.enrollment.count, record.enrollment.type) == (32, None)
    assert record.who_masked == ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR")
    assert record.eligibility
    assert record.eligibility.criteria
    criteria = record.eligibility.criteria
    assert (len(criteria.inclusion), len(criteria.exclusion), criteria.other) == (8, 23, ())
    assert [(place.city, place.state, place.country) for place in record.sites or ()] == [("Chengdu", "Sichuan", "China")]
    assert [reference.pmid for reference in record.references or ()] == ["32611669", "30527426", "22129255"]


def test_the_trialx_page(real_data: Path) -> None:
    record = parsed(real_data, WHOLE[1]).record
    assert (record.trial, record.nct_number) == ("trialx:302681", "NCT06801119")
    assert (record.recruitment_status, record.recruitment_status_as_given) == ("RECRUITING", "Recruiting")
    assert record.phases == ("NA",)
    assert record.page_date == RegistryDate("2025-08-28")
    assert (record.last_update_posted, record.start_date, record.enrollment, record.results_state) == (None, None, None, None)
    assert record.eligibility
    assert (record.eligibility.minimum_age, record.eligibility.maximum_age, record.eligibility.sex) == (
        "18 Years",
        "69 Years",
        "ALL",
    )


def test_related_trials_leave_no_trace(real_data: Path) -> None:
    for name, others in (
        (WHOLE[0], ("NCT07010835", "YK012")),
        (HEADLESS[0], ("NCT05247203", "NCT05588830", "Childhood-onset")),
    ):
        assert not any(other in str(parsed(real_data, name)) for other in others)


def test_the_two_sites_agree_with_themselves_on_the_trial_they_share(real_data: Path) -> None:
    """Texts that both sites republish come out the same, whatever their mark-up and list marks."""
    one: TrialRecord = parsed(real_data, "meddatax/NCT06801119.txt").record
    other: TrialRecord = parsed(real_data, WHOLE[1]).record
    assert (one.brief_title, one.brief_summary, one.detailed_description, one.conditions, one.phases) == (
        other.brief_title,
        other.brief_summary,
        other.detailed_description,
        other.conditions,
        other.phases,
    )
