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

_ID_COLUMNS = ("id", "nctnumber", "nctid")
"""By letters and digits alone: ``NCT Number`` is of the registry's own download, ``nct_id`` of AACT, ``NCTId`` of the API."""
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?\s*\Z', re.IGNORECASE)
_PREFIX = re.compile(r"([a-z]+):(?!//)(.+)", re.IGNORECASE | re.DOTALL)


class Row(NamedTuple):
    """One row of a trials file: where it stands (``lupus.csv line 3``), the trial's key, and its label if it has one."""

    place: str
    trial: str
    label: str | None


def trial_number(text: str) -> ids.Recognised | str:
    """The registry's number this is, or a sentence saying why it is none. A trial's key (``ctgov:NCT…``) is understood too."""
    number = ids.tidied(text)
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


def study_number(text: str, sources: Mapping[str, SourceInfo]) -> str | None:
    """The number in the address of a study at its own registry (``clinicaltrials.gov/study/nct07177911``); None for others."""
    address = re.match(r"(?:https?://)?([a-z0-9.-]+\.[a-z]+)(?::\d+)?/(.*)", ids.tidied(text), re.IGNORECASE | re.DOTALL)
    if not address:
        return None
    host = address[1].lower()
    for info in sources.values():
        known = (*info.hosts, *info.search_hosts)
        if info.kind == "registry" and any(host == its or host.endswith(f".{its}") for its in known):
            for part in re.split(r"[/?#&=;,]", address[2]):
                found = ids.recognise(part)
                if found and found.source == info.key:
                    return found.number
    return None


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

    Commas, semicolons and tabs separate, or what a first line ``sep=;`` names; a byte order mark is passed over. Other
    columns are the owner's own.
    A file without a header is understood when its first cell is a trial number: then id and label stand in this order.
    """
    if path.exists() and not path.is_file():  # a pipe or device would be read for ever
        return [], [f"{path} is no regular file. Name a CSV file."]
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [f"{path.name} is not UTF-8. Save it as “CSV UTF-8”."]
    except OSError as error:
        return [], [f"{path} cannot be read: {error.strerror}. The path is taken from the folder of the configuration."]
    first_line, _, rest = text.partition("\n")
    named = _SEPARATOR.match(first_line.strip(" \r"))
    if named:  # a line for spreadsheets; an empty one in its place keeps the others' numbers
        text = f"\n{rest}"
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=named[1] if named else _delimiter(text), skipinitialspace=True)
    try:
        numbered = [(lines.line_num, [cell.strip() for cell in row]) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return [], [f"{path.name} line {lines.line_num} is not CSV: {error}. Look for a missing quote."]
    if not numbered:
        return [], [f"{path.name} is empty. Give it a header line (id,label) and one line per trial."]
    first = [re.sub(r"[\W_]", "", cell.casefold()) for cell in numbered[0][1]]
    id_column = _id_column(first, numbered[1:])
    if id_column is not None:
        return _rows(path.name, numbered[1:], id_column, first.index("label") if "label" in first else None, sources)
    if isinstance(trial_number(numbered[0][1][0]), str):
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


def _id_column(header: list[str], numbered: list[tuple[int, list[str]]]) -> int | None:
    """The column that holds the numbers: of several that are called so, the first whose topmost cell is one."""
    columns = [header.index(name) for name in _ID_COLUMNS if name in header]
    top = numbered[0][1] if numbered else []
    holding = [column for column in columns if column < len(top) and not isinstance(trial_number(top[column]), str)]
    return next(iter(holding or columns), None)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)
