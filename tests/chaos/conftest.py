"""A program to kill and a stage for it; and what ``make chaos`` says at its end, for docs/reliability.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.chaos import EVERYTHING
from tests.chaos.killing import Program, loaded
from tests.chaos.stage import Stage, Undisturbed, staged, undisturbed_pass

LONGEST = 3600
"""Seconds that a test gets for all its points."""


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with loaded() as ready:
        yield ready


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(stage: Stage, program: Program) -> Undisturbed:
    return undisturbed_pass(stage, program)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All points of a test take longer than one that hangs is given."""
    if EVERYTHING:
        for item in items:
            if "/chaos/" in item.nodeid:
                item.add_marker(pytest.mark.timeout(LONGEST))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count a test of one point once, and one of many by its property ``points`` (``record_property``)."""
    if not EVERYTHING:
        return
    survived: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and "/chaos/" in report.nodeid:
            survived[report.nodeid.partition("[")[0]] += int(str(dict(report.user_properties).get("points", 1)))
    terminalreporter.section("faults and kill points survived")
    for test, count in sorted(survived.items()):
        terminalreporter.write_line(f"{count:>7,}  {test}")
    terminalreporter.write_line(f"{survived.total():>7,}  in all")
