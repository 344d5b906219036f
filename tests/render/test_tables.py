"""Tables for terminals and machines."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC
from typing import Never

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.samples import SEEN, make_event, make_quoting, make_record, make_row, make_story, many_kinds
from tracker.model.alert import Message
from tracker.model.details import read_details
from tracker.model.event import Change
from tracker.model.record import Enrollment, Site
from tracker.model.views import Nearest
from tracker.model.vocabulary import KIND_NAMES
from tracker.render import kinds, machine, tables
from tracker.render.machine import changes_json, diff_json, document, present_json, record_json
from tracker.render.record_view import diff_view, record_view
from tracker.render.safe_text import cell, one_line
from tracker.render.tables import (
    Finding,
    Grid,
    grid_csv,
    grid_markdown,
    grid_text,
    long_text,
    present_grid,
    present_line,
    terminal,
)

EVENTS = [event for entry in many_kinds() for event in entry.events]
SECRETS = ("Petra", "Private", "555 01", "Paul", "Personal")


def test_a_present_row_is_in_words() -> None:
    near = Nearest(place="Munich, Germany", km=11.7, recruitment_status="RECRUITING")
    row = present_line(make_row(make_record(), label="CC312 in SLE", nearest=near))
    assert row.name == "CC312 in SLE"
    assert "_" not in row.recruitment_status
    assert row.recruitment_status.lower().startswith("recruiting")
    assert (row.start, row.primary_completion) == ("2026-02-09", "2027-03 est.")
    assert (row.enrollment, row.results) == ("48 est.", "none posted")
    assert row.nearest.startswith("about 12 km (Munich, Germany)")


def test_what_the_registry_does_not_say_stays_empty() -> None:
    row = present_line(make_row(make_record(enrollment=None, start_date=None, recruitment_status=None)))
    assert (row.enrollment, row.start, row.recruitment_status) == ("", "", "")
    row = present_line(make_row(make_record(enrollment=Enrollment(count=None))))
    assert row.enrollment == "unknown"


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_tables_keep_within_the_terminal(width: int) -> None:
    other = make_record(trial="isrctn:ISRCTN12345674", recruitment_status="ACTIVE_NOT_RECRUITING")
    rows = [make_row(make_record(), nearest=Nearest(place="Munich, Germany", km=11.7)), make_row(other)]
    for grid in (present_grid(map(present_line, rows)), tables.changes_grid(EVENTS, UTC)):
        text = grid_text(grid, width=width)
        assert max(len(line) for line in text.splitlines()) <= width


def test_numbers_of_trials_are_never_broken_at_80_columns() -> None:
    record = make_record(trial="isrctn:ISRCTN12345674", recruitment_status="ENROLLING_BY_INVITATION")
    text = grid_text(present_grid([present_line(make_row(record))]), width=80)
    assert "ISRCTN12345674" in text
    assert "too narrow for: Start" in text


def test_pipes_get_no_escapes_and_terminals_get_colour() -> None:
    grid = tables.changes_grid(EVENTS, UTC)
    assert "\x1b" not in grid_text(grid, width=100)
    assert "\x1b[" in grid_text(grid, width=100, colour=True)
    assert "\x1b" not in terminal(diff_view(make_story(*EVENTS[:3]), EVENTS[:3], timezone=UTC))


def test_registry_text_can_neither_steer_a_terminal_nor_pass_as_markup() -> None:
    event = make_quoting("[bold red]x[/] \x1b]0;title\x07\x1b[2J :smile:", label="[link=x]y")
    text = grid_text(tables.changes_grid([event], UTC), width=120, colour=False)
    assert "[bold red]x[/]" in text
    assert ":smile:" in text
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.parametrize("start", ["=1+1", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_csv_formulas_are_defused(start: str) -> None:
    change = Change(path=("country_status", start), new={"country": start, "status": "RECRUITING"})
    event = make_event("country_status_changed", changes=(change,))  # its headline begins with the registry's own text
    rows = list(csv.DictReader(io.StringIO("".join(tables.changes_csv([event])))))
    assert rows[0]["headline"].startswith("'")


def test_csv_numbers_stay_numbers() -> None:
    assert cell("-12.5") == "-12.5"
    assert cell("+3") == "+3"


@given(st.text())
def test_a_csv_cell_never_begins_like_a_formula(text: str) -> None:
    made = cell(one_line(text))
    number = made.lstrip("+-").replace(".", "", 1)
    assert not made.startswith(("=", "@")), made
    assert not made.startswith(("+", "-")) or number.isdecimal()


def test_csv_carries_the_evidence_and_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(tables.changes_csv(EVENTS)))))
    assert len(rows) == len(EVENTS)
    assert rows[0]["trial"] == "ctgov:NCT07177911"
    assert rows[0]["first_seen_changed_at"] == "2026-02-12T06:00:09+00:00"
    assert rows[0]["new_sha256"].startswith("sha256:")
    assert rows[0]["link"] == "https://clinicaltrials.gov/study/NCT07177911"


def test_markdown_cells_cannot_break_the_table() -> None:
    lines = list(tables.changes_markdown([make_quoting("a | b\n<img src=x> [l](http://x) `c`")], UTC))
    assert len(lines) == 3
    assert r"a \| b \<img src=x\> \[l\](http://x) \`c\`" in lines[2]


def test_json_shows_a_terminal_nothing_that_it_obeys() -> None:
    text = document({"title": "\x1b[2J \x9b31m \u202egnp \u2066x\x7f é"})
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert json.loads(text) == {"title": "\x1b[2J \x9b31m \u202egnp \u2066x\x7f é"}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_streamed_list_is_written_like_a_whole_document(count: int) -> None:
    values = [{"title": "a\nb", "dates": ["2026"], "none": []}] * count
    assert "".join(machine.listed("trials", values)) == document({"trials": values})


def test_json_is_for_machines_and_without_people() -> None:
    told = json.loads("".join(changes_json(EVENTS)))
    assert [event["kind"] for event in told["events"]] == [event.kind for event in EVENTS]
    trials = json.loads("".join(present_json([make_row(make_record())])))["trials"]
    assert trials[0]["recruitment_status"] == "RECRUITING"
    assert trials[0]["primary_completion_date"] == {"date": "2027-03", "type": "ESTIMATED"}
    assert json.loads(diff_json(None, [], "ctgov:NCT07177911")) == {"trial": "ctgov:NCT07177911", "story": None, "events": []}


def test_nobody_is_named_anywhere_unless_switched_on() -> None:
    rest = {"protocolSection.contactsLocationsModule.x": "Petra Private"}
    record = make_record(rest=rest)
    timeline = terminal(record_view(record, EVENTS, timezone=UTC, everything=True), width=120)
    diff = terminal(diff_view(make_story(*EVENTS[:4]), EVENTS[:4], timezone=UTC), width=120)
    for text in (timeline, diff, *tables.changes_csv(EVENTS), *changes_json(EVENTS), record_json(record)):
        for secret in SECRETS:
            assert secret not in text
    assert "Petra Private" in record_json(record, contacts=True)
    assert "Petra Private" in "".join(changes_json(EVENTS, contacts=True))


def test_contacts_of_a_site_that_came_as_a_whole_are_left_out() -> None:
    site = {"facility": "Example Hospital", "contacts": [{"name": "Petra Private"}]}
    text = "".join(changes_json([make_event("sites_changed", changes=(Change(path=("sites", "x"), new=site),))]))
    assert "Example Hospital" in text
    assert "Petra" not in text


def test_show_tells_the_record_and_its_timeline() -> None:
    text = terminal(record_view(make_record(), EVENTS[:2], label="CC312 in SLE", timezone=UTC), width=100)
    for told in ("CC312 in SLE (NCT07177911)", "Phase 1, Phase 2", "Adverse events [Week 24]", "Example University Hospital"):
        assert told in text
    assert "12 Feb 2026  major  Now recruiting" in text


def test_show_cuts_long_lists_unless_everything_is_asked_for() -> None:
    record = make_record(sites=tuple(Site(facility=f"Place {number}", city="Lyon") for number in range(60)))
    assert "and 35 more" in terminal(record_view(record, timezone=UTC))
    whole = terminal(record_view(record, timezone=UTC, everything=True))
    assert "Place 59" in whole
    assert "more" not in whole


def test_diff_says_so_when_nothing_changed() -> None:
    assert terminal(diff_view(None, [], timezone=UTC)) == "Nothing changed between these versions.\n"


def test_diff_tells_every_part_with_old_and_new() -> None:
    events = [make_quoting(f"Part {number}") for number in range(30)]
    events[0] = make_event(changes=(Change(path=("recruitment_status",), old="RECRUITING", new="COMPLETED"),))
    text = terminal(diff_view(make_story(*events), events, timezone=UTC))
    assert " -> " in text
    assert "Part 29" in text


def test_outbox_and_findings_say_why() -> None:
    message = Message(
        key="me/41",
        channel="me",
        kind="digest",
        subject="3 changes",
        text="",
        html="",
        message_id="<a@b>",
        created_at=SEEN,
        attempts=2,
        next_attempt_at=SEEN,
        last_error="451 try again later",
    )
    outbox = " ".join(grid_text(tables.outbox_grid([message], UTC), width=120).split())
    assert "451 try again later; next" in outbox
    finding = Finding(subject="mail", state="problem", text="There is no [mail] table.", remedy="Add one.")
    assert "There is no [mail] table. Add one." in grid_text(tables.findings_grid([finding]), width=100)


def test_an_empty_table_is_a_head_and_nothing_more() -> None:
    grid = tables.changes_grid([], UTC)
    assert "0 changes in 0 trials" in grid_text(grid)
    assert grid_csv(grid) == "Day,Severity,Trial,What changed\n"
    assert grid_markdown(grid).count("\n") == 2


WORDY = st.text(alphabet=st.sampled_from("ab é漢-, "), max_size=90)


@given(st.lists(st.tuples(WORDY, WORDY, WORDY), min_size=1, max_size=6), st.integers(130, 160))
def test_rows_beyond_the_first_look_like_those_of_a_short_table(rows: list[tuple[str, str, str]], width: int) -> None:
    grid = Grid(
        columns=("Trial", "Count", "What"),
        rows=tuple(rows),
        flexible="What",
        widest={"Trial": 18},
        numbers=frozenset({"Count"}),
    )
    twice = "".join(long_text(grid, rows, lambda: "all of them", width=width)).splitlines()
    once = grid_text(grid, width=width).splitlines()
    head = next(number for number, line in enumerate(once) if line.startswith("─"))
    assert twice[: len(once)] == once
    assert twice[len(once) : -1] == once[head + 1 :]
    assert twice[-1].startswith("all of them")


class _Unread(tuple[Change, ...]):
    """Changed values that nobody may look at."""

    def __iter__(self) -> Never:
        raise AssertionError("the values that changed were read")

    def __getitem__(self, key: object) -> Never:
        raise AssertionError("the values that changed were read")

    def __len__(self) -> Never:
        raise AssertionError("the values that changed were counted")


@pytest.mark.parametrize("kind", sorted(KIND_NAMES - kinds.WITH_VALUES))
def test_a_headline_made_from_details_looks_at_no_changed_value(kind: str) -> None:
    bare = make_event(kind, details=read_details(kind, {}))
    made = [msgspec.structs.replace(bare, effects=effects) for effects in ((), ("added",), ("central_contacts", "sites"))]
    for event in (*made, *(event for event in EVENTS if event.kind == kind)):
        unread = msgspec.structs.replace(event, changes=_Unread())
        assert event.details.spelling_only or kinds.headline(unread) == kinds.headline(event)
