"""What a benchmark gives: figures with their floors and bars, and the machine they were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

Size = Literal["tiny", "usual", "large"]

RESULTS = Path(__file__).parent / "results"


class Bar(msgspec.Struct, frozen=True):
    """What a figure must keep to: at most (or at least) ``limit``, either of its ratio to the floor or by itself."""

    limit: float
    of: Literal["ratio", "figure"] = "ratio"
    most: bool = True

    def met(self, figure: float, ratio: float | None) -> bool:
        """Whether it is kept."""
        value = figure if self.of == "figure" or ratio is None else ratio
        return value <= self.limit if self.most else value >= self.limit

    def __str__(self) -> str:
        """The bar in words."""
        times = "x" if self.of == "ratio" else ""
        return f"{'at most' if self.most else 'at least'} {self.limit:g}{times}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. ``floor_is`` says what the floor does; a row without a bar is there for comparison."""

    name: str
    figure: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    bar: Bar | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure in floors."""
        return self.figure / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is kept; None where there is none."""
        return self.bar.met(self.figure, self.ratio) if self.bar else None


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """What one process measured, with its own processor time and peak memory."""

    name: str
    figures: tuple[Figure, ...] = ()
    cpu_seconds: float = 0
    peak_mb: float = 0
    failed: str = ""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What says how far figures of two files may be compared; no name of a host, and no path."""

    processor: str
    cores: int
    python: str
    system: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the benchmarks. ``records`` says whether real records were measured or made ones."""

    version: str
    size: Size
    records: Literal["real", "made"]
    machine: Machine
    benchmarks: tuple[Benchmark, ...]


class Cells(NamedTuple):
    """A row of the printed table."""

    name: str
    figure: str
    floor: str
    ratio: str
    bar: str
    verdict: str


def machine() -> Machine:
    """The one that runs this program."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=platform.system(),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def cells(figure: Figure) -> Cells:
    """A figure as it is printed."""
    return Cells(
        name=figure.name,
        figure=f"{number(figure.figure)} {figure.unit}",
        floor=f"{number(figure.floor)} {figure.unit}" if figure.floor is not None else "-",
        ratio=f"{number(figure.ratio)}x" if figure.ratio is not None else "-",
        bar=str(figure.bar) if figure.bar else "-",
        verdict={True: "met", False: "MISSED", None: ""}[figure.met],
    )


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def load(path: Path) -> Results:
    """The results in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def save(results: Results, path: Path) -> None:
    """Write results so that two files differ line by line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
