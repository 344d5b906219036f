"""A grid of words, set in the form that is asked for: a terminal's table, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Literal

import msgspec

from tracker.render.safe_text import cell, one_line

if TYPE_CHECKING:
    from rich.console import Console
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

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_GAP = 2
_LEAST_FLEXIBLE = 20
_NARROWEST = 12
_CELLS_KEPT = 16_384


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Columns and rows of words, and how to fit them into a terminal.

    ``flexible`` names the column that takes the space that is left; ``widest`` limits others (their cells are wrapped);
    ``optional`` are left out, in this order, where the terminal is too narrow. ``numbers`` stand to the right.
    ``more`` rows than these are to come: the flexible column takes all the space.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    flexible: str = ""
    widest: Mapping[str, int] = {}
    optional: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    caption: str = ""
    more: bool = False


def grid_csv(grid: Grid) -> str:
    """The grid as CSV (UTF-8, comma, line feed), safe to open in a spreadsheet."""
    return "".join(csv_lines([grid.columns, *grid.rows]))


def grid_markdown(grid: Grid) -> str:
    """The grid as a Markdown table; registry text cannot break out of its cell."""
    return "".join(markdown_lines(grid.columns, grid.rows, grid.numbers))


def grid_table(grid: Grid, *, width: int = 100) -> Table:
    """The grid as a rich table ``width`` columns wide: no frame, a thin rule under the head, states in colour."""
    widths, left_out = _fitted(grid, width)
    return _table(grid, widths, grid.rows, _captioned(grid.caption, left_out))


def _table(grid: Grid, widths: Mapping[str, int], rows: Iterable[Sequence[str]], caption: str = "") -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

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
    for row in rows:
        table.add_row(*(Text(one_line(row[index]), style=_style(row[index])) for index in kept))
    return table


def grid_text(grid: Grid, *, width: int = 100, colour: bool = False) -> str:
    """The grid as text for a terminal or, without ``colour``, for a pipe."""
    return terminal(grid_table(grid, width=width), width=width, colour=colour)


def long_text(grid: Grid, more: Iterable[Sequence[str]], caption: Callable[[], str], *, width: int = 100) -> Iterator[str]:
    """A grid for a pipe that goes on beyond its own rows, piece by piece: its rows decide how wide the columns are.

    ``caption`` is asked for when all rows are written.
    """
    widths, left_out = _fitted(grid, width)
    yield terminal(_table(grid, widths, ()), width=width)
    kept = [(index, widths[column], column in grid.numbers) for index, column in enumerate(grid.columns) if column in widths]
    blanks = [(" " * space,) for _, space, _ in kept]
    gap = " " * _GAP
    for row in chain(grid.rows, more):
        cells = [_laid_out(row[index], space, number) for index, space, number in kept]
        highest = max(map(len, cells))
        for place, lines in enumerate(cells):
            if len(lines) < highest:
                cells[place] = lines + blanks[place] * (highest - len(lines))
        yield "\n".join(map(str.rstrip, map(gap.join, zip(*cells, strict=True)))) + "\n"
    yield f"{_captioned(caption(), left_out)}\n"


@lru_cache(maxsize=_CELLS_KEPT)
def _laid_out(text: str, width: int, to_the_right: bool) -> tuple[str, ...]:
    """The lines of a cell, each as wide as its column. Days, numbers and names come again and again."""
    return tuple(_filled(line, width, to_the_right) for line in _folded(one_line(text), width))


def _folded(text: str, width: int) -> list[str]:
    """A text in lines of at most so many columns, broken between words and, where a word is longer, within it."""
    if text.isascii() or all(map(_is_narrow, _BEYOND_ASCII.findall(text))):
        if len(text) <= width:
            return [text]
        words = text.split(" ")
        if max(map(len, words)) <= width:
            return _lines(words, width)
    from rich.text import Text

    return [line.plain for line in Text(text).wrap(_console(width), width, overflow="fold")] or [""]


def _lines(words: Sequence[str], width: int) -> list[str]:
    """Words that need a column for each letter, as many of them on each line as it holds."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=4096)
def _is_narrow(sign: str) -> bool:
    """Whether a sign needs one column, as all of ASCII do."""
    from rich.cells import get_character_cell_size

    return get_character_cell_size(sign) == 1


@lru_cache(maxsize=64)
def _console(width: int) -> Console:
    """What rich measures by; making one takes longer than breaking a text into lines."""
    from rich.console import Console

    return Console(width=width)


def _filled(text: str, width: int, to_the_right: bool) -> str:
    if text.isascii():
        return text.rjust(width) if to_the_right else text.ljust(width)
    from rich.cells import cell_len

    blanks = " " * (width - cell_len(text))
    return blanks + text if to_the_right else text + blanks


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
        if grid.more and column == grid.flexible:
            cells = width
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


def _captioned(caption: str, left_out: Sequence[str]) -> str:
    return f"{caption}; too narrow for: {', '.join(left_out)}".strip("; ") if left_out else caption


def _style(text: str) -> str:
    return SEVERITY_STYLES.get(text) or STATE_STYLES.get(text, "")
