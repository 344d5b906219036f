"""Real updates of 2026, read by hand before the tracker saw them: what must be told of each, by kind, effect and value.

``expected_changes.csv`` holds facts only. A pair whose row names no kind must tell nothing. An empty severity or value is not
checked. Kinds in `STRICT` must agree entirely; precision and recall of every kind are printed (``pytest -s``).
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.acceptance.test_pairs import _bytes, _day, _record
from tests.builders import detected, said
from tracker.model.dates import RegistryDate
from tracker.model.event import Event
from tracker.model.record import TrialRecord

pytestmark = pytest.mark.real_data

FILE = Path(__file__).with_name("expected_changes.csv")
STRICT = frozenset({"sites_changed", "countries_changed", "nearby_site_opened", "nearby_site_closed"})
OPEN = frozenset({("72", "other_fields_changed")})
"""Where the tracker says more than a reader would: a field that the collection left in and the registry does not have is told,
as each field that the tracker does not know."""
LATER = RegistryDate(date="2030-01-01", type="ACTUAL")


class Pair(NamedTuple):
    """One update, as a row of the collection's index names it."""

    number: str
    trial: str
    before: str
    after: str


Row = dict[str, str]


@cache
def _expected() -> dict[Pair, tuple[Row, ...]]:
    rows: dict[Pair, list[Row]] = defaultdict(list)
    with FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = rows[Pair(row["pair"], row["trial"], row["before"], row["after"])]
            found += [row] if row["kind"] else []
    return {pair: tuple(found) for pair, found in rows.items()}


@cache
def _records(folder: Path, pair: Pair) -> tuple[TrialRecord, TrialRecord]:
    paths = (folder / "pairs" / pair.trial / f"{day}.json.gz" for day in (pair.before, pair.after))
    return tuple(  # type: ignore[return-value]
        _record(_bytes(path), pair.trial, _day(path.name.split(".")[0])) for path in paths
    )


def _told(old: TrialRecord, new: TrialRecord, pair: Pair) -> dict[str, Event]:
    return {event.kind: event for event in detected(old, new, at=_day(pair.after)).events}


def _disagreements(event: Event, row: Row) -> Iterator[str]:
    """In what an event is not as its row says."""
    if (effects := "+".join(event.effects)) != row["effects"]:
        yield f"effects {effects}, not {row['effects']}"
    if row["severity"] and event.severity != row["severity"]:
        yield f"{event.severity}, not {row['severity']}"
    for name, value in (part.split("=") for part in row["value"].split(";") if part):
        if (found := _value(event, name)) != value:
            yield f"{name} {found}, not {value}"


def _value(event: Event, name: str) -> str:
    details = said(event)
    value: Any = details.get(name, details.get("counts", {}).get(name))
    match value:
        case {"date": day}:
            return str(day)
        case list() if name in {"opened", "closed", "listed", "delisted"}:
            return "+".join(value)
        case list():
            return "+".join(value) if all(isinstance(each, str) for each in value) else str(len(value))
        case _:
            return "" if value is None else str(value)


def test_the_table_names_each_pair_of_the_collection(cases: Path) -> None:
    with (cases / "pairs" / "index.csv").open(newline="", encoding="utf-8") as file:
        found = {
            Pair(row["no"], row["nct"], *(Path(row[side]).name.split(".")[0] for side in ("old", "new")))
            for row in csv.DictReader(file)
        }
    assert found == set(_expected())


def test_each_update_tells_of_its_places_what_a_reader_would(cases: Path) -> None:
    wrong = []
    for pair, rows in _expected().items():
        told = _told(*_records(cases, pair), pair)
        expected = {row["kind"]: row for row in rows}
        wrong += [f"{pair.number} {kind} missed" for kind in expected.keys() & STRICT if kind not in told]
        wrong += [f"{pair.number} {kind} false: {told[kind].effects}" for kind in told.keys() & STRICT if kind not in expected]
        for kind in expected.keys() & told.keys() & STRICT:
            wrong += [f"{pair.number} {kind}: {why}" for why in _disagreements(told[kind], expected[kind])]
    assert wrong == []


def test_places_that_are_only_respelt_are_told_with_a_new_version_and_quiet_without(cases: Path) -> None:
    quiet = respelt = 0
    for pair, rows in _expected().items():
        old, new = _records(cases, pair)
        moved = _told(old, msgspec.structs.replace(new, last_update_posted=LATER), pair)
        unmoved = {"last_update_posted": old.last_update_posted, "verified_on": old.verified_on}
        same = _told(old, msgspec.structs.replace(new, **unmoved), pair)
        row = next((row for row in rows if row["kind"] == "sites_changed"), None)
        if row is None or row["effects"] == "respelt":
            assert "sites_changed" not in same, pair
            quiet += 1
            if "sites_changed" in moved:
                event = moved["sites_changed"]
                assert (event.effects, event.severity, event.details.spelling_only) == (("respelt",), "minor", True), pair
                respelt += 1
        else:
            assert moved["sites_changed"].effects == same["sites_changed"].effects, pair
        assert (
            ("countries_changed" in moved)
            == ("countries_changed" in same)
            == any(row["kind"] == "countries_changed" for row in rows)
        ), pair
    assert (quiet, respelt) == (16, 9)


def test_what_is_told_is_what_a_reader_would_say_by_kind(cases: Path) -> None:
    hits: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])  # told rightly, told, expected
    report: list[tuple[str, ...]] = []
    wrong: set[tuple[str, str]] = set()
    for pair, rows in _expected().items():
        told = _told(*_records(cases, pair), pair)
        expected = {row["kind"]: row for row in rows}
        for kind in told.keys() | expected.keys():
            right = kind in told and kind in expected and not list(_disagreements(told[kind], expected[kind]))
            for position, counts in enumerate((right, kind in told, kind in expected)):
                hits[kind][position] += counts
            if not right:
                wrong.add((pair.number, kind))
                why = list(_disagreements(told[kind], expected[kind])) if kind in told and kind in expected else []
                report.append(
                    (pair.number, kind, "missed" if kind not in told else "; ".join(why) or f"false {told[kind].effects}")
                )
    for kind, (right, claimed, wanted) in sorted(hits.items()):
        report.append((kind, f"precision {right}/{claimed}", f"recall {right}/{wanted}"))
    sys.stdout.write("\n".join(map(" ".join, report)))
    assert wrong == OPEN
