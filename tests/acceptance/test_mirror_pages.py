"""Stored openings of trial pages of further sites, read by their labels alone: no value that the page does not state.

The table was written by hand from the bytes. It holds what each page says under a label; what a page says without one
(a badge, a bare number) may stay unread, but nothing else may be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from tests.pages import document
from tracker.errors import LayoutError
from tracker.model.record import TrialRecord
from tracker.sources.page import SOURCE

pytestmark = pytest.mark.real_data

STATED: Mapping[str, Mapping[str, object]] = {
    "centerwatch_NCT06675422.txt": {
        "conditions": ("Lupus", "Systemic Lupus Erythematosus", "Cutaneous Lupus Erythematosus"),
    },
    "clinconnect_NCT06801119.txt": {"page_date": "2025-11-14"},
    "clincosm_NCT03077919.txt": {
        "nct_number": "NCT03077919",
        "recruitment_status": "COMPLETED",
        "lead_sponsor": "RTI International",
    },
    "clinicaltrials_gov_ct2_show_NCT01072682.txt": {
        "nct_number": "NCT01072682",
        "recruitment_status": "COMPLETED",
        "first_posted": "2010-02-22",
        "last_update_posted": "2011-09-02",
        "results_state": "NONE_POSTED",
        "conditions": ("Acute Renal Failure",),
        "phases": ("PHASE1",),
        "study_type": "INTERVENTIONAL",
        "enrollment": (35, "ACTUAL"),
        "start_date": "2010-02",
        "primary_completion_date": "2011-05 ACTUAL",
        "completion_date": "2011-05 ACTUAL",
        "official_title": ...,
    },
    "clinicaltrialsgps_NCT01400893.txt": {
        "recruitment_status": "TERMINATED",
        "conditions": ("Renal Impairment / Chronic Kidney Disease, Hospital",),
        "last_update_posted": "2017-09-29",
        "start_date": "2011-08",
        "completion_date": "2013-09",
    },
    "ctv_veeva_NCT07177911.txt": {
        "nct_number": "NCT07177911",
        "recruitment_status": "RECRUITING",
        "phases": ("PHASE1",),
        "conditions": ("SLE - Systemic Lupus Erythematosus",),
        "study_type": "INTERVENTIONAL",
        "enrollment": (32, "ESTIMATED"),
    },
    "ichgcp_NCT03219567_withheld.txt": {
        "recruitment_status": "WITHHELD",
        "start_date": "2014-10-09",
        "last_update_posted": "2017-07-13",
    },
    "inclinicaltrials_NCT03086330.txt": {
        "nct_number": "NCT03086330",
        "recruitment_status": "COMPLETED",
        "phases": ("PHASE3",),
        "start_date": "2017-03-15",
        "completion_date": "2018-08-06",
        "verified_on": "2021-07",
        "study_type": "INTERVENTIONAL",
    },
    "medpath_NCT06801119.txt": {
        "nct_number": "NCT06801119",
        "recruitment_status": "RECRUITING",
        "conditions": ("Systemic Lupus Erythematosus",),
        "lead_sponsor": "Shenzhen MagicRNA Biotechnology Co., Ltd",
        "enrollment": (9, None),
    },
    "parkinsonspathways_NCT06801119.md.txt": {
        "nct_number": "NCT06801119",
        "recruitment_status": "RECRUITING",
        "phases": ("PHASE1",),
        "study_type": "INTERVENTIONAL",
        "lead_sponsor": "Shenzhen MagicRNA Biotechnology Co., Ltd",
        "conditions": ("Systemic Lupus Erythematosus, Scleroderma, Rheumatoid Arthritis",),
        "enrollment": (30, None),
        "start_date": "2025-03-16",
        "completion_date": "2028-06-30",
        "last_update_posted": "2026-04-28",
        "brief_title": ...,
        "official_title": ...,
    },
    "starfile_NCT07303517.txt": {
        "nct_number": "NCT07303517",
        "recruitment_status": "RECRUITING",
        "study_type": "OBSERVATIONAL",
        "enrollment": (230, "ESTIMATED"),
        "lead_sponsor": "University of California, Los Angeles",
        "start_date": "2026-01-08",
        "primary_completion_date": "2026-12-01",
        "completion_date": "2026-12-01",
        "first_posted": "2025-12-26",
        "last_update_posted": "2026-03-13",
    },
}
"""File -> field -> value; a text of the page's own that is not repeated here is ``...``."""

NUMBERLESS = ("centerwatch", "clinconnect", "clinicaltrialsgps", "ichgcp")
STATUSLESS = ("centerwatch", "clinconnect")


def stated(record: TrialRecord) -> dict[str, object]:
    """What was read of a page, as the table writes it."""
    found: dict[str, object] = {}
    for field in TrialRecord.__struct_fields__:
        value = getattr(record, field)
        if value in (None, {}) or field in ("trial", "url", "recruitment_status_as_given"):
            continue
        plain = msgspec.to_builtins(value)
        match field:
            case "enrollment":
                plain = (value.count, value.type)
            case "lead_sponsor":
                plain = value.name
            case _ if field.endswith(("_date", "_posted", "verified_on")):
                plain = " ".join(filter(None, (value.date, value.type)))
        found[field] = plain
    return found


def test_every_mirror_page_has_its_row(real_data: Path) -> None:
    assert {file.name for file in (real_data / "mirror-pages").glob("*.txt")} == set(STATED)


@pytest.mark.parametrize("name", STATED)
def test_no_value_is_read_that_the_page_does_not_state_and_a_missing_anchor_is_said(real_data: Path, name: str) -> None:
    body = (real_data / "mirror-pages" / name).read_bytes()
    parsed = SOURCE.parse(document("page:?", body))
    found = stated(parsed.record)
    assert {field: ... if STATED[name].get(field) is ... else value for field, value in found.items()} == STATED[name]
    missing = {issue.path for issue in parsed.issues if issue.code == "missing_shape"}
    assert missing == {
        path for path, sites in (("trial number", NUMBERLESS), ("recruitment status", STATUSLESS)) if name.startswith(sites)
    }


@pytest.mark.parametrize("name", STATED)
def test_a_page_that_is_served_without_number_or_status_is_refused(real_data: Path, name: str) -> None:
    body = (real_data / "mirror-pages" / name).read_bytes()
    served = document("page:?", body, url="https://example.org/trials/1")
    if name.startswith((*NUMBERLESS, *STATUSLESS)):
        with pytest.raises(LayoutError, match=r"trial number|recruitment status"):
            SOURCE.parse(served)
    else:
        assert SOURCE.parse(served).issues == ()


@pytest.mark.parametrize("folder", ["pages", "meddatax", "trialx"])
def test_pages_of_the_given_sites_read_as_any_page_give_no_other_number_or_status(real_data: Path, folder: str) -> None:
    """Related trials, places and boilerplate of these pages hold numbers, statuses and phases of their own."""
    for file in sorted((real_data / folder).glob("*.txt")):
        record = SOURCE.parse(document("page:?", file.read_bytes())).record
        number = file.stem.partition("NCT")[2][:8]
        assert record.nct_number in (None, f"NCT{number}"), file.name
