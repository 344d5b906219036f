"""Real saved records and openings of pages of registries that are not asked, against what a person reads in them."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker import sources
from tracker.model.record import TrialRecord
from tracker.model.source import Document, FileEntry, FromFiles, Parsed

NOW = datetime(2026, 11, 28, tzinfo=UTC)

pytestmark = pytest.mark.real_data


def read(path: Path) -> list[Parsed]:
    """Every trial of a saved file; a part that cannot be read fails the test."""
    source = sources.load()[path.relative_to(path.parents[1 + (path.parent.name == "more")]).parts[0]]
    assert isinstance(source, FromFiles)
    assert source.is_file(path.read_bytes()[: 1 << 16])
    found = []
    for entry in source.entries(io.BytesIO(path.read_bytes())):
        assert isinstance(entry, FileEntry), entry
        assert source.sniff(entry.body) == entry.trial
        document = Document(
            source=source.info.key,
            trial=entry.trial,
            url="",
            body=entry.body,
            content_type=entry.content_type,
            fetched_at=NOW,
            as_of=NOW,
        )
        found.append(source.parse(document))
        assert len(source.digest(document)) == 64
    return found


def said(record: TrialRecord) -> dict[str, object]:
    """What a record says, as short as a person writes it down; texts by their first words."""
    who = record.eligibility
    dates = ("first_posted", "last_update_posted", "start_date", "primary_completion_date", "completion_date")
    words = (
        "recruitment_status", "study_type", "phases", "allocation", "intervention_model", "primary_purpose", "masking",
        "conditions", "countries", "results_state", "why_stopped",
    )  # fmt: skip
    found: dict[str, object] = {name: getattr(record, name) for name in words}
    for name in dates:
        date = getattr(record, name)
        found[name] = date and " ".join(filter(None, (date.date, date.type)))
    found |= {
        "brief_title": begins(record.brief_title),
        "official_title": begins(record.official_title),
        "lead_sponsor": record.lead_sponsor and record.lead_sponsor.name,
        "funders": tuple(one.name for one in record.funders or ()),
        "collaborators": tuple(one.name for one in record.collaborators or ()),
        "secondary_ids": tuple(one.id for one in record.secondary_ids or ()),
        "enrollment": record.enrollment and " ".join(filter(None, (str(record.enrollment.count), record.enrollment.type))),
        "arms": tuple(arm.label for arm in record.arms or ()),
        "outcomes": (len(record.primary_outcomes or ()), len(record.secondary_outcomes or ())),
        "ages": (who.minimum_age, who.maximum_age) if who else (None, None),
        "sex": who.sex if who else None,
        "healthy_volunteers": who.healthy_volunteers if who else None,
        "criteria": (len(who.criteria.inclusion), len(who.criteria.exclusion)) if who and who.criteria else None,
        "sites": dict(Counter(site.recruitment_status for site in record.sites or ())),
    }
    return {name: value for name, value in found.items() if value not in (None, (), {}, (0, 0), (None, None))}


def begins(text: str | None) -> str | None:
    return " ".join(text.split()[:3]) if text else None


BY_HAND: dict[str, dict[str, object]] = {
    "cris/KCT0000001.html": {
        "recruitment_status": "RECRUITING",
        "brief_title": "The identification of",
        "official_title": "Randomized, multicenter, open-labeled,",
        "secondary_ids": ("2009-0074",),
        "start_date": "2009-05-14 ACTUAL",
        "enrollment": "2062",
        "lead_sponsor": "Korea Centers for Disease Control and Prevention; Asan Medical Center",
        "funders": ("Korea Centers for Disease Control and Prevention",),
        "study_type": "INTERVENTIONAL",
        "phases": ("PHASE3",),
        "allocation": "RANDOMIZED",
        "intervention_model": "PARALLEL",
        "primary_purpose": "PREVENTION",
        "masking": "NONE",
        "conditions": ("Diseases of the circulatory system",),
        "arms": ("TREATMENT ARM", "NON TREATMENT ARM"),
        "outcomes": (1, 1),
        "ages": ("45 Years", "79 Years"),
        "sex": "ALL",
        "healthy_volunteers": True,
        "criteria": (10, 12),
        "sites": {"RECRUITING": 11, "NOT_YET_RECRUITING": 4},
    },
    "cris/more/KCT0000145_detail_2026-08.json": {
        "recruitment_status": "COMPLETED",
        "brief_title": "Study to Compare",
        "official_title": "Randomized, Sigle dose,",
        "first_posted": "2011-07-18",
        "last_update_posted": "2013-12-04",
        "start_date": "2011-08-03 ACTUAL",
        "completion_date": "2011-09-30",
        "enrollment": "12",
        "lead_sponsor": "Dongwha Pharmaceutical",
        "funders": ("Dongwha Pharmaceutical",),
        "study_type": "INTERVENTIONAL",
        "allocation": "RANDOMIZED",
        "intervention_model": "CROSSOVER",
        "primary_purpose": "OTHER",
        "masking": "NONE",
        "outcomes": (2, 0),
        "ages": ("19 Years", "50 Years"),
        "sex": "MALE",
        "sites": {None: 1},
    },
    "anzctr/more/ACTRN12605000102673_as_json_2019.json": {
        "recruitment_status": "RECRUITING",
        "brief_title": "A community based",
        "official_title": "A community based",
        "first_posted": "2005-08-09",
        "start_date": "2003-09-01 ESTIMATED",
        "enrollment": "110 ESTIMATED",
        "lead_sponsor": "University of Sydney, School of exercise & sport science",
        "funders": (
            "University of Sydney",
            "Invercargill South Lions Club Diabetes Services Development Trust",
            "Southland District Health Board",
            "Southern Institute of Technology",
        ),
        "study_type": "INTERVENTIONAL",
        "allocation": "RANDOMIZED",
        "intervention_model": "FACTORIAL",
        "primary_purpose": "PREVENTION",
        "conditions": ("Diabetes prevention", "Insulin resistance in children and adolescents"),
        "countries": ("Australia",),
        "outcomes": (1, 3),
        "ages": ("10 Years", "15 Years"),
        "sex": "ALL",
        "healthy_volunteers": False,
        "criteria": (1, 1),
    },
    "anzctr/ACTRN12624000789561_page_opening.txt": {
        "brief_title": "The Kite Trial:",
        "official_title": "Ketamine for Adults",
        "first_posted": "2024-06-26",
        "last_update_posted": "2024-06-26",
        "study_type": "INTERVENTIONAL",
        "conditions": ("Bipolar Disorder",),
    },
    "ctri/CTRI-2020-05-025069.txt": {
        "brief_title": "Ayurvedic Interventions in",
        "official_title": "Impact of Ayurvedic",
        "first_posted": "2020-05-07",
        "last_update_posted": "2020-10-16",
        "study_type": "INTERVENTIONAL",
        "lead_sponsor": "Central Council For Research in Ayurvedic Sciences",
    },
    "ctri/CTRI-2023-11-059755.txt": {
        "brief_title": "A study to",
        "official_title": "Assessment of comparative",
        "first_posted": "2023-11-13",
        "last_update_posted": "2023-11-09",
        "study_type": "INTERVENTIONAL",
    },
    "umin/UMIN000045685.txt": {
        "recruitment_status": "NOT_YET_RECRUITING",
        "brief_title": "Were clinical trials",
        "official_title": "Compliance of clinical",
        "first_posted": "2021-10-11",
        "last_update_posted": "2021-10-06",
        "conditions": ("Healthy adults",),
    },
    "umin/UMIN000013698.txt": {
        "brief_title": "Examination of the",
        "official_title": "Examination of the",
        "first_posted": "2014-04-11",
        "last_update_posted": "2021-04-17",
        "conditions": ("myopia",),
        "study_type": "INTERVENTIONAL",
    },
    "umin/more/UMIN000019339_2026-06-11_as_json.json": {
        "recruitment_status": "COMPLETED",
        "brief_title": "Randomized controlled trial",
        "official_title": "Randomized controlled trial",
        "first_posted": "2015-10-14",
        "last_update_posted": "2015-12-26",
        "start_date": "2013-06-07 ESTIMATED",
        "enrollment": "500",
        "phases": ("PHASE3",),
        "study_type": "INTERVENTIONAL",
        "allocation": "RANDOMIZED",
        "intervention_model": "PARALLEL",
        "masking": "NONE",
        "conditions": ("Patients undergoing elective laparoscopic colorectal surgery",),
        "outcomes": (1, 1),
        "ages": ("20 Years", None),
        "sex": "ALL",
    },
}
"""What a person reads in each file, written down before a program read it."""

TOLD = {
    "anzctr/ACTRN12624000789561_page_opening.txt": {"recruitment_status", "phases"},
    "ctri/CTRI-2020-05-025069.txt": {"recruitment_status", "start_date", "enrollment", "phases", "countries"},
    "ctri/CTRI-2023-11-059755.txt": {"recruitment_status", "start_date", "enrollment", "phases", "countries", "lead_sponsor"},
    "umin/UMIN000045685.txt": {"study_type", "start_date", "enrollment", "phases", "eligibility.sex"},
    "umin/UMIN000013698.txt": {"recruitment_status", "start_date", "enrollment", "phases", "eligibility.sex"},
    "umin/more/UMIN000019339_2026-06-11_as_json.json": {"eligibility.criteria"},
}
"""Fields that each opening lacks: all of these must be told."""


@pytest.mark.parametrize("name", BY_HAND)
def test_a_saved_record_says_what_a_person_reads_in_it_and_no_more(name: str, real_data: Path) -> None:
    [parsed] = read(real_data / name)
    assert said(parsed.record) == BY_HAND[name]
    missing = {issue.path for issue in parsed.issues if issue.code in ("cut_text", "missing_shape")}
    assert TOLD.get(name, set()) <= missing
    assert {issue.code for issue in parsed.issues} <= {"cut_text", "missing_shape"}
    assert name in TOLD or not parsed.issues


def test_two_texts_of_one_page_give_one_record(real_data: Path) -> None:
    [one], [other] = (read(real_data / "ctri" / f"CTRI-2023-11-059755{style}.txt") for style in ("", "_table_style"))
    assert one == other


def test_every_row_of_the_table_of_anzctr_is_read_with_nothing_unhandled(real_data: Path) -> None:
    found = read(real_data / "anzctr" / "registry_extract_2020.csv")
    assert len(found) == 633
    assert [issue for parsed in found for issue in parsed.issues] == []
    assert Counter(parsed.record.recruitment_status for parsed in found) == {
        "COMPLETED": 103,
        "WITHDRAWN": 103,
        "TERMINATED": 101,
        "ACTIVE_NOT_RECRUITING": 94,
        "RECRUITING": 93,
        "NOT_YET_RECRUITING": 91,
        "SUSPENDED": 48,
    }
    assert all(parsed.record.first_posted for parsed in found)
