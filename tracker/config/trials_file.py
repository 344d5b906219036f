"""A ``trials_file``: a table of trials as people keep and spreadsheets save it, with columns of their own."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from tracker.config.trials import followed_trial, trial_number
from tracker.model.source import SourceInfo
from tracker.text.normalize import squeeze_whitespace
from tracker.text.suggest import did_you_mean

MOST_ROW_MISTAKES = 10
"""A file that is not what it should be would else fill screens: further rows are counted only."""

_ID_COLUMNS = ("id", "nctnumber", "nctid")
"""By letters and digits alone: ``NCT Number`` is of the registry's own download, ``nct_id`` of AACT, ``NCTId`` of the API."""
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?\s*\Z', re.IGNORECASE)


class Row(NamedTuple):
    """One row of a trials file: where it stands (``lupus.csv line 3``), the trial's key, and what its owner says of it.

    ``own`` holds every cell but id and label by the name of its column, as the file writes both; empty cells are left out.
    """

    place: str
    trial: str
    label: str | None
    own: Mapping[str, str] = {}

    def said(self, column: str) -> str | None:
        """What the row says under a column, whatever the case of its name."""
        return next((cell for name, cell in self.own.items() if name.casefold() == column), None)


class TrialsFile(NamedTuple):
    """What a trials file holds, and its mistakes by line; ``columns`` are its owner's, in their order."""

    rows: Sequence[Row] = ()
    columns: Sequence[str] = ()
    mistakes: Sequence[str] = ()


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    """Which column holds what: names as the file writes them, positions of the two that are read by themselves.

    Without names the file has no header line.
    """

    line: int = 1
    names: tuple[str, ...]
    id: int
    label: int | None

    @property
    def own(self) -> dict[int, str]:
        """The owner's columns, by position."""
        return {at: name for at, name in enumerate(self.names) if name and at not in (self.id, self.label)}


def read_trials_file(path: Path, sources: Mapping[str, SourceInfo]) -> TrialsFile:
    """The rows of a CSV file with the columns id and, if wanted, label and any of its owner's; and its mistakes, by line.

    Commas, semicolons and tabs separate, or what a first line ``sep=;`` names; a byte order mark is passed over.
    A file without a header is understood when its first cell is a trial number: then id and label stand in this order.
    """
    if path.exists() and not path.is_file():  # a pipe or device would be read for ever
        return _refused(f"{path} is no regular file. Name a CSV file.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refused(f"{path.name} is not UTF-8. Save it as “CSV UTF-8”.")
    except OSError as error:
        return _refused(f"{path} cannot be read: {error.strerror}. The path is taken from the folder of the configuration.")
    first_line, _, rest = text.partition("\n")
    named = _SEPARATOR.match(first_line.strip(" \r"))
    if named:  # a line for spreadsheets; an empty one in its place keeps the others' numbers
        text = f"\n{rest}"
    delimiter = named[1] if named else _delimiter(text)
    numbered = _numbered(path.name, text, delimiter)
    if isinstance(numbered, str):
        return _refused(numbered)
    if not numbered:
        return _refused(f"{path.name} is empty. Give it a header line (id,label) and one line per trial.")
    first = [re.sub(r"[\W_]", "", cell.casefold()) for cell in numbered[0][1]]
    id_column = _id_column(first, numbered[1:])
    if id_column is not None:
        label = first.index("label") if "label" in first else None
        names = tuple(squeeze_whitespace(cell) for cell in numbered[0][1])
        header = _Header(line=numbered[0][0], names=names, id=id_column, label=label)
        return _rows(path.name, numbered[1:], header, delimiter, sources)
    if isinstance(trial_number(numbered[0][1][0]), str):
        hint = next((hint for name in first if (hint := did_you_mean(name, _ID_COLUMNS))), "Name the first column id.")
        return _refused(f"{path.name} line {numbered[0][0]} names no column id. {hint}")
    return _rows(path.name, numbered, _Header(names=(), id=0, label=1), delimiter, sources)


def _numbered(name: str, text: str, delimiter: str) -> list[tuple[int, list[str]]] | str:
    """The rows that hold anything, each with the line it begins in (a cell may hold line breaks); or what is wrong."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    numbered: list[tuple[int, list[str]]] = []
    begun = 1
    try:
        for row in lines:
            if any(cell.strip() for cell in row):
                numbered.append((begun, [cell.strip() for cell in row]))
            begun = lines.line_num + 1
    except csv.Error as error:
        return f"{name} line {begun} is not CSV: {error}. Look for a missing quote."
    return numbered


def _refused(mistake: str) -> TrialsFile:
    return TrialsFile(mistakes=(mistake,))


def _rows(
    name: str,
    numbered: list[tuple[int, list[str]]],
    header: _Header,
    delimiter: str,
    sources: Mapping[str, SourceInfo],
) -> TrialsFile:
    rows: list[Row] = []
    mistakes = _twice(name, header)
    for line, cells in numbered:
        place = f"{name} line {line}"
        cell = cells[header.id] if header.id < len(cells) else ""
        found = followed_trial(cell, sources) if cell else "The id is empty. Fill it in or delete the line."
        if isinstance(found, str):
            mistakes.append(f'{place}, column {_named(header, header.id)}, "{cell[:60]}": {found}')
        elif wrong := _swallowed(header, cells, delimiter) or _beyond(header, cells):
            mistakes.append(f"{place}, {wrong}")
        else:
            label = cells[header.label] if header.label is not None and header.label < len(cells) else ""
            own = {title: cells[at] for at, title in header.own.items() if at < len(cells) and cells[at]}
            rows.append(Row(place, found.key, label or None, own))
    if not numbered:
        mistakes.append(f"{name} has a header but no trial. Add one line per trial.")
    further = len(mistakes) - MOST_ROW_MISTAKES
    if further > 0:
        mistakes[MOST_ROW_MISTAKES:] = [f"{name} has {further} more lines like these."]
    return TrialsFile(rows=rows, columns=tuple(header.own.values()), mistakes=mistakes)


def _beyond(header: _Header, cells: Sequence[str]) -> str:
    """What is wrong with a row that holds something under no name of the header: most often a comma without quotes."""
    for at, cell in enumerate(cells if header.names else ()):
        if cell and (at >= len(header.names) or not header.names[at]):
            return f'column {at + 1}, "{cell[:60]}": the header does not name it. A text that holds commas needs quotes.'
    return ""


def _twice(file: str, header: _Header) -> list[str]:
    """Columns of one name: which of them counts would be anybody's guess."""
    counted = Counter(name.casefold() for at, name in enumerate(header.names) if name and at != header.id)
    return [
        f'{file} line {header.line} names the column "{name}" {count} times. Give each column its own name.'
        for name, count in counted.items()
        if count > 1
    ]


def _swallowed(header: _Header, cells: Sequence[str], delimiter: str) -> str:
    """What is wrong with a cell that goes on over a further trial's line: its quotes were never closed."""
    for at, cell in enumerate(cells):
        for line in cell.splitlines()[1:]:
            first, found, _ = line.strip().strip('"').partition(delimiter)
            if found and not isinstance(trial_number(first), str):
                return (
                    f"column {_named(header, at)}: its quotes are still open at {first.strip()}. Close them or take them out."
                )
    return ""


def _named(header: _Header, at: int) -> str:
    return header.names[at] if at < len(header.names) and header.names[at] else str(at + 1)


def _id_column(header: list[str], numbered: list[tuple[int, list[str]]]) -> int | None:
    """The column that holds the numbers: of several that are called so, the first whose topmost cell is one."""
    columns = [header.index(name) for name in _ID_COLUMNS if name in header]
    top = numbered[0][1] if numbered else []
    holding = [column for column in columns if column < len(top) and not isinstance(trial_number(top[column]), str)]
    return next(iter(holding or columns), None)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)
