"""What ``make chaos`` says at its end: the faults and kill points each test survived, for docs/reliability.md."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos import EVERYTHING


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
