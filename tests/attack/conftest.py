"""Where the attacks are staged; which of them a run takes; and what ``make chaos`` says at its end, for docs/reliability.md."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.scene import Scene

EVERYTHING = os.environ.get("TRACKER_CHAOS") == "all"
SEED = int(os.environ.get("TRACKER_CHAOS_SEED") or "1")
ALLOWED = 60
"""Seconds that a part takes, as the attacks' own costs add up."""
USUAL = 5
LONGEST = 3600
"""Seconds that an attack gets when all are made: some send tens of thousands of messages."""
SHIMS = Path(__file__).with_name("shims")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cost(seconds): about how long an attack takes; the part for every run is chosen by it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a part of the attacks, chosen by seed, that is not too long."""
    attacks = [item for item in items if "/attack/" in item.path.as_posix()]
    if EVERYTHING:
        for item in attacks:
            item.add_marker(pytest.mark.timeout(LONGEST))
    if EVERYTHING or sum(map(_cost, attacks)) <= ALLOWED:
        return
    attacks.sort(key=lambda item: item.nodeid)
    random.Random(SEED).shuffle(attacks)
    # Of each attack one form, before a second of any.
    forms: Counter[str] = Counter()
    order = []
    for item in attacks:
        forms[item.nodeid.partition("[")[0]] += 1
        order.append((forms[item.nodeid.partition("[")[0]], item))
    left, taken = float(ALLOWED), set()
    for _, item in sorted(order, key=lambda ranked: ranked[0]):
        if _cost(item) <= left:
            left -= _cost(item)
            taken.add(item.nodeid)
    out = [item for item in attacks if item.nodeid not in taken]
    config.hook.pytest_deselected(items=out)
    gone = {item.nodeid for item in out}
    items[:] = [item for item in items if item.nodeid not in gone]


def _cost(item: pytest.Item) -> float:
    marked = item.get_closest_marker("cost")
    return float(marked.args[0]) if marked else USUAL


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The compiled shims; tests that move the clock or cut the power are skipped where nothing compiles them."""
    compiler = shutil.which("cc")
    if compiler is None or os.uname().sysname != "Linux":
        pytest.skip("the clock of a process is moved by a shim, which needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("shims")
    made = {source.stem: folder / f"{source.stem}.so" for source in SHIMS.glob("*.c")}
    for name, shim in made.items():
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, SHIMS / f"{name}.c", "-ldl"], check=True)
    return made


@pytest.fixture
def scene(tmp_path: Path, shims: dict[str, Path], record_property: pytest.RecordProperty) -> Iterator[Scene]:
    """An installation whose days the test lets pass."""
    made = Scene(tmp_path / "home", shims["clock"])
    try:
        yield made
    finally:
        made.close()
        record_property("seconds", made.longest)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say for each attack how many of its forms were survived, and how long the longest command took."""
    if not EVERYTHING:
        return
    survived: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for report in terminalreporter.getreports("passed"):
        if report.when == "teardown" and "/attack/" in report.nodeid:
            said = dict(report.user_properties)
            points = (int(str(said.get("points", 1))), float(str(said.get("seconds", 0))))
            survived[report.nodeid.partition("[")[0]].append(points)
    reports = [report for report in terminalreporter.getreports("passed") if report.when == "call"]
    stops = sorted(str(said) for report in reports for name, said in report.user_properties if name == "stopped")
    if stops:
        terminalreporter.section("how long a stop took, wherever it waited")
        for stop in stops:
            terminalreporter.write_line(stop)
    terminalreporter.section("attacks from outside: forms survived, longest command in seconds")
    for test, found in sorted(survived.items()):
        terminalreporter.write_line(f"{sum(count for count, _ in found):>7,} {max(took for _, took in found):>8.1f}  {test}")
