"""Enormous records from end to end: the program as its users start it, on a registry that serves them and on saved files.

A third of their size in every run, all of it with ``TRACKER_CHAOS=all`` (``make chaos``).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import A, B
from tests.cli.program import inside
from tests.world import SENDS, Study, World, study
from tracker.model.event import EventFilter

Grow = Callable[[int], Study]
"""A study as it stands on one of two days."""

SHARE = 1.0 if os.environ.get("TRACKER_CHAOS") == "all" else 1 / 3

HANG = 150.0 * max(SHARE**2, 0.2)
"""Seconds of the processor that only work without bounds takes: it grows with the square of the size."""


def _many(number: int) -> int:
    return int(number * SHARE)


def _criteria(count: int, day: int) -> str:
    lines = (f"* Participant has had condition {n} treated with drug {n * (1 + day)} for {n + day} weeks" for n in range(count))
    return "Inclusion Criteria:\n\n" + "\n".join(lines)


def long_line(day: int) -> Study:
    words = [f"w{number % 7919}" for number in range(_many(50_000))]
    text = " ".join(reversed(words) if day else words)
    return study(A, eligibilityModule__eligibilityCriteria=f"Inclusion Criteria:\n\n* {text}")


def many_criteria(day: int) -> Study:
    return study(A, eligibilityModule__eligibilityCriteria=_criteria(_many(2_500), day))


def many_outcomes(day: int) -> Study:
    outcomes = [
        {"measure": f"Change {n} from baseline in score {n * (1 + day)}", "timeFrame": f"{n + day} weeks"}
        for n in range(_many(2_000))
    ]
    return study(A, outcomesModule__primaryOutcomes=outcomes)


def many_sites(day: int) -> Study:
    sites = [
        {"facility": f"Hospital {n} {'North' if day else 'South'}", "city": f"City {n}", "country": "France"}
        for n in range(_many(2_500))
    ]
    return study(A, contactsLocationsModule__locations=sites)


RECORDS = pytest.mark.parametrize("grow", [long_line, many_criteria, many_outcomes, many_sites], ids=lambda grow: grow.__name__)


@pytest.fixture
def bounded() -> Iterator[None]:
    """Fails a test whose work has no bounds."""
    before = time.process_time()
    yield
    assert time.process_time() - before < HANG


@RECORDS
@pytest.mark.usefixtures("bounded")
def test_an_enormous_record_is_compared_told_listed_and_shown_beside_an_ordinary_one(tmp_path: Path, grow: Grow) -> None:
    with World(tmp_path) as world:
        world.studies = {A: grow(0), B: study(B)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS)
        world.day()

        def change() -> None:
            world.studies[A] = grow(1)
            world.amend(B, statusModule__overallStatus="COMPLETED")

        report = world.day(change=change)
        assert (report.state, report.sources[0].failures) == ("done", ())
        assert {event.trial for event in world.store.events(EventFilter())} == {f"ctgov:{A}", f"ctgov:{B}"}
        told = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
        assert any(B in text for text in told)
        assert any(A in text for text in told)
        assert world.store.outbox().messages == ()
        for args in (("changes",), ("changes", "--json"), ("list",), ("list", "--json"), ("diff", A), ("show", A, "--all")):
            ended = inside("--config", world.config, *args)
            assert (ended.code, ended.err) == (0, ""), args
            assert A in ended.out


@RECORDS
@pytest.mark.usefixtures("bounded")
def test_two_saved_files_of_an_enormous_record_are_compared(tmp_path: Path, grow: Grow) -> None:
    names = [tmp_path / f"{day}.json" for day in (0, 1)]
    for day, name in enumerate(names):
        name.write_text(json.dumps(grow(day)))
    for form in ((), ("--json",)):
        ended = inside("diff", "--files", *names, *form)
        assert (ended.code, ended.err) == (0, "")
        assert A in ended.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"[" * 100_000, "JSON"),
        (b'{"a":' * 100_000, "JSON"),
        (b"\xff\xfe\x00" * 1000, "cannot"),
        (b"<html><title>Maintenance</title></html>", "page"),
        (json.dumps({"protocolSection": {"identificationModule": {"nctId": A}}}).encode(), "lacks"),
    ],
    ids=["empty", "lists", "objects", "bytes", "page", "no-anchors"],
)
def test_a_file_that_is_no_record_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(study(A)))
    bad.write_bytes(content)
    for files in ((good, bad), (bad, good)):
        ended = inside("diff", "--files", *files)
        assert (ended.code, ended.out) != (0, "")
        assert ended.err.startswith("error: ")
        assert len(ended.err) < 1000
