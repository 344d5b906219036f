"""Each benchmark runs, on a few records, and gives what is kept of it. Nothing here asserts a time."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from benchmarks import compare
from benchmarks.__main__ import NAMES, main, measured, table
from benchmarks.figures import RESULTS, Bar, Benchmark, Figure, Machine, Results, load, save

MACHINE = Machine(processor="a processor", cores=2, python="CPython 3.11", system="Linux")


def results(**figures: float) -> Results:
    rows = tuple(Figure(name=name, figure=figure, unit="ms", floor=1.0, bar=Bar(2)) for name, figure in figures.items())
    benchmark = Benchmark(name="made", figures=rows)
    return Results(version="1", size="tiny", records="made", machine=MACHINE, benchmarks=(benchmark,))


def test_each_benchmark_gives_its_figures() -> None:
    """In one process, for the sake of the time; `make bench` starts one for each."""
    found = measured(NAMES, "tiny")
    assert [(one.name, one.failed) for one in found] == [(name, "") for name in NAMES]
    for one in found:
        assert one.figures
        assert all(figure.name and figure.unit and figure.figure > 0 for figure in one.figures), one.name
        assert all(figure.floor_is for figure in one.figures if figure.floor is not None)
        assert one.cpu_seconds > 0
        assert one.peak_mb > 0


def test_a_benchmark_that_fails_says_so_and_is_no_figure(tmp_path: Path) -> None:
    broken = Benchmark(name="broken", failed="AssertionError: no")
    assert table([broken])[-1] == "broken failed: AssertionError: no"
    with pytest.raises(SystemExit):
        main(["nothing-of-this-name", "--out", str(tmp_path / "out.json")])


def test_a_bar_is_of_the_ratio_unless_it_says_otherwise() -> None:
    assert results(slow=3).benchmarks[0].figures[0].met is False
    assert results(quick=2).benchmarks[0].figures[0].met is True
    assert Figure(name="peers", figure=20, unit="times", bar=Bar(15, of="figure", most=False)).met is True
    assert Figure(name="shown", figure=20, unit="MB").met is None


def test_two_runs_are_compared_by_the_names_of_their_rows(tmp_path: Path) -> None:
    for name, run in (("before", results(parse=4, gone=1)), ("after", results(parse=2, new=1))):
        save(run, tmp_path / f"{name}.json")
    before, after = (load(tmp_path / f"{name}.json") for name in ("before", "after"))
    rows = [line for line in compare.compared(before, after) if line.startswith("| parse") or "gone" in line or "new" in line]
    assert rows == ["| parse | 4 ms | 2 ms | 0.5x | 4x, 2x | at most 2x | met |"]
    elsewhere = msgspec.structs.replace(after, machine=msgspec.structs.replace(MACHINE, cores=64))
    assert "Not on the same machine" in compare.compared(before, elsewhere)[-1]


def test_kept_results_name_no_host_and_no_path() -> None:
    for path in RESULTS.glob("*.json"):
        kept = load(path)
        assert kept.benchmarks
        assert not re.search(r"/(home|work|tmp|root|Users)\b|https?://", path.read_text(encoding="utf-8"))
