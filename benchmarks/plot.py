"""Draws speed and memory over the number of trials: ``python -m benchmarks.plot RESULTS.json… --out FILE.svg``.

A row takes part when its name says of how many trials it is: ``replay, 1,000 trials by 7 versions``. Of two files with the
same row the later one counts.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.figures import Figure, load

SIZE = re.compile(r"^(?P<what>[a-z][a-z ]*?)(?:, printed)?, (?P<count>[\d,]+) trials")
TIME = re.compile(r"^(?P<seconds>[\d.e+]+) s of processor time")
PANELS = {
    "versions/s": "versions a second of processor time",
    "trials/s": "trials a second of processor time",
    "MB": "peak memory, MB",
}
COLOURS = ("#1f5a99", "#b3541e", "#3c7a3c", "#7a3c7a", "#666666", "#a0853c", "#3c7a7a")
NOT_BY_TRIAL = {"changes"}
"""Rows whose work does not depend on the number of trials."""

WIDTH, HEIGHT, LEFT, TOP = 460, 260, 62, 34

Series = Mapping[str, Mapping[int, float]]


def series(figures: Iterable[Figure]) -> dict[str, dict[str, dict[int, float]]]:
    """The figures by unit and by what was measured: number of trials to figure."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    for figure in figures:
        match = SIZE.match(figure.name)
        if match and figure.unit in PANELS and not figure.name.endswith("written"):
            points = found.setdefault(figure.unit, {}).setdefault(match["what"], {})
            count = int(match["count"].replace(",", ""))
            points[count] = figure.figure
            took = TIME.match(figure.note)
            if took and match["what"] not in NOT_BY_TRIAL:
                found.setdefault("trials/s", {}).setdefault(match["what"], {})[count] = count / float(took["seconds"])
    return found


def drawn(found: Mapping[str, Series]) -> str:
    """The panels side by side, as SVG."""
    units = [unit for unit in PANELS if unit in found]
    names = sorted({name for unit in units for name in found[unit]})
    panels = [_panel(unit, found[unit], names, place) for place, unit in enumerate(units)]
    legend = [_legend(name, names, place) for place, name in enumerate(names)]
    width, height = len(units) * (WIDTH + LEFT) + 20, TOP + HEIGHT + 50 + 20 * len(names)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *panels, *legend, "</svg>", ""])


def _panel(unit: str, lines: Series, names: Sequence[str], place: int) -> str:
    left = LEFT + place * (WIDTH + LEFT)
    counts = sorted({count for points in lines.values() for count in points})
    most = max(value for points in lines.values() for value in points.values())
    step = 10.0 ** math.floor(math.log10(most))
    top: float = math.ceil(most / step) * step
    low, high = math.log10(counts[0]), math.log10(counts[-1])

    def x(count: int) -> float:
        return left + 20 + (WIDTH - 60) * ((math.log10(count) - low) / (high - low) if high > low else 0.5)

    def y(value: float) -> float:
        return TOP + HEIGHT * (1 - value / top)

    parts = [f'<text x="{left}" y="{TOP - 14}">{PANELS[unit]}, over the number of trials</text>']
    for number in range(5):
        value = top * number / 4
        parts.append(f'<path d="M{left} {y(value):.1f}h{WIDTH - 20}" stroke="#dddddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts += [f'<text x="{x(count):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{count:,}</text>' for count in counts]
    for name, points in sorted(lines.items()):
        colour = _colour(name, names)
        line = " ".join(f"{x(count):.1f},{y(points[count]):.1f}" for count in sorted(points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(n):.1f}" cy="{y(points[n]):.1f}" r="3" fill="{colour}"/>' for n in points]
    return "\n".join(parts)


def _legend(name: str, names: Sequence[str], place: int) -> str:
    at = TOP + HEIGHT + 44 + 20 * place
    line = f'<path d="M{LEFT} {at - 4}h24" stroke="{_colour(name, names)}" stroke-width="2"/>'
    return f'{line}<text x="{LEFT + 32}" y="{at}">{escape(name)}</text>'


def _colour(name: str, names: Sequence[str]) -> str:
    return COLOURS[list(names).index(name) % len(COLOURS)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="benchmarks.plot")
    parser.add_argument("results", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    figures = [figure for path in given.results for row in load(path).benchmarks for figure in row.figures]
    given.out.write_text(drawn(series(figures)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
