"""Real answers of ISRCTN: every value taken, left out by name or told; and a change between two days, checked by hand.

The dated copies of a study are no answers of the registry: somebody turned its XML into JSON, lost the attributes, and in some
years the ends of lines. They are turned back here, for the facts that such a copy still holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.builders import detected
from tracker import sources
from tracker.extract.xml_reader import sniff_root
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Parsed
from tracker.sources.isrctn.payload import number_of, studies

pytestmark = pytest.mark.real_data

SOURCE = sources.load()["isrctn"]
AT = datetime(2026, 9, 1, tzinfo=UTC)
FILES = {
    "xml/query_response_2026-10-09.xml": 3,
    "more/default_format_3_of_31_2026-08_shortened.xml": 3,
    "more/trial_ISRCTN14757012_2020-06-03_shortened.xml": 1,
    "more/who_format_2_of_n_2026-08_shortened.xml": 2,
}
FACTS = {
    "ISRCTN15375673": ("RECRUITING", None, 3060, "2026-05-01", "NONE_POSTED"),
    "ISRCTN16025168": ("RECRUITING", None, 210, "2026-09-01", "NONE_POSTED"),
    "ISRCTN16132141": ("COMPLETED", None, 49, "2024-09-23", "NONE_POSTED"),
    "ISRCTN41823570": ("RECRUITING", None, 440, "2026-07-23", "NONE_POSTED"),
    "ISRCTN85064961": ("COMPLETED", None, 65, "2024-07-01", "NONE_POSTED"),
    "ISRCTN12564318": ("RECRUITING", None, 280, "2025-11-17", None),
    "ISRCTN14757012": ("COMPLETED", None, 40, "2013-05-20", "POSTED"),
    "ISRCTN13555554": ("RECRUITING", None, 42, "2026-08-03", "NONE_POSTED"),
    "ISRCTN64724266": ("NOT_RECRUITING_UNSPECIFIED", "No longer recruiting", 262, "2012-05-01", "POSTED"),
}
"""Of each study on 1 September 2026: status, the registry's word, participants, start, results."""


def read(body: bytes, number: str, at: datetime = AT) -> Parsed:
    document = Document(
        source="isrctn", trial=f"isrctn:{number}", url="", body=body, content_type="application/xml", fetched_at=at, as_of=at
    )
    assert SOURCE.digest(document)
    return SOURCE.parse(document)


def answers(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name, count in FILES.items():
        body = (folder / "isrctn" / name).read_bytes()
        root = sniff_root(body)
        assert root is not None
        found = [number_of(element) or "" for element in studies(root)]
        assert len(found) == count, name
        yield from ((number, body) for number in found)


def test_every_value_is_taken_or_left_out_by_name(real_data: Path) -> None:
    for number, body in answers(real_data):
        assert read(body, number).issues == (), number


def test_every_study_is_read_as_a_careful_reader_would(real_data: Path) -> None:
    assert {number: _facts(read(body, number).record) for number, body in answers(real_data)} == FACTS


def _facts(record: TrialRecord) -> tuple[object, ...]:
    size, start = record.enrollment, record.start_date
    status = (record.recruitment_status, record.recruitment_status_as_given)
    return (*status, size.count if size else None, start.date if start else None, record.results_state)


def test_parts_of_real_records_are_read_inside_a_record(real_data: Path) -> None:
    """Each stored part takes its place in a real record, or stands beside it."""
    folder = real_data / "isrctn" / "more"
    outer = (folder / "trial_ISRCTN14757012_2020-06-03_shortened.xml").read_text(encoding="utf-8")
    read_parts = 0
    for path in sorted((folder / "fragments").glob("*.xml")):
        name, part = path.stem.split("_")[0], path.read_text(encoding="utf-8")
        place = re.search(rf"<{name}(?:/>|[ >].*?</{name}>)", outer, re.DOTALL)
        if name == "contactDetails":
            part = f"<contact>{part}</contact>"
        beside = re.sub(r"</?trialAgents>", "", part)
        text = outer[: place.start()] + part + outer[place.end() :] if place else f"<fullTrial>{outer}{beside}</fullTrial>"
        assert read(text.encode(), "ISRCTN14757012").issues == (), path.name
        read_parts += 1
    assert read_parts == 23


def turned_back(value: Any, name: str) -> str:
    """A part of such a copy as XML again; what is empty in any of its ways is left out."""
    if isinstance(value, list):
        return "".join(turned_back(one, name) for one in value)
    if value in ("", None, {}):
        return ""
    inner = "".join(turned_back(one, key) for key, one in value.items()) if isinstance(value, dict) else escape(str(value))
    return f"<{name}>{inner}</{name}>"


def copies(folder: Path, number: str) -> Iterator[tuple[str, TrialRecord]]:
    for path in sorted((folder / "isrctn" / "snapshots" / number).glob("*.json")):
        copy = json.loads(path.read_bytes())
        copy.pop("ctrname", None)
        copy.pop("record_last_import", None)
        copy.get("outputs") and copy.pop("outputs")  # without its attributes an output says nothing
        copy.pop("attachedFiles", None)
        yield path.stem, read(turned_back(copy, "trial").encode(), number).record


def test_a_protocol_that_became_results_is_told_with_the_participants_there_were(real_data: Path) -> None:
    by_day = dict(copies(real_data, "ISRCTN12949496"))
    before, after = by_day["2022-08-10"], by_day["2023-11-23"]
    assert (before.recruitment_status, before.why_stopped) == ("TERMINATED", "Participant recruitment issue")
    told = {event.kind: event for event in detected(before, after, at=AT).events}
    assert {"results_posted", "enrollment_changed", "references_changed"} <= told.keys()
    assert not told.keys() & {"recruitment_status_changed", "start_date_changed", "completion_date_changed", "sponsors_changed"}
    assert after.enrollment is not None
    assert (after.enrollment.count, after.enrollment.type) == (9, "ACTUAL")
    assert {one.type for one in after.references or ()} >= {"RESULT", "BACKGROUND"} - {"BACKGROUND"}


def test_copies_that_differ_in_form_alone_tell_nothing(real_data: Path) -> None:
    """Those whose texts have lost the ends of their lines differ from others in words; the others must not."""
    pairs = 0
    for folder in sorted((real_data / "isrctn" / "snapshots").iterdir()):
        by_day = dict(copies(real_data, folder.name))
        for old, new in (("2023-11-23", "2023-12-03"), ("2026-03-03", "2026-03-08")):
            if {old, new} <= by_day.keys():
                assert detected(by_day[old], by_day[new], at=AT).events == (), (folder.name, new)
                pairs += 1
    assert pairs == 12
