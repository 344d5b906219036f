"""A grid of words, set in the form that is asked for: a terminal's table, CSV or Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from tracker.render.safe_text import cell, one_line

if TYPE_CHECKING:
    from rich.table import Table

SEVERITY_STYLES = {"major": "bold red", "notable": "yellow", "minor": "dim"}
STATE_STYLES = {
    "ok": "green",
    "warning": "yellow",
    "problem": "bold red",
    "accepted": "green",
    "sent": "green",
    "held": "bold red",
    "failed": "bold red",
    "waiting": "yellow",
}

_GAP = 2
_LEAST_FLEXIBLE = 20
_NARROWEST = 12


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Columns and rows of words, and how to fit them into a terminal.

    ``flexible`` names the column that takes the space that is left; ``widest`` limits others (their cells are wrapped);
    ``optional`` are left out, in this order, where the terminal is too narrow. ``numbers`` stand to the right.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    flexible: str = ""
    widest: Mapping[str, int] = {}
    optional: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    caption: str = ""


def grid_csv(grid: Grid) -> str:
    """The grid as CSV (UTF-8, comma, line feed), safe to open in a spreadsheet."""
    return "".join(csv_lines([grid.columns, *grid.rows]))


def grid_markdown(grid: Grid) -> str:
    """The grid as a Markdown table; registry text cannot break out of its cell."""
    return "".join(markdown_lines(grid.columns, grid.rows, grid.numbers))


def grid_table(grid: Grid, *, width: int = 100) -> Table:
    """The grid as a rich table ``width`` columns wide: no frame, a thin rule under the head, states in colour."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    widths, left_out = _fitted(grid, width)
    caption = f"{grid.caption}; too narrow for: {', '.join(left_out)}".strip("; ") if left_out else grid.caption
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        caption=Text(caption, style="dim") if caption else None,
        caption_justify="left",
    )
    for column, space in widths.items():
        justify: Literal["right", "left"] = "right" if column in grid.numbers else "left"
        table.add_column(Text(column), justify=justify, width=space, overflow="fold", vertical="top")
    kept = [index for index, column in enumerate(grid.columns) if column in widths]
    for row in grid.rows:
        table.add_row(*(Text(one_line(row[index]), style=_style(row[index])) for index in kept))
    return table


def grid_text(grid: Grid, *, width: int = 100, colour: bool = False) -> str:
    """The grid as text for a terminal or, without ``colour``, for a pipe."""
    return terminal(grid_table(grid, width=width), width=width, colour=colour)


def terminal(renderable: object, *, width: int = 100, colour: bool = False) -> str:
    """Anything rich can draw, as text ``width`` columns wide; without ``colour`` (pipes, files) it holds no escapes."""
    from rich.console import Console

    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(renderable, crop=False)  # addresses may stand out: broken ones cannot be opened
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as CSV (UTF-8, comma, line feed), safe to open in a spreadsheet, one at a time."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([cell(one_line(text)) for text in row])
        yield stream.getvalue()
        stream.seek(0)
        stream.truncate()


def markdown_lines(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()) -> Iterator[str]:
    """A Markdown table line by line; registry text cannot break out of its cell."""
    yield _markdown_line(columns)
    yield _markdown_line("---:" if column in numbers else "---" for column in columns)
    for row in rows:
        yield _markdown_line(markdown(text) for text in row)


def _markdown_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def markdown(text: str) -> str:
    """A text inside a line of Markdown, where it stands as it is."""
    escaped = one_line(text)
    for mark in "\\`*_[]<>|":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped


def _fitted(grid: Grid, width: int) -> tuple[dict[str, int], list[str]]:
    """Each kept column's width and the columns left out."""
    from rich.cells import cell_len

    natural = {}
    for index, column in enumerate(grid.columns):
        cells = max((cell_len(one_line(row[index])) for row in grid.rows), default=0)
        natural[column] = max([min(cells, grid.widest.get(column, cells)), *map(cell_len, column.split())])
    left_out = []
    for column in (*grid.optional, ""):
        wanted = natural | ({grid.flexible: min(natural[grid.flexible], _LEAST_FLEXIBLE)} if grid.flexible else {})
        spare = width - sum(wanted.values()) - _GAP * (len(wanted) - 1)
        if spare >= 0 or not column:
            break
        del natural[column]
        left_out.append(column)
    if grid.flexible:
        natural[grid.flexible] = min(natural[grid.flexible], max(_NARROWEST, wanted[grid.flexible] + spare))
    return natural, left_out


def _style(text: str) -> str:
    return SEVERITY_STYLES.get(text) or STATE_STYLES.get(text, "")
