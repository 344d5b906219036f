"""Trial numbers as people write them, in the configuration and in a ``trials_file``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tracker.model import ids
from tracker.model.source import SourceInfo
from tracker.text.suggest import did_you_mean

MOST_ROW_MISTAKES = 10
"""A file that is not what it should be would else fill screens: further rows are counted only."""

_ID_COLUMNS = ("id", "nct number")  # the second is what ClinicalTrials.gov's own CSV download calls it
_PREFIX = re.compile(r"([a-z]+):(?!//)(.+)", re.IGNORECASE | re.DOTALL)


class Row(NamedTuple):
    """One row of a trials file: where it stands (``lupus.csv line 3``), the trial's key, and its label if it has one."""

    place: str
    trial: str
    label: str | None


def trial_number(text: str) -> ids.Recognised | str:
    """The registry's number this is, or a sentence saying why it is none. A trial's key (``ctgov:NCT…``) is understood too."""
    number = text.strip()
    if re.match(r"https?://", number, re.IGNORECASE):
        nct = ids.NCT.search(number)
        hint = f' or, to follow the registry\'s record, "{nct[0]}" here' if nct else ""
        return f"This is an address, not a number. Write addresses of trial pages under pages{hint}."
    prefix = _PREFIX.match(number)
    recognised = ids.recognise(prefix[2] if prefix else number)
    if recognised is None:
        hint = "An NCT number is NCT and eight digits." if number[:3].upper() == "NCT" else "Write one such as NCT07177911."
        return f"This is not a trial number of a registry known here. {hint}"
    if prefix and prefix[1].lower() != recognised.source:
        return f'{recognised.number} is not a number of "{prefix[1]}". Write the number alone.'
    return recognised


def followed_trial(text: str, sources: Mapping[str, SourceInfo]) -> ids.Recognised | str:
    """As `trial_number`, and its registry is one that this version can ask."""
    found = trial_number(text)
    if isinstance(found, str) or found.source in sources:
        return found
    registry = next(registry.title for registry in ids.REGISTRIES if registry.source == found.source)
    readable = ", ".join(sorted(info.title for info in sources.values() if info.kind == "registry"))
    return f"{found.number} is a number of {registry}, which this version does not follow. It follows {readable}."


def read_trials_file(path: Path, sources: Mapping[str, SourceInfo]) -> tuple[list[Row], list[str]]:
    """The rows of a CSV file with the columns id and, if wanted, label; and its mistakes, by line.

    Commas, semicolons and tabs separate; a byte order mark is passed over. Other columns are the owner's own.
    A file without a header is understood when its first cell is a trial number: then id and label stand in this order.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [f"{path.name} is not UTF-8. Save it as “CSV UTF-8”."]
    except OSError as error:
        return [], [f"{path} cannot be read: {error.strerror}. The path is taken from the folder of the configuration."]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    try:
        numbered = [(lines.line_num, [cell.strip() for cell in row]) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return [], [f"{path.name} line {lines.line_num} is not CSV: {error}. Look for a missing quote."]
    if not numbered:
        return [], [f"{path.name} is empty. Give it a header line (id,label) and one line per trial."]
    first = [cell.casefold() for cell in numbered[0][1]]
    id_column = next((first.index(name) for name in _ID_COLUMNS if name in first), None)
    if id_column is not None:
        return _rows(path.name, numbered[1:], id_column, first.index("label") if "label" in first else None, sources)
    if isinstance(trial_number(first[0]), str):
        hint = next((hint for name in first if (hint := did_you_mean(name, _ID_COLUMNS))), "Name the first column id.")
        return [], [f"{path.name} line {numbered[0][0]} names no column id. {hint}"]
    return _rows(path.name, numbered, 0, 1, sources)


def _rows(
    name: str,
    numbered: list[tuple[int, list[str]]],
    id_column: int,
    label_column: int | None,
    sources: Mapping[str, SourceInfo],
) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    mistakes: list[str] = []
    for line, cells in numbered:
        place = f"{name} line {line}"
        cell = cells[id_column] if id_column < len(cells) else ""
        found = followed_trial(cell, sources) if cell else "The id is empty. Fill it in or delete the line."
        if isinstance(found, str):
            mistakes.append(f'{place}, "{cell[:60]}": {found}')
        else:
            label = cells[label_column] if label_column is not None and label_column < len(cells) else ""
            rows.append(Row(place, found.key, label or None))
    if not numbered:
        mistakes.append(f"{name} has a header but no trial. Add one line per trial.")
    further = len(mistakes) - MOST_ROW_MISTAKES
    if further > 0:
        mistakes[MOST_ROW_MISTAKES:] = [f"{name} has {further} more lines like these."]
    return rows, mistakes


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)
