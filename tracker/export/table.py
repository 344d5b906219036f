"""A table with typed columns: what every export is made of, whatever format it is written in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from tracker.model.dates import RegistryDate

Kind = Literal["text", "whole", "number", "flag", "day", "moment", "link"]
Value = str | int | float | bool | dt.date | dt.datetime | None


class Column(NamedTuple):
    """A column. Days are `datetime.date`, moments aware UTC `datetime`, links and texts `str`; None stands for no value."""

    name: str
    kind: Kind = "text"


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A name, columns, and rows that are made as they are written."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Value, ...]]


def date_columns(name: str) -> tuple[Column, ...]:
    """The columns of a registry's date: its first day, how exactly it was given, and whether it is past or planned."""
    return Column(name, "day"), Column(f"{name}_precision"), Column(f"{name}_type")


def date_values(given: RegistryDate | None) -> tuple[Value, ...]:
    """The values of `date_columns`."""
    return (None, None, None) if given is None else (given.first, given.precision, given.type)


def joined(values: Sequence[str] | None) -> str | None:
    """A list in one cell."""
    return "; ".join(values) if values else None
